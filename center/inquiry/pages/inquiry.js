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

/** Names of a paper's fields; "p2.name" is the second person's. */
const LABELS = {
  title: '表題', address: '住所', katagaki: '方書', setainushi: '世帯主', ninsho: '認証文', issued_on: '発行日', mayor: '市区町村長', issue_number: '発行番号',
  front_code: '確認符号', digest: '改ざん検知符号', no: '番号', name: '氏名', name_kana: '氏名のフリガナ', name_latin: '氏名（アルファベット）', kyu_uji: '旧氏',
  kyu_uji_kana: '旧氏のフリガナ', tsusho: '通称', tsusho_kana: '通称のフリガナ', birth: '生年月日', sex: '性別', zokugara: '続柄', honseki: '本籍', hittosha: '筆頭者',
  jumin_since: '住民となった年月日', gaikokujin_since: '外国人住民となった年月日', address_since: '住所を定めた年月日', todokede_on: '届出日', prev_address: '転入前住所',
  kojin_no: '個人番号', jumin_code: '住民票コード', kokuseki: '国籍・地域', ho30_45: '法30条の45区分', zairyu_shikaku: '在留資格', zairyu_kikan: '在留期間',
  zairyu_manryo: '在留期間満了日', zairyu_no: '在留カード等番号', biko: '備考', touroku_no: '登録番号', touroku_on: '登録年月日', seal: '印影',
};
/** @param {string} key */
function label(key) {
  const m = /^p(\d+)\.(.+)$/.exec(key);
  const name = LABELS[m ? m[2] : key] ?? (m ? m[2] : key);
  return m ? `${m[1]}人目　${name}` : name;
}

const KINDS = { juminhyo: '住民票の写し', inkan: '印鑑登録証明書', kisai: '住民票記載事項証明書' };
const PROBLEMS = {
  'no-picture': '画像として読めないファイルです。PNG・JPEG・TIFF・PDFを選んでください。',
  'too-many-pixels': '画像が大きすぎます。300 dpiで読み取り直してください。',
  'too-many-pages': '一度に照会できるのは8面までです。',
  'too-large': '20 MBを超えるファイルがあります。',
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
  status('');
  if (files.length > MAX_FILES || tooLarge) {
    status(tooLarge ? PROBLEMS['too-large'] : 'ファイルは8個までです。', 'problem');
    files = [];
  }
  showChosen();
}

/** @param {string} at */
const time = (at) => new Date(at).toLocaleString('ja-JP', { timeZone: 'Asia/Tokyo', dateStyle: 'medium', timeStyle: 'short' });
/** @param {string} b64url */
const png = (b64url) => 'data:image/png;base64,' + b64url.replaceAll('-', '+').replaceAll('_', '/');

/** @param {any} p */
function facts(p) {
  const asked = p.standing.asked_before;
  const rows = [
    ['種類', KINDS[p.kind] ?? p.kind],
    ['発行番号', `${p.number}（${p.page}／${p.pages}ページ）`],
    ['番号の状態', p.standing.state_ja],
    ['市区町村', p.muni],
    ['発行', time(p.issued_at)],
    ['住民基本台帳の時点', `${time(p.register_at)}（履歴 ${p.history}）`],
    ['これまでの照会', asked.length ? `${asked.length}回：${asked.slice(0, 5).map(time).join('、')}${asked.length > 5 ? ' ほか' : ''}` : 'なし（初めての照会）'],
  ];
  return el('dl', {}, ...rows.flatMap(([k, v]) => [el('dt', {}, k), el('dd', {}, v)]));
}

const RESULTS = { true: '一致', false: '相違', null: '未照合' };

