// SPDX-License-Identifier: Apache-2.0
// What the city prints of itself, in its pages: proposed, looked at as the very paper, approved by another, on the next order.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { CITY, clean, noted } from './city.mjs';
import { writePng } from '../../world/lib/png.mjs';
import { sides, text } from '../../world/lib/scan.mjs';
import { Terminal } from '../../world/lib/staff.mjs';

const DAY = 86400000;
const on = (ms) => new Date(Date.now() + 9 * 3600000 + ms).toISOString().slice(0, 10);
const OLD = { mayor: '証明　一朗' };
const NEW = { mayor: '見本　新一', part: 'この写しは、住民票の原本と相違ないことをここに証明します。' };

/** A square frame with a cross; ink and paper are what the caller says. */
export function koin(w = 472, h = w, { ink = 0, paper = 255, dpi = 600, solid = false } = {}) {
	const p = Buffer.alloc(w * h, paper);
	for (let y = 0; y < h; y++)
		for (let x = 0; x < w; x++)
			if (solid || x < 20 || y < 20 || x >= w - 20 || y >= h - 20 || Math.abs(x - w / 2) < 12 || Math.abs(y - h / 2) < 12) p[y * w + x] = ink;
	return writePng({ w, h, p }, dpi);
}
const bare = (name) => name.replaceAll('　', '');
const b64 = (bytes) => Buffer.from(bytes).toString('base64url');

