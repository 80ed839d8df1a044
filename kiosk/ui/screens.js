// SPDX-License-Identifier: Apache-2.0
// screens - one function for each state of the daemon's session (kiosk/session/session.h).
// @ts-check
import { el, withoutReadings } from './el.js';
import { icon } from './icons.js';
import {
	backKey, cancelKey, choiceCard, heading, key, note, rows, scenePicture, waiting, yen,
} from './parts.js';

const KIND_PICTURE = { juminhyo: 'paper', kisai: 'paper', inkan: 'seal' };

function busy(s, title, words) {
	return { body: [waiting(), heading(title), note(words ?? s.t('wait'))], keys: [], centre: true };
}

function idle(s) {
	const need = (picture, text, more) => el('li', {}, el('span', { class: 'round' }, icon(picture)),
		el('span', {}, el('b', { text }), more && el('small', { text: more })));
	return {
		body: [el('div', { class: 'welcome' },
			el('div', { class: 'hero' },
				el('div', { class: 'icons' }, icon('paper'), icon('seal'), icon('printer')),
				heading(s.t('idle.title')),
				s.view.hall && el('p', { class: 'hall', id: 'hall', text: `${s.view.hall.name}　${s.view.hall.hours}` }),
				el('button', { type: 'button', class: 'start', id: 'start', onclick: () => s.send('start'), text: s.t('idle.start') })),
			el('section', { class: 'need', 'aria-label': s.t('idle.need') },
				el('h2', { text: s.t('idle.need') }),
				el('ul', {}, need('card', s.t('idle.card')), need('pin', s.t('idle.pin'), s.t('idle.pin.note')),
					need('coin', s.t('idle.fee'), s.t('idle.fee.note')))),
			s.languages)],
		keys: [],
	};
}

function consent(s) {
	return {
		body: [heading(s.t('consent.title')),
			el('ul', { class: 'points' }, ...[1, 2, 3, 4].map((i) => el('li', { text: s.t(`consent.${i}`) })))],
		keys: [cancelKey(s), key(s.t('consent.agree'), () => s.send('consent'), { kind: 'go', id: 'agree' })],
	};
}

function card(s) {
	return {
		body: [scenePicture('reader', 'moving'), heading(s.t('card.title')), note(s.t('card.note'))],
		keys: [cancelKey(s), backKey(s)], centre: true,
	};
}

function pinWarn(s) {
	return {
		body: [scenePicture('warn', 'alarm'),
			s.view.pin?.wrong && el('p', { class: 'wrong', text: s.t('pin-warn.wrong') }),
			heading(s.t('pin-warn.title')), note(s.t('pin-warn.note'))],
		keys: [key(s.t('pin-warn.go'), () => s.send('continue'), { id: 'continue' }),
			key(s.t('pin-warn.stop'), () => s.send('cancel'), { kind: 'go', id: 'cancel' })],
		centre: true,
	};
}

/* What is pressed is a place on the pad. The daemon alone keeps what was pressed. */
function pin(s) {
	const { digits, tries, wrong, pad } = s.view.pin;
	const press = (slot) => el('button', {
		type: 'button', class: 'digit', id: `slot-${slot}`, disabled: digits >= 4,
		onclick: () => s.send('pin_slot', { slot }), text: String(pad[slot]),
	});
	const order = pad.every((d, i) => d === i) ? [1, 2, 3, 4, 5, 6, 7, 8, 9, 0] : pad.map((_, i) => i);
	const slots = order.map(press);
	const clear = el('button', { type: 'button', class: 'digit word', id: 'pin-clear', onclick: () => s.send('pin_clear'), text: s.t('pin.clear') });
	const enter = el('button', { type: 'button', class: 'digit word enter', id: 'pin-enter', disabled: digits !== 4, onclick: () => s.send('pin_enter'), text: s.t('pin.enter') });
	return {
		body: [el('div', { class: 'pin' },
			el('div', { class: 'pin-words' },
				heading(s.t('pin.title')),
				wrong && digits === 0 && el('p', { class: 'wrong', role: 'alert', text: s.t('pin.wrong') }),
				el('div', { class: 'places', role: 'img', 'data-live': '', 'aria-label': s.t('pin.entered', { n: digits }) },
					...[0, 1, 2, 3].map((i) => el('span', { class: i < digits ? 'place full' : 'place' }))),
				el('p', { class: 'tries', text: s.t('pin.tries', { n: tries }) })),
			el('div', { class: 'pad' }, ...slots.slice(0, 9), clear, slots[9], enter))],
		keys: [cancelKey(s)],
	};
}

