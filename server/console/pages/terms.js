// SPDX-License-Identifier: Apache-2.0
// Closures, hours by weekday, fees: what holds, what is planned, what is added or taken back.
import { KINDS, api, attempt, button, clock, day, el, field, form, input, kindBoxes, kinds, note, select, show, state, table } from './parts.js';

const can = (right) => state.me.rights.includes(right);
const DAYS = ['月', '火', '水', '木', '金', '土', '日'];
const CATEGORIES = { kyushi: '休止日', nenmatsu: '年末年始', hoshu: 'メンテナンス', sonota: 'その他' };
const minute = (ms) => clock(ms).slice(0, 16);
const span = (from, until) => `${minute(from)} ～ ${minute(until)}`;
const holds = (x) => el('span', { class: x.holds ? 'mark good' : 'mark' }, x.holds ? '適用中' : '予定');
const author = (x) => `${x.set_by} ${minute(x.set_ms)}`;

/** What clerks type for 06:30-23:00: 6:30～23:00, full width, with blanks. An empty day is a closed one. */
export function hoursOf(text) {
	const t = text.normalize('NFKC').replace(/[\s時]/g, '').replace(/[~〜～―–−ー]/g, '-');
	const m = /^(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)$/.exec(t);
	return m ? `${m[1].padStart(2, '0')}:${m[2]}-${m[3].padStart(2, '0')}:${m[4]}` : t;
}

const ended = (path, text) => async () => { if (await attempt(() => api('POST', path, {})) !== null) { await terms(); note(text); } };

function closureForm() {
	const boxes = kindBoxes('closure');
	const category = select('closure-category', CATEGORIES);
	const from = input('closure-from', { type: 'datetime-local' });
	const until = input('closure-until', { type: 'datetime-local', required: true });
	const text = input('closure-note', { maxlength: 80 });
	return [el('h3', {}, '休止の登録'), form(async () => {
		await api('POST', '/api/closures', { kinds: boxes.chosen(), category: category.value, note: text.value, from: from.value.slice(0, 16), until: until.value.slice(0, 16) });
		await terms();
		note('休止を登録しました。');
	}, boxes.set, field('区分', category), field('開始（空欄はいますぐ）', from), field('終了（この時刻から再開）', until), field('備考（職員だけが見ます）', text),
	el('button', { class: 'danger', id: 'closure-set', type: 'submit' }, '休止を登録する'))];
}

function hoursForm(r) {
	const kind = select('hours-kind', KINDS);
	const from = input('hours-from', { type: 'date', value: r.today, min: r.today, required: true });
	const days = DAYS.map((name, i) => [name, input(`hours-${i}`, { maxlength: 20, size: 12, value: '06:30-23:00' })]);
	const yearEnd = el('input', { type: 'checkbox', id: 'hours-year-end', checked: true });
	return [el('h3', {}, '利用時間の変更'), form(async () => {
		await api('POST', '/api/hours', { kind: kind.value, from: from.value, days: days.map(([, i]) => hoursOf(i.value)), year_end: yearEnd.checked });
		await terms();
		note('利用時間を登録しました。');
	}, field('種類', kind), field('いつから', from),
	el('fieldset', { class: 'wide week' }, el('legend', {}, '曜日ごとの時間（06:30-23:00 の形。空欄はその曜日を休み。24:00 まで）'),
		days.map(([name, i]) => el('span', {}, el('label', { for: i.id }, `${name}曜`), i))),
	el('label', { class: 'wide', for: yearEnd.id }, yearEnd, '年末年始（12月29日～1月3日）は休止'),
	el('button', { class: 'main', id: 'hours-set', type: 'submit' }, '利用時間を登録する'))];
}

function feeForm(r) {
	const kind = select('fee-kind', KINDS);
	const yen = input('fee-yen', { inputmode: 'numeric', required: true, maxlength: 5, pattern: '[0-9]{1,5}' });
	const from = input('fee-from', { type: 'date', value: r.today, min: r.today, required: true });
	return [el('h3', {}, '手数料の変更'), el('p', {}, '適用日の0時から新しい手数料を案内します。前の手数料を案内済みの申請は受け付けず、もう一度はじめから案内します。'), form(async () => {
		await api('POST', '/api/fees', { kind: kind.value, fee_yen: Number(yen.value), from: from.value });
		await terms();
		note('手数料を登録しました。');
	}, field('種類', kind), field('1通の手数料（円）', yen), field('適用日', from), el('button', { class: 'main', id: 'fee-set', type: 'submit' }, '手数料を登録する'))];
}

const back = (id, path, text, of) => button(id, of, ended(path, text));

export async function terms() {
	const r = await api('GET', '/api/terms');
	const s = await api('GET', '/api/status');
	const service = can('service.set');
	const fee = can('fee.set');
	show('時間・休止・手数料', el('h2', {}, '休止'),
		table('休止中と休止の予定', ['状態', '種類', '区分', '期間', '備考', '登録', '操作'], r.closures.map((c) => [holds(c), kinds(c.kinds), CATEGORIES[c.category] ?? c.category, span(c.from_ms, c.until_ms), c.note, author(c),
			service ? back(`closure-end-${c.id}`, `/api/closures/${c.id}/end`, c.holds ? '再開しました。' : '取りやめました。', c.holds ? 'いま再開する' : '取りやめる') : ''])),
		service ? closureForm() : '', el('h2', {}, '利用時間'),
		table('利用時間', ['状態', '種類', 'いつから', ...DAYS, '年末年始', '登録', '操作'], [
			...s.kinds.filter((k) => !r.weeks.some((w) => w.kind === k.kind && w.holds)).map((k) => [holds({ holds: true }), k.title, '導入時の設定', ...DAYS.map(() => k.hours), k.year_end ? '休止' : '通常', '－', '']),
			...r.weeks.map((w) => [holds(w), KINDS[w.kind], day(w.from_ms), ...w.days.split(',').map((d) => (d === '-' ? '休' : d)), w.year_end ? '休止' : '通常', author(w),
				service && !w.holds ? back(`hours-end-${w.id}`, `/api/hours/${w.id}/end`, '取りやめました。', '取りやめる') : ''])]),
		service ? hoursForm(r) : '', el('h2', {}, '手数料'),
		table('手数料', ['状態', '種類', 'いつから', '1通', '登録', '操作'], [
			...s.kinds.filter((k) => !r.fees.some((f) => f.kind === k.kind && f.holds)).map((k) => [holds({ holds: true }), k.title, '導入時の設定', `${k.fee_yen}円`, '－', '']),
			...r.fees.map((f) => [holds(f), KINDS[f.kind], day(f.from_ms), `${f.fee_yen}円`, author(f),
				fee && !f.holds ? back(`fee-end-${f.id}`, `/api/fees/${f.id}/end`, '取りやめました。', '取りやめる') : ''])]),
		fee ? feeForm(r) : '');
}
