/* SPDX-License-Identifier: Apache-2.0 */
/* check - what is wrong with CSV files, for people: line, column, rule; never what stands there. */
#pragma once
#include "agent/agent_conf.h"
#include "agent/source/csv/rows.h"

#include <stdbool.h>

enum { CHECK_MAX_TOLD = 1000 /* faults of one file; the rest is counted */ };

struct check_out {
	const char *name; /* of the file */
	unsigned told;
};
/* Tells one fault on stderr; for struct csv_faults. */
void check_say(void *self, const struct csv_fault *f);
/*
 * Reads the whole file at @path, whose name says what it is, and tells every
 * fault, or that it is good. *ret_good becomes false when it is not. Returns 0
 * or FAULT_UNAVAILABLE.
 */
MUST_USE int check_file(
    const struct agent_conf *c, const char *path, bool *ret_good, struct err *err);
/* Prints a table's header in the dictionary's names. False: no such table. */
bool check_header(const char *table);
