// SPDX-License-Identifier: Apache-2.0
// The city's pages: closures, hours and fees, which the next order goes by; voids, statistics, the roster.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { City, clean, figure, noted } from './lib/city.mjs';
import { kioskTests, lookAtLists, printableTests, reissueTests } from './lib/lists.mjs';
import { imprintTests } from './lib/imprints.mjs';
import { savePngs, sides } from '../world/lib/scan.mjs';
import { until } from '../world/lib/proc.mjs';

const city = new City();
const { w, seats } = city;
before(() => city.up(), { timeout: 240000 });
after(() => city.down(), { timeout: 60000 });

const DAY = 86400000;
const HOUR = 3600000;
/** "2026-12-29T17:15" and "2026-12-29" in Japan, so far from now. */
const at = (ms) => new Date(Date.now() + 9 * HOUR + ms).toISOString().slice(0, 16);
const on = (ms) => at(ms).slice(0, 10);
const ALL = ['juminhyo', 'inkan', 'kisai'];

describe('a closure', () => {
	const body = (more) => ({ kinds: ALL, category: 'kyushi', note: '', from: '', until: at(HOUR), ...more });
	const set = (more) => seats.unyo.ask('POST', '/api/closures', body(more));

	test('from now on refuses the next order as out of hours, and its end lets the next one through', () => city.atDesk('unyo1', async (page) => {
		await page.click('#nav-terms');
		await page.waitForSelector('#closure-set');
		await clean(page, 'terms');
		await page.uncheck('#closure-inkan');
		await page.selectOption('#closure-category', 'hoshu');
		await page.fill('#closure-note', '機器の点検');
		await page.fill('#closure-until', at(2 * HOUR));
		await page.focus('#closure-set');
		await page.keyboard.press('Enter');
		await noted(page, '休止を登録しました');
		const t = Date.now();
		const refused = await w.issue('taro');
		figure(`closed ${Date.now() - t} ms after the page said so, card and all`);
		assert.deepEqual([refused.result, refused.paper], ['closed-hours', null]);
		const inkan = await w.issue('taro', { kind: 'inkan' });
		assert.equal(inkan.status, 0, inkan.result);
		const shown = await page.textContent('main');
		for (const word of ['適用中', 'メンテナンス', '機器の点検', 'unyo1']) assert.ok(shown.includes(word), word);
		await page.click('#nav-service');
		await page.waitForSelector('text=休止中');
		await page.click('#nav-terms');
		await page.click('[id^=closure-end-]');
		await noted(page, '再開しました');
		assert.equal((await w.issue('taro')).status, 0);
	}), { timeout: 120000 });

	test('of every kind refuses at the card already', async () => {
		const { id } = (await set({})).json;
		assert.equal((await w.issue('taro')).result, 'closed-hours');
		assert.equal((await seats.unyo.ask('POST', `/api/closures/${id}/end`, {})).status, 200);
		assert.equal((await seats.unyo.ask('POST', `/api/closures/${id}/end`, {})).json.code, 'changed-meanwhile');
	}, { timeout: 60000 });

	test('is planned ahead, changes nothing until then, and may be given up', async () => {
		const made = await set({ from: at(2 * DAY), until: at(3 * DAY), category: 'nenmatsu' });
		assert.equal(made.status, 200, made.text);
		const planned = (await seats.kansa.ask('GET', '/api/terms')).json.closures.find((c) => c.id === made.json.id);
		assert.deepEqual([planned.holds, planned.kinds, planned.set_by], [false, ALL, 'unyo1']);
		assert.equal((await w.issue('taro')).status, 0);
		assert.equal((await seats.unyo.ask('POST', `/api/closures/${made.json.id}/end`, {})).status, 200);
		assert.deepEqual((await seats.unyo.ask('GET', '/api/terms')).json.closures, []);
	}, { timeout: 60000 });

	test('is refused by name past each limit and taken at it', async () => {
		const rows = [
			[{ until: at(366 * DAY) }, 200], [{ until: at(366 * DAY + HOUR) }, 'period-refused'],
			[{ from: at(400 * DAY), until: at(401 * DAY) }, 200], [{ from: at(400 * DAY + HOUR), until: at(402 * DAY) }, 'period-refused'],
			[{ from: at(-HOUR) }, 'period-refused'], [{ from: at(2 * HOUR), until: at(2 * HOUR) }, 'period-refused'], [{ until: at(-HOUR) }, 'period-refused'],
			[{ note: 'あ'.repeat(80) }, 200], [{ note: `${'あ'.repeat(80)}a` }, 'bad-input'],
			[{ kinds: [] }, 'bad-input'], [{ kinds: ['koseki'] }, 'bad-input'], [{ category: 'x' }, 'bad-input'], [{ from: 'soon' }, 'bad-input'],
			[{ until: '2026-13-01T00:00' }, 'bad-input'], [{ until: '' }, 'bad-input'], [{ more: 1 }, 'bad-input'],
		];
		for (const [more, want] of rows) {
			const r = await set(more);
			assert.equal(r.status === 200 ? 200 : r.json.code, want, JSON.stringify(more));
		}
		city.sql("INSERT INTO closure (kinds, category, note, from_ms, until_ms, set_by, set_ms) SELECT 4, 'kyushi', '', 4e12, 5e12, 'unyo1', 0 FROM generate_series(1, 96)");
		assert.equal((await set({ from: at(DAY), until: at(2 * DAY) })).status, 200, 'the hundredth');
		assert.equal((await set({ from: at(DAY), until: at(2 * DAY) })).json.code, 'too-many');
		city.sql('UPDATE closure SET ended_ms = 1');
	}, { timeout: 60000 });
});

