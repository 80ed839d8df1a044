// SPDX-License-Identifier: Apache-2.0
// A register, a replica, an agent and the stream's end, each of which can be killed, starved or given a wrong clock;
// and how the two databases compare. Real programs, real TLS, two PostgreSQL clusters.
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, sh, sleep, until, wrongClock } from '../../world/lib/proc.mjs';
import { Postgres } from '../../world/lib/pg.mjs';
import { SmallDisk, fileSizes } from '../../world/lib/disk.mjs';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const MUNI = '991015';
const DEK = '00112233445566778899aabbccddeeff'.repeat(2);
const DISK_MB = 256;

/** A program that may be killed and started again; its log goes on in one file. */
class Program {
  constructor(dir, name, file, args, env = {}) {
    Object.assign(this, { name, file, args, env, log: join(dir, `${name}.log`), child: null });
  }

  start() {
    const fd = openSync(this.log, 'a');
    const child = spawn(this.file, this.args, { stdio: ['ignore', fd, fd], env: { ...process.env, ...this.env } });
    closeSync(fd);
    child.ended = new Promise((done) => child.once('exit', (code, signal) => done(signal ?? code)));
    this.child = child;
    // As a service manager does: the stream's end does not start while its database is away.
    child.ended.then(() => setTimeout(() => {
      if (this.child === child && !this.told) this.start();
    }, 300));
    this.told = false;
  }

  get alive() {
    return this.child !== null && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Returns its exit status, or the signal that ended it. */
  async end(signal) {
    this.told = true;
    if (this.alive) this.child.kill(signal);
    return this.child?.ended;
  }
}

const clusterPids = (pg) => pg.pids();

function kill9(pids) {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (e) {
      if (e.code !== 'ESRCH') throw e;
    }
  }
}

export class Place {
  /** `fair`: no small disk, both databases durable, room and times of commits kept: for measuring. */
  constructor(build, { residents = 300, fair = false } = {}) {
    Object.assign(this, { build, residents, fair });
    this.dir = mkdtempSync(join(tmpdir(), 'kofu-faults.'));
    this.disk = join(this.dir, 'disk');
    mkdirSync(this.disk);
    // The replica's disk: a small one of its own where we may mount; else a limit of file sizes stands in for it.
    this.small = fair ? null : new SmallDisk(this.disk, DISK_MB);
    spawnSync('chmod', ['755', this.dir]);
    this.register = new Postgres(ROOT, join(this.dir, 'register'));
    this.replica = new Postgres(ROOT, join(this.disk, 'replica'));
    this.bin = (name) => join(build, name);
  }

  async up(wire) {
    for (const pg of [this.register, this.replica]) sh('sh', [pg.script, 'start', pg.dir, String(process.pid)], { env: { ...process.env, KOFU_PG_FSYNC: this.fair || pg === this.replica ? 'on' : 'off' } });
    if (this.fair) for (const pg of [this.register, this.replica]) await this.tune(pg);
    this.register.sql('postgres', 'CREATE DATABASE register');
    this.replica.sql('postgres', 'CREATE DATABASE replica');
    this.register.sql('register', ['schema', 'functions'].map((f) => readFileSync(join(ROOT, `db/register/${f}.sql`), 'utf8')).join('\n'));
    this.people();
    const migrations = join(ROOT, 'db/asp/migrations');
    for (const f of readdirSync(migrations).sort()) this.replica.sql('replica', readFileSync(join(migrations, f), 'utf8'));
    this.replica.sql('replica', `INSERT INTO tenant (muni, wrapped_key) VALUES ('${MUNI}', decode(repeat('00', 60), 'hex'))`);
    this.keys();
    this.serverPort = await freePort();
    this.agentPort = await wire.up(this);
    this.programs();
    if (this.fair) return;
    this.firstLoad();
    this.countFirst();
    this.server.start();
    this.agent.start();
    await this.equal(30000);
  }

