// SPDX-License-Identifier: Apache-2.0
// ./run bench kiosk: from the card on the reader to the paper ordered, in a demo world of its own. The resident's own time,
// the till's and the paper's movement are not in it; the reader's polling before the card is seen is not, either.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { World } from './world.mjs';

// A contactless type B card's order of magnitude (no real card was measured): each command, each byte, the signature.
const MODEL = ['--apdu-us', '12000', '--byte-us', '100', '--sign-us', '350000'];
const OURS = ['reading', 'signing', 'loading', 'ordering', 'releasing'];

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
const stand = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: at(sorted, 0.5), p99: at(sorted, 0.99) };
};

/** @returns {Promise<Record<string, number>[]>} milliseconds in each state, one for each certificate */
async function series(w, n, delays) {
  await w.processes.start('card-1', w.bin('tests/world/world-card'), ['--dir', w.card('taro').dir, '--connect', String(w.state.pcsc.port + 1), ...delays]);
  const args = ['issue', w.path('conf/kiosk-K0002.conf'), '--kind', 'juminhyo', '--scope', 'self', '--pin-file', w.path('pin'), '--wait-card', '10'];
  const rows = [];
  for (let i = 0; i < n + 3; i++) { // the first three warm the caches
    const { status, stdout, stderr } = await w.run(w.bin('kiosk/kofu-kiosk'), args, w.cardEnv);
    if (status !== 0) throw new Error(`kofu-kiosk issue: ${status} ${stdout}${stderr}`);
    if (i >= 3) rows.push(JSON.parse(stdout).ms);
  }
  await w.remove(1);
  return rows;
}

function table(title, rows) {
  const all = stand(rows.map((r) => OURS.reduce((s, k) => s + (r[k] ?? 0), 0)));
  console.log(`\n  ${title}: median ${all.median} ms, p99 ${all.p99} ms`);
  for (const k of OURS) {
    const one = stand(rows.map((r) => r[k] ?? 0));
    console.log(`    ${k.padEnd(10)} ${String(one.median).padStart(5)} ${String(one.p99).padStart(6)}`);
  }
  return all;
}

export async function benchKiosk(n = Number(process.env.KOFU_BENCH_N ?? 100)) {
  const dir = mkdtempSync(join(tmpdir(), 'kofu-bench-'));
  const w = new World(join(dir, 'run'), { residents: 200 });
  try {
    await w.up();
    writeFileSync(w.path('pin'), '1234\n', { mode: 0o600 });
    console.log(`\n  ${n} certificates each, ${cpus().length} x ${cpus()[0].model}`);
    const bare = table('ours, a card that answers at once', await series(w, n, []));
    const whole = table('a card of 12 ms a command, 0.1 ms a byte, 350 ms a signature', await series(w, n, MODEL));
    const share = whole.median - bare.median;
    console.log(`\n  card placed -> paper ordered: median ${whole.median} ms, p99 ${whole.p99} ms; of the median ${share} ms (${Math.round(100 * share / whole.median)} %) are the card's modelled delay`);
    console.log(`  ours without the card: median ${bare.median} ms, p99 ${bare.p99} ms (wanted: a median under 150 ms): ${bare.median < 150 ? 'held' : 'NOT held'}`);
    return bare.median < 150 ? 0 : 1;
  } finally {
    await w.reset();
    rmSync(dir, { recursive: true, force: true });
  }
}
