/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roster_file - the personnel's roster as it is pasted or uploaded: CSV, a head
 * line, 職員番号 in the first column (bare or in quotes), whatever else behind it.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include <stdbool.h>

enum {
	ROSTER_MAX_LINES = 20000,    /* persons */
	ROSTER_LINE_MAX_BYTES = 400, /* of one line, its end left out */
};
/* Outcomes: what is wrong with a file; *ret_line is the line, counted from 1. */
enum {
	ROSTER_E_EMPTY = 2431, /* nobody but the head */
	ROSTER_E_ID = 2432,    /* no 職員番号 of ours */
	ROSTER_E_TWICE = 2433, /* one that stood there before */
	ROSTER_E_LONG = 2434,  /* a line over its limit */
	ROSTER_E_TOO_MANY = 2435,
	ROSTER_E_QUOTE = 2436, /* quotes that do not close, or in which there is more */
};
struct roster {
	const char **ids; /* sorted, in the arena */
	unsigned n;
};
/* @text is not kept. UTF-8, with or without BOM; lines end in LF or CRLF. Empty lines count for
 * nothing. 0 or ROSTER_E_*; *ret is untouched unless 0. */
MUST_USE int roster_parse(
    struct arena *a, const char *text, struct roster *ret, unsigned *ret_line);
bool roster_has(const struct roster *r, const char *user);
