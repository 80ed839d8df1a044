// SPDX-License-Identifier: Apache-2.0
// voice - reads phrases aloud, one after the other. What is said is a key of the texts, never a name, a PIN
// or anything typed; the sound comes from the daemon on this machine.
// @ts-check

/** @typedef {{ key: string, n?: string, m?: string }} Saying */

const WAKE_MS = 300;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export class Voice {
	/** @param {(s: Saying) => Promise<ArrayBuffer|null>} load gives null when there is no voice for it */
	constructor(load) {
		this.load = load;
		this.guides = false; // every screen and key, not only what must not be missed
		this.turn = 0;
		this.source = /** @type {AudioBufferSourceNode|null} */ (null);
		this.context = /** @type {AudioContext|null} */ (null);
	}

	stop() {
		this.turn++;
		this.source?.stop();
		this.source = null;
	}

	/**
	 * Says them in place of what is being said. @param {Saying[]} sayings
	 * @param {number} [again] milliseconds until all of it is said once more, until stop(); 0 = once
	 */
	async say(sayings, again = 0) {
		this.stop();
		const turn = this.turn;
		do {
			let next = sayings.length > 0 ? this.fetch(sayings[0]) : null;
			for (let i = 0; i < sayings.length && turn === this.turn; i++) {
				const sound = await next;
				next = i + 1 < sayings.length ? this.fetch(sayings[i + 1]) : null;
				if (sound && turn === this.turn)
					await this.play(sound, turn);
			}
			if (again > 0)
				await pause(again);
		} while (again > 0 && turn === this.turn);
	}

	/** A phrase that cannot be had is left out: the screen has it too. */
	async fetch(saying) {
		try {
			return await this.load(saying);
		} catch {
			return null;
		}
	}

	async play(sound, turn) {
		this.context ??= new AudioContext();
		const context = this.context;
		if (context.state !== 'running') // a browser that waits for a first touch
			await Promise.race([context.resume(), pause(WAKE_MS)]);
		if (context.state !== 'running' || turn !== this.turn)
			return;
		const buffer = await context.decodeAudioData(sound);
		if (turn !== this.turn)
			return;
		await new Promise((done) => {
			const source = context.createBufferSource();
			source.buffer = buffer;
			source.connect(context.destination);
			source.addEventListener('ended', done, { once: true });
			this.source = source;
			document.documentElement.toggleAttribute('data-speaking', true);
			source.start();
		});
		document.documentElement.toggleAttribute('data-speaking', false);
	}
}
