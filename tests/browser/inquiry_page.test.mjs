// SPDX-License-Identifier: Apache-2.0
// The bank's page as a clerk uses it, in Debian's Chromium, against the real desk.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { axe, launch, open } from './lib/browser.mjs';
import { Desk, NUMBER } from './lib/desk.mjs';

const SHOTS = process.env.KOFU_SHOTS; // a folder keeps a picture of every state
const WIDE = { width: 1280, height: 900 };
let browser;
let desk;

before(async () => {
	desk = new Desk();
	await desk.start();
	browser = await launch();
});
after(async () => {
	await browser?.close();
	await desk?.stop();
});

async function onPage(work, { at = '', viewport = WIDE } = {}) {
	const p = await open(browser, desk.url + at, viewport);
	try {
		await work(p.page);
		assert.deepEqual(p.troubles.filter((t) => !/status of (413|422)/.test(t)), []);
	} finally {
		await p.close();
	}
}

async function shot(page, name) {
	if (!SHOTS) return;
	mkdirSync(SHOTS, { recursive: true });
	await page.screenshot({ path: `${SHOTS}/inquiry-${name}.png`, fullPage: true });
}

const clean = async (page) => {
	const r = await axe(page);
	assert.ok(r.passes > 10);
	assert.deepEqual(r.violations, []);
};
const upload = (name, buffer, mimeType) => ({ name, buffer, mimeType });
const PAPER = () => upload('paper.pdf', desk.pdf('paper.pdf'), 'application/pdf');

async function ask(page, files) {
	await page.setInputFiles('#files', files);
	await page.click('#send');
	await page.waitForSelector('#answer .paper, #status.problem', { timeout: 30000 });
}

test('the empty page says what to do and nothing can be sent', () => onPage(async (page) => {
	assert.ok(await page.isDisabled('#send'));
	await clean(page);
	await shot(page, 'empty');
}));

test('a paper that is the same shows its fields and both pictures', () => onPage(async (page) => {
	desk.setStanding('valid');
	await ask(page, [PAPER()]);
	assert.equal(await page.textContent('.paper h2'), '一致');
	assert.match(await page.textContent('.paper'), new RegExp(NUMBER));
	assert.equal(await page.locator('.pictures img').count(), 2);
	for (const img of await page.locator('.pictures img').all())
		assert.ok(await img.evaluate((e) => e.naturalWidth > 1000));
	await clean(page);
	await shot(page, 'match');
}));

test('an altered front shows where it differs', () => onPage(async (page) => {
	await ask(page, [upload('1.png', desk.scan('forged.pdf', 1, { dpi: 300 }), 'image/png'), upload('2.png', desk.scan('paper.pdf', 2), 'image/png')]);
	assert.equal(await page.textContent('.paper h2'), '改ざんの疑い');
	assert.ok(await page.locator('tr.differs').count() >= 1);
	assert.ok(await page.locator('tr.differs').first().isVisible());
	assert.ok(await page.locator('.mark').count() >= 1);
	await clean(page);
	await shot(page, 'altered');
}));

test('a void number is said before anything else', () => onPage(async (page) => {
	desk.setStanding('void', 'jam');
	await ask(page, [PAPER()]);
	assert.ok(await page.isVisible('.paper .void'));
	await clean(page);
	await shot(page, 'void');
	desk.setStanding('valid');
}));

test('a back alone asks for the code and takes it', () => onPage(async (page) => {
	const back = upload('b.png', desk.scan('paper.pdf', 2), 'image/png');
	await ask(page, [back]);
	assert.equal(await page.textContent('.paper h2'), '判定不能');
	assert.equal(await page.locator('.paper table').count(), 0);
	assert.ok(!(await page.textContent('body')).includes('見本'));
	await clean(page);
	await shot(page, 'undecided');
	await page.fill('#code', desk.code);
	await page.click('#send');
	await page.waitForSelector('.paper table', { state: 'attached', timeout: 30000 });
	assert.match(await page.textContent('.paper'), /目で比べて/);
	await shot(page, 'by-eye');
}));

test('what is no scan is said in words', () => onPage(async (page) => {
	await ask(page, [upload('x.png', Buffer.from('hello'), 'image/png')]);
	assert.match(await page.textContent('#status'), /画像として読めない/);
	await clean(page);
	await shot(page, 'refused');
}));

test('it works by keyboard alone', () => onPage(async (page) => {
	await page.setInputFiles('#files', [PAPER()]); // the dialog itself is the browser's
	const way = [];
	for (let i = 0; i < 6; i++) {
		await page.keyboard.press('Tab');
		way.push(await page.evaluate(() => document.activeElement.id));
	}
	assert.deepEqual(way.filter((id) => ['files', 'code', 'send'].includes(id)).slice(0, 3), ['files', 'code', 'send']);
	await page.focus('#send');
	const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
	assert.equal(ring, 'solid');
	await page.keyboard.press('Enter');
	await page.waitForSelector('.paper.match', { timeout: 30000 });
	assert.equal(await page.evaluate(() => document.activeElement.id), 'answer'); // a screen reader goes on there
	await page.focus('.paper summary');
	await page.keyboard.press('Enter');
	assert.ok(await page.isVisible('.paper table'));
}));

test('files dropped on the page are taken', () => onPage(async (page) => {
	const data = await page.evaluateHandle((b64) => {
		const t = new DataTransfer();
		t.items.add(new File([Uint8Array.from(atob(b64), (c) => c.charCodeAt(0))], 'scan.pdf', { type: 'application/pdf' }));
		return t;
	}, desk.pdf('paper.pdf').toString('base64'));
	await page.dispatchEvent('#drop', 'dragover', { dataTransfer: data });
	assert.ok(await page.evaluate(() => document.getElementById('drop').classList.contains('over')));
	await page.dispatchEvent('#drop', 'drop', { dataTransfer: data });
	await page.click('#send');
	await page.waitForSelector('.paper.match', { timeout: 30000 });
}));

test('a file name and an answer are text, never markup', () => onPage(async (page) => {
	const evil = '<img src=x onerror="document.title=1">';
	await page.setInputFiles('#files', [upload(`${evil}.pdf`, desk.pdf('paper.pdf'), 'application/pdf')]);
	assert.equal(await page.locator('#chosen img').count(), 0);
	await page.route('**/v1/inquiries', (r) => r.fulfill({ json: { inquiry: evil, papers: [{
		verdict: 'match', verdict_ja: evil, reason: 'same', reason_ja: evil, advice: [evil], number: evil, kind: evil, muni: evil, page: 1, pages: 1,
		issued_at: evil, register_at: evil, history: 1, fields_differing: 0, places_differing: 0, proven: evil, not_proven: evil,
		standing: { state: 'valid', state_ja: evil, asked_before: [] }, fields: [{ key: evil, value: evil, same: true, box_tenth_mm: [0, 0, 10, 10] }] }] } }));
	await page.click('#send');
	await page.waitForSelector('.paper');
	assert.equal(await page.locator('#answer img, #status img').count(), 0);
	assert.notEqual(await page.title(), '1');
}));

test('a phone that read the front sees the standing and the code filled in', () => onPage(async (page) => {
	await page.waitForSelector('#phone:not([hidden])');
	assert.match(await page.textContent('#phone'), /有効/);
	assert.equal((await page.inputValue('#code')).replaceAll('-', ''), desk.code);
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
	await clean(page);
	await shot(page, 'phone');
}, { at: `#${NUMBER}.${'7Q3MZK8T1VXE5R0D'}`, viewport: { width: 390, height: 844 } }));