function takeCard(s) {
	return {
		body: [scenePicture('hand', 'moving'), heading(s.t('take-card.title')), note(s.t('take-card.note'))],
		keys: [cancelKey(s)], centre: true,
	};
}

function kind(s) {
	const { kinds, muni_name: m } = s.view.offer;
	return {
		body: [heading(s.t('kind.title')), note(s.t('kind.of', { m })),
			el('div', { class: 'choices' }, ...kinds.map((k) => choiceCard({
				picture: KIND_PICTURE[k.kind] ?? 'paper', id: `kind-${k.kind}`, title: s.t(`kind.${k.kind}`), disabled: !k.open,
				note: k.open ? (k.fee_yen === 0 ? s.t('free') : s.t('kind.fee', { n: k.fee_yen })) : s.t('kind.closed', { h: k.hours }),
				act: () => s.send('choose', { kind: k.kind }),
			})))],
		keys: [cancelKey(s)],
	};
}

function scope(s) {
	const n = s.view.offer.n_persons;
	const choice = (name, picture, values) => choiceCard({
		picture, id: `scope-${name}`, title: s.t(`scope.${name}`), note: s.t(`scope.${name}.note`, values),
		act: () => s.send('choose', { scope: name }),
	});
	return {
		body: [heading(s.t('scope.title')),
			el('div', { class: 'choices' },
				choice('self', 'person'), choice('household', 'people', { n }), n > 1 && choice('part', 'people'))],
		keys: [cancelKey(s), backKey(s)],
	};
}

/** Several of a list, then on: local.set holds what is ticked. */
function several(s, { title, words, list, label, say, lang, picked, least, send, one }) {
	s.local.set ??= new Set(picked);
	const toggle = (v) => () => {
		if (!s.local.set.delete(v))
			s.local.set.add(v);
		s.redraw();
	};
	return {
		body: [heading(title), words && note(words),
			el('div', { class: 'ticks' }, ...list.map((v) => choiceCard({
				id: `${one}-${v}`, title: label(v), say: say?.(v), lang, note: undefined, pressed: s.local.set.has(v), act: toggle(v),
			})))],
		keys: [cancelKey(s), backKey(s),
			key(s.t('next'), () => send(list.filter((v) => s.local.set.has(v))), { kind: 'go', id: 'next', disabled: s.local.set.size < least })],
	};
}

function persons(s) {
	const names = s.view.offer.persons;
	return several(s, {
		title: s.t('persons.title'), list: names.map((_, i) => i), one: 'person', lang: 'ja', least: 1, picked: s.view.choice.persons,
		label: (i) => (i === s.view.offer.self ? `${names[i]}（${s.t('persons.self')}）` : names[i]),
		say: (i) => [s.t('persons.nth', { n: i + 1 }), ...(i === s.view.offer.self ? [s.t('persons.self')] : [])],
		send: (list) => s.send('choose', { persons: list }),
	});
}

function options(s) {
	const offered = s.view.offer.kinds.find((k) => k.kind === s.view.choice.kind).options;
	return several(s, {
		title: s.t('options.title'), words: s.t('options.note'), list: offered, one: 'option', least: 0, picked: s.view.choice.options,
		label: (o) => s.t(`opt.${o}`), send: (list) => s.send('choose', { options: list }),
	});
}

