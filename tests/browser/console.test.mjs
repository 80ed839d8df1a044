// SPDX-License-Identifier: Apache-2.0
// The city's pages: stops in Chromium and at the kiosk, every route with every role, attacks, the audit of it all.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { CITY, City, ROLES, clean, figure, noted } from './lib/city.mjs';
import { PASSWORD, Terminal, codeAt, secretOf } from '../world/lib/staff.mjs';
import { until } from '../world/lib/proc.mjs';

const city = new City();
const { w, seats } = city;
const sql = (text) => city.sql(text);
const atDesk = (user, work) => city.atDesk(user, work);
let people;

before(async () => {
	await city.up();
	people = city.people;
}, { timeout: 240000 });
after(() => city.down(), { timeout: 60000 });

async function find(page, number) {
	await page.click('#nav-persons');
	await page.fill('#atena-no', number);
	await page.keyboard.press('Enter');
	await page.click(`#open-${number}`);
	await page.waitForSelector('#stop-set, dl');
}

describe('a stop', () => {
	const EVIL = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>';
	test('registered in the page refuses the next order of that person', () => atDesk('uketsuke1', async (page) => {
		assert.equal((await w.issue('taro')).status, 0, 'a certificate before');
		await clean(page, 'search');
		await page.fill('#kana', 'みほん');
		await page.keyboard.press('Enter');
		await page.waitForSelector('#open-10000017');
		await find(page, '10000017');
		await clean(page, 'person');
		await page.fill('#stop-reason', EVIL);
		await page.fill('#stop-asker', '本人');
		await page.click('#stop-set');
		await noted(page, '停止しました');
		const t = Date.now();
		const refused = await w.issue('taro');
		assert.equal(refused.result, 'not-registered', 'the very next order');
		assert.equal(refused.paper, null);
		figure(`refused ${Date.now() - t} ms after the page said so, card and all`);
		assert.ok((await page.textContent('main')).includes(EVIL), 'what was typed is shown as text');
		assert.equal(await page.evaluate(() => window.pwned ?? document.querySelectorAll('main img, main script').length), 0);
	}), { timeout: 90000 });

	test('is not seen in the database by who has no key', () => {
		const row = sql('SELECT encode(sealed, \'escape\') FROM stop');
		for (const word of ['onerror', '本人', 'honnin']) assert.ok(!row.includes(word), word);
	});

	test('stays in force when its lifting is only asked for', () => atDesk('uketsuke1', async (page) => {
		await page.click('#nav-stops');
		await page.click('[id^=lift-]');
		await page.fill('#lift-reason', '申出による');
		await page.fill('#lift-identity', 'マイナンバーカード');
		await page.click('#lift');
		await noted(page, '承認を待っています');
		assert.equal(await page.locator('[id^=approve-]').count(), 0, 'who asked cannot approve');
		assert.equal((await w.issue('taro')).result, 'not-registered');
	}), { timeout: 90000 });

	test('is lifted by a second person and the next order goes through', () => atDesk('shonin1', async (page) => {
		await page.click('#nav-stops');
		await clean(page, 'stops');
		await page.click('[id^=approve-]');
		await noted(page, '解除しました');
		const r = await w.issue('taro');
		assert.equal(r.status, 0, r.result);
	}), { timeout: 90000 });

	test('of a household holds for each member, and two stops do not lift each other', async () => {
		const { uketsuke, shonin } = seats;
		const found = (await uketsuke.ask('POST', '/api/persons', { atena_no: '10000025', kana: '', birth: '' })).json.persons[0];
		const make = async (household, kinds) => (await uketsuke.ask('POST', '/api/stops', { subject: household ? found.household : found.ref, household, kinds, category: 'shien', way: 'denwa',
			reason: '申出', asked_by: '本人', from: '2026-01-01', review: '2026-02-01' })).json.id;
		const blocked = async () => (await uketsuke.ask('POST', '/api/person', { ref: found.ref })).json.person[0];
		const lift = async (id) => {
			assert.equal((await uketsuke.ask('POST', `/api/stops/${id}/lift`, { reason: 'a', identity: 'b' })).status, 200);
			assert.equal((await shonin.ask('POST', `/api/stops/${id}/approve`, {})).status, 200);
		};
		const [one, two, house] = [await make(false, ['juminhyo']), await make(false, ['inkan']), await make(true, ['juminhyo', 'inkan', 'kisai'])];
		assert.deepEqual((await blocked()).blocked, ['juminhyo', 'inkan']);
		await lift(one);
		assert.deepEqual((await blocked()).blocked, ['inkan']);
		await lift(two);
		assert.deepEqual([(await blocked()).blocked, (await blocked()).household_blocked], [[], ['juminhyo', 'inkan', 'kisai']]);
		assert.equal((await w.issue('hanako')).result, 'not-registered');
		const listed = (await uketsuke.ask('GET', '/api/stops')).json.stops.find((s) => s.id === house);
		assert.equal(listed.review_due, true, 'a review day that has passed warns');
		await lift(house);
		assert.equal((await w.issue('hanako')).status, 0);
		assert.equal((await shonin.ask('POST', `/api/stops/${house}/approve`, {})).json.code, 'changed-meanwhile');
	}, { timeout: 90000 });

	test('asked to be lifted by the very person who approves is refused', async () => {
		const { kanri, uketsuke, shonin } = seats;
		const day = new Date(Date.now() + 86400000 * 10).toISOString().slice(0, 10);
		assert.equal((await kanri.ask('POST', '/api/staff/grant', { user: 'uketsuke1', role: 'shonin', until: day })).status, 200);
		const found = (await uketsuke.ask('POST', '/api/persons', { atena_no: '10000068', kana: '', birth: '' })).json.persons[0];
		const { id } = (await uketsuke.ask('POST', '/api/stops', { subject: found.ref, household: false, kinds: ['inkan'], category: 'funshitsu', way: 'madoguchi', reason: 'a', asked_by: 'b', from: '2026-01-01', review: '' })).json;
		assert.equal((await uketsuke.ask('POST', `/api/stops/${id}/lift`, { reason: 'a', identity: 'b' })).status, 200);
		assert.equal((await uketsuke.ask('POST', `/api/stops/${id}/approve`, {})).json.code, 'same-person');
		assert.equal((await shonin.ask('POST', `/api/stops/${id}/refuse`, {})).json.state, 1);
		assert.equal((await kanri.ask('POST', '/api/staff/end', { user: 'uketsuke1', role: 'shonin' })).status, 200);
		assert.equal((await uketsuke.ask('POST', `/api/stops/${id}/approve`, {})).json.code, 'right-missing', 'a right taken back counts at once');
	});
});