describe('hours', () => {
	const open = Array(7).fill('00:00-24:00');
	const set = (more) => seats.unyo.ask('POST', '/api/hours', { kind: 'juminhyo', from: on(0), days: open, year_end: false, ...more });

	test('of a weekday that is closed refuse the order, other kinds go on', () => city.atDesk('unyo1', async (page) => {
		await page.click('#nav-terms');
		await page.waitForSelector('#hours-set');
		const today = (new Date(Date.now() + 9 * HOUR).getUTCDay() + 6) % 7; // and tomorrow: midnight may come in between
		for (let i = 0; i < 7; i++) await page.fill(`#hours-${i}`, i === today || i === (today + 1) % 7 ? '' : '６：３０～２３：００');
		await page.uncheck('#hours-year-end');
		await page.click('#hours-set');
		await noted(page, '利用時間を登録しました');
		await clean(page, 'terms-hours');
		assert.ok((await page.textContent('main')).includes('06:30-23:00'), 'as a clerk types it');
		assert.equal((await w.issue('taro')).result, 'closed-hours');
		assert.equal((await w.issue('taro', { kind: 'kisai' })).status, 0);
		assert.equal((await set({})).status, 200);
		assert.equal((await w.issue('taro')).status, 0);
	}), { timeout: 120000 });

	test('are planned from a day on and can be given up until then', async () => {
		const { id } = (await set({ from: on(DAY) })).json;
		const { weeks } = (await seats.unyo.ask('GET', '/api/terms')).json;
		assert.deepEqual(weeks.filter((x) => x.kind === 'juminhyo').map((x) => x.holds), [true, false]);
		assert.equal((await seats.unyo.ask('POST', `/api/hours/${id}/end`, {})).status, 200);
		assert.equal((await seats.unyo.ask('POST', `/api/hours/${weeks[0].id}/end`, {})).json.code, 'changed-meanwhile', 'what holds is only replaced');
	});

	test('are refused by name', async () => {
		const six = open.slice(1);
		const rows = [[{ days: Array(7).fill('') }, 'never-open'], [{ days: six }, 'bad-input'], [{ days: [...open, ''] }, 'bad-input'], [{ days: [...six, '-'] }, 'bad-input'],
			[{ days: [...six, '24:00-24:00'] }, 'bad-input'], [{ days: [...six, '00:00-24:01'] }, 'bad-input'], [{ days: [...six, 7] }, 'bad-input'], [{ days: [...six, '06:30-23:00,06:30-23:00'] }, 'bad-input'],
			[{ kind: 'koseki' }, 'bad-input'], [{ from: on(-DAY) }, 'period-refused'], [{ from: on(400 * DAY) }, 200], [{ from: on(401 * DAY) }, 'period-refused'], [{ year_end: 'no' }, 'bad-input']];
		for (const [more, want] of rows) {
			const r = await set(more);
			assert.equal(r.status === 200 ? 200 : r.json.code, want, JSON.stringify(more));
		}
	});
});

