// SPDX-License-Identifier: Apache-2.0
// bombs - files that want a reader's memory, time or faith: small ones that grow, ones that lie, ones that break off.
// Everything is made here, from a seed; nothing is kept.
import { createCipheriv } from 'node:crypto';
import { deflateSync, gzipSync } from 'node:zlib';
import { crc } from '../../world/lib/png.mjs';

/** Numbers that are the same in every run. */
export function dice(seed) {
  let s = seed >>> 0 || 1;
  return (n) => {
    s ^= s << 13; s >>>= 0; s ^= s >>> 17; s ^= s << 5; s >>>= 0;
    return s % n;
  };
}
const noise = (n, seed) => createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16)).update(Buffer.alloc(n));
const u32 = (v) => { const b = Buffer.alloc(4); b.writeUInt32BE(v >>> 0); return b; };
const u16 = (v) => { const b = Buffer.alloc(2); b.writeUInt16BE(v & 0xffff); return b; };

// ---- PNG ----
const chunk = (type, data) => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  return Buffer.concat([u32(data.length), body, u32(crc(body))]);
};
const ihdr = (w, h, bits, colour, interlace = 0) => chunk('IHDR', Buffer.concat([u32(w), u32(h), Buffer.from([bits, colour, 0, 0, interlace])]));
const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const END = chunk('IEND', Buffer.alloc(0));
export const png = (w, h, bits, colour, raw, { before = [], interlace = 0 } = {}) =>
  Buffer.concat([SIGNATURE, ihdr(w, h, bits, colour, interlace), ...before, chunk('IDAT', raw), END]);

/** Rows of zeros for a whole picture, deflated without ever being whole in memory. */
const flat = new Map();
function zeros(bytes) {
  if (!flat.has(bytes)) flat.set(bytes, deflateSync(Buffer.alloc(bytes)));
  return flat.get(bytes);
}
const rows = (w, h, bitsPerPixel) => h * (1 + Math.ceil((w * bitsPerPixel) / 8));

const pngs = {
  'a PNG of 2^31 pixels a side': () => png(0x7fffffff, 0x7fffffff, 8, 0, zeros(1000)),
  'a PNG one pixel wider than a scan': () => png(12001, 10, 1, 0, zeros(rows(12001, 10, 1))),
  'a PNG of 144 megapixels in one bit': () => png(12000, 12000, 1, 0, zeros(rows(12000, 12000, 1))),
  'a PNG of 139 megapixels in one bit': () => png(12000, 11600, 1, 0, zeros(rows(12000, 11600, 1))),
  'a PNG of 100 megapixels in 64 bits': () => png(10000, 10000, 16, 6, zeros(60_000_000)),
  'a PNG of 60 megapixels in colour': () => png(10000, 6000, 8, 2, zeros(rows(10000, 6000, 24))),
  'a PNG of nothing': () => png(0, 0, 8, 0, zeros(10)),
  'a PNG whose pixels never end': () => png(100, 100, 8, 0, zeros(60_000_000)),
  'a PNG whose pixels are missing': () => png(5000, 5000, 8, 0, zeros(100)),
  'a PNG with a profile that grows': () => png(600, 600, 8, 0, zeros(rows(600, 600, 8)), { before: [chunk('iCCP', Buffer.concat([Buffer.from('x\0\0', 'latin1'), zeros(60_000_000)]))] }),
  'a PNG with a text that grows': () => png(600, 600, 8, 0, zeros(rows(600, 600, 8)), { before: Array(20).fill(chunk('zTXt', Buffer.concat([Buffer.from('x\0\0', 'latin1'), zeros(20_000_000)]))) }),
  'a PNG of ten thousand chunks': () => png(600, 600, 8, 0, zeros(rows(600, 600, 8)), { before: Array(10000).fill(chunk('tEXt', Buffer.from('a\0b'))) }),
  'an interlaced PNG that lies': () => png(9000, 9000, 8, 2, zeros(1_000_000), { interlace: 1 }),
  'a PNG with a palette index and no palette': () => png(800, 800, 8, 3, zeros(rows(800, 800, 8))),
  'a PNG of a depth that is none': () => png(800, 800, 7, 0, zeros(rows(800, 800, 8))),
  'a PNG in a PNG': () => png(600, 600, 8, 0, deflateSync(png(9000, 9000, 8, 0, zeros(1000)))),
};

