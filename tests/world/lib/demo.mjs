// SPDX-License-Identifier: Apache-2.0
// What ./run shows: the whole way of a certificate, what must be refused, and what must be found out.
import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { forge, isCopy, payload, savePngs, sides, text } from './scan.mjs';

/** @param {import('./world.mjs').World} w */
export async function demo(w) {
  const rows = [];
  const dir = w.path('scan');
  mkdirSync(dir, { recursive: true });
  const row = (what, ok, detail) => {
    rows.push({ what, ok: Boolean(ok), detail });
    console.log(`  ${ok ? 'ok  ' : 'FAIL'} ${what.padEnd(34)} ${detail}`);
  };
  const tried = async (what, f) => {
    try {
      await f();
    } catch (e) {
      row(what, false, String(e.message).slice(0, 600));
    }
  };

  const papers = {};
  for (const [kind, title, scope] of [['juminhyo', '住民票の写し', 'household'], ['kisai', '住民票記載事項証明書', 'household'], ['inkan', '印鑑登録証明書', 'self']])
    await tried(title, async () => {
      const r = await w.issue('taro', { kind, scope, options: kind === 'inkan' ? [] : ['setainushi', 'honseki'] });
      row(`${title} issued, printed`, r.status === 0 && r.paper, r.status === 0 ? `${r.numbers[0]}  ${(r.wall_ms / 1000).toFixed(1)} s` : `${r.result} ${r.stderr.slice(-300)}`);
      if (!r.paper) return;
      papers[kind] = r;
      const manifest = payload(w.pg.value('kofu_991015', "SELECT manifest FROM issue JOIN issue_copy USING (order_id) WHERE number = :'n'", { n: r.numbers[0] }));
      row('  printer got it byte for byte', isCopy(r.paper, manifest.copies[0]), r.paper);
      const scans = savePngs(sides(r.paper), join(dir, kind));
      const t = Date.now();
      const v = await w.verify(scans);
      row('  scan at 300 dpi checked', v.papers?.every((p) => p.verdict === 'match'), `${v.papers?.map((p) => p.verdict_ja).join(', ')}  ${((Date.now() - t) / 1000).toFixed(1)} s  ${v.papers?.[0]?.standing?.state_ja ?? v.stderr}`);
    });

  await tried('a change in the register', async () => {
    const place = `架空県架空市見本町９丁目${'１２３４５６７８９'[Math.floor(Math.random() * 9)]}番${'１２３４５６７８９'[Math.floor(Math.random() * 9)]}号`;
    const lag = await w.change('991015', `SELECT jumin.henko('10000025', '{"jusho": "${place}", "ido_jiyu": "転居"}')`);
    const r = await w.issue('hanako');
    row('a change in the register counts', r.status === 0 && text(r.paper).replace(/\s/g, '').includes(place), r.status === 0 ? `on the next certificate; lag ${lag} ms` : `${r.result} ${r.stderr.slice(-300)}`);
  });

  await tried("a municipality's own character", async () => {
    const r = await w.issue('machigaiji');
    row("a municipality's own character", r.status === 0 && text(r.paper).includes('外字外'), r.status === 0 ? `printed from fonts/991023, read as its 縮退 character` : `${r.result} ${r.stderr.slice(-300)}`);
  });

  await tried('an altered front', async () => {
    const paper = papers.juminhyo.paper;
    const pictures = sides(paper);
    const word = text(paper).split(/\s+/).find((x) => /^昭和.*年.*日$/.test(x)) ?? text(paper).split(/\s+/).find((x) => x.length > 5);
    const forged = [forge(paper, pictures[0], word), ...pictures.slice(1)];
    const v = await w.verify(savePngs(forged, join(dir, 'forged')));
    row('one altered character on the front', v.papers?.[0]?.verdict === 'altered', v.papers?.map((p) => `${p.verdict_ja} (${p.reason})`).join(', '));
  });

  for (const [name, what] of [['optout', 'an opted-out resident'], ['revoked', 'a revoked card'], ['onhold', 'a card on hold'],
    ['removed', 'a resident who has moved away'], ['stranger', 'a card nobody holds'], ['gaiji', 'a name with a glyph no font has']])
    await tried(what, async () => {
      const r = await w.issue(name);
      row(`${what} refused`, r.status !== 0 && !r.paper, r.result);
    });
  await tried('a wrong PIN', async () => {
    const r = await w.issue('kuzu', { pin: '9999' });
    row('a wrong PIN refused, tries shown', r.status === 12 && r.tries_left === 2 && !r.paper, `${r.result}, ${r.tries_left} left`);
  });
  await tried('an upload that is no scan', async () => {
    const v = await w.verify([join(w.build, 'build.ninja')]);
    row('an upload that is no scan refused', v.status === 2 && !v.papers, v.stderr.trim());
  });
  return rows;
}
