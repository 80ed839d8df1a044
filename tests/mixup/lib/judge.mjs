// SPDX-License-Identifier: Apache-2.0
// The judges of a sampled paper, who know nothing of our renderer: poppler reads its texts and makes it a picture, the
// bank's inquiry site finds and opens the back side of the picture. What both say must be what the truth says.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPgm, writePng } from '../../world/lib/png.mjs';
import { sh, sleep } from '../../world/lib/proc.mjs';

const DPI = 300;
/** What the desk asks for where a picture leaves it undecided: the sheet is read once more, finer. */
const DPI_AGAIN = 400;
const AT_ONCE = 2; // papers
/** The desk gives a picture so much of the processor and no more, and its database is among what dies: it is asked again. */
const TRIES = 6;
const AGAIN = ['no-picture', 'busy', 'unavailable'];
const MARK = /仮想県仮想市前住町[０-９]+番地/g;

export class Judge {
  constructor(world) {
    this.world = world;
    this.url = world.state.inquiry.url;
    this.key = sh(world.bin('center/inquiry/kofu-inquiry'), ['key', 'create', '見本銀行', '--per-minute', '6000', '-c', world.path('conf/inquiry.conf')], { env: { ...process.env, ...world.env('inquiry') } }).trim();
    this.pages = 0;
    this.again = 0;
    this.wrong = [];
    this.taken = new Set();
  }

  say(check, paper) {
    this.wrong.push({ check, order: paper.order });
  }

  /** @returns {Promise<{status: number, answer: any}>} status 0: the connection broke, of which the code tells */
  async post(body) {
    try {
      const r = await fetch(`${this.url}/v1/inquiries?pictures=no&opened=yes`, { method: 'POST', body, headers: { Authorization: `Bearer ${this.key}`, Connection: 'close' } });
      return { status: r.status, answer: await r.json() };
    } catch (e) {
      return { status: 0, answer: { code: e.cause?.code ?? e.message } };
    }
  }

  /** Pictures of one sheet, as a bank would send them. @returns {Promise<any>} the answer's one paper */
  async ask(front, back, dpi) {
    const pictures = [['front.png', front], ['back.png', back]].map(([name, p]) => [new Blob([writePng(p, dpi)]), name]);
    for (let tries = 1; ; tries++) {
      const body = new FormData();
      for (const [blob, name] of pictures) body.append('file', blob, name);
      const { status, answer } = await this.post(body);
      if (status === 200) return answer.papers[0];
      if (tries === TRIES || (status !== 0 && !AGAIN.includes(answer.code))) throw new Error(`the inquiry site: ${status} ${answer.code}`);
      await sleep(1000 * tries);
    }
  }

  async poppler(tool, ...args) {
    const r = await this.world.run(tool, args);
    if (r.status !== 0) throw new Error(`${tool}: ${r.stderr}`);
    return r.stdout;
  }

  /** Every side as a scanner would see it. */
  async sides(pdf, dpi) {
    const dir = mkdtempSync(join(tmpdir(), 'kofu-scan-'));
    try {
      await this.poppler('pdftoppm', '-gray', '-r', String(dpi), pdf, join(dir, 's'));
      return readdirSync(dir).sort().map((f) => readPgm(readFileSync(join(dir, f))));
    } finally {
      rmSync(dir, { recursive: true });
    }
  }

  async texts(pdf, paper) {
    const t = (await this.poppler('pdftotext', '-raw', pdf, '-')).normalize('NFC').replaceAll(/\s/g, '');
    for (const name of paper.names) if (!t.includes(name.replaceAll(/\s/g, ''))) this.say('poppler: name', paper);
    for (const mark of t.match(MARK) ?? []) if (!paper.marks.includes(mark)) this.say('poppler: mark of another', paper);
    if (paper.kind === 'juminhyo') for (const mark of paper.marks) if (!t.includes(mark)) this.say('poppler: mark', paper);
    if (!t.includes(paper.number)) this.say('poppler: number', paper);
  }

  /** What the municipality signed on the back of one sheet. */
  opened(one, paper, seen) {
    const said = one.opened ?? {};
    const values = (said.fields ?? []).map((f) => f.value).join('\n');
    if (said.number !== paper.number) this.say('inquiry: number', paper);
    for (const mark of values.match(MARK) ?? []) {
      if (!paper.marks.includes(mark)) this.say('inquiry: mark of another', paper);
      seen.add(mark);
    }
    if (!paper.names.some((n) => values.includes(n))) this.say('inquiry: name', paper);
  }

  async paper(pdf, paper) {
    await this.texts(pdf, paper);
    const pictures = await this.sides(pdf, DPI);
    const seen = new Set();
    if (pictures.length !== 2 * paper.pages) this.say('poppler: pages', paper);
    for (let i = 0; i + 1 < pictures.length; i += 2) {
      let one = await this.ask(pictures[i], pictures[i + 1], DPI);
      if (one?.reason === 'front-coarse') {
        this.again++;
        const again = await this.sides(pdf, DPI_AGAIN);
        one = await this.ask(again[i], again[i + 1], DPI_AGAIN);
      }
      // Sheet by sheet, as ten files are too many for one inquiry: one of several may be genuine, but not all there is.
      const genuine = one?.verdict === 'match' || (paper.pages > 1 && one?.verdict === 'undecided' && one.reason === 'pages-missing');
      if (!genuine) this.say(`inquiry: ${one?.verdict ?? 'no paper'} ${one?.reason ?? ''}`.trim(), paper);
      else this.opened(one, paper, seen);
      this.pages++;
    }
    if (paper.kind === 'juminhyo') for (const mark of paper.marks) if (!seen.has(mark)) this.say('inquiry: mark', paper);
  }

  /** The next paper of `dir` that nobody has; its description is there when its pages are (oracle_keep()). */
  next(dir) {
    const f = (existsSync(dir) ? readdirSync(dir) : []).sort().find((n) => n.endsWith('.json') && !this.taken.has(join(dir, n)));
    if (f) this.taken.add(join(dir, f));
    return f && join(dir, f.slice(0, -5));
  }

  async work(dir, first) {
    for (let stem; (stem = this.next(dir));) {
      await this.paper(`${stem}.pdf`, JSON.parse(readFileSync(`${stem}.json`, 'utf8')));
      rmSync(`${stem}.pdf`);
      rmSync(`${stem}.json`);
      this.taken.delete(`${stem}.json`);
      if (first && this.wrong.length) return;
    }
  }

  /** Every paper that lies in `dir`; they are gone afterwards. */
  async all(dir, { first = false } = {}) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => this.work(dir, first)));
  }

  /** The same while papers are still being laid there, until the function that this returns is called and has ended. */
  meanwhile(dir) {
    let ended = false;
    const done = (async () => {
      while (!ended) {
        await this.all(dir);
        await sleep(1000);
      }
      await this.all(dir);
    })();
    done.catch(() => {}); // heard of at the end
    return async () => {
      ended = true;
      await Promise.all([this.work(dir), done]); // of whom one alone may be at work: little lay there when they began
    };
  }
}
