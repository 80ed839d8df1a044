/* SPDX-License-Identifier: Apache-2.0 */
/*
 * survey - lays out what each resident could ask for, in the background, and keeps in the replica
 * whose papers would be refused and why (table survey; docs/CONSOLE.md).
 */
#pragma once
#include "server/console/console.h"

enum {
	SURVEY_BASIS_BYTES = 16,
	SURVEY_AAD_BYTES = 20,
	SURVEY_NOTE_BYTES = 16 * 1024, /* PRINTABLE_MAX_ITEMS of them */
};
struct survey_state {
	bool is_running; /* everybody is being looked at */
	bool has_failed; /* the last look; it is tried again */
	int64_t at_ms;   /* up to when all that came was looked at; 0 = not since this start */
};

/* Starts the thread. 0 or a fault. */
MUST_USE int survey_open(struct console *c, struct err *err);
void survey_close(struct console *c); /* without one is fine */
/* Everybody anew; false when that was asked for already and is not done. */
bool survey_ask(struct console_survey *s);
void survey_read(struct console_survey *s, struct survey_state *ret);
/* What a person's sealed note is bound to. */
void survey_aad(const uint8_t ref[16], uint8_t ret[SURVEY_AAD_BYTES]);
