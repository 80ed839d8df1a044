// SPDX-License-Identifier: Apache-2.0
// One municipality's credentials reach nothing of another's: every HTTP route of server, console and center with
// every certificate there is, every SQL role in every database, every Unix socket; refused, and told in a log.
import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { createInterface } from 'node:readline';
import { gzipSync } from 'node:zlib';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { MUNIS, World, sh, until } from '../world/lib/world.mjs';
import { Generations } from '../world/lib/generations.mjs';
import { writePng } from '../world/lib/png.mjs';
import { sides } from '../world/lib/scan.mjs';
import { Terminal } from '../world/lib/staff.mjs';
import { leaks } from './lib/leak.mjs';
import { Peer, allPeers, frame, frameAs, knock, listening, logged, logins, offerOf, signature } from './lib/peers.mjs';

const [A, B] = MUNIS.map((m) => m.code);
const NOBODY = 65534;
const ROOT_USER = process.getuid() === 0;
const dir = mkdtempSync(join(tmpdir(), 'kofu-tenants-'));
const w = new World(join(dir, 'run'), { residents: 500, consoles: true, apart: true, overlap: 1 });
const figure = (line) => { if (process.env.KOFU_FIGURES) appendFileSync(process.env.KOFU_FIGURES, `${line}\n`); };
const sql = (city, text) => w.pg.sql(`kofu_${city}`, text);
const FIRST = '010001'; // a data key's first generation, behind its wrapped form (server/seal/seal.h)
const logOf = (name) => w.path('log', `${name}.log`);
let peers;
let routes;

before(async () => {
	await w.up();
	const issue = (role, name) => sh(w.bin('tests/world/world-netca'), ['issue', w.path('net'), role, name]);
	issue('server', 'S2');
	issue('agent', '991031');
	peers = allPeers(w.path('net'));
	const lines = (bin) => sh(w.bin(bin), ['routes']).trim().split('\n').map((l) => JSON.parse(l));
	routes = [...lines('server/kofu-server'), ...lines('center/kofu-center')];
}, { timeout: 600000 });
after(async () => {
	for (const p of peers ?? []) p.close();
	await w.reset();
	rmSync(dir, { recursive: true, force: true });
}, { timeout: 300000 });

/** Where a listener's routes are served: port, log, and whose it is (null: all municipalities'). */
function places() {
	const s = w.state;
	return [
		{ listener: 'front', port: s.server.port, log: 'server', owner: null },
		{ listener: 'stream', port: s.server.streamPort, log: 'server', owner: null },
		{ listener: 'center', port: s.center.port, log: 'center', owner: null },
		...[A, B].map((code) => ({ listener: 'console', port: s.consoles[code].port, log: `console-${code}`, owner: code })),
	];
}
const url = (path, code) => path.replace('{kind}', 'juminhyo').replace('{muni}', code).replace(/\{\w+\}/g, '1');
const bodyOf = (method) => (method === 'POST' ? '{}' : null);
/** May this certificate so much as speak to this route? What it then says is another test. */
const mayCall = (route, place, peer) => route.roles === '' || (route.roles.split(' ').includes(peer.role) && (place.owner === null || place.owner === peer.owner));

