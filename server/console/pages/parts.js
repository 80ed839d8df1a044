// SPDX-License-Identifier: Apache-2.0
// What every view is made of. Whatever comes from outside becomes text, never markup.

/** el('p', {class: 'bad', onclick: f}, 'text', child) */
export function el(name, attributes = {}, ...children) {
	const e = document.createElement(name);
	for (const [key, value] of Object.entries(attributes)) {
		if (key.startsWith('on')) e.addEventListener(key.slice(2), value);
		else if (value === true) e.setAttribute(key, '');
		else if (value !== false && value !== undefined && value !== null) e.setAttribute(key, value);
	}
	for (const c of children.flat(Infinity)) if (c !== null && c !== undefined && c !== false) e.append(c instanceof Node ? c : String(c));
	return e;
}

export const KINDS = { juminhyo: '住民票の写し', kisai: '住民票記載事項証明書', inkan: '印鑑登録証明書' };
export const kinds = (list) => list.map((k) => KINDS[k] ?? k).join('、');
export const CATEGORIES = { honnin: '本人申出', shien: '支援措置', funshitsu: '紛失', sonota: 'その他' };
export const WAYS = { madoguchi: '窓口', denwa: '電話', shomen: '書面' };
export const day = (ms = Date.now()) => new Date(ms + 9 * 3600000).toISOString().slice(0, 10);
export const clock = (ms) => (ms ? new Date(ms + 9 * 3600000).toISOString().slice(0, 19).replace('T', ' ') : '－');

const WORDS = {
	'login-refused': '職員番号、パスワード、認証コードのいずれかが違うか、ロックされています（5回失敗すると15分）。',
	'session-over': 'ログインが切れました。もう一度ログインしてください。',
	'session-locked': 'しばらく操作がなかったので、ロックしました。',
	'right-missing': 'この操作の権限がありません。',
	'csrf-refused': 'この画面からの操作と確かめられませんでした。',
	'not-found': '見つかりません。',
	'same-person': '申請した本人とは別の職員の操作が必要です。',
	'changed-meanwhile': 'ほかの操作で状態が変わっています。表示しなおしてください。',
	exists: 'すでに登録されています。',
	'password-weak': 'パスワードは12文字以上で、職員番号を含まず、単純でないものにしてください。',
	'role-or-day': '役割か期限が正しくありません（期限は400日以内）。',
	'terminal-refused': 'この端末からは使えません。',
	'period-refused': '期間が正しくありません（過ぎた日時、始まりより前の終わり、400日より先、1年を超える休止は登録できません）。',
	'too-many': '多すぎます（予定は100件、端末は200台まで）。使わないものを取りやめてください。',
	'never-open': 'すべての曜日を休みにはできません。止めるときは「休止」か「交付の停止」を使ってください。',
	'imprint-text': '空欄か、長すぎるか、使えない文字があるか、前後に空白があります。',
	'imprint-glyph': '印字できない文字があります。',
	'imprint-overflow': '長すぎて、証明書の決まった場所に入りません。',
	'imprint-same': '変わるところがありません。',
	'imprint-planned': '先の日付からの予定があります。それより前に変えるには、先に予定を取りやめてください。',
	'koin-bytes': '公印の画像が大きすぎます（128KBまで）。',
	'koin-format': '公印の画像がPNGとして読めません。',
	'koin-size': '公印の大きさが違います（縦横とも189～591ドット、600dpiで8～25mm）。',
	'koin-dpi': '公印の画像が600dpiではありません。',
	'koin-colour': '公印の画像に、白でも黒でもない点（灰色、色、半透明）があります。',
	'koin-blank': '公印の画像が白紙か、ほとんど黒です。',
	'roster-empty': '名簿に職員がありません（1行目は見出しとして読みます）。',
	'roster-id': '職員番号（英小文字と数字、2～16文字）として読めません。',
	'roster-twice': '同じ職員番号が2度あります。',
	'roster-long': '行が長すぎます（400バイトまで）。',
	'roster-too-many': '名簿が長すぎます（20,000人まで）。',
	'roster-quote': '引用符が閉じていません。',
	'bad-input': '入力に誤りがあります。',
	busy: '処理中です。しばらくお待ちください。',
};
const ITEMS = { mayor_title: '職名', mayor: '首長', dairi: '職務代理者', form: '様式（この団体専用の様式があり、選べません）', koin: '公印', ninsho: '認証文', all: '全員', part: '一部', ...KINDS };
const itemName = (text) => text.split(/[.-]/).map((t) => ITEMS[t] ?? t).join('・');
/** Where in what was sent, in the clerk's words: a line of a file, a text, the paper it would stand on. */
const where = ({ line, sheet, item }) => `${line ? `${line}行目：` : ''}${sheet ? `${itemName(sheet)}：` : ''}${item ? `${itemName(item)}：` : ''}`;
export class Refused extends Error {
	constructor(code, status, problem = {}) {
		super(`${where(problem)}${WORDS[code] ?? `処理できませんでした（${code}）。`}`);
		this.code = code;
		this.status = status;
	}
}