  /** A city's worth of SQL: through a file. */
  people() {
    const file = join(this.dir, 'people.sql');
    const out = openSync(file, 'w');
    sh(this.bin('tests/world/register/world-register'), ['generate', '--muni', MUNI, '--count', String(this.residents), '--seed', '7', ...(this.fair ? ['--seals', '0'] : ['--fake-cards', 'ab'.repeat(32)])], { stdio: ['ignore', out, 'pipe'] });
    closeSync(out);
    this.register.run('register', file);
    rmSync(file);
  }

  /** As docs/OPERATIONS.md says, for two clusters on one machine: a quarter of its memory for both. */
  async tune(pg) {
    pg.halt();
    const mb = Math.max(128, Math.floor(totalmem() / 2 ** 20 / 8));
    appendFileSync(join(pg.data, 'postgresql.conf'), `shared_buffers = ${mb}MB\nmax_wal_size = 8GB\n`);
    await this.resume(pg);
  }

  keys() {
    const netca = this.bin('tests/world/world-netca');
    this.net = join(this.dir, 'net');
    sh(netca, ['init', this.net]);
    sh(netca, ['issue', this.net, 'server', 'asp-1']);
    sh(netca, ['issue', this.net, 'agent', MUNI]);
    sh(netca, ['key', this.net, `sync-${MUNI}`]);
  }

  pem(name) {
    return join(this.net, name);
  }

  programs() {
    const clock = (name) => {
      if (this.fair) return {};
      const file = join(this.dir, `${name}.clock`);
      writeFileSync(file, '+0s');
      return { ...wrongClock(file), FAKETIME_NO_CACHE: '1' };
    };
    const conf = join(this.dir, 'agent.conf');
    writeFileSync(conf, `[agent]
muni = ${MUNI}
server = https://127.0.0.1:${this.agentPort}
cert = ${this.pem(`agent-${MUNI}.crt`)}
key = ${this.pem(`agent-${MUNI}.key`)}
ca = ${this.pem('ca.crt')}
sync_key = ${this.pem(`sync-${MUNI}.key`)}
[register]
database = ${this.register.conninfo('register', 'kofu_agent')}
[medium]
recipient = ${this.pem('server-asp-1.crt')}
`);
    this.host = this.bin('tests/stream/sync_host');
    this.replicaInfo = this.replica.conninfo('replica');
    const server = ['serve', MUNI, `${this.replicaInfo} options='-c role=kofu_sync'`, DEK, this.pem(`sync-${MUNI}.pub`),
      this.pem('server-asp-1.crt'), this.pem('server-asp-1.key'), this.pem('ca.crt'), join(this.dir, 'port'), String(this.serverPort)];
    this.server = new Program(this.dir, 'server', this.host, server, clock('server'));
    this.agent = new Program(this.dir, 'agent', this.bin('agent/kofu-agent'), [conf], clock('agent'));
    this.spare = new Program(this.dir, 'spare', this.bin('agent/kofu-agent'), [conf], clock('spare'));
  }

  mediumCreate() {
    this.medium = join(this.dir, 'medium');
    sh(this.bin('agent/kofu-agent'), ['medium', 'create', this.agent.args[0], this.medium]);
  }

  firstLoad() {
    this.mediumCreate();
    this.mediumImport();
  }

  importCommand() {
    return [this.host, ['import', MUNI, this.replicaInfo, DEK, this.pem(`sync-${MUNI}.pub`), this.pem('server-asp-1.crt'), this.pem('server-asp-1.key'), this.medium]];
  }

  mediumImport() {
    sh(...this.importCommand());
  }

  /** "+0s" is the right time. */
  clock(program, offset) {
    writeFileSync(program.env.FAKETIME_TIMESTAMP_FILE, offset);
  }

  // --- what happens to a database ---

  /** kill -9 of every process of it. */
  killCluster(pg) {
    kill9(clusterPids(pg));
  }

  /** kill -9 of one process that serves somebody: PostgreSQL ends all others and recovers. */
  killBackend(pg, database) {
    kill9([Number(pg.sql('postgres', `SELECT pid FROM pg_stat_activity WHERE datname = '${database}' AND backend_type <> 'parallel worker' ORDER BY backend_start LIMIT 1`) || 0)].filter((p) => p > 1));
  }

