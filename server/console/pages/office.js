// SPDX-License-Identifier: Apache-2.0
// The service, what was issued, audit, staff.
import { again, askAgain } from './reissues.js';
import { api, attempt, button, clock, day, el, field, form, input, kindBoxes, note, select, show, state, table } from './parts.js';

const can = (right) => state.me.rights.includes(right);
const word = (good, text) => el('span', { class: good ? 'mark good' : 'mark bad' }, text);

export async function service() {
	const s = await api('GET', '/api/status');
	const boxes = kindBoxes('service');
	const reason = input('service-reason', { required: true, maxlength: 120 });
	const act = (what, text) => async () => {
		const r = await attempt(() => api('POST', `/api/service/${what}`, { kinds: boxes.chosen(), reason: reason.value }));
		if (!r) return;
		await service();
		note(text);
	};
	show('稼働状況', el('dl', {}, [
		['全体', s.fault ? word(false, `停止中（${s.fault}）：運用者の確認が必要です`) : word(true, '稼働中')],
		['住民記録との同期', s.fresh ? word(true, '最新') : word(false, '遅れています：交付は止まっています')],
		['同期の確認', clock(s.beat_ms)], ['最後の異動', clock(s.register_ms)], ['確認中の方', `${s.parked}人`],
		['停止中', `${s.stops}件（うち解除の承認待ち ${s.stops_asked}件）`], ['本日の交付', `${s.issued_today}件`], ['印字できない方', s.unprintable ? word(false, `${s.unprintable}人`) : '0人'],
	].map(([k, v]) => [el('dt', {}, k), el('dd', {}, v)])),
	table('種類ごと', ['種類', '手数料', '時間', '状態', '見本'], s.kinds.map((k) => [k.title, `${k.fee_yen}円`, k.hours,
		k.stopped ? word(false, '停止中') : k.closed ? word(false, '休止中') : word(true, k.open ? '交付中' : '時間外'),
		can('preview.read') ? el('a', { class: 'button', id: `preview-${k.kind}`, href: `/api/preview/${k.kind}`, target: '_blank', rel: 'noopener' }, '見本PDF') : ''])),
	can('service.set') ? [el('h2', {}, '交付の停止と再開'), form(async () => {}, boxes.set, field('理由', reason),
		el('div', { class: 'wide' }, button('service-stop', '選んだ種類を止める', act('stop', '止めました。'), 'danger'), ' ', button('service-resume', '選んだ種類を再開する', act('resume', '再開しました。'), 'main')))] : '');
}

const STATES = { 1: '発行', 2: '印刷済', 3: '無効' };
export async function issues(on = day()) {
	const r = await api('GET', `/api/issues?day=${encodeURIComponent(on)}`);
	const when = input('issue-day', { type: 'date', value: on, required: true });
	show('交付履歴', form(() => issues(when.value), field('日', when), el('button', { class: 'main', type: 'submit' }, '表示')),
		el('p', {}, el('a', { class: 'button', href: `/api/csv/issues?day=${encodeURIComponent(on)}`, download: true }, 'CSV')),
		table(`${on} の交付`, ['日時', '種類', '端末', '発行番号', '枚数', '状態', '宛名番号', '氏名', '操作'], r.issues.map((i) => [i.at.slice(11, 19), i.kind, i.kiosk, i.number, i.pages,
			[`${STATES[i.state]}${i.reason ? `（${i.reason}）` : ''}`, again(i)], i.atena_no, i.name,
			[i.state !== 3 && can('issue.void') ? [button(`void-${i.number}`, '無効にする…', () => voidIssue(i, on)), ' '] : '', i.reissue === 0 && can('reissue.set') ? button(`again-${i.number}`, '手数料なしで再交付…', () => askAgain(i, () => issues(on))) : '']])));
	if (r.more) note('500件までを表示しています。');
}

function voidIssue(i, on) {
	const reason = input('void-reason', { required: true, maxlength: 120 });
	show('発行番号を無効にする', el('p', {}, `${i.number}　${i.kind}`), form(async () => {
		await api('POST', '/api/issues/void', { number: i.number, reason: reason.value });
		await issues(on);
		note('無効にしました。');
	}, field('理由', reason), el('button', { class: 'danger', id: 'void', type: 'submit' }, '無効にする')));
	reason.focus();
}

const SOURCES = { 1: '管理画面', 2: '同期', 3: '交付', 4: '運用者' };
const AUDIT_KINDS = { 1: '閲覧', 2: '更新', 3: '拒否', 4: 'ログイン' };
export async function audit() {
	const user = input('audit-user', { maxlength: 16 });
	const number = input('audit-number', { maxlength: 15, inputmode: 'numeric' });
	const from = input('audit-from', { type: 'date', value: day(Date.now() - 6 * 86400000), required: true });
	const until = input('audit-until', { type: 'date', value: day(), required: true });
	const results = el('div', { id: 'results' });
	show('監査', form(async () => {
		const r = await api('POST', '/api/audit', { user: user.value, atena_no: number.value, from: from.value, until: until.value });
		note(`${r.rows.length}件${r.more ? '以上' : ''}`);
		results.replaceChildren(table('記録', ['番号', '日時', '経路', '区分', 'だれが', '端末', 'なにを', 'だれの', '内容'], r.rows.map((x) => [x.id, x.at.slice(0, 19).replace('T', ' '),
			SOURCES[x.source], AUDIT_KINDS[x.kind], x.actor ?? '', x.terminal ?? '', x.broken ? word(false, '記録が壊れています') : x.action, x.atena_no ?? (x.persons ? `${x.persons}人` : ''), JSON.stringify(x.detail ?? {})])));
	}, field('職員番号', user), field('宛名番号', number), field('から', from), field('まで', until), el('button', { class: 'main', id: 'audit-search', type: 'submit' }, '検索')),
	el('p', {}, button('audit-report', '定期点検', () => attempt(report)), ' ', el('a', { class: 'button', href: '/api/audit/checkpoint', download: true }, '最新の控え（署名付き）')), results);
}

