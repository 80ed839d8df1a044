// SPDX-License-Identifier: Apache-2.0
// ./run's commands; see the README.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CARDS, ROOT, World } from './lib/world.mjs';
import { benchKiosk } from './lib/bench_kiosk.mjs';
import { demo } from './lib/demo.mjs';
import { P12_PASSWORD, PASSWORD, codeOf } from './lib/staff.mjs';

const USAGE = 'usage: ./run [--once] | up | stop | reset | status | card insert NAME | card remove | jam | paper-out | paper-in | code USER [MUNI] | bench [NAME]  (bench load --residents N, bench stream RESIDENTS)';
const world = new World(process.env.KOFU_RUN_DIR ?? join(ROOT, '.run'), { residents: Number(process.env.KOFU_RESIDENTS ?? 200), consoles: process.argv[2] !== '--once' });

function where() {
  const s = world.state;
  console.log(`
  Kiosk     ${s.kiosk.url}/#${s.kiosk.token ?? ''}
            put a card on it: ./run card insert ${CARDS[0].name}     PIN 1234     (others: ${CARDS.slice(1, 6).map((c) => c.name).join(', ')} ...)
  Bank      ${s.inquiry.url}/     drop the files of ${join(world.dir, 'scan')}/
  City      ${s.consoles['991015'].url}/     with the certificate ${s.consoles['991015'].staff.p12} (password ${P12_PASSWORD}) in the browser;
            staff ${Object.keys(s.consoles['991015'].staff.people).join(', ')}, password ${PASSWORD}, code: ./run code USER
  Papers    ${s.printer.out}/
  All       ${world.stateFile}
  ./run jam | paper-out | paper-in | status | stop | reset
`);
}

async function show() {
  const t = Date.now();
  await world.up();
  console.log(`\n  the demo world is up (${((Date.now() - t) / 1000).toFixed(1)} s, ${world.residents} residents in each of two municipalities)\n`);
  const rows = await demo(world);
  const bad = rows.filter((r) => !r.ok).length;
  console.log(`\n  ${rows.length - bad} of ${rows.length} held`);
  return bad === 0 ? 0 : 1;
}

/** From nothing to nothing; after a failure the files stay to be looked at. */
async function once() {
  await world.reset();
  let status = 1;
  try {
    status = await show();
  } finally {
    await (status === 0 ? world.reset() : world.down());
    if (status !== 0) console.error(`run: what happened stands in ${world.path('log')}`);
  }
  return status;
}

async function stay() {
  const status = await show();
  where();
  return status;
}

function status() {
  for (const name of Object.keys(world.processes.list)) console.log(`${world.processes.alive(name) ? 'up  ' : 'DOWN'} ${name}`);
  console.log(world.isUp ? `the demo world is up: ${world.stateFile}` : 'the demo world is not up');
  return world.isUp ? 0 : 1;
}

/** The peers of what is ours are no part of the product: installed and built when asked for. */
const WITH_PEERS = { pdf: 'tests/golden/bench-pdf', backside: 'tests/bench/bench-backside', issue: 'tests/golden/issue-floor' };
function preparePeers(program) {
  const steps = [['tools/install.sh', 'bench'], ['ninja', '-C', world.build, program]];
  if (!existsSync(join(world.build, program))) steps.splice(1, 0, ['meson', 'setup', '--reconfigure', world.build]);
  for (const [command, ...args] of steps) {
    const done = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`${command}: ${done.stdout}${done.stderr}`);
  }
}

async function bench(name, args) {
  if (name === 'load') return spawnSync('sh', [join(ROOT, 'tests/bench/load.sh'), ...args], { stdio: 'inherit', env: { ...process.env, KOFU_BUILD: world.build } }).status ?? 1;
  if (name === 'kiosk') return benchKiosk();
  if (name === 'overload') args = ['--overload', ...args];
  if (name === 'issue') preparePeers(WITH_PEERS.issue);
  if (name === 'issue' || name === 'overload') return spawnSync(process.execPath, [join(ROOT, 'tests/bench/issue.mjs'), ...args], { stdio: 'inherit' }).status ?? 1;
  const dir = join(world.build, 'tests');
  if (WITH_PEERS[name]) preparePeers(WITH_PEERS[name]);
  const found = spawnSync('find', [dir, '-name', 'bench-*', '-type', 'f', '-perm', '-u+x'], { encoding: 'utf8' }).stdout.trim().split('\n').filter(Boolean);
  const chosen = found.filter((f) => !name || f.endsWith(`bench-${name}`));
  for (const f of chosen) {
    console.log(`\n== ${f.split('/').pop()}`);
    const files = /bench-(render|pdf)$/.test(f) ? [join(ROOT, 'fonts/manifest.json')] : [];
    if (spawnSync(f, [...files, ...args], { stdio: 'inherit' }).status !== 0) return 1;
  }
  return chosen.length ? 0 : 1;
}

const running = () => {
  if (!world.isUp) throw new Error('the demo world is not up: ./run up');
};

async function main([command = 'demo', ...args]) {
  switch (command) {
    case 'demo': return stay();
    case '--once': return once();
    case 'up': await world.up(); where(); return 0;
    case 'stop': await world.down(); return 0;
    case 'reset': await world.reset(); return 0;
    case 'status': return status();
    case 'card':
      running();
      if (args[0] === 'insert' && args[1]) await world.insert(args[1]);
      else if (args[0] === 'remove') await world.remove();
      else break;
      return 0;
    case 'jam': running(); world.printer('jam'); return 0;
    case 'paper-out': running(); world.printer('paper-out'); return 0;
    case 'paper-in': running(); world.printer('ok'); return 0;
    case 'code': {
      running();
      const person = world.state.consoles[args[1] ?? '991015']?.staff.people[args[0]];
      if (!person) break;
      console.log(codeOf(person.secret));
      return 0;
    }
    case 'bench': return bench(args[0], args.slice(1));
  }
  console.error(USAGE);
  return 2;
}

// Ctrl-C: --once ends what it started, in a process of its own, so that nothing here goes on meanwhile;
// what is meant to stay may be half made then. Ending is not interrupted.
function interrupted(code) {
  const command = process.argv[2];
  if (command === 'reset' || command === 'stop') return;
  if (command === '--once') {
    console.error('\nrun: interrupted, ending what was started');
    spawnSync(process.execPath, [fileURLToPath(import.meta.url), 'reset'], { stdio: 'inherit', detached: true });
  } else console.error('\nrun: interrupted; ./run status says what runs, ./run reset ends it');
  process.exit(code);
}
for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]]) process.on(signal, () => interrupted(code));

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (e) {
  console.error(`run: ${e.message}`);
  process.exitCode = 1;
}
