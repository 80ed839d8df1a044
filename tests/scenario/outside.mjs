// SPDX-License-Identifier: Apache-2.0
// An outside script: knows .run/endpoints.json (its argument) and nothing else of the project. Changes a resident
// by SQL, puts a card on the reader, walks the kiosk's local API, fetches the paper, asks the inquiry's API.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';

const endpoints = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const card = endpoints.cards.find((c) => c.name === 'rin');
const street = `架空県架空市例示町${Date.now() % 9 + 1}番地`;

execFileSync('psql', ['-X', '-q', '-d', endpoints.registers[card.muni].conninfo], {
  input: `INSERT INTO jumin.juminhyo SELECT (jsonb_populate_record(j, jsonb_build_object('rireki_no', rireki_no + 1, 'jusho', '${street}', 'ido_jiyu', '転居'))).*
    FROM jumin.juminhyo j WHERE atena_no = '${card.atena}' ORDER BY rireki_no DESC LIMIT 1`,
});

/** A kept connection may be closed under us between two calls; a question may simply be asked again. */
async function ask(url, options) {
  for (let k = 0; ; k++)
    try {
      return await fetch(url, options);
    } catch (e) {
      if (k === 3) throw e;
    }
}

const headers = { 'Kofu-Token': endpoints.kiosk.token, 'Content-Type': 'application/json' };
let seen = 0;
async function state(want, ms = 20000) {
  const end = Date.now() + ms;
  for (;;) {
    const s = await (await ask(`${endpoints.kiosk.url}/api/state?after=${seen}`, { headers })).json();
    seen = s.n;
    if (s.state === want) return s;
    if (s.state === 'error' && want !== 'error') throw new Error(`the kiosk says ${JSON.stringify(s.error)}`);
    if (Date.now() > end) throw new Error(`waited for ${want}, the kiosk is at ${s.state}`);
    seen = s.n;
  }
}
async function event(body) {
  const r = await fetch(`${endpoints.kiosk.url}/api/event`, { method: 'POST', headers: { ...headers, Connection: 'close' }, body: JSON.stringify(body) });
  if (!r.ok) throw new Error(`${JSON.stringify(body)}: ${r.status} ${await r.text()}`);
  seen = 0;
  return r.json();
}
const command = (text) => execFileSync('sh', ['-c', text]);

const papers = () => readdirSync(endpoints.printer.out).filter((f) => f.endsWith('.pdf')).sort();
const before = papers();
await event({ event: 'start' });
await event({ event: 'consent' });
command(endpoints.commands.card_insert.replace('NAME', card.name));
const pin = await state('pin');
for (const digit of card.pin) await event({ event: 'pin_slot', slot: pin.pin.pad.indexOf(Number(digit)) });
await event({ event: 'pin_enter' });
await state('take-card');
command(endpoints.commands.card_remove);
const { offer } = await state('kind');
if (!offer.kinds.some((k) => k.kind === 'juminhyo')) throw new Error('no 住民票 offered');
await event({ event: 'choose', kind: 'juminhyo' });
await event({ event: 'choose', scope: 'household' });
await event({ event: 'choose', options: ['honseki'] });
await event({ event: 'choose', copies: 1 });
await event({ event: 'confirm' });
await state('take-paper', 30000);
await event({ event: 'taken' });
const paper = papers().find((f) => !before.includes(f));
const pdf = join(endpoints.printer.out, paper);
const text = execFileSync('pdftotext', ['-raw', pdf, '-'], { encoding: 'utf8' });
if (!text.includes(street)) throw new Error('the change of address is not on the paper');
if (!text.includes('髙﨑')) throw new Error('the name is not on the paper');

const dir = mkdtempSync(join(tmpdir(), 'outside-'));
try {
  execFileSync('pdftoppm', ['-png', '-r', '300', pdf, join(dir, 's')]);
  const form = new FormData();
  for (const f of readdirSync(dir).sort()) form.append('file', new Blob([readFileSync(join(dir, f))], { type: 'image/png' }), f);
  const r = await fetch(`${endpoints.inquiry.url}/v1/inquiries?pictures=no`, { method: 'POST', body: form, headers: { Connection: 'close' } });
  const answer = await r.json();
  if (!r.ok || answer.papers.length !== 1 || answer.papers[0].verdict !== 'match') throw new Error(`inquiry: ${r.status} ${JSON.stringify(answer)}`);
  console.log(JSON.stringify({ number: answer.papers[0].number, verdict: answer.papers[0].verdict_ja, standing: answer.papers[0].standing.state }));
} finally {
  rmSync(dir, { recursive: true });
}
