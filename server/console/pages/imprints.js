// SPDX-License-Identifier: Apache-2.0
// Form, 認証文, mayor and 公印: what is in force, what is proposed, looked at as the very paper, approved, withdrawn.
import { api, attempt, button, clock, day, el, field, form, input, note, select, show, state, table } from './parts.js';

const can = (right) => state.me.rights.includes(right);
const FORMS = { renki: '世帯連記式（1枚に4人）', kojin: '個人票（1枚に1人）' };
const STATES = { proposed: '承認待ち', planned: '承認済み（予定）', holds: '適用中', past: '過去', withdrawn: '取りやめ' };
const PARTS = { form: '様式', mayor_title: '職名', mayor: '首長の氏名', dairi: '職務代理者', koin: '公印', ninsho: '認証文' };
const CHARS = { title: 20, name: 40, ninsho: 200 };
const KOIN_BYTES = 128 * 1024;
const minute = (ms) => clock(ms).slice(0, 16);
const mm = (x) => (x / 100).toFixed(1);
const by = (who, ms) => (who ? `${who} ${minute(ms)}` : '－');
const numbered = (n) => (n === 0 ? '導入時の設定' : `第${n}版`);
const changed = (list) => (list.length ? list.map((c) => PARTS[c]).join('、') : '－');
const from = (v) => (v.holds_ms ? minute(v.holds_ms) : v.from_ms ? `${day(v.from_ms)} から（承認されれば）` : '承認のときから');
const dairi = (c) => (c.dairi ? `${c.dairi}（${c.dairi_from} ～ ${c.dairi_to}）` : 'なし');
const mark = (v) => el('span', { class: v.state === 'holds' ? 'mark good' : v.state === 'proposed' ? 'mark bad' : 'mark' }, STATES[v.state]);

/** What one version says, and every paper that bears it. */
function contents(c) {
	return [el('dl', {}, [['様式（住民票の写し・記載事項証明書）', FORMS[c.form]], ['職名（市区町村名に続けて印字）', c.mayor_title], ['首長の氏名', c.mayor], ['職務代理者', dairi(c)],
		['公印', el('figure', {}, el('img', { class: 'koin', id: `koin-${c.number}`, alt: `${numbered(c.number)}の公印`, src: `/api/imprints/${c.number}/koin` }),
			el('figcaption', {}, `${mm(c.koin_width_mm100)} × ${mm(c.koin_height_mm100)} mm`))],
	].map(([k, v]) => [el('dt', {}, k), el('dd', {}, v)])),
	table(`${numbered(c.number)}の認証文`, ['種類', '全員（印鑑は本人）', '一部'], Object.values(c.ninsho).map((k) => [k.title, k.all, k.record ? k.part : '－'])),
	el('h3', {}, '見本PDF'), el('p', {}, '証明書を作る仕組みそのもので作ります。架空の方の内容で、全面に「見本」と入り、うら面の画像はありません。証明書としては使えません。'),
	el('p', { class: 'sheets' }, c.sheets.map((s) => [el('a', { class: 'button', id: `sheet-${s.name}`, href: `/api/imprints/${c.number}/sheets/${s.name}`, target: '_blank', rel: 'noopener' }, s.title), ' ']))];
}

