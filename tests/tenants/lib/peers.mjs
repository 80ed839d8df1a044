// SPDX-License-Identifier: Apache-2.0
// Who knocks at a municipality's doors with what belongs to another: certificates, sockets, other users of the machine.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import { join } from 'node:path';
import { until } from '../../world/lib/proc.mjs';

/** A certificate of the private network and the connections it holds. */
export class Peer {
	/** @param {string} dir the CA's folder; @param {string} name of the pair in it, role-name */
	constructor(dir, name, ca = readFileSync(join(dir, 'ca.crt'))) {
		const at = name.indexOf('-');
		Object.assign(this, { file: name, role: name.slice(0, at), name: name.slice(at + 1), ca });
		this.cert = readFileSync(join(dir, `${name}.crt`));
		this.key = readFileSync(join(dir, `${name}.key`));
		this.agent = new https.Agent({ keepAlive: true, maxSockets: 1, cert: this.cert, key: this.key, ca: this.ca, minVersion: 'TLSv1.3', ecdhCurve: 'P-256:P-384' });
	}

	/** Whose it is: a terminal's and an agent's name begin with the municipality's code. */
	get owner() {
		return ['agent', 'terminal'].includes(this.role) ? this.name.slice(0, 6) : null;
	}

	/** @returns {Promise<{status: number, headers: object, body: Buffer, json: any}>} */
	ask(port, method, path, body = null, headers = {}) {
		const all = { ...(body === null ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }), ...headers };
		const once = () => new Promise((done, fail) => {
			const q = https.request({ host: '127.0.0.1', port, method, path, headers: all, agent: this.agent }, (r) => {
				const parts = [];
				r.on('data', (d) => parts.push(d)).on('error', fail).on('end', () => {
					const bytes = Buffer.concat(parts);
					let json = null;
					try { json = JSON.parse(bytes); } catch { /* a page */ }
					done({ status: r.statusCode, headers: r.headers, body: bytes, json });
				});
			});
			q.on('error', fail).end(body);
		});
		// A kept connection may be closed under us between two questions.
		return once().catch((e) => { if (e.code === 'ECONNRESET') return once(); throw e; });
	}

	close() {
		this.agent.destroy();
	}
}

/** Every pair in the CA's folder. */
export const allPeers = (dir) => readdirSync(dir).filter((f) => f.endsWith('.crt') && f !== 'ca.crt').map((f) => new Peer(dir, f.slice(0, -4)));

/** A JWS whose payload is not in it (RFC 7515, appendix F), as an agent signs. */
export function signature(pem, typ, payload) {
	const key = createPrivateKey(pem);
	const { x, y } = createPublicKey(key).export({ format: 'jwk' });
	const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
	const kid = createHash('sha256').update(point).digest('hex').slice(0, 16);
	const header = Buffer.from(JSON.stringify({ alg: 'ES256', kid, typ })).toString('base64url');
	const sig = sign('sha256', Buffer.from(`${header}.${Buffer.from(payload).toString('base64url')}`), { key, dsaEncoding: 'ieee-p1363' });
	return `${header}..${sig.toString('base64url')}`;
}

/** A card's session with a municipality of somebody's choice: what POST /v1/offer is asked with. */
export function offerOf(dir, muni, { center = 'C1', kiosk = 'K0001', point }) {
	const certificate = readFileSync(join(dir, 'auth_cert.der'));
	const at = Buffer.alloc(8);
	at.writeBigUInt64BE(BigInt(Date.now()));
	const id = (s) => Buffer.concat([Buffer.from([s.length >> 8, s.length & 255]), Buffer.from(s)]);
	const transcript = Buffer.concat([Buffer.from('KOFU-SESSION-1\0'), id(center), id(kiosk), Buffer.alloc(32, 7), at,
		createHash('sha256').update(certificate).digest(), point]);
	const signed = sign('sha256', transcript, createPrivateKey(readFileSync(join(dir, 'auth_key.pem'))));
	return JSON.stringify({ muni, transcript: transcript.toString('base64url'), certificate: certificate.toString('base64url'), signature: signed.toString('base64url') });
}

/** The lines of a log that match, once there is one. */
export const logged = (file, pattern) => until(`a line of the log: ${pattern}`, 10000, () => {
	const lines = readFileSync(file, 'utf8').split('\n').filter((l) => pattern.test(l));
	return lines.length ? lines : null;
});

