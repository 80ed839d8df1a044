// SPDX-License-Identifier: Apache-2.0
// The units as systemd runs them, each program as its own user behind all its walls: boot.sh runs this where systemd is
// the first process. An order goes through, a paper is asked at the desk, killed programs come back, all end in time.
import { before, test } from 'node:test';
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import { World, MUNIS, sh, until } from '../world/lib/world.mjs';
import { Judge } from '../mixup/lib/judge.mjs';

const CITY = MUNIS[0].code;
const UNITS = ['kofu-seal', 'kofu-server', 'kofu-center', 'kofu-inquiry', 'kofu-agent', `kofu-console@${CITY}`, 'kofu-kiosk'];
const systemctl = (...args) => sh('systemctl', args).trim();
const shown = (unit, what) => systemctl('show', '--value', '-p', what, unit);

/** The demo world, its programs as units with the configuration where the packages have it. */
class UnitsWorld extends World {
  shortDir(name) {
    return join('/srv', `k-${name}`); // PrivateTmp hides /tmp
  }

  async make() {
    await super.make();
    await this.processes.stop('seal');
    this.installed();
    this.made = true;
  }

  /** Who owns what, and where a unit may write. */
  installed() {
    const uid = sh('id', ['-u', 'kofu-server']).trim();
    const edit = (name, ...changes) => {
      const file = this.path('conf', `${name}.conf`);
      writeFileSync(file, changes.reduce((s, [from, to]) => {
        assert.match(s, from);
        return s.replace(from, to);
      }, readFileSync(file, 'utf8')));
    };
    const own = (user, ...paths) => sh('chown', ['-R', user, ...paths.map((p) => this.path(p))]);
    const socket = [/socket = .*/, 'socket = /run/kofu-seal/seal.sock'];
    const fonts = [/fonts = .*/, 'fonts = /usr/share/kofu/fonts/manifest.json'];
    edit('seal', [/socket = .*/, `${socket[1]}\nuid = ${uid}`], fonts);
    edit('server', socket, fonts, [/witness = .*/, 'witness = /var/lib/kofu-server/witness']);
    copyFileSync(this.path('conf', `agent-${CITY}.conf`), this.path('conf/agent.conf'));
    sh('install', ['-d', '-o', 'kofu-server', '-m', '700', '/var/lib/kofu-server', '/var/lib/kofu-server/witness']);
    own('kofu-seal', 'token/server', 'token/server.pin', 'keys');
    own('kofu-inquiry', 'token/inquiry', 'token/inquiry.pin');
    own('kofu-server', 'net/server-S1.key');
    own('kofu-center', 'net/center-C1.key');
    own('kofu-agent', `net/agent-${CITY}.key`, `net/sync-${CITY}.key`);
    for (const d of [this.dir, this.pg.dir]) chmodSync(d, 0o755);
    for (const d of readdirSync(this.dir, { withFileTypes: true })) if (d.isDirectory()) chmodSync(this.path(d.name), 0o755);
    symlinkSync(this.path('conf'), '/etc/kofu');
    const token = (unit, name) => this.dropIn(unit, `Environment=SOFTHSM2_CONF=${this.path('token', `${name}.conf`)}\nReadWritePaths=${this.path('token', name)}\n`);
    token('kofu-seal', 'server');
    token('kofu-inquiry', 'inquiry');
    chmodSync(this.shortDir('s'), 0o755);
    this.dropIn('kofu-kiosk', `Environment=PCSCLITE_CSOCK_NAME=${this.state.pcsc.socket}\n`);
    systemctl('daemon-reload');
  }

  dropIn(unit, lines) {
    const dir = `/etc/systemd/system/${unit}.service.d`;
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'here.conf'), `[Service]\n${lines}`);
  }

  unit(name) {
    try {
      systemctl('start', name);
    } catch (e) {
      throw new Error(`${e.message}\n${sh('journalctl', ['-u', name, '-n', '30', '--no-pager', '-o', 'cat'])}`);
    }
  }

  startSeal() {
    return this.made ? this.unit('kofu-seal') : super.startSeal();
  }

  startServer() {
    this.unit('kofu-server');
  }

  startConsole(code) {
    return code === CITY ? this.unit(`kofu-console@${code}`) : null;
  }

  startCenter() {
    this.unit('kofu-center');
  }

  startAgent(code) {
    return code === CITY ? this.unit('kofu-agent') : super.startAgent(code);
  }

  startInquiry() {
    this.unit('kofu-inquiry');
  }

  /** As it is on a counter: its own folders, the till's and the readers' sockets of others. */
  async startKiosk() {
    const conf = readFileSync(this.path('conf/kiosk-K0001.conf'), 'utf8');
    writeFileSync(this.path('conf/kiosk.conf'), conf.replace(/journal = .*/, 'journal = /var/lib/kofu-kiosk').replace(/token = .*/, 'token = /run/kofu-kiosk/token'));
    sh('chown', ['kofu-kiosk', this.path('net/kiosk-K0001.key'), this.state.till.socket]);
    chmodSync(this.state.pcsc.socket, 0o666); // as Debian's pcscd.socket has it
    this.unit('kofu-kiosk');
    await until('the kiosk', 20000, async () => (await status(`${this.state.kiosk.url}/`)) > 0);
  }
}