// ---- JPEG ----
const segment = (marker, data) => Buffer.concat([Buffer.from([0xff, marker]), u16(data.length + 2), data]);
const QUANT = segment(0xdb, Buffer.concat([Buffer.from([0]), Buffer.alloc(64, 1)]));
// one code of one bit for the value 0, in both tables
const HUFFMAN = [0x00, 0x10].map((id) => segment(0xc4, Buffer.concat([Buffer.from([id]), Buffer.from([1, ...Array(15).fill(0)]), Buffer.from([0])])));
const frame = (sof, w, h, n) => segment(sof, Buffer.concat([Buffer.from([8]), u16(h), u16(w), Buffer.from([n]),
  ...Array.from({ length: n }, (_, i) => Buffer.from([i + 1, 0x11, 0]))]));
const scan = (n, from = 0, to = 63, approx = 0) => segment(0xda, Buffer.concat([Buffer.from([n]),
  ...Array.from({ length: n }, (_, i) => Buffer.from([i + 1, 0x00])), Buffer.from([from, to, approx])]));
const START = Buffer.from([0xff, 0xd8]);
const STOP = Buffer.from([0xff, 0xd9]);
const jpeg = (sof, w, h, n, ...scans) => Buffer.concat([START, QUANT, frame(sof, w, h, n), ...HUFFMAN, ...scans, STOP]);
const empty = (n) => Buffer.concat([scan(n), Buffer.alloc(64)]);
/** A progressive picture whose every scan goes over all of it again. */
const manyScans = (w, h, n) => jpeg(0xc2, w, h, 1, Buffer.concat([scan(1, 0, 0, 0x0d), Buffer.alloc(8)]),
  ...Array.from({ length: n }, (_, i) => Buffer.concat([scan(1, 1 + (i % 63), 1 + (i % 63), 0x0d), Buffer.alloc(8)])));

const jpegs = {
  'a JPEG of 65,535 pixels a side': () => jpeg(0xc0, 65535, 65535, 3, empty(3)),
  'a JPEG of 139 megapixels and no data': () => jpeg(0xc0, 12000, 11600, 1, empty(1)),
  'a JPEG of 139 megapixels in colour': () => jpeg(0xc0, 12000, 11600, 3, empty(3)),
  'a progressive JPEG of 139 megapixels': () => jpeg(0xc2, 12000, 11600, 3, empty(3)),
  'a JPEG of five thousand scans': () => manyScans(11000, 11000, 5000),
  'a small JPEG of fifty thousand scans': () => manyScans(1000, 1000, 50_000),
  'a JPEG of no height': () => jpeg(0xc0, 1000, 0, 1, empty(1)),
  'an arithmetic JPEG': () => jpeg(0xc9, 3000, 3000, 1, empty(1)),
  'a lossless JPEG': () => jpeg(0xc3, 3000, 3000, 1, empty(1)),
  'a JPEG in four colours': () => jpeg(0xc0, 6000, 6000, 4, empty(4)),
  'a JPEG of comments only': () => Buffer.concat([START, ...Array(300).fill(segment(0xfe, Buffer.alloc(65000, 0x41)))]),
  'a JPEG without tables': () => Buffer.concat([START, frame(0xc0, 4000, 4000, 1), empty(1), STOP]),
};