describe('HTTP', () => {
	test('every route refuses every certificate that is not for it, and the log says whose it was', async () => {
		let cells = 0;
		for (const place of places()) {
			const own = routes.filter((r) => r.listener === place.listener);
			assert.ok(own.length >= 5, place.listener);
			for (const peer of peers) {
				const host = place.owner ? { Host: `127.0.0.1:${place.port}` } : {};
				const told = [];
				for (const route of own.filter((r) => !mayCall(r, place, peer))) {
					const r = await peer.ask(place.port, route.method, url(route.path, A), bodyOf(route.method), host);
					const cell = `${peer.file} at ${place.log}: ${route.method} ${route.path}`;
					assert.equal(r.status, 403, `${cell}: ${r.status} ${r.body}`);
					assert.ok(['role-refused', 'terminal-refused'].includes(r.json?.code), `${cell}: ${r.body}`);
					told.push([cell, r.headers['kofu-txn'], route.path]);
					cells++;
				}
				if (told.length === 0) continue;
				await logged(logOf(place.log), new RegExp(`event=http.request txn=${told.at(-1)[1]} `));
				const log = readFileSync(logOf(place.log), 'utf8');
				for (const [cell, txn, path] of told) {
					const line = log.split('\n').find((l) => l.includes(`event=http.request txn=${txn} `));
					assert.ok(line?.includes(`route=${path} `) && line.includes('status=403') && line.includes(`role=${peer.role} peer=${peer.name} `), `${cell}: ${line}`);
				}
			}
		}
		figure(`HTTP: ${routes.length} routes, ${peers.length} certificates, ${cells} cells refused and logged`);
	}, { timeout: 300000 });

	test('a certificate of another CA gets no further than the handshake, whatever it calls itself', async () => {
		const forged = w.path('forged');
		sh(w.bin('tests/world/world-netca'), ['init', forged]);
		for (const p of peers) sh(w.bin('tests/world/world-netca'), ['issue', forged, p.role, p.name]);
		for (const p of peers) {
			const fake = new Peer(forged, p.file, readFileSync(w.path('net/ca.crt')));
			for (const place of places()) await assert.rejects(fake.ask(place.port, 'GET', '/livez'), (e) => e.code !== 'ECONNREFUSED', `${p.file} at ${place.log}`);
			fake.close();
		}
		for (const place of places()) await logged(logOf(place.log), /event=http.peer-refused/);
		figure(`TLS: ${peers.length} forged certificates at ${places().length} listeners, none got in`);
	}, { timeout: 300000 });

	test("an agent that speaks of another municipality is refused on every route of the stream, with either's key", async () => {
		const agent = peers.find((p) => p.file === `agent-${B}`);
		const port = w.state.server.streamPort;
		const pems = [A, B].map((c) => readFileSync(w.path('net', `sync-${c}.key`), 'utf8'));
		const before = sql(A, 'SELECT seq, epoch, stopped FROM stream, tenant');
		const now = sql(A, 'SELECT epoch, encode(hash, \'hex\') FROM stream').split('|');
		const beat = JSON.stringify({ v: 1, muni: A, epoch: Number(now[0]), seq: w.position(A), hash: now[1], time_ms: Date.now() });
		const batch = JSON.stringify({ v: 1, muni: A, epoch: Number(now[0]), seq: w.position(A) + 1, prev: now[1], source: '0/0', register_ms: Date.now(), urgent: true,
			records: [{ kind: 'block', atena_no: '10000017', rireki_no: 9, active: true, kinds: ['juminhyo'] }] });
		const mend = JSON.stringify({ v: 1, muni: A, key: '00'.repeat(32), persons: [] });
		const word = JSON.stringify({ v: 1, muni: A, run: 1, key: '00'.repeat(32), open: 0 });
		const told = { '/v1/reconcile/settled': ['kofu-settled', Buffer.from(word)], '/v1/stream/batch': ['kofu-batch', gzipSync(batch)], '/v1/stream/heartbeat': ['kofu-heartbeat', Buffer.from(beat)], '/v1/reconcile/mend': ['kofu-mend', Buffer.from(mend)] };
		const session = (await agent.ask(port, 'POST', '/v1/stream/session', '{}')).json;
		assert.equal(session.muni, B, 'a certificate stands for its own municipality');
		const seen = sql(B, 'SELECT seq FROM stream');
		let cells = 0;
		for (const { method, path } of routes.filter((r) => r.listener === 'stream')) {
			const [typ, body] = told[path] ?? ['kofu-none', Buffer.from(method === 'POST' ? JSON.stringify({ v: 1, muni: A }) : '')];
			for (const pem of pems) {
				const r = await agent.ask(port, method, path, method === 'POST' ? body : null, { 'Kofu-Signature': signature(pem, typ, body), 'Kofu-Session': session.session });
				cells++;
				if (method === 'GET') assert.equal(r.json.muni, B);
				else assert.ok(r.status >= 400 && r.status < 500, `${path}: ${r.status} ${r.body}`);
				if (told[path]) assert.equal(r.status, 403, `${path}: ${r.status} ${r.body}`);
				await logged(logOf('server'), new RegExp(`event=http.request txn=${r.headers['kofu-txn']} .*peer=${B} `));
			}
		}
		assert.equal(sql(A, `SELECT seq, epoch, stopped FROM stream, tenant`), before, 'nothing of the other changed, and it serves on');
		assert.equal(sql(B, 'SELECT seq FROM stream'), seen);
		const stranger = await peers.find((p) => p.file === 'agent-991031').ask(port, 'GET', '/v1/stream/position');
		assert.equal(stranger.status, 403, 'an agent of a municipality that is not served here');
		figure(`stream: ${cells} cells of an agent that speaks of another municipality`);
	}, { timeout: 300000 });

	test("a card of one municipality is nobody in the other's replica", async () => {
		const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
		const { x, y } = publicKey.export({ format: 'jwk' });
		const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
		const center = peers.find((p) => p.file === 'center-C1');
		const ask = (muni) => center.ask(w.state.server.port, 'POST', '/v1/offer', offerOf(w.card('taro').dir, muni, { point }));
		assert.equal((await ask(A)).status, 200, 'the question is a good one');
		const r = await ask(B);
		assert.deepEqual([r.status, r.json.code], [404, 'not-registered']);
	});

	test('a server tells the directory nothing of a municipality that it does not serve', async () => {
		const body = JSON.stringify({ muni: A, seq: 1, changes: [{ issuer: '00'.repeat(32), serial: '01', state: 'claim' }] });
		const r = await peers.find((p) => p.file === 'server-S2').ask(w.state.center.port, 'POST', '/v1/directory', body);
		assert.deepEqual([r.status, r.json.code], [403, 'not-yours']);
	});
});

