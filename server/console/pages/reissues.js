// SPDX-License-Identifier: Apache-2.0
// Once more without fee, for who got a spoilt paper: asked for at an issue, allowed by a second person.
import { api, attempt, button, clock, day, el, field, form, input, note, select, show, state, table } from './parts.js';

const can = (right) => state.me.rights.includes(right);
const WHY = { kamizumari: '紙づまり', hakushi: '白紙', fusenmei: '印字が不鮮明', sonota: 'その他' };
const STATES = { 1: '承認待ち', 2: '再交付できます', 3: '再交付済', 4: '終了' };

/** What an issue's row says of it. */
export function again(i) {
	const marks = [i.reissue_of ? `再交付（元 ${i.reissue_of}）` : '', i.reissue ? `手数料なし：${STATES[i.reissue]}` : ''].filter(Boolean);
	return marks.map((t) => el('span', { class: 'mark' }, t));
}

export function askAgain(i, back) {
	const why = select('again-why', WHY);
	const reason = input('again-reason', { required: true, maxlength: 120 });
	const until = input('again-until', { type: 'date', value: day(Date.now() + 13 * 86400000), min: day(), max: day(Date.now() + 30 * 86400000), required: true });
	show('手数料なしの再交付', el('p', {}, `${i.number}　${i.kind}　${i.name}`),
		el('p', {}, 'この発行番号は無効になり、同じ方が同じ種類を1回、1通だけ、手数料なしで申請できます。', state.me.four_eyes ? '別の職員の承認で有効になります。' : ''),
		form(async () => {
			const r = await api('POST', '/api/reissues', { number: i.number, category: why.value, reason: reason.value, until: until.value });
			await reissues();
			note(r.state === 2 ? '再交付できるようにしました。' : '再交付を申請しました。承認を待っています。');
		}, field('わけ', why), field('くわしく', reason), field('申請できる最後の日', until), el('button', { class: 'main', id: 'again-set', type: 'submit' }, '再交付を認める')),
		el('p', {}, button('again-back', '戻る', () => attempt(back))));
	reason.focus();
}

export async function reissues() {
	const r = await api('GET', '/api/reissues');
	const act = (x, what, text) => async () => { if (await attempt(() => api('POST', `/api/reissues/${x.id}/${what}`, {})) !== null) { await reissues(); note(text); } };
	const actions = (x) => [
		x.state === 1 && can('reissue.approve') ? [button(`again-approve-${x.id}`, '承認', act(x, 'approve', '承認しました。'), 'main'), ' ', button(`again-refuse-${x.id}`, '差し戻し', act(x, 'refuse', '差し戻しました。')), ' '] : '',
		x.state <= 2 && can('reissue.set') ? button(`again-end-${x.id}`, '取りやめる', act(x, 'end', '取りやめました。')) : ''];
	show('手数料なしの再交付', el('p', {}, '傷んだ証明書の代わりを、手数料なしで1回だけ申請できます。交付履歴から登録します。'),
		table('再交付', ['状態', '種類', '元の発行番号', '宛名番号', '氏名', 'わけ', '最後の日', '登録', '承認・終了', '新しい発行番号', '操作'], r.reissues.map((x) => [STATES[x.state], x.kind, x.number, x.atena_no, x.name,
			`${WHY[x.category] ?? x.category}：${x.reason}`, day(x.until_ms - 1), `${x.asked_by} ${clock(x.asked_ms)}`, x.decided_by, x.used_by ? `${x.used_by}（${clock(x.used_ms)}）` : '', actions(x)])));
}
