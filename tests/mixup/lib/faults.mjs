// SPDX-License-Identifier: Apache-2.0
// What goes wrong on purpose: a proxy between any two programs that delays, reorders, doubles, cuts, corrupts and
// half-closes, and a hand that kills and stops processes. All by a seed; what was done is counted by name.
import net from 'node:net';
import { sleep } from '../../world/lib/proc.mjs';

/** Numbers in 0..n-1, the same for the same seed. */
export function dice(seed) {
  let s = (seed * 2654435761) >>> 0 || 1;
  return (n) => {
    s ^= s << 13; s >>>= 0; s ^= s >>> 17; s ^= s << 5; s >>>= 0;
    return s % n;
  };
}

/** Of a hundred thousand pieces of a stream, so many meet this. */
const KINDS = { delay: 4000, reorder: 200, double: 200, cut: 300, corrupt: 300, 'half-close': 150 };

export class Proxy {
  /** Passes everything on to `port`; while `this.on`, not everything and not always. */
  constructor(port, roll, count) {
    Object.assign(this, { to: port, roll, count, on: false, sockets: new Set() });
  }

  async start() {
    this.server = net.createServer({ allowHalfOpen: true }, (from) => this.connected(from));
    await new Promise((done, fail) => this.server.once('error', fail).listen(0, '127.0.0.1', done));
    this.port = this.server.address().port;
  }

  connected(from) {
    const to = net.connect({ port: this.to, host: '127.0.0.1', allowHalfOpen: true });
    for (const [a, b] of [[from, to], [to, from]]) {
      this.sockets.add(a);
      let line = Promise.resolve(); // what was delayed is not overtaken, but on purpose
      let held = null;
      a.on('data', (d) => {
        const kind = this.kind();
        if (kind) this.count(`proxy ${kind}`);
        if (kind === 'cut') { a.destroy(); b.destroy(); return; }
        if (kind === 'corrupt') d[this.roll(d.length)] ^= 1 << this.roll(8);
        if (kind === 'half-close') { line = line.then(() => b.end()); return; }
        if (kind === 'reorder' && !held) { held = d; return; }
        const ms = kind === 'delay' ? 1 + this.roll(400) : 0;
        line = line.then(async () => {
          if (ms) await sleep(ms);
          for (const x of [d, kind === 'double' ? d : null, held]) if (x && !b.destroyed && b.writable) b.write(x);
          held = null;
        });
      });
      a.on('end', () => { line = line.then(() => b.end()); });
      a.on('error', () => b.destroy());
      a.on('close', () => { this.sockets.delete(a); b.destroy(); });
    }
  }

  kind() {
    if (!this.on) return null;
    let at = this.roll(100000);
    for (const [k, n] of Object.entries(KINDS)) {
      if (at < n) return k;
      at -= n;
    }
    return null;
  }

  stop() {
    for (const s of this.sockets) s.destroy();
    return new Promise((done) => this.server.close(done));
  }
}

/**
 * Every `every` ms until end() is called: first each of `others` ({name, run}) once, then one of them, or one of `victims`
 * ({name, start}, or {name, start, kill} for what is no process of ours) killed or stopped.
 */
export class Hand {
  constructor(processes, victims, others, roll, count, every = 2500) {
    Object.assign(this, { processes, victims, others, roll, count, every, ended: false, todo: [...others] });
  }

  start() {
    this.done = this.work();
  }

  async work() {
    while (!this.ended) {
      await sleep(this.every);
      if (this.ended) return;
      if (this.todo.length || (this.others.length && this.roll(3) === 0)) {
        await this.other(this.todo.shift() ?? this.others[this.roll(this.others.length)]);
        continue;
      }
      const v = this.victims[this.roll(this.victims.length)];
      if (v.kill || this.roll(2) === 0) await this.kill(v);
      else await this.freeze(v);
    }
  }

  async other({ name, run }) {
    const what = await run();
    this.count(what ? `${name} ${what}` : name);
  }

  async kill({ name, start, kill }) {
    this.count(`kill -9 ${name}`);
    if (kill) await kill();
    else this.processes.signal(name, 'SIGKILL');
    while (this.processes.alive(name)) await sleep(20);
    await start();
  }

  async freeze({ name }) {
    this.count(`SIGSTOP ${name}`);
    this.processes.signal(name, 'SIGSTOP');
    await sleep(300 + this.roll(2500));
    this.processes.signal(name, 'SIGCONT');
  }

  async end() {
    this.ended = true;
    await this.done;
  }
}
