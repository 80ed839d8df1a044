// SPDX-License-Identifier: Apache-2.0
// The desk's REST API as a bank's batch system uses it: keys, rates, repeated requests, many papers at once.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { Desk, NUMBER } from './lib/desk.mjs';

let desk;
let key;
const auth = (k = key) => ({ Authorization: `Bearer ${k}` });
const NO_PICTURE = Buffer.from('hello'); // refused at once: for tests that are not about pictures
const back = () => desk.scan('paper.pdf', 2);
const timesAsked = async () => (await desk.ask([back()], { codes: [desk.code] })).answer.papers[0].standing.times_asked_before;

before(async () => {
	desk = new Desk();
	await desk.start();
	key = desk.key('create', '見本銀行', '--per-minute', '6000').stdout.trim();
});
after(() => desk?.stop());

describe('the keys of banks', () => {
	test('a key is shown once and kept as a hash', () => {
		assert.match(key, /^kofu_[0-9a-f]{12}_[0-9a-f]{40}$/);
		const [, id, secret] = key.split('_');
		const row = desk.pg.sql('kofu_center', `SELECT * FROM inquiry_key WHERE id = '${id}'`);
		assert.match(row, /見本銀行/);
		assert.ok(!row.includes(secret));
		assert.match(desk.key('list').stdout, new RegExp(`^${id}  6000 a minute  since .*見本銀行$`, 'm'));
	});
	test('a key that was revoked is refused from then on', async () => {
		const other = desk.key('create', '見本信用金庫').stdout.trim();
		const [, id] = other.split('_');
		assert.equal((await desk.ask([NO_PICTURE], { headers: auth(other) })).status, 422);
		assert.equal(desk.key('revoke', id).status, 0);
		const { status, answer } = await desk.ask([NO_PICTURE], { headers: auth(other) });
		assert.deepEqual([status, answer.code], [401, 'key-refused']);
		assert.match(desk.key('list').stdout, new RegExp(`^${id} .* revoked .*見本信用金庫$`, 'm'));
		assert.notEqual(desk.key('revoke', id).status, 0); // there is none in force any more
	});
	test('what is no key of ours is refused by name', async () => {
		const changed = key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');
		for (const bad of [changed, 'kofu_', `${key}0`, '', 'x'.repeat(58)]) {
			const { status, answer, headers } = await desk.ask([NO_PICTURE], { headers: auth(bad) });
			assert.deepEqual([status, answer.code], [401, 'key-refused'], bad);
			assert.match(headers.get('www-authenticate'), /^Bearer/);
		}
	});
	test('the command refuses what it does not know', () => {
		for (const args of [['create'], ['create', ''], ['create', '--per-minute'], ['create', 'a', '--per-minute', '0'], ['create', 'a', '--per-minute', '6001'],
			['create', 'あ'.repeat(65)], ['revoke', 'abc'], ['list', 'all'], ['drop'], []])
			assert.equal(desk.key(...args).status, 64, args.join(' '));
		assert.equal(desk.key('create', 'あ'.repeat(64)).status, 0);
		assert.equal(desk.key('create', 'a', '--per-minute', '6000').status, 0);
	});
	test('a key may make as many inquiries a minute as it was made for', async () => {
		const one = desk.key('create', 'one', '--per-minute', '1').stdout.trim();
		assert.equal((await desk.ask([NO_PICTURE], { headers: auth(one) })).answer.code, 'no-picture');
		const { status, answer, headers } = await desk.ask([NO_PICTURE], { headers: auth(one) });
		assert.deepEqual([status, answer.code], [429, 'too-often']);
		assert.ok(Number(headers.get('retry-after')) >= 1 && Number(headers.get('retry-after')) <= 60);
		assert.equal((await desk.ask([NO_PICTURE], { headers: auth() })).status, 422); // another key has its own
	});
});

