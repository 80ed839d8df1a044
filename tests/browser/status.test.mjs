// SPDX-License-Identifier: Apache-2.0
// The operator's page of the center's state, by keyboard and screen reader too. The page's own files with the center's own
// policy (center/router/status_page.c), before states that a center has on a good day and on bad ones.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { axe, launch, open } from './lib/browser.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGES = join(ROOT, 'center/router/pages');
const SHOTS = process.env.KOFU_SHOTS; // a folder keeps a picture of every state
const WIDE = { width: 1440, height: 900 };
const NOW = Date.UTC(2026, 10, 21, 3, 4, 5);
const HEX = (n) => n.toString(16).repeat(64).slice(0, 64);
const CSP = readFileSync(join(ROOT, 'center/router/status_page.c'), 'utf8').match(/status_csp\[\] =\s*((?:"[^"]*"\s*)+);/)[1].replace(/"\s*"|^"|"\s*$/g, '');

const node = (name, more = {}) => ({
	url: `https://${name.toLowerCase()}.example:8443`, name, is: 'listed', refused: false, since_ms: NOW - 3600e3, kept_back: 0, build: '0.1.0-12-g1058b95', seal: '0.1.0-12-g1058b95', schema: 12,
	schema_sha256: HEX(3), conf_sha256: HEX(7), digest: HEX(9), heard_ms: NOW - 2000, database: true, stopped: false, news_ms: NOW - 1000, orders: 2, limit: 16, ...more,
});
const muni = (code, more = {}) => ({
	muni: code, state: 'serving', why: null, since_ms: null, news_ms: NOW - 1000, orders: 2, papers: 1, limit: 32, answered: 1204, refused: { busy: 3, 'not-registered': 12 },
	last_mismatch: null, directory_seq: 31, nodes: [node('S1'), node('S2')], ...more,
});
const well = () => ({
	v: 1, center: 'C1', build: '0.1.0-12-g1058b95', time_ms: NOW, started_ms: NOW - 86400e3, only_listed: true, database: true, schema: 8, cards: 123456,
	load: { inside: 5, limit: 128, answered: 31, refused: { 'nonce-unknown': 2 } }, kiosks: { enrolled: 120, revoked: 2, cut: [] },
	crl: { used: true, lists: 47, overdue: 0, oldest_ms: NOW - 5400e3, newest_ms: NOW - 600e3, stand_in_s: 0 }, munis: [muni('991015'), muni('991023', { refused: {} })],
});

let browser, server, url, state, asked;
before(async () => {
	server = createServer((req, res) => {
		const file = { '/status': ['status.html', 'text/html; charset=utf-8'], '/status.js': ['status.js', 'text/javascript; charset=utf-8'], '/status.css': ['status.css', 'text/css; charset=utf-8'] }[req.url];
		res.setHeader('Content-Security-Policy', CSP);
		res.setHeader('Content-Type', file ? file[1] : 'application/json');
		if (req.url === '/status.json') asked++;
		if (!file && state === null) return void req.socket.destroy();
		res.end(file ? readFileSync(join(PAGES, file[0])) : JSON.stringify(state));
	});
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	url = `http://127.0.0.1:${server.address().port}/status`;
	browser = await launch();
});
after(async () => {
	await browser?.close();
	await new Promise((done) => server.close(done));
});

async function onPage(work, { viewport = WIDE, let_pass = () => false } = {}) {
	asked = 0;
	const p = await open(browser, url, viewport);
	try {
		await p.page.waitForSelector('#all:not(.wait)');
		await work(p.page);
		assert.deepEqual(p.troubles.filter((t) => !let_pass(t)), []);
	} finally {
		await p.close();
	}
}
async function shot(page, name) {
	if (!SHOTS) return;
	mkdirSync(SHOTS, { recursive: true });
	await page.screenshot({ path: `${SHOTS}/status-${name}.png`, fullPage: true });
}
const clean = async (page) => {
	const r = await axe(page);
	assert.ok(r.passes > 10);
	assert.deepEqual(r.violations, []);
};
const says = (page, selector) => page.textContent(selector);

test('on a good day the page says so, and how everything stands', async () => {
	state = well();
	await onPage(async (page) => {
		assert.equal(await says(page, '#word'), 'すべて正常です。');
		assert.match(await says(page, '#munis tr:first-child'), /991015.*受付中.*1秒前.*3／32.*1,204.*登録なし 12.*混雑 3.*なし/s);
		assert.equal(await page.locator('#nodes tr').count(), 4);
		assert.match(await says(page, '#nodes tr:first-child'), /S1.*正常.*g1058b95.*12: 333333333333.*777777777777.*2／16/s);
		assert.match(await says(page, '#kiosks'), /登録120.*無効2.*切り離し中0/s);
		assert.match(await says(page, '#crl'), /リスト47.*最も古いもの90分前/s);
		await clean(page);
		await shot(page, 'well');
	});
});

test('a stopped city and its last mismatch are named first', async () => {
	state = well();
	Object.assign(state.munis[0], { state: 'stopped', why: 'order', since_ms: NOW - 30000, last_mismatch: { what: 'order', at_ms: NOW - 30000 }, refused: { 'municipality-stopped': 7 } });
	await onPage(async (page) => {
		assert.match(await says(page, '#word'), /1 件/);
		assert.match(await says(page, '#alarms'), /991015：停止中（別の注文の回答）/);
		assert.match(await says(page, '#munis tr:first-child'), /停止中.*別の注文の回答、2026\/11\/21 12:03:35から.*停止中 7/s);
		await clean(page);
		await shot(page, 'stopped');
	});
});

test('a node that is refused says what it is, and why it gets nothing', async () => {
	state = well();
	Object.assign(state.munis[1].nodes[1], { is: 'schema', refused: true, since_ms: NOW - 60000, kept_back: 9, schema_sha256: HEX(4) });
	state.munis[0].nodes[1] = { url: 'https://s2.example:8443', name: '', is: 'away', refused: false, since_ms: NOW - 90000, kept_back: 0, heard_ms: null };
	state.kiosks.cut = [{ kiosk: 'K0099', since_ms: NOW - 7e6 }];
	state.crl.overdue = 2;
	await onPage(async (page) => {
		const list = await says(page, '#alarms');
		assert.match(list, /991015 のノード https:\/\/s2\.example:8443：応答なし/);
		assert.match(list, /991023 のノード S2：データベースの定義が違う/);
		assert.match(list, /失効リスト 2 件/);
		assert.match(await says(page, '#nodes tr:nth-child(4)'), /データベースの定義が違う.*12: 444444444444.*9/s);
		assert.match(await says(page, '#kiosks'), /K0099/);
		await clean(page);
		await shot(page, 'refused');
	});
});

test('it looks again by itself, says only what is new, and rests when it is told to', async () => {
	state = well();
	await onPage(async (page) => {
		await page.evaluate(() => {
			globalThis.changes = 0;
			new MutationObserver(() => globalThis.changes++).observe(document.getElementById('all'), { childList: true, subtree: true, characterData: true, attributes: true });
		});
		const from = asked;
		await page.waitForFunction((n) => document.getElementById('when').textContent !== '' && n, from);
		while (asked < from + 2) await page.waitForTimeout(250);
		assert.equal(await page.evaluate(() => globalThis.changes), 0); // nothing to say, so nothing is read aloud
		state.database = false;
		await page.waitForFunction(() => document.getElementById('alarms').textContent.includes('データベース'));
		await page.keyboard.press('Tab');
		assert.equal(await page.evaluate(() => document.activeElement.id), 'pause');
		await page.keyboard.press('Enter');
		assert.equal(await says(page, '#pause'), '自動更新を再開する');
		state = well();
		await page.waitForTimeout(3500); // one turn and more: long enough to see what must not come
		assert.match(await says(page, '#alarms'), /データベース/);
		await page.keyboard.press('Space');
		await page.waitForFunction(() => document.getElementById('word').textContent === 'すべて正常です。');
	});
});

test('a center that does not answer is no good news', async () => {
	state = well();
	await onPage(async (page) => {
		state = null;
		await page.waitForFunction(() => document.getElementById('word').textContent.includes('応答がありません'));
		await clean(page);
		await shot(page, 'silent');
	}, { let_pass: (t) => /Failed to load resource/.test(t) });
});

test('on a narrow window nothing is lost: tables scroll in their frames', async () => {
	state = well();
	await onPage(async (page) => {
		assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
		await clean(page);
		await shot(page, 'narrow');
	}, { viewport: { width: 640, height: 900 } });
});
