// SPDX-License-Identifier: Apache-2.0
// mixup.mjs [--orders N] [--faults N] [--times N] [--trials N] [--threads N] [--units N] [--seed N] [--sample N]
// [--only PART,...]: nobody gets another's paper. PART: whole, stop, overload, news, faults. --times: orders come at so
// many times the rate that is answered here, open loop.
// Drives the real center and servers with the orders of near-twins, honest and hostile, whole and under faults; every
// answer is opened and held against the truth, every hundredth page printed, scanned and asked at the inquiry site.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MixupWorld, MUNIS, until } from './lib/world.mjs';
import { Judge } from './lib/judge.mjs';
import { Hand, Proxy, dice } from './lib/faults.mjs';
import { Generations } from '../world/lib/generations.mjs';
import { Clocks, Disks } from './lib/ground.mjs';
import { compare } from './lib/books.mjs';

const { values } = parseArgs({ options: Object.fromEntries(['orders', 'faults', 'times', 'trials', 'threads', 'units', 'seed', 'sample', 'only'].map((k) => [k, { type: 'string' }])) });
const option = (name, otherwise) => {
  const v = values[name] === undefined ? otherwise : Number(values[name]);
  if (!Number.isSafeInteger(v) || v < 0) throw new Error(`--${name}: a number is needed`);
  return v;
};
const seed = option('seed', 1);
const orders = option('orders', 500);
const faulty = option('faults', Math.min(1000, Math.ceil(orders / 2.5)));
const threads = option('threads', 12);
const times = option('times', 0);
const trials = option('trials', 12);
const MANY = 240; // kiosks of --times, at plan.h's limit of threads
const PARTS = { whole, stop, overload, news, faults };
const parts = values.only?.split(',') ?? Object.keys(PARTS);
for (const p of parts) if (!PARTS[p]) throw new Error(`--only: there is no part ${p}`);
const sample = option('sample', orders > 2000 ? 100 : 60);

const dir = mkdtempSync(join(tmpdir(), 'kofu-mixup-'));
const w = new MixupWorld(join(dir, 'run'), { units: option('units', 3), seed });
const disks = new Disks(w);
const sum = { orders: 0, answers: 0, pages: 0, released: 0, findings: 0, wrong_pages: 0, faults: {}, refusals: {}, trials: {} };
const checks = { passed: 0, failed: 0 };
const started = Date.now();

function check(name, ok, why = '') {
  checks[ok ? 'passed' : 'failed']++;
  console.log(`${ok ? 'ok' : 'not ok'} ${checks.passed + checks.failed} ${name}${ok ? '' : `: ${why}`}`);
}

const fault = (name) => { sum.faults[name] = (sum.faults[name] ?? 0) + 1; };
const add = (into, from) => { for (const [k, n] of Object.entries(from)) into[k] = (into[k] ?? 0) + n; };

/** Orders as `options` say; what was counted goes into the sum. */
async function drive(options) {
  const r = await w.drive({ threads, sample, ...options }, (line) => console.log(`  ${line}`));
  sum.orders += r.orders;
  sum.answers += r.paper.answers ?? 0;
  sum.pages += r.paper.pages ?? 0;
  sum.released += r.paper.released ?? 0;
  sum.findings += r.findings;
  sum.wrong_pages += r.wrong_pages;
  add(sum.refusals, r.refusal);
  add(sum.trials, r.trial);
  add(sum.faults, r.fault);
  return r;
}
const found = (r) => JSON.stringify(r.first ?? null);

/** Two more signing keys for a city whose orders go on: each answer is one that its kiosk takes. */
async function rotate(city, drove) {
  const issued = () => Number(w.pg.sql(`kofu_${city.code}`, 'SELECT count(*) FROM issue'));
  for (let n = 0; n < 2; n++) {
    const before = issued();
    await until('orders of the city', 180000, () => drove.over || issued() > before, 200);
    await city.next();
  }
}

const said = (r) => `${(r.orders / r.seconds).toFixed(1)} orders a second, ${(r.paper.answers / r.seconds).toFixed(1)} of them answered${r.busy.n ? `, ${r.busy.n} times busy` : ''}`;

/** For --times: how fast orders are to come, by what is answered here when nobody is refused. */
async function flooded() {
  const r = await drive({ orders: 400, threads: 24, hostile_percent: 0, changes_ms: 0 });
  check('what is answered here in a second is known', r.findings === 0 && r.paper.answers > 300, found(r));
  const rate = Math.ceil(times * r.paper.answers / r.seconds);
  console.log(`  ${said(r)}; ${times} times as many are ${rate}`);
  return { rate, threads: MANY, overload: true };
}