async function base64url(file) {
	const bytes = new Uint8Array(await file.arrayBuffer());
	let s = '';
	for (let i = 0; i < bytes.length; i += 4096) s += String.fromCharCode(...bytes.subarray(i, i + 4096));
	return btoa(s).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function ninshoFields(c) {
	const area = (id, text) => {
		const t = el('textarea', { id, rows: 2, required: true, maxlength: CHARS.ninsho });
		t.value = text;
		return t;
	};
	const rows = Object.entries(c.ninsho).map(([kind, k]) => [kind, k, area(`ninsho-${kind}-all`, k.all), k.record ? area(`ninsho-${kind}-part`, k.part) : null]);
	return {
		fields: rows.map(([, k, all, part]) => [field(`認証文　${k.title}${part ? '（全員）' : ''}`, all), part ? field(`認証文　${k.title}（一部）`, part) : '']),
		chosen: () => Object.fromEntries(rows.map(([kind, , all, part]) => [kind, { all: all.value.trim(), part: (part ?? all).value.trim() }])),
	};
}

/** The form of a proposal, filled with one version; it stands on the newest that was approved. */
function propose(list, c) {
	const style = select('imprint-form', FORMS);
	style.value = c.form;
	const title = input('mayor-title', { required: true, maxlength: CHARS.title, value: c.mayor_title });
	const mayor = input('mayor', { required: true, maxlength: CHARS.name, value: c.mayor });
	const acting = input('dairi', { maxlength: CHARS.name, value: c.dairi });
	const since = input('dairi-from', { type: 'date', value: c.dairi_from });
	const till = input('dairi-to', { type: 'date', value: c.dairi_to });
	const koin = input('koin', { type: 'file', accept: 'image/png' });
	const start = input('imprint-from', { type: 'date', min: list.today });
	const text = input('imprint-note', { maxlength: 80 });
	const ninsho = ninshoFields(c);
	const send = async () => {
		const file = koin.files[0];
		if (file && file.size > KOIN_BYTES) { note('公印の画像は128KBまでです。', true); return; }
		const r = await api('POST', '/api/imprints', { base: list.newest, from: start.value, note: text.value.trim(), form: style.value, mayor_title: title.value.trim(), mayor: mayor.value.trim(),
			dairi: acting.value.trim(), dairi_from: since.value, dairi_to: till.value, koin: file ? await base64url(file) : '', ninsho: ninsho.chosen() });
		await version(r.number);
		note('提案しました。見本PDFを確かめてください。別の職員の承認で有効になります。');
	};
	show('変更の提案', el('p', {}, `${numbered(list.newest)}をもとに作ります。適用中のものは、承認されるまで変わりません。`),
		list.planned_ms ? el('p', {}, el('span', { class: 'mark bad' }, `${minute(list.planned_ms)} からの予定があります。それより前に変えるには、先に予定を取りやめてください。`)) : '',
		form(send, field('様式（住民票の写し・記載事項証明書）', style), field('職名（市区町村名に続けて印字。例：長）', title), field('首長の氏名（姓と名のあいだは全角空白）', mayor),
			field('職務代理者の氏名（置かないときは空欄）', acting), field('職務代理の始まり', since), field('職務代理の終わり', till), field('公印（変えるときだけ）', koin),
			el('p', { class: 'wide hint' }, 'PNG、600dpi、縦横とも8～25mm（189～591ドット）、128KBまで。白か黒の点だけでできたもの（灰色、色、半透明は受け付けません）。'),
			ninsho.fields, field('いつから（空欄は承認のときから。その日の0時から）', start), field('備考（職員だけが見ます）', text),
			el('button', { class: 'main', id: 'imprint-propose', type: 'submit' }, '提案して見本を作る')),
		button('imprint-back', '戻る', () => attempt(imprints)));
	mayor.focus();
}

function decide(v, again) {
	const list = [];
	const own = v.proposed_by === state.me.user;
	if (v.state === 'proposed' && can('imprint.approve') && !own) {
		const seen = el('input', { type: 'checkbox', id: 'imprint-seen', required: true });
		list.push(el('h2', {}, '承認'), form(async () => {
			const r = await api('POST', `/api/imprints/${v.number}/approve`, { digest: v.digest });
			await again();
			note(`承認しました。${minute(r.holds_ms)} から適用します。`);
		}, el('label', { class: 'wide', for: seen.id }, seen, '見本PDFをすべて開いて確かめました'), el('button', { class: 'main', id: 'imprint-approve', type: 'submit' }, '承認する')));
	}
	if (own && v.state === 'proposed') list.push(el('p', {}, '承認できるのは、提案した本人とは別の職員です。'));
	if ((v.state === 'proposed' || v.state === 'planned') && can('imprint.end')) {
		const why = input('imprint-end-note', { maxlength: 80 });
		list.push(el('h2', {}, '取りやめ'), form(async () => {
			await api('POST', `/api/imprints/${v.number}/end`, { note: why.value.trim() });
			await again();
			note('取りやめました。');
		}, field('わけ（職員だけが見ます）', why), el('button', { class: 'danger', id: 'imprint-end', type: 'submit' }, v.state === 'planned' ? '予定を取りやめる' : '提案を取りやめる')));
	}
	return list;
}

async function version(number) {
	const list = await api('GET', '/api/imprints');
	const c = await api('GET', `/api/imprints/${number}`);
	const v = list.versions.find((x) => x.number === number);
	show(`様式・認証文・公印　${numbered(number)}`, v ? el('dl', {}, [['状態', mark(v)], ['いつから', from(v)], [`${numbered(v.base)}からの変更`, changed(c.changes)], ['提案', by(v.proposed_by, v.proposed_ms)],
		['承認', by(v.approved_by, v.approved_ms)], ['取りやめ', by(v.ended_by, v.ended_ms)], ['備考', v.note || '－'], ['控え（内容と見本PDFのSHA-256）', el('code', {}, v.digest)],
	].map(([k, x]) => [el('dt', {}, k), el('dd', {}, x)])) : '', el('h2', {}, '内容'), contents(c), v ? decide(v, () => version(number)) : '',
	el('p', {}, can('imprint.set') ? [button('imprint-again', 'この内容をもとに提案する…', () => propose(list, c)), ' '] : '', button('imprint-back', '戻る', () => attempt(imprints))));
}

export async function imprints() {
	const list = await api('GET', '/api/imprints');
	const c = await api('GET', `/api/imprints/${list.holds}`);
	const start = async () => propose(list, list.newest === list.holds ? c : await api('GET', `/api/imprints/${list.newest}`));
	show('様式・認証文・公印', el('h2', {}, `適用中：${numbered(list.holds)}`), contents(c),
		can('imprint.set') ? el('p', {}, button('imprint-new', '変更を提案する…', () => attempt(start), 'main')) : '', el('h2', {}, '版の記録'),
		table('版', ['版', '状態', 'いつから', '提案', '承認', '取りやめ', '備考', '操作'], list.versions.map((v) => [numbered(v.number), mark(v), from(v), by(v.proposed_by, v.proposed_ms),
			by(v.approved_by, v.approved_ms), by(v.ended_by, v.ended_ms), v.note, button(`imprint-${v.number}`, v.state === 'proposed' && can('imprint.approve') ? '見て決める…' : '表示', () => attempt(() => version(v.number)))])),
		el('p', {}, button('imprint-0', '導入時の設定を見る', () => attempt(() => version(0)))));
}
