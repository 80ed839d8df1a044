/* SPDX-License-Identifier: Apache-2.0 */
/* wareki - 和暦 of dates we make ourselves (issue dates). Recorded dates are kept as text. */
#pragma once
#include "base/arena.h"
#include "base/clock.h"

/*
 * "令和８年１１月２１日" with full-width digits, "令和元年" for the first year.
 * Knows 明治 (from 1868-01-25), 大正, 昭和, 平成, 令和. NULL for an earlier date.
 */
char *wareki_format(struct arena *a, struct civil_date on);
