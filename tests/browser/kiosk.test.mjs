// SPDX-License-Identifier: Apache-2.0
// The kiosk's screens in Debian's Chromium against a scripted daemon.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { axe, launch, open, overflows, SIZES } from './lib/browser.mjs';
import { FakeKiosk, OFFER, RECEIPT, VIEWS } from './lib/fake_kiosk.mjs';

const LANGUAGES = ['ja', 'ja-easy', 'en', 'zh', 'ko', 'vi', 'pt'];
const textsOf = (lang) => JSON.parse(readFileSync(new URL(`../../kiosk/ui/text/${lang}.json`, import.meta.url), 'utf8'));
const plain = (text) => text.replace(/\[([^|\]]*)\|[^\]]*\]/g, '$1');
const SHOTS = process.env.KOFU_SHOTS; // a folder keeps a picture of every screen
let browser;
let kiosk;

before(async () => {
	browser = await launch();
	kiosk = await new FakeKiosk().start();
});
after(async () => {
	await browser?.close();
	await kiosk?.stop();
});

/** Runs @work on a fresh page; any error in it that @tolerate does not match fails the test. */
async function onPage(size, work, tolerate = /status of 409/) {
	kiosk.show('idle');
	kiosk.events = [];
	kiosk.spoken = [];
	const p = await open(browser, kiosk.url, SIZES[size]);
	try {
		await p.page.waitForSelector('#start');
		await work(p.page);
		assert.deepEqual(p.troubles.filter((w) => !tolerate.test(w)), []);
	} finally {
		await p.close();
	}
}

async function shows(page, state) {
	await page.waitForSelector(`main.state-${state}`, { timeout: 5000 });
}

async function show(page, state, more, left) {
	kiosk.show(state, more, left);
	await shows(page, state);
}

const events = () => kiosk.events.map((e) => e.event);
const last = () => kiosk.events.at(-1);

describe('the way to a paper', () => {
	test('a resident touches from the first screen to the receipt', () => onPage('landscape', async (page) => {
		await page.click('#start');
		await shows(page, 'consent');
		await page.click('#agree');
		await shows(page, 'card');
		await show(page, 'reading');
		await show(page, 'pin');
		for (const slot of [1, 2, 3, 4]) {
			await page.click(`#slot-${slot}`);
			await page.waitForFunction((n) => document.querySelectorAll('.place.full').length === n, slot);
		}
		await page.click('#pin-enter');
		await shows(page, 'signing');
		await show(page, 'take-card');
		await show(page, 'loading');
		await show(page, 'kind');
		await page.click('#kind-juminhyo');
		await shows(page, 'scope');
		await page.click('#scope-part');
		await shows(page, 'persons');
		assert.ok(await page.isDisabled('#next'));
		await page.click('#person-0');
		await page.click('#person-2');
		await page.click('#next');
		assert.deepEqual(last().persons, [0, 2]);
		await shows(page, 'options');
		await page.click('#option-honseki');
		await page.click('#next');
		assert.deepEqual(last().options, ['honseki']);
		await shows(page, 'copies');
		await page.click('#more');
		await page.click('#next');
		assert.equal(last().copies, 2);
		await shows(page, 'confirm');
		const words = await page.textContent('main');
		for (const part of ['住民票の写し', '架空市', '見本 太郎、葛󠄂城 𠮷子', '本籍・筆頭者', '2部', '600円'])
			assert.ok(words.includes(part), part);
		await page.click('#confirm');
		await shows(page, 'ordering');
		await show(page, 'pay');
		assert.match(await page.textContent('main'), /600円.*100円.*500円/s);
		await show(page, 'releasing');
		await show(page, 'printing');
		assert.equal(await page.getAttribute('.bar', 'aria-valuenow'), '3');
		await show(page, 'settling');
		await show(page, 'take-paper', { receipt: RECEIPT });
		await page.click('#taken');
		await shows(page, 'end');
		assert.ok((await page.textContent('main')).includes(RECEIPT.numbers[0]));
		await page.click('#done');
		await shows(page, 'idle');
		assert.deepEqual(events(), ['start', 'consent', 'pin_slot', 'pin_slot', 'pin_slot', 'pin_slot', 'pin_enter', 'choose', 'choose', 'choose', 'choose', 'choose', 'confirm', 'taken', 'done']);
	}));

	test('the same by keys alone', () => onPage('landscape', async (page) => {
		const arrowTo = async (id) => {
			for (let i = 0; i < 40 && await page.evaluate(() => document.activeElement?.id) !== id; i++)
				await page.keyboard.press('ArrowRight');
			assert.equal(await page.evaluate(() => document.activeElement?.id), id);
			const seen = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
			assert.equal(seen, 'solid', 'the focus is seen');
			await page.keyboard.press('Enter');
		};
		await arrowTo('start');
		await shows(page, 'consent');
		await arrowTo('agree');
		await show(page, 'pin');
		for (const digit of '1234')
			await page.keyboard.press(digit);
		await page.waitForFunction(() => document.querySelectorAll('.place.full').length === 4);
		await arrowTo('pin-enter');
		await show(page, 'kind');
		await page.keyboard.press('1');
		await shows(page, 'scope');
		await page.keyboard.press('2');
		await shows(page, 'options');
		await page.keyboard.press('1');
		await arrowTo('next');
		assert.deepEqual(last().options, ['setainushi']);
		await shows(page, 'copies');
		await arrowTo('next');
		await shows(page, 'confirm');
		await arrowTo('confirm');
		await shows(page, 'ordering');
	}));
});