describe('the staff', () => {
	test("of one city are nobody in the other's pages: their session, on every route, and their password", async () => {
		const own = new Terminal(w, A, 'T02');
		const person = w.state.consoles[A].staff.people.unyo1;
		assert.equal((await own.login(person)).status, 200);
		const refusals = () => Number(sql(B, 'SELECT count(*) FROM audit_row WHERE kind = 3'));
		const had = refusals();
		let cells = 0;
		for (const { method, path } of routes.filter((r) => r.listener === 'console' && r.path.startsWith('/api/') && r.path !== '/api/login')) {
			for (const [owner, want] of [[B, 'session-over'], [A, 'terminal-refused']]) {
				const t = new Terminal(w, B, 'T01', owner);
				Object.assign(t, { cookie: own.cookie, csrf: own.csrf });
				const r = await t.ask(method, url(path, A), method === 'POST' ? {} : undefined);
				assert.equal(r.json?.code, want, `${method} ${path}: ${r.status} ${r.text}`);
				cells++;
			}
		}
		const t = new Terminal(w, B);
		t.csrf = 'none';
		assert.equal((await t.login({ ...person })).json?.code, 'login-refused', 'the same id and password, another city');
		assert.equal(refusals(), had + cells + 1, 'each stands in the audit of the city that was tried');
		assert.equal((await own.ask('GET', '/api/me')).status, 200, 'and at home the session is good');
		figure(`console: ${cells + 1} cells of one city's session and log-in in the other's pages, all in its audit`);
	}, { timeout: 300000 });
});

const ofCity = (role) => /^kofu_([0-9]{6})_/.exec(role)?.[1];
const home = (role) => (ofCity(role) ? `kofu_${ofCity(role)}` : 'kofu_center');

