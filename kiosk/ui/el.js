// SPDX-License-Identifier: Apache-2.0
// el - elements from data. Text only ever becomes a text node: nothing that a server says is markup.
// @ts-check

const SVG = 'http://www.w3.org/2000/svg';

/**
 * @param {string} tag
 * @param {Record<string, any>} [props] attributes; "on..." are listeners, "text" is the text;
 *   null, undefined and false leave an attribute out
 * @param {...(Node|string|null|undefined|false)} children
 */
export function el(tag, props = {}, ...children) {
	return fill(document.createElement(tag), props, children);
}

/** The same for a drawing. */
export function svg(tag, props = {}, ...children) {
	return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(node, props, children) {
	for (const [name, value] of Object.entries(props)) {
		if (value === null || value === undefined || value === false)
			continue;
		if (name === 'text')
			node.textContent = value;
		else if (name.startsWith('on'))
			node.addEventListener(name.slice(2), value);
		else
			node.setAttribute(name, value === true ? '' : String(value));
	}
	node.append(...children.filter((c) => c !== null && c !== undefined && c !== false));
	return node;
}
