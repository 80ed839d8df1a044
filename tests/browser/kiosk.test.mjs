// SPDX-License-Identifier: Apache-2.0
// The kiosk's screens in Debian's Chromium against a scripted daemon.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { axe, launch, open, overflows, SIZES } from './lib/browser.mjs';
import { FakeKiosk, OFFER, RECEIPT, VIEWS } from './lib/fake_kiosk.mjs';

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
		await page.click('#lang-en');
		await page.click('#tool-large');
		await show(page, 'idle');
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

	test('every end has a screen with a heading, words and a way out, in both languages', () => onPage('landscape', async (page) => {
		const { results } = await page.evaluate(async () => (await fetch('/ja.json')).json());
		for (const lang of ['ja', 'en']) {
			for (const text_key of Object.keys(results)) {
				await show(page, 'idle');
				if (lang === 'en')
					await page.click('#lang-en');
				await show(page, 'error', { error: { code: 'some-code', text_key, next: 'clerk', printed: 1, text: '', clerk: '' } });
				assert.ok((await page.textContent('h1')).length > 2);
				assert.deepEqual(await overflows(page), [], `${lang} ${text_key}`);
				assert.ok(await page.isVisible('#done'));
			}
		}
	}));

	test('a refusal that would tell on someone shows no code', () => onPage('landscape', async (page) => {
		const seen = new Set();
		for (const code of ['not-registered', 'not-available', 'release-refused', 'refused']) {
			await show(page, 'idle');
			await show(page, 'error', { error: { code, text_key: 'ask-window', next: 'window', printed: 0, muni_name: '架空市', window_phone: '000-000-0000' } });
			const words = await page.textContent('body');
			assert.ok(!words.includes(code));
			assert.ok(words.includes('000-000-0000'));
			seen.add(words);
		}
		assert.equal(seen.size, 1);
	}));
});

for (const [size, lang, look] of [['landscape', 'ja', ''], ['landscape', 'en', ''], ['portrait', 'ja', ''], ['small', 'ja', ''],
	['landscape', 'ja', 'large'], ['small', 'en', 'large'], ['landscape', 'ja', 'invert'], ['portrait', 'en', 'invert']]) {
	test(`every screen: accessible, nothing cut off, keys of 96 px (${size}, ${lang}${look && `, ${look}`})`, () => onPage(size, async (page) => {
		if (lang !== 'ja')
			await page.click(`#lang-${lang}`);
		for (const state of Object.keys(VIEWS)) {
			if (state === 'idle' && look === '' && lang === 'ja')
				await page.waitForSelector('#start');
			else
				await show(page, state);
			if (look)
				await page.evaluate((l) => document.documentElement.setAttribute(`data-${l}`, ''), look);
			await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
			assert.deepEqual(await overflows(page), [], `${state} overflows`);
			const { passes, violations } = await axe(page);
			assert.deepEqual(violations, [], state);
			assert.ok(passes > 10, 'axe ran');
			if (SHOTS) {
				mkdirSync(SHOTS, { recursive: true });
				await page.screenshot({ path: `${SHOTS}/${size}-${lang}${look}-${state}.png` });
			}
		}
	}));
}

test('text at twice its size stays inside the window', () => onPage('portrait', async (page) => {
	for (const state of Object.keys(VIEWS)) {
		await show(page, state);
		await page.evaluate(() => { document.documentElement.style.fontSize = '56px'; });
		assert.deepEqual((await overflows(page)).filter((w) => !/PIN pad|not on the screen/.test(w)), [], state);
	}
}));
