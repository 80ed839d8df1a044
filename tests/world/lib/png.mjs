// SPDX-License-Identifier: Apache-2.0
// Grey pictures: PGM in (as pdftoppm writes it), PNG out, and a pen to forge with.
import zlib from 'node:zlib';

/** @param {Buffer} b @returns {{w: number, h: number, p: Buffer}} */
export function readPgm(b) {
  const m = /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(b.subarray(0, 64).toString('latin1'));
  if (!m) throw new Error('no 8-bit PGM');
  const [w, h] = [Number(m[1]), Number(m[2])];
  return { w, h, p: b.subarray(m[0].length, m[0].length + w * h) };
}

export const writePgm = ({ w, h, p }) => Buffer.concat([Buffer.from(`P5\n${w} ${h}\n255\n`), p]);

const crcTable = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});
export const crc = (b) => {
  let c = 0xffffffff;
  for (const x of b) c = crcTable[(c ^ x) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
};
const chunk = (type, data) => {
  const body = Buffer.concat([Buffer.from(type), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc(body), body.length + 4);
  return out;
};

export function writePng({ w, h, p }, dpi = 300) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(w, 0);
  head.writeUInt32BE(h, 4);
  head[8] = 8;
  const phys = Buffer.alloc(9);
  const perMetre = Math.round(dpi / 0.0254);
  phys.writeUInt32BE(perMetre, 0);
  phys.writeUInt32BE(perMetre, 4);
  phys[8] = 1;
  const rows = Buffer.alloc((w + 1) * h);
  for (let y = 0; y < h; y++) p.copy(rows, y * (w + 1) + 1, y * w, (y + 1) * w);
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', head), chunk('pHYs', phys),
    chunk('IDAT', zlib.deflateSync(rows, { level: 1 })), chunk('IEND', Buffer.alloc(0))]);
}

/** Copies a box of the picture over another place: how a character is forged with what the page has. */
export function copyBox(img, from, to, w, h) {
  const p = Buffer.from(img.p);
  for (let y = 0; y < h; y++) img.p.copy(p, (to.y + y) * img.w + to.x, (from.y + y) * img.w + from.x, (from.y + y) * img.w + from.x + w);
  return { ...img, p };
}
