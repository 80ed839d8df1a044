// SPDX-License-Identifier: Apache-2.0
// parts - what the screens are made of. A screen is {body, keys, focus?}: nodes for the middle, nodes
// for the row of keys below.
// @ts-check
import { el, saidBy } from './el.js';
import { icon } from './icons.js';

/**
 * What every screen gets: the daemon's view, the texts, how to act, and what this page itself
 * remembers of the screen (nothing of it outlives the screen).
 * @typedef {{ view: any, t: (key: string, values?: Record<string, any>) => string,
 *   result: (key: string, part: string) => string, send: (event: string, more?: object) => void, local: any,
 *   redraw: () => void, texts: any, japanese: any, languages: Node }} Scene
 */

const known = new Map(); // a phrase on the screen -> how to ask for its sound

/** Forgets the phrases of the screen before. */
export function forgetPhrases() {
	known.clear();
}

const digits = (v) => (/^[0-9,]{1,9}$/.test(String(v ?? '')) ? String(v).replaceAll(',', '') : undefined);

/** A phrase with its {n}, {m}, ... filled in. */
export function phrase(texts, key, values = {}) {
	const s = (texts.ui[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
	known.set(s, { key, n: digits(values.n), m: digits(values.m) });
	return s;
}

/** What resident or clerk are told of a result: "title", "resident" or "clerk". */
export function resultPhrase(texts, key, part) {
	const s = texts.results[key][part];
	if (part !== 'clerk')
		known.set(s, { key: `result.${key}.${part}` });
	return s;
}

/** The phrases below @root, in reading order. What is no phrase of ours (a name, a number) is not said. */
export function sayings(root, withButtons) {
	const nodes = [root, ...root.querySelectorAll('*')];
	return nodes.filter((n) => withButtons || !n.closest('button'))
		.flatMap((n) => saidBy(n).map((s) => known.get(s)).filter(Boolean));
}

export function yen(t, n) {
	return n === 0 ? t('free') : t('yen', { n: n.toLocaleString('ja-JP') });
}

export function heading(text) {
	return el('h1', { text });
}

export function key(text, act, { kind = 'plain', id = undefined, disabled = false } = {}) {
	return el('button', { type: 'button', class: `key ${kind}`, id, disabled, onclick: act, text });
}

export function cancelKey(s) {
	return key(s.t('cancel'), () => s.send('cancel'), { kind: 'quiet-key', id: 'cancel' });
}

export function backKey(s) {
	return key(s.t('back'), () => s.send('back'), { id: 'back' });
}

/** A large card to press: picture, title, a line below. */
export function choiceCard({ picture, title, note, act, pressed = undefined, disabled = false, id, say = undefined, lang = undefined }) {
	return el('button', {
		type: 'button', class: 'choice', id, disabled, onclick: act,
		'aria-pressed': pressed === undefined ? null : String(pressed),
	},
	picture && icon(picture),
	el('span', { class: 'choice-words' },
		el('span', { class: 'choice-title', text: title, say, lang }),
		note && el('span', { class: 'choice-note', text: note })),
	pressed !== undefined && el('span', { class: 'tick' }, icon('check')));
}

/** A picture, a sentence, and what to do: for screens without a choice. */
export function scenePicture(name, mood = '') {
	return el('div', { class: `picture ${mood}` }, icon(name));
}

export function note(text) {
	return el('p', { class: 'note', text });
}

export function waiting() {
	return el('div', { class: 'dots', 'aria-hidden': 'true' }, el('i'), el('i'), el('i'));
}

/** @param {[string, string, (string[])?, string?][]} list name, value, what is said for the value, its language */
export function rows(list) {
	return el('dl', { class: 'rows' }, ...list.flatMap(([name, value, say, lang]) => [
		el('div', {}, el('dt', { text: name }), el('dd', { text: value, say, lang })),
	]));
}
