// SPDX-License-Identifier: Apache-2.0
// memory - which of some bytes stand anywhere in what a process may write: what a dump of it would show.
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

const PART = 4194304n;
const OVERLAP = 256n;

/** @param {number} pid @param {Record<string, Buffer>} needles @returns {string[]} the names of those found */
export function memoryHolds(pid, needles) {
	const found = new Set();
	const fd = openSync(`/proc/${pid}/mem`, 'r');
	for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').trim().split('\n')) {
		const [range, mode] = line.split(' ');
		if (!mode.startsWith('rw'))
			continue;
		const [from, to] = range.split('-').map((x) => BigInt(`0x${x}`));
		for (let at = from; at < to; at += PART) {
			const end = at + PART + OVERLAP < to ? at + PART + OVERLAP : to;
			const bytes = Buffer.alloc(Number(end - at));
			let n = 0;
			try {
				n = readSync(fd, bytes, 0, bytes.length, at);
			} catch {
				continue; // a guard page, or it went away
			}
			for (const [name, needle] of Object.entries(needles))
				if (bytes.subarray(0, n).includes(needle))
					found.add(name);
		}
	}
	closeSync(fd);
	return [...found].sort();
}
