// SPDX-License-Identifier: Apache-2.0
// ./test stream-faults [--kills N] [--seed S] [--lanes L]: during a load of mixed changes everything on the stream's way
// fails that can fail; each time, once it is over, the replica equals the register row for row, and nobody is set aside.
// Lanes are places of their own side by side, each with its part of the kills: most of a fault's time is waiting.
import test, { after, before } from 'node:test';
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep, until } from '../world/lib/proc.mjs';
import { Load, random } from './lib/load.mjs';
import { FAULTS, Wire } from './lib/wire.mjs';
import { Place, ROOT } from './lib/place.mjs';
import { summary } from './lib/summary.mjs';

const [LANE, LANES] = [Number(process.env.KOFU_LANE ?? 0), Number(process.env.KOFU_LANES ?? 1)];
const part = (n) => Math.floor((n * (LANE + 1)) / LANES) - Math.floor((n * LANE) / LANES);
const KILLS = part(Number(process.env.KOFU_KILLS ?? 5));
const SEED = Number(process.env.KOFU_SEED ?? Math.floor(Math.random() * 1e9)) + 1000 * LANE;
const OTHERS = Math.max(1, Math.round(KILLS / 25)); // of each other kind
const CHANGES = 80; // a round
const EQUAL_MS = 90000; // an agent waits up to 30 s between two tries

const place = new Place(join(ROOT, 'build'));
const wire = new Wire();
const r = random(SEED);
const load = new Load(place, SEED + 1);
let broken = null; // what could not be mended: the others would wait in vain
const done = {}; // kind -> milliseconds from the end of the load until all was the same

before(async () => {
  await place.up(wire);
});
const end = async () => {
  await wire.down();
  await place.down();
};
after(end);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => end().finally(() => process.exit(1)));

after(() => {
  const said = { seed: SEED, done, n: load.n, by: load.by };
  if (process.env.KOFU_SUMMARY) appendFileSync(process.env.KOFU_SUMMARY, `${JSON.stringify(said)}\n`);
  else console.log(summary([said]));
});

/** One fault somewhere in the middle of a load, then the comparison. */
async function round(kind, fault) {
  const changes = load.run(CHANGES, 600);
  await sleep(r.upTo(500));
  await fault();
  await changes;
  const from = Date.now();
  await place.equal(EQUAL_MS);
  (done[kind] ??= []).push(Date.now() - from);
}

function rounds(kind, n, fault) {
  test(`after ${kind} the replica equals the register, ${n} times`, async () => {
    assert.equal(broken, null, 'an earlier fault is not mended');
    for (let i = 0; i < n; i++)
      await round(kind, fault).catch((e) => {
        broken = kind;
        throw new Error(`${i + 1} of ${n} (seed ${SEED}): ${e.message}`);
      });
  });
}

const share = (i, n) => Math.floor((KILLS * (i + 1)) / n) - Math.floor((KILLS * i) / n);
const KILLED = {
  'kill -9 of the agent': async () => {
    await place.agent.end('SIGKILL');
    place.agent.start();
  },
  "kill -9 of the stream's end": async () => {
    await place.server.end('SIGKILL');
    place.server.start();
  },
  "kill -9 of the replica's PostgreSQL": async () => {
    place.killCluster(place.replica);
    await place.resume(place.replica);
  },
  "kill -9 of one process of the replica's PostgreSQL": async () => {
    place.killBackend(place.replica, 'replica');
    await until('recovery', 30000, () => place.answers(place.replica));
  },
  "kill -9 of the register's PostgreSQL": async () => {
    place.killCluster(place.register);
    await place.resume(place.register);
  },
};
Object.entries(KILLED).forEach(([kind, fault], i, all) => {
  if (share(i, all.length) > 0) rounds(kind, share(i, all.length), fault);
});

for (const name of FAULTS.batch)
  rounds(`a batch ${name}`.replace('batch answer', "batch's answer").replace('batch signature', "batch's signature"), OTHERS, async () => {
    const n = wire.did;
    wire.fault(name);
    await until('a batch on its way', 20000, () => wire.did > n);
  });
for (const name of FAULTS.bytes)
  rounds(`a ${name}`, OTHERS, async () => {
    wire.fault(name);
    await sleep(200 + r.upTo(800));
    wire.fault(null);
  });

rounds('a full disk under the replica', OTHERS, async () => {
  place.diskFull();
  await sleep(500 + r.upTo(1500));
  place.diskFree();
  await place.resume(place.replica); // what cannot write its log ends itself
});

for (const [whose, program] of [['the agent', () => place.agent], ["the stream's end", () => place.server]])
  for (const step of ['+20s', '-20s', '+3600s', '-3600s'])
    rounds(`a clock step of ${step} at ${whose}`, OTHERS, async () => {
      place.clock(program(), step);
      await sleep(1000 + r.upTo(1000));
      place.clock(program(), '+0s');
    });

rounds('a move of the agent to a spare machine', OTHERS, async () => {
  await place.agent.end('SIGKILL');
  [place.agent, place.spare] = [place.spare, place.agent];
  place.agent.start();
});
rounds('an agent run twice', OTHERS, async () => {
  place.spare.start();
  await sleep(1000 + r.upTo(1000));
  assert.ok(place.spare.alive, 'the second agent waits for its turn');
  await place.spare.end('SIGTERM');
});
rounds('several faults at once', OTHERS, async () => {
  wire.fault(r.one(['line slow', 'line trickles']));
  await Promise.all([KILLED['kill -9 of the agent'](), sleep(r.upTo(300)).then(KILLED["kill -9 of the stream's end"]), sleep(r.upTo(300)).then(KILLED["kill -9 of the replica's PostgreSQL"])]);
  wire.fault(null);
});

test('the lease is beaten again', async () => {
  await until('a fresh beat', 60000, () => Math.abs(place.leaseAge()) < 3000, 500);
});

test('each row of the histories came once', () => {
  assert.equal(place.historyDifference(), null);
});

test('nobody is named in a log', () => {
  for (const p of [place.agent, place.spare, place.server]) {
    let text = '';
    try {
      text = readFileSync(p.log, 'utf8');
    } catch {
      continue; // never started
    }
    assert.doesNotMatch(text, /見本|架空|1000001\d|runtime error|Sanitizer/);
  }
});
