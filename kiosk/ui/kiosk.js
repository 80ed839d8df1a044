// SPDX-License-Identifier: Apache-2.0
// kiosk - shows what the daemon says and tells it what was touched (kiosk/app/openapi.yaml). The token
// comes in the fragment of the address, which no browser sends, and leaves the address bar at once.
// @ts-check
import { el, saidBy, showReadings, withReadings, withoutReadings } from './el.js';
import { icon } from './icons.js';
import { forgetPhrases, key, phrase, resultPhrase, sayings } from './parts.js';
import { SCREENS } from './screens.js';
import { Voice } from './voice.js';

/* file of the texts -> the language as HTML names it */
const LANGUAGES = { ja: 'ja', 'ja-easy': 'ja', en: 'en', zh: 'zh-Hans', ko: 'ko', vi: 'vi', pt: 'pt-BR' };
/* What must not be missed is said to everybody, again after so many milliseconds until it is done. */
const ALOUD_MS = { 'take-card': 8000, 'card-left': 8000, 'take-paper': 8000, attention: 20000 };
const WARN_MS = 20000;
const RETRY_MS = 1000;

const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? location.hash.slice(1);
history.replaceState(null, '', location.pathname);

const page = { view: /** @type {any} */ (null), shown: '', local: {}, lang: 'ja', texts: {}, until: 0, offline: false, choosesLanguage: false, heard: '', focused: '' };
const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const voice = new Voice(loadSound);

async function call(path, options = {}) {
	const answer = await fetch(path, { ...options, cache: 'no-store', headers: { 'Kofu-Token': token, 'Content-Type': 'application/json' } });
	return { ok: answer.ok, body: await answer.json() };
}

async function loadSound({ key: name, n, m }) {
	const query = new URLSearchParams({ ...(n && { n }), ...(m && { m }) });
	const answer = await fetch(`/api/voice/${page.lang}/${name}?${query}`, { headers: { 'Kofu-Token': token } });
	return answer.ok ? answer.arrayBuffer() : null;
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
		forgetResident();
	draw(other);
}

/** The next one begins in Japanese, with the usual size and colours, and unheard. */
function forgetResident() {
	page.choosesLanguage = false;
	voice.guides = false;
	setLook({ lang: 'ja', large: false, invert: false });
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
	root.lang = LANGUAGES[lang];
	showReadings(lang === 'ja-easy');
	if (large !== undefined)
		root.toggleAttribute('data-large', large);
	if (invert !== undefined)
		root.toggleAttribute('data-invert', invert);
	document.title = withoutReadings(t('title'));
}

/** Another language, size or colour: the same screen again. */
function restyle(look) {
	setLook(look);
	draw(false);
	if (look.lang && voice.guides)
		speakScreen();
}

function setGuide(on) {
	voice.guides = on;
	draw(false);
	const words = [{ key: on ? 'voice.on' : 'voice.off' }];
	voice.say(on ? [...words, ...sayings(part('screen'), false)] : words);
}

function languages() {
	return el('nav', { class: 'languages', 'aria-label': t('language.title') }, ...Object.keys(LANGUAGES).map((l) => el('button', {
		type: 'button', class: 'language', id: `lang-${l}`, lang: LANGUAGES[l], text: page.texts[l].name, 'aria-pressed': String(l === page.lang),
		onclick: () => { page.choosesLanguage = false; restyle({ lang: l }); },
	})));
}

function tools() {
	const root = document.documentElement;
	const large = root.hasAttribute('data-large');
	const invert = root.hasAttribute('data-invert');
	const tool = (id, words, act, pressed = null) => el('button', { type: 'button', class: 'tool', id: `tool-${id}`, onclick: act, text: words, 'aria-pressed': pressed });
	const language = page.lang === 'en' ? t('tool.language') : `${t('tool.language')} Language`;
	return el('div', { class: 'tools' },
		page.view.state !== 'idle' && tool('language', language, () => { page.choosesLanguage = true; overlay(); }),
		tool('voice', t('tool.voice'), () => setGuide(!voice.guides), String(voice.guides)),
		tool('large', t(large ? 'tool.normal' : 'tool.large'), () => restyle({ large: !large }), String(large)),
		tool('invert', t('tool.invert'), () => restyle({ invert: !invert }), String(invert)));
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
	forgetPhrases();
	const scene = {
		view: page.view, t, send, local: page.local, redraw: () => draw(false), texts: texts(), japanese: page.texts.ja,
		lang: LANGUAGES[page.lang], languages: languages(), result: (name, which) => resultPhrase(texts(), name, which),
	};
	const { body, keys, centre } = screen(scene);
	part('top').replaceChildren(el('p', { class: 'title', text: t('title') }), step > 0 ? steps(step) : el('span'), tools());
	const main = part('screen');
	const at = main.scrollTop;
	main.className = `${centre ? 'centre ' : ''}state-${page.view.state}`;
	main.replaceChildren(...body.filter(Boolean));
	part('keys').replaceChildren(...keys);
	part('keys').hidden = keys.length === 0;
	page.shown = page.view.state;
	main.scrollTop = other ? 0 : at;
	scrollKeys();
	if (other) {
		main.focus({ preventScroll: true });
		part('live').textContent = withoutReadings(saidBy(main.querySelector('h1') ?? main)[0] ?? '');
		speakScreen();
	} else {
		if (focused)
			document.getElementById(focused)?.focus({ preventScroll: true });
		speakChange();
	}
	overlay();
}

