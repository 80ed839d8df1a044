// SPDX-License-Identifier: Apache-2.0
// parts - what the screens are made of. A screen is {body, keys, focus?}: nodes for the middle, nodes
// for the row of keys below.
// @ts-check
import { el } from './el.js';
import { icon } from './icons.js';

/**
 * What every screen gets: the daemon's view, the texts, how to act, and what this page itself
 * remembers of the screen (nothing of it outlives the screen).
 * @typedef {{ view: any, t: (key: string, values?: Record<string, any>) => string,
 *   send: (event: string, more?: object) => void, local: any, redraw: () => void, texts: any }} Scene
 */

/** A phrase with its {n}, {m}, ... filled in. */
export function phrase(texts, key, values = {}) {
	const s = texts.ui[key] ?? key;
	return s.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
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
export function choiceCard({ picture, title, note, act, pressed = undefined, disabled = false, id }) {
	return el('button', {
		type: 'button', class: 'choice', id, disabled, onclick: act,
		'aria-pressed': pressed === undefined ? null : String(pressed),
	},
	picture && icon(picture),
	el('span', { class: 'choice-words' },
		el('span', { class: 'choice-title', text: title }),
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

export function rows(list) {
	return el('dl', { class: 'rows' }, ...list.flatMap(([name, value]) => [
		el('div', {}, el('dt', { text: name }), el('dd', { text: value })),
	]));
}