describe('a fee', () => {
	const set = (more) => seats.unyo.ask('POST', '/api/fees', { kind: 'inkan', fee_yen: 250, from: on(0), ...more });

	test('set in the page is what the next resident pays', () => city.atDesk('unyo1', async (page) => {
		const before = await w.issue('taro', { kind: 'inkan', copies: 2 });
		assert.deepEqual([before.status, before.paid_yen], [0, 400]);
		await page.click('#nav-terms');
		await page.waitForSelector('#fee-set');
		await page.selectOption('#fee-kind', 'inkan');
		await page.fill('#fee-yen', '350');
		await page.click('#fee-set');
		await noted(page, '手数料を登録しました');
		const after = await w.issue('taro', { kind: 'inkan', copies: 2 });
		assert.deepEqual([after.status, after.paid_yen], [0, 700], after.result);
		assert.equal(city.sql('SELECT fee_yen FROM issue ORDER BY issued_ms DESC LIMIT 1'), '350');
		assert.equal((await w.issue('taro', { kind: 'kisai' })).paid_yen, 200, 'another kind as before');
	}), { timeout: 120000 });

	test('is planned, and refused past its limits', async () => {
		const { id } = (await set({ from: on(DAY) })).json;
		assert.equal((await seats.unyo.ask('POST', `/api/fees/${id}/end`, {})).status, 200);
		const rows = [[{ fee_yen: 10000, from: on(DAY) }, 200], [{ fee_yen: 10001 }, 'bad-input'], [{ fee_yen: -1 }, 'bad-input'], [{ fee_yen: 0, from: on(2 * DAY) }, 200], [{ fee_yen: '300' }, 'bad-input'],
			[{ fee_yen: 1.5 }, 'bad-input'], [{ from: on(-DAY) }, 'period-refused'], [{ from: '' }, 'bad-input'], [{ from: on(400 * DAY) }, 200], [{ from: on(401 * DAY) }, 'period-refused'], [{ kind: '' }, 'bad-input']];
		for (const [more, want] of rows) {
			const r = await set(more);
			assert.equal(r.status === 200 ? 200 : r.json.code, want, JSON.stringify(more));
		}
	});

	test('and all the rest is in the audit with who did it', async () => {
		const { rows } = (await seats.kansa.ask('POST', '/api/audit', { user: 'unyo1', atena_no: '', from: on(-DAY), until: on(0) })).json;
		for (const action of ['closure.set', 'closure.end', 'hours.set', 'hours.end', 'fee.set', 'fee.end'])
			assert.ok(rows.some((x) => x.action === action && x.actor === 'unyo1'), `${action} of ${JSON.stringify(rows[0])}`);
	});
});

describe('a void', () => {
	test('in the page reaches the banks: the paper is 無効 at the inquiry', () => city.atDesk('unyo1', async (page) => {
		const r = await w.issue('taro', { kind: 'inkan' });
		assert.equal(r.status, 0, r.result);
		const [number] = r.numbers;
		const files = savePngs(sides(r.paper, 200), join(city.dir, 'void'), 200);
		const standing = async () => (await w.verify(files)).papers[0].standing;
		assert.equal((await standing()).state, 'valid');
		await page.click('#nav-issues');
		await page.click(`#void-${number}`);
		await page.fill('#void-reason', '誤って交付したため');
		await page.click('#void');
		await noted(page, '無効にしました');
		await until('the center to hear of it', 60000, async () => (await standing()).state === 'void', 1000);
		assert.equal((await standing()).reason, 'city');
		assert.equal(city.sql('SELECT count(*) FROM void_outbox'), '0');
		const again = await seats.unyo.ask('POST', '/api/issues/void', { number, reason: '再' });
		assert.equal(again.json.code, 'changed-meanwhile');
		await lookAtLists(city, page);
	}), { timeout: 600000 });
});

