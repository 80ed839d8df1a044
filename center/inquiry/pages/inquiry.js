// SPDX-License-Identifier: Apache-2.0
// The inquiry's page: files in, answers out. Texts go in by textContent only.
// @ts-check

/** @param {string} tag @param {Record<string, string>} attributes @param {...(Node|string)} children */
function el(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  e.append(...children);
  return e;
}
const $ = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));

const MAX_BYTES = 20 * 1024 * 1024;
const MAX_FILES = 8;
/** @type {File[]} */
let files = [];

const KINDS = { juminhyo: '住民票の写し', inkan: '印鑑登録証明書' };
const PROBLEMS = {
  'no-picture': '画像として読めないファイルです。PNG・JPEG・TIFF・PDFを選んでください。',
  'too-many-pixels': '画像が大きすぎます。300 dpiで読み取り直してください。',
  'too-many-pages': '一度に照会できるのは8面までです。',
  'busy': '混み合っています。しばらくしてからもう一度お試しください。',
  'bad-input': 'ファイルを受け取れませんでした。',
};

function showChosen() {
  $('chosen').replaceChildren(...files.map((f) => el('li', {}, `${f.name}（${Math.ceil(f.size / 1024)} KB）`)));
  $('send').disabled = files.length === 0;
}

/** @param {FileList | null} list */
function choose(list) {
  files = [...(list ?? [])];
  const tooLarge = files.find((f) => f.size > MAX_BYTES);
  $('status').textContent = '';
  if (files.length > MAX_FILES || tooLarge) {
    $('status').textContent = tooLarge ? '20 MBを超えるファイルがあります。' : 'ファイルは8個までです。';
    files = [];
  }
  showChosen();
}

/** @param {string} at */
const time = (at) => new Date(at).toLocaleString('ja-JP', { timeZone: 'Asia/Tokyo' });
/** @param {string} b64url */
const png = (b64url) => 'data:image/png;base64,' + b64url.replaceAll('-', '+').replaceAll('_', '/');

/** @param {any} p */
function facts(p) {
  const rows = [
    ['種類', KINDS[p.kind] ?? p.kind],
    ['発行番号', `${p.number}　${p.page}／${p.pages}ページ`],
    ['市区町村', p.muni],
    ['発行', time(p.issued_at)],
    ['住民基本台帳の時点', `${time(p.register_at)}（履歴 ${p.history}）`],
    ['番号の状態', p.standing.state_ja],
    ['これまでの照会', p.standing.asked_before.length ? `${p.standing.asked_before.length}回：${p.standing.asked_before.map(time).join('、')}` : 'なし'],
  ];
  return el('dl', {}, ...rows.flatMap(([k, v]) => [el('dt', {}, k), el('dd', {}, v)]));
}

/** @param {any} p */
function fields(p) {
  const rows = p.fields.map((/** @type {any} */ f) => el('tr', f.same === false ? { class: 'differs' } : {},
    el('td', {}, f.value || '（空欄）'),
    el('td', {}, f.same === null ? '未照合' : f.same ? '一致' : '相違')));
  return el('details', p.fields_differing ? { open: '' } : {},
    el('summary', {}, `記載項目の照合（${p.fields.length}項目、相違 ${p.fields_differing}、様式を含む相違箇所 ${p.places_differing}）`),
    el('table', {}, el('thead', {}, el('tr', {}, el('th', {}, '発行時の記載'), el('th', {}, '結果'))), el('tbody', {}, ...rows)));
}

/** @param {any} p */
function pictures(p) {
  const box = el('div', { class: 'pictures' });
  if (p.front_png) box.append(el('figure', {}, el('img', { src: png(p.front_png), alt: '復元したおもて面' }), el('figcaption', {}, '復元したおもて面')));
  if (p.difference_png) box.append(el('figure', {}, el('img', { src: png(p.difference_png), alt: '読み取った画像との違い' }), el('figcaption', {}, '違い（赤：消えた線、青：加わった線）')));
  return box;
}

/** @param {any} p */
function paper(p) {
  const e = el('article', { class: `paper ${p.verdict}` }, el('h2', {}, p.verdict_ja), el('p', {}, p.reason_ja));
  for (const a of p.advice) e.append(el('p', { class: 'note' }, a));
  if (!p.number) return e;
  if (p.standing.state === 'void') e.append(el('p', { class: 'void' }, 'この番号の証明書は無効です（紙詰まりなどで取り消されたもの）。'));
  e.append(facts(p), fields(p), pictures(p), el('p', { class: 'note' }, p.proven), el('p', { class: 'note' }, p.not_proven));
  return e;
}

/** @param {Event} event */
async function send(event) {
  event.preventDefault();
  const body = new FormData();
  for (const f of files) body.append('file', f, 'scan'); // the name stays here
  const code = $('code').value.trim();
  if (code) body.append('code', code);
  $('send').disabled = true;
  $('status').textContent = '読み取っています…';
  $('answer').replaceChildren();
  try {
    const r = await fetch('/v1/inquiries', { method: 'POST', body });
    const o = await r.json();
    if (!r.ok) {
      $('status').textContent = PROBLEMS[o.code] ?? '照会できませんでした。';
      return;
    }
    $('status').textContent = `照会番号 ${o.inquiry}`;
    $('answer').replaceChildren(...o.papers.map(paper));
  } catch {
    $('status').textContent = '通信できませんでした。';
  } finally {
    $('send').disabled = files.length === 0;
  }
}

/** A phone that read the front's QR lands here with #number.code; the code never leaves the page. */
async function phone() {
  const m = /^#([A-Z0-9-]{1,40})\.([0-9A-Z]{16})$/.exec(location.hash);
  if (!m) return;
  $('code').value = m[2].replace(/(.{4})(?=.)/g, '$1-');
  const r = await fetch(`/v1/numbers/${m[1]}`);
  if (!r.ok) return;
  const o = await r.json();
  $('phone').hidden = false;
  $('phone').replaceChildren(el('p', {}, `発行番号 ${m[1]} の状態：`, el('strong', {}, o.state_ja)),
    el('p', { class: 'note' }, '記載内容を確かめるには、うら面の画像を加えて照会してください。'));
}

$('files').addEventListener('change', () => choose($('files').files));
$('form').addEventListener('submit', send);
for (const kind of ['dragover', 'dragleave', 'drop'])
  $('drop').addEventListener(kind, (/** @type {DragEvent} */ e) => {
    e.preventDefault();
    $('drop').classList.toggle('over', kind === 'dragover');
    if (kind === 'drop') choose(e.dataTransfer?.files ?? null);
  });
phone();
