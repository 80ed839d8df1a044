// SPDX-License-Identifier: Apache-2.0
// The judges of a sampled paper, who know nothing of our renderer: poppler reads its texts and makes it a picture, the
// bank's inquiry site finds and opens the back side of the picture. What both say must be what the truth says.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sides, text } from '../../world/lib/scan.mjs';
import { writePng } from '../../world/lib/png.mjs';
import { sh } from '../../world/lib/proc.mjs';

const DPI = 300;
const MARK = /仮想県仮想市前住町[０-９]+番地/g;

export class Judge {
  constructor(world) {
    this.world = world;
    this.url = world.state.inquiry.url;
    this.key = sh(world.bin('center/inquiry/kofu-inquiry'), ['key', 'create', '見本銀行', '--per-minute', '6000', '-c', world.path('conf/inquiry.conf')], { env: { ...process.env, ...world.env('inquiry') } }).trim();
    this.pages = 0;
    this.wrong = [];
  }

  say(check, paper) {
    this.wrong.push({ check, order: paper.order });
  }

  /** Pictures of one sheet, as a bank would send them. @returns {Promise<any>} the answer's one paper */
  async ask(front, back) {
    const body = new FormData();
    for (const [name, p] of [['front.png', front], ['back.png', back]]) body.append('file', new Blob([writePng(p, DPI)]), name);
    const r = await fetch(`${this.url}/v1/inquiries?pictures=no&opened=yes`, { method: 'POST', body, headers: { Authorization: `Bearer ${this.key}`, Connection: 'close' } });
    const answer = await r.json();
    if (r.status !== 200) throw new Error(`the inquiry site: ${r.status} ${answer.code}`);
    return answer.papers[0];
  }

  texts(pdf, paper) {
    const t = text(pdf).normalize('NFC').replaceAll(/\s/g, '');
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
    this.texts(pdf, paper);
    const pictures = sides(pdf, DPI);
    const seen = new Set();
    if (pictures.length !== 2 * paper.pages) this.say('poppler: pages', paper);
    for (let i = 0; i + 1 < pictures.length; i += 2) {
      const one = await this.ask(pictures[i], pictures[i + 1]);
      // Sheet by sheet, as ten files are too many for one inquiry: one of several may be genuine, but not all there is.
      const genuine = one?.verdict === 'match' || (paper.pages > 1 && one?.verdict === 'undecided' && one.reason === 'pages-missing');
      if (!genuine) this.say(`inquiry: ${one?.verdict ?? 'no paper'} ${one?.reason ?? ''}`.trim(), paper);
      else this.opened(one, paper, seen);
      this.pages++;
    }
    if (paper.kind === 'juminhyo') for (const mark of paper.marks) if (!seen.has(mark)) this.say('inquiry: mark', paper);
  }

  /** Every paper that lies in `dir`; they are gone afterwards. */
  async all(dir, { first = false } = {}) {
    for (const f of readdirSync(dir).filter((n) => n.endsWith('.json')).sort()) {
      const stem = join(dir, f.slice(0, -5));
      await this.paper(`${stem}.pdf`, JSON.parse(readFileSync(`${stem}.json`, 'utf8')));
      rmSync(`${stem}.pdf`);
      rmSync(`${stem}.json`);
      if (first && this.wrong.length) return;
    }
  }
}
