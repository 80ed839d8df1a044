// SPDX-License-Identifier: Apache-2.0
// The demo world: everything that stands around one certificate, on one machine, each program as in production.
// ./run and the scenario tests start it through here.
import { createHash, X509Certificate, randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync, readdirSync, mkdtempSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Processes, freePort, sh, sleep, tail, until } from './proc.mjs';
import { Postgres } from './pg.mjs';
import { CARDS, MUNIS, PIN, profile } from './places.mjs';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const POLICY = '1.2.392.200149.8.5.1.0.30'; // the test hierarchy's
const SOFTHSM = '/usr/lib/softhsm/libsofthsm2.so';
const KIOSK = 'K0001';

export class World {
  /**
   * @param {string} dir where it lives; kept between runs
   * @param {{residents?: number, build?: string, fast?: boolean}} options residents per municipality; fast: paper without the printer's slowness
   */
  constructor(dir, { residents = 200, build = join(ROOT, 'build'), fast = true } = {}) {
    this.dir = resolve(dir);
    this.residents = residents;
    this.build = build;
    this.fast = fast;
    mkdirSync(this.dir, { recursive: true });
    this.stateFile = join(this.dir, 'endpoints.json');
    this.processes = new Processes(this.dir);
    this.pg = new Postgres(ROOT, this.shortDir('pg'));
    this.state = existsSync(this.stateFile) ? JSON.parse(readFileSync(this.stateFile, 'utf8')) : null;
  }

  path(...p) {
    return join(this.dir, ...p);
  }

  bin(p) {
    return join(this.build, p);
  }

  /** A folder with a short name: a Unix socket's path must stay under 108 bytes, and postgres must reach it. */
  shortDir(name) {
    const link = this.path(name);
    if (existsSync(this.path(`${name}.at`))) return readFileSync(this.path(`${name}.at`), 'utf8');
    const at = join(tmpdir(), `kofu-${createHash('sha256').update(link).digest('hex').slice(0, 10)}-${name}`);
    writeFileSync(this.path(`${name}.at`), at);
    return at;
  }

  env(token) {
    return { SOFTHSM2_CONF: this.path('token', `${token}.conf`) };
  }

  get cardEnv() {
    return { PCSCLITE_CSOCK_NAME: this.state.pcsc.socket };
  }

  // ---- made once -------------------------------------------------------------------------------

  makePki() {
    const netca = this.bin('tests/world/world-netca');
    const net = this.path('net');
    sh(netca, ['init', net]);
    for (const [role, name] of [['center', 'C1'], ['server', 'S1'], ['inquiry', 'I1'], ['kiosk', KIOSK], ['kiosk', 'K0002'],
      ...MUNIS.map((m) => ['agent', m.code])]) sh(netca, ['issue', net, role, name]);
    for (const m of MUNIS) sh(netca, ['key', net, `sync-${m.code}`]);
    const jpki = this.path('jpki');
    sh(this.bin('tests/world/world-jpki'), ['init', jpki]);
    mkdirSync(this.path('pins'), { recursive: true });
    for (const f of ['auth-1.der', 'auth-2.der']) copyFileSync(join(jpki, f), this.path('pins', f));
  }

  makeCards() {
    const tool = this.bin('tests/world/world-jpki');
    this.cards = CARDS.map((c, i) => {
      const serial = 0x01330000 + 1001 + i;
      const dir = this.path('cards', c.name);
      sh(tool, ['card', this.path('jpki'), dir, '--serial', String(serial), '--cn', `${randomBytes(10).toString('hex').toUpperCase()}00A`,
        '--pin', PIN, '--generation', String(c.generation ?? 2)]);
      if (c.status === 'revoked') sh(tool, ['revoke', this.path('jpki'), String(serial)]);
      if (c.status === 'hold') sh(tool, ['revoke', this.path('jpki'), String(serial), '--hold']);
      const ca = new X509Certificate(readFileSync(join(dir, 'auth_ca.der')));
      const leaf = new X509Certificate(readFileSync(join(dir, 'auth_cert.der')));
      const issuer = createHash('sha256').update(ca.publicKey.export({ type: 'spki', format: 'der' })).digest('hex');
      const hex = leaf.serialNumber.toLowerCase();
      return { ...c, dir, pin: PIN, issuer, serial: hex.length % 2 ? `0${hex}` : hex, decimal: serial };
    });
  }

  makeToken(name) {
    const dir = this.path('token', name);
    mkdirSync(dir, { recursive: true });
    writeFileSync(this.path('token', `${name}.conf`), `directories.tokendir = ${dir}\nobjectstore.backend = file\nlog.level = ERROR\n`);
    const pin = randomBytes(8).toString('hex');
    writeFileSync(this.path('token', `${name}.pin`), `${pin}\n`, { mode: 0o600 });
    sh('softhsm2-util', ['--init-token', '--free', '--label', `kofu-${name}`, '--pin', pin, '--so-pin', randomBytes(8).toString('hex')],
      { env: { ...process.env, ...this.env(name) } });
  }

