// SPDX-License-Identifier: Apache-2.0
// fake_kiosk - speaks the daemon's local API from a script: the pages' own files, /api/state as a long
// poll, /api/event walking the same states as kiosk/session. For the screens alone; the real daemon has
// its own tests.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const UI = fileURLToPath(new URL('../../../kiosk/ui/', import.meta.url));
const CSP = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";
const TYPES = { html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', json: 'application/json', svg: 'image/svg+xml' };
export const TOKEN = 'a'.repeat(64);

export const OFFER = {
	muni_name: '架空市', phone: '000-000-0000', n_persons: 4, self: 0,
	kinds: [{ kind: 'juminhyo', fee_yen: 300, options: ['setainushi', 'honseki', 'kojin_no', 'jumin_code', 'kokuseki', 'zairyu'], open: true, hours: '06:30-23:00' },
		{ kind: 'kisai', fee_yen: 300, options: ['setainushi', 'honseki'], open: false, hours: '06:30-23:00' },
		{ kind: 'inkan', fee_yen: 250, options: [], open: true, hours: '06:30-23:00' }],
	persons: ['見本 太郎', '見本 花子', '葛󠄂城 𠮷子', 'MIHON ALEXANDRA MARGARETHE FRANCISCA'],
};
const CHOICE = { kind: 'juminhyo', scope: 'self', persons: [], options: [], copies: 1, max_copies: 10, total_yen: 300 };
const PAD = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
export const RECEIPT = { numbers: ['991015-20261121-K0001-000123'], jobs: [1], printed: 1, paid_yen: 300 };

/** One view of each state, as the daemon would show it. */
export const VIEWS = {
	idle: {}, consent: {}, card: {}, reading: {}, 'pin-warn': { pin: { digits: 0, tries: 1, wrong: true, pad: PAD } },
	pin: { pin: { digits: 0, tries: 3, wrong: false, pad: PAD } }, signing: {}, 'take-card': {}, loading: {},
	kind: { offer: OFFER }, scope: { offer: OFFER, choice: CHOICE }, persons: { offer: OFFER, choice: { ...CHOICE, scope: 'part' } },
	options: { offer: OFFER, choice: CHOICE }, copies: { offer: OFFER, choice: CHOICE },
	confirm: { offer: OFFER, choice: { ...CHOICE, scope: 'part', persons: [0, 2], options: ['setainushi', 'honseki'], copies: 2, total_yen: 600 } },
	ordering: {}, pay: { pay: { due_yen: 600, inserted_yen: 100 } }, releasing: {},
	printing: { progress: { copy: 1, copies: 2, sides_out: 3, sides: 8, printer: 'busy' } },
	attention: { progress: { copy: 1, copies: 2, sides_out: 3, sides: 8, printer: 'jam' } },
	settling: {}, voiding: {}, 'take-paper': { receipt: RECEIPT }, end: { receipt: RECEIPT },
	error: { error: { code: 'not-registered', text_key: 'ask-window', next: 'window', text: '', clerk: '', printed: 0 } }, 'card-left': {},
};

/* A tenth of a second of a tone: a voice that a test need not wait for. */
export function tone(ms = 100) {
	const n = 8 * ms;
	const wav = Buffer.alloc(44 + 2 * n);
	wav.write('RIFF', 0);
	wav.writeUInt32LE(36 + 2 * n, 4);
	wav.write('WAVEfmt ', 8);
	wav.writeUInt32LE(16, 16);
	wav.writeUInt16LE(1, 20);
	wav.writeUInt16LE(1, 22);
	wav.writeUInt32LE(8000, 24);
	wav.writeUInt32LE(16000, 28);
	wav.writeUInt16LE(2, 32);
	wav.writeUInt16LE(16, 34);
	wav.write('data', 36);
	wav.writeUInt32LE(2 * n, 40);
	for (let i = 0; i < n; i++)
		wav.writeInt16LE(Math.round(8000 * Math.sin(i / 3)), 44 + 2 * i);
	return wav;
}
const TONE = tone();

export class FakeKiosk {
	constructor() {
		this.events = [];
		this.spoken = []; // "ja card.title", in order
		this.waiting = [];
		this.n = 1;
		this.view = { state: 'idle', ...VIEWS.idle };
		this.left = 90000;
		this.pressed = 0;
		this.server = createServer((req, res) => this.serve(req, res));
	}

	start() {
		return new Promise((done) => this.server.listen(0, '127.0.0.1', () => {
			this.origin = `http://127.0.0.1:${this.server.address().port}`;
			this.url = `${this.origin}/#token=${TOKEN}`;
			done(this);
		}));
	}

	stop() {
		this.server.closeAllConnections();
		return new Promise((done) => this.server.close(done));
	}

	/** Shows a state, as VIEWS has it, with changes. */
	show(state, more = {}, left = 90000) {
		this.view = { state, ...VIEWS[state], ...more };
		this.left = left;
		this.pressed = 0;
		this.n++;
		for (const answer of this.waiting.splice(0))
			answer();
	}

	body() {
		return { n: this.n, left_ms: this.left, stay: !['idle', 'reading', 'signing', 'printing'].includes(this.view.state), kiosk: 'K0001', help_phone: '000-000-0001', ...this.view };
	}

	serve(req, res) {
		const path = new URL(req.url, this.origin).pathname;
		const send = (status, type, body) => {
			res.writeHead(status, { 'Content-Type': type, 'Content-Security-Policy': CSP, 'Cache-Control': 'no-store' });
			res.end(body);
		};
		if (!path.startsWith('/api/')) {
			const name = path === '/' ? 'index.html' : path.slice(1);
			try {
				send(200, TYPES[name.split('.').pop()], readFileSync(UI + (name.endsWith('.json') ? 'text/' : '') + name));
			} catch {
				send(404, 'application/json', '{"code":"not-found"}');
			}
			return;
		}
		const json = (status, value) => send(status, 'application/json', JSON.stringify(value));
		if (req.headers['kofu-token'] !== TOKEN) {
			json(401, { code: 'token-needed' });
			return;
		}
		const voice = path.match(/^\/api\/voice\/([a-z-]+)\/([a-z0-9._-]+)$/);
		if (voice) {
			this.spoken.push(`${voice[1]} ${voice[2]}${new URL(req.url, this.origin).search}`);
			send(200, 'audio/wav', TONE);
			return;
		}
		if (path === '/api/state') {
			const after = Number(new URL(req.url, this.origin).searchParams.get('after') ?? -1);
			const answer = () => json(200, this.body());
			if (this.n > after)
				answer();
			else
				this.waiting.push(answer);
			return;
		}
		let text = '';
		req.on('data', (d) => { text += d; });
		req.on('end', () => {
			const event = JSON.parse(text);
			this.events.push(event);
			if (event.at && event.at !== this.view.state)
				json(409, { code: 'not-now' });
			else {
				this.react(event);
				json(200, this.body());
			}
		});
	}

	/** What the real session would do, in short. */
	react(e) {
		const st = this.view.state;
		const choice = { ...CHOICE, ...this.view.choice };
		const offer = OFFER;
		if (e.event === 'start') this.show('consent');
		else if (e.event === 'consent') this.show('card');
		else if (e.event === 'continue') this.show('pin', { pin: { ...VIEWS.pin.pin, tries: 1 } });
		else if (e.event === 'cancel') this.show('error', { error: { code: 'cancelled', text_key: 'cancelled', next: 'nothing', printed: 0 } });
		else if (e.event === 'stay') this.show(st, this.view);
		else if (e.event === 'pin_slot') this.pin(Math.min(4, this.pressed + 1));
		else if (e.event === 'pin_clear') this.pin(0);
		else if (e.event === 'pin_enter') this.show('signing');
		else if (e.event === 'choose' && e.kind) this.show(e.kind === 'inkan' ? 'copies' : 'scope', { offer, choice: { ...choice, kind: e.kind } });
		else if (e.event === 'choose' && e.scope) this.show(e.scope === 'part' ? 'persons' : 'options', { offer, choice: { ...choice, scope: e.scope } });
		else if (e.event === 'choose' && e.persons) this.show('options', { offer, choice: { ...choice, persons: e.persons } });
		else if (e.event === 'choose' && e.options) this.show('copies', { offer, choice: { ...choice, options: e.options } });
		else if (e.event === 'choose' && e.copies) this.show('confirm', { offer, choice: { ...choice, copies: e.copies, total_yen: 300 * e.copies } });
		else if (e.event === 'back') this.show({ card: 'consent', scope: 'kind', persons: 'scope', options: 'scope', copies: 'options', confirm: 'copies' }[st], { offer, choice });
		else if (e.event === 'confirm') this.show('ordering');
		else if (e.event === 'taken') this.show('end');
		else if (e.event === 'done') this.show('idle');
	}

	pin(digits) {
		this.show('pin', { pin: { ...this.view.pin, digits, wrong: false } });
		this.pressed = digits;
	}
}
