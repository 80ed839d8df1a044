// SPDX-License-Identifier: Apache-2.0
// Whose certificate cannot be printed, and why; found by the server after each change of a resident.
import { api, attempt, button, clock, el, field, form, kinds, select, show, table } from './parts.js';

const REASONS = { character: '正しく印字できない文字', length: '欄に入りきらない', missing: '必要な項目がない', row: 'データが読めない', gap: '履歴に抜けがある', card: 'カードが別の方と重複', record: '異動データが読めない' };
const ITEMS = { name: '氏名', name_kana: 'フリガナ', tsusho: '通称', tsusho_kana: '通称のフリガナ', kyu_uji: '旧氏', kyu_uji_kana: '旧氏のフリガナ', birth: '生年月日', sex: '性別', address: '住所', head: '世帯主', setainushi: '世帯主',
	head_address: '住所', prev_address: '前住所', zokugara: '続柄', honseki: '本籍', hittosha: '筆頭者', kokuseki: '国籍・地域', biko: '備考', seal: '印影', koin: '公印', jumin_since: '住民となった年月日',
	address_since: '住所を定めた年月日', todokede_on: '届出年月日', gaikokujin_since: '外国人住民となった年月日', kojin_no: '個人番号', jumin_code: '住民票コード', ho30_45: '法第30条の45区分', zairyu_shikaku: '在留資格',
	zairyu_kikan: '在留期間', zairyu_manryo: '在留期間の満了日', zairyu_no: '在留カード等の番号', '-': '－' };
const WHYS = { 'no font has it': 'どのフォントにもない文字', 'no font has this variation': 'どのフォントにもない異体字', 'no gaiji font has it': '外字フォントにない外字', 'the mark joins no glyph': '合成できない記号',
	'too long': '欄に入りきらない', 'not clean UTF-8': '文字として読めない', 'a mark or selector behind nothing': '異体字の指定だけがある', 'the row cannot be read': '封じたデータが読めない', 'history-gap': '履歴番号が飛んでいる',
	'history-back': '履歴番号が戻っている', 'card-held': '同じカードをほかの方が持っている', unreadable: '読めない異動があった', 'parked-before': '前に読めない異動があった', 'block-history': '抑止の履歴が続いていない' };

const item = (name) => { const bare = name.replace(/^p\d+\./, ''); return ITEMS[bare] ?? bare; };
const why = (l) => `${WHYS[l.why] ?? l.why}${l.at ? `（${l.at}文字目）` : ''}`;

export async function printable(reason = '', after = '') {
	const range = `reason=${encodeURIComponent(reason)}&after=${encodeURIComponent(after)}`;
	const r = await api('GET', `/api/printable?${range}`);
	const which = select('printable-reason', { '': `すべて（${r.bad}人）`, ...Object.fromEntries(Object.entries(REASONS).map(([k, text]) => [k, `${text}（${r.reasons[k]}人）`])) });
	which.value = reason;
	show('印字できない方', el('p', { id: 'printable-state' }, `${r.running ? '全員を調べています… ' : ''}${r.failed ? '調べられませんでした（自動でやりなおします）。' : ''}`,
		r.at_ms ? `${clock(r.at_ms)} までの異動を確認済み：${r.persons}人のうち ${r.bad}人` : `確認済み ${r.persons}人のうち ${r.bad}人`),
	r.loose ? el('p', { class: 'mark bad' }, `だれのものか分からない記録が ${r.loose}件あります。運用者に知らせてください。`) : '',
	el('p', {}, 'ご本人がキオスクで申請すると「発行できません」と案内されます。窓口で交付するか、文字やデータをなおしてください。異動があれば数秒で調べなおします。'),
	form(() => printable(which.value), field('わけ', which), el('button', { class: 'main', id: 'printable-show', type: 'submit' }, '表示')),
	el('p', {}, el('a', { class: 'button', id: 'printable-csv', href: `/api/csv/printable?${range}`, download: true }, 'CSV'), ' ',
		button('printable-run', '全員を調べなおす', async () => { if (await attempt(() => api('POST', '/api/printable', {}), '調べ始めました。') !== null) await printable(reason); }), ' ',
		r.more ? button('printable-next', '次の500人', () => attempt(() => printable(reason, r.next))) : ''),
	table('一覧', ['宛名番号', '氏名', '項目', '証明書', 'わけ', '詳細'], r.lines.map((l) => [l.atena_no, l.name, item(l.item), kinds((l.kinds ?? '').split(',')), REASONS[l.reason] ?? l.reason, why(l)])));
}