  makeRegister(m) {
    const database = `register_${m.code}`;
    this.pg.sql('postgres', `CREATE DATABASE ${database}`);
    for (const f of ['schema.sql', 'functions.sql']) this.pg.sql(database, readFileSync(join(ROOT, 'db/register', f), 'utf8'));
    const cards = this.cards.filter((c) => c.muni === m.code).map((c) => `${c.atena} ${c.issuer} ${c.serial}\n`).join('');
    writeFileSync(this.path(`cards-${m.code}.txt`), cards);
    this.pg.sql(database, sh(this.bin('tests/world/world-register'), ['generate', '--muni', m.code, '--count', String(this.residents),
      '--cards', this.path(`cards-${m.code}.txt`)]));
  }

  conf(name, text) {
    writeFileSync(this.path('conf', `${name}.conf`), text);
    return this.path('conf', `${name}.conf`);
  }

  async makeConfs() {
    const s = this.state;
    const net = (n) => this.path('net', n);
    mkdirSync(this.path('conf'), { recursive: true });
    mkdirSync(this.path('keys'), { recursive: true });
    mkdirSync(this.path('profiles'), { recursive: true });
    for (const m of MUNIS) {
      const koin = JSON.parse(sh(this.bin('tests/world/koin/world-koin'), ['/usr/share/fonts/truetype/ipamj/ipamjm.ttf', m.koin, '24']));
      writeFileSync(this.path('profiles', `${m.code}.json`), JSON.stringify(profile(m, `${s.inquiry.url}/`, koin)));
    }
    this.conf('seal', `[seal]\nsocket = ${s.seal}\nkeys_dir = ../keys\n[token]\nmodule = ${SOFTHSM}\nlabel = kofu-server\npin_file = ../token/server.pin\n` +
      `[inquiry]\nkey = ../keys/inquiry.json\n[jpki]\npins = ../pins\npolicy = ${POLICY}\n` +
      MUNIS.map((m) => `[municipality ${m.code}]\nprofile = ../profiles/${m.code}.json\n`).join(''));
    this.conf('inquiry', `[inquiry]\nport = ${s.inquiry.port}\nhost = 127.0.0.1:${s.inquiry.port}\ndatabase = ${this.pg.conninfo('kofu_center', 'kofu_inquiry')}\n` +
      `[token]\nmodule = ${SOFTHSM}\nlabel = kofu-inquiry\npin = ../token/inquiry.pin\nkey = inquiry-2026\npublic = ../keys/inquiry.json\n` +
      MUNIS.map((m) => `[municipality ${m.code}]\nkeys = ../keys/${m.code}.json\n`).join(''));
    this.conf('center', `[center]\nid = C1\nport = ${s.center.port}\ncert = ${net('center-C1.crt')}\nkey = ${net('center-C1.key')}\nca = ${net('ca.crt')}\n` +
      `[database]\nurl = ${this.pg.conninfo('kofu_center', 'kofu_center')}\nadmin = ${this.pg.conninfo('kofu_center')}\n` +
      `[jpki]\npins = ../pins\npolicy = ${POLICY}\nocsp = http://127.0.0.1:${s.jpki.port}/\n` +
      MUNIS.map((m) => `[municipality ${m.code}]\nservers = https://127.0.0.1:${s.server.port}\nserver_ids = S1\nkeys = ../keys/${m.code}.json\n`).join('') +
      `[kiosk ${KIOSK}]\nname = demo\n[kiosk K0002]\nname = tests\n`);
    this.confServer();
    this.confKiosk(KIOSK);
    for (const m of MUNIS)
      this.conf(`agent-${m.code}`, `[agent]\nmuni = ${m.code}\nserver = https://127.0.0.1:${s.server.streamPort}\ncert = ${net(`agent-${m.code}.crt`)}\n` +
        `key = ${net(`agent-${m.code}.key`)}\nca = ${net('ca.crt')}\nsync_key = ${net(`sync-${m.code}.key`)}\n` +
        `[register]\ndatabase = ${this.pg.conninfo(`register_${m.code}`, 'kofu_agent')}\nslot = kofu_${m.code}\n` +
        `[medium]\nrecipient = ${net('server-S1.crt')}\n`);
  }
}

export { CARDS, MUNIS, PIN, KIOSK, SOFTHSM, POLICY, sleep, until, sh, tail, freePort, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync,
  symlinkSync, writeFileSync, readdirSync, mkdtempSync, statSync };
