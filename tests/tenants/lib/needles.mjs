// SPDX-License-Identifier: Apache-2.0
// What must not be found: residents' items in every encoding they could lie in, for tenant-sieve.
import { closeSync, openSync, writeSync } from 'node:fs';

const MIN_BYTES = 8; // tenant-sieve's; what is shorter could be chance

/** A table from characters to bytes, made of a decoder's own answers. */
function encoder(name, leads) {
	const decoder = new TextDecoder(name, { fatal: true });
	const table = new Map();
	const put = (bytes) => {
		try {
			const c = decoder.decode(bytes);
			if ([...c].length === 1 && !table.has(c)) table.set(c, bytes);
		} catch { /* no character */ }
	};
	for (let b = 0x20; b < 0x100; b++) put(Buffer.from([b]));
	for (const a of leads) for (let b = 0x40; b < 0x100; b++) put(Buffer.from([a, b]));
	return (text) => {
		const parts = [...text].map((c) => table.get(c));
		return parts.every(Boolean) ? Buffer.concat(parts) : null;
	};
}
const range = (a, b) => Array.from({ length: b - a + 1 }, (_, i) => a + i);
const cp932 = encoder('shift_jis', [...range(0x81, 0x9f), ...range(0xe0, 0xfc)]);
const eucjp = encoder('euc-jp', range(0xa1, 0xfe));
const utf16le = (t) => Buffer.from(t, 'utf16le');
const utf16be = (t) => Buffer.from(t, 'utf16le').swap16();

/** Base64 of the text wherever it begins in what was encoded: what does not depend on its neighbours. */
function* base64(bytes) {
	for (let shift = 0; shift < 3; shift++) {
		const whole = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
		const from = Math.ceil((shift * 8) / 6);
		const to = Math.floor(((shift + bytes.length) * 8) / 6);
		const part = whole.slice(from, to);
		yield part;
		if (/[+/]/.test(part)) yield part.replaceAll('+', '-').replaceAll('/', '_');
	}
}

const escapes = (t, upper) => [...utf16be(t).toString('hex').matchAll(/.{4}/g)].map(([h]) => `\\u${upper ? h.toUpperCase() : h}`).join('');

/** @returns {Generator<[string, Buffer]>} the encoding's name and the bytes */
export function* encodings(text) {
	const raw = [['utf-8', Buffer.from(text)], ['utf-16le', utf16le(text)], ['utf-16be', utf16be(text)], ['cp932', cp932(text)], ['euc-jp', eucjp(text)]];
	for (const [name, bytes] of raw) {
		if (bytes === null) continue;
		yield [name, bytes];
		const hex = bytes.toString('hex');
		yield [`hex-of-${name}`, Buffer.from(hex)];
		if (hex !== hex.toUpperCase()) yield [`HEX-of-${name}`, Buffer.from(hex.toUpperCase())];
		if (['utf-8', 'cp932', 'utf-16le'].includes(name)) for (const b of base64(bytes)) yield [`base64-of-${name}`, Buffer.from(b)];
	}
	if (/[^\x20-\x7e]/.test(text)) {
		for (const upper of [false, true]) yield ['json-escapes', Buffer.from(escapes(text, upper))];
		yield ['percent', Buffer.from(encodeURIComponent(text))];
		yield ['octal', Buffer.from([...Buffer.from(text)].map((b) => `\\${b.toString(8).padStart(3, '0')}`).join(''))];
	}
}

/** As written, without its spaces, with plain digits and letters, and both. */
const spellings = (text) => new Set([text, text.replace(/[\s　]/g, ''), text.normalize('NFKC'), text.normalize('NFKC').replace(/\s/g, '')]);

const ERAS = { 明治: 1867, 大正: 1911, 昭和: 1925, 平成: 1988, 令和: 2018 };
/** 昭和５５年４月１日 as 1980-04-01; null when it is no full date. */
export function isoDate(text) {
	const m = /^(明治|大正|昭和|平成|令和)(元|\d+)年(\d+)月(\d+)日$/.exec(text.normalize('NFKC'));
	if (!m) return null;
	const year = ERAS[m[1]] + (m[2] === '元' ? 1 : Number(m[2]));
	return `${year}-${m[3].padStart(2, '0')}-${m[4].padStart(2, '0')}`;
}

/**
 * Writes the patterns of `people` ({name: text} each; the key is the item's label).
 * @returns {{people: number, patterns: number, short: number}}
 */
export function writeNeedles(file, people) {
	const fd = openSync(file, 'w', 0o600);
	const seen = new Set();
	const count = { people: people.length, patterns: 0, short: 0 };
	let lines = [];
	for (const person of people)
		for (const [item, text] of Object.entries(person))
			for (const spelt of text ? spellings(text) : [])
				for (const [encoding, bytes] of encodings(spelt)) {
					const hex = bytes.toString('hex');
					if (seen.has(hex)) continue;
					seen.add(hex);
					if (bytes.length < MIN_BYTES) count.short++;
					else {
						lines.push(`${item}.${encoding} ${hex}\n`);
						count.patterns++;
					}
					if (lines.length > 20000) {
						writeSync(fd, lines.join(''));
						lines = [];
					}
				}
	writeSync(fd, lines.join(''));
	closeSync(fd);
	return count;
}