describe('SQL', () => {
	const roles = () => w.pg.sql('postgres', "SELECT rolname FROM pg_roles WHERE rolcanlogin AND rolname LIKE 'kofu\\_%' ORDER BY 1").split('\n');
	const databases = () => w.pg.sql('postgres', 'SELECT datname FROM pg_database WHERE datallowconn ORDER BY 1').split('\n');
	const pgLog = () => join(w.pg.dir, 'log');

	test('every role is let into its own database alone, and the log names who tried another', async () => {
		const cells = roles().flatMap((role) => databases().flatMap((db) => [{ role, db, replication: false }, { role, db, replication: true }]))
			.filter(({ db, replication }) => replication || !['postgres', 'template1'].includes(db));
		let refused = 0;
		for (const { role, db, replication } of cells) {
			const why = await knock(w.pg, role, db, replication);
			if (db === home(role) && !replication) {
				assert.equal(why, null, `${role} at home`);
				continue;
			}
			assert.match(why ?? '', /permission denied for database|must be superuser or replication role/, `${role} in ${db}`);
			refused++;
		}
		await logged(pgLog(), new RegExp(`${cells.at(-1).role}@${cells.at(-1).db} FATAL: `));
		const log = readFileSync(pgLog(), 'utf8');
		for (const { role, db } of cells.filter((c) => c.db !== home(c.role))) assert.ok(log.includes(`${role}@${db} FATAL: `), `${role}@${db} is in the log`);
		assert.ok(roles().length >= 8 && refused >= 40, `${refused}`);
		figure(`SQL: ${roles().length} roles, ${databases().length} databases, ${refused} logins refused and logged`);
	}, { timeout: 300000 });

	test("from inside its own database nothing opens another's, nor the server's files", () => {
		const other = { [A]: B, [B]: A };
		const all = roles();
		const cells = all.filter(ofCity).map((role) => {
			const to = other[ofCity(role)];
			return { role, db: home(role), sql: [...all.filter((r) => r !== role).map((r) => `SET ROLE ${r}`), `SET SESSION AUTHORIZATION kofu_${to}_front`,
				`SELECT * FROM kofu_${to}.public.person`, `SELECT pg_read_file('postgresql.conf')`, `SELECT pg_ls_dir('base')`, `COPY (SELECT 1) TO PROGRAM 'true'`,
				`COPY (SELECT 1) TO '/tmp/kofu-no'`, 'CREATE EXTENSION dblink', 'CREATE EXTENSION postgres_fdw', 'CREATE TABLE public.mine (x int)',
				`SELECT lo_import('/etc/passwd')`, "ALTER SYSTEM SET log_statement = 'all'", 'SELECT * FROM pg_authid', `CREATE DATABASE mine TEMPLATE kofu_${to}`,
				`SELECT 1 / count(*) FROM pg_stat_activity WHERE datname <> current_database() AND query NOT IN ('', '<insufficient privilege>')`] };
		});
		const got = logins(w.pg, cells);
		let n = 0;
		for (const [i, { role, sql: tries }] of cells.entries()) {
			assert.ok(got[i].ok && got[i].results.length === tries.length, `${role}: ${got[i].why}`);
			for (const [k, t] of tries.entries()) assert.ok(!got[i].results[k].ok, `${role}: ${t}: ${got[i].results[k].said}`);
			n += tries.length;
		}
		figure(`SQL: ${n} ways out of one's own database, all refused`);
	}, { timeout: 300000 });

	test('in the databases that belong to nobody there is nothing to read', () => {
		const none = `SELECT 1 / (count(*) = 0)::int FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'`;
		const cells = roles().flatMap((role) => ['postgres', 'template1'].map((db) => ({ role, db, sql: [none] })));
		for (const [i, r] of logins(w.pg, cells).entries())
			if (r.ok) assert.ok(r.results[0].ok, `${cells[i].role} in ${cells[i].db}: ${r.results[0].said}`);
	});

	test('another user of the machine is none of the roles', { skip: !ROOT_USER && 'needs root' }, async () => {
		// As docs/SECURITY.md has it: who one is on this machine decides, a map says which roles that may be.
		const me = process.getuid() === 0 ? 'root' : process.env.USER;
		const all = w.pg.sql('postgres', 'SELECT rolname FROM pg_roles WHERE rolcanlogin').split('\n');
		writeFileSync(join(w.pg.data, 'pg_hba.conf'), 'local all all peer map=kofu\nlocal replication all peer map=kofu\n');
		writeFileSync(join(w.pg.data, 'pg_ident.conf'), `${[...all.map((r) => `kofu ${me} ${r}`), 'kofu postgres postgres'].join('\n')}\n`);
		w.pg.sql('postgres', 'SELECT pg_reload_conf()');
		chmodSync(w.pg.dir, 0o711); // the folder would keep it out already
		const cells = [...roles(), 'postgres'].map((role) => ({ role, db: home(role) }));
		for (const [i, r] of logins(w.pg, cells, NOBODY).entries()) assert.ok(!r.ok && /Peer authentication failed/.test(r.why), `${cells[i].role}: ${r.why}`);
		await logged(pgLog(), /@kofu_\d+ FATAL: {2}Peer authentication failed/);
		assert.ok(logins(w.pg, [{ role: `kofu_${A}_front`, db: `kofu_${A}` }])[0].ok, 'its own user is let in');
	});
});

