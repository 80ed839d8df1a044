// SPDX-License-Identifier: Apache-2.0
// Processes of the demo world: started in the background with a log file each, ended by their own pid only.
import { spawn, execFileSync } from 'node:child_process';
import dgram from 'node:dgram';
import { existsSync, openSync, closeSync, readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import net from 'node:net';

const HOST = '127.0.0.1';
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Polls until `look` gives a truthy value; throws after `ms`. */
export async function until(what, ms, look, step = 50) {
  const end = Date.now() + ms;
  for (;;) {
    const v = await look();
    if (v) return v;
    if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms`);
    await sleep(step);
  }
}

const FAKETIME = `/usr/lib/${{ x64: 'x86_64', arm64: 'aarch64' }[process.arch] ?? process.arch}-linux-gnu/faketime/libfaketimeMT.so.1`;
/** What a program's environment must have, so that its clock is off by what `file` says ("+0s"). */
export function wrongClock(file) {
  if (!existsSync(FAKETIME)) throw new Error('no libfaketime: apt-get install faketime');
  return { LD_PRELOAD: FAKETIME, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_DONT_FAKE_MONOTONIC: '1', DONT_FAKE_MONOTONIC: '1' };
}

const listens = (s, options) => new Promise((done) => { s.once('error', () => done(false)).once('listening', () => done(true)).listen(options); });
const binds = (s, options) => new Promise((done) => { s.once('error', () => done(false)).once('listening', () => done(true)).bind(options); });

/** Whether nobody listens there, and no test program but this one means to: the UDP port of that number says so until the program's end. */
async function takePort(port) {
  const tcp = net.createServer();
  const sign = dgram.createSocket('udp4').unref();
  const free = await binds(sign, { port, address: HOST, exclusive: true }) && await listens(tcp, { port, host: HOST });
  if (free) await new Promise((done) => { tcp.close(done); });
  else sign.close();
  return free;
}

/**
 * A free TCP port on the loopback address, or the first of two neighbours. It stays free while its program is down, whatever
 * else is tested on this machine: it lies below those that the system gives to outgoing connections.
 */
export async function freePort(neighbours = 1) {
  const low = Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s/)[0]);
  const [from, to] = low < 12000 ? [10000, 65535] : [10000, low - 1];
  for (;;) {
    const port = from + Math.floor(Math.random() * (to - from));
    if (await takePort(port) && (neighbours === 1 || await takePort(port + 1))) return port;
  }
}

/** Runs a program to its end; throws with its stderr when it fails. Returns stdout. */
export function sh(file, args, options = {}) {
  try {
    return execFileSync(file, args, { encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'], maxBuffer: 1 << 28, ...options });
  } catch (e) {
    throw new Error(`${file} ${args.join(' ')}: ${e.stderr || e.message}`);
  }
}

// A pid is ours only while the process still has the start time we saw: pids are used again.
// One that has ended counts as gone, even when nobody has asked for its status yet.
const startTime = (pid) => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : fields[19];
  } catch {
    return null;
  }
};

export class Processes {
  /** @param {string} dir where logs and the list of pids are kept */
  constructor(dir) {
    this.file = join(dir, 'pids.json');
    this.logs = join(dir, 'log');
    this.list = existsSync(this.file) ? JSON.parse(readFileSync(this.file, 'utf8')) : {};
  }

  save() {
    writeFileSync(this.file, JSON.stringify(this.list, null, 1));
  }

  alive(name) {
    const p = this.list[name];
    return Boolean(p && startTime(p.pid) === p.start);
  }

  /** Starts `name`; with `ready` waits for a line on stdout that matches and returns the match. */
  async start(name, file, args, { env = {}, ready = null, ms = 20000, cwd = undefined } = {}) {
    if (this.alive(name)) throw new Error(`${name} runs already`);
    mkdirSync(this.logs, { recursive: true });
    const log = join(this.logs, `${name}.log`);
    const out = join(this.logs, `${name}.out`);
    writeFileSync(out, '');
    const fdOut = openSync(out, 'a');
    const fdLog = openSync(log, 'a');
    const child = spawn(file, args, { detached: true, stdio: ['ignore', fdOut, fdLog], env: { ...process.env, ...env }, cwd });
    closeSync(fdOut);
    closeSync(fdLog);
    let ended = null;
    child.once('error', (e) => { ended = e.message; });
    child.once('exit', (code, signal) => { ended = `ended with ${signal ?? code}`; });
    if (child.pid === undefined) {
      await sleep(5); // the error event says why
      throw new Error(`${name}: ${ended}`);
    }
    this.list[name] = { pid: child.pid, start: startTime(child.pid) };
    this.save();
    child.unref();
    if (!ready) return null;
    return until(`${name} to be ready`, ms, () => {
      if (ended) throw new Error(`${name} ${ended}\n${tail(log)}${tail(out)}`);
      return ready.exec(readFileSync(out, 'utf8'));
    }).catch((e) => { throw new Error(`${e.message}\n${tail(log)}`); });
  }

  signal(name, sig) {
    if (this.alive(name)) process.kill(this.list[name].pid, sig);
  }

  async stop(name, ms = 5000) {
    if (this.alive(name)) {
      this.signal(name, 'SIGTERM');
      await until(`${name} to end`, ms, () => !this.alive(name)).catch(() => this.signal(name, 'SIGKILL'));
      await until(`${name} to end`, 2000, () => !this.alive(name));
    }
    if (!(name in this.list)) return;
    delete this.list[name];
    this.save();
  }

  /** Newest first, as they depend on the older ones. */
  async stopAll() {
    for (const name of Object.keys(this.list).reverse()) await this.stop(name);
  }
}

export const tail = (file) => {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(-12).join('\n');
  } catch {
    return '';
  }
};