describe('the service', () => {
	test('is stopped and resumed kind by kind in the page', () => atDesk('unyo1', async (page) => {
		await page.click('#nav-service');
		await page.waitForSelector('#service-stop');
		await clean(page, 'service');
		await page.uncheck('#service-inkan');
		await page.fill('#service-reason', '保守');
		await page.click('#service-stop');
		await noted(page, '止めました');
		assert.notEqual((await w.issue('taro', { kind: 'juminhyo' })).status, 0);
		const inkan = await w.issue('taro', { kind: 'inkan' });
		assert.equal(inkan.status, 0, inkan.result);
		await page.fill('#service-reason', '保守終了');
		await page.click('#service-resume');
		await noted(page, '再開しました');
		assert.equal((await w.issue('taro', { kind: 'juminhyo' })).status, 0);
	}), { timeout: 90000 });

	test('shows the very PDF with people who do not exist', async () => {
		for (const kind of ['juminhyo', 'kisai', 'inkan']) {
			const r = await seats.unyo.ask('GET', `/api/preview/${kind}`);
			assert.equal(r.headers['content-type'], 'application/pdf', kind);
			assert.ok(r.text.startsWith('%PDF-1.'));
		}
	});

	test('lists what was issued, voids a number, and gives Excel its list', async () => {
		const day = new Date(Date.now() + 9 * 3600000).toISOString().slice(0, 10);
		const list = (await seats.unyo.ask('GET', `/api/issues?day=${day}`)).json.issues;
		assert.ok(list.length >= 4);
		assert.ok(list.every((i) => /^10000\d{3}$/.test(i.atena_no) && i.name));
		const { number } = list[0];
		assert.equal((await seats.unyo.ask('POST', '/api/issues/void', { number, reason: '誤交付' })).status, 200);
		assert.equal((await seats.unyo.ask('POST', '/api/issues/void', { number, reason: '再' })).json.code, 'changed-meanwhile');
		const csv = await seats.unyo.ask('GET', `/api/csv/issues?day=${day}`);
		assert.match(csv.headers['content-disposition'], /kofu\.csv/);
		const lines = csv.text.replace(/^\uFEFF/, '').trim().split('\r\n');
		assert.equal(csv.text.codePointAt(0), 0xFEFF);
		assert.equal(lines.length, list.length + 1);
		assert.ok(lines.some((l) => l.includes(`"${number}"`) && l.includes('"無効"') && /"10000\d{3}"/.test(l)));
	});

	test('tells whose certificate cannot be printed', async () => {
		assert.equal((await seats.unyo.ask('POST', '/api/printable', {})).status, 200);
		const r = await until('the list', 60000, async () => {
			const x = (await seats.unyo.ask('GET', '/api/printable')).json;
			return !x.running && x.at_ms > 0 && x;
		}, 500);
		assert.ok(r.lines.some((l) => l.atena_no === '10000165'), 'the name with a glyph no font has');
		assert.ok(r.persons >= 30);
	}, { timeout: 90000 });
});