/** @param {import('./city.mjs').City} city up when the tests run */
export function imprintTests(city) {
	const { w, seats } = city;
	const list = async () => (await seats.unyo.ask('GET', '/api/imprints')).json;
	const content = async (n) => (await seats.unyo.ask('GET', `/api/imprints/${n}`)).json;
	const proposal = async (more) => {
		const { newest } = await list();
		const c = await content(newest);
		return { base: newest, from: '', note: '', form: c.form, mayor_title: c.mayor_title, mayor: c.mayor, dairi: c.dairi, dairi_from: c.dairi_from, dairi_to: c.dairi_to, koin: '',
			ninsho: Object.fromEntries(Object.entries(c.ninsho).map(([k, x]) => [k, { all: x.all, part: x.part }])), ...more };
	};
	const propose = async (more, who = seats.unyo) => who.ask('POST', '/api/imprints', await proposal(more));
	const end = (n) => seats.unyo.ask('POST', `/api/imprints/${n}/end`, { note: '' });
	const code = (r) => (r.status === 200 ? 200 : r.json?.code);
	/** The link's PDF as the browser gets it. */
	const pdfOf = async (page, href, name) => {
		const data = await page.evaluate(async (url) => {
			const r = await fetch(url);
			const bytes = new Uint8Array(await r.arrayBuffer());
			return { type: r.headers.get('content-type'), text: btoa(Array.from(bytes, (x) => String.fromCharCode(x)).join('')) };
		}, href);
		assert.equal(data.type, 'application/pdf');
		const file = join(process.env.KOFU_SHOTS ?? city.dir, `${name}.pdf`);
		writeFileSync(file, Buffer.from(data.text, 'base64'));
		return file;
	};
	const words = (pdf) => text(pdf).normalize('NFC').replaceAll(/\s/g, '');
	const paper = async (kind = 'juminhyo') => {
		const r = await w.issue('taro', { kind });
		assert.equal(r.status, 0, r.result);
		return words(r.paper);
	};

	describe('what the city prints of itself', () => {
		test('is proposed in the page and changes no paper yet', () => city.atDesk('unyo1', async (page) => {
			await page.click('#nav-imprints');
			await page.waitForSelector('#imprint-new');
			assert.ok((await page.textContent('main')).includes(OLD.mayor), "the profile's own to begin with");
			assert.ok(await page.evaluate(() => document.querySelector('.koin').decode().then(() => document.querySelector('.koin').naturalWidth >= 189)), 'its 公印 is a picture');
			await clean(page, 'imprints');
			await page.click('#imprint-new');
			await page.fill('#mayor', NEW.mayor);
			await page.fill('#ninsho-juminhyo-part', NEW.part);
			await page.fill('#imprint-note', '市長の就任による');
			await page.setInputFiles('#koin', { name: 'koin.png', mimeType: 'image/png', buffer: koin() });
			await clean(page, 'imprint-propose');
			await page.click('#imprint-propose');
			await noted(page, '提案しました');
			const shown = await page.textContent('main');
			for (const word of ['承認待ち', '首長の氏名、公印、認証文', NEW.mayor, 'unyo1', '市長の就任による']) assert.ok(shown.includes(word), word);
			assert.equal(await page.locator('#imprint-approve').count(), 0, 'who proposed it cannot approve');
			await clean(page, 'imprint-proposed');
			assert.ok((await paper()).includes(bare(OLD.mayor)), 'the next order is as before');
		}), { timeout: 120000 });

		test('is looked at as the very PDF, 見本 across it, and approved by a second person: the next order bears it', () => city.atDesk('shonin1', async (page) => {
			await page.click('#nav-imprints');
			await page.click('#imprint-1');
			await page.waitForSelector('#imprint-approve');
			const links = await page.$$eval('.sheets a', (list) => list.map((a) => a.href));
			assert.deepEqual(links.map((l) => l.split('/').pop()), ['juminhyo', 'juminhyo-part', 'inkan', 'kisai', 'kisai-part']);
			for (const href of links) {
				const name = href.split('/').pop();
				const file = await pdfOf(page, href, `sheet-${name}`);
				const shown = words(file);
				for (const word of [bare(NEW.mayor), '見本太郎', 'MIHON-00000000-K0000-000000', name === 'juminhyo-part' ? NEW.part : '証明']) assert.ok(shown.includes(word), `${word} on ${name}`);
				assert.ok(!shown.includes(bare(OLD.mayor)), name);
				if (name !== 'juminhyo' && name !== 'inkan') continue;
				const [front, back] = sides(file, 60);
				const share = (img, test_, to = img.h) => img.p.subarray(0, img.w * to).reduce((n, x) => n + test_(x), 0) / (img.w * to);
				assert.ok(share(front, (x) => x > 180 && x < 215) > 0.05, '見本 across the front');
				assert.ok(share(back, (x) => x > 180 && x < 215) > 0.05, '見本 across the back');
				assert.ok(share(back, (x) => x < 128, Math.floor(back.h * 0.8)) < 0.001, 'no image on the back');
			}
			await clean(page, 'imprint-approve');
			await page.check('#imprint-seen');
			await page.click('#imprint-approve');
			await noted(page, '承認しました');
			await clean(page, 'imprint-approved');
			const next = await paper();
			for (const word of [bare(NEW.mayor), NEW.part]) assert.ok(next.includes(word), `${word} on the very next paper`);
			assert.ok(!next.includes(bare(OLD.mayor)));
			assert.equal(city.sql('SELECT imprint FROM issue ORDER BY issued_ms DESC LIMIT 1'), '1');
			const r = await w.issue('taro', { kind: 'inkan' });
			assert.ok(words(r.paper).includes(bare(NEW.mayor)), 'the other kinds too');
			const { papers } = await w.verify([r.paper]);
			assert.equal(papers[0].verdict, 'match', JSON.stringify(papers[0]).slice(0, 300));
			const now = await seats.unyo.ask('GET', '/api/preview/juminhyo');
			assert.equal(now.headers['content-type'], 'application/pdf');
		}), { timeout: 180000 });

		test('is planned for a day, may be withdrawn until then, and nothing gets in before it', async () => {
			const made = await propose({ mayor: '見本　次', from: on(2 * DAY) });
			assert.equal(made.status, 200, made.text);
			const { number, digest } = made.json;
			assert.equal(code(await seats.shonin.ask('POST', `/api/imprints/${number}/approve`, { digest })), 200);
			const planned = (await list()).versions.find((v) => v.number === number);
			assert.deepEqual([planned.state, planned.approved_by, planned.proposed_by], ['planned', 'shonin1', 'unyo1']);
			for (const [more, want] of [[{ mayor: '見本　急' }, 'imprint-planned'], [{ mayor: '見本　急', from: on(DAY) }, 'imprint-planned'], [{ mayor: '見本　急', base: 1 }, 'changed-meanwhile']])
				assert.equal(code(await propose(more)), want, JSON.stringify(more));
			const after = await propose({ mayor: '見本　後', from: on(3 * DAY) });
			assert.equal(code(after), 200, 'on top of what is planned');
			assert.equal(code(await end(number)), 200);
			assert.equal(code(await end(number)), 'changed-meanwhile');
			assert.equal(code(await seats.shonin.ask('POST', `/api/imprints/${after.json.number}/approve`, { digest: after.json.digest })), 'changed-meanwhile', 'it stood on what is no more');
			assert.equal(code(await end(after.json.number)), 200);
			assert.equal(code(await end(1)), 'changed-meanwhile', 'what is in force is only replaced');
			const { versions, holds } = await list();
			assert.equal(holds, 1);
			assert.deepEqual(versions.map((v) => v.state), ['withdrawn', 'withdrawn', 'holds']);
		}, { timeout: 60000 });

		test('is refused by name past each limit and taken at it', async () => {
			const { ninsho } = await proposal();
			const sentence = (all) => ({ ninsho: { ...ninsho, kisai: { ...ninsho.kisai, all } } });
			const png = (...how) => ({ koin: b64(koin(...how)) });
			const cut = koin().subarray(0, 400);
			const rows = [
				[{}, 'imprint-same'], [{ mayor: '' }, 'imprint-text', 'mayor'], [{ mayor: ' 見本' }, 'imprint-text', 'mayor'], [{ mayor: '見本　' }, 'imprint-text', 'mayor'],
				[{ mayor: '見\n本' }, 'imprint-text', 'mayor'], [{ mayor: '見'.repeat(41) }, 'imprint-text', 'mayor'], [{ mayor: '見'.repeat(40) }, 200], [{ mayor: '見'.repeat(40), mayor_title: '長'.repeat(20) }, 200], [{ mayor: '見本　\u{FFFFD}' }, 'imprint-glyph', 'mayor'], [{ mayor: '見本　👍' }, 'imprint-glyph', 'mayor'],
				[{ mayor: '見本　一二三四五六七八九十' }, 200], [{ mayor_title: '長'.repeat(21) }, 'imprint-text', 'mayor_title'], [{ mayor_title: '長心得' }, 200],
				[sentence('証'.repeat(201)), 'imprint-text', 'ninsho.kisai.all'], [sentence('証'.repeat(200)), 'imprint-overflow', 'ninsho'], [sentence('証'.repeat(91)), 'imprint-overflow', 'ninsho'], [sentence('証'.repeat(90)), 200], [sentence('証\u{FFFFD}明'), 'imprint-glyph', 'ninsho'], [{ ninsho: {} }, 'bad-input'], [{ ninsho: { ...ninsho, kisai: [] } }, 'bad-input'], [{ ninsho: { ...ninsho, koseki: ninsho.kisai } }, 'bad-input'],
				[{ dairi: '見本　副', dairi_from: on(0), dairi_to: on(-DAY) }, 'imprint-text', 'dairi'], [{ dairi: '見本　副', dairi_from: '', dairi_to: '' }, 'imprint-text', 'dairi'], [{ dairi: '見本　副', dairi_from: on(0), dairi_to: on(0) }, 200],
				[{ form: 'kojin' }, 200], [{ form: 'x' }, 'bad-input'], [{ mayor: '見本　甲', from: on(-DAY) }, 'period-refused'], [{ mayor: '見本　甲', from: on(400 * DAY) }, 200], [{ mayor: '見本　甲', from: on(401 * DAY) }, 'period-refused'], [{ mayor: '見本　甲', note: 'あ'.repeat(81) }, 'bad-input'], [{ more: 1 }, 'bad-input'],
				[png(189), 200], [png(188), 'koin-size'], [png(591), 200], [png(592), 'koin-size'], [png(400, 188), 'koin-size'], [png(20000, 1), 'koin-size'], [png(472, 472, { dpi: 300 }), 'koin-dpi'], [png(472, 472, { ink: 40 }), 'koin-colour'], [png(472, 472, { paper: 254 }), 'koin-colour'],
				[png(472, 472, { ink: 255 }), 'koin-blank'], [png(472, 472, { solid: true }), 'koin-blank'], [{ koin: b64('GIF89a') }, 'koin-format'], [{ koin: b64(cut) }, 'koin-format'], [{ koin: b64(Buffer.concat([koin(), Buffer.alloc(9)])) }, 'koin-format'],
				[{ koin: '!!' }, 'bad-input'], [{ koin: 'A'.repeat(174763) }, 'koin-format'], [{ koin: 'A'.repeat(174764) }, 'koin-bytes'], [{ koin: 5 }, 'bad-input'],
			];
			for (const [more, want, item] of rows) {
				const r = await propose(more);
				assert.equal(code(r), want, `${JSON.stringify(more).slice(0, 90)}: ${r.text.slice(0, 200)}`);
				if (item) assert.equal(r.json.item, item, r.text);
				if (r.status === 200) assert.equal(code(await end(r.json.number)), 200);
			}
			const { digest } = (await list()).versions[0];
			assert.match(digest, /^[0-9a-f]{64}$/);
			city.sql("INSERT INTO imprint (number, base, sealed, digest, note, proposed_by, proposed_ms) SELECT m + i, 0, '\\x01', decode(repeat('00', 32), 'hex'), '', 'unyo1', 1 FROM generate_series(1, 9) i, (SELECT max(number) m FROM imprint) x");
			assert.equal(code(await propose({ mayor: '見本　十' })), 200, 'the tenth');
			assert.equal(code(await propose({ mayor: '見本　百' })), 'too-many');
			city.sql("UPDATE imprint SET ended_by = 'unyo1', ended_ms = 1 WHERE approved_ms IS NULL AND ended_ms IS NULL");
		}, { timeout: 180000 });

		test('is approved by nobody who proposed it, without its digest, twice, or from another city', async () => {
			const day = on(10 * DAY);
			const made = (await propose({ mayor: '見本　乙' })).json;
			const approve = (who, digest = made.digest) => who.ask('POST', `/api/imprints/${made.number}/approve`, { digest });
			assert.equal(code(await seats.kanri.ask('POST', '/api/staff/grant', { user: 'unyo1', role: 'shonin', until: day })), 200);
			assert.equal(code(await approve(seats.unyo)), 'same-person', 'a second role is no second person');
			assert.equal(code(await seats.kanri.ask('POST', '/api/staff/end', { user: 'unyo1', role: 'shonin' })), 200);
			assert.equal(code(await approve(seats.unyo)), 'right-missing');
			assert.equal(code(await approve(seats.shonin, '00'.repeat(32))), 'changed-meanwhile', 'other bytes than those looked at');
			assert.equal(code(await approve(seats.shonin, 'x')), 'bad-input');
			const neighbour = new Terminal(w, CITY, 'T01', '991023');
			neighbour.cookie = seats.shonin.cookie;
			neighbour.csrf = seats.shonin.csrf;
			assert.equal(code(await approve(neighbour)), 'terminal-refused');
			assert.throws(() => city.sql(`UPDATE imprint SET approved_by = 'unyo1', approved_ms = 1, holds_ms = 1, tag = decode(repeat('00', 32), 'hex') WHERE number = ${made.number}`), /check/, 'not even past the program');
			city.sql(`UPDATE imprint SET approved_by = 'shonin1', approved_ms = 1, holds_ms = 1, tag = decode(repeat('00', 32), 'hex') WHERE number = ${made.number}`);
			const r = await w.issue('taro');
			assert.notEqual(r.status, 0, 'what nobody with the key approved is printed by nobody');
			assert.equal(r.paper, null);
			city.sql(`UPDATE imprint SET approved_by = NULL, approved_ms = NULL, holds_ms = NULL, tag = NULL WHERE number = ${made.number}`);
			assert.equal(code(await end(made.number)), 200);
			assert.equal(code(await approve(seats.shonin)), 'changed-meanwhile', 'it is withdrawn');
			assert.equal(city.sql('SELECT count(*) FROM imprint WHERE position(convert_to(\'見本　乙\', \'UTF8\') IN sealed) > 0'), '0', 'sealed at rest');
		}, { timeout: 60000 });

		test('and who did what is in the audit', async () => {
			const of = async (user) => (await seats.kansa.ask('POST', '/api/audit', { user, atena_no: '', from: on(-DAY), until: on(0) })).json.rows;
			const rows = await of('shonin1');
			for (const action of ['imprint.sheet', 'imprint.approve']) assert.ok(rows.some((x) => x.action === action), action);
			const others = await of('unyo1');
			for (const action of ['imprint.propose', 'imprint.end']) assert.ok(others.some((x) => x.action === action), action);
			const approved = rows.find((x) => x.action === 'imprint.approve' && x.detail.digest);
			assert.match(approved.detail.digest, /^[0-9a-f]{64}$/);
		});
	});
}