describe('the statistics', () => {
	const range = (from, until) => `from=${from}&until=${until}`;
	const ask = (path, from = on(-DAY), until = on(0)) => // two days: midnight may have come
		seats.kansa.ask('GET', `${path}?${range(from, until)}`);

	test('count what the ledger holds, by kind, outcome and kiosk', async () => {
		const { json } = await ask('/api/statistics');
		const rows = city.sql('SELECT i.kind, c.state, count(*), coalesce(sum(i.fee_yen), 0) FROM issue i JOIN issue_copy c USING (order_id) GROUP BY 1, 2').split('\n').map((l) => l.split('|').map(Number));
		const of = (kind, state) => rows.find((x) => x[0] === kind && x[1] === state) ?? [0, 0, 0, 0];
		['住民票の写し', '印鑑登録証明書', '住民票記載事項証明書'].forEach((title, i) => {
			const k = json.kinds.find((x) => x.kind === title);
			assert.deepEqual([k.issued, k.printed, k.void, k.yen], [of(i + 1, 1)[2], of(i + 1, 2)[2], of(i + 1, 3)[2], of(i + 1, 2)[3]], title);
		});
		assert.ok(json.kinds.every((k) => k.printed > 0) && json.kinds[1].void === 1);
		assert.equal(json.kiosks.reduce((n, k) => n + k.issued + k.printed + k.void, 0), rows.reduce((n, x) => n + x[2], 0));
	});

	test('are drawn by the server and stand in tables beside the charts', () => city.atDesk('kansa1', async (page) => {
		await page.click('#nav-statistics');
		await page.waitForFunction(() => [...document.querySelectorAll('.chart')].length === 2 && [...document.querySelectorAll('.chart')].every((i) => i.complete && i.naturalWidth > 0));
		await clean(page, 'statistics');
		for (const by of ['kind', 'outcome']) {
			const r = await ask(`/api/statistics/chart/${by}`, on(-30 * DAY));
			assert.equal(r.headers['content-type'], 'image/svg+xml');
			assert.ok(r.text.startsWith('<svg ') && !/script|href|style/.test(r.text), by);
		}
		assert.ok((await ask('/api/statistics/chart/kind', on(-365 * DAY))).text.includes(on(0).slice(0, 7).replace('-', '/')), 'a year is drawn by month');
	}), { timeout: 90000 });

	test('are refused past a year, and say nothing of persons', async () => {
		assert.equal((await ask('/api/statistics', on(-365 * DAY))).status, 200);
		assert.equal((await ask('/api/statistics', on(-366 * DAY))).json.code, 'period-refused');
		assert.equal((await ask('/api/statistics', on(DAY), on(0))).json.code, 'period-refused');
		assert.equal((await seats.kansa.ask('GET', '/api/statistics')).json.code, 'bad-input');
		assert.equal((await ask('/api/statistics/chart/person')).json.code, 'not-found');
		const csv = await ask('/api/csv/statistics');
		assert.equal(csv.text.codePointAt(0), 0xFEFF);
		const lines = csv.text.slice(1).trim().split('\r\n');
		assert.equal(lines[0], '"日","種類","結果","通数","手数料（円）"');
		assert.ok(lines.slice(1).every((l) => l.startsWith(`"${on(0)}","`) || l.startsWith(`"${on(-DAY)}","`)));
		assert.ok(!/1000\d{4}|見本　/.test(csv.text));
	});
});

printableTests(city);
reissueTests(city);
kioskTests(city);
imprintTests(city);

test('a roster that cannot be read is refused with its line', () => city.atDesk('kanri1', async (page) => {
	await page.click('#nav-staff');
	await page.fill('#roster', '職員番号,氏名\nunyo1,見本　運用\nKANRI1,見本　管理\n');
	await page.click('#roster-check');
	await noted(page, '3行目');
	await page.fill('#roster', '職員番号,氏名\n"unyo1","見本　運用"\nshinjin1,見本　新人\n');
	await page.click('#roster-check');
	await page.waitForSelector('#roster-found table');
	const found = await page.textContent('#roster-found');
	for (const word of ['名簿 2人', 'shinjin1', 'kansa1']) assert.ok(found.includes(word), word);
	await clean(page, 'staff');
}), { timeout: 90000 });
