/* SPDX-License-Identifier: Apache-2.0 */
/*
 * voice - a phrase as sound, without any network: a recording from a folder, or
 * else espeak-ng, run for this one phrase as a process of its own. It gets the
 * phrase on its standard input, an empty environment and no descriptor of ours;
 * it has a time limit and a limit of bytes. Only phrases of kiosk/ui/text are
 * ever spoken: no name, no PIN, nothing that a resident typed.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	VOICE_MAX_TEXT_BYTES = 2000,
	VOICE_MAX_SOUND_BYTES = 8 << 20, /* three minutes */
	VOICE_TIMEOUT_MS = 5000,
	VOICE_MAX_KEY_CHARS = 64
};
/* Outcomes. */
enum { VOICE_E_NONE = 2181 /* no recording and no voice for it: stay silent */ };

struct voice_conf {
	const char *program;    /* espeak-ng; NULL = none */
	const char *recordings; /* folder of LANG/KEY.wav; NULL = none */
};
struct voice;
void voice_free(struct voice *v);
DEFINE_AUTO(voice)
/* @c is copied, its texts must outlive the voice. A program that is not there is logged once. */
struct voice *voice_new(const struct voice_conf *c);

struct voice_phrase {
	const char *lang; /* "ja", "ja-easy", "en", "zh", "ko", "vi", "pt" */
	const char
	    *key; /* of the texts; names the recording, unless the phrase has numbers in it */
	const char *text; /* as it is read aloud */
	bool has_numbers;
};
struct voice_sound {
	const uint8_t *p; /* RIFF WAVE, in the arena */
	size_t bytes;
};
/*
 * One phrase at a time; further callers wait. The process must ignore SIGPIPE. Returns 0,
 * VOICE_E_NONE (also for a language or key that is none), FAULT_TIMEOUT or FAULT_UNAVAILABLE when
 * the program failed, FAULT_BAD_INPUT past a limit.
 */
MUST_USE int voice_say(struct voice *v, struct arena *a, const struct voice_phrase *p,
    struct voice_sound *ret, struct err *err);