describe('a request sent twice', () => {
	const idem = (k) => ({ ...auth(), 'Idempotency-Key': k });
	test('is one inquiry with one number', async () => {
		desk.pg.sql('kofu_center', 'TRUNCATE inquiry');
		const a = (await desk.ask([back()], { headers: idem('k1'), codes: [desk.code] })).answer;
		const b = (await desk.ask([back()], { headers: idem('k1'), codes: [desk.code] })).answer;
		assert.equal(a.papers[0].reason, 'front-missing');
		assert.deepEqual(b, a);
		assert.equal(await timesAsked(), 1);
	});
	test('under another key is another inquiry', async () => {
		const a = (await desk.ask([back()], { headers: idem('k2'), codes: [desk.code] })).answer;
		assert.equal(a.papers[0].standing.times_asked_before, 2);
	});
	test('with other files is refused', async () => {
		const { status, answer } = await desk.ask([NO_PICTURE], { headers: idem('k1'), codes: [desk.code] });
		assert.deepEqual([status, answer.code], [409, 'idempotency-key-used']);
		for (const other of [{ codes: ['0'] }, { codes: [] }, { codes: [desk.code], query: '' }])
			assert.equal((await desk.ask([back()], { headers: idem('k1'), ...other })).status, 409);
	});
	test('needs the key of a bank and a name of at most 128 characters', async () => {
		assert.equal((await desk.ask([NO_PICTURE], { headers: { 'Idempotency-Key': 'k1' } })).answer.code, 'key-missing');
		assert.equal((await desk.ask([NO_PICTURE], { headers: idem('k'.repeat(128)) })).answer.code, 'no-picture');
		assert.equal((await desk.ask([NO_PICTURE], { headers: idem('k'.repeat(129)) })).answer.code, 'bad-input');
	});
	test('is forgotten after a day', async () => {
		desk.pg.sql('kofu_center', 'UPDATE inquiry_request SET at_ms = at_ms - 86400001');
		assert.equal((await desk.ask([NO_PICTURE], { headers: idem('k1') })).answer.code, 'no-picture'); // free for another request
		assert.equal(desk.pg.sql('kofu_center', 'SELECT count(*) FROM inquiry_request').trim(), '1');
	});
});

describe('line by line', () => {
	test('each page is told of before the answer', async () => {
		const { status, type, lines } = await desk.lines('v1/inquiries?pictures=no', [desk.scan('paper.pdf', 1), desk.scan('paper.pdf', 2)]);
		assert.deepEqual([status, type], [200, 'application/x-ndjson']);
		assert.deepEqual(lines.map((l) => l.event), ['page', 'page', 'answer']);
		assert.deepEqual(lines.slice(0, 2).map((l) => [l.done, l.of, l.file, l.kind]), [[1, 2, 0, 'front'], [2, 2, 1, 'back']]);
		assert.equal(lines[2].answer.papers[0].verdict, 'match');
	});
	test('a refusal is a line as well', async () => {
		const { lines } = await desk.lines('v1/inquiries', [NO_PICTURE]);
		assert.deepEqual(lines, [{ event: 'problem', status: 422, code: 'no-picture' }]);
	});
});

