// SPDX-License-Identifier: Apache-2.0
// The world of the mix-up test: the demo world's parts with residents of its own (near-twins), many kiosks'
// certificates, two servers and two centers; no kiosk process and no printer: mixup-drive stands at every kiosk.
import { createHash, X509Certificate, randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { World, MUNIS, ROOT, PIN, freePort, sh, until } from '../../world/lib/world.mjs';

const KIOSKS = 16;
const CUT_OFF = 'KCUT';
const UNIT = 15; // truth.h
const EXTRAS = 4;
const holder = (units, i) => i >= units * UNIT || i % UNIT <= 4 || [9, 10].includes(i % UNIT);
const kioskId = (i) => `K${String(i + 1).padStart(4, '0')}`;

export class MixupWorld extends World {
  /** @param {{units?: number, seed?: number, bins?: {server?: string, seal?: string, center?: string, drive?: string}}} options bins: other programs than the build's own */
  constructor(dir, { units = 3, seed = 1, bins = {}, ...rest } = {}) {
    super(dir, { overlap: 1, ...rest });
    Object.assign(this, { units, seed, bins: { server: 'server/kofu-server', seal: 'server/kofu-seal', center: 'center/kofu-center', drive: 'tests/mixup/mixup-drive', ...bins } });
    this.extra = {}; // environment of the programs under test
    this.extraOf = {}; // and of one of them, by name
  }

  get count() {
    return this.units * UNIT + EXTRAS;
  }

  // ---- made once

  makePki() {
    const netca = this.bin('tests/world/world-netca');
    const net = this.path('net');
    sh(netca, ['init', net]);
    const kiosks = [...Array.from({ length: KIOSKS }, (_, i) => kioskId(i)), CUT_OFF];
    for (const [role, name] of [['center', 'C1'], ['server', 'S1'], ['server', 'S2'], ['inquiry', 'I1'],
      ...kiosks.map((k) => ['kiosk', k]), ...MUNIS.map((m) => ['agent', m.code])]) sh(netca, ['issue', net, role, name]);
    for (const m of MUNIS) sh(netca, ['key', net, `sync-${m.code}`]);
    sh(this.bin('tests/world/world-jpki'), ['init', this.path('jpki')]);
    mkdirSync(this.path('pins'), { recursive: true });
    mkdirSync(this.path('witness'), { recursive: true });
    for (const f of ['auth-1.der', 'auth-2.der']) copyFileSync(this.path('jpki', f), this.path('pins', f));
  }

  /** Every holder of both cities, and cards that are not good. Making keys is slow: two at a time. */
  async makeAllCards() {
    const jobs = [];
    MUNIS.forEach((m, city) => {
      for (let i = 0; i < this.count; i++) if (holder(this.units, i)) jobs.push({ city, person: i, standing: 'good' });
    });
    for (const [person, standing] of [[6, 'revoked'], [7, 'hold'], [8, 'ended'], [6, 'stranger']]) jobs.push({ city: 0, person, standing });
    mkdirSync(this.path('cards'), { recursive: true });
    jobs.forEach((j, i) => Object.assign(j, { serial: 0x01440000 + i, dir: this.path('cards', String(i)) }));
    const queue = [...jobs];
    await Promise.all([0, 1].map(async () => {
      for (let j; (j = queue.shift());) await this.makeOneCard(j);
    }));
    this.mixCards = jobs;
  }

  async makeOneCard(j) {
    const tool = this.bin('tests/world/world-jpki');
    const cn = `${randomBytes(10).toString('hex').toUpperCase()}00A`;
    const { status, stderr } = await this.run(tool, ['card', this.path('jpki'), j.dir, '--serial', String(j.serial), '--cn', cn, '--pin', PIN, '--no-sign']);
    if (status !== 0) throw new Error(`world-jpki card: ${stderr}`);
    if (j.standing === 'revoked') sh(tool, ['revoke', this.path('jpki'), String(j.serial)]);
    if (j.standing === 'hold') sh(tool, ['revoke', this.path('jpki'), String(j.serial), '--hold']);
    const ca = new X509Certificate(readFileSync(join(j.dir, 'auth_ca.der')));
    j.issuer = createHash('sha256').update(ca.publicKey.export({ type: 'spki', format: 'der' })).digest('hex');
    const hex = new X509Certificate(readFileSync(join(j.dir, 'auth_cert.der'))).serialNumber.toLowerCase();
    j.hex = hex.length % 2 ? `0${hex}` : hex;
  }

  makeRegister(m) {
    const city = MUNIS.indexOf(m);
    const database = `register_${m.code}`;
    this.registers.sql('postgres', `CREATE DATABASE ${database}`);
    for (const f of ['schema.sql', 'functions.sql']) this.registers.sql(database, readFileSync(join(ROOT, 'db/register', f), 'utf8'));
    this.registers.sql(database, 'CREATE TABLE clerk_mark (mark text PRIMARY KEY)'); // clerk.c
    const file = this.path(`cards-${m.code}.txt`);
    writeFileSync(file, this.mixCards.filter((c) => c.city === city && c.standing !== 'stranger')
      .map((c) => `${c.person} ${c.issuer} ${c.hex} ${c.standing === 'ended' ? 'false' : 'true'}\n`).join(''));
    this.registers.sql(database, sh(this.bin('tests/mixup/mixup-people'), [String(this.seed), String(this.units), String(city), file]));
  }

  async ports() {
    await super.ports();
    const [center2, server2, stream2] = await Promise.all(Array.from({ length: 3 }, () => freePort()));
    Object.assign(this.state, { center2, server2, stream2 });
  }

  async makeConfs() {
    await super.makeConfs();
    const s = this.state;
    // Two of each: the listener for figures, of one port, is not asked here.
    const read = (n) => readFileSync(this.path('conf', `${n}.conf`), 'utf8').replace(/\[ops\]\nport = \d+\n/, '');
    const kiosks = Array.from({ length: KIOSKS }, (_, i) => `[kiosk ${kioskId(i)}]\nname = test\n`).join('') + `[kiosk ${CUT_OFF}]\nenabled = false\n`;
    const [, build] = /KOFU_BUILD "([^"]+)"/.exec(readFileSync(this.bin('server/build.h'), 'utf8'));
    const center = read('center').replace('id = C1\n', `id = C1\nbuilds = ${build}\n`).replace('[jpki]\n', '[jpki]\nocsp_ms = 20000\n').replace(/\[kiosk [\s\S]*$/, kiosks)
      .replaceAll(/servers = .*/g, `servers = https://127.0.0.1:${s.server.port} https://127.0.0.1:${s.server2}`)
      .replaceAll('server_ids = S1', 'server_ids = S1 S2') +
      '[limits]\nin_flight = 64\noffer_ms = 30000\norder_ms = 40000\nother_ms = 30000\n'; // a slow machine is no fault
    this.conf('center', center);
    // Each center asks another server first, so that both of them issue.
    this.conf('center2', center.replace(/^port = .*/m, `port = ${s.center2}`).replaceAll(/servers = (\S+) (\S+)/g, 'servers = $2 $1'));
    const server = read('server').replace('[sync]', 'queue = 64\nthreads = 32\ndeadline_ms = 20000\n[sync]');
    this.conf('server', server);
    const net = (n) => this.path('net', n);
    // The directory is told by one of them, and the audit sealed by one.
    this.conf('server2', server.replace('id = S1', 'id = S2').replace(/^port = .*/m, `port = ${s.server2}`)
      .replace(/\[sync\]\nport = .*/, `[sync]\nport = ${s.stream2}`).replace(/^cert = .*/m, `cert = ${net('server-S2.crt')}`)
      .replace(/^key = .*/m, `key = ${net('server-S2.key')}`).replace(/^url = .*\n/m, '').replaceAll(/^audit = .*\n/gm, ''));
    this.conf('seal', read('seal').replace('[token]', 'workers = 3\n[token]'));
  }

  async make() {
    await this.reset();
    mkdirSync(this.dir, { recursive: true, mode: 0o700 });
    for (const pg of this.clusters) pg.start();
    this.onDatabase?.();
    this.makePki();
    await this.makeAllCards();
    await this.ports();
    mkdirSync(this.shortDir('s'), { mode: 0o700 });
    for (const t of ['server', 'inquiry']) this.makeToken(t);
    await this.makeConfs();
    // Rows that are swapped on purpose stay so: the hourly reconciliation finds and mends them.
    for (const m of MUNIS) this.conf(`agent-${m.code}`, `${readFileSync(this.path(`conf/agent-${m.code}.conf`), 'utf8')}[reconcile]\nevery_s = 0\n`);
    for (const m of MUNIS) this.makeRegister(m);
    this.pg.sql('postgres', 'CREATE DATABASE kofu_center');
    sh(this.bin('center/kofu-center'), ['migrate', this.path('conf/center.conf')]);
    sh(this.bin('center/inquiry/kofu-inquiry'), ['init', this.path('conf/inquiry.conf')], { env: { ...process.env, ...this.env('inquiry') } });
    sh(this.bin('server/kofu-seal'), ['init', this.path('conf/seal.conf')], { env: { ...process.env, ...this.env('server') } });
    await this.startSeal();
    this.load();
    this.saveState();
  }

  /** The municipalities' databases and their first load. */
  load() {
    const seal = { env: { ...process.env, ...this.env('server'), ...this.extra } };
    const server = this.bin(this.bins.server);
    mkdirSync(this.path('medium'), { recursive: true });
    for (const m of MUNIS) {
      const medium = this.path('medium', m.code);
      const dek = sh(this.bin('server/kofu-seal'), ['new-key', this.path('conf/seal.conf'), m.code], seal);
      sh(server, ['provision', this.path('conf/admin.conf'), m.code], { input: dek, ...seal });
      sh(this.bin('agent/kofu-agent'), ['medium', 'create', this.path(`conf/agent-${m.code}.conf`), medium]);
      sh(server, ['medium', 'import', this.path('conf/admin.conf'), m.code, medium], seal);
    }
    this.listNode();
  }

  // ---- starting

  startSeal() {
    return this.processes.start('seal', this.bin(this.bins.seal), ['run', this.path('conf/seal.conf')], { env: { ...this.env('server'), ...this.extra, ...this.extraOf.seal }, ready: /^ready/m });
  }
  startServer(name = 'server') {
    return this.processes.start(name, this.bin(this.bins.server), ['run', this.path(`conf/${name}.conf`)], { env: { ...this.extra, ...this.extraOf[name] }, ready: /^ready port=/m });
  }
  startCenter(name = 'center') {
    return this.processes.start(name, this.bin(this.bins.center), [this.path(`conf/${name}.conf`)], { env: { ...this.extra, ...this.extraOf[name] }, ready: /^ready port=/m });
  }

  async up() {
    if (!this.state) await this.make();
    const p = this.processes;
    const s = this.state;
    for (const pg of this.clusters) pg.resume();
    if (!p.alive('jpki')) await p.start('jpki', this.bin('tests/world/world-jpki'), ['serve', this.path('jpki'), '--port', String(s.jpki.port)]);
    await this.upTested();
    for (const m of MUNIS) if (!p.alive(`agent-${m.code}`)) await this.startAgent(m.code);
    if (!p.alive('inquiry')) await this.startInquiry();
    await this.settled();
  }

  /** The programs under test, as this.bins and this.extra say. */
  async upTested() {
    const p = this.processes;
    if (!p.alive('seal')) await this.startSeal();
    await Promise.all([['center', 'Center'], ['center2', 'Center'], ['server', 'Server'], ['server2', 'Server']]
      .filter(([name]) => !p.alive(name)).map(([name, what]) => this[`start${what}`](name)));
  }
  async downTested() {
    for (const name of ['center2', 'center', 'server2', 'server', 'seal']) await this.processes.stop(name);
  }

  async settled() {
    for (const m of MUNIS)
      await until(`the lease of ${m.code}`, 30000, () => this.pg.sql(`kofu_${m.code}`, "SELECT count(*) FROM lease WHERE beat_ms > extract(epoch FROM now()) * 1000 - 5000") === '1');
    const n = this.mixCards.filter((c) => ['good', 'revoked', 'hold'].includes(c.standing)).length;
    await until('the directory', 30000, () => Number(this.pg.sql('kofu_center', 'SELECT count(*) FROM directory')) >= n);
  }

  saveState() {} // nobody drives it from outside

  /** Runs mixup-drive to its end; @returns what it counted, with its exit status. */
  async drive(options, onLine = () => {}) {
    const { spawn } = await import('node:child_process');
    const child = spawn(this.bin(this.bins.drive), [this.plan(options)], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...this.extra } });
    this.driver = child; // SIGTERM: no further orders
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (d) => { out += d; });
    child.stderr.setEncoding('utf8').on('data', (d) => { err += d; for (const l of d.split('\n')) if (l) onLine(l); });
    const status = await new Promise((done) => child.once('close', done));
    if (status !== 0 && status !== 3) throw new Error(`mixup-drive: ${status}: ${err}`);
    return { status, said: err, ...JSON.parse(out.trim().split('\n').at(-1)) };
  }

  // ---- the test

  /** From now on `codes` are explained, until the function that this returns is called (excuse.h). */
  excuse(...codes) {
    const e = { codes, from: Date.now(), until: 0 };
    (this.excuses ??= []).push(e);
    const tell = () => {
      writeFileSync(this.path('excuses.new'), this.excuses.flatMap((x) => x.codes.map((c) => `${c} ${x.from} ${x.until}\n`)).join(''));
      renameSync(this.path('excuses.new'), this.path('excuses'));
    };
    tell();
    return () => {
      e.until = Date.now();
      tell();
    };
  }

  /** What mixup-drive is told. */
  plan(options) {
    const s = this.state;
    const plan = {
      seed: this.seed, units: this.units, orders: 100, threads: 16, rate: 0, sample: 100, hostile_percent: 15, changes_ms: 300, faults: false, first: false, moving: 1, news: false,
      excuses: this.path('excuses'), server: this.bin('server/kofu-server'), server_conf: this.path('conf/server.conf'),
      net: this.path('net'), samples: this.path('samples'), history: this.path('history'), centers: [s.center.url, `https://127.0.0.1:${s.center2}`],
      kiosks: Array.from({ length: KIOSKS }, (_, i) => kioskId(i)), cut_off: CUT_OFF,
      cities: MUNIS.map((m) => ({ code: m.code, register: this.registers.conninfo(`register_${m.code}`), replica: this.pg.conninfo(`kofu_${m.code}`), expect: options?.expect?.[m.code] ?? null })),
      cards: this.mixCards.map(({ city, person, standing, dir }) => ({ city, person, standing, dir })),
      ...options,
    };
    delete plan.expect;
    mkdirSync(plan.samples, { recursive: true });
    const file = this.path(`plan-${randomBytes(4).toString('hex')}.json`);
    writeFileSync(file, JSON.stringify(plan));
    return file;
  }
}
export { MUNIS, ROOT, sh, until };