// ---- TIFF ----
const TYPES = { short: 3, long: 4 };
/** @param {[number, string, number][]} tags */
function ifd(tags, next) {
  const b = Buffer.alloc(2 + 12 * tags.length + 4);
  b.writeUInt16LE(tags.length, 0);
  tags.forEach(([tag, type, value], i) => {
    const at = 2 + 12 * i;
    b.writeUInt16LE(tag, at);
    b.writeUInt16LE(TYPES[type], at + 2);
    b.writeUInt32LE(1, at + 4);
    if (type === 'short') b.writeUInt16LE(value, at + 8);
    else b.writeUInt32LE(value >>> 0, at + 8);
  });
  b.writeUInt32LE(next >>> 0, 2 + 12 * tags.length);
  return b;
}
const HEAD = Buffer.from([0x49, 0x49, 42, 0, 8, 0, 0, 0]);
const tags = (w, h, { bits = 1, compression = 1, at = 0, bytes = 0, photo = 1, samples = 1, rowsPerStrip = h } = {}) => [
  [256, 'long', w], [257, 'long', h], [258, 'short', bits], [259, 'short', compression], [262, 'short', photo],
  [273, 'long', at], [277, 'short', samples], [278, 'long', rowsPerStrip], [279, 'long', bytes]];
const SIZE = 2 + 12 * 9 + 4;
const tiff = (w, h, data, more = {}, next = 0) => Buffer.concat([HEAD, ifd(tags(w, h, { ...more, at: 8 + SIZE, bytes: more.bytes ?? data.length }), next), data]);
function chain(n, last) {
  return Buffer.concat([HEAD, ...Array.from({ length: n }, (_, i) =>
    ifd(tags(500, 500, { at: 8, bytes: 31500 }), i + 1 < n ? 8 + SIZE * (i + 1) : last(n))), Buffer.alloc(32000)]);
}
const tiffs = {
  'a TIFF whose page follows itself': () => tiff(500, 500, Buffer.alloc(31500), {}, 8),
  'a TIFF of two pages in a ring': () => chain(2, () => 8),
  'a TIFF of seven pages in a ring': () => chain(7, () => 8),
  'a TIFF of nine pages': () => chain(9, () => 0),
  'a TIFF of thirty thousand pages': () => chain(30_000, () => 0),
  'a TIFF of a next page beyond its end': () => tiff(500, 500, Buffer.alloc(31500), {}, 0xfffffff0),
  'a TIFF of 4 billion pixels a side': () => tiff(0xffffffff, 0xffffffff, Buffer.alloc(10)),
  'a TIFF of 139 megapixels in one bit': () => tiff(12000, 11600, deflateSync(Buffer.alloc(1500 * 11600)), { compression: 8 }),
  'a TIFF of 100 megapixels in colour': () => tiff(10000, 10000, deflateSync(Buffer.alloc(100_000_000)), { compression: 8, bits: 8, samples: 3, photo: 2 }),
  'a TIFF whose strip is beyond its end': () => tiff(3000, 3000, Buffer.alloc(10), { bytes: 0x7fffffff }),
  'a TIFF of one row a strip': () => tiff(12000, 11000, Buffer.alloc(10), { rowsPerStrip: 1 }),
  'a TIFF of fax noise': () => tiff(12000, 11000, noise(200_000, 5), { compression: 4 }),
  'a TIFF of LZW noise': () => tiff(10000, 10000, noise(200_000, 6), { compression: 5, bits: 8 }),
  'a TIFF of packed runs': () => tiff(12000, 11000, Buffer.from(Array(200_000).fill(0x81)), { compression: 32773 }),
  'a TIFF with JPEG inside': () => tiff(8000, 8000, jpeg(0xc0, 65535, 65535, 1, empty(1)), { compression: 7, bits: 8 }),
  'a TIFF of a compression that is none': () => tiff(3000, 3000, Buffer.alloc(1000), { compression: 4242 }),
  'a TIFF of ten thousand tags': () => Buffer.concat([HEAD, ifd(Array.from({ length: 10000 }, (_, i) => [i + 256, 'long', i]), 0)]),
  'a TIFF of no tags': () => Buffer.concat([HEAD, ifd([], 0)]),
  'a BigTIFF': () => Buffer.concat([Buffer.from([0x49, 0x49, 43, 0, 8, 0, 0, 0]), Buffer.alloc(200)]),
};