describe('an answer that comes late', () => {
	/** Keeps the server's answer to what the page asks of a path, once: kept resolves when it is there, late() lets the page have it. */
	async function hold(page, path) {
		let release, there;
		const gate = new Promise((done) => { release = done; });
		const kept = new Promise((done) => { there = done; });
		await page.route(`**${path}`, async (r) => {
			const response = await r.fetch();
			there();
			await gate;
			await r.fulfill({ response });
		}, { times: 1 });
		const late = async () => {
			const arrived = page.waitForResponse(`**${path}`);
			release();
			await (await arrived).finished();
			await page.waitForTimeout(300);
		};
		return { kept, late };
	}

	test('does not draw over the page that was opened since', () => atDesk('kansa1', async (page) => {
		const held = await hold(page, '/api/status');
		await page.click('#nav-service');
		await held.kept;
		await page.click('#nav-audit');
		await page.waitForSelector('#audit-user');
		await page.fill('#audit-user', 'uketsuke1');
		await held.late();
		assert.equal(await page.inputValue('#audit-user'), 'uketsuke1');
	}), { timeout: 90000 });

	test('does not put one resident\'s page over another\'s', () => atDesk('uketsuke1', async (page) => {
		await page.click('#nav-persons');
		await page.fill('#kana', 'みほん');
		await page.keyboard.press('Enter');
		const [first, second] = [page.locator('[id^=open-]').nth(0), page.locator('[id^=open-]').nth(1)];
		await second.waitFor();
		const number = (await second.getAttribute('id')).replace('open-', '');
		const held = await hold(page, '/api/person');
		await first.click();
		await held.kept;
		await second.click();
		await page.waitForSelector('#stop-set');
		assert.equal(await page.locator('main dd').first().textContent(), number);
		await held.late();
		assert.equal(await page.locator('main dd').first().textContent(), number);
		assert.equal(await page.textContent('#note'), '前の操作も済みました。');
	}), { timeout: 90000 });

	test('does not show residents to who logged out', async () => {
		await atDesk('unyo1', async (page) => {
			const held = await hold(page, '/api/issues?*');
			await page.click('#nav-issues');
			await held.kept;
			await page.click('#logout');
			await page.waitForSelector('#otp');
			await held.late();
			assert.equal(await page.locator('#otp').count(), 1);
			assert.ok(!(await page.textContent('main')).includes('見本'));
		});
	}, { timeout: 90000 });
});