function copies(s) {
	const { choice, offer } = s.view;
	s.local.n ??= choice.copies;
	const fee = offer.kinds.find((k) => k.kind === choice.kind).fee_yen;
	const step = (by, words, sign) => el('button', {
		type: 'button', class: 'step', 'aria-label': words, id: by > 0 ? 'more' : 'less', text: sign,
		disabled: s.local.n + by < 1 || s.local.n + by > choice.max_copies,
		onclick: () => { s.local.n += by; s.redraw(); },
	});
	return {
		body: [heading(s.t('copies.title')),
			el('div', { class: 'counter' }, step(-1, s.t('copies.less'), '−'),
				el('output', { 'aria-live': 'polite', 'data-live': '', text: s.t('copies.n', { n: s.local.n }) }),
				step(1, s.t('copies.more'), '＋')),
			el('p', { class: 'sum', text: fee === 0 ? s.t('free') : s.t('copies.total', { n: fee * s.local.n }) })],
		keys: [cancelKey(s), backKey(s),
			key(s.t('next'), () => s.send('choose', { copies: s.local.n }), { kind: 'go', id: 'next' })],
		centre: true,
	};
}

function confirm(s) {
	const { choice: c, offer: o } = s.view;
	const who = c.scope === 'part' ? c.persons.map((i) => o.persons[i]).join('、')
		: c.scope === 'household' ? `${s.t('scope.household')}（${s.t('scope.household.note', { n: o.n_persons })}）` : o.persons[o.self];
	const has = o.kinds.find((k) => k.kind === c.kind).options.length > 0;
	const chosen = c.options.length > 0 ? c.options.map((x) => s.t(`opt.${x}`)) : [s.t('confirm.none')];
	const persons = c.scope === 'part' ? c.persons.map((i) => s.t('persons.nth', { n: i + 1 })) : [s.t(`scope.${c.scope}`)];
	return {
		body: [heading(s.t('confirm.title')),
			rows([[s.t('confirm.kind'), `${s.t(`kind.${c.kind}`)}（${o.muni_name}）`, [s.t(`kind.${c.kind}`)]], [s.t('confirm.who'), who, persons, c.scope === 'household' ? undefined : 'ja'],
				...(has ? [[s.t('confirm.items'), chosen.join('、'), chosen]] : []),
				[s.t('confirm.copies'), s.t('copies.n', { n: c.copies })], [s.t('confirm.fee'), yen(s.t, c.total_yen)]])],
		keys: [cancelKey(s), backKey(s), key(s.t('confirm.go'), () => s.send('confirm'), { kind: 'go', id: 'confirm' })],
	};
}

function pay(s) {
	const { due_yen: due, inserted_yen: inserted } = s.view.pay;
	return {
		body: [heading(s.t('pay.title')),
			el('div', { class: 'money' },
				el('div', { class: 'due' }, el('span', { text: s.t('pay.due') }), el('b', { text: yen(s.t, due) })),
				el('div', { 'data-live': '' }, el('span', { text: s.t('pay.inserted') }), el('b', { text: s.t('yen', { n: inserted }) })),
				el('div', {}, el('span', { text: s.t('pay.rest') }), el('b', { text: s.t('yen', { n: due - inserted }) }))),
			note(s.t('pay.note'))],
		keys: [cancelKey(s)], centre: true,
	};
}

function bar(now, all) {
	const fillUp = el('i');
	fillUp.style.width = `${all > 0 ? Math.round((100 * now) / all) : 0}%`;
	return el('div', { class: 'bar', role: 'progressbar', 'aria-valuemin': 0, 'aria-valuemax': all, 'aria-valuenow': now, 'aria-label': `${now}/${all}` }, fillUp);
}

function printing(s) {
	const p = s.view.progress;
	return {
		body: [scenePicture('printer', 'moving'), heading(s.t('printing.title')), bar(p.sides_out, p.sides),
			el('p', { class: 'sum' }, el('span', { text: s.t('printing.copies', { n: p.copy, m: p.copies }) }), '　',
				el('span', { text: s.t('printing.sides', { n: p.sides_out, m: p.sides }) })),
			note(s.t('printing.note'))],
		keys: [], centre: true,
	};
}

function attention(s) {
	const printer = s.view.progress.printer;
	const what = `attention.${s.texts.ui[`attention.${printer}`] ? printer : 'stopped'}`;
	return {
		body: [scenePicture('warn', 'alarm'), heading(s.t('attention.title')), note(s.t('attention.note')),
			clerk(s, s.japanese.ui[what], s.texts.ui[what])],
		keys: [], centre: true,
	};
}

