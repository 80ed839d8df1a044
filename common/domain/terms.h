/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terms - when a kind is served and what a copy costs, as the city set it in its
 * pages and as it holds at one instant; what the city did not set is the
 * profile's. No I/O.
 */
#pragma once
#include "domain/profile.h"
#include <stddef.h>

enum {
	TERMS_DAYS = 7,        /* Monday first */
	TERMS_WEEK_CHARS = 83, /* seven of "06:30-23:00" and the commas */
	TERMS_MAX_FEE_YEN = ORDER_MAX_FEE_YEN,
};
/* A week's hours. open == close: closed all that day. */
struct terms_week {
	bool closed_year_end; /* 12/29 .. 1/3 */
	struct {
		int open_minute, close_minute; /* as in struct profile_hours */
	} days[TERMS_DAYS];
};
struct terms_kind {
	bool closed; /* 休止: a closure holds */
	bool has_week;
	struct terms_week week;
	bool has_fee;
	unsigned fee_yen;
};
/* All zero: nothing is set. */
struct terms {
	struct terms_kind kinds[DOC_KIND_MAX + 1];
};

/* "06:30-23:00,-,…": seven days, "-" for one that is closed; not all of them. Else false. */
bool terms_week_parse(const char *text, struct terms_week *ret);
/* 0 = Monday, in Japan. */
int terms_weekday(int64_t at_ms);
/* The day's hours without regard to closures; open == close: none. */
struct profile_hours terms_hours(
    const struct terms *t, const struct profile *p, enum doc_kind kind, int64_t now_ms);
/* True when @kind may be asked for at this instant, @t being the terms of it. */
bool terms_are_open(
    const struct terms *t, const struct profile *p, enum doc_kind kind, int64_t now_ms);
/* What a copy costs. */
unsigned terms_fee_yen(const struct terms *t, const struct profile *p, enum doc_kind kind);
