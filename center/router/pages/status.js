// SPDX-License-Identifier: Apache-2.0
// The center's state as /status.json tells it (kofu-center status --json), asked for every few seconds.
const EVERY_MS = 3000;
const LATE_MS = 30000; // as the server: without news for so long it issues nothing

const WORD = { // what is said of a node, and of which kind it is
	listed: ['正常', 'good'], unknown: ['未確認', ''], away: ['応答なし', 'bad'], form: ['応答が読めない', 'bad'],
	build: ['登録されていない版', 'bad'], seal: ['登録されていない kofu-seal', 'bad'], schema: ['データベースの定義が違う', 'bad'],
	conf: ['構成が違う', 'bad'], 'self-test': ['起動時の自己診断に失敗', 'bad'], foreign: ['証明書の名前が違う', 'bad'], cut: ['切り離し中', 'bad'],
};
const STATE = { serving: ['受付中', 'good'], stopped: ['停止中', 'bad'], 'stopped-unsaved': ['停止中（未記録）', 'bad'], 'stopped-by-city': ['サーバー側で停止中', 'bad'] };
const FLAW = {
	operator: '運用者による停止', form: '目録が読めない', key: '鍵が違う', signature: '署名が違う', order: '別の注文の回答', session: '別のセッションの回答', payload: '注文の内容が違う',
	muni: '別の市区町村の回答', kind: '種類が違う', copies: '部数が違う', number: '発行番号が違う', time: '時刻が違う', changed: '二度目の回答が違う', used: '発行番号の重複', build: '登録されていない版',
};
const REASON = {
	busy: '混雑', timeout: '時間切れ', unavailable: '応答なし', 'replica-stale': '記録が古い', 'municipality-stopped': '停止中', 'not-registered': '登録なし', 'not-available': '交付できない',
	'closed-hours': '時間外', 'not-offered': '扱いなし', 'fee-changed': '手数料の変更', 'cannot-be-printed': '印字できない文字', 'session-expired': 'セッション切れ', 'order-mismatch': '注文の不一致',
	'order-gone': '回答の期限切れ', 'release-refused': '印刷直前の停止', 'release-spent': '印刷許可の再使用', 'card-not-valid': 'カードが無効', 'card-expired': 'カードの期限切れ', 'card-revoked': 'カードの失効',
	'card-on-hold': 'カードの一時停止', 'card-status-unknown': 'カードの状態が不明', 'nonce-unknown': '使い捨て番号が不明', 'kiosk-unknown': '端末が不明', 'bad-input': '形式の誤り', integrity: '整合しない', 'not-found': '該当なし', internal: '内部の誤り',
};

const $ = (id) => document.getElementById(id);
const make = (tag, text, name) => {
	const e = document.createElement(tag);
	if (text !== undefined && text !== null) e.textContent = text;
	if (name) e.className = name;
	return e;
};
const time = (ms) => (ms ? new Date(ms).toLocaleString('ja-JP', { timeZone: 'Asia/Tokyo', dateStyle: 'short', timeStyle: 'medium' }) : '－');
const count = (n) => (n === null || n === undefined ? '－' : n.toLocaleString('ja-JP'));
const short = (hex) => (hex ? hex.slice(0, 12) : '－');

function ago(now, ms) {
	if (!ms) return '－';
	const s = Math.max(0, Math.round((now - ms) / 1000));
	if (s < 120) return `${s}秒前`;
	if (s < 7200) return `${Math.round(s / 60)}分前`;
	return s < 172800 ? `${Math.round(s / 3600)}時間前` : `${Math.round(s / 86400)}日前`;
}
function marked([word, kind], why) {
	const td = make('td');
	td.append(make('span', word, `mark ${kind}`));
	if (why) td.append(make('span', why, 'why'));
	return td;
}
function pairs(id, list) {
	$(id).replaceChildren(...list.map(([k, v]) => {
		const div = make('div');
		div.append(make('dt', k), make('dd', v));
		return div;
	}));
}
function row(head, cells) {
	const tr = make('tr');
	const th = make('th', head);
	th.scope = 'row';
	tr.append(th, ...cells.map((c) => (c instanceof Node ? c : make('td', c, 'n'))));
	return tr;
}
function code(text, full) {
	const td = make('td');
	const c = make('code', text);
	if (full) c.title = full;
	td.append(c);
	return td;
}

function refusals(of) {
	const td = make('td');
	const list = Object.entries(of).sort((a, b) => b[1] - a[1]);
	if (list.length === 0) td.textContent = 'なし';
	else {
		const ul = make('ul');
		ul.append(...list.map(([k, n]) => make('li', `${REASON[k] ?? k} ${count(n)}`)));
		td.append(ul);
	}
	return td;
}

