// SPDX-License-Identifier: Apache-2.0
// The bank's desk as it runs: real database, token and decoder; papers as scans of every kind.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Desk, FRESH, NUMBER } from './lib/desk.mjs';

let desk;
before(async () => {
	desk = new Desk();
	await desk.start();
});
after(() => desk?.stop());

const PAGE = Buffer.from('P5\n2 2\n255\nabcd');

describe('what is uploaded', () => {
	for (const format of ['png', 'jpeg', 'tiff'])
		test(`both sides as ${format} are the same as issued`, async () => {
			const { status, answer } = await desk.ask([desk.scan('paper.pdf', 1, { format }), desk.scan('paper.pdf', 2, { format })]);
			assert.equal(status, 200);
			assert.equal(answer.papers.length, 1);
			assert.deepEqual([answer.papers[0].verdict, answer.papers[0].reason], ['match', 'same']);
		});
	test('a PDF with both sides is the same as issued', async () => {
		const { status, answer } = await desk.ask([desk.pdf('paper.pdf')]);
		assert.equal(status, 200);
		const p = answer.papers[0];
		assert.deepEqual([p.verdict, p.number, p.kind, p.muni, p.page, p.pages], ['match', NUMBER, 'juminhyo', '991015', 1, 1]);
		assert.ok(p.fields.length > 10);
		assert.ok(p.fields.every((f) => f.same === true));
		assert.equal(p.front_png, undefined); // pictures=no
	});
	test('the back may come before the front', async () => {
		const { answer } = await desk.ask([desk.scan('paper.pdf', 2), desk.scan('paper.pdf', 1)]);
		assert.equal(answer.papers[0].verdict, 'match');
	});
	test('two sheets in any order are told apart', async () => {
		const sides = [4, 1, 2, 3].map((n) => desk.scan('household.pdf', n));
		const { answer } = await desk.ask(sides);
		assert.deepEqual(answer.papers.map((p) => [p.verdict, p.page, p.pages]), [['match', 2, 2], ['match', 1, 2]]);
	});
	test('a sheet whose front was left out does not take the other front', async () => {
		const sides = [4, 1, 2].map((n) => desk.scan('household.pdf', n));
		const { answer } = await desk.ask(sides);
		assert.deepEqual(answer.papers.map((p) => [p.reason, p.page]), [['front-missing', 2], ['same', 1]]);
	});
	test('another name on the front is named as altered', async () => {
		const { status, answer } = await desk.ask([desk.scan('forged.pdf', 1, { dpi: 300 }), desk.scan('paper.pdf', 2)]);
		assert.equal(status, 200);
		const p = answer.papers[0];
		assert.deepEqual([p.verdict, p.reason], ['altered', 'front-differs']);
		const differing = p.fields.filter((f) => f.same === false).map((f) => f.key);
		assert.ok(differing.includes('p1.name'), differing.join());
		assert.ok(!differing.includes('address'), differing.join());
	});
	test('the pictures come when they are asked for', async () => {
		const { answer } = await desk.ask([desk.pdf('paper.pdf')], { query: '' });
		for (const k of ['front_png', 'difference_png'])
			assert.equal(Buffer.from(answer.papers[0][k], 'base64url').subarray(1, 4).toString(), 'PNG');
	});
});

describe('a back alone', () => {
	test('tells nothing of its holder', async () => {
		const { status, answer } = await desk.ask([desk.scan('paper.pdf', 2)]);
		assert.equal(status, 200);
		assert.deepEqual(Object.keys(answer.papers[0]).sort(), ['advice', 'reason', 'reason_ja', 'verdict', 'verdict_ja']);
		assert.equal(answer.papers[0].reason, 'code-missing');
		assert.ok(!JSON.stringify(answer).includes('見本'));
	});
	test('opens with the typed code, to be compared by eye', async () => {
		const { answer } = await desk.ask([desk.scan('paper.pdf', 2)], { codes: [desk.code.toLowerCase().replace(/(.{4})/g, '$1 ')] });
		assert.deepEqual([answer.papers[0].verdict, answer.papers[0].reason], ['undecided', 'front-missing']);
		assert.ok(answer.papers[0].fields.every((f) => f.same === null));
	});
	test('stays shut with another code', async () => {
		const { answer } = await desk.ask([desk.scan('paper.pdf', 2)], { codes: ['0000-0000-0000-0000'] });
		assert.equal(answer.papers[0].reason, 'code-wrong');
		assert.equal(answer.papers[0].fields, undefined);
	});
	test('a front alone is no paper', async () => {
		const { answer } = await desk.ask([desk.scan('paper.pdf', 1)]);
		assert.deepEqual(answer.papers.map((p) => p.reason), ['back-missing']);
	});
});