describe('Unix sockets', () => {
	const KSQ = (op, ...parts) => Buffer.concat([Buffer.from('KSQ1'), Buffer.from([op]), ...parts]);
	const result = (answer) => (answer === null ? 'silence' : answer.readInt32BE(4));
	const wrapped = (city) => Buffer.from(`${sql(city, "SELECT encode(wrapped_key, 'hex') FROM tenant")}${FIRST}`, 'hex');
	const UNWRAP = 1;
	const KEYS = 3;
	const NO_KEY = 1401;
	const INTEGRITY = -4;

	test('there is one that leads to keys, and nothing else of the server listens on any', () => {
		const pids = ['seal', 'server', 'center', 'inquiry', `console-${A}`, `console-${B}`, `agent-${A}`, `agent-${B}`].map((n) => w.processes.list[n].pid);
		assert.deepEqual([...new Set(listening(pids))], [w.state.seal]);
	});

	test("kofu-seal opens no municipality's key under another's name", async () => {
		const muni = (c) => Buffer.from(c);
		const good = await frame(w.state.seal, KSQ(UNWRAP, muni(A), wrapped(A)));
		assert.equal(result(good), 0, 'the question is a good one');
		for (const [what, frameBytes, want] of [
			['the key of A asked for as B', KSQ(UNWRAP, muni(B), wrapped(A)), INTEGRITY],
			['the key of B asked for as A', KSQ(UNWRAP, muni(A), wrapped(B)), INTEGRITY],
			['of a municipality that it has no keys of', KSQ(UNWRAP, muni('991031'), wrapped(A)), NO_KEY],
			['the public key of one', KSQ(KEYS, muni('991031')), NO_KEY],
		]) assert.equal(result(await frame(w.state.seal, frameBytes)), want, what);
		await logged(logOf('seal'), /event=seal.failed/);
		await logged(logOf('seal'), new RegExp(`event=seal.refused outcome=${NO_KEY}`));
	});

	test('another user of the machine gets no answer at any of them', { skip: !ROOT_USER && 'needs root' }, async () => {
		const ask = KSQ(UNWRAP, Buffer.from(A), wrapped(A));
		const pids = Object.values(w.processes.list).map((p) => p.pid);
		const paths = [...new Set(listening(pids))].filter((p) => p.startsWith('/'));
		assert.ok(paths.includes(w.state.seal) && paths.includes(w.state.till.socket), paths.join());
		for (const p of paths) assert.equal(frameAs(NOBODY, p, ask), 'EACCES', basename(p));
		// And with every file's rights given away, kofu-seal still looks who asks.
		chmodSync(dirname(w.state.seal), 0o711);
		chmodSync(w.state.seal, 0o777);
		assert.equal(frameAs(NOBODY, w.state.seal, ask), 'silence');
		await logged(logOf('seal'), /event=seal.peer-refused/);
		chmodSync(w.state.seal, 0o600);
		chmodSync(dirname(w.state.seal), 0o700);
		figure(`sockets: ${paths.length} tried by another user of the machine, none answered`);
	});
});

