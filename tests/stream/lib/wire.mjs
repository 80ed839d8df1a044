// SPDX-License-Identifier: Apache-2.0
// The network between an agent and the stream's end, as bad as it is told to be. Two layers in a row: bytes (cut,
// delayed, silent, altered under TLS) and, behind a TLS end with the test's own keys, whole batches (doubled, swapped,
// played again, cut, altered, their answer lost). Runs as a thread, so that whoever waits for a database delays nobody.
import { readFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const REMEMBERED = 20;

/** What is done to the next batch: each returns the server's answer, or null to lose it. */
const BATCH_FAULTS = {
  async doubled(b, send) {
    await send(b);
    return send(b);
  },
  /** Two at once, in either order. */
  async 'doubled at once'(b, send) {
    const [, second] = await Promise.all([send(b), send(b)]);
    return second;
  },
  /** It waits for the one after it, which overtakes; a sender of one at a time sends none. */
  async swapped(b, send, w) {
    await Promise.race([new Promise((done) => { w.passed = done; }), wait(300)]);
    return send(b);
  },
  async 'played again'(b, send, w) {
    for (const old of w.earlier.slice(0, 3)) await send(old);
    return send(b);
  },
  async cut(b, send) {
    return send({ ...b, body: b.body.subarray(0, Math.floor(b.body.length * Math.random())) });
  },
  async flipped(b, send) {
    const body = Buffer.from(b.body);
    body[Math.floor(Math.random() * body.length)] ^= 1 << Math.floor(Math.random() * 8);
    return send({ ...b, body });
  },
  async 'signature altered'(b, send) {
    const s = b.headers['kofu-signature'];
    return send({ ...b, headers: { ...b.headers, 'kofu-signature': s.slice(0, -2) + (s.at(-2) === 'A' ? 'B' : 'A') + s.at(-1) } });
  },
  async 'answer lost'(b, send) {
    await send(b);
    return null;
  },
  async 'answer altered'(b, send) {
    const a = await send(b);
    const body = Buffer.from(a.body);
    body[Math.floor(Math.random() * body.length)] ^= 1 << Math.floor(Math.random() * 8);
    return { ...a, body };
  },
};
/** What is done to the bytes; each until the next order. */
const BYTE_FAULTS = ['line cut', 'line silent', 'line slow', 'line trickles', 'byte flipped', 'byte lost'];

export const FAULTS = { batch: Object.keys(BATCH_FAULTS), bytes: BYTE_FAULTS };

// --- the side of who gives orders ---

export class Wire {
  async up(place) {
    const pem = (name) => readFileSync(place.pem(name), 'utf8');
    this.worker = new Worker(new URL(import.meta.url), {
      workerData: { serverPort: place.serverPort, ca: pem('ca.crt'), server: [pem('server-asp-1.crt'), pem('server-asp-1.key')], agent: [pem('agent-991015.crt'), pem('agent-991015.key')] },
    });
    this.worker.unref();
    this.did = 0;
    const port = new Promise((done) => {
      this.worker.on('message', (m) => {
        if (m.port) done(m.port);
        if (m.did) this.did++;
      });
    });
    return port;
  }

  /** One of FAULTS, from now on; null: a good line again. `did` counts what really happened. */
  fault(name) {
    this.worker.postMessage({ fault: name });
  }

  down() {
    return this.worker?.terminate();
  }
}

// --- the thread ---

class Line {
  constructor(keys) {
    this.keys = keys;
    this.fault = null;
    this.earlier = [];
    this.sockets = new Set();
    this.agent = new https.Agent({ keepAlive: true, ca: keys.ca, cert: keys.agent[0], key: keys.agent[1], minVersion: 'TLSv1.3', ecdhCurve: 'P-256:P-384' });
  }

  did(name) {
    if (name === this.fault) this.fault = null;
    parentPort.postMessage({ did: name });
  }

  send(b) {
    return new Promise((done, fail) => {
      const headers = { ...b.headers, 'content-length': b.body.length };
      const q = https.request({ host: '127.0.0.1', port: this.keys.serverPort, agent: this.agent, method: b.method, path: b.url, headers }, (res) => {
        const parts = [];
        res.on('data', (d) => parts.push(d)).on('error', fail).on('end', () => done({ status: res.statusCode, headers: res.headers, body: Buffer.concat(parts) }));
      });
      q.on('error', fail).end(b.body);
    });
  }

  async pass(b) {
    if (b.url !== '/v1/stream/batch') return this.send(b);
    const name = this.fault;
    if (this.passed) {
      const a = await this.send(b);
      this.passed?.();
      this.passed = null;
      return a;
    }
    if (!BATCH_FAULTS[name]) {
      this.earlier = [b, ...this.earlier].slice(0, REMEMBERED);
      return this.send(b);
    }
    this.did(name);
    return BATCH_FAULTS[name](b, (x) => this.send(x), this);
  }

  async handle(req, res) {
    const parts = [];
    for await (const d of req) parts.push(d);
    const { host, connection, 'transfer-encoding': chunked, ...headers } = req.headers;
    const b = { method: req.method, url: req.url, headers, body: Buffer.concat(parts) };
    const a = await this.pass(b);
    if (a === null) {
      req.socket.destroy();
      return;
    }
    delete a.headers.connection;
    res.writeHead(a.status, { ...a.headers, 'content-length': a.body.length }).end(a.body);
  }

  /** One connection of the agent's, byte by byte. */
  async bytes(socket, insidePort) {
    const inside = net.connect(insidePort, '127.0.0.1');
    this.sockets.add(socket);
    for (const [from, to] of [[socket, inside], [inside, socket]]) {
      from.on('error', () => to.destroy());
      from.on('close', () => { to.destroy(); this.sockets.delete(socket); });
      from.on('data', async (d) => {
        from.pause();
        await this.piece(d, from, to).catch(() => to.destroy());
        if (!from.destroyed) from.resume();
      });
    }
  }

  async piece(d, from, to) {
    const name = this.fault;
    while (this.fault === 'line silent') await wait(20);
    if (name === 'line slow') await wait(30 + Math.random() * 120);
    if (name === 'line trickles') {
      for (let at = 0; at < d.length; at += 400) {
        to.write(d.subarray(at, at + 400));
        if (this.fault === name) await wait(15);
      }
      return;
    }
    if (name === 'byte flipped' || name === 'byte lost') {
      this.did(name);
      const at = Math.floor(Math.random() * d.length);
      if (name === 'byte flipped') d[at] ^= 1 << Math.floor(Math.random() * 8);
      else d = Buffer.concat([d.subarray(0, at), d.subarray(at + 1)]);
    }
    if (name?.startsWith('line')) parentPort.postMessage({ did: name });
    to.write(d);
  }

  order(name) {
    this.fault = name;
    if (name !== 'line cut') return;
    for (const s of this.sockets) s.resetAndDestroy();
    this.did(name);
  }

  listen() {
    const tls = { ca: this.keys.ca, cert: this.keys.server[0], key: this.keys.server[1], requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3', ecdhCurve: 'P-256:P-384' };
    const inside = https.createServer(tls, (req, res) => {
      this.handle(req, res).catch(() => req.socket.destroy());
    });
    inside.on('tlsClientError', () => {});
    inside.keepAliveTimeout = 60000;
    inside.listen(0, '127.0.0.1', () => {
      const outside = net.createServer((socket) => this.bytes(socket, inside.address().port));
      outside.listen(0, '127.0.0.1', () => parentPort.postMessage({ port: outside.address().port }));
    });
    parentPort.on('message', (m) => this.order(m.fault));
  }
}

if (!isMainThread && workerData?.serverPort) new Line(workerData).listen();
