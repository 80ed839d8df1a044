// SPDX-License-Identifier: Apache-2.0
// Papers as pictures: what a scanner would make of a printed PDF, through poppler, and a forger's pen.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { sh } from './proc.mjs';
import { copyBox, readPgm, writePng } from './png.mjs';

/** Sides of a PDF as grey pictures. @returns {{w: number, h: number, p: Buffer}[]} */
export function sides(pdf, dpi = 300) {
  const dir = mkdtempSync(join(tmpdir(), 'kofu-scan-'));
  try {
    sh('pdftoppm', ['-gray', '-r', String(dpi), pdf, join(dir, 's')]);
    return readdirSync(dir).sort().map((f) => readPgm(readFileSync(join(dir, f))));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Writes pictures as PNG files beside each other; returns their names. */
export const savePngs = (pictures, stem, dpi = 300) => pictures.map((p, i) => {
  const file = `${stem}-${i + 1}.png`;
  writeFileSync(file, writePng(p, dpi));
  return file;
});

/**
 * Forges one character: finds the word's place on page 1 by pdftotext, and copies another
 * character's picture over its last one.
 */
export function forge(pdf, picture, word, dpi = 300) {
  const box = wordBox(pdf, word);
  const px = (pt) => Math.round((pt * dpi) / 72);
  const chars = [...word].length;
  const w = (box.x1 - box.x0) / chars;
  const at = (k) => ({ x: px(box.x0 + w * k), y: px(box.y0) });
  return copyBox(picture, at(0), at(chars - 1), px(w), px(box.y1 - box.y0));
}

function wordBox(pdf, word) {
  const xml = sh('pdftotext', ['-bbox', '-f', '1', '-l', '1', pdf, '-']);
  for (const m of xml.matchAll(/<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">([^<]*)<\/word>/g))
    if (m[5] === word) return { x0: Number(m[1]), y0: Number(m[2]), x1: Number(m[3]), y1: Number(m[4]) };
  throw new Error('the word to forge is not on the page');
}

export const text = (pdf) => sh('pdftotext', ['-raw', pdf, '-']);
const BACK_BYTES = 92736;

/** Is a printed file the copy that a manifest names? Its digest is that of all but the backs' modules. */
export function isCopy(pdf, copy) {
  const file = readFileSync(pdf);
  const hash = createHash('sha256');
  let from = 0;
  for (const { back_at: at } of copy.pages) {
    hash.update(file.subarray(from, at));
    from = at + BACK_BYTES;
  }
  return file.length === copy.pdf_bytes && hash.update(file.subarray(from)).digest('hex') === copy.pdf_sha256;
}

/** A JWS's payload, unverified. */
export const payload = (jws) => JSON.parse(Buffer.from(jws.split('.')[1], 'base64url').toString('utf8'));