describe("a city's keys change while it serves", () => {
	const papers = []; // that were printed meanwhile
	const keys = new Generations(w, A);
	const recordFile = join(dir, 'record.json');
	const file = (name) => w.path(`keys/${A}${name}`);
	const kept = (name, when) => join(dir, `${when}${name}`);
	/** What verifiers were given: root and directory as they are now. */
	const keep = (when) => { for (const name of ['.root.json', '.json']) copyFileSync(file(name), kept(name, when)); };
	/** Center and inquiry have taken a file of so many roots, whether anybody asked them or not. */
	const believed = (n) => Promise.all(['center', 'inquiry'].map((name) => until(`${name} to believe ${n}`, 20000, () => {
		const told = readFileSync(logOf(name), 'utf8').split('\n').filter((l) => /event=keys\.(new|roots|directory) /.test(l) && l.includes(` muni=${A} `));
		return new RegExp(` roots=${n}\\b`).test(told.at(-1) ?? '');
	}, 250)));
	let bank; // its key

	test("its wrapping key and its signing key, twice each, and its root; no order fails, and the other's are not touched", async () => {
		const wrapped = (city) => sql(city, "SELECT encode(wrapped_key, 'hex') FROM tenant");
		const ask = (city, hex) => frame(w.state.seal, Buffer.concat([Buffer.from('KSQ1\x01'), Buffer.from(city), Buffer.from(hex + FIRST, 'hex')]));
		const [first, others] = [wrapped(A), wrapped(B)];
		const directory = readFileSync(w.path(`keys/${B}.json`), 'utf8');
		const dek = await ask(A, first);
		const seal = (...args) => w.run(w.bin('server/kofu-seal'), args, w.env('server'));
		let rotated = false;
		const orders = (async () => { // as long as keys change, and one behind it
			for (let last = false; !last;) {
				last = rotated;
				const r = await w.issue('taro');
				assert.equal(r.result, 'done', `order ${papers.length + 1}`);
				papers.push(r);
			}
		})();
		const printed = () => { // one that began after this moment
			const n = papers.length + 2;
			return until('an order', 60000, () => papers.length >= n, 100);
		};
		const all = [first];
		keep('before');
		for (const generation of [2, 3]) {
			const made = await seal('rotate', w.path('conf/seal.conf'), A);
			assert.deepEqual([made.status, made.stdout.trim()], [0, `wrap-${A}-${generation}`], made.stderr);
			const done = await w.run(w.bin('server/kofu-server'), ['key', 'rotate', w.path('conf/server.conf'), A]);
			assert.equal(done.status, 0, done.stderr);
			all.push(wrapped(A));
			if (generation === 2) await Promise.race([printed(), orders]); // the first signed
			assert.equal(await keys.next(), generation);
			if (generation === 2) await Promise.race([printed(), orders]);
			if (generation === 2) {
				assert.equal(await keys.newRoot(), 2); // the third is announced by both
				await believed(2);
			}
		}
		keep('both');
		await keys.use(2, 'root');
		await believed(1);
		await keys.must('retire', 1);
		rotated = true;
		await orders;
		assert.equal(new Set(all).size, 3, 'it was wrapped anew each time');
		for (const hex of all) assert.deepEqual(await ask(A, hex), dek, 'and is the same, also as a backup has it');
		for (const hex of all) assert.equal((await ask(B, hex)).readInt32BE(4), -4, 'under no generation for the other');
		assert.equal(wrapped(B), others);
		assert.equal(readFileSync(w.path(`keys/${B}.json`), 'utf8'), directory);
		figure(`keys: three generations of wrapping and of signing, two roots, ${papers.length} orders meanwhile, none failed`);
	}, { timeout: 300000 });

	/** One paper at the banks' site that has been running all the time. */
	async function atTheBank({ paper }) {
		const pictures = sides(paper).map((p) => writePng(p, 300));
		for (let tries = 1; ; tries++) {
			const body = new FormData();
			for (const [i, p] of pictures.entries()) body.append('file', new Blob([p]), `${i}.png`);
			const r = await fetch(`${w.state.inquiry.url}/v1/inquiries?pictures=no&opened=yes`, { method: 'POST', body, headers: { Authorization: `Bearer ${bank}`, Connection: 'close' } });
			const answer = await r.json();
			if (r.status === 200) return answer.papers[0];
			// A machine that is busy with other things: the site gives up a picture after so many seconds.
			assert.ok(tries < 5, `${r.status} ${JSON.stringify(answer)}`);
		}
	}
	const offline = (code = A, root = w.path(`keys/${code}.root.json`), directory = w.path(`keys/${code}.json`)) =>
		w.run(w.bin('center/offline/kofu-verify-offline'), ['--root', root, '--keys', directory, recordFile]);
	/** Which root, given when, believes which directory of the paper's generation: exit statuses. */
	async function overlap() {
		const [before, both] = ['before', 'both'].map((when) => ({ root: kept('.root.json', when), keys: kept('.json', when) }));
		const now = { root: file('.root.json'), keys: file('.json') };
		const cells = [[before, before], [before, both], [both, both], [both, now], [now, both], [before, now], [now, before]];
		return Promise.all(cells.map(async ([r, k]) => (await offline(A, r.root, k.keys)).status));
	}

	test('papers of all three generations verify, at the site and without it; one of a revoked generation is named so', async () => {
		bank = sh(w.bin('center/inquiry/kofu-inquiry'), ['key', 'create', '見本銀行', '--per-minute', '600', '-c', w.path('conf/inquiry.conf')], { env: { ...process.env, ...w.env('inquiry') } }).trim();
		const of = await keys.of(papers.map((p) => p.numbers[0]));
		const one = (n) => papers[of.indexOf(n)];
		for (const n of [1, 2, 3]) {
			assert.ok(one(n), `a paper of generation ${n}: ${of.join()}`);
			const p = await atTheBank(one(n));
			assert.deepEqual([p.verdict, p.reason], ['match', 'same'], `generation ${n}`);
			writeFileSync(recordFile, JSON.stringify(p.opened));
			const r = await offline();
			assert.equal(r.status, 0, r.stdout + r.stderr);
			assert.equal((await offline(B)).status, 2, "the other city's keys are none of its");
			if (n === 1) assert.deepEqual(await overlap(), [0, 0, 0, 0, 0, 66, 66], 'the root of before is none, the paper of before is good');
		}
		const opened = readFileSync(recordFile); // of the third
		await keys.must('revoke', 3);
		assert.equal((await w.issue('taro')).result, 'done', 'the second signs again');
		await until('the site to know', 20000, async () => (await atTheBank(one(3))).reason === 'key-revoked', 500);
		assert.equal((await atTheBank(one(2))).verdict, 'match');
		writeFileSync(recordFile, opened);
		const r = await offline();
		assert.deepEqual([r.status, /the municipality revoked the key/.test(r.stdout)], [3, true], r.stdout);
		rmSync(recordFile);
		figure('papers: three generations verify online and offline, a revoked one is named');
	}, { timeout: 300000 });

	test("what was done stands in the city's audit, whose chain holds over all generations", async () => {
		await until('the audit', 30000, () => Number(sql(A, 'SELECT count(*) FROM audit_row WHERE source = 4')) >= 1 &&
			sql(A, 'SELECT keys_seq FROM tenant') === '9' && sql(A, 'SELECT count(*) FROM audit_open') === '0', 250);
		const r = await w.run(w.bin('server/kofu-server'), ['audit', 'verify', w.path('conf/server.conf'), A]);
		assert.equal(r.status, 0, r.stdout + r.stderr);
		assert.match(r.stdout, /checkpoints of a revoked key/);
		assert.equal(sql(B, 'SELECT keys_seq FROM tenant'), '1');
		await w.processes.stop('server');
		await w.startServer();
	}, { timeout: 300000 });
});

