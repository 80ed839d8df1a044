// SPDX-License-Identifier: Apache-2.0
// pgBackRest around a private cluster: a stanza in a folder of its own, encrypted; and the loss of the cluster.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../world/lib/proc.mjs';

const STANZA = 'kofu';

export class Backup {
	/** @param {import('../world/lib/pg.mjs').Postgres} pg @param {string} dir a short path that the server's user reaches */
	constructor(pg, dir) {
		Object.assign(this, { pg, dir, conf: join(dir, 'pgbackrest.conf') });
	}

	/** Archives the WAL from the next start on. */
	make() {
		mkdirSync(this.dir, { mode: 0o700 });
		const own = statSync(this.pg.data);
		const lines = [`[global]`, `repo1-path=${join(this.dir, 'repo')}`, 'repo1-cipher-type=aes-256-cbc', `repo1-cipher-pass=${randomBytes(24).toString('hex')}`, 'repo1-retention-full=2',
			`log-path=${this.dir}`, `lock-path=${join(this.dir, 'lock')}`, `spool-path=${this.dir}`, 'log-level-console=warn', 'log-level-file=off', 'start-fast=y', 'compress-type=gz',
			`[${STANZA}]`, `pg1-path=${this.pg.data}`, `pg1-socket-path=${this.pg.dir}`, 'pg1-user=postgres'];
		writeFileSync(this.conf, `${lines.join('\n')}\n`, { mode: 0o600 });
		for (const p of [this.dir, this.conf]) chownSync(p, own.uid, own.gid);
		for (const s of ["archive_mode = 'on'", `archive_command = 'pgbackrest --config=${this.conf} --stanza=${STANZA} archive-push %p'`])
			this.pg.sql('postgres', `ALTER SYSTEM SET ${s}`);
		this.pg.halt();
	}

	run(...args) {
		const all = ['pgbackrest', `--config=${this.conf}`, `--stanza=${STANZA}`, ...args];
		const r = process.getuid() === 0 ? spawnSync('runuser', ['-u', 'postgres', '--', ...all], { encoding: 'utf8', cwd: '/' }) : spawnSync(all[0], all.slice(1), { encoding: 'utf8', cwd: '/' });
		if (r.status !== 0) throw new Error(`pgbackrest ${args.join(' ')}: ${r.stdout}${r.stderr}`);
		return r.stdout;
	}

	take() {
		this.run('stanza-create');
		this.run('backup', '--type=full');
	}

	/** Waits until all that was committed before is in the archive. */
	archived() {
		const file = this.pg.sql('postgres', "SELECT pg_walfile_name(pg_switch_wal())");
		return until('the archive', 30000, () => this.pg.sql('postgres', 'SELECT last_archived_wal FROM pg_stat_archiver') >= file, 200);
	}

	/** kill -9 of the whole cluster, and its disk is gone. */
	async lose() {
		const head = Number(readFileSync(join(this.pg.data, 'postmaster.pid'), 'utf8').split('\n')[0]);
		const children = readFileSync(`/proc/${head}/task/${head}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
		for (const pid of [head, ...children])
			try {
				process.kill(pid, 'SIGKILL');
			} catch (e) {
				if (e.code !== 'ESRCH') throw e;
			}
		// A killed one may stay as a zombie of the machine's first process: its memory map is gone then.
		const gone = (pid) => !existsSync(`/proc/${pid}`) || readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].startsWith('Z');
		await until('the cluster to be gone', 20000, () => [head, ...children].every(gone));
		// A socket's folder does not outlive the machine either. Its lock names the killed one, and a zombie counts as alive.
		for (const f of ['.s.PGSQL.5432', '.s.PGSQL.5432.lock']) rmSync(join(this.pg.dir, f), { force: true });
		rmSync(this.pg.data, { recursive: true });
	}

	/** The backup, and the archive to its end. */
	async restore() {
		this.run('restore');
		this.pg.resume();
		await until('the end of the recovery', 60000, () => {
			try {
				return this.pg.sql('postgres', 'SELECT pg_is_in_recovery()') === 'f';
			} catch {
				return false; // it does not let anybody in yet
			}
		}, 200);
	}

	remove() {
		rmSync(this.dir, { recursive: true, force: true });
	}
}
