// SPDX-License-Identifier: Apache-2.0
// lists - tests of what the console finds by itself; a file of tests that has a City calls them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { CITY, clean, noted } from './city.mjs';
import { sleep, until } from '../../world/lib/proc.mjs';

const NUMBER = '10000050';
const HELD = '10000068';

/** @param {City} city up already when the tests run */
export function printableTests(city) {
	const { w, seats } = city;
	const list = async (query = '') => (await seats.unyo.ask('GET', `/api/printable${query}`)).json;
	const about = async (number) => (await list()).lines.filter((l) => l.atena_no === number);
	const found = (number, good) => until(`what is said of ${number}`, 60000, async () => { const l = await about(number); return good(l) && l; }, 500);
	const change = (what, number = NUMBER) => w.change(CITY, `SELECT jumin.henko('${number}', '${JSON.stringify({ ido_jiyu: '転居', ...what })}')`);

	describe('the list of residents whose certificate cannot be printed', () => {
		test('is there without anybody having asked for it, with the reason', async () => {
			const [line] = await found('10000165', (l) => l.length > 0);
			assert.equal(line.reason, 'character', JSON.stringify(line));
			assert.match(line.why, /^no /);
			assert.ok(line.at > 0 && line.kinds.includes('juminhyo') && line.name);
		}, { timeout: 90000 });

		test('follows a change of the resident, there and back', async () => {
			await change({ zokugara: '見'.repeat(30), katagaki: 'メゾン\uE7FF' });
			const lines = await found(NUMBER, (l) => l.length > 1);
			assert.deepEqual([...new Set(lines.map((l) => l.reason))].sort(), ['character', 'length'], JSON.stringify(lines));
			assert.ok(lines.find((l) => l.reason === 'character').at > 0);
			await change({ zokugara: '子', katagaki: '１０１号室' });
			await found(NUMBER, (l) => l.length === 0);
			await change({ katagaki: '長'.repeat(101) }, HELD); // longer than the standard lets it be
			const [held] = await found(HELD, (l) => l.length > 0);
			assert.deepEqual([held.reason, held.why], ['record', 'unreadable']);
		}, { timeout: 120000 });

		test('has those whom the stream holds back, by reason, and the start page counts all', async () => {
			const person = (await seats.uketsuke.ask('POST', '/api/persons', { atena_no: NUMBER, kana: '', birth: '' })).json.persons[0];
			const ref = `'\\x${person.ref}'::bytea`;
			const before = (await seats.unyo.ask('GET', '/api/status')).json.unprintable;
			for (const [code, reason] of [['history-gap', 'gap'], ['history-back', 'gap'], ['card-held', 'card'], ['unreadable', 'record']]) {
				city.sql(`UPDATE person SET parked = true WHERE ref = ${ref}; INSERT INTO parked (epoch, seq, ref, code, at_ms) VALUES (1, 1, ${ref}, '${code}', 1)`);
				const lines = await about(NUMBER);
				assert.deepEqual(lines.map((l) => [l.reason, l.why]), [[reason, code]]);
				const of = await list(`?reason=${reason}`);
				assert.deepEqual([of.lines.map((l) => l.atena_no).sort(), of.reasons[reason]], [[NUMBER, HELD].filter((n) => n === NUMBER || reason === 'record').sort(), reason === 'record' ? 2 : 1]);
				assert.equal((await seats.unyo.ask('GET', '/api/status')).json.unprintable, before + 1);
			}
			city.sql(`DELETE FROM parked; UPDATE person SET parked = false WHERE ref = ${ref}`);
			city.sql("INSERT INTO parked (epoch, seq, ref, code, at_ms) VALUES (1, 1, NULL, 'unreadable', 1)");
			assert.equal((await list()).loose, 1, 'a record of nobody who is known');
			city.sql('DELETE FROM parked; UPDATE person SET parked = false');
			assert.deepEqual(await about(NUMBER), []);
		}, { timeout: 60000 });

		test('goes by pages of five hundred and refuses what it does not know', async () => {
			for (const query of ['?reason=nonsense', '?after=00', '?after=zz']) assert.equal((await list(query)).code, 'bad-input', query);
			assert.deepEqual((await list(`?after=${'ff'.repeat(16)}`)).lines, []);
			assert.equal((await list()).more, false);
			// People who are made up, held back, and have no rows at all.
			const add = (n) => city.sql(`INSERT INTO person (ref, household, narabi, state, rireki_no) SELECT decode(lpad(to_hex(i), 32, '0'), 'hex'), decode(repeat('ee', 16), 'hex'), 1, 1, 1 FROM generate_series(1, ${n}) i ON CONFLICT DO NOTHING;
				UPDATE person SET parked = true WHERE household = decode(repeat('ee', 16), 'hex')`);
			add(500);
			const at = await list('?reason=record');
			assert.deepEqual([at.lines.length, at.more], [500, false]);
			add(501);
			const past = await list('?reason=record');
			assert.deepEqual([past.lines.length, past.more], [500, true]);
			assert.equal((await list(`?reason=record&after=${past.next}`)).lines.length, 1);
			city.sql("DELETE FROM person WHERE household = decode(repeat('ee', 16), 'hex')");
		}, { timeout: 60000 });

		test('is given to Excel', async () => {
			const csv = await seats.unyo.ask('GET', '/api/csv/printable?reason=character');
			assert.match(csv.headers['content-disposition'], /insatsu-fuka\.csv/);
			assert.equal(csv.text.codePointAt(0), 0xFEFF);
			const lines = csv.text.slice(1).trim().split('\r\n');
			assert.equal(lines[0], '"宛名番号","氏名","項目","証明書","わけ","詳細","何文字目","確認日時"');
			assert.ok(lines.slice(1).some((l) => l.startsWith('"10000165","') && l.includes('"文字"')), lines.join());
		});

		test('says nothing in the database or the log to who has no key', () => {
			const rows = city.sql("SELECT encode(sealed, 'escape') FROM survey WHERE sealed IS NOT NULL");
			assert.ok(rows.length > 40);
			for (const word of ['item', 'name', 'katagaki', 'font', '10000165']) assert.ok(!rows.includes(word), word);
			const log = readFileSync(w.path('log', `console-${CITY}.log`), 'utf8');
			for (const word of ['10000165', NUMBER, 'メゾン', 'katagaki']) assert.ok(!log.includes(word), word);
		});
	});
}