/* The clerk reads Japanese, whatever language the resident chose; the resident sees what is said there. */
function clerk(s, japanese, text) {
	const title = withoutReadings(s.japanese.ui['attention.clerk']);
	return el('section', { class: 'clerk', lang: 'ja', 'aria-label': title }, el('h2', { text: title }),
		el('p', { text: withoutReadings(japanese) }),
		withoutReadings(text) !== withoutReadings(japanese) && el('p', { class: 'note', lang: s.lang, text }));
}

function takePaper(s) {
	return {
		body: [scenePicture('paper', 'moving good'), heading(s.t('take-paper.title')),
			note(s.t('take-paper.note', { n: s.view.receipt.printed }))],
		keys: [key(s.t('take-paper.taken'), () => s.send('taken'), { kind: 'go', id: 'taken' })],
		centre: true,
	};
}

function end(s) {
	const r = s.view.receipt;
	return {
		body: [scenePicture('check', 'good'), heading(s.t('end.title')),
			rows([[s.t('end.paid'), yen(s.t, r.paid_yen)], ...r.numbers.map((n) => [s.t('end.number'), n])])],
		keys: [key(s.t('done'), () => s.send('done'), { kind: 'go', id: 'done' })],
		centre: true,
	};
}

function error(s) {
	const e = s.view.error;
	const mild = e.text_key === 'cancelled' || e.text_key === 'timed-out';
	const then = s.t(`error.next.${e.next}`);
	const facts = [];
	if ((e.next === 'window' || e.text_key === 'closed-hours') && e.window_phone)
		facts.push([s.t('error.window'), `${e.muni_name} ${e.window_phone}`]);
	/* What is answered alike must look alike: no code tells a bystander which refusal it was. */
	if (e.text_key !== 'ask-window')
		facts.push([s.t('error.code'), e.code]);
	if (s.view.help_phone && e.next !== 'window')
		facts.push([s.t('error.help'), s.view.help_phone]);
	return {
		body: [scenePicture(mild ? 'info' : 'warn', mild ? '' : 'alarm'), heading(s.result(e.text_key, 'title')), note(s.result(e.text_key, 'resident')),
			e.printed > 0 && el('p', { class: 'wrong', text: s.t('error.printed', { n: e.printed }) }),
			then !== '' && el('p', { class: 'then', text: then }),
			!mild && facts.length > 0 && rows(facts), e.next === 'clerk' && clerk(s, s.japanese.results[e.text_key].clerk, s.texts.results[e.text_key].clerk)],
		keys: [key(s.t('done'), () => s.send('done'), { kind: 'go', id: 'done' })],
		centre: true,
	};
}

function cardLeft(s) {
	return { body: [scenePicture('hand', 'moving alarm'), heading(s.t('card-left.title')), note(s.t('card-left.note'))], keys: [], centre: true };
}

/** state -> [screen, step of the header's list (0 = before it)] */
export const SCREENS = {
	idle: [idle, 0], consent: [consent, 0],
	card: [card, 1], reading: [(s) => busy(s, s.t('reading.title')), 1], 'pin-warn': [pinWarn, 1], pin: [pin, 1],
	signing: [(s) => busy(s, s.t('signing.title'), s.t('signing.note')), 1], 'take-card': [takeCard, 1],
	loading: [(s) => busy(s, s.t('loading.title')), 2],
	kind: [kind, 2], scope: [scope, 2], persons: [persons, 2], options: [options, 2], copies: [copies, 2],
	confirm: [confirm, 3], ordering: [(s) => busy(s, s.t('ordering.title'), s.t('ordering.note')), 3],
	pay: [pay, 4], releasing: [(s) => busy(s, s.t('releasing.title')), 4],
	printing: [printing, 5], attention: [attention, 5], settling: [(s) => busy(s, s.t('settling.title')), 5],
	voiding: [(s) => busy(s, s.t('voiding.title'), s.t('voiding.note')), 0],
	'take-paper': [takePaper, 5], end: [end, 5], error: [error, 0], 'card-left': [cardLeft, 0],
};