  async resume(pg) {
    await until('the cluster to run again', 60000, () => {
      try {
        pg.resume(); // refuses while a process of before still holds its memory
        return this.answers(pg);
      } catch {
        return false;
      }
    }, 200);
  }

  answers(pg) {
    return spawnSync('psql', ['-X', '-q', '-A', '-t', '-d', pg.conninfo('postgres'), '-c', 'SELECT 1']).status === 0;
  }

  diskFull() {
    if (this.small.mounted) this.small.fill();
    else fileSizes(clusterPids(this.replica), '4096');
  }

  diskFree() {
    if (this.small.mounted) this.small.free();
    else fileSizes(clusterPids(this.replica), 'unlimited');
  }

  // --- how the two compare ---

  registerRows() {
    const cells = 'shimei, shimei_furigana, shimei_alphabet, kyu_uji, kyu_uji_furigana, tsusho, tsusho_furigana, seinengappi, seibetsu, setainushi_shimei, zokugara, honseki, hittosha, jumin_to_natta_ymd, gaikokujin_jumin_ymd, jusho, katagaki, jusho_wo_sadameta_ymd, todokede_ymd, tennyu_mae_jusho, kojin_no, juminhyo_code, kokuseki_chiiki, ho30_45_kubun, zairyu_shikaku, zairyu_kikan, zairyu_manryo_ymd, zairyu_card_no, biko, ido_jiyu, ido_ymd, shojo_jiyu, shojo_ymd';
    return this.register.sql('register', `\\pset fieldsep '|'
SELECT 'R', atena_no, rireki_no, jumin_jotai, jumin_shubetsu, narabi, setai_no, ${cells} FROM (SELECT DISTINCT ON (atena_no) * FROM jumin.juminhyo ORDER BY atena_no, rireki_no DESC) x;
SELECT 'S', atena_no, rireki_no, toroku_jotai, toroku_no, toroku_ymd, haba_px, takasa_px, encode(inei, 'hex') FROM (SELECT DISTINCT ON (atena_no) * FROM jumin.inkan ORDER BY atena_no, rireki_no DESC) x;
SELECT 'C', atena_no, rireki_no, yuko, encode(issuer_key_hash, 'hex'), encode(serial, 'hex') FROM (SELECT DISTINCT ON (atena_no, serial) * FROM jumin.shomeisho ORDER BY atena_no, serial, rireki_no DESC) x;
SELECT 'B', taisho_no, rireki_no, yuko, CASE WHEN juminhyo THEN 2 ELSE 0 END + CASE WHEN inkan THEN 4 ELSE 0 END FROM (SELECT DISTINCT ON (taisho_kubun, taisho_no) * FROM jumin.yokushi ORDER BY taisho_kubun, taisho_no, rireki_no DESC) x;`)
      .split('\n').sort();
  }

  replicaRows() {
    const numbers = this.register.sql('register', 'SELECT DISTINCT atena_no FROM jumin.juminhyo UNION SELECT DISTINCT setai_no FROM jumin.juminhyo');
    return sh(this.host, ['dump-all', MUNI, this.replicaInfo, DEK], { input: `${numbers}\n` }).trim().split('\n').sort();
  }

  /** Null when every row is the same and nobody is set aside; else what is not. */
  difference() {
    const want = this.registerRows();
    const got = this.replicaRows();
    const set = new Set(got);
    const missing = want.filter((row) => !set.has(row));
    if (missing.length || want.length !== got.length) return `${want.length} rows in the register, ${got.length} in the replica, ${missing.length} of them not the same`;
    const aside = this.replica.sql('replica', `SELECT (SELECT count(*) FROM parked) || ' parked, stopped: ' || coalesce((SELECT stopped FROM tenant), 'no')`);
    return aside === '0 parked, stopped: no' ? null : aside;
  }

