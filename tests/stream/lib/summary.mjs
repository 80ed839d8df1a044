// SPDX-License-Identifier: Apache-2.0
// What became of the faults, by kind: of one place, or of several that ran side by side.
// summary.mjs FILE: a part a line, as JSON.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const gather = (parts, name, add, none) => parts.reduce((all, p) => {
  for (const [k, v] of Object.entries(p[name])) all[k] = add(all[k] ?? none, v);
  return all;
}, {});

/** `done`: by kind, milliseconds from the end of the load until all was the same; `by`: changes by kind. */
export function summary(parts) {
  const done = gather(parts, 'done', (a, b) => [...a, ...b], []);
  const by = gather(parts, 'by', (a, b) => a + b, 0);
  const rows = Object.entries(done).map(([kind, ms]) => `  ${kind.padEnd(50)} ${String(ms.length).padStart(5)}   ${(median(ms) / 1000).toFixed(1).padStart(6)} s ${(Math.max(...ms) / 1000).toFixed(1).padStart(6)} s`);
  return [`faults by kind (seed ${parts.map((p) => p.seed).join(', ')}); until replica = register, median and longest`, ...rows,
    `  ${Object.values(done).flat().length} faults, ${parts.reduce((n, p) => n + p.n, 0)} changes: ${Object.entries(by).map(([k, n]) => `${k} ${n}`).join(', ')}`, ''].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(summary(readFileSync(process.argv[2], 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line))));
