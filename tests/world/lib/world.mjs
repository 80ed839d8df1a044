// SPDX-License-Identifier: Apache-2.0
// The demo world: everything that stands around one certificate, on one machine, each program as in production.
// ./run and the scenario tests start it through here.
import { createHash, X509Certificate, randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync, readdirSync, mkdtempSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Processes, freePort, sh, sleep, tail, until } from './proc.mjs';
import { Postgres } from './pg.mjs';
import { CARDS, MUNIS, PIN, profile } from './places.mjs';
import { makeStaff } from './staff.mjs';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const POLICY = '1.2.392.200149.8.5.1.0.30'; // the test hierarchy's
const SOFTHSM = '/usr/lib/softhsm/libsofthsm2.so';
const KIOSK = 'K0001';
/** A word for sh. */
const quoted = (word) => (/^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

export class World {
  /**
   * @param {string} dir where it lives; kept between runs
   * @param {{residents?: number, build?: string, fast?: boolean}} options residents per municipality; fast: paper without the printer's slowness; consoles: the cities' pages too;
   *   overlap: seconds that a signing key is announced before it may be used;
   *   apart: the registers in a cluster of their own, as they are in the cities
   */
  constructor(dir, { residents = 200, build = join(ROOT, 'build'), fast = true, consoles = false, apart = false, overlap = null } = {}) {
    this.dir = resolve(dir);
    this.residents = residents;
    this.build = build;
    this.fast = fast;
    this.consoles = consoles;
    this.overlap = overlap;
    this.stateFile = join(this.dir, 'endpoints.json');
    this.processes = new Processes(this.dir);
    this.pg = new Postgres(ROOT, this.shortDir('pg'), apart ? 'replica' : 'logical');
    this.registers = apart ? new Postgres(ROOT, this.shortDir('reg')) : this.pg;
    this.state = existsSync(this.stateFile) ? JSON.parse(readFileSync(this.stateFile, 'utf8')) : null;
  }

  get clusters() {
    return [...new Set([this.pg, this.registers])];
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
    return join('/tmp', `kofu-${createHash('sha256').update(link).digest('hex').slice(0, 10)}-${name}`);
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
      ...MUNIS.map((m) => ['agent', m.code]), ...MUNIS.flatMap((m) => ['T01', 'T02'].map((t) => ['terminal', `${m.code}-${t}`]))]) sh(netca, ['issue', net, role, name]);
    for (const m of MUNIS) sh(netca, ['key', net, `sync-${m.code}`]);
    const jpki = this.path('jpki');
    sh(this.bin('tests/world/world-jpki'), ['init', jpki]);
    mkdirSync(this.path('pins'), { recursive: true });
    for (const f of ['auth-1.der', 'auth-2.der']) copyFileSync(join(jpki, f), this.path('pins', f));
  }

  makeCards() {
    const tool = this.bin('tests/world/world-jpki');
    mkdirSync(this.path('cards'), { recursive: true });
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
    this.registers.sql('postgres', `CREATE DATABASE ${database}`);
    for (const f of ['schema.sql', 'functions.sql']) this.registers.sql(database, readFileSync(join(ROOT, 'db/register', f), 'utf8'));
    const cards = this.cards.filter((c) => c.muni === m.code).map((c) => `${c.atena} ${c.issuer} ${c.serial}\n`).join('');
    writeFileSync(this.path(`cards-${m.code}.txt`), cards);
    this.registers.sql(database, sh(this.bin('tests/world/register/world-register'), ['generate', '--muni', m.code, '--count', String(this.residents),
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
    this.conf('seal', `[seal]\nsocket = ${s.seal}\nkeys_dir = ../keys\n${this.overlap === null ? '' : `overlap_s = ${this.overlap}\n`}[token]\nmodule = ${SOFTHSM}\nlabel = kofu-server\npin_file = ../token/server.pin\n` +
      `[inquiry]\nkey = ../keys/inquiry.json\n[render]\nfonts = ${join(ROOT, 'fonts/manifest.json')}\n[jpki]\npins = ../pins\npolicy = ${POLICY}\n` +
      MUNIS.map((m) => `[municipality ${m.code}]\nprofile = ../profiles/${m.code}.json\n`).join(''));
    this.conf('inquiry', `[inquiry]\nport = ${s.inquiry.port}\nhost = 127.0.0.1:${s.inquiry.port}\ndatabase = ${this.pg.conninfo('kofu_center', 'kofu_inquiry')}\nadmin = ${this.pg.conninfo('kofu_center')}\n` +
      `[token]\nmodule = ${SOFTHSM}\nlabel = kofu-inquiry\npin = ../token/inquiry.pin\nkey = inquiry-2026\npublic = ../keys/inquiry.json\n[ops]\nport = ${s.ops.inquiry.port}\n` +
      MUNIS.map((m) => `[municipality ${m.code}]\nkeys = ../keys/${m.code}.json\nroot = ../keys/${m.code}.root.json\n`).join(''));
    this.conf('center', `[center]\nid = C1\nport = ${s.center.port}\ncert = ${net('center-C1.crt')}\nkey = ${net('center-C1.key')}\nca = ${net('ca.crt')}\n` +
      `[database]\nurl = ${this.pg.conninfo('kofu_center', 'kofu_center')}\nadmin = ${this.pg.conninfo('kofu_center')}\n[ops]\nport = ${s.ops.center.port}\n` +
      `[jpki]\npins = ../pins\npolicy = ${POLICY}\nocsp = http://127.0.0.1:${s.jpki.port}/\n` +
      MUNIS.map((m) => `[municipality ${m.code}]\nservers = https://127.0.0.1:${s.server.port}\nserver_ids = S1\nkeys = ../keys/${m.code}.json\nroot = ../keys/${m.code}.root.json\n`).join('') +
      `[kiosk ${KIOSK}]\nname = demo\n[kiosk K0002]\nname = tests\n`);
    this.confServer();
    this.confKiosk(KIOSK);
    for (const m of MUNIS)
      this.conf(`agent-${m.code}`, `[agent]\nmuni = ${m.code}\nserver = https://127.0.0.1:${s.server.streamPort}\ncert = ${net(`agent-${m.code}.crt`)}\n` +
        `key = ${net(`agent-${m.code}.key`)}\nca = ${net('ca.crt')}\nsync_key = ${net(`sync-${m.code}.key`)}\n` +
        `[register]\ndatabase = ${this.registers.conninfo(`register_${m.code}`, 'kofu_agent')}\nslot = kofu_${m.code}\n` +
        `[medium]\nrecipient = ${net('server-S1.crt')}\n${m === MUNIS[0] ? `[ops]\nport = ${s.ops.agent.port}\n` : ''}`);
  }
  confServer() {
    const s = this.state;
    const net = (n) => this.path('net', n);
    mkdirSync(this.path('witness'), { recursive: true });
    const muni = (m) => `[municipality ${m.code}]\nfront = ${this.pg.conninfo(`kofu_${m.code}`, `kofu_${m.code}_front`)}\n` +
      `sync = ${this.pg.conninfo(`kofu_${m.code}`, `kofu_${m.code}_sync`)}\naudit = ${this.pg.conninfo(`kofu_${m.code}`, `kofu_${m.code}_audit`)}\n` +
      `console = ${this.pg.conninfo(`kofu_${m.code}`, `kofu_${m.code}_console`)}\nconsole_port = ${s.consoles[m.code].port}\n` +
      `profile = ../profiles/${m.code}.json\nsync_key = ${net(`sync-${m.code}.pub`)}\n`;
    this.conf('server', `[server]\nid = S1\nport = ${s.server.port}\ncert = ${net('server-S1.crt')}\nkey = ${net('server-S1.key')}\nca = ${net('ca.crt')}\n` +
      `[sync]\nport = ${s.server.streamPort}\n[seal]\nsocket = ${s.seal}\n[render]\nfonts = ${join(ROOT, 'fonts/manifest.json')}\n` +
      `[audit]\nwitness = ../witness\n[ops]\nport = ${s.ops.server.port}\n[jpki]\npins = ../pins\npolicy = ${POLICY}\n[center]\nid = C1\nurl = https://127.0.0.1:${s.center.port}\n${MUNIS.map(muni).join('')}`);
    this.conf('admin', `[admin]\ndatabase = host=${this.pg.dir} user=postgres\n[seal]\nsocket = ${s.seal}\n` +
      `[medium]\ncert = ${net('server-S1.crt')}\nkey = ${net('server-S1.key')}\n` +
      MUNIS.map((m) => `[municipality ${m.code}]\nsync_key = ${net(`sync-${m.code}.pub`)}\n`).join(''));
  }

  confKiosk(id) {
    const s = this.state;
    const net = (n) => this.path('net', n);
    mkdirSync(this.path('journal', id), { recursive: true });
    return this.conf(`kiosk-${id}`, `[kiosk]\nid = ${id}\nport = ${id === KIOSK ? s.kiosk.port : 0}\njournal = ../journal/${id}\ntoken = ../kiosk-${id}.token\nhelp_phone = 000-0000-0100\n` +
      `[center]\nurl = https://127.0.0.1:${s.center.port}\ncert = ${net(`kiosk-${id}.crt`)}\nkey = ${net(`kiosk-${id}.key`)}\nca = ${net('ca.crt')}\n` +
      `[card]\nreader = ${id === KIOSK ? s.pcsc.reader : s.pcsc.reader2}\n[printer]\nuri = ${s.printer.uri}\n[till]\nsocket = ${s.till.socket}\n`);
  }

  // ---- starting and ending ---------------------------------------------------------------------

  async ports() {
    const [center, server, stream, inquiry, kiosk, jpki, printer, ...more] = await Promise.all(Array.from({ length: 7 + 4 + MUNIS.length }, () => freePort()));
    const ops = more.slice(0, 4);
    const pages = more.slice(4);
    const reader = await freePort(2); // vpcd wants two neighbours
    const run = this.shortDir('s');
    this.state = {
      center: { url: `https://127.0.0.1:${center}`, port: center },
      server: { port: server, streamPort: stream },
      inquiry: { url: `http://127.0.0.1:${inquiry}`, port: inquiry },
      kiosk: { url: `http://127.0.0.1:${kiosk}`, port: kiosk },
      jpki: { url: `http://127.0.0.1:${jpki}`, port: jpki, dir: this.path('jpki') },
      printer: { uri: `ipp://127.0.0.1:${printer}/ipp/print`, port: printer, out: this.path('out'), control: this.path('printer.control') },
      till: { socket: join(run, 'till.sock'), control: this.path('till.control'), ledger: this.path('till.ledger') },
      consoles: Object.fromEntries(MUNIS.map((m, i) => [m.code, { url: `https://127.0.0.1:${pages[i]}`, port: pages[i] }])),
      ops: Object.fromEntries(['server', 'center', 'inquiry', 'agent'].map((n, i) => [n, { url: `http://127.0.0.1:${ops[i]}`, port: ops[i] }])),
      seal: join(run, 'seal.sock'),
      pcsc: { socket: join(run, 'pcscd.sock'), reader: 'Kiosk 00 00', reader2: 'Kiosk 00 01', port: reader },
    };
  }

  /** Makes everything that lasts: keys, cards, registers, databases, first load. */
  async make() {
    await this.reset(); // what an interrupted run left
    mkdirSync(this.dir, { recursive: true, mode: 0o700 });
    await this.ports();
    mkdirSync(this.shortDir('s'), { mode: 0o700 });
    for (const pg of this.clusters) pg.start();
    this.makePki();
    this.makeCards();
    for (const t of ['server', 'inquiry']) this.makeToken(t);
    await this.makeConfs();
    for (const m of MUNIS) this.makeRegister(m);
    this.pg.sql('postgres', 'CREATE DATABASE kofu_center');
    sh(this.bin('center/kofu-center'), ['migrate', this.path('conf/center.conf')]);
    sh(this.bin('center/inquiry/kofu-inquiry'), ['init', this.path('conf/inquiry.conf')], { env: { ...process.env, ...this.env('inquiry') } });
    const seal = { env: { ...process.env, ...this.env('server') } };
    sh(this.bin('server/kofu-seal'), ['init', this.path('conf/seal.conf')], seal);
    await this.startSeal();
    for (const m of MUNIS) {
      const dek = sh(this.bin('server/kofu-seal'), ['new-key', this.path('conf/seal.conf'), m.code], seal);
      sh(this.bin('server/kofu-server'), ['provision', this.path('conf/admin.conf'), m.code], { input: dek });
      const medium = this.path('medium', m.code);
      mkdirSync(this.path('medium'), { recursive: true });
      sh(this.bin('agent/kofu-agent'), ['medium', 'create', this.path(`conf/agent-${m.code}.conf`), medium]);
      sh(this.bin('server/kofu-server'), ['medium', 'import', this.path('conf/admin.conf'), m.code, medium]);
      rmSync(medium, { recursive: true }); // as the import's last lines say
    }
    this.listNode();
    this.saveState();
  }

  startSeal() {
    return this.processes.start('seal', this.bin('server/kofu-seal'), ['run', this.path('conf/seal.conf')], { env: this.env('server'), ready: /^ready/m });
  }
  /** As two operators do: what the node will say it is, is taken; what it said before no more. */
  listNode(conf = 'server') {
    for (const m of MUNIS) {
      const input = sh(this.bin('server/kofu-server'), ['announce', this.path(`conf/${conf}.conf`), m.code]);
      const digest = / ([0-9a-f]{64})/.exec(sh(this.bin('center/kofu-center'), ['list-node', this.path('conf/center.conf'), m.code, '--by', 'sousa1', '--by', 'sousa2'], { input }))[1];
      this.pg.sql('kofu_center', `DELETE FROM node_listed WHERE muni = '${m.code}' AND digest <> '\\x${digest}'`);
    }
  }
  startServer() {
    this.listNode();
    return this.processes.start('server', this.bin('server/kofu-server'), ['run', this.path('conf/server.conf')], { ready: /^ready port=/m });
  }
  startConsole(code) {
    return this.processes.start(`console-${code}`, this.bin('server/kofu-server'), ['console', this.path('conf/server.conf'), code], { ready: /^ready port=/m });
  }
  startCenter() {
    return this.processes.start('center', this.bin('center/kofu-center'), [this.path('conf/center.conf')], { ready: /^ready port=/m });
  }
  startAgent(code) {
    return this.processes.start(`agent-${code}`, this.bin('agent/kofu-agent'), [this.path(`conf/agent-${code}.conf`)]);
  }
  startInquiry() {
    return this.processes.start('inquiry', this.bin('center/inquiry/kofu-inquiry'), ['run', this.path('conf/inquiry.conf')], { env: this.env('inquiry'), ready: /^ready port=/m });
  }
  startKiosk() {
    return this.processes.start('kiosk', this.bin('kiosk/kofu-kiosk'), ['run', this.path(`conf/kiosk-${KIOSK}.conf`)], { env: this.cardEnv, ready: /^ready port=/m });
  }

  async startPrinter() {
    const s = this.state;
    mkdirSync(s.printer.out, { recursive: true });
    this.printer('ok');
    rmSync(this.path('printer.uri'), { force: true });
    await this.processes.start('printer', this.bin('tests/world/world-printer'), ['--port', String(s.printer.port), '--dir', s.printer.out, '--control', s.printer.control,
      '--uri-file', this.path('printer.uri'), '--ms-per-side', this.fast ? '50' : '1500']);
    writeFileSync(s.till.control, '');
    await until('the printer', 10000, () => existsSync(this.path('printer.uri')));
    s.printer.uri = readFileSync(this.path('printer.uri'), 'utf8').trim();
  }

  startTill() {
    const s = this.state;
    writeFileSync(s.till.control, '');
    return this.processes.start('till', this.bin('tests/world/pay/kofu-pay-sim'), ['--socket', s.till.socket, '--mode', 'auto', '--control', s.till.control, '--ledger', s.till.ledger], { ready: /^ready/m });
  }

  async startReader() {
    const s = this.state;
    mkdirSync(this.path('reader.conf'), { recursive: true });
    writeFileSync(this.path('reader.conf', 'vpcd'), `FRIENDLYNAME "Kiosk"\nDEVICENAME /dev/null:${s.pcsc.port}\nLIBPATH /usr/lib/pcsc/drivers/serial/libifdvpcd.so\nCHANNELID ${s.pcsc.port}\n`);
    await this.processes.start('pcscd', this.bin('tests/world/pcscd_private'), [s.pcsc.socket, this.path('reader.conf'), '--critical'],
      { env: { LD_PRELOAD: this.bin('tests/world/loopback_bind.so') } });
    await until('the card readers', 10000, () => sh('ss', ['-ltnH']).includes(`127.0.0.1:${s.pcsc.port} `));
  }

  /** Makes the world, or starts again what of it does not run. */
  async up() {
    if (!this.state) await this.make();
    if (!existsSync(this.pg.data)) throw new Error('the database of this world is gone: ./run reset');
    mkdirSync(this.shortDir('s'), { recursive: true, mode: 0o700 });
    for (const pg of this.clusters) pg.resume();
    const p = this.processes;
    if (!p.alive('jpki'))
      await p.start('jpki', this.bin('tests/world/world-jpki'), ['serve', this.path('jpki'), '--port', String(this.state.jpki.port)]);
    if (!p.alive('seal')) await this.startSeal();
    if (!p.alive('center')) await this.startCenter();
    if (!p.alive('server')) await this.startServer();
    for (const m of MUNIS) if (!p.alive(`agent-${m.code}`)) await this.startAgent(m.code);
    if (this.consoles) await this.upConsoles();
    if (!p.alive('inquiry')) await this.startInquiry();
    if (!p.alive('printer')) await this.startPrinter();
    if (!p.alive('till')) await this.startTill();
    if (!p.alive('pcscd')) await this.startReader();
    this.confKiosk(KIOSK);
    this.confKiosk('K0002');
    if (!p.alive('kiosk')) await this.startKiosk();
    await this.settled();
    this.saveState();
  }

  /** The pages of the cities' staff, with somebody in each role. */
  async upConsoles() {
    for (const m of MUNIS) if (!this.processes.alive(`console-${m.code}`)) await this.startConsole(m.code);
    for (const m of MUNIS) if (!this.state.consoles[m.code].staff) this.state.consoles[m.code].staff = await makeStaff(this, m.code);
  }

  /** The lease beats and the directory knows the cards. */
  async settled() {
    for (const m of MUNIS)
      await until(`the lease of ${m.code}`, 15000, () => this.pg.sql(`kofu_${m.code}`, 'SELECT count(*) FROM lease') === '1');
    // A removed resident's card is released, not claimed.
    const n = (this.cards ?? this.state.cards).filter((c) => c.muni && c.name !== 'removed').length;
    await until('the directory', 15000, () => Number(this.pg.sql('kofu_center', 'SELECT count(*) FROM directory')) >= n);
  }

  /** Ends every process; what lasts stays, and up() goes on from there. */
  async down() {
    await this.processes.stopAll();
    for (const pg of this.clusters) pg.halt();
    rmSync(this.shortDir('s'), { recursive: true, force: true });
  }

  /** Ends every process and removes all that the world made, however far it had come. */
  async reset() {
    await this.processes.stopAll();
    for (const pg of this.clusters) pg.stop();
    rmSync(this.shortDir('s'), { recursive: true, force: true });
    rmSync(this.dir, { recursive: true, force: true });
    this.state = null;
  }

  get isUp() {
    return this.state !== null && this.processes.alive('kiosk');
  }

  saveState() {
    const token = this.path(`kiosk-${KIOSK}.token`);
    Object.assign(this.state, {
      cards: (this.cards ?? this.state.cards).map(({ name, muni, atena, pin, issuer, serial, status, dir, decimal }) => ({ name, muni, atena, pin, issuer, serial, status, dir, decimal })),
      registers: Object.fromEntries(MUNIS.map((m) => [m.code, { name: m.name, conninfo: this.registers.conninfo(`register_${m.code}`) }])),
      replicas: Object.fromEntries(MUNIS.map((m) => [m.code, { conninfo: this.pg.conninfo(`kofu_${m.code}`) }])),
      commands: { card_insert: `${quoted(join(ROOT, 'run'))} card insert NAME`, card_remove: `${quoted(join(ROOT, 'run'))} card remove`, kiosk_conf: this.path('conf/kiosk-K0002.conf'), inquiry_conf: this.path('conf/inquiry.conf') },
      pids: Object.fromEntries(Object.entries(this.processes.list).map(([k, v]) => [k, v.pid])),
    });
    if (existsSync(token)) this.state.kiosk.token = readFileSync(token, 'utf8').trim();
    writeFileSync(this.stateFile, JSON.stringify(this.state, null, 2), { mode: 0o600 });
  }

  // ---- what a person would do ------------------------------------------------------------------

  card(name) {
    const c = (this.cards ?? this.state.cards).find((x) => x.name === name);
    if (!c) throw new Error(`no such card: ${name}`);
    return c;
  }

  /** Lays a card on reader 0 (the pages') or 1 (the scripts'). */
  async insert(name, reader = 0) {
    await this.remove(reader);
    await this.processes.start(`card-${reader}`, this.bin('tests/world/world-card'), ['--dir', this.card(name).dir, '--connect', String(this.state.pcsc.port + reader)]);
  }

  async remove(reader = 0) {
    if (!this.processes.alive(`card-${reader}`)) return;
    await this.processes.stop(`card-${reader}`);
    await sleep(500); // pcscd looks every 400 ms
  }

  printer(word) {
    writeFileSync(this.state.printer.control, word);
  }

  /**
   * One certificate by the kiosk's command, on the second reader. Returns its JSON and how long it took.
   * @returns {Promise<{status: number, wall_ms: number, result: string, numbers: string[], paper: string | null}>}
   */
  async issue(name, { kind = 'juminhyo', scope = 'self', options = [], copies = 1, pin = PIN, persons = null } = {}) {
    const before = new Set(readdirSync(this.state.printer.out));
    await this.insert(name, 1);
    writeFileSync(this.path('pin'), `${pin}\n`, { mode: 0o600 });
    const args = ['issue', this.path('conf/kiosk-K0002.conf'), '--kind', kind, '--pin-file', this.path('pin'), '--copies', String(copies), '--wait-card', '10', '--json'];
    if (kind !== 'inkan') args.push('--scope', scope);
    if (options.length) args.push('--options', options.join(','));
    if (persons) args.push('--persons', persons.join(','));
    const t = Date.now();
    const { status, stdout, stderr } = await this.run(this.bin('kiosk/kofu-kiosk'), args, this.cardEnv);
    const ms = Date.now() - t;
    await this.remove(1);
    let answer;
    try {
      answer = JSON.parse(stdout);
    } catch {
      throw new Error(`kofu-kiosk issue: exit ${status}: ${stdout}${stderr}`);
    }
    const papers = readdirSync(this.state.printer.out).filter((f) => f.endsWith('.pdf') && !before.has(f)).map((f) => join(this.state.printer.out, f));
    return { status, ...answer, wall_ms: ms, papers, paper: papers[0] ?? null, stderr };
  }

  async run(file, args, env = {}) {
    const { spawn } = await import('node:child_process');
    return new Promise((done, fail) => {
      const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (d) => { stdout += d; });
      child.stderr.setEncoding('utf8').on('data', (d) => { stderr += d; });
      child.once('error', fail);
      child.once('close', (status) => done({ status, stdout, stderr }));
    });
  }

  /** SQL in a municipality's register, as its own system would run it. */
  register(code, sql) {
    return this.registers.sql(`register_${code}`, sql);
  }

  /** The stream's number at the replica. */
  position(code) {
    return Number(this.pg.sql(`kofu_${code}`, 'SELECT seq FROM stream'));
  }

  /** Changes the register and waits until the replica has it; returns the lag in ms. */
  async change(code, sql) {
    const before = this.position(code);
    this.register(code, sql);
    const t = Date.now();
    await until('the change at the replica', 15000, () => this.position(code) > before, 5);
    return Date.now() - t;
  }

  /** kofu-inquiry verify on files; returns its JSON with the exit status. */
  async verify(files, codes = []) {
    const { status, stdout, stderr } = await this.run(this.bin('center/inquiry/kofu-inquiry'),
      ['verify', '-c', this.path('conf/inquiry.conf'), ...files, ...codes.flatMap((c) => ['--code', c]), '--json'], this.env('inquiry'));
    return { status, stderr, ...(stdout.trim() ? JSON.parse(stdout) : {}) };
  }
}

export { CARDS, MUNIS, PIN, KIOSK, SOFTHSM, POLICY, sleep, until, sh, tail, freePort, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync,
  symlinkSync, writeFileSync, readdirSync, mkdtempSync, statSync };
