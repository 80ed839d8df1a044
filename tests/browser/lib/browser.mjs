// SPDX-License-Identifier: Apache-2.0
// browser - Debian's Chromium, with nothing that talks to the network on its own, and axe.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const SIZES = { landscape: { width: 1280, height: 1024 }, portrait: { width: 1080, height: 1920 }, small: { width: 1024, height: 768 } };

export function launch() {
	return chromium.launch({
		executablePath: process.env.KOFU_CHROMIUM ?? '/usr/bin/chromium',
		args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
	});
}

/** A page that fails the test on any error, refused resource or request to elsewhere. */
export async function open(browser, url, viewport, options = {}) {
	const context = await browser.newContext({ viewport, reducedMotion: 'reduce', ...options });
	const page = await context.newPage();
	const troubles = [];
	page.on('pageerror', (e) => troubles.push(String(e)));
	page.on('console', (m) => { if (m.type() === 'error') troubles.push(m.text()); });
	page.on('request', (r) => { if (!r.url().startsWith(new URL(url).origin)) troubles.push(`asked ${r.url()}`); });
	await page.goto(url);
	return { page, troubles, close: () => context.close() };
}

const worlds = new WeakMap(); // page -> where axe is loaded already, until the page goes elsewhere

async function axeWorld(page) {
	const session = await page.context().newCDPSession(page);
	const { frameTree } = await session.send('Page.getFrameTree');
	const { executionContextId: contextId } = await session.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id, worldName: 'axe' });
	await session.send('Runtime.evaluate', { contextId, expression: AXE });
	const world = { session, contextId, loader: frameTree.frame.loaderId };
	worlds.set(page, world);
	return world;
}

/** Violations of WCAG 2.2 A and AA and of best practice, one line each. Runs beside the page's own
 * policy, which lets no script in. */
export async function axe(page) {
	let world = worlds.get(page);
	if (world) {
		const { frameTree } = await world.session.send('Page.getFrameTree');
		if (frameTree.frame.loaderId !== world.loader)
			world = undefined;
	}
	world ??= await axeWorld(page);
	const { result } = await world.session.send('Runtime.evaluate', {
		contextId: world.contextId, awaitPromise: true, returnByValue: true,
		expression: 'axe.run(document).then((r) => ({ passes: r.passes.length, violations: r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.target.join(" ") + " " + (n.failureSummary || "").replace(/\\s+/g, " ")).join(" | ")) }))',
	});
	return result.value;
}

/** Elements whose text is cut off or sticks out of the window, and keys that are too small. */
export function overflows(page) {
	return page.evaluate(() => {
		const found = [];
		const name = (e) => `${e.tagName.toLowerCase()}${e.id ? `#${e.id}` : ''}.${e.className}`;
		for (const e of document.querySelectorAll('body *:not(svg, svg *, .quiet)')) {
			const box = e.getBoundingClientRect();
			if (box.width === 0 || box.height === 0)
				continue;
			if (box.left < -1 || box.right > innerWidth + 1)
				found.push(`${name(e)} leaves the window`);
			if (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== 'visible' && !e.matches('.bar'))
				found.push(`${name(e)} is cut off sideways`);
			if (e.matches('button') && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1))
				found.push(`${name(e)} is too small for its text`);
			if (e.matches('button') && (box.height < 95.5 || box.width < 95.5))
				found.push(`${name(e)} is ${Math.round(box.width)}x${Math.round(box.height)}`);
		}
		const main = document.getElementById('screen').getBoundingClientRect();
		for (const e of document.querySelectorAll('.digit')) {
			const box = e.getBoundingClientRect();
			if (box.top < main.top - 1 || box.bottom > main.bottom + 1)
				found.push(`${name(e)} of the PIN pad is only seen after scrolling`);
		}
		for (const id of ['top', 'keys']) {
			const box = document.getElementById(id).getBoundingClientRect();
			if (box.height > 0 && (box.top < -1 || box.bottom > innerHeight + 1))
				found.push(`#${id} is not on the screen`);
		}
		return found;
	});
}
