/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tally - what the driver counted, by name, and what it found. A finding is
 * anything that must not be: a wrong page, a refusal that nothing explains, an
 * answer to what must be refused. Shared by all threads.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { TALLY_MAX_NAMES = 200, TALLY_NAME_MAX = 80, TALLY_MAX_SHOWN = 20 };

/* One more of "group/name". */
void tally_add(const char *group, const char *name);
unsigned tally_of(const char *group, const char *name);
/*
 * A finding: @check is the guard or oracle that saw it, @what says it, @order the order
 * under way. Counted as a wrong page when @page. The first ones are printed as they come.
 */
void tally_finding(const char *check, const char *what, unsigned order, bool page);
unsigned tally_findings(void);
unsigned tally_wrong_pages(void);
/* An order of that city was answered, or met its stop, now. */
void tally_answered(unsigned city);
void tally_stopped(unsigned city);
/* Somebody was told "busy", after so long. */
void tally_busy(int64_t ms);
/* One JSON object in a line: the groups with their names and numbers, the first finding. */
void tally_print(unsigned orders, double seconds);
