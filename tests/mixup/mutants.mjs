// SPDX-License-Identifier: Apache-2.0
// mutants.mjs [--orders N] [--only NAME]... [--seed N]: does the mix-up test see what it is there for? Runs the programs of
// tests/mixup/mutants, one fault at a time, until something finds it; each must be found within N orders (20000), and
// without a fault the same programs must pass.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MixupWorld, MUNIS } from './lib/world.mjs';
import { Judge } from './lib/judge.mjs';

/** [name, what the run needs beyond the mixture: judge = the pages' pictures too, stale = a replica without
 * its agent, unlisted = nodes that nobody lists any more] */
const MUTANTS = [
  ['spool slot by the second'], // 川崎市 2023
  ['lock released on time-out'], // 横浜市 2023
  ['buffer kept from the one before'], // 宗像市 2023
  ['numbers by process'], // 高松市 2024
  ['page 2 of another paper'], // 徳島市 2023
  ['old row beside new ones'], // 足立区 2023
  ['abolished seal served'], // 新潟市, さいたま市, 熊本市
  ['old build joined'], // 宗像市 2023, 高松市 2024
  ['unlisted node joined', { unlisted: true }],
  ['paper not read again'],
  ['order matched by the second'],
  ['order id of another answered'],
  ['answer of another'],
  ['answer of another, center blind'],
  ['papers sealed to another'],
  ['manifest of another kind'],
  ['card looked up in a cache'],
  ['card looked up in a cache, row unread'],
  ['card known again by too few bits'],
  ['card rows swapped in the database'],
  ['card signature unchecked'],
  ['nonce not consumed'],
  ['revoked card passes'],
  ['kiosk cut off is served'],
  ['block ignored'],
  ['removed member printed'],
  ['member left out'],
  ['change since the snapshot unseen'],
  ['release not redeemed'],
  ['lease ignored', { stale: true }],
  ['back of another page', { judge: true }],
  ['back painted from a kept picture', { judge: true }],
];

const { values } = parseArgs({ options: { orders: { type: 'string' }, only: { type: 'string', multiple: true }, seed: { type: 'string' } } });
const limit = Number(values.orders ?? 20000);
const dir = mkdtempSync(join(tmpdir(), 'kofu-mutants-'));
const bin = (name) => `tests/mixup/${name}-mutants`;
const w = new MixupWorld(join(dir, 'run'), { units: 2, seed: Number(values.seed ?? 1), bins: { server: bin('kofu-server'), seal: bin('kofu-seal'), center: bin('kofu-center'), drive: bin('mixup-drive') } });
const started = Date.now();
let passed = 0;
let failed = 0;

const MIX = { threads: 8, hostile_percent: 45, changes_ms: 50, first: true, sample: 0 };

const LOGS = ['seal', 'server', 'server2', 'center', 'center2'];
const ALARM = /event=(seal\.paper-differs|order\.seal-refused|municipality\.stopped) (.*)/;
const FLAWS = ['sound', 'form', 'key', 'signature', 'order', 'session', 'payload', 'muni', 'kind', 'copies', 'number', 'time', 'changed', 'used', 'build'];
let since = {};

const logOf = (name) => {
  try {
    return readFileSync(w.path('log', `${name}.log`), 'utf8');
  } catch {
    return '';
  }
};

/** What the product itself said about it, in its log: the first alarm of each program. */
function alarm() {
  for (const name of LOGS) {
    const [, event, rest] = ALARM.exec(logOf(name).slice(since[name] ?? 0)) ?? [];
    if (event === 'municipality.stopped') return `${name} stopped the city (${FLAWS[Number(/flaw=(\d+)/.exec(rest)?.[1])]})`;
    if (event === 'seal.paper-differs') return `seal: ${/what=(.*?) number=/.exec(rest)?.[1]}`;
    if (event) return `${name}: ${event}`;
  }
  return null;
}

async function as(name) {
  await w.downTested();
  since = Object.fromEntries(LOGS.map((n) => [n, logOf(n).length]));
  w.extra = name ? { KOFU_MUTANT: name } : {};
  await w.upTested();
  for (const m of MUNIS) // what the one before was stopped for
    await w.run(w.bin('center/kofu-center'), ['resume-muni', w.path('conf/center.conf'), m.code, '--by', '見本 太郎', '--by', '見本 花子']);
}

