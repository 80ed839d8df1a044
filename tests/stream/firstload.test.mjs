// SPDX-License-Identifier: Apache-2.0
// ./test stream-faults: kofu-agent medium create and the import killed with -9 at any moment, and the import's database
// too. A first load is there whole or not at all, with every index and rule as before; begun again it comes to its end.
// Between its two commits an empty replica has rows of nobody and nothing else (docs/adr/0021).
import test, { after, afterEach, before } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { sleep, until } from '../world/lib/proc.mjs';
import { random } from './lib/load.mjs';
import { Place, ROOT } from './lib/place.mjs';

const KILLS = Math.max(4, Math.round(Number(process.env.KOFU_KILLS ?? 5) / 5));
const SEED = Number(process.env.KOFU_SEED ?? Math.floor(Math.random() * 1e9));
const place = new Place(join(ROOT, 'build'), { residents: 1500, fair: true });
const r = random(SEED);
const rep = (text) => place.replica.sql('replica', text);

before(async () => {
  await place.up({ up: async () => 1 });
});
const end = () => place.down();
after(end);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => end().finally(() => process.exit(1)));

/** Killed after `ms`, or once `seen`, unless it ended before: its exit status, or the signal. */
async function killedAfter(ms, [file, args], seen = null) {
  const child = spawn(file, args, { stdio: 'ignore' });
  let status;
  const ended = new Promise((done) => child.once('exit', (code, signal) => { status = signal ?? code; done(status); }));
  const timer = setTimeout(() => child.kill('SIGKILL'), ms);
  while (seen && status === undefined && !seen()) await setImmediate();
  if (seen) child.kill('SIGKILL');
  await ended;
  clearTimeout(timer);
  return status;
}
const clocked = async (f) => {
  const from = performance.now();
  await f();
  return performance.now() - from;
};

const TABLES = ['person', 'resident_row', 'seal_row', 'card', 'block', 'parked', 'directory_outbox', 'stream'];
const count = () => rep(`SELECT ${TABLES.map((t) => `(SELECT count(*) FROM ${t})`).join(" || ' ' || ")}`);
/** Indexes, constraints and triggers of the replica, and which of these are on. */
const rules = () => rep(`SELECT md5(string_agg(d, ' ' ORDER BY d)) FROM (SELECT indexdef AS d FROM pg_indexes WHERE schemaname = 'public'
  UNION ALL SELECT conrelid::regclass::text || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT tgrelid::regclass::text || tgname || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal) x`);
/** Until nobody works in the replica any more: whoever was killed is rolled back. */
const settled = () => until('the replica at rest', 60000, () => {
  try {
    return rep("SELECT count(*) FROM pg_stat_activity WHERE datname = 'replica' AND pid <> pg_backend_pid()") === '0';
  } catch {
    return false; // it recovers
  }
}, 200);
/** As between the two commits. */
const between = (all) => all.split(' ').map((n, i) => (TABLES[i] === 'resident_row' ? n : 0)).join(' ');
const empty = () => rep(`SET lock_timeout = '60s'; TRUNCATE ${TABLES.join(', ')}, lease, batch CASCADE`);

test(`a medium whose making is killed, ${KILLS} times, is none: it is refused as a whole one, and begun anew where it was`, async () => {
  place.medium = join(place.dir, 'medium');
  const create = [place.bin('agent/kofu-agent'), ['medium', 'create', place.agent.args[0], place.medium]];
  const made = async () => assert.equal(await killedAfter(60000, create), 0);
  const clear = () => rmSync(place.medium, { recursive: true, force: true });
  const whole = await clocked(made);
  const there = () => (existsSync(place.medium) ? readdirSync(place.medium) : []);
  let left = 0;
  for (let i = 0; i < KILLS || (left === 0 && i < 50); i++) {
    clear();
    if (i < KILLS) await killedAfter(r.upTo(Math.ceil(whole)), create);
    else await killedAfter(60000, create, () => there().length > 0); // none came between a part and the list
    const parts = there();
    if (parts.length === 0 || parts.includes('list.jws')) continue;
    left++;
    assert.notEqual(await killedAfter(60000, place.importCommand()), 0, 'what was not signed is not imported');
    await made();
    assert.ok(readdirSync(place.medium).includes('list.jws'));
  }
  assert.ok(left > 0, 'no kill came between the first part and the list');
  clear();
  await made();
});

