// SPDX-License-Identifier: Apache-2.0
// The kiosk's screens on the real thing: Chromium, kofu-kiosk, a card on the virtual reader, center, server,
// printer and till of the demo world.
import assert from 'node:assert/strict';
import { appendFileSync, cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, open, SIZES } from './lib/browser.mjs';
import { memoryHolds } from './lib/memory.mjs';
import { until } from '../world/lib/proc.mjs';
import { World } from '../world/lib/world.mjs';

const SHOTS = process.env.KOFU_SHOTS;
const dir = mkdtempSync(join(tmpdir(), 'kofu-kiosk-'));
const w = new World(join(dir, 'run'), { residents: 40 });
let browser;

before(async () => {
	await w.up();
	browser = await launch();
}, { timeout: 180000 });
after(async () => {
	await browser?.close();
	await w.reset();
	rmSync(dir, { recursive: true, force: true });
}, { timeout: 60000 });

async function onPage(work) {
	const p = await open(browser, `${w.state.kiosk.url}/#${readFileSync(w.path('kiosk-K0001.token'), 'utf8').trim()}`, SIZES.landscape);
	try {
		await work(p.page);
		assert.deepEqual(p.troubles.filter((t) => !/status of 409/.test(t)), []);
	} finally {
		await p.close();
	}
}

async function shows(page, state) {
	await page.waitForSelector(`main.state-${state}`, { timeout: 20000 }).catch(async (e) => {
		throw new Error(`wanted ${state}: ${await page.getAttribute('main', 'class')} ${await page.textContent('main')}`, { cause: e });
	});
	if (SHOTS)
		await page.screenshot({ path: join(SHOTS, `real-${await page.getAttribute('html', 'lang')}-${state}.png`) });
}

async function toPin(page, card) {
	await shows(page, 'idle');
	await page.click('#start');
	await page.click('#agree');
	await shows(page, 'card');
	await w.insert(card, 0);
	await shows(page, 'pin');
}

async function enterPin(page, pin) {
	for (const [i, digit] of [...pin].entries()) {
		await page.getByRole('button', { name: digit, exact: true }).click();
		await page.waitForFunction((n) => document.querySelectorAll('.place.full').length === n, i + 1);
	}
	await page.click('#pin-enter');
}

async function toKinds(page, card) {
	await toPin(page, card);
	await enterPin(page, '1234');
	await shows(page, 'take-card');
	await w.remove(0);
	await shows(page, 'kind');
}

const papers = () => readdirSync(w.state.printer.out).filter((f) => f.endsWith('.pdf'));
const tills = () => readFileSync(w.state.till.ledger, 'utf8').trim().split('\n').filter(Boolean).map((l) => JSON.parse(l));
const till = (line) => appendFileSync(w.state.till.control, `${line}\n`);
/** A coin that is put in before the till waits for one falls through; the screen may ask for it a moment earlier. */
async function coin(yen) {
	await until('the till to wait for coins', 20000, () => tills().at(-1)?.state === 'begun');
	till(`insert ${yen}`);
}
const copy = (number) => w.pg.value('kofu_991015', "SELECT state FROM issue_copy WHERE number = :'n'", { n: number });

test('a resident gets a 住民票 of chosen members, paid for and valid', () => onPage(async (page) => {
	const before = papers().length;
	await toKinds(page, 'taro');
	await page.click('#kind-juminhyo');
	await shows(page, 'scope');
	await page.click('#scope-part');
	await shows(page, 'persons');
	await page.click('#person-0');
	await page.click('#next');
	await shows(page, 'options');
	await page.click('#option-setainushi');
	await page.click('#next');
	await shows(page, 'copies');
	await page.click('#next');
	await shows(page, 'confirm');
	await page.click('#confirm');
	await shows(page, 'take-paper');
	assert.equal(papers().length, before + 1);
	await page.click('#taken');
	await shows(page, 'end');
	const number = (await page.textContent('main')).match(/991015-\d{8}-K0001-\d{6}/)[0];
	assert.equal(copy(number), '2', 'valid at the bank');
	assert.equal(tills().at(-1).state, 'committed');
	await page.click('#done');
	await shows(page, 'idle');
	assert.ok(!(await page.content()).includes(number));
}), { timeout: 90000 });