describe('what is no scan', () => {
	const refused = [
		['a file that is no picture', () => [Buffer.from('hello')], 422, 'no-picture'],
		['a PNG that breaks off', () => [desk.scan('paper.pdf', 2).subarray(0, 5000)], 422, 'no-picture'],
		['a PDF that is none', () => [Buffer.from('%PDF-1.7\nno')], 422, 'no-picture'],
		['nine pages', () => [Buffer.concat(Array(9).fill(PAGE))], 413, 'too-many-pages'],
		['more pixels than a scan has', () => [Buffer.from('P5\n12001 1\n255\n')], 413, 'too-many-pixels'],
		['nine files', () => Array(9).fill(PAGE), 400, 'bad-input'],
		['no file', () => [], 400, 'bad-input'],
	];
	for (const [what, files, status, code] of refused)
		test(`${what} is refused by name`, async () => {
			const r = await desk.ask(files());
			assert.deepEqual([r.status, r.answer.code], [status, code]);
		});
	test('more than 20 MB are refused', async () => {
		const most = 20 * 1024 * 1024;
		const codes = [];
		for (const bytes of [most, most + 1, 2 * most])
			codes.push((await desk.ask([Buffer.alloc(bytes, 'x')]).catch(() => ({ answer: { code: 'closed' } }))).answer.code);
		assert.deepEqual(codes.slice(0, 2), ['no-picture', 'too-large']);
		assert.ok(['too-large', 'closed'].includes(codes[2]), codes[2]);
	});
	test('the desk answers as before', async () => {
		const { answer } = await desk.ask([desk.pdf('paper.pdf')]);
		assert.equal(answer.papers[0].verdict, 'match');
	});
});

describe('the standing of a number', () => {
	const standing = async () => (await (await fetch(`${desk.url}v1/numbers/${NUMBER}`, { headers: FRESH })).json()).state;
	test('follows what the center wrote', async () => {
		assert.equal(await standing(), 'unknown');
		for (const state of ['issued', 'valid', 'void']) {
			desk.setStanding(state, state === 'void' ? 'jam' : '');
			assert.equal(await standing(), state);
			const { answer } = await desk.ask([desk.pdf('paper.pdf')]);
			assert.equal(answer.papers[0].standing.state, state);
			assert.equal(answer.papers[0].standing.reason, state === 'void' ? 'jam' : undefined);
		}
	});
	test('each time a paper was asked for before is listed', async () => {
		const times = async () => (await desk.ask([desk.pdf('paper.pdf')])).answer.papers[0].standing.asked_before.length;
		desk.pg.sql('kofu_center', 'TRUNCATE inquiry');
		assert.deepEqual([await times(), await times(), await times()], [0, 1, 2]);
		await desk.ask([desk.scan('paper.pdf', 2)]); // a back that stays shut is no inquiry of that number
		assert.equal(await times(), 3);
	});
	test('a number that is none is refused', async () => {
		assert.equal((await fetch(`${desk.url}v1/numbers/abc`, { headers: FRESH })).status, 400);
	});
});

const filesUnder = (dir) => readdirSync(dir, { withFileTypes: true, recursive: true })
	.filter((e) => e.isFile()).map((e) => join(e.parentPath ?? e.path, e.name));

describe('what stays', () => {
	test('nothing of a paper is in the database, the log or a file', async () => {
		await desk.ask([desk.pdf('paper.pdf')], { query: '', codes: [desk.code] });
		const left = [...filesUnder(desk.path('tmp')), ...filesUnder(desk.path('token')), ...filesUnder(desk.path('log'))];
		assert.deepEqual(filesUnder(desk.path('tmp')), []);
		const dump = execFileSync('pg_dump', ['-d', desk.pg.conninfo('kofu_center')], { encoding: 'utf8' });
		for (const secret of ['見本', desk.code, 'front_png']) {
			assert.ok(!dump.includes(secret), secret);
			for (const f of left) assert.ok(!readFileSync(f).includes(secret), `${secret} in ${f}`);
		}
		assert.match(dump, /match/); // only the answer
	});
});

describe('kofu-inquiry verify', () => {
	const file = (name, data) => {
		writeFileSync(desk.path(name), data);
		return desk.path(name);
	};
	test('ends with 0 for a paper that is the same', () => {
		const r = desk.verify(file('a.pdf', desk.pdf('paper.pdf')), '--json');
		assert.equal(r.status, 0, r.stderr);
		assert.equal(JSON.parse(r.stdout).papers[0].verdict, 'match');
	});
	test('ends with 1 for a front that differs', () => {
		const r = desk.verify(file('f.png', desk.scan('forged.pdf', 1, { dpi: 300 })), file('b.png', desk.scan('paper.pdf', 2)));
		assert.equal(r.status, 1, r.stderr);
		assert.match(r.stdout, /^改ざんの疑い/);
	});
	test('ends with 2 for what cannot be told', () => {
		assert.equal(desk.verify(file('b.png', desk.scan('paper.pdf', 2))).status, 2);
		assert.equal(desk.verify(file('c.txt', 'hello')).status, 2);
		assert.equal(desk.verify(file('b.png', desk.scan('paper.pdf', 2)), '--code', desk.code).status, 2);
	});
	test('writes the report that it is asked for', () => {
		const r = desk.verify(file('a.pdf', desk.pdf('paper.pdf')), '--report', desk.path('report.pdf'), '--json');
		assert.equal(r.status, 0, r.stderr);
		const { inquiry, report_pdf } = JSON.parse(r.stdout);
		assert.equal(report_pdf, undefined);
		assert.match(execFileSync('pdftotext', [desk.path('report.pdf'), '-'], { encoding: 'utf8' }), new RegExp(inquiry));
		assert.equal(statSync(desk.path('report.pdf')).mode & 0o777, 0o600);
	});
	test('without its configuration it says so', () => {
		assert.equal(desk.verify('x.png', '-c', desk.path('none.conf')).status, 78);
		assert.equal(desk.verify().status, 70);
	});
	test('a file that is not there is no verdict', () => {
		assert.ok(![0, 1, 2].includes(desk.verify(desk.path('nothing.png')).status));
		assert.ok(statSync(desk.conf).isFile());
	});
});
