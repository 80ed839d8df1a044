/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map - a row of the register becomes a record of the stream. No I/O. It never
 * guesses: a value it does not know is left out, and the server parks the
 * person rather than issue from half a row.
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "db/repl.h"

#include <stdbool.h>

enum { MAP_RECORD_MAX_BYTES = 128 * 1024 };

struct map_row {
	const char *table; /* "juminhyo", "inkan", "shomeisho", "yokushi" */
	const struct repl_column *columns;
	unsigned n_columns;
	bool deleted; /* only the key is there: a register that erases, see below */
};
struct map_record {
	const char *json; /* in the arena */
	size_t json_bytes;
	bool urgent;
};
/*
 * Returns 0, or FAULT_BAD_INPUT: a table that is none of ours, or a column
 * that is missing (the register was changed). A deleted row gives a record
 * without a state: the server stops, because a history must never shrink.
 */
MUST_USE int map_row(
    struct arena *a, const struct map_row *row, struct map_record *ret, struct err *err);
/* The same, appended to @out; after a fault @out is of no use. *ret_urgent: negative news. */
MUST_USE int map_row_put(
    const struct map_row *row, struct arena *a, struct buf *out, bool *ret_urgent, struct err *err);
