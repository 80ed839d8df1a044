// SPDX-License-Identifier: Apache-2.0
// issue.mjs [--seconds N] [--threads N] [--overload] (./run bench issue, ./run bench overload): complete orders a second through
// the real center and server, from the card's signature to the answer opened at the kiosk, and what each program spends on
// one, beside what its parts cost bare and a pipeline of stock parts (issue_floor.c), measured in the same round. Of each figure
// that has an aim the median of the rounds counts; the table is the round in the middle.
// --overload: half to five times as many orders as that come, whether the earlier ones are done or not (open loop), from 200
// kiosks that are connected, as a shop's is all day: to connect takes both ends some 3 ms of a processor, told by itself.
// Not the service's own: the kiosk with its card (the shop's), the JPKI, the cities' registers (a cluster of their own here).
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { execFileSync, spawn } from 'node:child_process';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MixupWorld, MUNIS, ROOT } from '../mixup/lib/world.mjs';
import { sleep } from '../world/lib/proc.mjs';
import { cpu, less, load } from './cpu.mjs';

const { values } = parseArgs({ options: { ...Object.fromEntries(['seconds', 'threads', 'units'].map((k) => [k, { type: 'string' }])), overload: { type: 'boolean' } } });
const seconds = Number(values.seconds ?? 10);
const threads = Number(values.threads ?? 8);
const dir = mkdtempSync(join(tmpdir(), 'kofu-bench-'));
const w = new MixupWorld(join(dir, 'run'), { units: Number(values.units ?? 3), apart: true });

const OURS = ['center', 'front', 'renderer', 'seal', 'database'];
const GROUPS = [...OURS, 'JPKI', 'kiosk'];
const APART = { 'kofu-warm': 'renderer' };
const ROUNDS = 5; // one after the other: the speed of a machine that others share wanders within seconds
const GONE_MS = 300; // backends of what ran before have ended: one that ends while it is counted would count twice
const AIM = { a_second: 150, p99_ms: 250, floors: 3 };

function rootsOf() {
  const pids = (...names) => names.map((n) => w.processes.list[n].pid);
  return { center: pids('center', 'center2'), front: pids('server', 'server2'), seal: pids('seal'), JPKI: pids('jpki'),
    database: [Number(readFileSync(join(w.pg.data, 'postmaster.pid'), 'utf8').split('\n')[0])] };
}

/** One run of mixup-load; what it counted, and the milliseconds of each program. */
async function run(stage, s, options = {}, rate = 0) {
  await sleep(GONE_MS);
  const roots = rootsOf();
  const plan = w.plan({ threads, centers: [w.state.center.url], ...options });
  const before = cpu(roots, APART);
  const child = spawn(w.bin('tests/mixup/mixup-load'), [plan, stage, String(s), ...(rate ? [String(rate)] : [])], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (d) => { out += d; });
  const status = await new Promise((done) => child.once('close', done));
  if (status !== 0) throw new Error(`mixup-load: ${status}`);
  const r = JSON.parse(out);
  r.by = { ...less(cpu(roots, APART), before), kiosk: r.cpu_ms };
  return r;
}

const ms = (v) => v.toFixed(2).padStart(9);
const sumOf = (by) => OURS.reduce((sum, g) => sum + (by[g] ?? 0), 0);
const cells = (f) => OURS.map(f).join('');
/** A line of the table: the service's own programs and their sum, then what is others'. */
function row(title, by) {
  const others = GROUPS.slice(OURS.length).map((g) => (by[g] === undefined ? '' : ms(by[g]))).join('');
  console.log(`  ${title.padEnd(36)}${cells((g) => ms(by[g] ?? 0))}${ms(sumOf(by))}  ${others}`);
  return sumOf(by);
}

/** What the same programs spend in a second without any order: heartbeats, the audit's chain, pages written back. */
async function idle(s) {
  await sleep(GONE_MS);
  const before = cpu(rootsOf(), APART);
  await sleep(s * 1000);
  const by = less(cpu(rootsOf(), APART), before);
  return Object.fromEntries(Object.entries(by).map(([g, v]) => [g, v / s]));
}

/** What the parts cost bare, now; undefined where their program is not built. */
function bare() {
  const bin = w.bin('tests/golden/issue-floor');
  if (!existsSync(bin)) return undefined;
  const papers = Number(w.pg.sql(`kofu_${MUNIS[0].code}`, 'SELECT coalesce(round(avg(papers_bytes)), 0) FROM issue'));
  w.pg.sql('postgres', 'DROP DATABASE IF EXISTS floor');
  w.pg.sql('postgres', 'CREATE DATABASE floor');
  const text = Math.ceil(papers / 3) * 4; // as it is sent
  const out = execFileSync(bin, [join(ROOT, 'fonts/manifest.json'), w.path('net'), w.pg.conninfo('floor'), String(text), '100'], { encoding: 'utf8' });
  return { f: JSON.parse(out), papers };
}