test('nothing of a resident is left in the daemon\'s memory once the session is over', () => onPage(async (page) => {
	const pid = w.processes.list.kiosk.pid;
	const verify = Buffer.from('002000800431323334', 'hex');
	await toKinds(page, 'taro');
	await page.click('#kind-juminhyo');
	await page.click('#scope-part');
	await shows(page, 'persons');
	const names = await page.$$eval('.choice-title', (all) => all.map((e) => e.textContent.replace(/（.*/, '')));
	assert.ok(names.length > 1);
	const needles = { pin: verify, ...Object.fromEntries(names.map((n) => [n, Buffer.from(n)])) };
	assert.deepEqual(memoryHolds(pid, needles), [...names].sort(), 'they are found while they are shown, and the PIN is gone');
	await page.click('#person-0');
	await page.click('#next');
	await page.click('#next');
	await page.click('#next');
	await shows(page, 'confirm');
	await page.click('#confirm');
	await shows(page, 'take-paper');
	await page.click('#taken');
	await page.click('#done');
	await shows(page, 'idle');
	assert.deepEqual(memoryHolds(pid, { ...needles, paper: Buffer.from('%PDF-1') }), []);
}), { timeout: 90000, skip: process.getuid() !== 0 && 'only root may read its memory' });

test('a wrong PIN tells the tries left, and the right one goes on', () => onPage(async (page) => {
	await toPin(page, 'taro');
	await enterPin(page, '9999');
	await page.waitForSelector('.wrong');
	assert.match(await page.textContent('main'), /あと2回/);
	await enterPin(page, '1234');
	await shows(page, 'take-card');
	await page.click('#cancel');
	await shows(page, 'error');
	await page.click('#done');
	await shows(page, 'card-left'); /* nobody begins while a card lies there */
	await w.remove(0);
	await shows(page, 'idle');
}), { timeout: 60000 });

test('a paper jam calls the clerk, and the paper comes once it is mended', () => onPage(async (page) => {
	till('mode coins');
	await toKinds(page, 'taro');
	await page.click('#kind-inkan');
	await shows(page, 'copies');
	await page.click('#next');
	await shows(page, 'confirm');
	await page.click('#confirm');
	await shows(page, 'pay');
	await coin(100);
	await page.waitForFunction(() => /100円/.test(document.querySelector('.money > div:nth-child(2)').textContent));
	w.printer('jam');
	await coin(1000);
	await shows(page, 'attention');
	assert.match(await page.textContent('main'), /紙が詰まっています/);
	assert.notEqual(tills().at(-1).state, 'committed', 'no money before the paper');
	w.printer('ok');
	await shows(page, 'take-paper');
	assert.equal(tills().at(-1).state, 'committed');
	till('mode auto');
	await page.click('#taken');
	await page.click('#done');
	await shows(page, 'idle');
}), { timeout: 90000 });

test('one who opted out reads the same words as one nobody knows', () => onPage(async (page) => {
	await toPin(page, 'optout');
	await enterPin(page, '1234');
	await shows(page, 'take-card');
	await w.remove(0);
	await shows(page, 'error');
	const words = await page.textContent('main');
	assert.match(words, /この機械では発行できません/);
	assert.ok(!/not-registered|停止|抑止/.test(words));
	await page.click('#done');
	await shows(page, 'idle');
}), { timeout: 60000 });

test('a card pulled at the PIN ends the session at once', () => onPage(async (page) => {
	await toPin(page, 'taro');
	await page.getByRole('button', { name: '1', exact: true }).click();
	await w.remove(0);
	await shows(page, 'error');
	assert.match(await page.textContent('main'), /カードが離れました/);
	await page.click('#done');
	await shows(page, 'idle');
}), { timeout: 60000 });

async function toConfirm(page, card) {
	await toKinds(page, card);
	await page.click('#kind-inkan');
	await shows(page, 'copies');
	await page.click('#next');
	await shows(page, 'confirm');
}