function muniRow(s, m) {
	const state = STATE[m.state] ?? [m.state, ''];
	const why = [m.why && (FLAW[m.why] ?? m.why), m.state !== 'serving' && m.since_ms && `${time(m.since_ms)}から`].filter(Boolean).join('、');
	const last = m.last_mismatch ? `${FLAW[m.last_mismatch.what] ?? m.last_mismatch.what}（${time(m.last_mismatch.at_ms)}）` : 'なし';
	const late = m.news_ms && s.time_ms - m.news_ms > LATE_MS;
	const news = make('td', ago(s.time_ms, m.news_ms), 'n');
	if (late) news.append(make('span', '30秒を超えています', 'why'));
	return row(m.muni, [marked(state, why), news, `${count(m.orders + m.papers)}／${count(m.limit)}`, count(m.answered), refusals(m.refused), last]);
}
function nodeRow(s, m, n) {
	return row(m.muni, [
		code(n.name || n.url, n.url), marked(WORD[n.is] ?? [n.is, ''], n.since_ms ? `${time(n.since_ms)}から` : ''),
		code(n.build ?? '－'), code(n.seal ?? '－'), code(n.schema ? `${n.schema}: ${short(n.schema_sha256)}` : '－', n.schema_sha256), code(short(n.conf_sha256), n.conf_sha256),
		n.limit === undefined ? '－' : `${count(n.orders)}／${count(n.limit)}`, count(n.kept_back), ago(s.time_ms, n.heard_ms),
	]);
}

/** What somebody has to look at, in words. */
function alarms(s) {
	const list = [];
	if (!s.database) list.push('センターのデータベースに接続できません。');
	if (!s.only_listed) list.push('ノードの登録の確認が切られています（only_listed = no）。');
	for (const m of s.munis) {
		if (m.state !== 'serving') list.push(`${m.muni}：${(STATE[m.state] ?? [m.state])[0]}${m.why ? `（${FLAW[m.why] ?? m.why}）` : ''}`);
		else if (m.news_ms && s.time_ms - m.news_ms > LATE_MS) list.push(`${m.muni}：住民記録の更新が遅れています`);
		for (const n of m.nodes) if (n.refused || n.is === 'away') list.push(`${m.muni} のノード ${n.name || n.url}：${(WORD[n.is] ?? [n.is])[0]}`);
	}
	if (s.crl.overdue > 0) list.push(`失効リスト ${s.crl.overdue} 件が期限を過ぎています。`);
	return list;
}

/** Only what changed is said again by a screen reader. */
let said = '';
function sum(kind, word, list) {
	const now = JSON.stringify([kind, word, list]);
	if (now === said) return;
	said = now;
	$('all').className = `all ${kind}`;
	$('word').textContent = word;
	$('alarms').replaceChildren(...list.map((t) => make('li', t)));
}

function show(s) {
	const list = alarms(s);
	sum(list.length ? 'bad' : 'good', list.length ? `確認が必要なことが ${list.length} 件あります。` : 'すべて正常です。', list);
	$('who').textContent = `センター ${s.center}、版 ${s.build}、スキーマ ${s.schema ?? '－'}、${time(s.started_ms)}に起動`;
	pairs('load', [['処理中／上限', `${count(s.load.inside)}／${count(s.load.limit)}`], ['応じた要求', count(s.load.answered)],
		['断った要求', count(Object.values(s.load.refused).reduce((a, b) => a + b, 0))], ['索引のカード（およそ）', count(s.cards)]]);
	$('munis').replaceChildren(...s.munis.map((m) => muniRow(s, m)));
	$('nodes').replaceChildren(...s.munis.flatMap((m) => m.nodes.map((n) => nodeRow(s, m, n))));
	pairs('kiosks', [['登録', count(s.kiosks.enrolled)], ['無効', count(s.kiosks.revoked)], ['切り離し中', count(s.kiosks.cut.length)],
		...s.kiosks.cut.slice(0, 20).map((k) => [k.kiosk, `${time(k.since_ms)}から`])]);
	pairs('crl', s.crl.used ? [['リスト', count(s.crl.lists)], ['最も古いもの', ago(s.time_ms, s.crl.oldest_ms)], ['最も新しいもの', ago(s.time_ms, s.crl.newest_ms)], ['期限切れ', count(s.crl.overdue)]]
		: [['失効リスト', '使っていません（その都度の問い合わせだけ）']]);
	$('when').textContent = `${time(s.time_ms)} 現在`;
}

let paused = false;
async function look() {
	if (!paused) {
		try {
			const r = await fetch('/status.json', { cache: 'no-store', signal: AbortSignal.timeout(10000) });
			if (!r.ok) throw new Error(String(r.status));
			show(await r.json());
		} catch {
			sum('bad', 'センターから応答がありません。表示は最後に読めたときのものです。', []);
		}
	}
	setTimeout(look, EVERY_MS);
}
$('pause').addEventListener('click', () => {
	paused = !paused;
	$('pause').textContent = paused ? '自動更新を再開する' : '自動更新を止める';
});
look();
