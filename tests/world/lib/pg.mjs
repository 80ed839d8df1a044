// SPDX-License-Identifier: Apache-2.0
// A private PostgreSQL for the demo world, through the same script as the tests use, and SQL through psql.
import { appendFileSync, existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { sh } from './proc.mjs';

export class Postgres {
  /** @param {string} wal its wal_level: a register's is logical, a service's what PostgreSQL comes with */
  constructor(root, dir, wal = 'logical') {
    this.script = join(root, 'tests/db/cluster.sh');
    this.dir = dir;
    this.wal = wal;
  }

  /** Durable, as the real one is: an acknowledged opt-out must survive. */
  start() {
    sh('sh', [this.script, 'start', this.dir], { env: { ...process.env, KOFU_PG_FSYNC: 'on', KOFU_PG_WAL: this.wal } });
  }

  get data() {
    return join(this.dir, 'data');
  }

  /** Starts it again after halt(), or after the machine went down. */
  resume() {
    this.#forgetDead();
    sh('sh', [this.script, 'resume', this.dir]);
  }

  /** Where nobody reaps, a killed server stays as a zombie, and the files that name it say that it lives. */
  #forgetDead() {
    for (const file of [join(this.data, 'postmaster.pid'), join(this.dir, '.s.PGSQL.5432.lock')]) {
      if (!existsSync(file)) continue;
      const stat = `/proc/${readFileSync(file, 'utf8').split('\n')[0]}/stat`;
      if (existsSync(stat) && readFileSync(stat, 'latin1').split(') ').at(-1).startsWith('Z')) rmSync(file);
    }
  }

  halt() {
    sh('sh', [this.script, 'halt', this.dir]);
  }

  /** Ends it as a power cut would; resume() recovers it from its log. */
  crash() {
    sh('sh', [this.script, 'crash', this.dir]);
  }

  /** Every process of it: the postmaster first, then its children. */
  pids() {
    const file = join(this.data, 'postmaster.pid');
    if (!existsSync(file)) return [];
    const head = Number(readFileSync(file, 'utf8').split('\n')[0]);
    const children = `/proc/${head}/task/${head}/children`;
    return existsSync(children) ? [head, ...readFileSync(children, 'utf8').trim().split(' ').filter(Boolean).map(Number)] : [];
  }

  /** Its log of writes moves to another folder, where it keeps within so many megabytes. */
  walTo(dir, mb) {
    this.halt();
    sh('cp', ['-a', join(this.data, 'pg_wal'), dir]);
    rmSync(join(this.data, 'pg_wal'), { recursive: true });
    symlinkSync(join(dir, 'pg_wal'), join(this.data, 'pg_wal'));
    appendFileSync(join(this.data, 'postgresql.conf'), `min_wal_size = 32MB\nmax_wal_size = ${mb}MB\n`);
    this.resume();
  }

  /** Ends it and removes its data. */
  stop() {
    sh('sh', [this.script, 'stop', this.dir]);
  }

  conninfo(database, user = 'postgres') {
    return `host=${this.dir} dbname=${database} user=${user}`;
  }

  /** Runs SQL (a text or a stream's worth of it); returns what it prints, unaligned. */
  sql(database, text, user = 'postgres') {
    return sh('psql', ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', this.conninfo(database, user)], { input: text }).trim();
  }

  /** Runs the SQL of a file. */
  run(database, file, user = 'postgres') {
    sh('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', this.conninfo(database, user), '-f', file]);
  }

  /** One value with arguments, quoted by psql: sql1(db, "SELECT :'a'", { a: 'x' }). */
  value(database, text, args = {}) {
    const v = Object.entries(args).flatMap(([k, w]) => ['-v', `${k}=${w}`]);
    return sh('psql', ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', ...v, '-d', this.conninfo(database)], { input: text }).trim();
  }
}