const w = new UnitsWorld('/srv/kofu', { residents: 20 });
const status = (url) => fetch(url).then((r) => r.status, () => 0);

async function order() {
  const r = await w.issue('taro');
  assert.equal(r.result, 'done', JSON.stringify(r));
  return r.paper;
}

before(async () => {
  await w.up();
  await w.startConsole(CITY);
}, { timeout: 200000 });

test('every unit is up, at the first try, with all its walls', () => {
  for (const u of UNITS) {
    assert.deepEqual([u, shown(u, 'ActiveState'), shown(u, 'NRestarts')], [u, 'active', '0']);
    const said = readFileSync(`/proc/${shown(u, 'MainPID')}/status`, 'utf8');
    for (const wall of [/^NoNewPrivs:\t1$/m, /^Seccomp:\t2$/m, /^CapBnd:\t0+$/m, /^CapEff:\t0+$/m]) assert.match(said, wall, u);
    assert.doesNotMatch(said, /^Uid:\t0\t/m, u);
  }
});

test('what watches them is told that they are ready', async () => {
  for (const [name, { url }] of Object.entries(w.state.ops)) await until(name, 20000, async () => (await status(`${url}/readyz`)) === 200);
});

test('a paper comes out of the kiosk and is the same at the desk', async () => {
  const judge = new Judge(w);
  const [front, back] = await judge.sides(await order(), 300);
  const said = await judge.ask(front, back, 300);
  assert.equal(said.verdict, 'match', said.reason);
});

test("the city's pages are served to a terminal of its own", async () => {
  const file = (n) => readFileSync(w.path('net', n));
  const got = await new Promise((done, fail) => https.get(`${w.state.consoles[CITY].url}/`, { ca: file('ca.crt'), cert: file(`terminal-${CITY}-T01.crt`), key: file(`terminal-${CITY}-T01.key`),
    checkServerIdentity: () => undefined }, (r) => done(r.resume().statusCode)).once('error', fail));
  assert.equal(got, 200);
});

test('a change in the register counts', async () => {
  assert.ok(await w.change(CITY, `SELECT jumin.yokushi_settei('1', '10000068', true)`) >= 0);
});

test('a killed program comes back by itself, and orders go on', async () => {
  for (const u of UNITS) {
    await until(u, 60000, () => shown(u, 'ActiveState') === 'active');
    const pid = shown(u, 'MainPID');
    systemctl('kill', '--kill-whom=main', '-s', 'KILL', u);
    await until(`${u} again`, 60000, () => shown(u, 'ActiveState') === 'active' && !['0', pid].includes(shown(u, 'MainPID')));
  }
  for (const u of UNITS) await until(u, 60000, () => shown(u, 'ActiveState') === 'active');
  for (const { url } of Object.values(w.state.ops)) await until(url, 30000, async () => (await status(`${url}/readyz`)) === 200);
  await order();
});

test('each ends when it is told to', () => {
  for (const u of [...UNITS].reverse()) {
    systemctl('stop', u);
    assert.deepEqual([u, shown(u, 'ActiveState'), shown(u, 'Result')], [u, 'inactive', 'success']);
  }
});

test('a configuration that is not whole starts nothing', () => {
  for (const u of ['kofu-seal', 'kofu-center', 'kofu-inquiry', 'kofu-agent', 'kofu-kiosk']) {
    const file = join('/etc/kofu', `${u.slice('kofu-'.length)}.conf`);
    const good = readFileSync(file);
    writeFileSync(file, `${good}\n[nothing]\nof = this\n`);
    assert.throws(() => systemctl('start', u), u);
    assert.equal(shown(u, 'MainPID'), '0', u);
    systemctl('stop', u);
    writeFileSync(file, good);
  }
});
