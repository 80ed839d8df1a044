// SPDX-License-Identifier: Apache-2.0
// How much was issued: charts that the server draws, the same numbers as tables, a CSV.
import { api, day, el, field, form, input, show, table } from './parts.js';

const sum = (list, key) => list.reduce((n, x) => n + x[key], 0);
const total = (x) => x.issued + x.printed + x.void;

export async function statistics(from = day(Date.now() - 29 * 86400000), until = day()) {
	const range = `from=${encodeURIComponent(from)}&until=${encodeURIComponent(until)}`;
	const r = await api('GET', `/api/statistics?${range}`);
	const first = input('statistics-from', { type: 'date', value: from, required: true });
	const last = input('statistics-until', { type: 'date', value: until, required: true });
	const all = { kind: '合計', issued: sum(r.kinds, 'issued'), printed: sum(r.kinds, 'printed'), void: sum(r.kinds, 'void'), yen: sum(r.kinds, 'yen') };
	const chart = (by, text) => el('img', { class: 'chart', id: `chart-${by}`, src: `/api/statistics/chart/${by}?${range}`, alt: `${text}のグラフ。合計 ${total(all)} 通。数は下の表のとおり。`, width: 960, height: 340 });
	show('統計', form(() => statistics(first.value, last.value), field('はじめの日', first), field('おわりの日（366日まで）', last), el('button', { class: 'main', id: 'statistics-show', type: 'submit' }, '表示')),
		el('p', {}, el('a', { class: 'button', id: 'statistics-csv', href: `/api/csv/statistics?${range}`, download: true }, 'CSV（日別）')),
		chart('kind', '種類別の交付数'), chart('outcome', '結果別の交付数'),
		table(`種類別（${from} ～ ${until}）`, ['種類', '印刷済', '無効', '発行（結果待ち）', '計', '手数料（印刷済）'], [...r.kinds, all].map((k) => [k.kind, k.printed, k.void, k.issued, total(k), `${k.yen.toLocaleString('ja-JP')}円`])),
		table('端末別', ['端末', '印刷済', '無効', '発行（結果待ち）', '計'], r.kiosks.map((k) => [k.kiosk, k.printed, k.void, k.issued, total(k)])));
}