/** @param {any} p */
function fields(p) {
  // what differs first, the rest in the paper's order
  const sorted = [...p.fields.filter((/** @type {any} */ f) => f.same === false), ...p.fields.filter((/** @type {any} */ f) => f.same !== false)];
  const rows = sorted.map((/** @type {any} */ f) => el('tr', f.same === false ? { class: 'differs' } : {},
    el('th', { scope: 'row' }, label(f.key)), el('td', {}, f.value || '（空欄）'), el('td', { class: 'result' }, RESULTS[f.same])));
  const head = el('thead', {}, el('tr', {}, ...['項目', '発行時の記載', '照合'].map((t) => el('th', { scope: 'col' }, t))));
  const summary = p.fields.every((/** @type {any} */ f) => f.same === null) ? `記載項目 ${p.fields.length}（おもて面と未照合）`
    : p.fields_differing ? `記載項目 ${p.fields.length}のうち相違 ${p.fields_differing}` : `記載項目 ${p.fields.length}：すべて一致`;
  return el('details', p.verdict === 'match' ? {} : { open: '' }, el('summary', {}, summary), el('table', {}, head, el('tbody', {}, ...rows)));
}

/** Frames around what differs, laid over a picture of the whole page (210 x 297 mm). @param {any} p */
function marks(p) {
  return p.fields.filter((/** @type {any} */ f) => f.same === false).map((/** @type {any} */ f) => {
    const [x, y, w, h] = f.box_tenth_mm;
    const e = el('span', { class: 'mark' });
    e.style.left = `${x / 21}%`;
    e.style.top = `${y / 29.7}%`;
    e.style.width = `${w / 21}%`;
    e.style.height = `${h / 29.7}%`;
    return e;
  });
}

/** @param {any} p */
function pictures(p) {
  const box = el('div', { class: 'pictures' });
  const add = (/** @type {string} */ data, /** @type {string} */ text) => {
    const sheet = el('a', { class: 'sheet', href: png(data), target: '_blank', rel: 'noopener' }, el('img', { src: png(data), alt: text }), ...marks(p));
    sheet.addEventListener('click', (e) => { e.preventDefault(); box.classList.toggle('large'); });
    box.append(el('figure', {}, el('figcaption', {}, text), sheet));
  };
  if (p.front_png) add(p.front_png, '発行時のおもて面（うら面から復元）');
  if (p.difference_png) add(p.difference_png, '読み取ったおもて面との違い（赤：消えた線、青：加わった線）');
  return box;
}

const SIGNS = { match: '○', altered: '！', undecided: '？' };

/** @param {any} p @param {number} i @param {number} n */
function paper(p, i, n) {
  const e = el('article', { class: `paper ${p.verdict}` });
  const head = el('div', { class: 'verdict' }, el('span', { class: 'sign', 'aria-hidden': 'true' }, SIGNS[p.verdict] ?? ''),
    el('div', {}, ...(n > 1 ? [el('p', { class: 'which' }, `${i + 1}／${n}枚目`)] : []), el('h2', {}, p.verdict_ja), el('p', {}, p.reason_ja)));
  const body = el('div', { class: 'body' });
  e.append(head, body);
  if (p.standing?.state === 'void') body.append(el('p', { class: 'void' }, 'この番号の証明書は無効です（紙詰まりなどで取り消されたもの）。'));
  for (const a of p.advice) body.append(el('p', { class: 'advice' }, a));
  if (!p.number) return e;
  body.append(facts(p), fields(p), pictures(p), el('p', { class: 'note' }, p.proven, el('br'), p.not_proven));
  return e;
}

/** @param {string} text @param {'' | 'busy' | 'problem'} kind */
function status(text, kind = '') {
  $('status').textContent = text;
  $('status').className = kind;
}

/** @param {Event} event */
async function send(event) {
  event.preventDefault();
  const body = new FormData();
  for (const f of files) body.append('file', f, 'scan'); // the name stays here
  const code = $('code').value.trim();
  if (code) body.append('code', code);
  $('send').disabled = true;
  status('読み取っています…', 'busy');
  $('answer').replaceChildren();
  try {
    const r = await fetch('/v1/inquiries', { method: 'POST', body });
    const o = await r.json();
    if (!r.ok) {
      status(PROBLEMS[o.code] ?? '照会できませんでした。', 'problem');
      return;
    }
    status(`照会番号 ${o.inquiry}`);
    $('answer').replaceChildren(...o.papers.map((/** @type {any} */ p, /** @type {number} */ i) => paper(p, i, o.papers.length)));
    $('answer').focus();
  } catch {
    status('通信できませんでした。', 'problem');
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
