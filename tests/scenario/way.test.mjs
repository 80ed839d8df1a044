// SPDX-License-Identifier: Apache-2.0
// The whole way on real parts: register, agent, server, center, kiosk, printer, bank's desk; what must be
// refused; what must be found out; what must survive.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KIOSK, World, sh, sleep, until } from '../world/lib/world.mjs';
import { wrongClock } from '../world/lib/proc.mjs';
import { forge, isCopy, payload, savePngs, sides, text } from '../world/lib/scan.mjs';

const dir = mkdtempSync(join(tmpdir(), 'kofu-way-'));
const w = new World(join(dir, 'run'), { residents: 60 });
const scans = (pdf, name, dpi = 300) => savePngs(sides(pdf, dpi), join(dir, name), dpi);
const refused = async (card, code, options = {}) => {
  const r = await w.issue(card, options);
  assert.equal(r.result, code);
  assert.notEqual(r.status, 0);
  assert.deepEqual(r.papers, [], 'no paper came out');
  assert.equal(r.paid_yen ?? 0, 0, 'no money was kept');
  return r;
};
const issued = async (card, options = {}) => {
  const r = await w.issue(card, options);
  assert.equal(r.result, 'done', JSON.stringify(r));
  assert.ok(r.paper);
  return r;
};

/** The Prometheus text format, read strictly: every sample below its family's TYPE, none twice. */
function figures(body) {
  const found = new Map();
  let family;
  for (const line of body.trimEnd().split('\n')) {
    const type = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line);
    if (type) family = type[1];
    if (line.startsWith('#')) continue;
    const [, name, labels, value] = /^([a-z_]+)(\{(?:[a-z]+="[^"\\]*",?)+\})? (\S+)$/.exec(line) ?? assert.fail(line);
    assert.ok(name === family || [`${family}_bucket`, `${family}_sum`, `${family}_count`].includes(name), line);
    assert.ok(!found.has(name + (labels ?? '')), line);
    found.set(name + (labels ?? ''), Number(value));
  }
  return found;
}

before(() => w.up(), { timeout: 120000 });
after(async () => {
  if (process.env.KOFU_KEEP) return;
  await w.reset();
  rmSync(dir, { recursive: true, force: true });
});

test('a 住民票 of a household is printed byte for byte and its scan is the same', async () => {
  const r = await issued('taro', { scope: 'household', options: ['setainushi', 'honseki'] });
  const manifest = payload(w.pg.value('kofu_991015', "SELECT manifest FROM issue JOIN issue_copy USING (order_id) WHERE number = :'n'", { n: r.numbers[0] }));
  assert.ok(isCopy(r.paper, manifest.copies[0]));
  sh('qpdf', ['--check', r.paper]);
  const t = text(r.paper);
  for (const name of ['太郎', '花子', '一郎', '二葉']) assert.ok(t.includes(name));
  assert.ok(t.includes('世帯全員'));
  const v = await w.verify(scans(r.paper, 'taro'));
  assert.equal(v.status, 0, v.stderr);
  assert.equal(v.papers[0].verdict, 'match');
  assert.equal(v.papers[0].number, r.numbers[0]);
  assert.equal(v.papers[0].standing.state, 'valid');
  assert.equal(v.papers[0].standing.asked_before.length, 0);
  const again = await w.verify(scans(r.paper, 'taro', 200));
  assert.equal(again.papers[0].verdict, 'match');
  assert.equal(again.papers[0].standing.asked_before.length, 1);
});

test('a 印鑑登録証明書 carries the seal and its scan is the same', async () => {
  const r = await issued('hanako', { kind: 'inkan' });
  const v = await w.verify(scans(r.paper, 'inkan'));
  assert.equal(v.papers[0].verdict, 'match');
  assert.equal(v.papers[0].kind, 'inkan');
});

test('a 住民票記載事項証明書 of the household says so, and its scan is the same', async () => {
  const r = await issued('taro', { kind: 'kisai', scope: 'household', options: ['setainushi'] });
  const t = text(r.paper);
  assert.ok(t.includes('住民票記載事項証明書'));
  assert.ok(t.replace(/\s/g, '').includes('世帯全員の住民票に記載された事項に相違ない'));
  const v = await w.verify(scans(r.paper, 'kisai'));
  assert.equal(v.papers[0].verdict, 'match');
  assert.equal(v.papers[0].kind, 'kisai');
});

test('the other municipality prints 個人票, one person a page', async () => {
  const r = await issued('machi', { scope: 'household' });
  assert.equal(r.muni, '991023');
  const v = await w.verify(scans(r.paper, 'machi', 200));
  assert.ok(v.papers.length > 1);
  for (const p of v.papers) assert.equal(p.verdict, 'match');
  assert.equal(new Set(v.papers.map((p) => p.tie)).size, 1, 'one tie over all pages');
});

test('names come out of the paper exactly, 𠮷 and 葛󠄂 included', async () => {
  for (const [card, name] of [['yoshimi', '\u{20BB7}見'], ['kuzu', '\u845B\u{E0102}例'], ['rin', '髙﨑']]) {
    const r = await issued(card);
    assert.ok(text(r.paper).includes(name), name);
  }
});

test('a large household goes over two sheets of one document', async () => {
  const r = await issued('kou', { scope: 'household' });
  const v = await w.verify(scans(r.paper, 'kou', 200));
  assert.deepEqual(v.papers.map((p) => [p.page, p.pages, p.verdict]), [[1, 2, 'match'], [2, 2, 'match']]);
});

test('a household of thirteen goes over four sheets, nobody left out', async () => {
  const newest = 'SELECT DISTINCT ON (atena_no) * FROM jumin.juminhyo ORDER BY atena_no, rireki_no DESC';
  await w.change('991015', `SELECT jumin.henko(j.atena_no, jsonb_build_object('setai_no', k.setai_no, 'narabi', 5 + j.n,
      'jusho', k.jusho, 'katagaki', k.katagaki, 'setainushi_shimei', k.setainushi_shimei, 'zokugara', '同居人', 'ido_jiyu', '世帯合併'))
    FROM (SELECT atena_no, row_number() OVER (ORDER BY atena_no) AS n FROM (${newest}) o
           WHERE atena_no > '10010000' AND jumin_jotai = '1' ORDER BY atena_no LIMIT 8) j,
         (SELECT * FROM (${newest}) o WHERE atena_no = '10000106') k`);
  const largest = 'SELECT max(n) FROM (SELECT count(*) AS n FROM person WHERE state = 1 GROUP BY household) x';
  await until('all thirteen at the replica', 60000, () => w.pg.value('kofu_991015', largest) === '13');
  const r = await issued('kou', { kind: 'kisai', scope: 'household' });
  const t = text(r.paper).replace(/\s/g, '');
  const names = w.register('991015', `SELECT coalesce(shimei, shimei_alphabet) FROM (${newest}) o WHERE setai_no = '20000074'`).trim().split('\n');
  assert.equal(names.length, 13);
  for (const name of names) assert.ok(t.includes(name.replace(/\s/g, '')), name);
  const v = await w.verify(scans(r.paper, 'thirteen', 200));
  assert.deepEqual(v.papers.map((p) => [p.page, p.pages, p.verdict]), [1, 2, 3, 4].map((n) => [n, 4, 'match']));
});

test('each copy has a number of its own', async () => {
  const r = await issued('alice', { copies: 2 });
  assert.equal(new Set(r.numbers).size, 2);
  assert.equal(r.papers.length, 2);
});

test('a change in the register is on the next certificate within a second', async () => {
  const lag = await w.change('991015', `SELECT jumin.tenkyo('20000015', '架空県架空市例示町７番地', NULL, '令和８年１１月２１日')`);
  assert.ok(lag < 5000, `${lag} ms`);
  const t = text((await issued('taro')).paper).replace(/\s/g, '');
  assert.ok(t.includes('例示町７番地'));
  // 転入前住所 is the last address outside the municipality, not the one before this move.
  const [before, outside] = w.register('991015', "SELECT jusho || '|' || tennyu_mae_jusho FROM jumin.juminhyo WHERE atena_no = '10000017' AND rireki_no = (SELECT max(rireki_no) - 1 FROM jumin.juminhyo WHERE atena_no = '10000017')").trim().split('|');
  assert.ok(t.includes(outside.replace(/\s/g, '')));
  assert.ok(!t.includes(before.replace(/\s/g, '')));
});

test('what the inquiry opened is checked without it, and an altered word is found out', async () => {
  const r = await issued('hanako');
  const manifest = payload(w.pg.value('kofu_991015', "SELECT manifest FROM issue JOIN issue_copy USING (order_id) WHERE number = :'n'", { n: r.numbers[0] }));
  const v = await w.run(w.bin('center/inquiry/kofu-inquiry'),
    ['verify', '-c', w.path('conf/inquiry.conf'), ...scans(r.paper, 'opened'), '--opened'], w.env('inquiry'));
  assert.equal(v.status, 0, v.stderr);
  const record = JSON.parse(v.stdout).papers[0].opened;
  assert.equal(record.page_sha256, manifest.copies[0].pages[0].front);
  const file = join(dir, 'record.json');
  const check = async () => {
    writeFileSync(file, JSON.stringify(record));
    return w.run(w.bin('center/offline/kofu-verify-offline'), ['--root', w.path('keys/991015.root.json'), '--keys', w.path('keys/991015.json'), file]);
  };
  const right = await check();
  assert.equal(right.status, 0, right.stdout + right.stderr);
  assert.ok(right.stdout.includes(`${r.numbers[0]}  page 1 of 1`));
  record.fields.find((f) => f.key === 'p1.name').value = '見本　次郎';
  assert.equal((await check()).status, 1);
});

test('a forged character on the front is found out', async () => {
  const r = await issued('furui');
  const pictures = sides(r.paper);
  const word = text(r.paper).split(/\s+/).find((x) => /^架空県.*番地$/.test(x));
  const v = await w.verify(savePngs([forge(r.paper, pictures[0], word), pictures[1]], join(dir, 'forged')));
  assert.equal(v.status, 1);
  assert.equal(v.papers[0].verdict, 'altered');
  assert.ok(v.papers[0].fields.some((f) => f.same === false));
  const back = await w.verify(savePngs([pictures[1]], join(dir, 'back')));
  assert.equal(back.papers[0].reason, 'code-missing');
  assert.equal(back.papers[0].number, undefined, 'a back alone tells nothing');
});

test('cards that are not valid are refused by name', async () => {
  await refused('revoked', 'card-revoked');
  await refused('onhold', 'card-on-hold');
});

test('people who may not be issued all look alike', async () => {
  for (const card of ['optout', 'removed', 'stranger', 'mamoru']) await refused(card, 'not-registered');
});

test("a name with a municipality's own character is printed there, and a match at the bank", async () => {
  const r = await issued('machigaiji');
  assert.ok(text(r.paper).replace(/\s/g, '').includes('外字外有'), 'read as its substitute');
  const v = await w.verify(scans(r.paper, 'machigaiji'));
  assert.equal(v.papers[0].verdict, 'match');
  assert.equal(v.papers.length, 1);
});

test('a name with a glyph no font has is refused, a missing seal too', async () => {
  await refused('gaiji', 'cannot-be-printed');
  const r = await w.issue('noseal', { kind: 'inkan' });
  assert.notEqual(r.status, 0);
  assert.deepEqual(r.papers, []);
});

test('a card that is let off hold is good again', async () => {
  const jpki = w.bin('tests/world/world-jpki');
  sh(jpki, ['unhold', w.path('jpki'), String(w.card('onhold').decimal)]);
  await issued('onhold');
  sh(jpki, ['revoke', w.path('jpki'), String(w.card('onhold').decimal), '--hold']);
  await refused('onhold', 'card-on-hold');
});

test('wrong PINs count down, and a command never spends the last try', async () => {
  for (const left of [2, 1, 1]) {
    const r = await w.issue('machihanako', { pin: '9999' });
    assert.equal(r.tries_left, left);
    assert.deepEqual(r.papers, []);
    assert.notEqual(r.status, 0);
  }
});

test('an opt-out in the register is in force once it is at the replica, and lifting it too', async () => {
  await issued('kuzu');
  await w.change('991015', "SELECT jumin.yokushi_settei('1', '10000068', true)");
  await refused('kuzu', 'not-registered');
  await w.change('991015', "SELECT jumin.yokushi_settei('1', '10000068', false)");
  await issued('kuzu');
});

test('kofu-server block is in force when the command ends', async () => {
  const block = (...more) => sh(w.bin('server/kofu-server'), ['block', w.path('conf/server.conf'), '991015', '--atena-no', '10000050', '--kinds', 'all', ...more]);
  block();
  await refused('yoshimi', 'not-registered');
  block('--off');
  await issued('yoshimi');
});

test('an abolished seal is not certified any more', async () => {
  await issued('kou', { kind: 'inkan' });
  await w.change('991015', "SELECT jumin.inkan_haishi('10000106', '申請')");
  const r = await w.issue('kou', { kind: 'inkan' });
  assert.notEqual(r.status, 0);
  assert.deepEqual(r.papers, []);
});

test('jammed and given-up paper is 無効 at the bank and costs nothing', async () => {
  w.printer('give-up');
  const r = await w.issue('taro');
  w.printer('ok');
  assert.notEqual(r.status, 0);
  assert.equal(r.paid_yen, 0);
  const state = w.pg.sql('kofu_center', "SELECT state FROM issue_number ORDER BY issued_ms DESC LIMIT 1");
  assert.equal(state, 'void');
});

test('a kiosk without paper takes no money, and goes on when it is refilled', async () => {
  w.printer('paper-out');
  await refused('taro', 'print-paper-out');
  w.printer('ok');
  await issued('taro');
});

test('hours are kept', async () => {
  const file = w.path('profiles/991023.json');
  const open = readFileSync(file, 'utf8');
  const closed = JSON.parse(open);
  const now = new Date(Date.now() + 9 * 3600e3).getUTCHours();
  for (const k of Object.values(closed.kinds)) Object.assign(k, now < 12 ? { open: '22:00', close: '24:00' } : { open: '00:00', close: '01:00' });
  const restart = async () => { for (const p of ['server', 'seal']) await w.processes.stop(p); await w.startSeal(); await w.startServer(); await sleep(3000); };
  writeFileSync(file, JSON.stringify(closed));
  await restart();
  await refused('machi', 'closed-hours');
  writeFileSync(file, open);
  await restart();
  await issued('machi');
});

test('an agent that is killed goes on where the replica stands', async () => {
  w.processes.signal('agent-991015', 'SIGKILL');
  await until('the agent to be gone', 5000, () => !w.processes.alive('agent-991015'));
  w.register('991015', `SELECT jumin.henko('10000076', '{"jusho": "架空県架空市再開町１番地"}')`);
  const before = w.position('991015');
  await w.startAgent('991015');
  await until('the change', 20000, () => w.position('991015') > before);
  await until('the lease', 10000, async () => (await w.issue('alice')).status === 0, 1000);
});

test('a server that is killed comes back with the same people', async () => {
  w.processes.signal('server', 'SIGKILL');
  await until('the server to be gone', 5000, () => !w.processes.alive('server'));
  const r = await w.issue('taro');
  assert.notEqual(r.status, 0);
  assert.deepEqual(r.papers, []);
  await w.startServer();
  await until('the server to issue', 30000, async () => (await w.issue('taro')).status === 0, 500);
});

test("a function changed by hand in one city's database: no order there, the other goes on", async () => {
  const body = w.pg.sql('kofu_991015', "SELECT pg_get_functiondef('cluster_home'::regproc)");
  const restart = async () => { // not as an operator does: nobody lists what comes
    await w.processes.stop('server');
    await w.processes.start('server', w.bin('server/kofu-server'), ['run', w.path('conf/server.conf')], { ready: /^ready port=/m });
  };
  w.pg.sql('kofu_991015', body.replace('BEGIN', 'BEGIN -- by hand\n'));
  await restart();
  await until('the other city', 30000, async () => (await w.issue('machi')).status === 0, 500);
  await refused('taro', 'unavailable');
  const metrics = await (await fetch(`${w.state.ops.center.url}/metrics`)).text();
  assert.match(metrics, /^kofu_node_refused\{municipality="991015",node="S1",is="schema"\} 1$/m);
  assert.match(metrics, /^kofu_node_refused\{municipality="991023",node="S1",is="listed"\} 0$/m);
  w.pg.sql('kofu_991015', body);
  await restart();
  await until('the city again', 30000, async () => (await w.issue('taro')).status === 0, 500);
});

test('a replica that hears nothing for 30 seconds issues nothing', { timeout: 120000 }, async () => {
  w.processes.signal('agent-991023', 'SIGSTOP');
  await sleep(32000);
  await refused('machi', 'replica-stale');
  w.processes.signal('agent-991023', 'SIGCONT');
  await until('the lease', 30000, async () => (await w.issue('machi')).status === 0, 1000);
});

test('a script that knows only endpoints.json can do the whole way', async () => {
  const out = JSON.parse(sh('node', [fileURLToPath(new URL('./outside.mjs', import.meta.url)), w.stateFile], { env: { ...process.env, KOFU_RUN_DIR: w.dir } }));
  assert.equal(out.verdict, '一致');
  assert.equal(out.standing, 'valid');
});

test('readiness and figures of server, center, inquiry and agent are told, without a resident', async () => {
  const get = async (site, path) => {
    const r = await fetch(`${w.state.ops[site].url}${path}`);
    return { status: r.status, body: await r.text() };
  };
  const all = {};
  for (const site of ['server', 'center', 'inquiry', 'agent']) {
    assert.equal((await get(site, '/livez')).status, 200);
    await until(`${site} to be ready`, 30000, async () => (await get(site, '/readyz')).status === 200, 500);
    assert.deepEqual(JSON.parse((await get(site, '/readyz')).body), { ready: true, missing: [] });
    const m = await get(site, '/metrics');
    assert.equal(m.status, 200);
    all[site] = figures(m.body);
    assert.equal(all[site].get('kofu_ready'), 1);
  }
  for (const code of ['991015', '991023']) {
    assert.equal(all.server.get(`kofu_municipality_stopped{municipality="${code}"}`), 0);
    assert.equal(all.center.get(`kofu_municipality_stopped{municipality="${code}"}`), 0);
    const news = all.server.get(`kofu_replica_news_time_seconds{municipality="${code}"}`);
    assert.ok(Math.abs(Date.now() / 1000 - news) < 60, `${news}`);
  }
  assert.equal(all.agent.get('kofu_agent_stream_open{municipality="991015"}'), 1);
  assert.ok(all.agent.get('kofu_agent_told_time_seconds{municipality="991015"}') > 0);
  await w.change('991015', `SELECT jumin.henko('10000017', '{"katagaki": "例示荘５号", "ido_jiyu": "転居"}')`);
  await until('the agent to count it', 30000, async () => {
    const agent = figures((await get('agent', '/metrics')).body);
    const server = figures((await get('server', '/metrics')).body);
    return agent.get('kofu_agent_records_total{municipality="991015"}') > 0 &&
      agent.get('kofu_agent_batch{municipality="991015"}') === server.get('kofu_replica_batch{municipality="991015"}');
  }, 500);
  const answers = (site, route, code) => all[site].get(`kofu_http_answers_total{listener="${site === 'server' ? 'front' : site}",method="POST",route="${route}",code="${code}"}`) ?? 0;
  assert.ok(answers('server', '/v1/order', 'ok') > 0);
  assert.ok(answers('center', '/v1/session', 'not-registered') > 0, 'refusals are counted by their code');
  const text = [...all.server.keys(), ...all.center.keys(), ...all.inquiry.keys(), ...all.agent.keys()].join('\n');
  assert.doesNotMatch(text, /[^\x00-\x7f]/);
});

test('a program whose clock was never set begins nothing', { timeout: 120000 }, async () => {
  const conf = (name) => w.path(`conf/${name}.conf`);
  const clock = w.path('never-set.clock');
  writeFileSync(clock, '@1999-12-31 23:00:00');
  for (const [program, args, env] of [
    ['center/kofu-center', [conf('center')]],
    ['center/inquiry/kofu-inquiry', ['run', conf('inquiry')], w.env('inquiry')],
    ['server/kofu-seal', ['run', conf('seal')], w.env('server')],
    ['agent/kofu-agent', [conf('agent-991015')]],
    ['kiosk/kofu-kiosk', ['run', conf(`kiosk-${KIOSK}`)], w.cardEnv],
  ]) {
    const r = await w.run(w.bin(program), args, { ...env, ...wrongClock(clock) });
    assert.ok(r.status > 0, program);
    assert.match(r.stderr, /event=selftest\.failed check=0\b/, program);
    assert.match(r.stderr, /"self-test"\(1\)/, program);
    assert.equal(r.stdout, '', program);
  }
});

test('no log names a resident', () => {
  const logs = ['seal', 'server', 'center', 'agent-991015', 'agent-991023', 'inquiry', 'kiosk'].map((n) => readFileSync(w.path('log', `${n}.log`), 'utf8')).join('\n');
  const names = w.register('991015', 'SELECT DISTINCT shimei FROM jumin.juminhyo UNION SELECT jusho FROM jumin.juminhyo UNION SELECT atena_no FROM jumin.juminhyo UNION SELECT kojin_no FROM jumin.juminhyo').split('\n');
  for (const n of names.filter((x) => x.length > 1)) assert.ok(!logs.includes(n), 'a log names a resident');
});

test('the replica as PostgreSQL keeps it names no resident', () => {
  const dump = sh('pg_dump', ['-d', w.pg.conninfo('kofu_991015')]);
  const hex = (s) => Buffer.from(s).toString('hex');
  for (const s of ['見本', '太郎', '花子', '架空県', '10000017']) assert.ok(!dump.includes(s) && !dump.includes(hex(s)), 'a dump names a resident');
});
