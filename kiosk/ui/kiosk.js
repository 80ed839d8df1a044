// SPDX-License-Identifier: Apache-2.0
// kiosk - shows what the daemon says and tells it what was touched (kiosk/app/openapi.yaml). The token
// comes in the fragment of the address, which no browser sends, and leaves the address bar at once.
// @ts-check
import { el } from './el.js';
import { icon } from './icons.js';
import { key, phrase } from './parts.js';
import { SCREENS } from './screens.js';

const LANGUAGES = ['ja', 'en'];
const WARN_MS = 20000;
const RETRY_MS = 1000;

const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? location.hash.slice(1);
history.replaceState(null, '', location.pathname);

const page = { view: /** @type {any} */ (null), shown: '', local: {}, lang: 'ja', texts: {}, until: 0, offline: false };
const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

async function call(path, options = {}) {
	const answer = await fetch(path, { ...options, cache: 'no-store', headers: { 'Kofu-Token': token, 'Content-Type': 'application/json' } });
	return { ok: answer.ok, body: await answer.json() };
}

function texts() {
	return page.texts[page.lang];
}

function t(name, values) {
	return phrase(texts(), name, values);
}

/** A touch counts for the screen it was made on; what comes too late is not done. */
async function send(event, more = {}) {
	const body = JSON.stringify(event === 'choose' ? { event, ...more } : { event, at: page.view.state, ...more });
	try {
		const answer = await call('/api/event', { method: 'POST', body });
		if (answer.ok)
			take(answer.body);
	} catch {
		setOffline(true);
	}
}

function take(view) {
	setOffline(false);
	if (page.view && view.n < page.view.n)
		return;
	const other = !page.view || view.state !== page.view.state;
	page.view = view;
	page.until = performance.now() + view.left_ms;
	if (other)
		page.local = {};
	if (view.state === 'idle' && other && page.shown !== '')
		setLook({ lang: 'ja', large: false, invert: false });
	draw(other);
}

function setOffline(is) {
	if (page.offline === is)
		return;
	page.offline = is;
	overlay();
}

function setLook({ lang = page.lang, large = undefined, invert = undefined }) {
	const root = document.documentElement;
	page.lang = lang;
	root.lang = lang;
	if (large !== undefined)
		root.toggleAttribute('data-large', large);
	if (invert !== undefined)
		root.toggleAttribute('data-invert', invert);
	document.title = t('title');
}

function tools() {
	const root = document.documentElement;
	const large = root.hasAttribute('data-large');
	const invert = root.hasAttribute('data-invert');
	const tool = (text, act, props = {}) => el('button', { type: 'button', class: 'tool', onclick: act, text, ...props });
	return el('div', { class: 'tools' },
		...LANGUAGES.filter((l) => l !== page.lang && page.texts[l]).map((l) => tool(page.texts[l].name, () => { setLook({ lang: l }); draw(false); }, { lang: l, id: `lang-${l}` })),
		tool(t(large ? 'tool.normal' : 'tool.large'), () => { setLook({ large: !large }); draw(false); }, { 'aria-pressed': String(large), id: 'tool-large' }),
		tool(t('tool.invert'), () => { setLook({ invert: !invert }); draw(false); }, { 'aria-pressed': String(invert), id: 'tool-invert' }));
}

function steps(at) {
	const names = ['card', 'choose', 'confirm', 'pay', 'take'];
	return el('ol', { class: 'steps', 'aria-label': t('steps') }, ...names.map((name, i) => el('li', {
		class: i + 1 < at ? 'past' : i + 1 === at ? 'now' : '', 'aria-current': i + 1 === at ? 'step' : null,
	}, el('span', { class: 'ball' }, i + 1 < at ? icon('check') : String(i + 1)), el('span', { text: t(`step.${name}`) }))));
}

