// SPDX-License-Identifier: Apache-2.0
// icons - line drawings on a 24 grid; decoration beside a text, so hidden from readers.
// @ts-check
import { svg } from './el.js';

const PATHS = {
	card: ['M3 6.5h18v11H3z', 'M6 14.5h5', 'M14 9.5h4v4h-4z'],
	reader: ['M4 8.5h16l2 9H2z', 'M7 5h10v6H7z', 'M9.5 14h5'],
	pin: ['M5 11h14v9H5z', 'M8 11V8a4 4 0 0 1 8 0v3', 'M12 14.5v2.5'],
	coin: ['M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z', 'M8.5 7.5 12 12l3.5-4.5', 'M12 12v5.5', 'M9 13h6', 'M9 15.5h6'],
	paper: ['M6 3h8l4 4v14H6z', 'M14 3v4h4', 'M9 12h6', 'M9 15.5h6'],
	seal: ['M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z', 'M12 7v10', 'M8 10.5h8', 'M8.5 14.5h7'],
	people: ['M9 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6z', 'M3.5 19c0-3.5 2.4-5.5 5.5-5.5s5.5 2 5.5 5.5', 'M16 6a2.5 2.5 0 1 1 0 5', 'M16.5 13.6c2.4.3 4 2.1 4 5.4'],
	person: ['M12 4a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z', 'M5.5 20c0-4 2.8-6.3 6.5-6.3s6.5 2.3 6.5 6.3'],
	printer: ['M7 8V3.5h10V8', 'M7 16.5H3.5V8h17v8.5H17', 'M7 13.5h10v7H7z', 'M9.5 17h5'],
	warn: ['M12 3.5 22 20H2z', 'M12 10v4.5', 'M12 17v.6'],
	check: ['M4.5 12.5 10 18 20 6.5'],
	info: ['M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z', 'M12 11v6', 'M12 7.4v.6'],
	hand: ['M4 9h9', 'M10 5.5 13.5 9 10 12.5', 'M16 4.5h4.5v15H16', 'M8 18.5h5'],
};

export function icon(name, extra = '') {
	return svg('svg', { viewBox: '0 0 24 24', class: `icon ${extra}`, 'aria-hidden': 'true', focusable: 'false' },
		...PATHS[name].map((d) => svg('path', { d })));
}
