// SPDX-License-Identifier: Apache-2.0
// el - elements from data. Text only ever becomes a text node: nothing that a server says is markup.
// A phrase may carry readings (Unicode's interlinear annotation): shown above the word where they help, and
// otherwise left out.
// @ts-check

const SVG = 'http://www.w3.org/2000/svg';
const READING = /\uFFF9([^\uFFFA]*)\uFFFA([^\uFFFB]*)\uFFFB/;
const KANJI = /\p{Script=Han}/u;
const said = new WeakMap();
let rubies = false;

/** "[漢字|かんじ]" of a text file, in the form that no name of a person has. */
export function withReadings(text) {
	return text.replace(/\[([^|\]]*)\|([^\]]*)\]/g, '\uFFF9$1\uFFFA$2\uFFFB');
}

export function withoutReadings(text) {
	return text.replace(new RegExp(READING, 'g'), '$1');
}

/** Whether elements made from now on show the kana above the kanji. */
export function showReadings(on) {
	rubies = on;
}

/** What an element says, as it was given: its text, or what was put in place of it. @returns {string[]} */
export function saidBy(node) {
	return said.get(node) ?? [];
}

/**
 * @param {string} tag
 * @param {Record<string, any>} [props] attributes; "on..." are listeners, "text" is the text, "say" what is
 *   read aloud instead of it; null, undefined and false leave an attribute out
 * @param {...(Node|string|null|undefined|false)} children
 */
export function el(tag, props = {}, ...children) {
	return fill(document.createElement(tag), props, children);
}

/** The same for a drawing. */
export function svg(tag, props = {}, ...children) {
	return fill(document.createElementNS(SVG, tag), props, children);
}

function ruby(base, kana) {
	if (!rubies || !KANJI.test(base))
		return base;
	const node = document.createElement('ruby');
	const above = document.createElement('rt');
	above.textContent = kana;
	above.setAttribute('aria-hidden', 'true');
	node.append(base, above);
	return node;
}

function write(node, text) {
	const parts = String(text).split(READING); // text, base, kana, text, base, kana, ..., text
	for (let i = 0; i < parts.length; i += 3) {
		node.append(parts[i]);
		if (i + 2 < parts.length)
			node.append(ruby(parts[i + 1], parts[i + 2]));
	}
	node.normalize();
}

function fill(node, props, children) {
	for (const [name, value] of Object.entries(props)) {
		if (value === null || value === undefined || value === false)
			continue;
		if (name === 'text') {
			write(node, value);
			if (props.say === undefined)
				said.set(node, [String(value)]);
		} else if (name === 'say') {
			said.set(node, [value].flat());
		} else if (name.startsWith('on')) {
			node.addEventListener(name.slice(2), value);
		} else {
			if (name === 'aria-label' && props.text === undefined && props.say === undefined)
				said.set(node, [value]);
			node.setAttribute(name, value === true ? '' : withoutReadings(String(value)));
		}
	}
	node.append(...children.filter((c) => c !== null && c !== undefined && c !== false));
	return node;
}
