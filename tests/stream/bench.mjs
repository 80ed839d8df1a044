// SPDX-License-Identifier: Apache-2.0
// ./run bench stream: our first load and our stream beside PostgreSQL's own logical replication of the same rows and
// beside bare COPY, one after the other on one machine, all durable. Rates of applying are by the times of the commits.
// Each table has the same indexes: the row's key, the household, what a person is found by (フリガナ, 氏, 生年月日).
// bench.mjs BUILD [RESIDENTS] [plain]: plain leaves the last three out of the others' tables, though not of ours.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sh, sleep, until } from '../world/lib/proc.mjs';
import { Place, ROOT } from './lib/place.mjs';

const N = Number(process.argv[3] ?? 970000); // what a first load is designed for
const PLAIN = process.argv[4] === 'plain';
const TRANSACTION = 500; // rows of one, as a program that changes many would do
const RATE = 1000;
const LAG_S = 10;
const ROUNDS = 3;
const RETRY_MS = 6000; // PostgreSQL starts a subscription's worker once in wal_retrieve_retry_interval: not to be measured
const POLL_MS = 2000; // asked twice a second, the questions took 6 % of the processors
const PEER = 'jumin.juminhyo';
const p = new Place(process.argv[2], { residents: N, fair: true });
const conninfo = (pg, db) => pg.conninfo(db);
const reg = (text) => p.register.sql('register', text);
const rep = (text) => p.replica.sql('replica', text);
const peer = (text) => p.replica.sql('peer', text);
const line = (what, rows, s, more = '') => {
  console.log(`  ${what.padEnd(50)} ${Math.round(rows / s).toString().padStart(8)} rows/s  ${s.toFixed(2).padStart(7)} s  ${more}`);
  return rows / s;
};
/** Microseconds of processors a row since @from, by program. */
const used = (from, rows, ...programs) => {
  const now = p.cpu();
  const us = Object.fromEntries(programs.map((k) => [k, Math.max(0, (now[k] - from[k]) / rows) * 1e6]));
  us.all = Object.values(us).reduce((a, b) => a + b, 0);
  return us;
};
const said = ({ all, ...us }) => `${all.toFixed(0)} µs of processors a row (${Object.entries(us).map(([k, v]) => `${k} ${v.toFixed(0)}`).join(', ')})`;
const clocked = async (f) => {
  const from = performance.now();
  await f();
  return (performance.now() - from) / 1000;
};

/** What is published of 住民票, column by column. */
const columns = () => reg("SELECT array_to_string(attnames, ', ') FROM pg_publication_tables WHERE pubname = 'kofu' AND tablename = 'juminhyo'");

/** As the replica's person_key_1 to _3. */
const found = (table) => (PLAIN ? '' : ['shimei_furigana', "split_part(shimei_furigana, '　', 1)", 'seinengappi'].map((key) => `CREATE INDEX ON ${table} ((${key}));`).join(' '));

/**
 * フリガナ as different as a city's: a name of three letters of twenty, some far more often than others, and a given one
 * of 400. The generated people share 394 in all, as those of no city do.
 */
function nameAll() {
  const letter = (n, place) => `substr('アイウエオカキクケコサシスセソタチツテト', 1 + ${n} / ${20 ** place} % 20, 1)`;
  reg(`SELECT setseed(0.5); UPDATE jumin.juminhyo j SET shimei_furigana = name FROM (
    SELECT atena_no, ${letter('a', 0)} || ${letter('a', 1)} || ${letter('a', 2)} || '　' || ${letter('b', 0)} || ${letter('b', 1)} || 'ン' AS name
    FROM (SELECT atena_no, floor(8000 * random() ^ 3)::int AS a, floor(400 * random())::int AS b FROM (SELECT DISTINCT atena_no FROM jumin.juminhyo ORDER BY 1) x) y) n
    WHERE n.atena_no = j.atena_no`);
  reg('VACUUM FULL jumin.juminhyo'); // nobody is to read what stood there before
  return reg('SELECT count(DISTINCT shimei_furigana) FROM jumin.juminhyo');
}

/** The same rows in a table of the same indexes, of nobody's replication. */
function copyBare(cols) {
  const file = join(p.replica.dir, 'rows.bin');
  reg(`COPY (SELECT ${cols} FROM jumin.juminhyo) TO '${join(p.register.dir, 'rows.bin')}' (FORMAT binary)`);
  sh('cp', [join(p.register.dir, 'rows.bin'), file]);
  sh('chmod', ['644', file]);
  peer(`CREATE TABLE bare (LIKE jumin.juminhyo); ALTER TABLE bare ADD PRIMARY KEY (atena_no, rireki_no); CREATE INDEX ON bare (setai_no); ${found('bare')} ALTER TABLE bare ALTER senkyo_flag DROP NOT NULL, ALTER kokuho_flag DROP NOT NULL, ALTER nenkin_flag DROP NOT NULL, ALTER jido_teate_flag DROP NOT NULL, ALTER shori_at DROP NOT NULL;`);
  return clocked(() => peer(`COPY bare (${cols}) FROM '${file}' (FORMAT binary)`));
}

