/* SPDX-License-Identifier: Apache-2.0 */
/* store_int - what store.c and store_order.c share. */
#pragma once
#include "center/router/store.h"
#include "db/db.h"

enum { STORE_WAIT_MS = 1000 };

struct store {
	struct db_pool *pool;
};
/* A connection in a transaction; ends with db_pool_give(), which rolls back what is not committed.
 */
MUST_USE int store_begin(struct store *s, struct db **ret, struct err *err);
/* One statement on its own. An outcome of the database is a fault here. */
MUST_USE int store_run(struct store *s, const struct db_query *q, const struct db_arg *args,
    unsigned n, struct db_rows **ret_rows, uint64_t *ret_touched, struct err *err);
#define STORE_ASK(s, q, ret_rows, ret_touched, err, ...)                                           \
	store_run((s), (q), (const struct db_arg[]){ __VA_ARGS__ },                                \
	    (unsigned)N_ELEMENTS(((const struct db_arg[]){ __VA_ARGS__ })), (ret_rows),            \
	    (ret_touched), (err))
