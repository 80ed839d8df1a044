/* SPDX-License-Identifier: Apache-2.0 */
/* rows - a CSV row becomes columns of the register, or a list of what is wrong with it. No I/O. */
#pragma once
#include "agent/source/csv/mapping.h"
#include "agent/source/csv/reader.h"
#include "agent/source/map.h"
#include "base/log.h"

/* What is wrong, and where; never what stands there. */
struct csv_fault {
	unsigned long line;
	const char *header; /* of the column; NULL when it is the row or the file */
	enum csv_rule rule;
	unsigned limit; /* of CSV_RULE_LENGTH, _NUMBER and _HEX; else 0 */
};
struct csv_faults {
	void (*say)(void *self, const struct csv_fault *f); /* NULL: only counted */
	void *self;
	unsigned n;
};
void csv_fault(struct csv_faults *to, struct csv_fault f);

/* Which field of a row is which column of the table. */
struct csv_header {
	const struct csv_table *table;
	int at[DICTIONARY_MAX_FIELDS]; /* in the order of the table's columns; -1 = not in the file
					*/
};
/* Tells every header that is not known or there twice, and every one that is missing. */
void csv_header_read(const struct csv_table *t, const struct csv_row *row, struct csv_header *ret,
    struct csv_faults *to);
/*
 * One row as map_row() takes it: columns[] in the arena. Tells every fault in
 * it; without one, *ret is good.
 */
void csv_row_read(struct arena *a, const struct csv_header *h, const struct csv_row *row,
    struct map_row *ret, struct csv_faults *to);