test('the whole way in Vietnamese, by keypad alone, with the voice of this machine', () => onPage(async (page) => {
	const spoken = [];
	page.on('response', async (r) => { if (r.url().includes('/api/voice/')) spoken.push([r.url().split('/voice/')[1], r.status(), (await r.body().catch(() => Buffer.alloc(0))).length]); });
	const press = async (id) => {
		for (let i = 0; i < 40 && await page.evaluate(() => document.activeElement?.id) !== id; i++)
			await page.keyboard.press('ArrowRight');
		await page.keyboard.press('Enter');
	};
	await shows(page, 'idle');
	await press('lang-vi');
	await press('tool-voice');
	await page.waitForSelector('html[data-speaking]', { timeout: 20000 });
	await press('start');
	await shows(page, 'consent');
	await press('agree');
	await shows(page, 'card');
	await w.insert('taro', 0);
	await shows(page, 'pin');
	for (const [i, digit] of [...'1234'].entries()) {
		await page.keyboard.press(digit);
		await page.waitForFunction((n) => document.querySelectorAll('.place.full').length === n, i + 1);
	}
	await press('pin-enter');
	await shows(page, 'take-card');
	await w.remove(0);
	await shows(page, 'kind');
	await press('kind-inkan');
	await shows(page, 'copies');
	await press('next');
	await shows(page, 'confirm');
	await press('confirm');
	await shows(page, 'take-paper');
	assert.ok((await page.textContent('main')).includes('Hãy lấy giấy chứng nhận'));
	await press('taken');
	await shows(page, 'end');
	await press('done');
	await shows(page, 'idle');
	assert.ok(spoken.length > 10);
	for (const [what, status, bytes] of spoken) {
		assert.equal(status, 200, what);
		assert.ok(bytes === 0 || bytes > 5000, `${what}: ${bytes} bytes`);
	}
	assert.ok(spoken.some(([what]) => what.startsWith('vi/take-paper.title')));
}), { timeout: 90000 });

test('no paper is told before anything is ordered, with the clerk\'s words', () => onPage(async (page) => {
	const before = tills().length;
	w.printer('paper-out');
	await toConfirm(page, 'taro');
	await page.click('#confirm');
	await shows(page, 'error');
	w.printer('ok');
	assert.match(await page.textContent('main'), /用紙がありません/);
	assert.match(await page.textContent('.clerk'), /A4普通紙を補充/);
	assert.equal(tills().length, before, 'the till was not asked');
	await page.click('#done');
	await shows(page, 'idle');
}), { timeout: 60000 });

test('a municipality that is stopped is told, and nothing is offered', () => onPage(async (page) => {
	const stop = (...args) => w.run(w.bin('center/kofu-center'), args);
	assert.equal((await stop('stop-muni', w.path('conf/center.conf'), '991015')).status, 0);
	await toPin(page, 'taro');
	await enterPin(page, '1234');
	await shows(page, 'take-card');
	await w.remove(0);
	await shows(page, 'error');
	assert.equal((await stop('resume-muni', w.path('conf/center.conf'), '991015', '--by', 'ichi', '--by', 'ni')).status, 0);
	assert.match(await page.textContent('main'), /発行を停止しています/);
	await page.click('#done');
	await shows(page, 'idle');
}), { timeout: 60000 });

test('a revoked card is told at the window\'s door, not by the machine\'s trouble', () => onPage(async (page) => {
	await toPin(page, 'revoked');
	await enterPin(page, '1234');
	await shows(page, 'take-card');
	await w.remove(0);
	await shows(page, 'error');
	assert.match(await page.textContent('main'), /電子証明書が失効しています/);
	assert.equal(await page.locator('.clerk').count(), 0);
	await page.click('#done');
	await shows(page, 'idle');
}), { timeout: 60000 });