describe('what the page keeps to itself', () => {
	test('a PIN leaves it as places on the pad, whatever digits stand there', () => onPage('landscape', async (page) => {
		const pad = [3, 7, 0, 9, 1, 5, 2, 8, 6, 4];
		await show(page, 'pin', { pin: { digits: 0, tries: 3, wrong: false, pad } });
		await page.getByRole('button', { name: '9', exact: true }).click();
		assert.equal(last().slot, 3);
		assert.ok(!JSON.stringify(kiosk.events).includes('9'));
	}));

	test('the token leaves the address bar at once and goes with every call', () => onPage('landscape', async (page) => {
		assert.equal(await page.evaluate(() => location.hash), '');
		const asked = [];
		page.on('request', (r) => asked.push([r.url(), r.headers()['kofu-token'], r.headers().referer ?? '']));
		await page.click('#start');
		await shows(page, 'consent');
		assert.ok(asked.length > 0);
		for (const [url, token, referer] of asked) {
			assert.equal(token, 'a'.repeat(64));
			assert.ok(!url.includes('aaaa') && !referer.includes('aaaa'));
		}
	}));

	test('markup in a name stays text', () => onPage('landscape', async (page) => {
		const offer = { ...OFFER, persons: ['<img src=x onerror=alert(1)>', '"><script>alert(1)</script>', 'a', 'b'] };
		await show(page, 'persons', { offer });
		assert.equal(await page.locator('main img, main script').count(), 0);
		assert.ok((await page.textContent('main')).includes('<img src=x onerror=alert(1)>'));
	}));

	test('nothing of one resident is left for the next', () => onPage('landscape', async (page) => {
		await show(page, 'persons');
		await page.click('#person-1');
		await page.click('#tool-language');
		await page.click('#lang-vi');
		await page.click('#tool-large');
		await page.click('#tool-voice');
		await show(page, 'idle');
		assert.equal(await page.getAttribute('#tool-voice', 'aria-pressed'), 'false');
		assert.ok(!(await page.content()).includes('見本'));
		assert.equal(await page.getAttribute('html', 'lang'), 'ja');
		assert.equal(await page.getAttribute('html', 'data-large'), null);
		await show(page, 'persons');
		assert.equal(await page.locator('[aria-pressed="true"].choice').count(), 0);
		assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]), [0, 0, '']);
	}));
});