// ---- PDF ----
/** Objects 1.. with a right table of places. @param {(string | Buffer)[]} objects */
function pdf(objects, root = 1) {
  const parts = [Buffer.from('%PDF-1.7\n')];
  const at = [];
  let n = parts[0].length;
  objects.forEach((o, i) => {
    const b = Buffer.concat([Buffer.from(`${i + 1} 0 obj\n`), Buffer.isBuffer(o) ? o : Buffer.from(o), Buffer.from('\nendobj\n')]);
    at.push(n);
    n += b.length;
    parts.push(b);
  });
  const table = at.map((v) => `${String(v).padStart(10, '0')} 00000 n \n`).join('');
  parts.push(Buffer.from(`xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${objects.length + 1} /Root ${root} 0 R >>\nstartxref\n${n}\n%%EOF\n`));
  return Buffer.concat(parts);
}
const stream = (data, dict = '') => Buffer.concat([Buffer.from(`<< /Length ${data.length} ${dict} >>\nstream\n`), data, Buffer.from('\nendstream')]);
const CATALOG = '<< /Type /Catalog /Pages 2 0 R >>';
const page = (contents, { box = '0 0 595 842', resources = '' } = {}) =>
  `<< /Type /Page /Parent 2 0 R /MediaBox [${box}] /Contents ${contents} 0 R /Resources << ${resources} >> >>`;
const one = (content, { box, resources, more = [] } = {}) =>
  pdf([CATALOG, '<< /Type /Pages /Kids [3 0 R] /Count 1 >>', page(4, { box, resources }), content, ...more]);
const three = (bytes) => stream(deflateSync(deflateSync(deflateSync(Buffer.alloc(bytes, ' ')))), '/Filter [/FlateDecode /FlateDecode /FlateDecode]');
const image = (w, h, data, filter, space = '/DeviceGray', bits = 8) =>
  stream(data, `/Type /XObject /Subtype /Image /Width ${w} /Height ${h} /ColorSpace ${space} /BitsPerComponent ${bits} ${filter}`);
