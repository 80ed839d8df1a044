// SPDX-License-Identifier: Apache-2.0
// The replicas and the center's database on a pair of PostgreSQL servers, one following the other and every commit waiting
// for both; the cities' registers stand on a server of their own, as they do in a city.
import { readFileSync, readdirSync } from 'node:fs';
import { Postgres } from '../../world/lib/pg.mjs';
import { sh, until } from '../../world/lib/proc.mjs';

const isRegister = (text) => /\bregister_\d{6}\b/.test(text);

/** In the place of a world's `pg`: what names a register goes to the register's server. */
export class PostgresPair {
  constructor(root, dir) {
    this.register = new Postgres(root, `${dir}r`);
    this.first = new Postgres(root, dir);
    this.second = new Postgres(root, `${dir}b`);
  }

  get data() {
    return this.first.data;
  }
  /** For what is done once, before the second is there. */
  get dir() {
    return this.first.dir;
  }

  start() {
    this.register.start();
    this.first.start();
  }
  resume() {
    this.register.resume();
    if (!this.failed) this.first.resume();
  }
  halt() {
    for (const p of [this.register, this.first, this.second]) p.halt();
  }
  stop() {
    for (const p of [this.second, this.first, this.register]) p.stop();
  }

  conninfo(database, user = 'postgres') {
    if (isRegister(database)) return this.register.conninfo(database, user);
    return `host=${this.first.dir},${this.second.dir} dbname=${database} user=${user} target_session_attrs=read-write`;
  }

  sql(database, text, user = 'postgres') {
    if (isRegister(database) || (database === 'postgres' && isRegister(text))) return this.register.sql(database, text, user);
    return sh('psql', ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', this.conninfo(database, user)], { input: text }).trim();
  }

  /** The second server follows the first; from then on no commit is answered that only one of them has. */
  async join() {
    sh('sh', [this.first.script, 'follow', this.second.dir, this.first.dir]);
    this.first.sql('postgres', "ALTER SYSTEM SET synchronous_standby_names = 'kofu_follower'");
    this.first.sql('postgres', 'SELECT pg_reload_conf()');
    await until('the second server to follow', 20000, () => this.first.sql('postgres', 'SELECT count(*) FROM pg_stat_replication WHERE sync_state = \'sync\'') === '1', 200);
  }

  /** The first server is gone in an instant, with all its processes. */
  kill() {
    const pid = Number(readFileSync(`${this.first.data}/postmaster.pid`, 'utf8').split('\n')[0]);
    const parent = (p) => {
      try {
        return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${p}/status`, 'utf8'))[1]);
      } catch {
        return 0;
      }
    };
    const children = readdirSync('/proc').filter((d) => /^\d+$/.test(d) && parent(d) === pid).map(Number);
    for (const p of [pid, ...children]) {
      try {
        process.kill(p, 'SIGKILL');
      } catch { /* it has ended by itself */ }
    }
    this.failed = true;
  }

  promote() {
    sh('sh', [this.first.script, 'promote', this.second.dir]);
  }
}