describe('time and trouble', () => {
	test('twenty seconds before the end one large key asks, and gives more time', () => onPage('landscape', async (page) => {
		await show(page, 'kind', {}, 21000);
		assert.ok(await page.isHidden('#over'));
		await page.waitForSelector('#stay', { timeout: 4000 });
		assert.match(await page.textContent('#over'), /あと(19|20)秒/);
		const box = await page.locator('#stay').boundingBox();
		assert.ok(box.height >= 150);
		await page.click('#stay');
		await page.waitForSelector('#over', { state: 'hidden' });
		assert.equal(last().event, 'stay');
	}));

	test('a touch names its screen, so that a double tap presses nothing on the next', () => onPage('landscape', async (page) => {
		await page.dblclick('#start');
		await shows(page, 'consent');
		await page.waitForTimeout(100);
		assert.equal(kiosk.view.state, 'consent');
		for (const e of kiosk.events)
			assert.equal(e.at, 'idle');
	}));

	test('a daemon that is gone is told, and found again', () => onPage('landscape', async (page) => {
		await page.route('**/api/**', (r) => r.abort());
		kiosk.show('consent');
		await page.waitForSelector('#over:not([hidden])');
		assert.match(await page.textContent('#over'), /接続が切れました/);
		await page.unroute('**/api/**');
		await shows(page, 'consent');
		await page.waitForSelector('#over', { state: 'hidden' });
	}, /ERR_FAILED/));

	for (const lang of LANGUAGES)
		test(`every end has a heading, words, a way out and the clerk's words (${lang})`, () => onPage('landscape', async (page) => {
			const { results } = textsOf(lang);
			const clerks = textsOf('ja').results;
			await page.click(`#lang-${lang}`);
			for (const [text_key, words] of Object.entries(results)) {
				await show(page, 'consent');
				await show(page, 'error', { error: { code: 'some-code', text_key, next: 'clerk', printed: 1, text: '', clerk: '' } });
				assert.equal(await page.evaluate(() => [...document.querySelectorAll('h1 rt')].reduce((s, rt) => { rt.remove(); return document.querySelector('h1').textContent; }, document.querySelector('h1').textContent)), plain(words.title));
				assert.ok((await page.textContent('.clerk')).includes(plain(clerks[text_key].clerk)), 'the clerk reads Japanese');
				if (!lang.startsWith('ja'))
					assert.ok((await page.textContent('.clerk')).includes(words.clerk), 'and the resident sees what it says');
				assert.deepEqual(await overflows(page), [], text_key);
				assert.ok(await page.isVisible('#done'));
			}
		}));

	test('refusals that would tell on someone look the same to the last letter, in every language', () => onPage('landscape', async (page) => {
		for (const lang of LANGUAGES) {
			const seen = new Set();
			await show(page, 'idle');
			await page.click(`#lang-${lang}`);
			for (const code of ['not-registered', 'not-available', 'not-offered', 'release-refused', 'refused']) {
				await show(page, 'consent');
				await show(page, 'error', { error: { code, text_key: 'ask-window', next: 'window', printed: 0, muni_name: '架空市', window_phone: '000-000-0000' } });
				assert.ok(!(await page.content()).includes(code));
				assert.ok((await page.textContent('main')).includes('000-000-0000'));
				seen.add(await page.evaluate(() => document.body.innerHTML + document.title));
			}
			assert.equal(seen.size, 1, lang);
		}
	}));
});