describe("a city's data key is replaced while it serves", () => {
	/** The command until it ends, or is killed as soon as it says a line. */
	function rotate(killAt) {
		return new Promise((resolve, reject) => {
			const child = spawn(w.bin('server/kofu-server'), ['key', 'rotate-data', w.path('conf/admin.conf'), A, '--announce-s', '2', '--rows-s', '1000'],
				{ env: { ...process.env, ...w.env('server') }, stdio: ['ignore', 'pipe', 'pipe'] });
			const lines = [];
			let stderr = '';
			child.stderr.on('data', (d) => { stderr += d; });
			createInterface({ input: child.stdout }).on('line', (line) => {
				lines.push(line);
				if (killAt !== undefined && line.includes(killAt)) child.kill('SIGKILL');
			});
			child.on('error', reject);
			child.on('close', (status) => resolve({ status, lines, stderr }));
		});
	}
	const generation = (city) => sql(city, 'SELECT data_gen FROM tenant');
	const LEFT = `SELECT (SELECT count(*) FROM resident_row WHERE sealed_gen(sealed) <> g) + (SELECT count(*) FROM seal_row WHERE sealed_gen(sealed) <> g)
		+ (SELECT count(*) FROM card WHERE sealed_gen(sealed) <> g OR hash_gen(card) <> g) + (SELECT count(*) FROM person, unnest(keys) k WHERE hash_gen(k) <> g)
		+ (SELECT count(*) FROM staff WHERE sealed_gen(sealed) <> g) + (SELECT count(*) FROM stop WHERE sealed_gen(sealed) <> g)
		+ (SELECT count(*) FROM issue WHERE hash_gen(card) <> g) + (SELECT count(*) FROM audit_row WHERE sealed_gen(sealed) <> g) FROM (SELECT data_gen AS g FROM tenant) t`;

	test('killed at each step it ends whole, and no order fails', async () => {
		const first = sql(A, "SELECT encode(wrapped_key, 'hex') FROM tenant");
		const others = sql(B, "SELECT encode(wrapped_key, 'hex') FROM tenant");
		const rows = sql(A, 'SELECT count(*) FROM resident_row');
		let ended = false;
		let done = 0;
		const orders = (async () => { // as long as it lasts, and one behind it
			for (let last = false; !last; done++) {
				last = ended;
				assert.equal((await w.issue('taro')).result, 'done', `order ${done + 1}`);
			}
		})();
		orders.catch(() => {});
		const kills = [' made ', ' used ', 'sealed resident_row', 'sealed card', 'sealed person', 'sealed audit_row'];
		for (const at of kills) {
			const r = await rotate(at);
			assert.ok(r.lines.some((l) => l.includes(at)), `${at}: ${r.lines.join()} ${r.stderr}`);
		}
		const r = await rotate();
		assert.equal(r.status, 0, r.stderr);
		assert.match(r.lines.at(-1), new RegExp(`^${A} retired 1$`));
		ended = true;
		await orders;
		assert.deepEqual([generation(A), generation(B)], ['2', '1']);
		assert.equal(sql(A, LEFT), '0', 'nothing is left under the first');
		assert.equal(sql(A, 'SELECT count(*) FROM data_key WHERE use = 1'), '0', 'whose wrapped form is gone');
		assert.notEqual(sql(A, "SELECT encode(wrapped_key, 'hex') FROM tenant"), first);
		assert.equal(sql(B, "SELECT encode(wrapped_key, 'hex') FROM tenant"), others);
		assert.equal(sql(A, 'SELECT count(*) FROM resident_row'), rows);
		assert.equal(sql(A, 'SELECT count(*) FROM parked'), '0', 'the stream went on');
		figure(`data key: replaced over ${rows} rows, killed ${kills.length} times, ${done} orders meanwhile, none failed`);
	}, { timeout: 600000 });

	test("the city's pages find and open what is sealed anew; its audit is one chain and says what was done", async () => {
		await until('the audit', 60000, () => sql(A, 'SELECT count(*) FROM audit_open') === '0', 250);
		const r = await w.run(w.bin('server/kofu-server'), ['audit', 'verify', w.path('conf/server.conf'), A]);
		assert.equal(r.status, 0, r.stdout + r.stderr);
		const key = join(dir, 'export.key');
		writeFileSync(key, `${'5a'.repeat(32)}\n`, { mode: 0o600 });
		const sums = await Promise.all(['agent/kofu-agent', 'server/kofu-server'].map(async (bin, i) => {
			const conf = i === 0 ? [w.path(`conf/agent-${A}.conf`)] : [w.path('conf/server.conf'), A];
			return w.run(w.bin(bin), ['export', ...conf, key]);
		}));
		for (const s of sums) assert.equal(s.status, 0, s.stderr);
		const [register, replica] = sums.map((s) => s.stdout.trim().split('\n').sort());
		assert.ok(register.length > 100, 'there are residents');
		assert.deepEqual(replica, register, 'every row reads as the register has it');
		rmSync(key);
	}, { timeout: 300000 });
});

leaks(w, [A, B], figure);

test('after all of it both municipalities serve', async () => {
	for (const card of ['taro', 'machi']) assert.equal((await w.issue(card)).result, 'done', card);
}, { timeout: 300000 });
