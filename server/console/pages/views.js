// SPDX-License-Identifier: Apache-2.0
// Residents: search, one person, コンビニ交付停止 and its lifting.
import { CATEGORIES, WAYS, api, attempt, button, clock, day, el, field, form, input, kindBoxes, kinds, note, select, show, state, table } from './parts.js';

const can = (right) => state.me.rights.includes(right);
const blockedOf = (p) => [p.blocked.length ? `停止：${kinds(p.blocked)}` : '', p.household_blocked.length ? `世帯停止：${kinds(p.household_blocked)}` : '',
	p.registered ? '' : '除票', p.parked ? '確認中' : ''].filter(Boolean);
const marks = (list) => list.map((t) => el('span', { class: 'mark bad' }, t));

export async function persons() {
	const number = input('atena-no', { inputmode: 'numeric', maxlength: 15 });
	const kana = input('kana', { maxlength: 100 });
	const birth = input('birth', { maxlength: 40 });
	const results = el('div', { id: 'results' });
	show('住民の検索', form(async () => {
		const r = await api('POST', '/api/persons', { atena_no: number.value.trim(), kana: kana.value.trim(), birth: birth.value.trim() });
		note(`${r.persons.length}件${r.more ? '以上' : ''}`);
		results.replaceChildren(table('検索結果', ['宛名番号', '氏名', 'フリガナ', '生年月日', '住所', '状態', '操作'], r.persons.map((p) =>
			[p.atena_no, p.name, p.kana, p.birth, `${p.address} ${p.katagaki}`, marks(blockedOf(p)), button(`open-${p.atena_no}`, '表示', () => attempt(() => person(p.ref)))])));
		results.querySelector('button')?.focus();
	}, field('宛名番号', number), field('氏名カナ', kana), field('生年月日', birth),
	el('p', { class: 'wide' }, '氏名カナは清濁・長音・拗促音・空白の違いを問いません。氏だけでも探せます。生年月日は 昭和55年4月1日、S55.4.1、1980-04-01 のどれでも。'),
	el('button', { class: 'main', id: 'search', type: 'submit' }, '検索')), results);
	number.focus();
}

function stopForm(p) {
	const of = select('stop-of', { person: '本人', household: '世帯全員' });
	const category = select('stop-category', CATEGORIES);
	const way = select('stop-way', WAYS);
	const reason = input('stop-reason', { required: true, maxlength: 120 });
	const asker = input('stop-asker', { required: true, maxlength: 60 });
	const from = input('stop-from', { type: 'date', value: day(), max: day(), required: true });
	const review = input('stop-review', { type: 'date' });
	const boxes = kindBoxes('stop');
	return [el('h2', {}, 'コンビニ交付停止の登録'), form(async () => {
		const household = of.value === 'household';
		await api('POST', '/api/stops', { subject: household ? p.household : p.ref, household, kinds: boxes.chosen(), category: category.value, way: way.value,
			reason: reason.value, asked_by: asker.value, from: from.value, review: review.value });
		await person(p.ref);
		note('停止しました。次の申請から交付されません。');
	}, field('対象', of), boxes.set, field('区分', category), field('受付方法', way), field('理由', reason), field('申出者', asker), field('開始日', from),
	field('見直し日（知らせるだけで、解除されません）', review), el('button', { class: 'danger', id: 'stop-set', type: 'submit' }, '停止する'))];
}

const stateOf = (s) => (s.state === 3 ? '解除済' : s.state === 2 ? '解除の承認待ち' : '停止中');

function actions(s, again) {
	const list = [];
	if (s.state === 1 && can('stop.lift')) list.push(button(`lift-${s.id}`, '解除…', () => lift(s, again)));
	if (s.state === 2 && can('stop.approve')) {
		list.push(button(`approve-${s.id}`, '解除を承認', async () => { if (await attempt(() => api('POST', `/api/stops/${s.id}/approve`, {}), '解除しました。')) await again(); }, 'main'));
		list.push(button(`refuse-${s.id}`, '差し戻し', async () => { if (await attempt(() => api('POST', `/api/stops/${s.id}/refuse`, {}), '差し戻しました。')) await again(); }));
	}
	return list;
}

function lift(s, again) {
	const reason = input('lift-reason', { required: true, maxlength: 120 });
	const identity = input('lift-identity', { required: true, maxlength: 120 });
	show('停止の解除', el('p', {}, '窓口での本人確認のあとに解除します。', state.me.four_eyes ? '別の職員の承認で有効になります。' : ''), form(async () => {
		const r = await api('POST', `/api/stops/${s.id}/lift`, { reason: reason.value, identity: identity.value });
		await again();
		note(r.state === 3 ? '解除しました。' : '解除を申請しました。承認を待っています。');
	}, field('解除の理由', reason), field('本人確認の方法', identity), el('button', { class: 'main', id: 'lift', type: 'submit' }, '解除する')));
	reason.focus();
}

const stopRow = (s, again) => [stateOf(s), s.household ? '世帯' : '本人', kinds(s.kinds), CATEGORIES[s.category] ?? s.category, s.reason,
	`${s.asked_by}（${WAYS[s.way] ?? s.way}）`, s.from, el('span', {}, s.review, s.review_due && s.state !== 3 ? el('span', { class: 'mark bad' }, '見直し日を過ぎました') : ''),
	`${s.set_by} ${clock(s.set_ms)}`, s.lift_by, actions(s, again)];
const STOP_HEADS = ['状態', '単位', '種類', '区分', '理由', '申出者', '開始日', '見直し日', '登録', '解除申請', '操作'];

async function person(ref) {
	const r = await api('POST', '/api/person', { ref });
	const p = r.person[0];
	const again = () => person(ref);
	show(`${p.name} さん`, el('dl', {}, [['宛名番号', p.atena_no], ['世帯番号', p.setai_no], ['フリガナ', p.kana], ['生年月日', p.birth], ['住所', `${p.address} ${p.katagaki}`]]
		.map(([k, v]) => [el('dt', {}, k), el('dd', {}, v)])), el('p', {}, marks(blockedOf(p))),
	el('h2', {}, '停止の記録'), can('stop.read') ? table('停止', STOP_HEADS, r.stops.map((s) => stopRow(s, again))) : '',
	can('stop.set') ? stopForm(p) : '', el('h2', {}, '世帯'), table('世帯員', ['宛名番号', '氏名', '状態', '操作'], r.members.map((m) =>
		[m.atena_no, m.name, marks(blockedOf(m)), m.ref === p.ref ? '' : button(`member-${m.atena_no}`, '表示', () => attempt(() => person(m.ref)))])));
}

export async function stops() {
	const r = await api('GET', '/api/stops');
	show('停止一覧', el('p', {}, el('a', { class: 'button', href: '/api/csv/stops', download: true }, 'CSV')),
		table('停止中と承認待ち', ['宛名番号', '氏名', ...STOP_HEADS], r.stops.map((s) => [s.atena_no ?? '', s.name ?? '', ...stopRow(s, stops)])));
}