/** One frame to a Unix socket and the answer's; null when the other end hung up without one. */
export function frame(path, body) {
	return new Promise((done, fail) => {
		const s = net.connect(path);
		let got = Buffer.alloc(0);
		const head = Buffer.alloc(4);
		head.writeUInt32BE(body.length);
		s.on('connect', () => s.write(Buffer.concat([head, body])));
		s.on('data', (d) => { got = Buffer.concat([got, d]); });
		s.on('error', (e) => (e.code === 'EPIPE' || e.code === 'ECONNRESET' ? done(null) : fail(e)));
		s.on('close', () => done(got.length >= 4 ? got.subarray(4) : null));
	});
}

/** The same as another user of the machine: 'answered', 'silence' or the error's code. Needs root. */
export function frameAs(uid, path, body) {
	const script = `const s=require('net').connect(process.argv[1]);let n=0;const b=Buffer.from(process.argv[2],'hex');const h=Buffer.alloc(4);h.writeUInt32BE(b.length);
s.on('connect',()=>s.write(Buffer.concat([h,b])));s.on('data',d=>{n+=d.length});s.on('error',e=>{if(!['EPIPE','ECONNRESET'].includes(e.code)){console.log(e.code);process.exit()}});s.on('close',()=>console.log(n?'answered':'silence'))`;
	const r = spawnSync('setpriv', [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', process.execPath, '-e', script, path, body.toString('hex')], { encoding: 'utf8', timeout: 20000, cwd: '/' });
	return r.stdout.trim() || r.stderr;
}

/** Listening Unix sockets of these processes, by the kernel's own list. */
export function listening(pids) {
	const out = execFileSync('ss', ['-xlpnH'], { encoding: 'utf8' });
	return out.split('\n').filter((l) => pids.some((p) => l.includes(`pid=${p},`))).map((l) => l.trim().split(/\s+/)[4]);
}

/** PostgreSQL's own first message by the socket: null when the role is let in, else why not. */
export function knock(pg, role, db, replication = false) {
	const words = ['user', role, 'database', db, ...(replication ? ['replication', 'database'] : [])];
	const body = Buffer.concat([Buffer.from([0, 3, 0, 0]), Buffer.from(words.map((s) => `${s}\0`).join('')), Buffer.from([0])]);
	const head = Buffer.alloc(4);
	head.writeUInt32BE(body.length + 4);
	return new Promise((done, fail) => {
		const s = net.connect(join(pg.dir, '.s.PGSQL.5432'), () => s.write(Buffer.concat([head, body])));
		let got = Buffer.alloc(0);
		s.on('error', fail).on('close', () => fail(new Error('hung up'))).on('data', (d) => {
			got = Buffer.concat([got, d]);
			for (let at = 0; at + 5 <= got.length && at + 1 + got.readUInt32BE(at + 1) <= got.length; at += 1 + got.readUInt32BE(at + 1)) {
				const kind = String.fromCharCode(got[at]);
				if (kind === 'E') done(got.subarray(at + 5, at + 1 + got.readUInt32BE(at + 1)).toString('utf8').replaceAll('\0', ' '));
				else if (kind === 'Z') done(null);
				else continue;
				s.destroy();
				return;
			}
		});
	});
}

/**
 * One psql logs in as each role in turn, by the socket, and says what it is told to; `uid`: as that user of the machine.
 * @param {{role: string, db: string, sql?: string[]}[]} cells
 * @returns {{ok: boolean, why: string, results: {ok: boolean, said: string}[]}[]} in the cells' order
 */
export function logins(pg, cells, uid = null) {
	const quoted = (s) => `'${s.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
	const script = cells.map(({ role, db, sql = ['SELECT 1'] }) =>
		['\\warn @cell', `\\connect ${quoted(pg.conninfo(db, role))}`, '\\warn @in', ...sql.map((q) => `\\warn @say\n\\o /dev/null\n${q};\n\\warn :SQLSTATE`)].join('\n')).join('\n');
	// The first connection is only there to have one to leave.
	const args = ['-X', '-q', '-A', '-t', '-d', pg.conninfo(cells[0].db, cells[0].role)];
	const run = (file, before) => spawnSync(file, [...before, ...args], { encoding: 'utf8', input: script, cwd: '/', maxBuffer: 1 << 26 });
	if (uid !== null) { // it may get into none: each for itself
		return cells.map(({ role, db }) => {
			const r = spawnSync('setpriv', [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', 'psql', '-X', '-q', '-A', '-t', '-c', 'SELECT 1', '-d', pg.conninfo(db, role)], { encoding: 'utf8', cwd: '/' });
			return { ok: r.status === 0, why: r.stderr, results: [] };
		});
	}
	return run('psql', []).stderr.split('@cell\n').slice(1).map((part) => {
		const [head, ...said] = part.split('@say\n');
		const results = said.map((t) => ({ ok: t.trim().split('\n').at(-1) === '00000', said: t.trim() }));
		return { ok: !/error:/.test(head), why: head, results };
	});
}
