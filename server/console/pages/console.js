// SPDX-License-Identifier: Apache-2.0
// Log-in, the menu by rights, log-out, the lock after a rest.
import { api, attempt, button, el, field, form, input, note, show, state, whenLocked } from './parts.js';
import { persons, stops } from './views.js';
import { terms } from './terms.js';
import { kiosks } from './kiosks.js';
import { reissues } from './reissues.js';
import { imprints } from './imprints.js';
import { statistics } from './statistics.js';
import { printable } from './printable.js';
import { audit, issues, password, service, staff } from './office.js';

const VIEWS = [
	['persons', '住民の検索・停止', 'person.read', persons],
	['stops', '停止一覧', 'stop.read', stops],
	['service', '稼働状況', 'status.read', service],
	['kiosks', '庁舎の端末', 'status.read', kiosks],
	['terms', '時間・休止・手数料', 'status.read', terms],
	['imprints', '様式・認証文・公印', 'imprint.read', imprints],
	['issues', '交付履歴', 'issue.read', issues],
	['reissues', '再交付', 'reissue.read', reissues],
	['statistics', '統計', 'statistics.read', statistics],
	['printable', '印字できない方', 'printable.read', printable],
	['audit', '監査', 'audit.read', audit],
	['staff', '職員', 'staff.read', staff],
	['password', 'パスワード変更', null, password],
];
const can = (right) => right === null || state.me.rights.includes(right);
let idle;

/** A rest that long locks the page too; what it showed is taken away. */
function watch() {
	clearTimeout(idle);
	if (state.me) idle = setTimeout(() => locked('session-locked'), state.me.idle_s * 1000);
}
for (const event of ['keydown', 'pointerdown']) document.addEventListener(event, watch);

function frame() {
	const nav = document.getElementById('nav');
	document.getElementById('who').textContent = state.me ? `${state.me.muni_name} ${state.me.name}（${state.me.roles.join('・')}） 端末 ${state.me.terminal}` : '';
	document.getElementById('logout').hidden = !state.me;
	nav.hidden = !state.me;
	nav.replaceChildren(...(state.me ? VIEWS.filter(([, , right]) => can(right)).map(([id, title]) => button(`nav-${id}`, title, () => open(id))) : []));
}

async function open(id) {
	note('');
	for (const b of document.querySelectorAll('nav button')) b.toggleAttribute('aria-current', b.id === `nav-${id}`);
	await attempt(() => VIEWS.find(([name]) => name === id)[3]());
}

function begin(me) {
	state.me = me;
	frame();
	watch();
	const first = VIEWS.find(([, , right]) => can(right));
	open(first[0]);
}

function login() {
	state.me = null;
	frame();
	const user = input('user', { autocomplete: 'username', required: true, maxlength: 16 });
	const secret = input('password', { type: 'password', autocomplete: 'current-password', required: true });
	const otp = input('otp', { inputmode: 'numeric', required: true, maxlength: 6, pattern: '[0-9]{6}' });
	show('ログイン', form(async () => {
		const body = { user: user.value, password: secret.value, otp: otp.value };
		secret.value = otp.value = '';
		begin(await api('POST', '/api/login', body));
	}, field('職員番号', user), field('パスワード', secret), field('認証コード（6桁）', otp), el('button', { class: 'main', id: 'login', type: 'submit' }, 'ログイン')));
	user.focus();
}

function locked(code) {
	if (code === 'session-over' || !state.me) {
		login();
		return;
	}
	const secret = input('password', { type: 'password', autocomplete: 'current-password', required: true });
	const otp = input('otp', { inputmode: 'numeric', required: true, maxlength: 6 });
	document.getElementById('nav').hidden = true;
	show('ロック中', el('p', {}, `${state.me.name} さんのパスワードと認証コードを入れると続けられます。`), form(async () => {
		const body = { password: secret.value, otp: otp.value };
		secret.value = otp.value = '';
		begin(await api('POST', '/api/reauth', body));
	}, field('パスワード', secret), field('認証コード（6桁）', otp), el('button', { class: 'main', id: 'reauth', type: 'submit' }, '再開')));
	secret.focus();
}

whenLocked(locked);
document.getElementById('logout').addEventListener('click', async () => {
	await attempt(() => api('POST', '/api/logout', {}), 'ログアウトしました。');
	login();
});
api('GET', '/api/me').then(begin, login);