/** Orders in rounds, the judges after each: a back side is seen in its picture only. */
async function withJudge(judge) {
  for (let done = 0; done < limit;) {
    const r = await w.drive({ ...MIX, orders: 24, sample: 3, hostile_percent: 0, changes_ms: 0 });
    if (r.findings) return { orders: done + r.first.order, check: r.first.check, what: r.first.what };
    await judge.all(w.path('samples'), { first: true });
    const [found] = judge.wrong.splice(0);
    rmSync(w.path('samples'), { recursive: true });
    if (found) return { orders: done + found.order, check: found.check, what: 'by its picture' };
    done += r.orders;
  }
  return null;
}

async function withoutAgent() {
  for (const m of MUNIS) w.processes.signal(`agent-${m.code}`, 'SIGSTOP');
  for (const m of MUNIS) w.pg.sql(`kofu_${m.code}`, 'UPDATE lease SET beat_ms = beat_ms - 60000');
  const r = await w.drive({ ...MIX, orders: 8, threads: 1, hostile_percent: 0, changes_ms: 0, expect: Object.fromEntries(MUNIS.map((m) => [m.code, 'replica-stale'])) });
  for (const m of MUNIS) w.processes.signal(`agent-${m.code}`, 'SIGCONT');
  await w.settled();
  if (r.cities[0].answers + r.cities[1].answers > 0) return { orders: 1, check: 'stale replica', what: 'answered without a lease' };
  return r.findings ? { orders: r.first.order, check: r.first.check, what: r.first.what } : null;
}

async function withoutListing() {
  const listed = w.pg.sql('kofu_center', "SELECT muni || ' ' || encode(digest, 'hex') FROM node_listed").split('\n').map((l) => l.split(' '));
  for (const [muni, digest] of listed) {
    const r = await w.run(w.bin('center/kofu-center'), ['unlist-node', w.path('conf/center.conf'), muni, digest, '--by', '見本 太郎']);
    if (r.status !== 0) throw new Error(`unlist-node: ${r.stdout}${r.stderr}`);
  }
  await w.downTested();
  await w.upTested();
  const r = await w.drive({ ...MIX, orders: 8, threads: 1, hostile_percent: 0, changes_ms: 0, expect: Object.fromEntries(MUNIS.map((m) => [m.code, 'unavailable'])) });
  w.listNode();
  if (r.cities[0].answers + r.cities[1].answers > 0) return { orders: 1, check: 'unlisted node', what: 'answered though nobody lists it' };
  return r.findings ? { orders: r.first.order, check: r.first.check, what: r.first.what } : null;
}

async function mixture() {
  const r = await w.drive({ ...MIX, orders: limit });
  return r.findings ? { orders: r.first.order, check: r.first.check, what: r.first.what } : null;
}

function row(name, found, want) {
  const ok = Boolean(found) === want;
  if (ok) passed++;
  else failed++;
  console.log(`${ok ? 'ok' : 'not ok'} ${passed + failed} ${name.padEnd(40)} ${found ? `${String(found.orders).padStart(6)}  ${found.check}: ${found.what}${found.alarm ? `  [${found.alarm}]` : ''}` : '     -  nothing was found'}`);
}

try {
  await w.up();
  await w.drive({ orders: 0, swap: true, changes_ms: 0 });
  const judge = new Judge(w);
  const chosen = MUTANTS.filter(([name]) => !values.only || values.only.includes(name));
  if (!values.only) {
    const r = await w.drive({ ...MIX, orders: 150, sample: 50 });
    await judge.all(w.path('samples'));
    const [wrong] = judge.wrong.splice(0);
    row('(no mutant, 150 orders)', r.findings ? { orders: r.first.order, ...r.first } : wrong && { orders: wrong.order, check: wrong.check, what: '' }, false);
    row('(no mutant, no agent)', await withoutAgent(), false);
    row('(no mutant, no node listed)', await withoutListing(), false);
  }
  for (const [name, needs = {}] of chosen) {
    await as(name);
    const found = await (needs.judge ? withJudge(judge) : needs.stale ? withoutAgent() : needs.unlisted ? withoutListing() : mixture());
    if (found) found.alarm = alarm();
    row(name, found, true);
  }
} catch (e) {
  failed++;
  console.log(`not ok ${passed + failed} the test itself: ${e.stack}`);
}
console.log(`mutants: ${passed} as they must be, ${failed} not, ${((Date.now() - started) / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed`);
if (!(process.env.KOFU_KEEP && failed)) {
  await w.reset();
  rmSync(dir, { recursive: true, force: true });
} else console.log(`kept: ${dir}`);
process.exitCode = failed === 0 ? 0 : 1;