async function report() {
	const r = await api('GET', '/api/audit/report');
	const people = (list, head) => table(head, ['職員番号', '件数', '最後'], list.map((x) => [x.user, x.count, x.last.slice(0, 19).replace('T', ' ')]));
	show(`定期点検（${r.days}日間）`, people(r.unusual_hours, '夜間・休日の操作'), people(r.many_reads, `1日に${r.many}人以上を見た職員`),
		table(`${r.several}人以上の職員が見た方`, ['宛名番号', '職員数', '最後'], r.read_by_many.map((x) => [x.atena_no ?? '－', x.staff, x.last.slice(0, 19).replace('T', ' ')])),
		people(r.refused, '拒否された操作'), button('audit-back', '戻る', () => attempt(audit)));
}

export async function staff() {
	const r = await api('GET', '/api/staff');
	const write = can('staff.write');
	const roles = Object.fromEntries(r.roles.map((x) => [x.role, x.title]));
	const act = (path, body, text) => async () => { if (await attempt(() => api('POST', path, body)) !== null) { await staff(); note(text); } };
	const user = input('staff-user', { required: true, maxlength: 16, pattern: '[a-z0-9]{2,16}' });
	const name = input('staff-name', { required: true, maxlength: 40 });
	const secret = input('staff-password', { type: 'password', required: true, minlength: 12, autocomplete: 'new-password' });
	const who = select('grant-user', Object.fromEntries(r.staff.filter((s) => s.active).map((s) => [s.user, `${s.user} ${s.name}`])));
	const role = select('grant-role', roles);
	const until = input('grant-until', { type: 'date', required: true });
	const file = el('textarea', { id: 'roster', rows: 4, class: 'wide' });
	const found = el('div', { id: 'roster-found' });
	show('職員', table('職員', ['職員番号', '氏名', '状態', '役割（期限）', '操作'], r.staff.map((s) => [s.user, s.name, !s.active ? '失効' : s.locked ? 'ロック中' : '有効',
		el('ul', {}, s.roles.map((x) => el('li', {}, `${x.title}（${day(x.until_ms - 1)}まで）`, write ? button(`end-${s.user}-${x.role}`, '外す', act('/api/staff/end', { user: s.user, role: x.role }, '外しました。')) : ''))),
		write ? [button(`unlock-${s.user}`, s.active ? 'ロック解除' : '復帰', act('/api/staff/unlock', { user: s.user }, '解除しました。')), ' ',
			button(`leave-${s.user}`, '失効', act('/api/staff/end', { user: s.user, role: '' }, '失効させました。'), 'danger')] : ''])),
	write ? [el('h2', {}, '役割の付与'), form(async () => {
		await api('POST', '/api/staff/grant', { user: who.value, role: role.value, until: until.value });
		await staff();
		note('付与しました。');
	}, field('職員', who), field('役割', role), field('期限', until), el('button', { class: 'main', id: 'grant', type: 'submit' }, '付与')),
	el('h2', {}, '職員の登録'), form(async () => {
		const a = await api('POST', '/api/staff', { user: user.value, name: name.value, password: secret.value });
		secret.value = '';
		show('認証アプリの登録', el('p', {}, 'この文字列を職員の認証アプリに登録してください。二度と表示されません。'), el('code', { id: 'otp-url' }, a.otp_url),
			el('p', {}, button('staff-back', '職員一覧へ', () => attempt(staff))));
	}, field('職員番号', user), field('氏名', name), field('初めのパスワード', secret), el('button', { class: 'main', id: 'staff-add', type: 'submit' }, '登録'))] : '',
	el('h2', {}, '名簿との照合'), form(async () => {
		const a = await api('POST', '/api/staff/roster', { csv: file.value });
		found.replaceChildren(el('p', {}, `名簿 ${a.roster}人`), table('名簿にない職員（失効の候補）', ['職員番号'], a.left.map((x) => [x])), table('登録のない名簿の職員', ['職員番号'], a.new.map((x) => [x])));
	}, field('名簿（CSV：職員番号,氏名）', file), el('button', { id: 'roster-check', type: 'submit' }, '照合')), found);
}

export async function password() {
	const old = input('old-password', { type: 'password', required: true, autocomplete: 'current-password' });
	const otp = input('old-otp', { required: true, inputmode: 'numeric', maxlength: 6 });
	const fresh = input('new-password', { type: 'password', required: true, minlength: 12, autocomplete: 'new-password' });
	show('パスワード変更', form(async () => {
		const body = { password: old.value, otp: otp.value, new_password: fresh.value };
		old.value = otp.value = fresh.value = '';
		await api('POST', '/api/password', body);
		note('変更しました。');
	}, field('今のパスワード', old), field('認証コード（6桁）', otp), field('新しいパスワード', fresh), el('button', { class: 'main', id: 'password-set', type: 'submit' }, '変更')));
}
