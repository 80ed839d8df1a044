// SPDX-License-Identifier: Apache-2.0
// issue.mjs [--seconds N] [--threads N] [--overload] (./run bench issue, ./run bench overload): complete orders a second through
// the real center and server, from the card's signature to the answer opened at the kiosk, and what each program spends on
// one. --overload: half to five times as many kiosks as that come, whether the earlier ones are done or not (open loop).
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MixupWorld } from '../mixup/lib/world.mjs';
import { sleep } from '../world/lib/proc.mjs';
import { cpu, less, load } from './cpu.mjs';

const { values } = parseArgs({ options: { ...Object.fromEntries(['seconds', 'threads', 'units'].map((k) => [k, { type: 'string' }])), overload: { type: 'boolean' } } });
const seconds = Number(values.seconds ?? 10);
const threads = Number(values.threads ?? 8);
const dir = mkdtempSync(join(tmpdir(), 'kofu-bench-'));
const w = new MixupWorld(join(dir, 'run'), { units: Number(values.units ?? 3) });

const GROUPS = ['center', 'front', 'renderer', 'seal', 'database', 'JPKI', 'kiosk'];
const APART = { 'kofu-warm': 'renderer' };

/** One run of mixup-load; what it counted, and the milliseconds of each program. */
async function run(stage, s, options = {}, rate = 0) {
  const pids = (...names) => names.map((n) => w.processes.list[n].pid);
  const roots = { center: pids('center', 'center2'), front: pids('server', 'server2'), seal: pids('seal'), JPKI: pids('jpki'),
    database: [Number(readFileSync(join(w.pg.data, 'postmaster.pid'), 'utf8').split('\n')[0])] };
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
function row(title, by) {
  const all = GROUPS.reduce((sum, g) => sum + (by[g] ?? 0), 0);
  console.log(`  ${title.padEnd(38)}${GROUPS.map((g) => ms(by[g] ?? 0)).join('')}${ms(all)}`);
  return all;
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
  const show = (title, r) => console.log(`  ${title.padEnd(12)}${String(r.done + r.busy + r.broken).padStart(7)} came ${(r.done / seconds).toFixed(1).padStart(7)} done a second, p50 ${r.p50_ms} p99 ${r.p99_ms} ms; ${r.busy} told "busy" within ${r.busy_p50_ms} (p50) ${r.busy_p99_ms} (p99) ms; ${r.broken} otherwise${r.broken ? ` ${JSON.stringify(r.tally.refusal)}` : ''} (load average ${load()})`);
  const rate = (k) => Math.max(1, Math.round(capacity * k));
  const before = footprint();
  let peak = 0;
  let last;
  for (const k of [0.5, 1, 2, 5]) {
    last = await run('order', seconds, { threads: 200 }, rate(k));
    show(`${k} x ${capacity.toFixed(0)}`, last);
    peak = Math.max(peak, last.done / seconds);
  }
  await sleep(10000);
  const after = await run('order', seconds, { threads: 200 }, rate(0.5));
  show('10 s later', after);
  await sleep(20000); // the servers let idle connections go after 15 s
  const now = footprint();
  const held = [
    [`goodput at five times: ${(100 * last.done / seconds / peak).toFixed(0)} % of the peak (80 wanted)`, last.done / seconds >= 0.8 * peak],
    [`"busy" within ${last.busy_p99_ms} ms in 99 of 100 cases (200 wanted)`, last.busy_p99_ms < 200],
    ['nothing but "busy" is refused', last.broken === 0 && after.broken === 0],
    ['normal again after 10 s: nobody is refused', after.busy === 0 && after.done > 0],
    [`memory ${before.mb} -> ${now.mb} MB, descriptors ${before.fds} -> ${now.fds}`, now.mb < before.mb * 1.5 + 32 && now.fds <= before.fds + 16],
  ];
  for (const [what, ok] of held) console.log(`  ${ok ? 'held    ' : 'NOT held'} ${what}`);
  return held.filter(([, ok]) => !ok).length;
}

try {
  await w.up();
  console.log(`  ${cpus().length} x ${cpus()[0].model}, load average ${load()}`);
  await run('order', 3); // warms caches
  const each = {};
  for (const stage of ['session', 'order']) {
    const r = await run(stage, stage === 'order' ? seconds : Math.max(3, Math.ceil(seconds / 3)));
    if (r.broken || r.done === 0) throw new Error(`${stage}: ${JSON.stringify(r)}`);
    each[stage] = { r, by: Object.fromEntries(GROUPS.map((g) => [g, (r.by[g] ?? 0) / r.done])) };
  }
  const { r } = each.order;
  console.log(`\n  ${r.done} orders in ${r.seconds} s: ${(r.done / r.seconds).toFixed(1)} a second, p50 ${r.p50_ms} ms, p99 ${r.p99_ms} ms (${threads} kiosks; load average ${load()})`);
  console.log(`\n  CPU ms an order${' '.repeat(23)}${GROUPS.map((g) => g.padStart(9)).join('')}      all`);
  row('session: nonce, card, status, offer', each.session.by);
  row('order: to the answer opened', less(each.order.by, each.session.by));
  const whole = row('all of it', each.order.by);
  console.log(`\n  on two idle cores that is room for ${(2000 / whole).toFixed(0)} orders a second`);
  if (values.overload) process.exitCode = await overload(r.done / r.seconds) === 0 ? 0 : 1;
} finally {
  if (process.env.KOFU_KEEP) {
    await w.processes.stopAll();
    w.pg.halt();
    console.log(`kept: ${dir}`);
  } else {
    await w.reset();
    rmSync(dir, { recursive: true, force: true });
  }
}
