// SPDX-License-Identifier: Apache-2.0
// city - a world with the municipalities' pages, somebody of each role at a terminal, and Chromium at another.
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { axe, launch, open, SIZES } from './browser.mjs';
import { PASSWORD, Terminal, codeAt, oldestStep } from '../../world/lib/staff.mjs';
import { World } from '../../world/lib/world.mjs';
import { until } from '../../world/lib/proc.mjs';

export const CITY = '991015';
export const ROLES = ['uketsuke', 'shonin', 'unyo', 'kansa', 'kanri'];
/** Shown by ./test console. */
export const figure = (line) => { if (process.env.KOFU_FIGURES) appendFileSync(process.env.KOFU_FIGURES, `${line}\n`); };
const quiet = (t) => !/status of (40[0139]|422)/.test(t);

export class City {
	constructor() {
		this.dir = mkdtempSync(join(tmpdir(), 'kofu-city-'));
		this.w = new World(join(this.dir, 'run'), { residents: 40, consoles: true });
		this.seats = {}; // role -> Terminal, logged in
		this.kept = {}; // user -> the cookie of the first terminal's browser
	}

	async up() {
		await this.w.up();
		this.people = this.w.state.consoles[CITY].staff.people;
		for (const role of ROLES) {
			this.seats[role] = new Terminal(this.w, CITY, 'T02');
			assert.equal((await this.seats[role].login(this.people[`${role}1`])).status, 200, role);
		}
		// Seats are used now and then, or a slow machine would lock them.
		this.awake = setInterval(() => { for (const role of ROLES) this.seats[role].ask('GET', '/api/me').catch(() => {}); }, 60000);
		this.browser = await launch();
	}

	async down() {
		clearInterval(this.awake);
		await this.browser?.close();
		await this.w.reset();
		rmSync(this.dir, { recursive: true, force: true });
	}

	sql(text) {
		return this.w.pg.sql(`kofu_${CITY}`, text);
	}

	/** A staff member at the first terminal's browser, who signs in once and is found so while the session lasts: a code counts once. */
	async atDesk(user, work) {
		const origin = this.w.state.consoles[CITY].url;
		const cert = { origin, certPath: this.w.path('net', `terminal-${CITY}-T01.crt`), keyPath: this.w.path('net', `terminal-${CITY}-T01.key`) };
		const come = (storageState) => open(this.browser, `${origin}/`, SIZES.landscape, { clientCertificates: [cert], ignoreHTTPSErrors: true, storageState });
		let p = await come(this.kept[user]);
		try {
			await p.page.waitForSelector('nav button, #otp', { timeout: 20000 });
			if (this.kept[user] && await p.page.locator('#otp').count() > 0) { // it is over
				await p.close();
				p = await come();
			}
			if (await p.page.locator('nav button').count() === 0) await signIn(p.page, this.people[user]);
			await work(p.page);
			assert.deepEqual(p.troubles.filter(quiet), []);
			this.kept[user] = await p.page.context().storageState();
		} finally {
			await p.close();
		}
	}
}

async function signIn(page, person) {
	const now = Math.floor(Date.now() / 30000);
	let step = Math.max(oldestStep(), (person.step ?? 0) + 1);
	if (step > now + 1) {
		await until('the next code', 40000, () => Math.floor(Date.now() / 30000) >= step - 1, 500);
		step = (person.step ?? 0) + 1;
	}
	person.step = step;
	await page.fill('#user', person.user);
	await page.fill('#password', PASSWORD);
	await page.fill('#otp', codeAt(person.secret, step));
	await page.keyboard.press('Enter');
	await page.waitForSelector('nav button', { timeout: 20000 });
}

export const noted = (page, text) => page.waitForFunction((t) => document.getElementById('note').textContent.includes(t), text, { timeout: 20000 });

/** axe finds nothing. With KOFU_SHOTS set, a picture of the page is kept there. */
export async function clean(page, what) {
	const found = await axe(page);
	if (process.env.KOFU_SHOTS) await page.screenshot({ path: join(process.env.KOFU_SHOTS, `${what}.png`), fullPage: true });
	assert.deepEqual(found.violations, [], what);
	assert.ok(found.passes > 10, what);
}