describe('the voice', () => {
	const spoken = () => kiosk.spoken.map((s) => s.split(' ')[1]);
	const until = async (what) => {
		for (let i = 0; i < 800 && !what(); i++)
			await new Promise((done) => setTimeout(done, 25));
		assert.ok(what(), `said: ${kiosk.spoken.join(', ')}`);
	};

	test('the paper is called out again and again until the resident stops it', () => onPage('landscape', async (page) => {
		await page.click('#start');
		assert.deepEqual(kiosk.spoken, []);
		await page.clock.install();
		await show(page, 'take-paper', { receipt: RECEIPT });
		await until(() => spoken().length === 1);
		for (let said = 2; said < 4; said++) {
			await page.waitForSelector('html:not([data-speaking])');
			for (let i = 0; i < 400 && spoken().length < said; i++) {
				await page.clock.runFor(1000);
				await new Promise((done) => setTimeout(done, 20));
			}
			assert.equal(spoken().length, said);
		}
		await page.click('#taken');
		await shows(page, 'end');
		const n = kiosk.spoken.length;
		await page.clock.runFor(60000);
		assert.equal(kiosk.spoken.length, n, 'silent now');
		assert.deepEqual([...new Set(spoken())], ['take-paper.title']);
	}));

	test('guidance reads each screen, each key that the keypad comes to, and what changes', () => onPage('landscape', async (page) => {
		await page.click('#lang-ko');
		await page.click('#tool-voice');
		await until(() => kiosk.spoken.includes('ko voice.on') && kiosk.spoken.includes('ko idle.title'));
		await page.waitForSelector('html[data-speaking]');
		await show(page, 'kind');
		await until(() => spoken().includes('kind.title'));
		await page.keyboard.press('ArrowRight');
		await until(() => spoken().includes('kind.juminhyo') && spoken().includes('kind.fee?n=300'));
		await show(page, 'options');
		await page.keyboard.press('ArrowRight');
		await until(() => spoken().includes('opt.setainushi') && spoken().includes('tick.off'));
		await page.keyboard.press('Enter');
		await until(() => spoken().includes('tick.on'));
		await show(page, 'copies');
		await page.click('#more');
		await until(() => spoken().includes('copies.n?n=2'));
		await show(page, 'confirm');
		await until(() => spoken().includes('persons.nth?n=3') && spoken().includes('yen?n=600'));
		await show(page, 'error', { error: { code: 'busy', text_key: 'busy', next: 'again', printed: 0, text: '', clerk: '' } });
		await until(() => spoken().includes('result.busy.title') && spoken().includes('result.busy.resident') && spoken().includes('error.next.again'));
		assert.ok(kiosk.spoken.every((s) => s.startsWith('ko ')));
	}));

	test('no name and no digit of the PIN is ever sent to be spoken', () => onPage('landscape', async (page) => {
		await page.click('#tool-voice');
		await show(page, 'pin');
		await until(() => spoken().includes('pin.title'));
		const names = Object.keys(textsOf('ja').ui).concat(Object.keys(textsOf('ja').results).flatMap((k) => [`result.${k}.title`, `result.${k}.resident`]));
		for (let digit = 0; digit < 4; digit++) {
			await page.focus(`#slot-${digit + 5}`);
			await page.click(`#slot-${digit + 5}`);
			await until(() => spoken().includes(`pin.entered?n=${digit + 1}`));
		}
		await show(page, 'persons');
		for (const i of [0, 1, 2, 3])
			await page.focus(`#person-${i}`);
		await until(() => spoken().includes('persons.nth?n=4'));
		for (const s of spoken()) {
			assert.ok(names.includes(s.split('?')[0]), s);
			assert.match(s, /^[a-z0-9._-]+(\?n=\d+)?(&m=\d+)?$/);
		}
		assert.ok(!spoken().some((s) => /^pin\.entered\?n=[5-9]/.test(s)));
	}));
});

const pageChecks = [...LANGUAGES.map((lang) => ['landscape', lang, '', 'axe']), ...LANGUAGES.map((lang) => ['landscape', lang, 'large', '']),
	['portrait', 'ja', '', 'axe'], ['portrait', 'vi', 'large', ''], ['small', 'ja', '', ''], ['small', 'pt', 'large', ''], ['small', 'ja-easy', 'large', ''],
	['landscape', 'ja', 'invert', 'axe'], ['portrait', 'pt', 'invert', '']];