/** What one stage left for autovacuum and the checkpointer is not paid in the next one's time. */
function settle() {
  for (const sql of [reg, rep, peer]) sql('VACUUM (ANALYZE)');
  for (const sql of [reg, rep]) sql('CHECKPOINT');
}

/** As it was before a round. */
function startAgain() {
  peer('DROP SUBSCRIPTION peer; TRUNCATE jumin.juminhyo; DROP TABLE bare');
  rep('TRUNCATE person, resident_row, seal_row, card, block, parked, directory_outbox, batch, lease, stream CASCADE');
  rmSync(p.medium, { recursive: true });
}

const initialCopy = () => clocked(async () => {
  peer(`CREATE SUBSCRIPTION peer CONNECTION '${conninfo(p.register, 'register')}' PUBLICATION peer WITH (synchronous_commit = 'on')`); // as durable as ours: the default is not
  // One session waits for it: to ask again and again from outside would count as its own work.
  peer("DO $$ BEGIN FOR i IN 1..60000 LOOP EXIT WHEN (SELECT bool_and(srsubstate IN ('r', 's')) FROM pg_subscription_rel); PERFORM pg_sleep(0.01); END LOOP; END $$");
  if (peer("SELECT bool_and(srsubstate IN ('r', 's')) FROM pg_subscription_rel") !== 't') throw new Error('the initial copy did not end');
});

/** One further row of everybody, in transactions of a few hundred; in no order, as people move. */
function changeAll() {
  const step = `INSERT INTO jumin.juminhyo SELECT (jsonb_populate_record(j, jsonb_build_object('rireki_no', j.rireki_no + 1, 'jusho', '架空県架空市新町１番地'))).* FROM jumin.juminhyo j JOIN who USING (atena_no) WHERE who.n BETWEEN`;
  reg('DROP TABLE IF EXISTS who; CREATE TABLE who AS SELECT atena_no, max(rireki_no) AS rireki_no, row_number() OVER (ORDER BY md5(atena_no)) AS n FROM jumin.juminhyo GROUP BY atena_no; ALTER TABLE who ADD PRIMARY KEY (n); ANALYZE who;');
  const all = [];
  for (let n = 1; n <= N; n += TRANSACTION) all.push(`${step} ${n} AND ${n + TRANSACTION - 1} AND j.rireki_no = who.rireki_no;`);
  reg(all.join('\n'));
}

const caughtUp = (slot) => until(`${slot} to have all`, 600000, () => reg(`SELECT confirmed_flush_lsn >= '${reg('SELECT pg_current_wal_lsn()')}' FROM pg_replication_slots WHERE slot_name LIKE '${slot}%'`) === 't', POLL_MS);
/** When a row was there: PostgreSQL's apply keeps the register's time of commit, but not of this column's default. */
const when = (table) => (table === PEER ? 'shori_at' : 'pg_xact_commit_timestamp(xmin)');
/** Seconds from the first to the last of the rows that came since. */
function applied(sql, table, sinceMs) {
  const [n, s] = sql(`SELECT count(*), extract(epoch FROM max(t) - min(t)) FROM (SELECT ${when(table)} AS t FROM ${table}) x WHERE t > to_timestamp(${sinceMs / 1000})`).split('|').map(Number);
  if (n !== N) throw new Error(`${n} rows came, not ${N}`);
  return s;
}

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
const times = (sql, table, sinceMs) => sql(`SELECT t FROM (SELECT extract(epoch FROM ${sql === reg ? when('') : when(table)}) * 1000 AS t FROM ${table}) x WHERE t > ${sinceMs} ORDER BY 1`).split('\n').filter(Boolean).map(Number);

