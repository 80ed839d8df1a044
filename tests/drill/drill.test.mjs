// SPDX-License-Identifier: Apache-2.0
// The restore drill: the cluster is killed and its disk gone; backup and archive bring back an earlier moment. Nothing
// is issued from it by itself, no issue number is given twice, and at the end the replica is the register again.
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { MUNIS, World, until } from '../world/lib/world.mjs';
import { Backup } from './backup.mjs';

const CODES = MUNIS.map((m) => m.code);
const [A] = CODES;
const dir = mkdtempSync(join(tmpdir(), 'kofu-drill-'));
const w = new World(join(dir, 'run'), { residents: 60, apart: true });
const backup = new Backup(w.pg, w.shortDir('bk'));
const figure = (line) => { if (process.env.KOFU_FIGURES) appendFileSync(process.env.KOFU_FIGURES, `${line}\n`); };
const sql = (code, text) => w.pg.sql(`kofu_${code}`, text);
const server = (...args) => w.run(w.bin('server/kofu-server'), args);
const conf = () => w.path('conf/server.conf');
const numbers = []; // every one that was ever given
const running = (number) => Number(number.split('-').at(-1));
let lostAt; // ms

async function issued(card, options = {}) {
	const r = await w.issue(card, options);
	assert.equal(r.result, 'done', `${card}: ${JSON.stringify(r)}`);
	numbers.push(...r.numbers);
	return r;
}
const refused = async (card, code) => {
	const r = await w.issue(card);
	assert.deepEqual([r.result, r.papers], [code, []], card);
};
/** Everybody of a municipality with a keyed digest, as each side has it. */
async function sides(code) {
	const key = w.path('export.key');
	writeFileSync(key, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
	const of = async (bin, ...args) => {
		const r = await w.run(w.bin(bin), ['export', ...args, key]);
		assert.equal(r.status, 0, r.stderr);
		return r.stdout.trim().split('\n').sort();
	};
	return { register: await of('agent/kofu-agent', w.path(`conf/agent-${code}.conf`)), replica: await of('server/kofu-server', conf(), code) };
}
const sealed = () => until('the audit', 20000, () => CODES.every((c) => sql(c, 'SELECT count(*) FROM audit_open') === '0'), 100);
const witness = (code) => readFileSync(w.path('witness', `${code}.jws`), 'utf8');

before(async () => {
	await w.make();
	backup.make();
	await w.up();
	backup.take();
}, { timeout: 600000 });
after(async () => {
	await w.reset();
	backup.remove();
	rmSync(dir, { recursive: true, force: true });
}, { timeout: 300000 });

test('work goes on behind the backup, and its last part reaches no archive', async () => {
	for (const card of ['taro', 'machi']) await issued(card, { copies: 2 });
	await w.change(A, `SELECT jumin.henko('10000050', '{"katagaki": "例示荘１号", "ido_jiyu": "転居"}')`);
	await sealed();
	await backup.archived();
	// From here on nothing comes back. Another server takes a new lot of numbers.
	await w.processes.stop('server');
	await w.startServer();
	await until('the stream', 20000, async () => (await w.issue('furui')).result !== 'unavailable', 200);
	for (const card of ['taro', 'rin', 'machi']) await issued(card);
	await w.change(A, `SELECT jumin.yokushi_settei('1', '10000025', true)`);
	await w.change(A, `SELECT jumin.henko('10000068', '{"katagaki": "例示荘２号", "ido_jiyu": "転居"}')`);
	await w.change(A, `SELECT jumin.shojo('10000106', '国外転出', '令和８年１１月２１日')`);
	await sealed();
}, { timeout: 300000 });

test('the cluster is killed, its disk is gone, backup and archive bring an earlier moment', async () => {
	const was = CODES.map((c) => ({ seq: w.position(c), issues: Number(sql(c, 'SELECT count(*) FROM issue')) }));
	lostAt = Date.now();
	await backup.lose();
	await backup.restore();
	figure(`killed, restored and recovered in ${((Date.now() - lostAt) / 1000).toFixed(1)} s`);
	assert.ok(Number(sql(A, 'SELECT seq FROM stream')) < was[0].seq, 'the replica is earlier');
	for (const [i, c] of CODES.entries()) {
		assert.ok(Number(sql(c, 'SELECT count(*) FROM issue')) < was[i].issues, 'and so is the ledger');
		const used = Math.max(...numbers.filter((n) => n.startsWith(c)).map(running));
		assert.ok(Number(sql(c, 'SELECT next_number FROM tenant')) <= used, 'numbers that were given would be given again');
	}
}, { timeout: 300000 });

test('nothing is issued from it by itself, nor after a mere resume, and the witness is not overwritten', async () => {
	const before = CODES.map(witness);
	await until('the server to find its database again', 30000, async () => (await w.issue('taro')).result === 'municipality-stopped', 500);
	for (const card of ['hanako', 'rin', 'machi']) await refused(card, 'municipality-stopped');
	for (const c of CODES) assert.equal((await server('resume', conf(), c)).status, 0);
	for (const card of ['hanako', 'machi']) await refused(card, 'municipality-stopped');
	await w.processes.stop('server');
	await w.startServer();
	for (const card of ['taro', 'machi']) await refused(card, 'municipality-stopped');
	assert.deepEqual(CODES.map(witness), before);
}, { timeout: 300000 });

test('the operator hears from the witness what is lost, and must say that it was made good', async () => {
	for (const c of CODES) {
		const no = await server('restored', conf(), c);
		assert.deepEqual([no.status, /acts of staff are lost/.test(no.stderr)], [1, true], no.stdout + no.stderr);
		const [, here, there] = /reaches seq (\d+); its witness knew seq (\d+)/.exec(no.stdout);
		assert.ok(Number(there) > Number(here));
		const yes = await server('restored', conf(), c, '--lost');
		assert.equal(yes.status, 0, yes.stderr);
		assert.equal((await server('restored', conf(), c)).status, 1, 'it is at home now');
		const early = await server('resume', conf(), c);
		assert.deepEqual([early.status, /no reconciliation that began after the stop/.test(early.stderr)], [1, true], early.stdout + early.stderr);
		figure(`${c}: the audit came back to seq ${here}, its witness knew ${there}`);
	}
	for (const card of ['taro', 'machi']) await refused(card, 'municipality-stopped');
}, { timeout: 300000 });

test('the stream goes on, a reconciliation mends what it cannot bring again, row for row', async () => {
	const unlike = await sides(A);
	assert.notDeepEqual(unlike.replica, unlike.register, 'the register knows what the replica lost');
	await w.change(A, `SELECT jumin.henko('10000017', '{"katagaki": "例示荘３号", "ido_jiyu": "転居"}')`);
	for (const c of CODES) {
		const r = await w.run(w.bin('agent/kofu-agent'), ['reconcile', w.path(`conf/agent-${c}.conf`)]);
		assert.equal(r.status, 0, r.stdout + r.stderr);
		const same = await sides(c);
		assert.deepEqual(same.replica, same.register);
		figure(`${c}: ${same.register.length} persons, register and replica alike`);
	}
}, { timeout: 300000 });

test('then it serves again; who was stopped or gone in between stays so, and no number comes twice', async () => {
	for (const c of CODES) assert.equal((await server('resume', conf(), c)).status, 0);
	await until('the lease', 30000, async () => (await w.issue('furui')).result !== 'replica-stale', 500);
	for (const card of ['taro', 'rin', 'machi']) await issued(card, { copies: 2 });
	for (const card of ['hanako', 'kou']) await refused(card, 'not-registered');
	assert.equal(new Set(numbers).size, numbers.length, numbers.join());
	for (const c of CODES) {
		const own = numbers.filter((n) => n.startsWith(c)).map(running);
		assert.equal(new Set(own).size, own.length, 'not even on another day or at another kiosk');
	}
	figure(`${numbers.length} issue numbers before and after, none twice; serving again after ${((Date.now() - lostAt) / 1000).toFixed(0)} s`);
}, { timeout: 300000 });
