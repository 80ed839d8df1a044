// SPDX-License-Identifier: Apache-2.0
// Processor time of processes by what they are for, from /proc, the ended children with them.
import { readFileSync, readdirSync } from 'node:fs';
import { execFileSync } from 'node:child_process';

const TICK_MS = 1000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

function stat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const end = text.lastIndexOf(')');
    const f = text.slice(end + 2).split(' ');
    return { pid, name: text.slice(text.indexOf('(') + 1, end), parent: Number(f[1]), own: Number(f[11]) + Number(f[12]), ended: Number(f[13]) + Number(f[14]) };
  } catch {
    return null;
  }
}

/** Milliseconds of a process and all below it, running or ended; what `apart` says of one is counted for itself. */
function under(all, pid, apart, into) {
  const p = all.get(pid);
  if (!p) return 0;
  let ticks = p.own + p.ended;
  for (const c of all.values()) if (c.parent === pid) {
    const group = apart[c.name];
    const below = under(all, c.pid, apart, into);
    if (group) into[group] = (into[group] ?? 0) + below * TICK_MS;
    else ticks += below;
  }
  return ticks;
}

/** @param {Record<string, number[]>} roots pids by group @param {Record<string, string>} apart groups of children by their process name */
export function cpu(roots, apart = {}) {
  const all = new Map(readdirSync('/proc').filter((d) => /^\d+$/.test(d)).map((d) => stat(Number(d))).filter(Boolean).map((p) => [p.pid, p]));
  const sum = {};
  for (const [group, pids] of Object.entries(roots)) {
    sum[group] ??= 0;
    for (const pid of pids) sum[group] += under(all, pid, apart, sum) * TICK_MS;
  }
  return sum;
}

export const less = (after, before) => Object.fromEntries(Object.entries(after).map(([k, v]) => [k, v - (before[k] ?? 0)]));
export const load = () => readFileSync('/proc/loadavg', 'latin1').split(' ').slice(0, 3).join(' ');