for (const [size, lang, look, judge] of pageChecks) {
	test(`every screen: nothing cut off, keys of 96 px${judge && ', accessible'} (${size}, ${lang}${look && `, ${look === 'large' ? '200 %' : look}`})`, () => onPage(size, async (page) => {
		await page.click(`#lang-${lang}`);
		if (look)
			await page.click(`#tool-${look}`);
		for (const state of Object.keys(VIEWS)) {
			await show(page, state);
			await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
			assert.deepEqual(await overflows(page), [], `${state} overflows`);
			if (judge === 'axe') {
				const { passes, violations } = await axe(page);
				assert.deepEqual(violations, [], state);
				assert.ok(passes > 10, 'axe ran');
			}
			if (SHOTS) {
				mkdirSync(SHOTS, { recursive: true });
				await page.screenshot({ path: `${SHOTS}/${size}-${lang}${look}-${state}.png` });
			}
		}
		assert.equal(await page.evaluate(() => document.querySelector('main').className.includes('card-left')), true);
	}));
}

/* What the one view of each state above does not show: every end, every trouble of the printer, a city hall, a long
 * household, the two boxes that lie over a screen. */
const HALL = { name: '架空県架空市役所本庁舎', hours: '08:30-17:15' };
const TROUBLES = ['jam', 'paper-out', 'cover-open', 'supply', 'output-full', 'stopped'];
const MORE = [['idle', { hall: HALL }], ...TROUBLES.map((printer) => ['attention', { progress: { ...VIEWS.attention.progress, printer } }]),
	['kind', { offer: { ...OFFER, kinds: OFFER.kinds.map((k) => ({ ...k, fee_yen: 0, open: false })) } }],
	['persons', { offer: { ...OFFER, n_persons: 10, persons: Array.from({ length: 10 }, (_, i) => OFFER.persons[i % 4]) }, choice: VIEWS.persons.choice }],
	['pin', { pin: { ...VIEWS.pin.pin, tries: 2, wrong: true } }],
	['end', { receipt: { ...RECEIPT, numbers: Array.from({ length: 10 }, (_, i) => `991015-20261121-K0001-00012${i}`), printed: 10, paid_yen: 3000 } }],
	...['again', 'later', 'window', 'clerk'].map((next) => ['error', { error: { code: 'municipality-stopped', text_key: 'stopped', next, text: '', clerk: '', printed: 9, muni_name: '架空県架空市役所本庁舎', window_phone: '000-0000-0000' } }])];
const settled = (page) => page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));

for (const lang of LANGUAGES)
	test(`every end, every trouble and both boxes at twice the size: nothing cut off (${lang})`, () => onPage('landscape', async (page) => {
		await page.click(`#lang-${lang}`);
		await page.click('#tool-large');
		for (const [state, view] of MORE) {
			await show(page, 'consent');
			await show(page, state, view);
			await settled(page);
			assert.deepEqual(await overflows(page), [], `${state} ${JSON.stringify(view).slice(0, 80)}`);
		}
		for (const text_key of Object.keys(textsOf(lang).results)) {
			await show(page, 'consent');
			await show(page, 'error', { error: { code: 'some-code', text_key, next: 'clerk', printed: 1, text: '', clerk: '' } });
			await settled(page);
			assert.deepEqual(await overflows(page), [], text_key);
		}
		await show(page, 'kind', {}, 15000);
		await page.waitForSelector('#stay');
		assert.deepEqual(await overflows(page), [], 'the box that asks for more time');
		await show(page, 'copies');
		await page.waitForSelector('#over', { state: 'hidden' });
		await page.click('#tool-language');
		assert.deepEqual(await overflows(page), [], 'the box of languages');
	}));

