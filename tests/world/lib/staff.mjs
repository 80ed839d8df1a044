// SPDX-License-Identifier: Apache-2.0
// The demo world's staff: their one-time codes, and a terminal as their browser is one. All fictitious.
import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import https from 'node:https';
import { sh, sleep } from './proc.mjs';

export const PASSWORD = 'mihon-no-aikotoba-1';
export const P12_PASSWORD = 'mihon';
/** One in each role; kanri is made by the operator's command, the others by kanri. */
export const PEOPLE = { kanri1: ['見本　管理', 'kanri'], uketsuke1: ['見本　受付', 'uketsuke'], shonin1: ['見本　承認', 'shonin'], unyo1: ['見本　運用', 'unyo'], kansa1: ['見本　監査', 'kansa'] };
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const STEP_MS = 30000;

export const secretOf = (url) => new URL(url).searchParams.get('secret');
function bytes(base32) {
  let bits = '';
  for (const c of base32) bits += BASE32.indexOf(c).toString(2).padStart(5, '0');
  return Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
}
/** RFC 6238 with SHA-256, by node's own hand. */
export function codeAt(secret, step) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha256', bytes(secret)).update(counter).digest();
  return String((mac.readUInt32BE(mac[31] & 15) & 0x7fffffff) % 1000000).padStart(6, '0');
}
export const codeOf = (secret, now = Date.now()) => codeAt(secret, Math.floor(now / STEP_MS));

/** The oldest step whose code will still be taken when it arrives: not one that is about to be over. */
export const oldestStep = () => Math.floor(Date.now() / STEP_MS) - (Date.now() % STEP_MS < STEP_MS / 2 ? 1 : 0);

/** A browser's worth of one terminal: its certificate, the cookie it was given, the page's token. */
export class Terminal {
  /** @param {import('./world.mjs').World} w */
  constructor(w, code, terminal = 'T01', owner = code) {
    this.w = w;
    this.code = code;
    this.port = w.state.consoles[code].port;
    this.cert = readFileSync(w.path('net', `terminal-${owner}-${terminal}.crt`));
    this.key = readFileSync(w.path('net', `terminal-${owner}-${terminal}.key`));
    this.ca = readFileSync(w.path('net/ca.crt'));
    this.cookie = null;
    this.csrf = 'none';
  }

  /** @returns {Promise<{status: number, headers: object, text: string, json: any}>} */
  ask(method, path, body, headers = {}, tls = {}) {
    const payload = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body);
    const all = { 'Kofu-Csrf': this.csrf, Connection: 'close', ...(this.cookie ? { Cookie: `__Host-kofu=${this.cookie}` } : {}),
      ...(payload === null ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(payload) }), ...headers };
    for (const k of Object.keys(all)) if (all[k] === null) delete all[k];
    return new Promise((done, fail) => {
      const q = https.request({ host: '127.0.0.1', port: this.port, method, path, cert: this.cert, key: this.key, ca: this.ca, headers: all, agent: false, ...tls }, (r) => {
        const chunks = [];
        r.on('data', (d) => chunks.push(d)).on('error', fail).on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          let json = null;
          try { json = JSON.parse(text); } catch { /* a page or a PDF */ }
          done({ status: r.statusCode, headers: r.headers, text, json });
        });
      });
      q.on('error', fail).end(payload);
    });
  }

  /** Logs in with a code that was not used yet: the step ahead counts too, then the next must be waited for. */
  async login(person, password = PASSWORD) {
    for (;;) {
      const now = Math.floor(Date.now() / STEP_MS);
      const step = Math.max(oldestStep(), (person.step ?? 0) + 1);
      if (step > now + 1) {
        await sleep(((step - 1) * STEP_MS) - Date.now() + 50);
        continue;
      }
      person.step = step;
      const r = await this.ask('POST', '/api/login', { user: person.user, password, otp: codeAt(person.secret, step) });
      const cookie = /__Host-kofu=([^;]+)/.exec(r.headers['set-cookie']?.[0] ?? '');
      if (r.status === 200) {
        this.cookie = cookie[1];
        this.csrf = r.json.csrf;
      }
      return r;
    }
  }
}

const aYear = () => new Date(Date.now() + 360 * 86400000).toISOString().slice(0, 10);

/** The first by the operator's command, the others in the pages. */
export async function makeStaff(w, code) {
  const url = sh(w.bin('server/kofu-server'), ['staff', 'add', w.path('conf/server.conf'), code, 'kanri1', PEOPLE.kanri1[0], aYear()], { input: `${PASSWORD}\n` }).trim();
  const people = { kanri1: { user: 'kanri1', secret: secretOf(url) } };
  const t = new Terminal(w, code);
  const must = (r) => { if (r.status !== 200) throw new Error(`console ${code}: ${r.status} ${r.text}`); return r.json; };
  must(await t.login(people.kanri1));
  for (const [user, [name, role]] of Object.entries(PEOPLE)) {
    if (people[user]) continue;
    const made = must(await t.ask('POST', '/api/staff', { user, name, password: PASSWORD }));
    people[user] = { user, secret: secretOf(made.otp_url) };
    must(await t.ask('POST', '/api/staff/grant', { user, role, until: aYear() }));
  }
  must(await t.ask('POST', '/api/logout', {}));
  const base = w.path('net', `terminal-${code}-T01`);
  if (!existsSync(`${base}.p12`))
    sh('openssl', ['pkcs12', '-export', '-in', `${base}.crt`, '-inkey', `${base}.key`, '-certfile', w.path('net/ca.crt'), '-out', `${base}.p12`, '-passout', `pass:${P12_PASSWORD}`]);
  return { people, p12: `${base}.p12`, password: PASSWORD };
}
