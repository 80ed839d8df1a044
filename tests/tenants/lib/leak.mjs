// SPDX-License-Identifier: Apache-2.0
// A dump of the cluster, its data folder and every log, searched for the known residents by tenant-sieve. Registered
// by tenants.test.mjs over its world, behind everything that was done there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, existsSync, mkdirSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { sh, until } from '../../world/lib/proc.mjs';
import { Terminal } from '../../world/lib/staff.mjs';
import { isoDate, writeNeedles } from './needles.mjs';

const KNOWN = 1000;
/** What others own: papers, cards, the JPKI, the registers' own input. */
const OTHERS = ['out', 'cards', 'jpki', 'pids.json', 'endpoints.json'];

export function leaks(w, cities, figure) {
	const own = () => join(w.dir, '..', 'leak'); // beside the world: never searched itself
	const patterns = () => join(own(), 'patterns');
	let known;

	/** Hits as "label path offset", and the last line's figures. */
	function sieve(...paths) {
		const lines = sh(w.bin('tests/tenants/tenant-sieve'), [patterns(), ...paths]).trim().split('\n');
		const [, files, , bytes, , n, , hits] = lines.pop().split(' ');
		assert.equal(Number(n), known.patterns);
		return { files: Number(files), bytes: Number(bytes), hits: Number(hits), lines };
	}
	const labels = (found) => new Set(found.lines.map((l) => l.split(' ')[0]));
	function dump(name) {
		const file = join(own(), name);
		execFileSync('pg_dumpall', ['-h', w.pg.dir, '-U', 'postgres'], { stdio: ['ignore', openSync(file, 'w', 0o600), 'pipe'] });
		return file;
	}
	const checkpoint = () => w.pg.sql('postgres', 'CHECKPOINT; SELECT pg_switch_wal(); CHECKPOINT');
	const logs = () => [...readdirSync(w.dir).filter((f) => !OTHERS.includes(f)).map((f) => w.path(f)), join(w.pg.dir, 'log')];

	describe('the ASP', () => {
		before(() => {
			mkdirSync(own(), { recursive: true });
			const people = cities.flatMap((c) => JSON.parse(w.registers.sql(`register_${c}`, `SELECT json_agg(json_build_object('name', shimei, 'kana', shimei_furigana,
				'address', jusho, 'birth', seinengappi, 'kojin-no', kojin_no, 'jumin-code', juminhyo_code)) FROM (SELECT DISTINCT ON (atena_no) * FROM jumin.juminhyo ORDER BY atena_no, rireki_no DESC) j`)));
			for (const p of people) p['birth-iso'] = isoDate(p.birth ?? '');
			assert.ok(people.length >= KNOWN, `${people.length} known residents`);
			known = writeNeedles(patterns(), people);
			assert.ok(known.short < known.patterns / 100, `${known.short} patterns are too short to look for`);
			figure(`known: ${known.people} residents, ${known.patterns} patterns`);
		}, { timeout: 300000 });

		test('works on residents, with every statement and its values in the log of the database', async () => {
			for (const s of ["log_statement = 'all'", 'log_parameter_max_length = -1', 'log_parameter_max_length_on_error = -1', "log_error_verbosity = 'verbose'", 'log_min_duration_statement = 0'])
				w.pg.sql('postgres', `ALTER SYSTEM SET ${s}`);
			w.pg.sql('postgres', 'SELECT pg_reload_conf()');
			const [a, b] = cities;
			await w.change(a, `SELECT jumin.henko('10000017', '{"katagaki": "例示荘２０２号室", "ido_jiyu": "職権修正"}')`);
			for (const [card, options] of [['hanako', { kind: 'inkan' }], ['taro', { scope: 'household', options: ['honseki', 'kojin_no', 'jumin_code'] }], ['machi', { kind: 'kisai' }]])
				assert.equal((await w.issue(card, options)).result, 'done', card);
			assert.notEqual((await w.issue('gaiji')).result, 'done', 'one that cannot be printed is refused');
			assert.notEqual((await w.issue('optout')).result, 'done', 'and one that may not be');
			const t = new Terminal(w, a, 'T01');
			assert.equal((await t.login(w.state.consoles[a].staff.people.uketsuke1)).status, 200);
			const found = await t.ask('POST', '/api/persons', { atena_no: '', kana: 'ミホン　タロウ', birth: '' });
			assert.ok(found.status === 200 && found.json.persons.length > 0, found.text);
			const subject = found.json.persons[0].ref;
			assert.equal((await t.ask('POST', '/api/person', { ref: subject })).status, 200);
			const stop = { subject, household: false, kinds: ['inkan'], category: 'honnin', way: 'madoguchi', reason: '見本　太郎様の申出', asked_by: '見本　太郎', from: '2026-01-01', review: '' };
			assert.equal((await t.ask('POST', '/api/stops', stop)).status, 200);
			// A record that cannot be read: its person is parked, and what it held is nowhere told.
			await w.change(b, `SELECT jumin.henko('10000050', '{"kojin_no": "1234567890123456", "ido_jiyu": "職権修正"}')`);
			await until('the audit', 20000, () => cities.every((c) => w.pg.sql(`kofu_${c}`, 'SELECT count(*) FROM audit_open') === '0'), 200);
		}, { timeout: 300000 });

		test('sees nobody in a dump of the whole cluster', () => {
			const found = sieve(dump('dump.sql'));
			assert.deepEqual(found.lines, []);
			assert.ok(found.bytes > 1e6, 'the dump is a whole one');
			figure(`dump: ${(found.bytes / 1e6).toFixed(1)} MB, ${found.hits} hits`);
		}, { timeout: 300000 });

		test('sees nobody in the data folder: heap, indexes, WAL', () => {
			checkpoint();
			const found = sieve(w.pg.data);
			assert.deepEqual(found.lines, []);
			assert.ok(found.files > 500 && found.bytes > 5e7, 'the folder is a whole one');
			figure(`data folder: ${found.files} files, ${(found.bytes / 1e6).toFixed(0)} MB, ${found.hits} hits`);
		}, { timeout: 300000 });

		test('sees nobody in what server, center, agent, kiosk, inquiry and database log and keep', () => {
			const found = sieve(...logs());
			assert.deepEqual(found.lines, []);
			for (const name of ['server', 'center', 'seal', 'kiosk', 'inquiry', `agent-${cities[0]}`, `console-${cities[0]}`]) assert.ok(existsSync(w.path('log', `${name}.log`)), name);
			figure(`logs and journals: ${found.files} files, ${(found.bytes / 1e6).toFixed(1)} MB, ${found.hits} hits`);
		}, { timeout: 300000 });

		test('would be seen: seeded rows are found in the dump, in the heap and in the WAL, a line in a log', () => {
			const db = `kofu_${cities[1]}`;
			const one = JSON.parse(w.registers.sql(`register_${cities[1]}`, `SELECT json_build_object('name', shimei, 'kojin', kojin_no, 'address', jusho, 'kana', shimei_furigana) FROM jumin.juminhyo WHERE atena_no = '10000025' LIMIT 1`));
			const hex = (b) => `'\\x${b.toString('hex')}'`;
			w.pg.sql(db, `CREATE TABLE seeded (t text, b bytea); INSERT INTO seeded VALUES
				('${one.name}', ${hex(Buffer.from(one.name, 'utf16le'))}), ('x ${Buffer.from(`ab${one.address}cd`).toString('base64')}', ${hex(Buffer.from(one.kojin))}),
				('${Buffer.from(one.kana).toString('hex')}', NULL)`);
			checkpoint();
			const inDump = labels(sieve(dump('seeded.sql')));
			for (const l of ['name.utf-8', 'name.hex-of-utf-16le', 'address.base64-of-utf-8', 'kojin-no.hex-of-utf-8', 'kana.hex-of-utf-8']) assert.ok(inDump.has(l), `${l} in ${[...inDump]}`);
			const data = sieve(w.pg.data).lines;
			for (const l of ['name.utf-8', 'name.utf-16le', 'address.base64-of-utf-8', 'kojin-no.utf-8', 'kana.hex-of-utf-8'])
				for (const where of ['/base/', '/pg_wal/']) assert.ok(data.some((x) => x.startsWith(`${l} `) && x.includes(where)), `${l} in ${where}`);
			const log = w.path('log', 'seeded.log');
			copyFileSync(w.path('log', 'server.log'), log);
			appendFileSync(log, `<6>event=oops name=${one.name}\n`);
			assert.deepEqual(sieve(...logs()).lines.filter((l) => l.includes(log)).map((l) => l.split(' ')[0]), ['name.utf-8']);
			rmSync(log);
			w.pg.sql(db, 'DROP TABLE seeded');
			writeFileSync(patterns(), '');
		}, { timeout: 300000 });
	});
}