test('a center that is gone costs no try of the PIN, and the next session works', () => onPage(async (page) => {
	await toPin(page, 'taro');
	await w.processes.stop('center');
	await enterPin(page, '9999');
	await shows(page, 'error');
	assert.match(await page.textContent('main'), /センターにつながりません/);
	/* From now on it serves this very build only: the kiosk names its own. */
	const conf = w.path('conf/center.conf');
	const [, build] = /KOFU_BUILD "([^"]+)"/.exec(readFileSync(w.bin('kiosk/build.h'), 'utf8'));
	writeFileSync(conf, readFileSync(conf, 'utf8').replace('[center]\n', `[center]\nkiosk_builds = ${build}\n`));
	await w.startCenter();
	await page.click('#done');
	await shows(page, 'card-left');
	await w.remove(0);
	await shows(page, 'idle');
	await toPin(page, 'taro');
	assert.match(await page.textContent('main'), /あと3回/);
	await enterPin(page, '1234');
	await shows(page, 'take-card');
	await w.remove(0);
	await shows(page, 'kind');
	await page.click('#cancel');
	await shows(page, 'error');
	await page.click('#done');
	await shows(page, 'idle');
}), { timeout: 90000 });

/* The same kiosk, started anew with something else in its configuration. */
async function withConf(change, work) {
	const file = w.path('conf/kiosk-K0001.conf');
	const plain = readFileSync(file, 'utf8');
	const restart = async (text) => {
		await w.processes.stop('kiosk');
		writeFileSync(file, text);
		await w.startKiosk();
	};
	await restart(change(plain));
	try {
		await onPage(work);
	} finally {
		await w.remove(0);
		await restart(plain);
	}
}

const japanHour = () => new Date(Date.now() + 9 * 3600e3).getUTCHours();
const closedNow = () => (japanHour() < 12 ? ['22:00', '24:00'] : ['00:00', '01:00']);
const hall = (muni, name, [from, to]) => (conf) => `${conf}[hall]\nmuni = ${muni}\nname = ${name}\nphone = 000-0000-0199\nopen = ${from}\nclose = ${to}\nclosed_year_end = no\n`;
const ALWAYS = ['00:00', '24:00'];

async function toPaper(page) {
	await page.click('#kind-inkan');
	await shows(page, 'copies');
	await page.click('#next');
	await shows(page, 'confirm');
	await page.click('#confirm');
	await shows(page, 'take-paper');
	await page.click('#taken');
	await shows(page, 'end');
	await page.click('#done');
	await shows(page, 'idle');
}

for (const lang of ['ja-easy', 'en', 'zh', 'ko', 'pt'])
	test(`the whole way by touch (${lang})`, () => onPage(async (page) => {
		const before = papers().length;
		await page.click(`#lang-${lang}`);
		await toKinds(page, 'taro');
		await toPaper(page);
		assert.equal(papers().length, before + 1);
		assert.equal(tills().at(-1).state, 'committed');
	}), { timeout: 120000 });

/* The emulator plays a telephone: the same person's certificate, which it shows after the PIN alone. */
function telephone() {
	const { dir } = w.card('taro');
	const own = w.path('cards', 'telephone');
	cpSync(dir, own, { recursive: true });
	const token = readFileSync(join(own, 'token.bin'));
	token.write('JPKIAPGPSETOKEN ', 0, 'latin1');
	writeFileSync(join(own, 'token.bin'), token);
	if (!w.state.cards.some((c) => c.name === 'telephone'))
		w.state.cards.push({ ...w.card('taro'), name: 'telephone', muni: null, dir: own }); // no card more in the directory
	w.cards = w.state.cards;
}

test('a telephone issues a paper like a card, with one PIN', () => onPage(async (page) => {
	telephone();
	const before = papers().length;
	await toPin(page, 'telephone');
	await enterPin(page, '9999');
	await page.waitForSelector('.wrong');
	assert.match(await page.textContent('main'), /あと2回/);
	await enterPin(page, '1234');
	await shows(page, 'take-card');
	await w.remove(0);
	await shows(page, 'kind');
	await toPaper(page);
	assert.equal(papers().length, before + 1);
}), { timeout: 120000 });