export const state = { me: null };

let step = 0;
/** The answer to what was asked before the newest step of work or page does not go on: it would draw over that. */
const overtaken = (mine, method) => {
	if (mine === step) return null;
	if (method === 'POST') note('前の操作も済みました。');
	return new Promise(() => {});
};

export async function api(method, path, body) {
	const mine = step;
	const headers = { 'Kofu-Csrf': state.me?.csrf ?? 'none' };
	if (body !== undefined) headers['Content-Type'] = 'application/json';
	const r = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) }).catch(() => null);
	if (!r) throw new Refused('unreachable', 0);
	if (r.ok) {
		const answer = await (r.headers.get('content-type') === 'application/json' ? r.json() : r.text());
		return overtaken(mine, method) ?? answer;
	}
	const problem = await r.json().catch(() => ({}));
	throw new Refused(problem.code ?? String(r.status), r.status, problem);
}

export function note(text, bad = false) {
	const n = document.getElementById('note');
	n.className = bad ? 'bad' : '';
	n.textContent = text;
}

let onLocked = () => {};
export const whenLocked = (f) => { onLocked = f; };
/** Runs a step of work; a refusal becomes a note, a session that is over the log-in. */
export async function attempt(work, done) {
	step++;
	try {
		const r = await work();
		if (done) note(done);
		return r;
	} catch (e) {
		note(e.message, true);
		if (e.code === 'session-over' || e.code === 'session-locked') onLocked(e.code);
		if (!(e instanceof Refused)) throw e;
		return null;
	}
}

let next = 0;
/** A label and its field. */
export function field(label, input) {
	input.id ||= `f${++next}`;
	return [el('label', { for: input.id }, label), input];
}
export const input = (id, attributes = {}) => el('input', { id, autocomplete: 'off', ...attributes });
export const select = (id, options) => el('select', { id }, Object.entries(options).map(([value, text]) => el('option', { value }, text)));
/** A form whose submission is one step of work. */
export function form(onsubmit, ...children) {
	return el('form', { class: 'fields', onsubmit: (e) => { e.preventDefault(); attempt(onsubmit); } }, children);
}
export const button = (id, text, onclick, kind = '') => el('button', { id, type: 'button', class: kind, onclick }, text);
export function kindBoxes(prefix) {
	const boxes = Object.entries(KINDS).map(([kind, title]) => [kind, el('input', { type: 'checkbox', id: `${prefix}-${kind}`, checked: true }), title]);
	const set = el('fieldset', { class: 'wide' }, el('legend', {}, '証明書の種類'), boxes.map(([kind, box, title]) => el('label', { for: `${prefix}-${kind}` }, box, title)));
	return { set, chosen: () => boxes.filter(([, box]) => box.checked).map(([kind]) => kind) };
}
export function table(caption, heads, rows) {
	if (rows.length === 0) return el('p', {}, `${caption}：ありません。`);
	return el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
		el('table', {}, el('caption', {}, caption), el('thead', {}, el('tr', {}, heads.map((h) => el('th', { scope: 'col' }, h)))),
			el('tbody', {}, rows.map((cells) => el('tr', {}, cells.map((c) => el('td', {}, c)))))));
}
export function show(title, ...children) {
	step++;
	const main = document.getElementById('main');
	const head = el('h1', { tabindex: '-1' }, title);
	main.replaceChildren(head, ...children.flat(Infinity));
	document.title = `${title} - コンビニ交付 管理画面`;
	head.focus();
	return main;
}