/** Once more without fee. @param {City} city */
export function reissueTests(city) {
	const { w, seats } = city;
	const DAY = 86400000;
	const on = (ms) => new Date(Date.now() + 9 * 3600000 + ms).toISOString().slice(0, 10);
	const set = (number, more) => seats.unyo.ask('POST', '/api/reissues', { number, category: 'hakushi', reason: '白紙で出た', until: on(0), ...more });
	const issued = async (more) => { const r = await w.issue('taro', { kind: 'kisai', ...more }); assert.equal(r.status, 0, r.result); return r; };

	describe('a spoilt paper', () => {
		test('is not allowed by who asked, nor past its limits, nor twice', async () => {
			const { numbers: [number] } = await issued();
			const rows = [[{ until: on(-DAY) }, 'period-refused'], [{ until: on(31 * DAY) }, 'period-refused'], [{ category: 'x' }, 'bad-input'], [{ reason: '' }, 'bad-input'], [{ until: 'soon' }, 'bad-input'],
				[{ number: 'x'.repeat(65) }, 'bad-input'], [{ number: 'x'.repeat(64) }, 'not-found'], [{ more: 1 }, 'bad-input'], [{ until: on(30 * DAY) }, 200], [{}, 'exists']];
			for (const [more, want] of rows) {
				const r = await set(number, more);
				assert.equal(r.status === 200 ? 200 : r.json.code, want, JSON.stringify(more));
			}
			const { id } = (await seats.unyo.ask('GET', '/api/reissues')).json.reissues[0];
			assert.equal((await seats.unyo.ask('POST', `/api/reissues/${id}/approve`, {})).json.code, 'right-missing');
			assert.equal((await seats.kanri.ask('POST', '/api/staff/grant', { user: 'unyo1', role: 'shonin', until: on(10 * DAY) })).status, 200);
			assert.equal((await seats.unyo.ask('POST', `/api/reissues/${id}/approve`, {})).json.code, 'same-person');
			assert.equal((await seats.kanri.ask('POST', '/api/staff/end', { user: 'unyo1', role: 'shonin' })).status, 200);
			assert.equal((await seats.shonin.ask('POST', `/api/reissues/${id}/refuse`, {})).json.state, 4);
			assert.notEqual(city.sql(`SELECT reason FROM issue_copy WHERE number = '${number}'`), 'city', 'refused: the paper stands');
			const again = (await set(number)).json.id;
			assert.equal((await seats.unyo.ask('POST', `/api/reissues/${again}/end`, {})).json.state, 4);
			assert.equal((await seats.unyo.ask('POST', `/api/reissues/${again}/end`, {})).json.code, 'changed-meanwhile');
			city.sql(`UPDATE issue SET issued_ms = issued_ms - 32 * ${DAY}::bigint WHERE order_id = (SELECT order_id FROM issue_copy WHERE number = '${number}')`);
			assert.equal((await set(number)).json.code, 'not-found', 'a paper of long ago');
			const sealed = city.sql("SELECT encode(sealed, 'escape') FROM reissue");
			for (const word of ['kamizumari', 'hakushi', 'reason']) assert.ok(!sealed.includes(word), word);
		}, { timeout: 90000 });
	});
}

