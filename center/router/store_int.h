/* SPDX-License-Identifier: Apache-2.0 */
/* store_int - what store.c and store_order.c share. */
#pragma once
#include "center/router/store.h"
#include "db/db.h"

/*
 * How long a request waits for a connection: at its door hardly at all, so that
 * a full house is told in time; once it has begun, rather long.
 */
enum { STORE_DOOR_MS = 100, STORE_WAIT_MS = 3000 };

struct store {
	struct db_pool *pool;
};
/* A connection in a transaction; ends with db_pool_give(), which rolls back what is not committed.
 */
MUST_USE int store_begin(struct store *s, struct db **ret, struct err *err);
/* A connection. 0, ROUTER_E_BUSY or a fault. */
MUST_USE int store_take(struct store *s, int wait_ms, struct db **ret, struct err *err);
/* One statement on its own. An outcome of the database is a fault here; ROUTER_E_BUSY as above. */
MUST_USE int store_run(struct store *s, int wait_ms, const struct db_query *q,
    const struct db_arg *args, unsigned n, struct db_rows **ret_rows, uint64_t *ret_touched,
    struct err *err);
#define STORE_ASK(s, q, ret_rows, ret_touched, err, ...)                                           \
	store_run((s), STORE_WAIT_MS, (q), (const struct db_arg[]){ __VA_ARGS__ },                 \
	    (unsigned)N_ELEMENTS(((const struct db_arg[]){ __VA_ARGS__ })), (ret_rows),            \
	    (ret_touched), (err))
#define STORE_ASK_AT_DOOR(s, q, ret_rows, ret_touched, err, ...)                                   \
	store_run((s), STORE_DOOR_MS, (q), (const struct db_arg[]){ __VA_ARGS__ },                 \
	    (unsigned)N_ELEMENTS(((const struct db_arg[]){ __VA_ARGS__ })), (ret_rows),            \
	    (ret_touched), (err))