function draw(other) {
	const focused = document.activeElement?.id;
	const [screen, step] = SCREENS[page.view.state] ?? SCREENS.error;
	const scene = { view: page.view, t, send, local: page.local, redraw: () => draw(false), texts: texts() };
	const { body, keys, centre } = screen(scene);
	part('top').replaceChildren(el('p', { class: 'title', text: t('title') }), step > 0 ? steps(step) : el('span'), tools());
	const main = part('screen');
	main.className = `${centre ? 'centre ' : ''}state-${page.view.state}`;
	main.replaceChildren(...body.filter(Boolean));
	part('keys').replaceChildren(...keys);
	part('keys').hidden = keys.length === 0;
	main.tabIndex = main.scrollHeight > main.clientHeight ? 0 : -1; /* arrows scroll what does not fit */
	page.shown = page.view.state;
	if (other) {
		main.scrollTop = 0;
		main.focus({ preventScroll: true });
		part('live').textContent = main.querySelector('h1')?.textContent ?? '';
	} else if (focused) {
		document.getElementById(focused)?.focus({ preventScroll: true });
	}
	overlay();
}

/** Twenty seconds before the end, one large key asks whether anybody is there. */
function overlay() {
	const left = page.until - performance.now();
	const asks = !page.offline && page.view?.stay && left < WARN_MS;
	const over = part('over');
	if (!page.offline && !asks) {
		over.hidden = true;
		over.replaceChildren();
		return;
	}
	const seconds = Math.max(0, Math.ceil(left / 1000));
	if (over.hidden || over.dataset.kind !== (asks ? 'stay' : 'offline')) {
		over.dataset.kind = asks ? 'stay' : 'offline';
		over.hidden = false;
		over.replaceChildren(el('div', { class: 'box', role: 'alertdialog', 'aria-modal': 'true', 'aria-labelledby': 'over-title' },
			el('h2', { id: 'over-title', text: t(asks ? 'stay.title' : 'offline') }),
			asks && el('p', { id: 'over-left' }),
			asks && key(t('stay.button'), () => send('stay'), { kind: 'go', id: 'stay' })));
		document.getElementById('stay')?.focus();
	}
	const words = document.getElementById('over-left');
	if (words)
		words.textContent = t('stay.left', { n: seconds });
}

/** Keypad: arrows walk the buttons, digits press the PIN pad or the n-th choice. */
function onKey(e) {
	const scope = part('over').hidden ? document : part('over');
	const buttons = /** @type {HTMLElement[]} */ ([...scope.querySelectorAll('main button:not(:disabled), footer button:not(:disabled), .box button')]);
	const at = buttons.indexOf(/** @type {any} */ (document.activeElement));
	if (e.key === 'ArrowRight' || e.key === 'ArrowDown')
		buttons[(at + 1) % buttons.length]?.focus();
	else if (e.key === 'ArrowLeft' || e.key === 'ArrowUp')
		buttons[(at <= 0 ? buttons.length : at) - 1]?.focus();
	else if (/^[0-9]$/.test(e.key) && part('over').hidden)
		pressDigit(Number(e.key));
	else
		return;
	e.preventDefault();
}

function pressDigit(n) {
	if (page.view.state === 'pin')
		document.getElementById(`slot-${page.view.pin.pad.indexOf(n)}`)?.click();
	else
		/** @type {HTMLElement|undefined} */ (document.querySelectorAll('main .choice:not(:disabled)')[n - 1])?.click();
}

async function follow() {
	for (;;) {
		try {
			/* what was missed while the daemon was away is wanted now, not at the next change */
			const answer = await call(`/api/state${page.view && !page.offline ? `?after=${page.view.n}` : ''}`);
			if (!answer.ok)
				throw new Error(answer.body.code);
			take(answer.body);
		} catch {
			setOffline(true);
			await new Promise((go) => setTimeout(go, RETRY_MS));
		}
	}
}

async function begin() {
	for (const lang of LANGUAGES)
		page.texts[lang] = await (await fetch(`/${lang}.json`)).json();
	document.addEventListener('keydown', onKey);
	document.addEventListener('contextmenu', (e) => e.preventDefault());
	setInterval(overlay, 500);
	follow();
}

begin();
