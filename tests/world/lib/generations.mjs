// SPDX-License-Identifier: Apache-2.0
// The generations of a city's signing key, and the root above them, changed while it serves, as its operator does it.
import { until } from './proc.mjs';

const list = (text) => text.split('\n').filter((l) => /^\d/.test(l)).map((l) => {
  const [n, kid, state] = l.split(/\s+/);
  return { n: Number(n), kid, state };
});
const header = (jws) => JSON.parse(Buffer.from(jws.split('.')[0], 'base64url').toString('utf8'));

export class Generations {
  /** @param {import('./world.mjs').World} w one with `overlap` @param {string} code the city's */
  constructor(w, code) {
    Object.assign(this, { w, code });
  }

  /** kofu-seal generation, or another command with such words, whatever it says. */
  run(what, n, command = 'generation') {
    const { w, code } = this;
    return w.run(w.bin('server/kofu-seal'), [command, what, w.path('conf/seal.conf'), code, ...(n === undefined ? [] : [String(n)])], w.env('server'));
  }

  /** @returns {Promise<{n: number, kid: string, state: string}[]>} all there are then, the oldest first */
  async must(what, n) {
    const r = await this.run(what, n);
    if (r.status !== 0) throw new Error(`generation ${what} ${n ?? ''}: ${r.status} ${r.stderr}`);
    return list(r.stdout);
  }

  /** Announces the next one and uses it as soon as that may be. @returns {Promise<number>} which it is */
  async next() {
    const n = (await this.must('new')).length;
    await this.use(n, 'generation');
    return n;
  }

  /** As soon as that may be. */
  use(n, command) {
    return until(`${command} ${n} to be used`, 30000, async () => {
      const r = await this.run('use', n, command);
      if (r.status !== 0 && !/too early/.test(r.stderr)) throw new Error(`${command} use ${n}: ${r.stderr}`);
      return r.status === 0;
    }, 250);
  }

  /** A second root beside the first: both sign, whoever believes one of them follows. @returns {Promise<number>} which it is */
  async newRoot() {
    const r = await this.run('new', undefined, 'root');
    if (r.status !== 0) throw new Error(`root new: ${r.status} ${r.stderr}`);
    return Number(r.stdout.trim().split('\n').at(-1).split(' ')[0]);
  }

  /** Which generations signed the answers in which these numbers were given. @returns {Promise<number[]>} */
  async of(numbers) {
    const all = await this.must('list');
    const jws = (number) => this.w.pg.sql(`kofu_${this.code}`, `SELECT manifest FROM issue JOIN issue_copy USING (order_id) WHERE number = '${number}'`);
    return numbers.map((number) => all.find((g) => g.kid === header(jws(number)).kid)?.n);
  }

  /** Of how many generations answers stand in the books. */
  count() {
    const all = this.w.pg.sql(`kofu_${this.code}`, "SELECT DISTINCT split_part(manifest, '.', 1) FROM issue WHERE manifest IS NOT NULL");
    return all.split('\n').filter(Boolean).length;
  }
}