test('every screen that takes a touch can be left by the keypad alone', () => onPage('landscape', async (page) => {
	/* what a resident without sight or touch presses to go on, and what the daemon then hears */
	const ways = { idle: ['start', 'start'], consent: ['agree', 'consent'], card: ['cancel', 'cancel'], 'pin-warn': ['continue', 'continue'], pin: ['cancel', 'cancel'],
		'take-card': ['cancel', 'cancel'], kind: ['kind-inkan', 'choose'], scope: ['scope-part', 'choose'], persons: ['person-0', null], options: ['next', 'choose'],
		copies: ['next', 'choose'], confirm: ['confirm', 'confirm'], pay: ['cancel', 'cancel'], 'take-paper': ['taken', 'taken'], end: ['done', 'done'], error: ['done', 'done'] };
	for (const [state, [id, heard]] of Object.entries(ways)) {
		await show(page, 'settling');
		await show(page, state);
		kiosk.events = [];
		for (let i = 0; i < 40 && await page.evaluate(() => document.activeElement?.id) !== id; i++)
			await page.keyboard.press('ArrowRight');
		assert.equal(await page.evaluate(() => document.activeElement?.id), id, state);
		await page.keyboard.press('Enter');
		if (heard === null) {
			await page.waitForSelector(`#${id}[aria-pressed="true"]`);
			continue;
		}
		for (let i = 0; i < 200 && kiosk.events.length === 0; i++)
			await new Promise((done) => setTimeout(done, 20));
		assert.equal(kiosk.events[0]?.event, heard, state);
	}
	/* and the others take none: the machine, the card or the clerk is next */
	assert.deepEqual(Object.keys(VIEWS).filter((st) => !(st in ways)), ['reading', 'signing', 'loading', 'ordering', 'releasing', 'printing', 'attention', 'settling', 'voiding', 'card-left']);
}));

test('twice the size means every text of the screen is at least half as large again', () => onPage('landscape', async (page) => {
	const size = () => page.evaluate(() => ['h1', 'main p', '#keys .key'].map((q) => parseFloat(getComputedStyle(document.querySelector(q)).fontSize)));
	await show(page, 'take-paper', { receipt: RECEIPT });
	const before = await size();
	await page.click('#tool-large');
	const after = await size();
	assert.equal(after[1], 2 * before[1]);
	for (let i = 0; i < 3; i++)
		assert.ok(after[i] >= 1.5 * before[i], `${before[i]} -> ${after[i]}`);
}));

test('what does not fit is reached by two keys, and by the keypad', () => onPage('landscape', async (page) => {
	await page.click('#tool-large');
	await show(page, 'options');
	assert.ok(await page.isDisabled('#scroll-up'));
	for (let i = 0; i < 20 && await page.isEnabled('#scroll-down'); i++) {
		await page.focus('#scroll-down');
		await page.keyboard.press('Enter');
		await page.waitForTimeout(30);
	}
	assert.ok(await page.isEnabled('#scroll-up'));
	const last = await page.locator('.ticks .choice').last().boundingBox();
	const main = await page.locator('main').boundingBox();
	assert.ok(last.y + last.height <= main.y + main.height + 1);
}));

test('the language can be changed on every screen, and the list can be left by a key', () => onPage('landscape', async (page) => {
	await show(page, 'pin');
	for (const lang of LANGUAGES) {
		await page.click('#tool-language');
		assert.deepEqual((await axe(page)).violations, []);
		await page.click(`.box #lang-${lang}`);
		await page.waitForSelector('#over', { state: 'hidden' });
		assert.equal(await page.evaluate(() => document.title), plain(textsOf(lang).ui.title));
	}
	await page.click('#tool-language');
	await page.keyboard.press('Escape');
	await page.waitForSelector('#over', { state: 'hidden' });
	assert.equal(await page.evaluate(() => document.activeElement.id), 'tool-language');
}));