async function whole() {
  const cities = MUNIS.map((m) => new Generations(w, m.code));
  const drove = { over: false };
  const rotated = orders > 0 ? Promise.all(cities.map((c) => rotate(c, drove))) : null; // meanwhile
  rotated?.catch(() => {}); // told below: the world is taken down first
  const r = await drive({ ...flood, orders });
  drove.over = true;
  await rotated;
  check(`${r.orders} orders of near-twins, honest and hostile: every answer is its own`, r.findings === 0 && (r.paper.answers ?? 0) > 0, found(r));
  console.log(`  ${said(r)}, ${r.paper.pages} pages`);
  if (orders === 0) return;
  const after = await drive({ orders: 40, hostile_percent: 0, changes_ms: 0 });
  const n = cities.map((c) => c.count());
  check(`two more signing keys for each city meanwhile: answers of ${n.join(' and ')} generations, none refused for it`, after.findings === 0 && n.every((k) => k >= 2), found(after));
}

const PROGRAMS = ['center', 'center2', 'server', 'server2', 'seal'];
/** Memory and descriptors of the programs under test. */
function footprint() {
  let kb = 0;
  let fds = 0;
  for (const name of PROGRAMS) {
    const { pid } = w.processes.list[name];
    kb += Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
    fds += readdirSync(`/proc/${pid}/fd`).length;
  }
  return { mb: Math.round(kb / 1024), fds };
}

/** Many more orders at once than the centers take: they refuse at once, and mix nothing up. */
async function overload() {
  if (orders === 0) return;
  await restartCenters((text) => text.replace('in_flight = 64', 'in_flight = 4'));
  const some = { hostile_percent: 0, changes_ms: 0 };
  const peak = await drive({ ...some, orders: 150, threads: 12, overload: true });
  const before = footprint();
  const rate = (r) => (r.paper.answers ?? 0) / r.seconds;
  const r = await drive({ ...some, orders: 600, threads: 60, overload: true });
  check(`sixty kiosks at once on a center that takes eight orders: ${r.busy.n} refused, none mixed up`, r.findings === 0 && r.busy.n > 0 && (r.paper.answers ?? 0) > 0, found(r));
  const after = await drive({ ...some, orders: 60, threads: 3 }); // a session's share of four places
  check('and orders flow as before', after.findings === 0 && (after.paper.answers ?? 0) > 0, found(after));
  const now = footprint();
  console.log(`  goodput ${rate(peak).toFixed(1)} a second at the brim, ${rate(r).toFixed(1)} beyond it; "busy" within ${r.busy.p50_ms} ms (p50), ${r.busy.p99_ms} ms (p99); memory ${before.mb} -> ${now.mb} MB, descriptors ${before.fds} -> ${now.fds}`);
  await restartCenters((text) => text);
}

