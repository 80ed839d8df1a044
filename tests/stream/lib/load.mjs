// SPDX-License-Identifier: Apache-2.0
// Mixed changes of a register, from a seed: births, moves, deaths, names, seals, opt-outs, cards, cancellations, and
// what is rolled back. One transaction each; a change that the register refuses (nobody there) is one less.
import { spawn } from 'node:child_process';
import { sleep } from '../../world/lib/proc.mjs';

/** Numbers from a seed: next() in 0..1, upTo(n) in 0..n-1, one(list). */
export function random(seed) {
  let s = seed >>> 0;
  const next = () => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), s | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const upTo = (n) => Math.floor(next() * n);
  return { next, upTo, one: (list) => list[upTo(list.length)] };
}

const someone = (r) => `(SELECT atena_no FROM (SELECT DISTINCT atena_no FROM jumin.juminhyo) p ORDER BY md5(atena_no || '${r.upTo(1e9)}') LIMIT 1)`;
const household = (r) => `(SELECT setai_no FROM (SELECT DISTINCT setai_no FROM jumin.juminhyo) p ORDER BY md5(setai_no || '${r.upTo(1e9)}') LIMIT 1)`;
const names = ['見本　太郎', '見本　花子', '見本　一', '見本　𠮷'];

const CHANGES = {
  birth: (r, n) => `INSERT INTO jumin.juminhyo SELECT (jsonb_populate_record(j, '{"atena_no":"${50000000 + n}","rireki_no":1,"jumin_jotai":"1","shimei":"${r.one(names)}","narabi":${2 + r.upTo(8)},"ido_jiyu":"出生","shojo_jiyu":null,"shojo_ymd":null}')).* FROM jumin.juminhyo j WHERE atena_no = ${someone(r)} ORDER BY rireki_no DESC LIMIT 1;`,
  move: (r) => `SELECT jumin.tenkyo(${household(r)}, '架空県架空市例示町${1 + r.upTo(99)}番地', NULL, '令和８年１月１日');`,
  join: (r) => `SELECT jumin.henko(${someone(r)}, jsonb_build_object('setai_no', ${household(r)}, 'ido_jiyu', '世帯変更'));`,
  leave: (r) => `SELECT jumin.shojo(${someone(r)}, '${r.one(['死亡', '国内転出', '国外転出'])}', '令和８年１月１日');`,
  name: (r) => `SELECT jumin.henko(${someone(r)}, '{"shimei": "${r.one(names)}", "ido_jiyu": "職権修正"}');`,
  note: (r) => `SELECT jumin.henko(${someone(r)}, '{"biko": "${r.upTo(1e9)}"}');`,
  back: (r) => `SELECT jumin.henko(${someone(r)}, '{"jumin_jotai": "1", "shojo_jiyu": null, "shojo_ymd": null, "ido_jiyu": "異動の取消し"}');`,
  sealed: (r) => `INSERT INTO jumin.inkan SELECT (jsonb_populate_record(s, jsonb_build_object('rireki_no', s.rireki_no + 1, 'toroku_jotai', '1', 'toroku_no', '${r.upTo(1e6)}'))).* FROM (SELECT * FROM jumin.inkan WHERE atena_no = (SELECT atena_no FROM (SELECT DISTINCT atena_no FROM jumin.inkan) p ORDER BY md5(atena_no || '${r.upTo(1e9)}') LIMIT 1) ORDER BY rireki_no DESC LIMIT 1) s;`,
  unsealed: (r) => `SELECT jumin.inkan_haishi(${someone(r)}, '申請');`,
  optout: (r) => `SELECT jumin.yokushi_settei('1', ${someone(r)}, ${r.next() < 0.6}, ${r.next() < 0.5}, true);`,
  suppress: (r) => `SELECT jumin.yokushi_settei('2', ${household(r)}, ${r.next() < 0.5}, true, ${r.next() < 0.5});`,
  card: (r, n) => `SELECT jumin.shomeisho_settei(${someone(r)}, decode(repeat('ab', 32), 'hex'), decode(lpad(to_hex(${1e9 + n}), 20, '7'), 'hex'), true);`,
  ended: (r) => `SELECT jumin.shomeisho_settei(s.atena_no, s.issuer_key_hash, s.serial, false) FROM (SELECT * FROM (SELECT DISTINCT ON (serial) * FROM jumin.shomeisho ORDER BY serial, rireki_no DESC) x WHERE yuko ORDER BY md5(atena_no || '${r.upTo(1e9)}') LIMIT 1) s;`,
  undone: (r) => `BEGIN; SELECT jumin.henko(${someone(r)}, '{"biko": "never"}'); SELECT jumin.yokushi_settei('1', ${someone(r)}, true); ROLLBACK;`,
};
export const KINDS = Object.keys(CHANGES);

export class Load {
  constructor(place, seed) {
    Object.assign(this, { place, r: random(seed), n: 0, by: Object.fromEntries(KINDS.map((k) => [k, 0])) });
  }

  open() {
    const child = spawn('psql', ['-X', '-q', '-d', this.place.register.conninfo('register')], { stdio: ['pipe', 'ignore', 'ignore'] });
    child.stdin.on('error', () => {}); // the register was killed: the next piece opens another
    child.ended = new Promise((done) => child.once('exit', done));
    return child;
  }

  change() {
    const kind = this.r.one(KINDS);
    this.n++;
    this.by[kind]++;
    return CHANGES[kind](this.r, this.n);
  }

  /** `n` changes within about `ms`, in pieces; done when the register has taken or refused each. */
  async run(n, ms) {
    const pieces = Math.max(1, Math.round(ms / 50));
    let child = this.open();
    for (let i = 0; i < pieces; i++) {
      if (child.exitCode !== null) child = this.open();
      child.stdin.write(Array.from({ length: Math.ceil(n / pieces) }, () => this.change()).join('\n') + '\n');
      await sleep(50);
    }
    child.stdin.end();
    await child.ended;
  }
}