const draw = (text) => stream(Buffer.from(text));
const flate = (text) => stream(deflateSync(Buffer.from(text)), '/Filter /FlateDecode');
function tree(depth) {
  const kids = Array.from({ length: depth }, (_, i) => `<< /Type /Pages /Kids [${i + 3} 0 R] /Count 1 /Parent ${i + 1} 0 R >>`);
  return pdf([CATALOG, ...kids, '<< /Type /Page /MediaBox [0 0 595 842] >>']);
}
/** Forms that draw the next ten times. */
function forms(depth) {
  const call = (i) => Array(10).fill(`/F${i} Do`).join(' ');
  const more = Array.from({ length: depth }, (_, i) => stream(Buffer.from(i + 1 < depth ? call(i + 1) : '0 0 595 842 re f'),
    `/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /F${i + 1} ${Math.min(6 + i, 4 + depth)} 0 R >> >>`));
  return one(draw(call(0)), { resources: '/XObject << /F0 5 0 R >>', more });
}
const pdfs = {
  'a PDF flated three times': () => one(three(300_000_000)),
  'a PDF page of a million lines': () => one(flate('0 0 m 595 842 l S\n'.repeat(1_000_000))),
  'a PDF page of curves': () => one(flate('0 0 m 100 842 500 0 595 842 c S [1 1] 0 d\n'.repeat(300_000))),
  'a PDF page as large as a field': () => one(draw('0 0 14400 14400 re f'), { box: '0 0 14400 14400' }),
  'a PDF page without end': () => one(draw('0 0 1 1 re f'), { box: '0 0 2000000000 2000000000' }),
  'a PDF page of negative size': () => one(draw('0 0 1 1 re f'), { box: '0 0 -100 -100' }),
  'a PDF tree a thousand deep': () => tree(1000),
  'a PDF tree sixty thousand deep': () => tree(60_000),
  'a PDF tree that is a ring': () => pdf([CATALOG, '<< /Type /Pages /Kids [2 0 R] /Count 1000000 >>']),
  'a PDF that counts a billion pages': () => pdf([CATALOG, '<< /Type /Pages /Kids [3 0 R] /Count 1000000000 >>', page(4), draw('')]),
  'a PDF of forms in forms': () => forms(9),
  'a PDF of a form in itself': () => one(draw('/F0 Do'), { resources: '/XObject << /F0 5 0 R >>', more: [stream(Buffer.from('/F0 Do'), '/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /F0 5 0 R >> >>')] }),
  'a PDF of a picture that grows': () => one(draw('595 0 0 842 0 0 cm /I Do'), { resources: '/XObject << /I 5 0 R >>', more: [image(60000, 60000, deflateSync(Buffer.alloc(90_000_000)), '/Filter /FlateDecode')] }),
  'a PDF of a picture in colours without end': () => one(draw('595 0 0 842 0 0 cm /I Do'), { resources: '/XObject << /I 5 0 R >>', more: [image(0x7fffffff, 0x7fffffff, Buffer.alloc(100), '', '/DeviceCMYK', 16)] }),
  'a PDF of a JPEG bomb': () => one(draw('595 0 0 842 0 0 cm /I Do'), { resources: '/XObject << /I 5 0 R >>', more: [image(11000, 11000, manyScans(11000, 11000, 3000), '/Filter /DCTDecode')] }),
  'a PDF of JPEG 2000 noise': () => one(draw('595 0 0 842 0 0 cm /I Do'), { resources: '/XObject << /I 5 0 R >>', more: [image(9000, 9000, Buffer.concat([Buffer.from('0000000c6a5020200d0a870a', 'hex'), noise(20000, 9)]), '/Filter /JPXDecode')] }),
  'a PDF of JBIG2 noise': () => one(draw('595 0 0 842 0 0 cm /I Do'), { resources: '/XObject << /I 5 0 R >>', more: [image(9000, 9000, noise(20000, 8), '/Filter /JBIG2Decode', '/DeviceGray', 1)] }),
  'a PDF of fax noise': () => one(draw('595 0 0 842 0 0 cm /I Do'), { resources: '/XObject << /I 5 0 R >>', more: [image(11000, 11000, noise(100_000, 7), '/Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns 11000 >>', '/DeviceGray', 1)] }),
  'a PDF of tiling patterns': () => one(draw('/Pattern cs /P scn 0 0 595 842 re f'), { resources: '/Pattern << /P 5 0 R >>', more: [stream(Buffer.from('0 0 .01 .01 re f'), '/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 .02 .02] /XStep .02 /YStep .02 /Resources << >>')] }),
  'a PDF of a shading over all': () => one(draw('/S sh\n'.repeat(20_000)), { resources: '/Shading << /S << /ShadingType 1 /ColorSpace /DeviceRGB /Domain [0 1000 0 1000] /Function << /FunctionType 2 /Domain [0 1] /N 1 /C0 [0 0 0] /C1 [1 1 1] >> >> >>' }),
  'a PDF of nine pages': () => pdf([CATALOG, `<< /Type /Pages /Kids [${Array(9).fill('3 0 R').join(' ')}] /Count 9 >>`, page(4), draw('')]),
  'a PDF of ten thousand pages': () => pdf([CATALOG, `<< /Type /Pages /Kids [${Array(10000).fill('3 0 R').join(' ')}] /Count 10000 >>`, page(4), draw('')]),
  'a PDF under a password': () => Buffer.from(pdf([CATALOG, '<< /Type /Pages /Kids [] /Count 0 >>']).toString('latin1').replace('/Root', `/Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <${'00'.repeat(32)}> /U <${'00'.repeat(32)}> >> /Root`), 'latin1'),
  'a PDF that starts programs': () => pdf(['<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /Launch /F (/bin/sh) >> >>', '<< /Type /Pages /Kids [] /Count 0 >>']),
  'a PDF without a table': () => Buffer.from('%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 1 0 R >>\nendobj\n'),
  'a PDF of nested brackets': () => Buffer.concat([Buffer.from('%PDF-1.7\n1 0 obj\n'), Buffer.alloc(2_000_000, '['), Buffer.from('\nendobj\ntrailer << /Root 1 0 R >>\n')]),
  'a PDF of object streams in each other': () => pdf(['<< /Type /Catalog /Pages 2 0 R >>', stream(deflateSync(Buffer.from('2 0 << >>')), '/Type /ObjStm /N 1 /First 4 /Extends 2 0 R /Filter /FlateDecode')]),
};