/** Everything through a proxy of faults, and a hand that kills, fills disks and sets clocks. */
async function faults() {
  if (faulty === 0) return;
  const roll = dice(seed);
  const s = w.state;
  const clocks = new Clocks(w, ['server', 'server2', 'center', 'center2', 'seal'], roll);
  await w.downTested();
  disks.make();
  const [center, center2, server, server2] = [s.center.port, s.center2, s.server.port, s.server2].map((p) => new Proxy(p, roll, fault));
  const all = [center, center2, server, server2];
  for (const p of all) await p.start();
  await restartCenters((text) => text.replaceAll(`https://127.0.0.1:${s.server.port}`, `https://127.0.0.1:${server.port}`).replaceAll(`https://127.0.0.1:${s.server2}`, `https://127.0.0.1:${server2.port}`)
    .replace('offer_ms = 30000', 'offer_ms = 5000').replace('order_ms = 40000', 'order_ms = 10000').replace('other_ms = 30000', 'other_ms = 5000'));
  const victims = [['server', () => w.startServer()], ['server2', () => w.startServer('server2')], ['center', () => w.startCenter()], ['center2', () => w.startCenter('center2')], ['seal', () => w.startSeal()]];
  const again = async () => {
    for (const [name, start] of victims) if (!w.processes.alive(name)) await start();
  };
  const hand = new Hand(w.processes, [...victims.map(([name, start]) => ({ name, start })),
    { name: 'database', kill: () => w.pg.crash(), start: () => w.pg.resume() }], [
    { name: "disk full under the database's log", run: () => disks.database().then(again) },
    { name: "disk full under the server's witness and logs", run: () => disks.server().then(again) },
    { name: 'clock step of', run: () => clocks.step() },
  ], roll, fault);
  for (const p of all) p.on = true;
  hand.start();
  const ledger = w.path('ledger');
  writeFileSync(ledger, '');
  const some = { ...flood, faults: true, changes_ms: 500, ledger, centers: [center, center2].map((p) => `https://127.0.0.1:${p.port}`) };
  const r = await drive({ ...some, orders: faulty });
  while (hand.todo.length && r.findings === 0) { // each kind at least once, however short the run
    const more = await drive({ ...some, orders: 24 });
    for (const k of ['orders', 'findings']) r[k] += more[k];
    r.first ??= more.first;
  }
  await hand.end();
  for (const p of all) p.on = false;
  check(`${r.orders} orders while connections break, processes die, disks are full and clocks wrong: every answer is its own`, r.findings === 0 && (r.paper.answers ?? 0) > (times ? 0 : r.orders / 10), found(r));
  console.log(`  ${said(r)}`);
  await w.downTested();
  clocks.end();
  disks.end();
  await w.upTested();
  await w.settled();
  compare(w, ledger, check);
  await audited();
  const after = await drive({ orders: 40, centers: [center, center2].map((p) => `https://127.0.0.1:${p.port}`) });
  check('orders flow again as if nothing had been', after.findings === 0 && (after.paper.answers ?? 0) > 0, found(after));
  for (const p of all) await p.stop();
  await restartCenters((text) => text);
}

/** The chains of who did what are whole, and so is what their witness keeps. */
async function audited() {
  await until('the audit', 30000, () => MUNIS.every((m) => w.pg.sql(`kofu_${m.code}`, 'SELECT count(*) FROM audit_open') === '0'), 200);
  for (const m of MUNIS) {
    const r = await w.run(w.bin('server/kofu-server'), ['audit', 'verify', w.path('conf/server.conf'), m.code]);
    check(`${m.code}: the audit's chain is whole, and its witness agrees`, r.status === 0, r.stdout + r.stderr);
  }
}

/** The centers again, with what `change` makes of their configuration. */
async function restartCenters(change) {
  for (const name of ['center', 'center2']) {
    await w.processes.stop(name);
    w.original ??= {};
    w.original[name] ??= readFileSync(w.path(`conf/${name}.conf`), 'utf8');
    w.conf(name, change(w.original[name]));
  }
  await w.upTested();
}

/**
 * An opt-out, a death, an abolished seal, a move, an emergency stop at every moment of a visit, each so often: no paper
 * moves after its acknowledgement.
 */
async function news() {
  if (trials === 0) return;
  const moving = values.only ? w.units : 1;
  const r = await drive({ orders: 5 * trials, threads: Math.min(32, 8 * moving), news: true, moving, sample: 0, changes_ms: 0 });
  check(`${r.orders} times news at each moment of a visit: no paper moves after it`, r.findings === 0 && Object.keys(r.moment).length === (trials >= 6 ? 6 : trials)
    && r.news['papers moved before'] > 0 && r.news['papers held back after'] > 0, found(r));
  console.log(`  ${(r.orders / r.seconds).toFixed(1)} trials a second: ${list(r.news)}; ${list(r.moment)}`);
}