test('a kiosk that takes no telephones says so before a PIN is asked', () => withConf((conf) => conf.replace('[card]', '[card]\ntelephones = no'), async (page) => {
	telephone();
	await shows(page, 'idle');
	await page.click('#start');
	await page.click('#agree');
	await shows(page, 'card');
	await w.insert('telephone', 0);
	await shows(page, 'error');
	assert.match(await page.textContent('main'), /スマートフォン/);
}), { timeout: 120000 });

test('a city hall\'s kiosk is closed out of its own hours, before a card is out', () => withConf(hall('991015', '架空市', closedNow()), async (page) => {
	await shows(page, 'idle');
	assert.match(await page.textContent('#hall'), /架空市.*(22:00-24:00|00:00-01:00)/);
	await page.click('#start');
	await shows(page, 'error');
	assert.match(await page.textContent('main'), /時間外/);
	assert.match(await page.textContent('main'), /000-0000-0199/);
	await page.click('#done');
	await shows(page, 'idle');
}), { timeout: 120000 });

test('a city hall\'s kiosk serves its own residents', () => withConf(hall('991015', '架空市', ALWAYS), async (page) => {
	await toKinds(page, 'taro');
	await toPaper(page);
}), { timeout: 120000 });

test('a city hall\'s kiosk sends another municipality\'s residents to their own window', () => withConf(hall('991023', '見本町', ALWAYS), async (page) => {
	const before = tills().length;
	await toPin(page, 'taro');
	await enterPin(page, '1234');
	await shows(page, 'take-card');
	await w.remove(0);
	await shows(page, 'error');
	assert.match(await page.textContent('main'), /この機械の対象|対象/);
	assert.match(await page.textContent('main'), /000-0000-0101/, 'the window of the own municipality');
	assert.equal(tills().length, before);
}), { timeout: 120000 });

test('a municipality that is closed at this hour is told, by its own hours', async () => {
	const file = w.path('profiles/991015.json');
	const plain = readFileSync(file, 'utf8');
	const closed = JSON.parse(plain);
	const [from, to] = closedNow();
	for (const k of Object.values(closed.kinds))
		Object.assign(k, { open: from, close: to });
	const restart = async (text) => {
		for (const p of ['server', 'seal'])
			await w.processes.stop(p);
		writeFileSync(file, text);
		await w.startSeal();
		await w.startServer();
		await w.settled();
	};
	await restart(JSON.stringify(closed));
	try {
		await onPage(async (page) => {
			await toPin(page, 'taro');
			await enterPin(page, '1234');
			await shows(page, 'take-card');
			await w.remove(0);
			await shows(page, 'error');
			assert.match(await page.textContent('main'), /時間外/);
			await page.click('#done');
			await shows(page, 'idle');
		});
	} finally {
		await restart(plain);
	}
}, { timeout: 180000 });

/* Waits are a third of what they usually are; nobody touches anything until they are over. */
const HASTY = (conf) => conf.replace('[kiosk]', '[kiosk]\nwaits_percent = 35');

test('a PIN that nobody enters ends the session, and the card that still lies there is called out', () => withConf(HASTY, async (page) => {
	await toPin(page, 'taro');
	await page.waitForSelector('#stay', { timeout: 60000 });
	await page.waitForSelector('main.state-error', { timeout: 90000 });
	assert.match(await page.textContent('main'), /時間切れ/);
	await page.click('#done');
	await shows(page, 'card-left');
	await w.remove(0);
	await shows(page, 'idle');
}), { timeout: 240000 });

test('a sum that is not paid in time is given back, and its number is void', () => withConf(HASTY, async (page) => {
	till('mode coins');
	await toConfirm(page, 'taro');
	await page.click('#confirm');
	await shows(page, 'pay');
	await coin(100);
	await page.waitForFunction(() => /100円/.test(document.querySelector('.money > div:nth-child(2)')?.textContent ?? ''));
	await page.waitForSelector('main.state-error', { timeout: 90000 });
	till('mode auto');
	assert.match(await page.textContent('main'), /時間切れ/);
	assert.equal(tills().at(-1).state, 'voided');
	assert.equal(w.pg.sql('kofu_center', 'SELECT state FROM issue_number ORDER BY issued_ms DESC LIMIT 1'), 'void');
}), { timeout: 240000 });