/** The city's own kiosks. @param {City} city */
export function kioskTests(city) {
	const { w, seats } = city;
	const ask = (path, body) => seats.unyo.ask('POST', `/api/kiosks${path}`, body);
	const code = (r) => (r.status === 200 ? 200 : r.json.code);

	test('kiosks are refused by name past each limit', async () => {
		const rows = [['', { kiosk: 'a'.repeat(32), place: 'あ'.repeat(80) }, 200], ['', { kiosk: 'a'.repeat(33), place: 'x' }, 'bad-input'], ['', { kiosk: 'K 1', place: 'x' }, 'bad-input'], ['', { kiosk: '', place: 'x' }, 'bad-input'],
			['', { kiosk: 'K9', place: 'あ'.repeat(81) }, 'bad-input'], ['', { kiosk: 'K9', place: '' }, 'bad-input'], ['/stop', { kiosk: 'K9', reason: 'x' }, 'not-found'], ['/stop', { kiosk: '', reason: '' }, 'bad-input'],
			['/stop', { kiosk: '', reason: 'x' }, 200], ['/resume', { kiosk: '', reason: 'x' }, 200], ['/remove', { kiosk: 'a'.repeat(32) }, 200], ['/remove', { kiosk: 'K9' }, 'changed-meanwhile'], ['/stop', { kiosk: '', reason: 'x' }, 'not-found']];
		for (const [path, body, want] of rows) assert.equal(code(await ask(path, body)), want, `${path} ${JSON.stringify(body)}`);
		city.sql("INSERT INTO own_kiosk SELECT 'X' || i, 'x', false, 'u', 0 FROM generate_series(1, 199) i");
		assert.equal(code(await ask('', { kiosk: 'K200', place: 'x' })), 200);
		assert.equal(code(await ask('', { kiosk: 'K201', place: 'x' })), 'too-many');
		assert.equal(code(await ask('', { kiosk: 'K200', place: 'y' })), 200, 'another place of one');
		city.sql('DELETE FROM own_kiosk');
	}, { timeout: 60000 });
}

/** A day's list is asked for that day: nothing may be issued before midnight and looked for after it. */
async function farFromMidnight() {
	const left = 86400000 - ((Date.now() + 9 * 3600000) % 86400000);
	if (left < 300000) await sleep(left + 1000);
}

/** What those three show and do in the page of who runs the service: in one session, for each waits for a code of its own. */
export async function lookAtLists(city, page) {
	await printablePage(page);
	await reissuePage(city, page);
	await kioskPage(city, page);
}

