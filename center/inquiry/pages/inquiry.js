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
const CODE_CHARS = 16;
/** @type {File[]} */
let files = [];
/** @type {AbortController | null} */
let running = null;

const PROBLEMS = {
  'no-picture': '画像として読めないファイルがあります。PNG・JPEG・TIFF・PDFを選んでください。',
  'too-many-pixels': '画像が大きすぎます。300 dpiで読み取り直してください。',
  'too-many-pages': '一度に照会できるのは8面までです。分けて照会してください。',
  'too-large': '20 MBを超えるファイルがあります。300 dpi、JPEGまたはPDFで読み取り直してください。',
  'too-often': '照会が続いています。1分ほどおいて、もう一度お試しください。',
  busy: '混み合っています。しばらくしてからもう一度お試しください。',
  'key-missing': 'この窓口は、鍵を登録した機関だけが使えます。',
  'bad-input': 'ファイルを受け取れませんでした。',
};

/* ---- choosing ---- */

/** @param {number} bytes */
const size = (bytes) => (bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`);

function showChosen() {
  $('chosen').replaceChildren(...files.map((f, i) => {
    const away = el('button', { type: 'button', class: 'away', 'aria-label': `${f.name}を外す` }, '×');
    away.addEventListener('click', () => {
      files.splice(i, 1);
      showChosen();
      ($('chosen').querySelectorAll('button')[i] ?? $('files')).focus();
    });
    return el('li', {}, el('span', { class: 'name' }, f.name), el('span', { class: 'size' }, size(f.size)), away);
  }));
  $('send').disabled = files.length === 0 || running !== null;
}

/** Adds to what was chosen before; a file that is there already is not taken twice. @param {Iterable<File> | null} list */
function choose(list) {
  const added = [...(list ?? [])].filter((f) => !files.some((g) => g.name === f.name && g.size === f.size && g.lastModified === f.lastModified));
  status('');
  if (added.some((f) => f.size > MAX_BYTES)) status(PROBLEMS['too-large'], 'problem');
  else if (files.length + added.length > MAX_FILES) status('ファイルは8個までです。', 'problem');
  else files.push(...added);
  $('files').value = '';
  showChosen();
}

/** Several codes may be typed one behind the other. */
function codes() {
  const typed = $('code').value.replace(/[^0-9A-Za-z]/g, '');
  return typed ? (typed.match(new RegExp(`.{1,${CODE_CHARS}}`, 'g')) ?? []) : [];
}

/* ---- showing an answer ---- */

/** @param {string} at */
const time = (at) => new Date(at).toLocaleString('ja-JP', { timeZone: 'Asia/Tokyo', dateStyle: 'medium', timeStyle: 'short' });
/** @param {string} b64url */
const base64 = (b64url) => b64url.replaceAll('-', '+').replaceAll('_', '/');
/** @param {string} b64url */
const png = (b64url) => `data:image/png;base64,${base64(b64url)}`;

const STATE_CLASS = { valid: 'good', void: 'bad', unknown: 'doubt', issued: 'doubt' };

/** @param {any} p */
function asked(p) {
  const { times_asked_before: n, asked_before: at } = p.standing;
  if (!n) return 'なし（初めての照会）';
  return el('details', {}, el('summary', {}, `${n}回（直近 ${time(at[0])}）`), el('ul', {}, ...at.map((/** @type {string} */ t) => el('li', {}, time(t)))));
}

/** @param {any} p */
function facts(p) {
  const rows = [
    ['証明書', p.kind_ja || p.kind],
    ['発行番号', p.number],
    ['ページ', `${p.page}／${p.pages}`],
    ['番号の状態', el('span', { class: `state ${STATE_CLASS[p.standing.state] ?? ''}` }, p.standing.state_ja)],
    ['これまでの照会', asked(p)],
    ['発行', `${time(p.issued_at)}（市区町村コード ${p.muni}）`],
    ['登録内容の時点', `${time(p.register_at)}（履歴 ${p.history}）`],
  ];
  return el('dl', {}, ...rows.flatMap(([k, v]) => [el('dt', {}, /** @type {string} */ (k)), el('dd', {}, v)]));
}

const RESULTS = { true: '一致', false: '相違', null: '未照合' };

/** @param {any} p */
function fields(p) {
  // what differs first, the rest in the paper's order
  const sorted = [...p.fields.filter((/** @type {any} */ f) => f.same === false), ...p.fields.filter((/** @type {any} */ f) => f.same !== false)];
  const rows = sorted.map((/** @type {any} */ f) => el('tr', f.same === false ? { class: 'differs' } : {},
    el('th', { scope: 'row' }, f.key_ja || f.key), el('td', {}, f.value || '（空欄）'), el('td', { class: 'result' }, RESULTS[f.same])));
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

const MAX_CROPS = 6;
const PAGE_MM = { w: 210, h: 297 };

/** The same place of both fronts, enlarged. @param {string} data @param {number[]} box tenths of a millimetre @param {string} text */
function crop(data, box, text) {
  const [x, y, w, h] = box.map((v) => v / 10);
  const pad = 4;
  const left = Math.max(0, x - pad), top = Math.max(0, y - pad);
  const width = Math.min(PAGE_MM.w - left, Math.max(w + 2 * pad, 60)), height = Math.min(PAGE_MM.h - top, h + 2 * pad);
  const img = el('img', { src: png(data), alt: text });
  img.style.width = `${(PAGE_MM.w / width) * 100}%`;
  img.style.left = `${(-left / width) * 100}%`;
  img.style.top = `${(-top / height) * 100}%`;
  const e = el('div', { class: 'crop' }, img);
  e.style.aspectRatio = `${width} / ${height}`;
  return e;
}

/** What differs, seen closely. @param {any} p */
function crops(p) {
  const differing = p.fields.filter((/** @type {any} */ f) => f.same === false).slice(0, MAX_CROPS);
  if (!p.front_png || !p.difference_png || differing.length === 0) return [];
  return [el('section', { class: 'crops', 'aria-label': '相違した項目の拡大' }, ...differing.flatMap((/** @type {any} */ f) => [
    el('h3', {}, f.key_ja || f.key), crop(p.front_png, f.box_tenth_mm, `発行時の${f.key_ja}`), crop(p.difference_png, f.box_tenth_mm, `読み取った${f.key_ja}`)]))];
}

/** Both fronts side by side; either opens large. @param {any} p */
function pictures(p) {
  const box = el('div', { class: 'pictures' });
  const add = (/** @type {string} */ data, /** @type {string} */ title, /** @type {string} */ text) => {
    const open = el('button', { type: 'button', class: 'sheet', 'aria-expanded': 'false', 'aria-label': `${title}を大きく表示` }, el('img', { src: png(data), alt: `${title}。${text}` }), ...marks(p));
    open.addEventListener('click', () => open.setAttribute('aria-expanded', String(box.classList.toggle('large'))));
    box.append(el('figure', {}, el('figcaption', {}, el('strong', {}, title), text), open));
  };
  if (p.front_png) add(p.front_png, '発行時のおもて面', 'うら面から復元したもの');
  if (p.difference_png) add(p.difference_png, '読み取ったおもて面', p.verdict === 'altered' ? '赤は消えた線、青は加わった線、枠は相違した項目' : '位置を合わせたもの');
  return box;
}

const SIGNS = { match: '○', altered: '！', undecided: '？' };

/** @param {any} p @param {number} i @param {number} n */
function paper(p, i, n) {
  const e = el('article', { class: `paper ${p.verdict}` });
  const which = p.number ? `${p.kind_ja || p.kind}　${p.page}／${p.pages}ページ` : `${i + 1}枚目`;
  const head = el('div', { class: 'verdict' }, el('span', { class: 'sign', 'aria-hidden': 'true' }, SIGNS[p.verdict] ?? ''),
    el('div', {}, ...(n > 1 ? [el('p', { class: 'which' }, which)] : []), el('h2', {}, p.verdict_ja), el('p', {}, p.reason_ja)));
  const body = el('div', { class: 'body' });
  e.append(head, body);
  if (p.standing?.state === 'void') body.append(el('p', { class: 'void' }, 'この番号の証明書は無効です（紙詰まりなどで取り消されたもの）。'));
  if (p.standing?.state === 'unknown') body.append(el('p', { class: 'advice' }, 'センターにこの番号の発行の記録がありません。発行した市区町村に問い合わせてください。'));
  for (const a of p.advice) body.append(el('p', { class: 'advice' }, a));
  if (p.reason === 'code-missing' || p.reason === 'code-wrong') {
    const type = el('button', { type: 'button', class: 'quiet' }, '確認符号を入力する');
    type.addEventListener('click', askCode);
    body.append(type);
  }
  if (!p.number) return e;
  body.append(...crops(p), facts(p), fields(p), pictures(p), el('p', { class: 'note' }, p.proven, el('br'), p.not_proven), ...(p.opened ? [record(p)] : []));
  return e;
}

function askCode() {
  $('alone').open = true;
  $('code').focus();
}

/** What concerns more than one page: missing ones, fronts that belong to no back. @param {any} o */
function warnings(o) {
  const list = [];
  for (const s of o.sets) {
    if (s.missing_pages.length) list.push(`発行番号 ${s.number} は全${s.pages}ページです。${s.missing_pages.join('、')}ページ目がありません。`);
    if (s.page_twice) list.push(`発行番号 ${s.number} に同じページが2枚あります。`);
  }
  for (const s of o.sides)
    if (s.stray && o.papers.some((/** @type {any} */ p) => p.reason !== 'back-missing')) list.push(`${sideName(s)}のおもて面には、対応するうら面がありません。`);
  return list.map((t) => el('p', { class: 'warning' }, t));
}

/** Addresses of files that are offered; they live as long as the answer is on the screen. @type {string[]} */
let offered = [];

/** @param {BlobPart} data @param {string} type @param {string} name @param {Record<string, string>} attributes @param {string} text */
function offer(data, type, name, attributes, text) {
  const href = URL.createObjectURL(new Blob([data], { type }));
  offered.push(href);
  return el('a', { ...attributes, href, download: name }, text);
}

/** @param {any} o */
function report(o) {
  const bytes = Uint8Array.from(atob(base64(o.report_pdf)), (c) => c.charCodeAt(0));
  return offer(bytes, 'application/pdf', `inquiry-${o.inquiry}.pdf`, { class: 'button', id: 'report' }, '報告書（PDF）を保存');
}

/** What the municipality signed, for kofu-verify-offline: kept here only, until the next inquiry. @param {any} p */
function record(p) {
  return el('p', { class: 'record' },
    offer(JSON.stringify(p.opened), 'application/json', `record-${p.number}-${p.page}.json`, { class: 'button quiet' }, '署名付き記録（JSON）を保存'),
    ' 市区町村の公開鍵だけで後から署名を確かめられます（kofu-verify-offline）。記載内容そのものを含みます。');
}

/** @param {any} o */
function show(o) {
  const count = (/** @type {string} */ v) => o.papers.filter((/** @type {any} */ p) => p.verdict === v).length;
  const text = o.papers.length > 1 ? `${o.papers.length}枚：一致 ${count('match')}、改ざんの疑い ${count('altered')}、判定不能 ${count('undecided')}` : '';
  $('answer').replaceChildren(
    el('div', { class: 'head' }, el('div', {}, el('p', { class: 'inquiry' }, '照会番号 ', el('strong', {}, o.inquiry), `　${time(o.asked_at)}`),
      ...(text ? [el('p', { class: 'count' }, text)] : [])), ...(o.report_pdf ? [report(o)] : [])),
    ...warnings(o), ...o.papers.map((/** @type {any} */ p, /** @type {number} */ i) => paper(p, i, o.papers.length)));
  $('clear').hidden = false;
  $('answer').focus();
}

function forget() {
  for (const href of offered) URL.revokeObjectURL(href);
  offered = [];
  $('answer').replaceChildren();
}

/* ---- asking ---- */

const KINDS = { front: 'おもて面', back: 'うら面', 'back-damaged': 'うら面（読めないところが多い）', 'back-mirrored': 'うら面（左右反転）' };

/** @param {any} s */
const sideName = (s) => `${files[s.file]?.name ?? `${s.file + 1}つ目`}の${s.page + 1}ページ目`;

/** One line a page, as each is read. @param {any} e */
function onPage(e) {
  const bar = /** @type {any} */ ($('progress').querySelector('progress'));
  bar.max = e.of + 1; // the comparison is a step of its own
  bar.value = e.done;
  $('progress').querySelector('ol').append(el('li', { class: e.kind }, `${sideName(e)}：${KINDS[e.kind] ?? e.kind}`));
  status(e.done < e.of ? `${e.of}面のうち${e.done}面を読み取りました` : 'おもて面とうら面を照らし合わせています…', 'busy');
}

/** @param {string} text @param {'' | 'busy' | 'problem'} kind */
function status(text, kind = '') {
  $('status').textContent = text;
  $('status').className = kind;
}

/** @param {any} e one line of the answer */
function onLine(e) {
  if (e.event === 'page') onPage(e);
  else if (e.event === 'answer') {
    status('');
    show(e.answer);
  } else if (e.event === 'problem') status(PROBLEMS[e.code] ?? '照会できませんでした。', 'problem');
}

/** @param {ReadableStream<Uint8Array>} body */
async function readLines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let told = false;
  for (let text = '';;) {
    const { value, done } = await reader.read();
    text += value ?? '';
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines.filter(Boolean)) {
      const e = JSON.parse(line);
      told ||= e.event !== 'page';
      onLine(e);
    }
    if (done) break;
  }
  if (!told) throw new Error('no answer');
}

/** @param {boolean} on */
function busy(on) {
  $('stop').hidden = !on;
  $('progress').hidden = !on;
  $('send').disabled = on || files.length === 0;
  if (on) {
    forget();
    $('clear').hidden = true;
    $('progress').replaceChildren(el('progress', { 'aria-label': '読み取った面', max: '1' }), el('ol', {}));
    status('画像を送っています…', 'busy');
  }
}

/** @param {Event} event */
async function send(event) {
  event.preventDefault();
  const body = new FormData();
  for (const f of files) body.append('file', f, 'scan'); // the name stays here
  for (const c of codes()) body.append('code', c);
  running = new AbortController();
  busy(true);
  try {
    const r = await fetch('/v1/inquiries?report=yes&opened=yes', { method: 'POST', body, headers: { Accept: 'application/x-ndjson' }, signal: running.signal });
    if (r.ok && r.body) await readLines(r.body);
    else onLine({ event: 'problem', ...(await r.json()) });
  } catch {
    status(running.signal.aborted ? '中止しました。' : '通信できませんでした。もう一度お試しください。', running.signal.aborted ? '' : 'problem');
  } finally {
    running = null;
    busy(false);
  }
}

/** Nothing of the last paper stays on the screen. */
function clear() {
  forget();
  files = [];
  $('code').value = '';
  $('clear').hidden = true;
  $('phone').hidden = true;
  status('');
  showChosen();
  $('files').focus();
}

/** A phone that read the front's QR lands here with #number.code; the code never leaves the page. */
async function phone() {
  const m = /^#([A-Z0-9-]{1,40})\.([0-9A-Z]{16})$/.exec(location.hash);
  if (!m) return;
  $('code').value = m[2].replace(/(.{4})(?=.)/g, '$1-');
  $('alone').open = true;
  const r = await fetch(`/v1/numbers/${m[1]}`);
  if (!r.ok) return;
  const o = await r.json();
  $('phone').hidden = false;
  $('phone').replaceChildren(el('p', {}, `発行番号 ${m[1]}`), el('p', { class: `state large ${STATE_CLASS[o.state] ?? ''}` }, o.state_ja),
    el('p', { class: 'note' }, '番号の状態だけを表示しています。記載が発行時のままかを確かめるには、うら面の写真を加えて照会してください。'));
}

$('files').addEventListener('change', () => choose($('files').files));
$('form').addEventListener('submit', send);
$('stop').addEventListener('click', () => running?.abort());
$('clear').addEventListener('click', clear);
for (const kind of ['dragover', 'dragleave', 'drop'])
  document.addEventListener(kind, (event) => {
    const e = /** @type {DragEvent} */ (event);
    e.preventDefault(); // a file that misses the box must not take the page's place
    $('drop').classList.toggle('over', kind === 'dragover');
    if (kind === 'drop' && running === null) choose(e.dataTransfer?.files ?? null);
  });
document.addEventListener('paste', (e) => { if (e.clipboardData?.files.length && running === null) choose(e.clipboardData.files); });
window.addEventListener('pagehide', forget);
phone();