test(`an import that is killed leaves the replica as it was, ${KILLS} times, and in the end it is the register`, async () => {
  const [none, as] = [count(), rules()];
  const whole = await clocked(() => place.mediumImport());
  const all = count();
  assert.notEqual(all, none);
  assert.equal(rules(), as);
  const run = place.importCommand();
  let left = 0;
  for (let i = 0; i < KILLS || (left === 0 && i < 50); i++) { // its time is not always the one that was measured
    empty();
    const ms = r.upTo(Math.ceil(whole));
    const database = i === KILLS - 1 ? sleep(ms / 2).then(() => place.killBackend(place.replica, 'replica')) : null;
    await killedAfter(ms, run);
    await database;
    await settled();
    const got = count();
    assert.ok(got === none || got === all || got === between(all), `neither nothing nor all: ${got}`);
    assert.equal(rules(), as, 'an index or a rule is not what it was');
    left += got !== all;
  }
  assert.ok(left > 0, 'no kill came before the end');
  empty();
  place.mediumImport();
  assert.equal(count(), all);
  assert.equal(rules(), as);
  assert.equal(place.difference(), null);
});

const sessions = [];
afterEach(() => { // a test that failed leaves none that holds a lock
  for (const child of sessions.splice(0)) child.kill('SIGKILL');
});

/** A session of somebody else: says when it has done what it was told. */
function session() {
  const child = spawn('psql', ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', place.replicaInfo], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = new Promise((done) => child.once('exit', done));
  sessions.push(child);
  let said = '';
  child.stdout.on('data', (text) => { said += text; });
  return {
    ended,
    said: () => said,
    async does(sql, word) {
      child.stdin.write(`${sql} SELECT '${word}';\n`);
      await until(word, 60000, () => said.includes(word));
    },
    end: (sql) => child.stdin.end(`${sql}\n`),
  };
}

for (const [who, kill] of [['the import', null], ['its database', () => place.killCluster(place.replica)]]) {
  test(`${who} killed between the two commits leaves rows of nobody: nothing is read, and the next import is whole`, async () => {
    empty();
    place.mediumImport();
    const [all, as] = [count(), rules()];
    empty();
    const none = count();
    const other = session();
    await other.does('BEGIN; LOCK TABLE stream IN SHARE MODE;', 'locked'); // the position is the last that is written
    const [file, args] = place.importCommand();
    const child = spawn(file, args, { stdio: 'ignore' });
    const ended = new Promise((done) => child.once('exit', done));
    await until('the first commit', 60000, () => rep('SELECT count(*) FROM resident_row') !== '0', 20);
    // What is there already has nobody whose it is, and whoever asks for somebody waits.
    assert.equal(rep('SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = \'Lock\''), '1');
    assert.throws(() => rep("SET lock_timeout = '200ms'; SELECT count(*) FROM resident_row JOIN person USING (ref)"), /lock timeout/);
    if (kill) kill();
    child.kill('SIGKILL');
    await ended;
    other.end('ROLLBACK;');
    await other.ended;
    if (kill) await place.resume(place.replica);
    await settled();
    assert.notEqual(between(all), none);
    assert.equal(count(), between(all));
    assert.equal(rules(), as, 'an index or a rule is not what it was');
    assert.equal(rep('SELECT count(*) FROM resident_row JOIN person USING (ref)'), '0');
    place.mediumImport();
    assert.equal(count(), all);
    assert.equal(rules(), as);
    assert.equal(place.difference(), null);
  });
}

for (const table of ['survey', 'resident_row']) {
  test(`an import and somebody who reads its tables the other way round, ${table} first, wait for each other, and neither is refused`, async () => {
    empty();
    const reader = session();
    await reader.does(`BEGIN; SELECT count(*) FROM ${table};`, 'begun');
    const imported = killedAfter(120000, place.importCommand());
    const waits = () => rep('SELECT count(*) FROM pg_locks WHERE NOT granted') !== '0';
    await until('the import to wait for him', 60000, waits, 50);
    reader.end("SELECT 'ended', count(*) FROM person; COMMIT;");
    assert.equal(await reader.ended, 0, 'the reader was refused');
    assert.match(reader.said(), /ended/);
    assert.equal(await imported, 0, 'the import was refused');
    assert.equal(place.difference(), null);
  });
}