async function printablePage(page) {
	await page.click('#nav-service');
	await page.waitForSelector('dt:has-text("印字できない方")');
	await until('the survey', 60000, async () => {
		await page.click('#nav-printable');
		await page.waitForSelector('#printable-csv');
		return (await page.textContent('main')).includes('10000165');
	}, 1000);
	await clean(page, 'printable');
	assert.ok((await page.textContent('main')).includes('外字フォントにない外字'));
	await page.selectOption('#printable-reason', 'gap');
	await page.focus('#printable-show');
	await page.keyboard.press('Enter');
	await page.waitForSelector('text=一覧：ありません。');
}

async function reissuePage(city, page) {
	await farFromMidnight();
	const { w, seats } = city;
	const issued = async () => { const r = await w.issue('taro', { kind: 'kisai' }); assert.equal(r.status, 0, r.result); return r; };
	const approve = (id) => seats.shonin.ask('POST', `/api/reissues/${id}/approve`, {});
	const today = new Date(Date.now() + 9 * 3600000).toISOString().slice(0, 10);
	const first = await issued();
	const [number] = first.numbers;
	assert.ok(first.paid_yen > 0);
	await page.click('#nav-issues');
	await page.click(`#again-${number}`);
	await page.fill('#again-reason', '紙づまりで破れた');
	await clean(page, 'again');
	await page.focus('#again-set');
	await page.keyboard.press('Enter');
	await noted(page, '承認を待っています');
	await clean(page, 'reissues');
	const [asked] = (await seats.shonin.ask('GET', '/api/reissues')).json.reissues;
	assert.deepEqual([asked.number, asked.state, asked.category, asked.asked_by], [number, 1, 'kamizumari', 'unyo1']);
	assert.equal((await approve(asked.id)).json.state, 2);
	assert.equal(city.sql(`SELECT state || reason FROM issue_copy WHERE number = '${number}'`), '3city', 'the spoilt one is void');
	const again = await issued();
	assert.equal(again.paid_yen, 0);
	const list = (await seats.unyo.ask('GET', `/api/issues?day=${today}`)).json.issues;
	assert.equal(list.find((i) => i.number === again.numbers[0]).reissue_of, number);
	assert.equal(list.find((i) => i.number === number).reissue, 3);
	assert.equal((await approve(asked.id)).json.code, 'changed-meanwhile');
	await page.click('#nav-reissues');
	await page.waitForSelector(`text=${again.numbers[0]}`);
	await page.click('#nav-issues');
	await page.waitForSelector(`text=再交付（元 ${number}）`);
	const cells = await page.$$eval('main tr', (rows) => [...new Set(rows.map((r) => r.children.length))]);
	assert.equal(cells.length, 1, 'each row has a cell for each head');
	await clean(page, 'issues');
	await until('the center to hear of the void', 60000, () => city.sql('SELECT count(*) FROM void_outbox') === '0', 1000);
}

async function kioskPage(city, page) {
	const { w, seats } = city;
	const ask = (path, body) => seats.unyo.ask('POST', `/api/kiosks${path}`, body);
	const kiosk = city.sql('SELECT kiosk FROM issue LIMIT 1');
	await page.click('#nav-kiosks');
	await page.fill('#kiosk-number', kiosk);
	await page.fill('#kiosk-place', '市役所１階');
	await page.click('#kiosk-set');
	await noted(page, '登録しました');
	await clean(page, 'kiosks');
	await page.fill('#kiosk-reason', '閉庁');
	await page.click('#kiosk-stop');
	await noted(page, '止めました');
	const refused = await w.issue('taro');
	assert.deepEqual([refused.result, refused.paper], ['municipality-stopped', null]);
	assert.equal((await ask('/remove', { kiosk })).json.code, 'changed-meanwhile', 'one that is stopped first goes on');
	await page.fill('#kiosk-reason', '開庁');
	await page.click('#kiosk-resume');
	await noted(page, '再開しました');
	assert.equal((await w.issue('taro')).status, 0);
	assert.deepEqual((await seats.kansa.ask('GET', '/api/kiosks')).json.kiosks.map((k) => [k.kiosk, k.place, k.stopped, k.set_by]), [[kiosk, '市役所１階', false, 'unyo1']]);
	assert.equal((await ask('/remove', { kiosk })).status, 200);
}
