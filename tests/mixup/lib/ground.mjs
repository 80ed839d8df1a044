// SPDX-License-Identifier: Apache-2.0
// What programs stand on, and how it gives way: the disk under the database's log of writes, the disk under what a server
// itself writes (the audit's witness, its log), and each program's clock.
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { SmallDisk, fileSizes } from '../../world/lib/disk.mjs';
import { sleep, until, wrongClock } from '../../world/lib/proc.mjs';

const WAL_MB = 192; // between two checkpoints; its disk has room for what comes while one of them waits for a slow disk
const WAL_DISK_MB = 1024;
const SERVER_DISK_MB = 64;
const CACHE_MS = 2500; // until a program looks at its clock's file again: by whole seconds, up to two of them
const SERVERS = ['server', 'server2'];

export class Disks {
  constructor(w) {
    this.w = w;
  }

  /** Before anybody connects to the database. Where nothing may be mounted, other limits stand in (disk.mjs). */
  makeWal() {
    this.wal = new SmallDisk(this.w.shortDir('wal'), WAL_DISK_MB);
    if (this.wal.mounted) this.w.pg.walTo(this.wal.dir, WAL_MB);
  }

  /** After the database is gone. */
  endWal() {
    this.wal?.end();
    rmSync(this.w.shortDir('wal'), { recursive: true, force: true });
  }

  /** While the programs under test are down. */
  make() {
    const { w } = this;
    this.own = new SmallDisk(w.path('small'), SERVER_DISK_MB);
    mkdirSync(w.path('small/witness'));
    this.confs = Object.fromEntries(SERVERS.map((n) => [n, readFileSync(w.path(`conf/${n}.conf`), 'utf8')]));
    for (const n of SERVERS) w.conf(n, this.confs[n].replace('witness = ../witness', 'witness = ../small/witness'));
    this.logs = w.processes.logs;
    if (this.own.mounted) w.processes.logs = w.path('small/log');
  }

  async answers() {
    await until('the database to run again', 60000, () => {
      try {
        this.w.pg.resume(); // what cannot write its log ends itself
        return this.w.pg.sql('postgres', 'SELECT 1') === '1';
      } catch {
        return false;
      }
    }, 200);
  }

  async database() {
    if (this.wal.mounted) this.wal.fill();
    else fileSizes(this.w.pg.pids(), '4096');
    await sleep(1500);
    if (this.wal.mounted) this.wal.free();
    else fileSizes(this.w.pg.pids(), 'unlimited');
    await this.answers();
  }

  async server() {
    const witness = this.w.path('small/witness');
    if (this.own.mounted) this.own.fill();
    else renameSync(witness, `${witness}.away`);
    await sleep(2500); // the audit is sealed once a second
    if (this.own.mounted) this.own.free();
    else renameSync(`${witness}.away`, witness);
  }

  /** While the programs under test are down: as it was before, and the witness with it. */
  end() {
    const { w } = this;
    w.processes.logs = this.logs;
    for (const n of SERVERS) w.conf(n, this.confs[n]);
    for (const f of ['991015', '991023']) if (existsSync(w.path(`small/witness/${f}.jws`))) writeFileSync(w.path(`witness/${f}.jws`), readFileSync(w.path(`small/witness/${f}.jws`)));
    if (existsSync(w.path('small/log'))) cpSync(w.path('small/log'), w.path('log/small'), { recursive: true });
    this.own.end();
    rmSync(w.path('small'), { recursive: true, force: true });
  }
}

/** Refusals that a wrong clock explains: times of sessions, nonces, orders and papers are compared with it. */
const LATE = ['session-expired', 'nonce-unknown', 'release-refused'];

export class Clocks {
  constructor(w, names, roll) {
    Object.assign(this, { w, names, roll });
    for (const n of names) writeFileSync(this.file(n), '+0s');
    w.extraOf = Object.fromEntries(names.map((n) => [n, { ...wrongClock(this.file(n)), FAKETIME_CACHE_DURATION: '1' }]));
  }

  file(name) {
    return this.w.path(`${name}.clock`);
  }

  /** One program's clock is wrong for some seconds. */
  async step() {
    const name = this.names[this.roll(this.names.length)];
    // A checkpoint that says a time an hour before its signing key was announced is named by the audit, rightly.
    const by = ['+20s', '-20s', '+3600s', '-3600s'][this.roll(name === 'seal' ? 2 : 4)];
    const mended = this.w.excuse(...LATE);
    writeFileSync(this.file(name), by);
    await sleep(CACHE_MS + this.roll(1500));
    writeFileSync(this.file(name), '+0s');
    await sleep(CACHE_MS);
    mended();
    return `${name} by ${by}`;
  }

  end() {
    this.w.extraOf = {};
  }
}