  /**
   * Waits until they are the same. Judged by what comes, not by the clock of a machine that others use: given up when
   * nothing changed for `ms` (an agent waits up to 30 s between two tries), or after ten times that.
   */
  async equal(ms) {
    const from = performance.now();
    let [last, at] = ['', from];
    for (;;) {
      let why = '';
      const began = performance.now();
      try {
        why = this.difference();
        if (why === null) return;
        why += `, batch ${this.replica.sql('replica', 'SELECT seq FROM stream')}`;
      } catch (e) {
        why = e.message.split('\n')[0];
      }
      const now = performance.now();
      if (why !== last) [last, at] = [why, now];
      if (now - at > ms || now - from > 10 * ms) throw new Error(`the replica is not the register, and nothing moved for ${Math.round((now - at) / 1000)} s: ${why}`);
      await sleep(Math.max(250, now - began)); // to look takes no more than half of a processor
    }
  }

  /** Each history in the replica is a whole one: null, or how many are not. */
  historyDifference() {
    const of = (t) => `SELECT count(*) FROM (SELECT max(rireki_no) - min(rireki_no) + 1 - count(*) AS gap FROM ${t} GROUP BY ref) x WHERE gap <> 0`;
    const broken = ['resident_row', 'seal_row'].map((t) => Number(this.replica.sql('replica', of(t))));
    const rows = (pg, db, q) => Number(pg.sql(db, q));
    const before = this.firstRows;
    const moved = {
      residents: rows(this.register, 'register', 'SELECT count(*) FROM jumin.juminhyo') - before.residents - rows(this.replica, 'replica', 'SELECT count(*) FROM resident_row') + before.loadedResidents,
      seals: rows(this.register, 'register', 'SELECT count(*) FROM jumin.inkan') - before.seals - rows(this.replica, 'replica', 'SELECT count(*) FROM seal_row') + before.loadedSeals,
      blocks: rows(this.register, 'register', 'SELECT count(*) FROM jumin.yokushi') - before.blocks - rows(this.replica, 'replica', 'SELECT count(*) FROM block') + before.loadedBlocks,
    };
    return broken.every((n) => n === 0) && Object.values(moved).every((n) => n === 0) ? null : JSON.stringify({ broken, moved });
  }

  countFirst() {
    const n = (pg, db, t) => Number(pg.sql(db, `SELECT count(*) FROM ${t}`));
    this.firstRows = {
      residents: n(this.register, 'register', 'jumin.juminhyo'), seals: n(this.register, 'register', 'jumin.inkan'), blocks: n(this.register, 'register', 'jumin.yokushi'),
      loadedResidents: n(this.replica, 'replica', 'resident_row'), loadedSeals: n(this.replica, 'replica', 'seal_row'), loadedBlocks: n(this.replica, 'replica', 'block'),
    };
  }

  /**
   * Processor seconds so far of both databases, the agent, the stream's end, and of the commands that ended: what a
   * machine that others use too tells truly.
   */
  cpu() {
    const ticks = (pid, own, children) => {
      try {
        const f = readFileSync(`/proc/${pid}/stat`, 'latin1');
        const n = f.slice(f.lastIndexOf(')') + 2).split(' ').map(Number);
        return ((own ? n[11] + n[12] : 0) + (children ? n[13] + n[14] : 0)) / 100;
      } catch {
        return 0;
      }
    };
    const cluster = (pg) => clusterPids(pg).reduce((sum, pid, i) => sum + ticks(pid, true, i === 0), 0);
    const program = (q) => (q?.alive ? ticks(q.child.pid, true, false) : 0);
    return { 'register': cluster(this.register), 'replica': cluster(this.replica), 'agent': program(this.agent), 'server': program(this.server), 'commands': ticks(process.pid, false, true) };
  }

  /** Milliseconds since the newest beat. */
  leaseAge() {
    return Number(this.replica.sql('replica', 'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint - beat_ms FROM lease'));
  }

  async down() {
    for (const p of [this.spare, this.agent, this.server]) if (p) await p.end('SIGKILL');
    for (const pg of [this.register, this.replica]) {
      this.killCluster(pg);
      await sleep(100);
      pg.stop();
    }
    this.small?.end();
    if (process.env.KOFU_KEEP !== '1') rmSync(this.dir, { recursive: true, force: true });
  }
}
