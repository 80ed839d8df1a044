/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of common/db share; nobody else includes it. */
#pragma once
#include "base/text.h"
#include "db/db.h"

#include <libpq-fe.h>

enum { DB_MAX_PREPARED = 512 /* queries of one role; a power of two */ };

struct db {
	PGconn *conn; /* NULL after a connection was given up */
	char *conninfo;
	const struct db_query *prepared[DB_MAX_PREPARED]; /* hashed by address */
};

static inline void
pg_result_freep(PGresult **res)
{
	PQclear(*res);
}
#define AUTO_RESULT __attribute__((cleanup(pg_result_freep)))

/* Why a statement failed, by its SQLSTATE alone. @where is a literal. Never 0. */
MUST_USE int db_failed(struct db *db, const PGresult *res, const char *where, struct err *err);
/* A constant statement (several with ";") without arguments or rows. */
MUST_USE int db_exec(struct db *db, const char *sql, const char *where, struct err *err);
/* PostgreSQL's "16/B374D848": 1 to 8 hex digits on each side, nothing else. */
bool db_lsn_parse(const char *s, uint64_t *ret);
/* False when the connection is known to be gone. */
bool db_is_alive(struct db *db);

/* --- what db.c and queue.c share of one statement --- */

void db_disconnect(struct db *db);
MUST_USE int db_prepare(struct db *db, const struct db_query *q, char name[24], struct err *err);
MUST_USE int db_args_check(
    const struct db_query *q, const struct db_arg *args, unsigned n, struct err *err);
MUST_USE int db_rows_check(const struct db_query *q, const PGresult *res, struct err *err);
/* A transaction that failed before answers COMMIT with ROLLBACK, and no error: FAULT_INTERNAL. */
MUST_USE int db_commit_check(PGresult *res, struct err *err);
/* Takes over @res. */
struct db_rows *db_rows_new(PGresult *res, const char *name);
struct db_wire {
	const char *values[DB_MAX_ARGS];
	int lengths[DB_MAX_ARGS];
	int formats[DB_MAX_ARGS];
};
struct db_wire db_wire_of(const struct db_arg *args, unsigned n);