/** What does not fit is reached by two keys: no swiping, which a trembling hand cannot do. */
function scrollKeys() {
	const main = part('screen');
	const further = part('further');
	further.hidden = true;
	const focused = further.contains(document.activeElement) ? document.activeElement?.id : '';
	further.replaceChildren();
	const overflows = main.scrollHeight > main.clientHeight + 2 && page.view.state !== 'pin'; // its pad never moves
	main.tabIndex = overflows ? 0 : -1; /* arrows scroll what does not fit */
	if (!overflows)
		return;
	const go = (way) => () => main.scrollBy({ top: way * main.clientHeight * 0.8 });
	further.replaceChildren(key(t('scroll.up'), go(-1), { kind: 'scroll', id: 'scroll-up' }), key(t('scroll.down'), go(1), { kind: 'scroll', id: 'scroll-down' }));
	further.hidden = false;
	scrollKeysAt();
	if (focused)
		document.getElementById(focused)?.focus({ preventScroll: true });
}

function scrollKeysAt() {
	const main = part('screen');
	const able = (id, is) => document.getElementById(id)?.toggleAttribute('disabled', !is);
	able('scroll-up', main.scrollTop > 2);
	able('scroll-down', main.scrollTop + main.clientHeight < main.scrollHeight - 2);
}

/** Everything with guidance, the heading alone where it must not be missed, otherwise nothing. */
function speakScreen() {
	const main = part('screen');
	const again = ALOUD_MS[page.view.state] ?? 0;
	const all = sayings(main, false);
	page.heard = liveWords();
	voice.stop();
	if (voice.guides)
		voice.say(all, again);
	else if (again > 0)
		voice.say(all.slice(0, 1), again);
}

const liveWords = () => [...part('screen').querySelectorAll('[data-live], [data-live] *, .wrong')].flatMap(saidBy).join('\n');

/** A digit more, a coin more: what changed on the same screen. */
function speakChange() {
	const words = liveWords();
	if (words === page.heard)
		return;
	page.heard = words;
	if (voice.guides)
		voice.say([...part('screen').querySelectorAll('.wrong, [data-live]')].flatMap((n) => sayings(n, true)));
}

function onFocus(e) {
	const target = /** @type {HTMLElement} */ (e.target);
	const pressed = target.getAttribute('aria-pressed');
	const what = `${target.id} ${pressed}`;
	if (!voice.guides || !target.matches('button') || what === page.focused)
		return;
	page.focused = what;
	const state = target.matches('.choice') && pressed !== null ? [{ key: pressed === 'true' ? 'tick.on' : 'tick.off' }] : [];
	const words = sayings(target, true);
	if (words.length > 0)
		voice.say([...words, ...state]);
}

/** Twenty seconds before the end, one large key asks whether anybody is there. */
function overlay() {
	const left = page.until - performance.now();
	const asks = !page.offline && page.view?.stay && left < WARN_MS;
	const kind = page.offline ? 'offline' : asks ? 'stay' : page.choosesLanguage ? 'language' : '';
	const over = part('over');
	if (kind === '') {
		over.hidden = true;
		over.dataset.kind = '';
		over.replaceChildren();
		return;
	}
	if (over.dataset.kind !== kind) {
		over.dataset.kind = kind;
		over.hidden = false;
		over.replaceChildren(box(kind));
		over.querySelector('button')?.focus();
		if (voice.guides && kind !== 'language')
			voice.say(sayings(over, true));
	}
	const words = document.getElementById('over-left');
	if (words)
		words.textContent = withoutReadings(t('stay.left', { n: Math.max(0, Math.ceil(left / 1000)) }));
}

function box(kind) {
	const titles = { stay: 'stay.title', offline: 'offline', language: 'language.title' };
	return el('div', { class: 'box', role: 'alertdialog', 'aria-modal': 'true', 'aria-labelledby': 'over-title' },
		el('h2', { id: 'over-title', text: t(titles[kind]) }),
		kind === 'stay' && el('p', { id: 'over-left' }),
		kind === 'stay' && key(t('stay.button'), () => send('stay'), { kind: 'go', id: 'stay' }),
		kind === 'language' && languages(),
		kind === 'language' && key(t('language.close'), closeLanguages, { id: 'language-close' }));
}

function closeLanguages() {
	page.choosesLanguage = false;
	overlay();
	document.getElementById('tool-language')?.focus();
}

/** Keypad: arrows walk the buttons, digits press the PIN pad or the n-th choice. */
function onKey(e) {
	const scope = part('over').hidden ? document : part('over');
	const buttons = /** @type {HTMLElement[]} */ ([...scope.querySelectorAll('main button:not(:disabled), footer button:not(:disabled), .box button, header button')]);
	const at = buttons.indexOf(/** @type {any} */ (document.activeElement));
	const first = buttons.findIndex((b) => !b.closest('header'));
	if (e.key === 'ArrowRight' || e.key === 'ArrowDown')
		buttons[at < 0 ? first : (at + 1) % buttons.length]?.focus();
	else if (e.key === 'ArrowLeft' || e.key === 'ArrowUp')
		buttons[(at <= 0 ? buttons.length : at) - 1]?.focus();
	else if (e.key === 'Escape' && page.choosesLanguage)
		closeLanguages();
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
	for (const lang of Object.keys(LANGUAGES))
		page.texts[lang] = JSON.parse(withReadings(await (await fetch(`/${lang}.json`)).text()));
	document.addEventListener('keydown', onKey);
	document.addEventListener('focusin', onFocus);
	document.addEventListener('contextmenu', (e) => e.preventDefault());
	part('screen').addEventListener('scroll', scrollKeysAt);
	addEventListener('resize', () => page.view && scrollKeys());
	document.fonts.addEventListener('loadingdone', () => page.view && scrollKeys());
	setInterval(overlay, 500);
	follow();
}

begin();