/** One change a transaction, RATE a second; the k-th commit there is the k-th here: the order is kept. */
async function lag(sql, table, slot) {
  settle();
  const since = Date.now();
  const script = join(p.dir, 'one.sql');
  sh('sh', ['-c', `printf '%s\\n' '\\set n random(1, ${N})' "SELECT jumin.henko((SELECT atena_no FROM who WHERE n = :n), '{\\"biko\\": \\"x\\"}');" >'${script}'`]);
  const bin = sh('sh', ['-c', 'ls -d /usr/lib/postgresql/*/bin/pgbench | tail -1']).trim();
  const done = spawnSync(bin, ['-n', '-h', p.register.dir, '-U', 'postgres', '-R', String(RATE), '-T', String(LAG_S), '-c', '8', '-j', '1', '-f', script, 'register'], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(done.stderr);
  await caughtUp(slot);
  await sleep(500);
  const there = times(reg, PEER, since);
  const here = times(sql, table, since);
  const n = there.length;
  if (here.length !== n) throw new Error(`${n} changes there, ${here.length} here`);
  const ms = here.map((t, i) => t - there[i]).sort((a, b) => a - b);
  console.log(`  ${`${Math.round(n / LAG_S)} changes a second, ${table === PEER ? 'logical replication' : 'the stream'}`.padEnd(50)} p50 ${quantile(ms, 0.5).toFixed(1)} ms   p99 ${quantile(ms, 0.99).toFixed(1)} ms   longest ${ms.at(-1).toFixed(1)} ms   (${n} changes)`);
}

async function main() {
  const cols = columns();
  p.replica.sql('postgres', 'CREATE DATABASE peer');
  peer(readFileSync(join(ROOT, 'db/register/schema.sql'), 'utf8'));
  peer(`DROP PUBLICATION kofu; ${found(PEER)}`);
  reg(`CREATE PUBLICATION peer FOR TABLE jumin.juminhyo (${cols})`);
  console.log(`${N} residents of ${nameAll()} different フリガナ, one row of 住民票 each; PostgreSQL with fsync, one machine, one after the other`);

  console.log('first load, medians of rounds one after the other');
  const rows = Number(reg('SELECT count(*) FROM jumin.juminhyo')); // some have a history: the medium takes the newest alone
  const rounds = { bare: [], copied: [], made: [], imported: [] };
  for (let i = 0; i < ROUNDS; i++) {
    let from = p.cpu();
    const round = async (name, n, f, ...programs) => {
      settle();
      from = p.cpu();
      rounds[name].push({ s: await f(), n, us: used(from, n, ...programs) });
    };
    await round('bare', rows, () => copyBare(cols), 'replica');
    await round('copied', rows, initialCopy, 'register', 'replica');
    await round('made', N, () => clocked(() => p.mediumCreate()), 'register', 'commands');
    await round('imported', N, () => clocked(() => p.mediumImport()), 'replica', 'commands');
    if (i < ROUNDS - 1) {
      startAgain();
      await sleep(RETRY_MS);
    }
  }
  peer('ALTER SUBSCRIPTION peer DISABLE; DROP TABLE bare');
  const median = (name) => [...rounds[name]].sort((a, b) => a.s / a.n - b.s / b.n)[Math.floor(ROUNDS / 2)];
  const [bare, copied, made, imported] = ['bare', 'copied', 'made', 'imported'].map(median);
  const faster = (ours, theirs) => `${((theirs.s / theirs.n) / (ours.s / ours.n)).toFixed(2)}`;
  const cheaper = (ours, theirs) => `${(theirs.us.all / ours.us.all).toFixed(2)}`;
  line('bare binary COPY into a table with the same indexes', rows, bare.s, said(bare.us));
  line("logical replication's initial copy", rows, copied.s, said(copied.us));
  line('kofu-agent medium create (encrypted, signed)', N, made.s, said(made.us));
  line('medium import (verified, each row sealed)', N, imported.s, said(imported.us));
  console.log(`  import: ${faster(imported, copied)} x initial copy, ${faster(imported, bare)} x COPY; by processors ${cheaper(imported, copied)} x and ${cheaper(imported, bare)} x`);
  const both = { s: made.s + imported.s, n: N, us: { all: made.us.all + imported.us.all } };
  console.log(`  create and import one after the other: ${faster(both, copied)} x initial copy; by processors ${cheaper(both, copied)} x`);

  console.log(`stream, transactions of ${TRANSACTION} rows that waited`);
  changeAll();
  settle();
  let from = p.cpu();
  let since = Date.now();
  peer('ALTER SUBSCRIPTION peer ENABLE');
  await caughtUp('peer');
  const theirUse = used(from, N, 'register', 'replica');
  const theirs = line("logical replication's apply", N, applied(peer, PEER, since), said(theirUse));
  peer('ALTER SUBSCRIPTION peer DISABLE');
  settle();
  p.server.start();
  await sleep(500);
  from = p.cpu();
  since = Date.now();
  p.agent.start();
  await caughtUp('kofu');
  const ourUse = used(from, N, 'register', 'replica', 'agent', 'server');
  const stream = line('kofu-agent and the stream (each row sealed)', N, applied(rep, 'resident_row', since), said(ourUse));
  console.log(`  the stream: ${(stream / theirs).toFixed(2)} x logical replication; by processors ${(theirUse.all / ourUse.all).toFixed(2)} x`);

  console.log(`lag from commit in the register to commit in the replica`);
  await lag(rep, 'resident_row', 'kofu');
  await p.agent.end('SIGTERM');
  peer('ALTER SUBSCRIPTION peer ENABLE');
  await caughtUp('peer');
  await lag(peer, PEER, 'peer');
  peer('ALTER SUBSCRIPTION peer DISABLE; ALTER SUBSCRIPTION peer SET (slot_name = NONE); DROP SUBSCRIPTION peer');
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => p.down().finally(() => process.exit(1)));
try {
  // The agent talks to the stream's end itself: no bad network in between.
  await p.up({ up: async () => p.serverPort });
  await main();
} finally {
  await p.down();
}