// What each role may do, written by hand: the city's table (docs/CONSOLE.md).
const MAY = {
	'POST /api/persons': 'uketsuke shonin', 'POST /api/person': 'uketsuke shonin',
	'GET /api/stops': 'uketsuke shonin', 'GET /api/csv/stops': 'uketsuke shonin',
	'POST /api/stops': 'uketsuke', 'POST /api/stops/{id}/lift': 'uketsuke',
	'POST /api/stops/{id}/approve': 'shonin', 'POST /api/stops/{id}/refuse': 'shonin',
	'GET /api/status': 'uketsuke shonin unyo kansa kanri',
	'POST /api/service/stop': 'unyo', 'POST /api/service/resume': 'unyo',
	'GET /api/kiosks': 'uketsuke shonin unyo kansa kanri', 'POST /api/kiosks': 'unyo', 'POST /api/kiosks/remove': 'unyo',
	'POST /api/kiosks/stop': 'unyo', 'POST /api/kiosks/resume': 'unyo',
	'GET /api/terms': 'uketsuke shonin unyo kansa kanri', 'POST /api/closures': 'unyo', 'POST /api/closures/{id}/end': 'unyo',
	'POST /api/hours': 'unyo', 'POST /api/hours/{id}/end': 'unyo', 'POST /api/fees': 'unyo', 'POST /api/fees/{id}/end': 'unyo',
	'GET /api/issues': 'unyo', 'POST /api/issues/void': 'unyo', 'GET /api/csv/issues': 'unyo',
	'GET /api/reissues': 'shonin unyo', 'POST /api/reissues': 'unyo', 'POST /api/reissues/{id}/end': 'unyo',
	'POST /api/reissues/{id}/approve': 'shonin', 'POST /api/reissues/{id}/refuse': 'shonin',
	'GET /api/statistics': 'unyo kansa', 'GET /api/statistics/chart/{by}': 'unyo kansa', 'GET /api/csv/statistics': 'unyo kansa',
	'GET /api/printable': 'unyo', 'POST /api/printable': 'unyo', 'GET /api/csv/printable': 'unyo', 'GET /api/preview/{kind}': 'unyo',
	'GET /api/imprints': 'shonin unyo kansa', 'GET /api/imprints/{id}': 'shonin unyo kansa', 'GET /api/imprints/{id}/koin': 'shonin unyo kansa', 'GET /api/imprints/{id}/sheets/{kind}': 'shonin unyo kansa',
	'POST /api/imprints': 'unyo', 'POST /api/imprints/{id}/approve': 'shonin', 'POST /api/imprints/{id}/end': 'shonin unyo',
	'POST /api/audit': 'kansa', 'GET /api/audit/report': 'kansa', 'GET /api/audit/checkpoint': 'kansa',
	'GET /api/staff': 'kansa kanri', 'POST /api/staff/roster': 'kansa kanri',
	'POST /api/staff': 'kanri', 'POST /api/staff/grant': 'kanri', 'POST /api/staff/end': 'kanri', 'POST /api/staff/unlock': 'kanri',
	'GET /api/me': 'uketsuke shonin unyo kansa kanri', 'POST /api/password': 'uketsuke shonin unyo kansa kanri',
};
const ANYBODY = ['POST /api/login', 'POST /api/logout', 'POST /api/reauth'];

test('each role can do exactly what its row says, on every route', async () => {
	const { stdout } = await w.run(w.bin('server/kofu-server'), ['console', 'routes']);
	const routes = JSON.parse(stdout);
	assert.deepEqual(routes.map((r) => `${r.method} ${r.path}`).filter((r) => !ANYBODY.includes(r)).sort(), Object.keys(MAY).sort(), 'every route is in the table');
	let cells = 0;
	for (const { method, path } of routes) {
		const name = `${method} ${path}`;
		if (ANYBODY.includes(name)) continue;
		const url = path.replace('{id}', '999999').replace('{kind}', 'juminhyo').replace('{by}', 'kind') + (path.endsWith('issues') && method === 'GET' ? '?day=2026-01-01' : '') + (path.includes('statistics') ? '?from=2026-01-01&until=2026-01-31' : '');
		const body = method === 'POST' ? {} : undefined;
		for (const role of ROLES) {
			const r = await seats[role].ask(method, url, body);
			const want = MAY[name].split(' ').includes(role);
			if (want) assert.ok(![401, 403, 500].includes(r.status), `${name} for ${role}: ${r.status} ${r.text}`);
			else assert.deepEqual([r.status, r.json?.code], [403, 'right-missing'], `${name} for ${role}`);
			cells++;
		}
		const nobody = new Terminal(w, CITY, 'T02');
		assert.deepEqual([(await nobody.ask(method, url, body)).json?.code], ['session-over'], `${name} for nobody`);
		const neighbour = new Terminal(w, CITY, 'T01', '991023');
		neighbour.cookie = seats[ROLES[0]].cookie;
		neighbour.csrf = seats[ROLES[0]].csrf;
		assert.deepEqual([(await neighbour.ask(method, url, body)).json?.code], ['terminal-refused'], `${name} from another city`);
		cells += 2;
	}
	figure(`${routes.length} routes, ${cells} cells of the table`);
}, { timeout: 120000 });