/**
 * The parts of one order bare, and the stock pipeline. How often an order has each: the card's signature and its
 * certificate's are checked by center, front (for offer and order) and seal, the JPKI's answer and its responder's
 * by the center; order and manifest are P-256; names and papers are sealed to the session's key, the back to the inquiry's.
 */
function floors(measured) {
  const f = Object.fromEntries(Object.keys(measured[0].f).map((k) => [k, measured.reduce((sum, m) => sum + m.f[k], 0) / measured.length]));
  const by = {
    center: 4 * f.rsa_verify + 2 * f.ec_verify + 2 * f.tls_small_server + f.tls_big_server + f.tls_small_client + f.tls_big_client,
    front: 4 * f.rsa_verify + f.ec_verify + f.agree + f.tls_small_server + f.tls_big_server + f.sql_client,
    renderer: f.fork + f.page,
    seal: 2 * f.rsa_verify + f.ec_verify + 2 * f.ec_sign + 2 * f.agree + f.gcm + f.picture,
    database: f.sql_server,
  };
  return { f, by, papers: measured.at(-1).papers };
}

function compare(whole, fl) {
  const floor = row('its parts bare', fl.by);
  console.log(`  ${'times the bare parts'.padEnd(36)}${cells((g) => ms(whole[g] / fl.by[g]))}${ms(sumOf(whole) / floor)}`);
  const { f } = fl;
  const stock = f.stock + f.stock_sql;
  console.log(`\n  bare, ms each: RSA-2048 verify ${f.rsa_verify.toFixed(3)}, P-256 sign ${f.ec_sign.toFixed(3)} verify ${f.ec_verify.toFixed(3)} agree ${f.agree.toFixed(3)}, AES-GCM of the papers' ${(fl.papers / 1024).toFixed(0)} kB ${f.gcm.toFixed(3)}, page ${f.page.toFixed(2)},`);
  console.log(`  its picture coded ${f.picture.toFixed(2)}, an empty process ${f.fork.toFixed(2)}, statements ${f.sql_server.toFixed(2)} + ${f.sql_client.toFixed(2)} (client), TLS request ${f.tls_small_server.toFixed(2)} + ${f.tls_small_client.toFixed(2)}, with the papers ${f.tls_big_server.toFixed(2)} + ${f.tls_big_client.toFixed(2)}`);
  console.log(`  stock parts (HTTPS, a row by libpq, a page by cairo, detached CMS signature, a record): ${f.stock.toFixed(2)} + ${f.stock_sql.toFixed(2)} at the database = ${stock.toFixed(2)} ms; ours is ${(sumOf(whole) / stock).toFixed(1)} times that`);
  console.log('  (it has no card, session, second reader, back side, encryption, audit or release: a paper bound to nobody)');
}

/** The aims, each by the median of the rounds. */
function judge(rounds) {
  const median = (of) => rounds.map(of).sort((x, y) => x - y)[Math.floor(rounds.length / 2)];
  const room = 2000 / median((one) => one.all);
  const p99 = median((one) => one.order.r.p99_ms);
  const times = median((one) => one.times);
  const held = [
    [`${room.toFixed(0)} orders a second are what two idle cores have room for (${AIM.a_second} wanted)`, room >= AIM.a_second],
    [`p99 ${p99} ms with ${threads} kiosks (${AIM.p99_ms} wanted)`, p99 < AIM.p99_ms],
    [`${times.toFixed(2)} times the bare parts (${AIM.floors} wanted)`, times <= AIM.floors],
  ];
  for (const [what, ok] of held) console.log(`  ${ok ? 'held    ' : 'NOT held'} ${what}`);
}

/** Memory and descriptors of the programs under test. */
function footprint() {
  let kb = 0;
  let fds = 0;
  for (const name of ['center', 'server', 'seal']) {
    const { pid } = w.processes.list[name];
    kb += Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
    fds += readdirSync(`/proc/${pid}/fd`).length;
  }
  return { mb: Math.round(kb / 1024), fds };
}