// ---- PGM, what is no picture, what is two ----
const others = {
  'a PGM that promises more than it has': () => Buffer.from('P5\n11000 11000\n255\nabc'),
  'a PGM of endless digits': () => Buffer.from(`P5\n${'9'.repeat(100_000)}`),
  'a PGM of nine pages': () => Buffer.concat(Array(9).fill(Buffer.from('P5\n2 2\n255\nabcd'))),
  'a million PGM heads': () => Buffer.from('P5\n1 1\n255\nx'.repeat(1_000_000)),
  'a gzip': () => gzipSync(Buffer.alloc(10_000_000)),
  'a ZIP': () => Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), Buffer.alloc(1000)]),
  'an SVG that loads a file': () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'),
  'a GIF': () => Buffer.from('GIF89a\xff\xff\xff\xff\x80', 'latin1'),
  'a BMP': () => Buffer.concat([Buffer.from('BM'), Buffer.alloc(60, 0xff)]),
  'a WebP': () => Buffer.concat([Buffer.from('RIFF\xff\xff\xff\x7fWEBPVP8X', 'latin1'), Buffer.alloc(60, 0xff)]),
  'a page of HTML': () => Buffer.from('<html><script>alert(1)</script></html>'),
  'PostScript': () => Buffer.from('%!PS\n{} loop\n'),
  'twenty megabytes of noise': () => noise(20 * 1024 * 1024, 3),
  'a PNG that is a PDF too': () => Buffer.concat([SIGNATURE, Buffer.from('%PDF-1.7\n'), tree(10)]),
  'a PDF that is a PNG too': () => Buffer.concat([Buffer.from('%PDF-1.7\n'), png(9000, 9000, 8, 0, zeros(100))]),
  'a JPEG that is a TIFF too': () => Buffer.concat([START, segment(0xfe, tiff(9000, 9000, Buffer.alloc(10))), STOP]),
  'a TIFF that is a JPEG too': () => tiff(500, 500, jpeg(0xc0, 65535, 65535, 1, empty(1)), { compression: 6, bits: 8 }),
};

export const kinds = { PNG: pngs, JPEG: jpegs, TIFF: tiffs, PDF: pdfs, other: others };
/** All bombs by name. */
export const bombs = Object.values(kinds).flatMap((k) => Object.entries(k).map(([name, make]) => ({ name, make })));

/** The @n-th broken version of a good file: cut off, one byte, bits turned, a piece doubled. */
export function broken(good, n) {
  const roll = dice(0x9e37 + n * 7919);
  const b = Buffer.from(good);
  if (n % 4 === 0) return { name: 'cut off', data: b.subarray(0, 1 + roll(b.length - 1)) };
  if (n % 4 === 1) return { name: 'one byte', data: b.subarray(0, 1) };
  if (n % 4 === 2) {
    for (let i = 0; i < 20; i++) b[roll(Math.min(b.length, i < 10 ? 200 : b.length))] ^= 1 << roll(8);
    return { name: 'bits turned', data: b };
  }
  const at = roll(b.length);
  return { name: 'a piece doubled', data: Buffer.concat([b.subarray(0, at), b.subarray(Math.max(0, at - 5000))]) };
}