describe('attacks', () => {
	const rows = [];
	const attack = (name, work) => test(name, async () => {
		try {
			rows.push([name, await work()]);
		} catch (e) {
			rows.push([name, 'GOT THROUGH']);
			throw e;
		}
	}, { timeout: 120000 });
	after(() => { figure('\nattack                                                       result'); for (const [name, result] of rows) figure(`${name.padEnd(60)} ${result}`); });
	const refused = (r, status, code) => {
		assert.deepEqual([r.status, r.json?.code], [status, code], r.text);
		return `${status} ${code}`;
	};
	const stop = { subject: '00'.repeat(16), household: false, kinds: ['inkan'], category: 'honnin', way: 'denwa', reason: 'x', asked_by: 'y', from: '2026-01-01', review: '' };

	attack('CSRF: a form of another site, without the token', () => seats.uketsuke.ask('POST', '/api/stops', stop, { 'Kofu-Csrf': null }).then((r) => refused(r, 403, 'csrf-refused')));
	attack('CSRF: with a wrong token', () => seats.uketsuke.ask('POST', '/api/stops', stop, { 'Kofu-Csrf': '0'.repeat(64) }).then((r) => refused(r, 403, 'csrf-refused')));
	attack('CSRF: as text/plain, which needs no preflight', () => seats.uketsuke.ask('POST', '/api/stops', stop, { 'Content-Type': 'text/plain' }).then((r) => refused(r, 403, 'csrf-refused')));
	attack('CSRF: another Origin', () => seats.uketsuke.ask('POST', '/api/stops', stop, { Origin: 'https://evil.example' }).then((r) => refused(r, 403, 'origin-refused')));
	attack('CSRF: Sec-Fetch-Site says cross-site', () => seats.uketsuke.ask('GET', '/api/stops', undefined, { 'Sec-Fetch-Site': 'cross-site' }).then((r) => refused(r, 403, 'csrf-refused')));
	attack('CSRF: log-in of a victim without our page', () => new Terminal(w, CITY).ask('POST', '/api/login', { user: 'a1', password: 'x', otp: '1' }, { 'Kofu-Csrf': null }).then((r) => refused(r, 403, 'csrf-refused')));
	attack('DNS rebinding: another Host', () => seats.uketsuke.ask('GET', '/api/me', undefined, { Host: 'evil.example' }, { checkServerIdentity: () => undefined }).then((r) => refused(r, 403, 'host-refused')));
	attack('XSS: a resident whose address is markup', async () => {
		const evil = '<img src=x onerror="window.pwned=1">';
		await w.change(CITY, `SELECT jumin.henko('10000050', '${JSON.stringify({ katagaki: evil, ido_jiyu: '転居' })}')`);
		await atDesk('shonin1', async (page) => {
			await find(page, '10000050');
			assert.ok((await page.textContent('main')).includes(evil));
			assert.equal(await page.evaluate(() => window.pwned ?? document.querySelectorAll('main img').length), 0);
		});
		return 'shown as text';
	});
	attack('XSS: the policy of every answer', async () => {
		for (const path of ['/', '/console.js', '/api/me']) {
			const { headers } = await seats.uketsuke.ask('GET', path);
			assert.match(headers['content-security-policy'], /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';/);
			assert.ok(!/unsafe|\*/.test(headers['content-security-policy']));
			assert.deepEqual([headers['cache-control'], headers['x-content-type-options'], headers['x-frame-options']], ['no-store', 'nosniff', 'DENY']);
		}
		return "no script but the server's own, no frame";
	});
	attack('session fixation: a cookie chosen beforehand', async () => {
		const t = new Terminal(w, CITY, 'T02');
		const chosen = t.cookie = 'A'.repeat(43);
		assert.equal((await t.login(people.kansa1)).status, 200);
		assert.notEqual(t.cookie, chosen);
		const thief = new Terminal(w, CITY, 'T02');
		thief.cookie = chosen;
		return refused(await thief.ask('GET', '/api/me'), 401, 'session-over');
	});
	attack('a stolen cookie at another terminal', () => {
		const thief = new Terminal(w, CITY, 'T01');
		thief.cookie = seats.kansa.cookie;
		return thief.ask('GET', '/api/me').then((r) => refused(r, 401, 'session-over'));
	});
	attack('no client certificate', async () => {
		const t = new Terminal(w, CITY);
		t.cert = t.key = undefined;
		await assert.rejects(t.ask('GET', '/'));
		return 'no handshake';
	});
	attack('a kiosk\'s certificate', () => {
		const t = new Terminal(w, CITY);
		t.cert = readFileSync(w.path('net/kiosk-K0001.crt'));
		t.key = readFileSync(w.path('net/kiosk-K0001.key'));
		return t.ask('GET', '/').then((r) => refused(r, 403, 'role-refused'));
	});
	attack('a code used twice', async () => {
		const t = new Terminal(w, CITY, 'T02');
		return refused(await t.ask('POST', '/api/login', { user: 'kansa1', password: PASSWORD, otp: codeAt(people.kansa1.secret, people.kansa1.step) }), 401, 'login-refused');
	});
	attack('brute force: five wrong passwords lock, the right one too', async () => {
		const made = await seats.kanri.ask('POST', '/api/staff', { user: 'tameshi1', name: '見本　試', password: PASSWORD });
		const person = { user: 'tameshi1', secret: secretOf(made.json.otp_url) };
		const t = new Terminal(w, CITY, 'T02');
		for (let i = 0; i < 5; i++) refused(await t.ask('POST', '/api/login', { user: 'tameshi1', password: `wrong-password-${i}`, otp: '000000' }), 401, 'login-refused');
		const answer = refused(await t.login(person), 401, 'login-refused');
		assert.equal((await seats.kanri.ask('POST', '/api/staff/unlock', { user: 'tameshi1' })).status, 200);
		assert.equal((await t.login(person)).status, 200);
		return `${answer} until 15 minutes pass or 職員管理 unlocks`;
	});
	attack('who exists: the same answer for nobody', () => new Terminal(w, CITY).ask('POST', '/api/login', { user: 'nobody9', password: PASSWORD, otp: '123456' }).then((r) => refused(r, 401, 'login-refused')));
	attack('stale session: rests too long', async () => {
		sql("UPDATE staff_session SET seen_ms = seen_ms - 300001 WHERE user_id = 'kansa1'");
		const answer = refused(await seats.kansa.ask('GET', '/api/audit/report'), 401, 'session-locked');
		refused(await seats.kansa.ask('POST', '/api/reauth', { password: 'wrong', otp: '000000' }), 401, 'login-refused');
		const t = new Terminal(w, CITY, 'T02');
		assert.equal((await t.login(people.kansa1)).status, 200);
		seats.kansa = t;
		return answer;
	});
	attack('stale session: a working day later', async () => {
		sql("UPDATE staff_session SET begun_ms = begun_ms - 28800001 WHERE user_id = 'unyo1'");
		return refused(await seats.unyo.ask('GET', '/api/status'), 401, 'session-over');
	});
	attack('after log-out', async () => {
		assert.equal((await seats.shonin.ask('POST', '/api/logout', {})).status, 200);
		return refused(await seats.shonin.ask('GET', '/api/stops'), 401, 'session-over');
	});
	attack('who left: every session ends at once', async () => {
		assert.equal((await seats.kanri.ask('POST', '/api/staff/end', { user: 'tameshi1', role: '' })).status, 200);
		return refused(await new Terminal(w, CITY, 'T02').login({ user: 'tameshi1', secret: 'A'.repeat(52) }), 401, 'login-refused');
	});
	attack('rights to oneself', () => seats.kanri.ask('POST', '/api/staff/grant', { user: 'kanri1', role: 'uketsuke', until: '2027-01-01' }).then((r) => refused(r, 409, 'same-person')));
	attack('a second first administrator by the operator', async () => {
		const r = await w.run('sh', ['-c', `echo ${PASSWORD} | ${w.bin('server/kofu-server')} staff add ${w.path('conf/server.conf')} ${CITY} oper1 x 2027-01-01`]);
		assert.equal(r.status, 1);
		assert.match(r.stderr, /somebody gives rights already/);
		return 'refused';
	});
	attack('oversized: one byte past the body\'s limit', async () => {
		const at = await seats.uketsuke.ask('POST', '/api/persons', `{"kana":"${'a'.repeat(16 * 1024 - 11)}"}`);
		assert.equal(at.status, 400, 'at the limit it is read, and refused for what it says');
		return refused(await seats.uketsuke.ask('POST', '/api/persons', `{"kana":"${'a'.repeat(16 * 1024 - 10)}"}`), 413, 'too-large');
	});
	attack('oversized: headers', async () => {
		const r = await seats.uketsuke.ask('GET', '/api/me', undefined, { 'X-Much': 'a'.repeat(70000) }).catch(() => ({ status: 'closed' }));
		assert.ok([431, 'closed', 413, 400].includes(r.status), String(r.status));
		return String(r.status);
	});
	attack('SQL in a search', () => seats.uketsuke.ask('POST', '/api/persons', { atena_no: "' OR 1=1 --", kana: '', birth: '' }).then((r) => {
		assert.deepEqual(r.json.persons, []);
		return 'nobody found';
	}));
});

describe('the audit', () => {
	const verify = () => w.run(w.bin('server/kofu-server'), ['audit', 'verify', w.path('conf/server.conf'), CITY]);
	test('knows who did what to whom, and shows it to 監査 in the page', () => atDesk('kansa1', async (page) => {
		await page.click('#nav-audit');
		await page.fill('#audit-user', 'uketsuke1');
		await page.fill('#audit-number', '10000017');
		await page.click('#audit-search');
		await page.waitForSelector('#results table');
		const text = await page.textContent('#results');
		for (const word of ['person.search', 'person.read', 'stop.set', 'stop.lift', '991015-T01', '10000017']) assert.ok(text.includes(word), word);
		await clean(page, 'audit');
		await page.click('#audit-report');
		await page.waitForSelector('#audit-back');
		await clean(page, 'report');
	}), { timeout: 120000 });

	test('holds reads, writes, refusals, log-ins; of console, stream and issue', () => {
		const kinds = sql('SELECT DISTINCT source || \'.\' || kind FROM audit_row ORDER BY 1').split('\n');
		for (const k of ['1.1', '1.2', '1.3', '1.4', '2.2', '3.1', '3.2', '4.2']) assert.ok(kinds.includes(k), `${k} in ${kinds}`);
	});

	test('verifies, and names the place when a superuser changes a row', async () => {
		await until('the sealer', 20000, () => sql('SELECT count(*) FROM audit_open') === '0', 200);
		const good = await verify();
		assert.equal(good.status, 0, good.stdout + good.stderr);
		assert.match(good.stdout, /0 places wrong/);
		sql('UPDATE audit_row SET actor = decode(repeat(\'00\', 16), \'hex\') WHERE id = 5');
		const bad = await verify();
		assert.equal(bad.status, 3);
		assert.match(bad.stdout, /^seq \d+, row 5: the row was changed/);
	});

	test('and the log say nothing of residents or staff', () => {
		const log = ['console-991015', 'server', 'seal'].map((n) => readFileSync(w.path('log', `${n}.log`), 'utf8')).join('');
		for (const word of ['見本', '10000017', 'ミホン', 'uketsuke1', PASSWORD]) assert.ok(!log.includes(word), word);
		assert.match(log, /event=console/);
	});
});