/** Open loop at parts and multiples of the capacity; @returns how many of the aims do not hold. */
async function overload(capacity) {
  const show = (title, r) => console.log(`  ${title.padEnd(12)}${String(r.done + r.busy + r.broken).padStart(7)} came ${(r.done / seconds).toFixed(1).padStart(7)} done a second, p50 ${r.p50_ms} p99 ${r.p99_ms} ms; ${r.busy} told "busy" within ${r.busy_p50_ms} (p50) ${r.busy_p99_ms} (p99) ms; its kiosks connected within ${r.connect_p50_ms} (p50) ${r.connect_p99_ms} (p99) ms, all at once and before; ${r.broken} otherwise${r.broken ? ` ${JSON.stringify(r.tally.refusal)}` : ''} (load average ${load()})`);
  const rate = (k) => Math.max(1, Math.round(capacity * k));
  const before = footprint();
  let peak = 0;
  let last;
  for (const k of [0.5, 1, 2, 5]) {
    last = await run('order', seconds, { threads: 200 }, rate(k));
    show(`${k} x ${capacity.toFixed(0)}`, last);
    peak = Math.max(peak, last.done / seconds);
  }
  const rush = footprint();
  await sleep(10000);
  const after = await run('order', seconds, { threads: 200 }, rate(0.5));
  show('10 s later', after);
  // Idle connections go after 10 s (to servers), 15 s (at servers), 20 s (to the database); who tidies looks every 30 s.
  await sleep(45000);
  const now = footprint();
  const held = [
    [`goodput at five times: ${(100 * last.done / seconds / peak).toFixed(0)} % of the peak (80 wanted)`, last.done / seconds >= 0.8 * peak],
    [`"busy" within ${last.busy_p99_ms} ms in 99 of 100 cases (200 wanted)`, last.busy_p99_ms < 200],
    ['nothing but "busy" is refused', last.broken === 0 && after.broken === 0],
    ['normal again after 10 s: nobody is refused', after.busy === 0 && after.done > 0],
    [`memory ${before.mb} -> ${rush.mb} -> ${now.mb} MB (${Math.round(before.mb * 1.1 + 16)} at most), descriptors ${before.fds} -> ${rush.fds} -> ${now.fds} (${before.fds + 8} at most)`,
      now.mb <= before.mb * 1.1 + 16 && now.fds <= before.fds + 8],
  ];
  for (const [what, ok] of held) console.log(`  ${ok ? 'held    ' : 'NOT held'} ${what}`);
  return held.filter(([, ok]) => !ok).length;
}

/** What each program spends on a session and on a whole order, and what the parts cost bare before and after them. */
async function round() {
  const measured = [bare()];
  const each = {};
  for (const stage of ['session', 'order']) {
    const r = await run(stage, stage === 'order' ? seconds : Math.max(3, Math.ceil(seconds / 3)));
    if (r.broken || r.done === 0) throw new Error(`${stage}: ${JSON.stringify(r)}`);
    each[stage] = { r, by: Object.fromEntries(GROUPS.map((g) => [g, (r.by[g] ?? 0) / r.done])) };
  }
  measured.push(bare());
  return { ...each, fl: measured[0] && floors(measured) };
}

try {
  await w.up();
  console.log(`  ${cpus().length} x ${cpus()[0].model}, load average ${load()}`);
  await run('order', 3); // warms caches
  const rounds = [];
  for (let i = 0; i < ROUNDS; i++) {
    const one = await round();
    const all = sumOf(one.order.by);
    const times = one.fl && all / sumOf(one.fl.by);
    rounds.push({ ...one, all, times });
    console.log(`  round ${i + 1} of ${ROUNDS}: ${all.toFixed(2)} ms an order, room for ${(2000 / all).toFixed(0)} a second, p99 ${one.order.r.p99_ms} ms${times ? `, ${times.toFixed(2)} times the bare parts` : ''}`);
  }
  const { session, order, fl } = rounds.toSorted((x, y) => x.all - y.all)[Math.floor(ROUNDS / 2)];
  const { r } = order;
  console.log(`\n  the round in the middle: ${r.done} orders in ${r.seconds} s: ${(r.done / r.seconds).toFixed(1)} a second, p50 ${r.p50_ms} ms, p99 ${r.p99_ms} ms (${threads} kiosks; load average ${load()})`);
  console.log(`\n  CPU ms an order${' '.repeat(21)}${cells((g) => g.padStart(9))}      all  ${GROUPS.slice(OURS.length).map((g) => g.padStart(9)).join('')}  (not the service's)`);
  row('session: nonce, card, status, offer', session.by);
  row('order: to the answer opened', less(order.by, session.by));
  row('all of it', order.by);
  row('a second without orders (in it)', await idle(3));
  if (fl) {
    compare(order.by, fl);
    judge(rounds);
  } else console.log('  its parts bare: not built (tools/install.sh bench)');
  if (values.overload) process.exitCode = await overload(r.done / r.seconds) === 0 ? 0 : 1;
} finally {
  if (process.env.KOFU_KEEP) {
    await w.down();
    console.log(`kept: ${dir}`);
  } else {
    await w.reset();
    rmSync(dir, { recursive: true, force: true });
  }
}
