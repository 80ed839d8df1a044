/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reseal - everything that is sealed, or found, under another data key than the one written
 * under, sealed and hashed anew: table after table, some blocks of it in a transaction, a row
 * only where it is still what was read. What was done stays done: it may end anywhere and
 * be begun again.
 */
#pragma once
#include "db/db.h"
#include "domain/vault.h"
#include <stdio.h>

enum {
	RESEAL_BLOCKS = 8, /* of a table in one transaction */
	RESEAL_DEFAULT_ROWS_S = 2000,
	RESEAL_PASSES = 60,    /* over a table whose rows keep coming */
	RESEAL_WAIT_MS = 1000, /* between two passes */
};
enum {
	RESEAL_E_LEFT =
	    1501, /* rows were left after RESEAL_PASSES; the audit's: no sealer links them */
	RESEAL_E_UNREAD =
	    1502, /* a row that no data key that is here opens: reconcile, then again */
};
struct reseal {
	struct db *db;
	const struct vault *vault; /* has both generations, writes under the new one */
	int64_t rows_s;            /* at most so many a second */
	FILE *out;                 /* a line a table; NULL = silent */
	int64_t n_rows;            /* done in all */
	const char *table;         /* at which it is, or ended */
};
enum { RESEAL_TABLES = 11 };
/* "resident_row", ... in their order. */
const char *reseal_table_name(unsigned table);
/* One table to its end. 0, RESEAL_E_* or a fault. */
MUST_USE int reseal_table(struct reseal *x, unsigned table, struct err *err);
/* All of them. */
MUST_USE int reseal_all(struct reseal *x, struct err *err);
/* *ret: how many rows of all tables are under another data key. 0 or a fault. */
MUST_USE int reseal_left(struct reseal *x, int64_t *ret, struct err *err);
