// SPDX-License-Identifier: Apache-2.0
// The city's own kiosks, in its offices: which they are, stop and resumption.
import { api, attempt, button, clock, el, field, form, input, note, select, show, state, table } from './parts.js';

const can = (right) => state.me.rights.includes(right);
const word = (good, text) => el('span', { class: good ? 'mark good' : 'mark bad' }, text);

export async function kiosks() {
	const { kiosks: list } = await api('GET', '/api/kiosks');
	const write = can('service.set');
	const done = async (text) => { await kiosks(); note(text); };
	const which = select('kiosk-which', { '': `庁舎のすべて（${list.length}台）`, ...Object.fromEntries(list.map((k) => [k.kiosk, `${k.kiosk}　${k.place}`])) });
	const reason = input('kiosk-reason', { required: true, maxlength: 120 });
	const number = input('kiosk-number', { required: true, maxlength: 32, pattern: '[A-Za-z0-9\\-]{1,32}' });
	const place = input('kiosk-place', { required: true, maxlength: 80 });
	const act = (what, text) => async () => { if (await attempt(() => api('POST', `/api/kiosks/${what}`, { kiosk: which.value, reason: reason.value })) !== null) await done(text); };
	show('庁舎の端末', el('p', {}, '市区町村が庁舎などに置いたキオスク端末です。止めると、その端末でのこの市区町村の証明書の申請は、次の申請から、印刷の直前のものも含めて断られます。'),
		el('p', {}, '他の市区町村の方の申請まで止めるとき（盗難、故障など）は、センターに端末の切り離しを依頼してください。'),
		table('端末', ['端末番号', '場所', '状態', '最後の交付', '登録・変更', '操作'], list.map((k) => [k.kiosk, k.place, k.stopped ? word(false, '停止中') : word(true, '稼働中'), clock(k.used_ms), `${k.set_by} ${clock(k.set_ms)}`,
			write && !k.stopped ? button(`kiosk-remove-${k.kiosk}`, '一覧から外す', async () => { if (await attempt(() => api('POST', '/api/kiosks/remove', { kiosk: k.kiosk })) !== null) await done('外しました。'); }) : ''])),
		write && list.length ? [el('h2', {}, '停止と再開'), form(async () => {}, field('端末', which), field('理由', reason),
			el('div', { class: 'wide' }, button('kiosk-stop', '止める', act('stop', '止めました。'), 'danger'), ' ', button('kiosk-resume', '再開する', act('resume', '再開しました。'), 'main')))] : '',
		write ? [el('h2', {}, '端末の登録'), form(async () => {
			await api('POST', '/api/kiosks', { kiosk: number.value.trim(), place: place.value });
			await done('登録しました。');
		}, field('端末番号（交付履歴の「端末」）', number), field('場所', place), el('button', { class: 'main', id: 'kiosk-set', type: 'submit' }, '登録'))] : '');
}
