// SPDX-License-Identifier: Apache-2.0
// desk - a kofu-inquiry of a test's own: PostgreSQL, a token, keys, papers to ask about, and the site itself.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnSync } from 'node:child_process';
import { Postgres } from '../../world/lib/pg.mjs';
import { Processes, freePort, sh } from '../../world/lib/proc.mjs';

const ROOT = resolve(fileURLToPath(new URL('../../..', import.meta.url)));
const SOFTHSM = '/usr/lib/softhsm/libsofthsm2.so';
const PIXELS = { png: ['-png'], jpeg: ['-jpeg', '-jpegopt', 'quality=85'], tiff: ['-tiff'] };
/** Scans are made while the event loop stands still: a kept connection would be closed by the site unseen. */
export const FRESH = { Connection: 'close' };
export const NUMBER = '20261121-991015-K001-000123';

export class Desk {
	constructor() {
		this.dir = mkdtempSync(join(tmpdir(), 'kofu-desk-'));
		this.build = process.env.KOFU_BUILD ?? join(ROOT, 'build');
		this.pg = new Postgres(ROOT, join(this.dir, 'pg'));
		this.processes = new Processes(this.dir);
	}

	path(...p) {
		return join(this.dir, ...p);
	}

	get env() {
		// Whatever it might write would be found here.
		return { SOFTHSM2_CONF: this.path('softhsm.conf'), TMPDIR: this.path('tmp'), HOME: this.path('tmp') };
	}

	makeToken() {
		mkdirSync(this.path('token'));
		mkdirSync(this.path('tmp'));
		writeFileSync(this.path('softhsm.conf'), `directories.tokendir = ${this.path('token')}\nobjectstore.backend = file\nlog.level = ERROR\n`);
		const pin = randomBytes(8).toString('hex');
		writeFileSync(this.path('pin'), `${pin}\n`, { mode: 0o600 });
		sh('softhsm2-util', ['--init-token', '--free', '--label', 'desk', '--pin', pin, '--so-pin', randomBytes(8).toString('hex')],
			{ env: { ...process.env, ...this.env } });
	}

	makeDatabase() {
		const migrations = join(ROOT, 'db/center/migrations');
		sh('chmod', ['755', this.dir]); // postgres must reach its folder
		this.pg.start();
		this.pg.sql('postgres', 'CREATE DATABASE kofu_center');
		for (const f of readdirSync(migrations).sort())
			this.pg.sql('kofu_center', readFileSync(join(migrations, f), 'utf8'));
	}

	async start() {
		this.port = await freePort();
		this.url = `http://127.0.0.1:${this.port}/`;
		this.makeToken();
		this.makeDatabase();
		this.conf = this.path('inquiry.conf');
		writeFileSync(this.conf, `[inquiry]\nport = ${this.port}\nhost = 127.0.0.1:${this.port}\ndatabase = ${this.pg.conninfo('kofu_center', 'kofu_inquiry')}\nadmin = ${this.pg.conninfo('kofu_center')}\n` +
			`[token]\nmodule = ${SOFTHSM}\nlabel = desk\npin = pin\nkey = inquiry-test\npublic = inquiry.json\n[municipality 991015]\nkeys = papers/991015.json\nroot = papers/991015.root.json\n`);
		mkdirSync(this.path('papers'));
		sh(this.bin, ['init', this.conf], { env: { ...process.env, ...this.env } });
		sh(join(this.build, 'tests/golden/paper-make'), [join(ROOT, 'fonts/manifest.json'), this.path('inquiry.json'), this.path('papers')]);
		this.code = readFileSync(this.path('papers/code.txt'), 'utf8');
		await this.processes.start('inquiry', this.bin, ['run', this.conf], { env: this.env, ready: /ready port=(\d+)/ });
		return this;
	}

	get bin() {
		return join(this.build, 'center/inquiry/kofu-inquiry');
	}

	async stop() {
		await this.processes.stopAll();
		if (existsSync(this.path('pg'))) this.pg.stop();
		rmSync(this.dir, { recursive: true, force: true });
	}

	/** The center's record of the paper's number: 'issued', 'valid' or 'void'. */
	setStanding(state, reason = '') {
		this.pg.sql('kofu_center', `INSERT INTO session VALUES (decode(repeat('01', 16), 'hex'), 'K0001', '991015', decode(repeat('02', 32), 'hex'), '', '', '', 0) ON CONFLICT DO NOTHING;
			INSERT INTO order_log VALUES (decode(repeat('03', 16), 'hex'), decode(repeat('01', 16), 'hex'), decode(repeat('04', 32), 'hex'), '991015', 'K0001', 1, 'reported', NULL, 0) ON CONFLICT DO NOTHING;
			INSERT INTO issue_number VALUES ('${NUMBER}', decode(repeat('05', 16), 'hex'), decode(repeat('03', 16), 'hex'), '991015', 1, 1, '${state}', '${reason}', 1795190400000)
			ON CONFLICT (number) DO UPDATE SET state = '${state}', reason = '${reason}'`);
	}

	/** What a scanner gives of one side of a paper; 1 is the first front, 2 its back. */
	scan(paper, side, { format = 'png', dpi = 200, more = [] } = {}) {
		const args = ['-gray', '-r', String(dpi), '-f', String(side), '-l', String(side), ...more];
		if (format === 'pgm') return sh('pdftoppm', [...args, this.path('papers', paper)], { encoding: 'buffer' });
		const to = this.path(`scan-${paper}-${side}-${dpi}-${format}`);
		sh('pdftoppm', [...args, ...PIXELS[format], '-singlefile', this.path('papers', paper), to]);
		return readFileSync(`${to}.${{ png: 'png', jpeg: 'jpg', tiff: 'tif' }[format]}`);
	}

	pdf(paper) {
		return readFileSync(this.path('papers', paper));
	}

	/** @param {(Buffer | {code: string})[]} parts files, and codes behind the file they belong to */
	post(path, parts, headers = {}) {
		const body = new FormData();
		for (const p of parts) p instanceof Uint8Array ? body.append('file', new Blob([p]), 'scan') : body.append('code', p.code);
		// A kept connection may be closed under us between two questions; and asking again counts.
		return fetch(`${this.url}${path}`, { method: 'POST', body, headers: { ...headers, ...FRESH } });
	}

	/** @returns {Promise<{status: number, answer: any, headers: Headers}>} */
	async ask(files, { codes = [], query = '?pictures=no', headers = {} } = {}) {
		const r = await this.post(`v1/inquiries${query}`, [...files, ...codes.map((code) => ({ code }))], headers);
		return { status: r.status, answer: await r.json(), headers: r.headers };
	}

	/** The same line by line: of an inquiry, or of a batch of papers. */
	async lines(path, parts, headers = {}) {
		const r = await this.post(path, parts, { Accept: 'application/x-ndjson', ...headers });
		const text = await r.text();
		return { status: r.status, type: r.headers.get('content-type'), lines: text.split('\n').filter(Boolean).map((l) => JSON.parse(l)) };
	}

	key(...args) {
		return spawnSync(this.bin, ['key', ...args, '-c', this.conf], { env: { ...process.env, ...this.env }, encoding: 'utf8' });
	}

	verifyOffline(record) {
		return spawnSync(join(this.build, 'center/offline/kofu-verify-offline'), ['--root', this.path('papers/991015.root.json'), '--keys', this.path('papers/991015.json'), record], { encoding: 'utf8' });
	}

	verify(...args) {
		return spawnSync(this.bin, ['verify', '-c', this.conf, ...args], { env: { ...process.env, ...this.env }, encoding: 'utf8' });
	}
}