describe('a batch', () => {
	const batch = (parts, headers = auth()) => desk.lines('v1/batches', parts, headers);
	test('answers each paper by itself, in order', async () => {
		const { status, lines } = await batch([desk.pdf('paper.pdf'), NO_PICTURE, desk.scan('paper.pdf', 2), { code: desk.code }, desk.scan('paper.pdf', 2)]);
		assert.equal(status, 200);
		assert.deepEqual([lines[0].event, lines[0].papers], ['batch', 4]);
		const told = lines.filter((l) => ['answer', 'problem'].includes(l.event));
		assert.deepEqual(told.map((l) => [l.paper, l.code ?? l.answer.papers[0].reason]),
			[[0, 'same'], [1, 'no-picture'], [2, 'front-missing'], [3, 'code-missing']]); // a code belongs to the file before it
		assert.deepEqual(told.filter((l) => l.answer).map((l) => l.answer.inquiry), [1, 3, 4].map((n) => `${lines[0].batch}.0${n}`));
		assert.ok(told.every((l) => l.answer?.papers[0].front_png === undefined));
		assert.ok(lines.some((l) => l.event === 'page' && l.paper === 0));
		assert.deepEqual(lines.at(-1), { event: 'end', match: 1, altered: 0, undecided: 2, refused: 1 });
	});
	test('sent twice is one batch', async () => {
		const h = { ...auth(), 'Idempotency-Key': 'batch-1' };
		const parts = [back(), { code: desk.code }, back(), { code: desk.code }];
		const a = await batch(parts, h);
		const times = (r) => r.lines.filter((l) => l.answer).map((l) => l.answer.papers[0].standing.times_asked_before);
		assert.equal(times(a)[1], times(a)[0] + 1); // one paper twice in a batch: the second knows of the first
		assert.deepEqual((await batch(parts, h)).lines, a.lines);
	});
	test('needs a key', async () => {
		const { status, lines } = await batch([NO_PICTURE], {});
		assert.deepEqual([status, lines[0].code], [401, 'key-missing']);
	});
	test('has at most 64 papers', async () => {
		assert.equal((await batch(Array(64).fill(NO_PICTURE))).lines.at(-1).refused, 64);
		assert.deepEqual((await batch(Array(65).fill(NO_PICTURE))).lines.map((l) => [l.status, l.code]), [[400, 'bad-input']]);
	});
	test('has at most 32 MB', async () => {
		const half = (bytes) => Buffer.alloc(bytes, 'x');
		assert.equal((await batch([half(16 * 1024 * 1024), half(16 * 1024 * 1024 - 2048)])).lines.at(-1).refused, 2);
		const r = await desk.post('v1/batches', [half(16 * 1024 * 1024), half(16 * 1024 * 1024)], auth()).then((x) => x.json(), () => ({ code: 'closed' }));
		assert.ok(['too-large', 'closed'].includes(r.code), r.code); // refused at its announced length, read or not
	});
	test('is counted by its papers', async () => {
		const two = desk.key('create', 'two', '--per-minute', '2').stdout.trim();
		assert.equal((await batch(Array(2).fill(NO_PICTURE), auth(two))).status, 200);
		assert.equal((await desk.ask([NO_PICTURE], { headers: auth(two) })).status, 429);
	});
	test('that is left halfway ends, and the desk answers on', async () => {
		const leave = new AbortController();
		const body = new FormData();
		for (let i = 0; i < 6; i++) body.append('file', new Blob([desk.scan('paper.pdf', 2)]), 'scan');
		const r = await fetch(`${desk.url}v1/batches`, { method: 'POST', body, headers: { ...auth(), Connection: 'close' }, signal: leave.signal });
		await r.body.getReader().read();
		leave.abort();
		assert.equal((await desk.ask([back()])).answer.papers[0].reason, 'code-missing');
	});
});

