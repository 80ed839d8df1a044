// SPDX-License-Identifier: Apache-2.0
// pair.mjs [--threads N] [--before N] [--after N]: two centers and two servers a city on a pair of PostgreSQL servers. The first
// of the pair is killed while orders run, the second takes over: what a kiosk was given stands in its books, each order was
// answered once, and orders flow again within 15 seconds.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MixupWorld, MUNIS, ROOT, until } from './lib/world.mjs';
import { PostgresPair } from './lib/pair.mjs';
import { compare } from './lib/books.mjs';

const AGAIN_MS = 15000;
const { values } = parseArgs({ options: Object.fromEntries(['threads', 'before', 'after'].map((k) => [k, { type: 'string' }])) });
const dir = mkdtempSync(join(tmpdir(), 'kofu-pair-'));
const w = new MixupWorld(join(dir, 'run'), { units: 2 });
w.registers = w.pg = new PostgresPair(ROOT, w.shortDir('pg'));
const checks = { passed: 0, failed: 0 };

function check(name, ok, why = '') {
  checks[ok ? 'passed' : 'failed']++;
  console.log(`${ok ? 'ok' : 'not ok'} ${checks.passed + checks.failed} ${name}${ok ? '' : `: ${why}`}`);
}
const issued = () => MUNIS.reduce((n, m) => n + Number(w.pg.sql(`kofu_${m.code}`, 'SELECT count(*) FROM issue')), 0);

/** The operator's word for one municipality; it is heard once, and stands in its audit. */
async function promoted(m) {
  const say = () => w.run(w.bin('server/kofu-server'), ['restored', w.path('conf/server.conf'), m.code, '--promoted']);
  const first = await say();
  if (first.status !== 0) throw new Error(`restored --promoted: ${first.stdout}${first.stderr}`);
  const again = await say();
  check(`${m.code} is told that its standby took over, once`, again.status === 1 && again.stderr.includes('where it was'), again.stdout + again.stderr);
  check('and its audit has who said it', w.pg.sql(`kofu_${m.code}`, 'SELECT count(*) FROM audit_row WHERE source = 4') === '1');
}

try {
  const started = Date.now();
  await w.up();
  await w.pg.join();
  console.log(`  the world is up after ${((Date.now() - started) / 1000).toFixed(0)} s`);
  const ledger = w.path('ledger');
  writeFileSync(ledger, '');
  const first = issued();
  const running = w.drive({ orders: 1000000, threads: Number(values.threads ?? 6), hostile_percent: 0, changes_ms: 0, faults: true, ledger }, (l) => console.log(`  ${l}`));
  await until('orders', 60000, () => issued() - first >= Number(values.before ?? 30), 200);
  w.pg.kill();
  const killed = Date.now();
  // What watches the pair knows that the second had all that was answered, and says so (docs/OPERATIONS.md): without its word
  // a database that writes on a new timeline is a restored one, and nothing is issued from it.
  const whole = w.excuse('municipality-stopped');
  w.pg.promote();
  for (const m of MUNIS) await promoted(m);
  whole();
  const at = issued();
  console.log(`  the first server is killed after ${at - first} orders; the second took over after ${Date.now() - killed} ms`);
  await until('an order after it', 60000, () => issued() > at, 100);
  const again = Date.now() - killed;
  check(`orders flow again after ${(again / 1000).toFixed(1)} s`, again < AGAIN_MS, `${again} ms`);
  await until('further orders', 60000, () => issued() - at >= Number(values.after ?? 20), 200);
  w.driver.kill('SIGTERM');
  const r = await running;
  check(`${r.orders} orders, ${r.paper.answers ?? 0} answers: every answer is its own`, r.findings === 0, JSON.stringify(r.first ?? null));
  compare(w, ledger, check);
  console.log(`  refusals: ${Object.entries(r.refusal).map(([k, n]) => `${k} ${n}`).join(', ') || 'none'} (${((Date.now() - started) / 1000).toFixed(0)} s)`);
} catch (e) {
  check('the test itself', false, e.stack);
}
console.log(`${checks.passed} passed, ${checks.failed} failed`);
if (process.env.KOFU_KEEP && checks.failed) {
  await w.processes.stopAll();
  w.pg.halt();
  console.log(`kept: ${dir}`);
} else {
  await w.reset();
  rmSync(dir, { recursive: true, force: true });
}
process.exitCode = checks.failed === 0 ? 0 : 1;
