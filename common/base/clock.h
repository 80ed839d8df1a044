/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock - instants and Japan's civil date.
 *
 * Deciding code gets its time handed in; only coordinators call clock_now_ms().
 * Japan has kept UTC+9 without summer time since 1952, so no zone file is read.
 */
#pragma once
#include "base/attr.h"
#include <stdbool.h>
#include <stdint.h>

struct civil_date {
	int year;  /* Gregorian */
	int month; /* 1..12 */
	int day;   /* 1..31 */
};
struct civil_time {
	struct civil_date on;
	int hour, minute, second;
};

int64_t clock_now_ms(void);  /* UTC, milliseconds since 1970-01-01; may step */
int64_t clock_mono_ms(void); /* CLOCK_BOOTTIME: for deadlines and leases; never steps */
struct civil_time clock_japan(int64_t at_ms);
/* UTC instant of a Japanese civil time. */
int64_t clock_from_japan_ms(struct civil_time t);
/* "2026-11-21T12:34:56+09:00" and a NUL. */
void clock_format_rfc3339(int64_t at_ms, char out[26]);
/* The inverse, exactly that form (any numeric offset or Z). Returns false for anything else. */
bool clock_parse_rfc3339(const char *s, int64_t *ret_ms);
