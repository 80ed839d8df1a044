// SPDX-License-Identifier: Apache-2.0
// issue.mjs [--seconds N] [--threads N] (./run bench issue): complete orders a second through the real center and server, from the
// card's signature to the answer opened at the kiosk, and what each program spends on one.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MixupWorld, MUNIS } from '../mixup/lib/world.mjs';
import { cpu, less, load } from './cpu.mjs';

const { values } = parseArgs({ options: Object.fromEntries(['seconds', 'threads', 'units'].map((k) => [k, { type: 'string' }])) });
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
} finally {
  if (process.env.KOFU_KEEP) {
    await w.processes.stopAll();
    w.pg.halt();
    console.log(`kept: ${dir}`);
  }
  else {
    await w.reset();
    rmSync(dir, { recursive: true, force: true });
  }
}