describe('what the API promises', () => {
	test('every refusal is problem+json with a code that its description lists', async () => {
		const yaml = readFileSync(new URL('../../center/inquiry/pages/openapi.yaml', import.meta.url), 'utf8');
		assert.match(yaml, /^openapi: 3\.1\.0$/m);
		const known = /code: \{ type: string, enum: \[([^\]]+)\]/.exec(yaml)[1].split(',').map((s) => s.trim());
		const refusals = [
			() => desk.post('v1/inquiries', [NO_PICTURE]), () => desk.post('v1/inquiries', []), () => desk.post('v1/batches', [NO_PICTURE]),
			() => desk.post('v1/inquiries', [NO_PICTURE], auth('kofu_')), () => desk.post('v1/inquiries', [Buffer.from('P5\n12001 1\n255\n')]),
			...['v1/nothing', 'v1/inquiries', 'v1/numbers/abc'].map((path) => () => fetch(`${desk.url}${path}`, { headers: { Connection: 'close' } })),
		];
		const seen = new Set();
		for (const ask of refusals) {
			const r = await ask();
			assert.ok(r.status >= 400);
			assert.equal(r.headers.get('content-type'), 'application/problem+json');
			const { code } = await r.json();
			assert.ok(known.includes(code), code);
			seen.add(code);
		}
		assert.ok(seen.size >= 6, [...seen].join());
	});
	test('every member of an answer stands in its description', async () => {
		const yaml = readFileSync(new URL('../../center/inquiry/pages/openapi.yaml', import.meta.url), 'utf8');
		const { lines } = await desk.lines('v1/inquiries?report=yes', [desk.scan('paper.pdf', 1), desk.scan('paper.pdf', 2)]);
		const names = new Set();
		const walk = (o) => {
			if (Array.isArray(o)) o.forEach(walk);
			else if (o && typeof o === 'object') for (const [k, v] of Object.entries(o)) { names.add(k); walk(v); }
		};
		walk(lines);
		assert.ok(names.size > 40 && names.has('report_pdf') && names.has('difference_png'), [...names].join());
		assert.deepEqual([...names].filter((n) => !new RegExp(`^ +${n}:`, 'm').test(yaml)), []);
	});
	test('a paper of which pages are missing names them', async () => {
		const { answer } = await desk.ask([desk.scan('household.pdf', 3), desk.scan('household.pdf', 4)]);
		assert.deepEqual(answer.sets.map((s) => [s.pages, s.missing_pages, s.page_twice]), [[2, [1], false]]);
		const whole = (await desk.ask([1, 2, 3, 4].map((n) => desk.scan('household.pdf', n)))).answer;
		assert.deepEqual(whole.sets.map((s) => s.missing_pages), [[]]);
	});
	test('a front that belongs to no back is named', async () => {
		const { answer } = await desk.ask([desk.scan('paper.pdf', 1), desk.scan('paper.pdf', 2), desk.scan('household.pdf', 1)]);
		assert.deepEqual(answer.sides.map((s) => [s.file, s.kind, s.stray]), [[0, 'front', false], [1, 'back', false], [2, 'front', true]]);
	});
	test('a scan that lost its upper edge says so', async () => {
		const cut = (px) => ['-y', String(px), '-H', String(2339 - px)];
		const { answer } = await desk.ask([desk.scan('paper.pdf', 1, { format: 'pgm', more: cut(80) }), desk.scan('paper.pdf', 2)]);
		assert.equal(answer.papers[0].reason, 'front-cut');
		assert.deepEqual(answer.papers[0].advice, ['おもて面の上端が切れています。']);
		const back = (await desk.ask([desk.scan('paper.pdf', 1), desk.scan('paper.pdf', 2, { format: 'pgm', more: cut(300) })])).answer;
		assert.equal(back.papers[0].verdict, 'match');
		assert.deepEqual(back.papers[0].advice, ['うら面の上端が切れています。']);
	});
	test('a coarse scan is told that it is', async () => {
		const { answer } = await desk.ask([desk.scan('paper.pdf', 1, { dpi: 150 }), desk.scan('paper.pdf', 2, { dpi: 150 })]);
		assert.deepEqual(answer.papers[0].advice, ['うら面の解像度が200 dpi未満です。300 dpiで読み取ってください。', 'おもて面の解像度が200 dpi未満です。300 dpiで読み取ってください。']);
	});
	test('a number is as it was: standing, times and dates', async () => {
		desk.pg.sql('kofu_center', 'TRUNCATE inquiry');
		desk.setStanding('valid');
		for (let i = 0; i < 22; i++)
			desk.pg.sql('kofu_center', `INSERT INTO inquiry VALUES ('old-${i}', '${NUMBER}', 1, 'match', ${1795190400000 + i})`);
		const { standing } = (await desk.ask([back()], { codes: [desk.code] })).answer.papers[0];
		assert.deepEqual([standing.state, standing.times_asked_before, standing.asked_before.length], ['valid', 22, 20]);
		assert.equal(standing.asked_before[0], '2026-11-21T01:00:00+09:00');
	});
});