/** One city's server answers an order with another's answer: that city stands still, the other does not notice. */
async function stop() {
  const s = w.state;
  const net = (n) => w.path('net', n);
  const [, port] = await w.processes.start('liar', w.bin('tests/mixup/mixup-liar'),
    ['server-S1.crt', 'server-S1.key', 'center-C1.crt', 'center-C1.key', 'ca.crt'].map(net).concat(`https://127.0.0.1:${s.server.port}`), { ready: /^ready port=(\d+)/m });
  const first = MUNIS[0].code;
  await restartCenters((text) => text.replace(/(\[municipality \d+\]\nservers = ).*/, `$1https://127.0.0.1:${port}`));
  const issued = (code, since) => Number(w.pg.sql(`kofu_${code}`, `SELECT count(*) FROM issue WHERE issued_ms > ${since}`));
  const running = drive({ orders: 100000, hostile_percent: 0, changes_ms: 0, expect: { [first]: 'municipality-stopped' } });
  const begun = Date.now();
  await until('orders of the city', 120000, () => issued(first, begun) >= 5, 200);
  w.processes.signal('liar', 'SIGUSR1');
  await until('the stop', 60000, () => w.pg.sql('kofu_center', 'SELECT count(*) FROM muni_state WHERE stopped IS NOT NULL') === '1', 200);
  const stoppedAt = Date.now();
  await until("another city's orders", 60000, () => issued(MUNIS[1].code, stoppedAt) >= 20, 200);
  w.driver.kill('SIGTERM');
  const r = await running;
  const lied = Number(/^lied (\d+)/m.exec(readFileSync(w.path('log/liar.out'), 'utf8'))?.[1] ?? 0);
  const [city, other] = r.cities;
  const late = city.last_answer_ms - lied;
  check('a seeded mismatch is seen, and nobody holds the wrong answer', lied > 0 && r.findings === 0, found(r));
  check(`its city stops within a second (last answer ${late} ms after it)`, lied > 0 && late < 1000 && city.stops > 0, JSON.stringify(city));
  check(`another city's orders go on (${other.answers} answers, the last ${other.last_answer_ms - lied} ms after it)`, other.stops === 0 && other.last_answer_ms > city.first_stop_ms, JSON.stringify(other));
  await w.processes.stop('liar');
  await restartCenters((text) => text);
  const still = await drive({ orders: 20, hostile_percent: 0, changes_ms: 0, expect: { [first]: 'municipality-stopped' } });
  check('centers that start again still refuse it', still.findings === 0 && still.cities[0].answers === 0 && still.cities[0].stops > 0, found(still));
  const resume = (...by) => w.run(w.bin('center/kofu-center'), ['resume-muni', w.path('conf/center.conf'), first, ...by.flatMap((n) => ['--by', n])]);
  check('one person alone does not lift the stop', (await resume('見本 太郎', '見本 太郎')).status !== 0 && (await resume('見本 太郎')).status !== 0);
  check('two people do', (await resume('見本 太郎', '見本 花子')).status === 0);
  const again = await drive({ orders: 30, hostile_percent: 0, changes_ms: 0 });
  check('and its orders flow again', again.findings === 0 && again.cities[0].answers > 0, found(again));
}

let flood = {};
let end = async () => {};
async function judged(judge) {
  await end();
  check(`${judge.pages} pages printed, scanned and asked at the inquiry site (${judge.again} read twice) are those of their order`, judge.pages > 0 && judge.wrong.length === 0, JSON.stringify(judge.wrong.slice(0, 5)));
  sum.decoded = judge.pages;
  sum.wrong_pages += judge.wrong.length;
}

const list = (o) => Object.entries(o).sort((a, b) => b[1] - a[1]).map(([k, n]) => `${k} ${n}`).join(', ') || 'none';

try {
  if (parts.includes('faults') && faulty > 0) w.onDatabase = () => disks.makeWal();
  await w.up();
  console.log(`  the world is up after ${((Date.now() - started) / 1000).toFixed(0)} s: ${w.count} residents in each of ${MUNIS.length} cities, ${w.mixCards.length} cards`);
  const judge = new Judge(w);
  // Where orders come at a rate, the judges wait: they take a processor, for which those who look at answers would wait.
  end = times > 0 ? () => judge.all(w.path('samples')) : judge.meanwhile(w.path('samples'));
  await drive({ orders: 0, swap: true, changes_ms: 0 }); // whichever parts follow: hostile visitors come with such cards
  if (times > 0) flood = await flooded();
  for (const p of parts) await PARTS[p]();
  if (parts.includes('whole') || parts.includes('faults')) await judged(judge);
} catch (e) {
  check('the test itself', false, e.stack);
}
await end().catch(() => {});
console.log(`\nmixup: ${sum.orders} orders, ${sum.answers} answers, ${sum.pages} pages read, ${sum.decoded ?? 0} decoded, ${sum.released} released, ${sum.findings} findings, ${sum.wrong_pages} wrong pages (seed ${seed}, ${((Date.now() - started) / 1000).toFixed(0)} s)`);
console.log(`  trials: ${list(sum.trials)}`);
console.log(`  refusals: ${list(sum.refusals)}`);
console.log(`  faults: ${list(sum.faults)}`);
console.log(`${checks.passed} passed, ${checks.failed} failed`);
if (process.env.KOFU_KEEP && checks.failed) console.log(`kept: ${dir}`);
else {
  await w.reset();
  disks.endWal();
  rmSync(dir, { recursive: true, force: true });
}
process.exitCode = checks.failed === 0 && sum.wrong_pages === 0 && sum.findings === 0 ? 0 : 1;
