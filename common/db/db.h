/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db - PostgreSQL by named queries. The texts live in db/<site>/queries/<role>/
 * <name>.sql; a generator makes a constant of each (q_front_resident_find, in
 * "queries/asp_front.h") with the number of arguments and what comes back;
 * prepared on first use (db/README.md).
 * No SQL is ever built from data. Error texts of the server are dropped (they
 * can quote data); the SQLSTATE is in the trail as a number, a letter as two
 * digits (A = 10): 42P01 is 422501.
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DB_E_NONE_FOUND = 101, /* "-- rows: one" and there was none */
	DB_E_CONFLICT = 102,   /* 23xxx: unique, foreign key, check */
	DB_E_RETRY = 103,      /* 40001, 40P01: roll back and do it again */
};
enum { DB_MAX_ARGS = 32 };

enum db_rows_expected {
	DB_ROWS_NONE,
	DB_ROWS_ONE,
	DB_ROWS_MAYBE,
	DB_ROWS_MANY,
	DB_ROWS_COPY,
	DB_ROWS_BINARY
};
struct db_query {
	const char *name; /* "asp/front/resident_find": a literal */
	const char *sql;
	unsigned n_args;
	enum db_rows_expected rows;
};

struct db;
void db_close(struct db *db);
static inline void
db_closep(struct db **db)
{
	db_close(*db);
}
/* conninfo of libpq (several hosts allowed). UTC, UTF-8, search_path fixed, statement_timeout 5 s.
 * 0, FAULT_UNAVAILABLE, FAULT_CONFIG. */
MUST_USE int db_open(const char *conninfo, struct db **ret, struct err *err);
/* Another connection to where that one goes. As db_open(). */
MUST_USE int db_open_like(const struct db *like, struct db **ret, struct err *err);
/* After FAULT_UNAVAILABLE: a new connection in its place. */
MUST_USE int db_reopen(struct db *db, struct err *err);

/* One argument: text, or bytes (bytea), or NULL. */
struct db_arg {
	const void *p;
	size_t bytes;
	bool binary;
	char number[24]; /* room for db_int() */
	uint8_t wide;    /* of number: that many bytes, most significant first */
};
struct db_arg db_text_arg(const char *s);                /* NULL = SQL NULL */
struct db_arg db_bytes_arg(const void *p, size_t bytes); /* p NULL = SQL NULL */
struct db_arg db_int_arg(int64_t v);
struct db_arg db_bool_arg(bool v);
/* smallint (2), integer (4), bigint (8), boolean (1) of a copy "-- rows: binary". */
struct db_arg db_wide_arg(int64_t v, uint8_t bytes);

/*
 * A bytea[], text[] or bigint[] in one argument, for unnest(): many rows in one
 * statement. Past @limit_bytes db_run() refuses the argument (FAULT_INTERNAL).
 */
struct db_array {
	struct buf b;
	uint32_t n;
};
void db_bytes_array(struct db_array *a, size_t limit_bytes);
void db_text_array(struct db_array *a, size_t limit_bytes); /* a text's bytes are added */
void db_int_array(struct db_array *a, size_t limit_bytes);
void db_array_done(struct db_array *a);  /* wipes */
void db_array_empty(struct db_array *a); /* to be filled anew */
void db_array_add_bytes(struct db_array *a, const void *p, size_t bytes);
void db_array_add_int(struct db_array *a, int64_t v);
struct db_arg db_array_arg(struct db_array *a); /* lives as long as *a is not added to */

struct db_rows;
void db_rows_free(struct db_rows *r);
DEFINE_AUTO(db_rows)
/*
 * Runs a query; @args must be as many as it declares (else FAULT_INTERNAL).
 * ret_rows may be NULL for DB_ROWS_NONE. DB_ROWS_MAYBE with none gives 0 and
 * db_n() == 0. Returns 0, DB_E_*, FAULT_UNAVAILABLE (connection lost),
 * FAULT_TIMEOUT, FAULT_INTERNAL (a fault of ours: wrong SQL, wrong count).
 */
MUST_USE int db_run(struct db *db, const struct db_query *q, const struct db_arg *args, unsigned n,
    struct db_rows **ret_rows, struct err *err);
#define db_ask(db, q, ret, err, ...)                                                               \
	db_run((db), (q), (const struct db_arg[]){ __VA_ARGS__ },                                  \
	    (unsigned)N_ELEMENTS(((const struct db_arg[]){ __VA_ARGS__ })), (ret), (err))
#define db_ask0(db, q, ret, err) db_run((db), (q), NULL, 0, (ret), (err))
/* To read a row or column that is not there, or a number or bool out of NULL, is a bug and aborts.
 * db_text and db_bytes give NULL for NULL. */
size_t db_n(const struct db_rows *r);
bool db_is_null(const struct db_rows *r, size_t row, unsigned col);
const char *db_text(const struct db_rows *r, size_t row, unsigned col); /* lives as long as r */
const uint8_t *db_bytes(const struct db_rows *r, size_t row, unsigned col, size_t *ret_bytes);
int64_t db_int(const struct db_rows *r, size_t row, unsigned col);
bool db_bool(const struct db_rows *r, size_t row, unsigned col);
/* Rows an INSERT/UPDATE/DELETE touched. */
uint64_t db_n_touched(const struct db_rows *r);

/*
 * Several statements sent together: the database is waited for once, not after
 * each. They run in order, in the transaction that is open or that the first of
 * them opens; after a fault none of the later ones ran. What one answers is
 * there only after all: where the next hangs on it, it belongs in another queue.
 */
enum { DB_QUEUE_MAX = 8, DB_QUEUE_ARGS = 16 };
struct db_queue {
	unsigned n;
	struct db_queued {
		const struct db_query *q;
		struct db_arg args[DB_QUEUE_ARGS];
		unsigned n_args;
		struct db_rows **ret; /* NULL: not wanted */
	} of[DB_QUEUE_MAX];
};
/* @args' bytes must live until db_queue_run(). One too many is found there. */
void db_queue_put(struct db_queue *queue, const struct db_query *q, const struct db_arg *args,
    unsigned n, struct db_rows **ret_rows);
#define db_queue_ask(queue, q, ret, ...)                                                           \
	db_queue_put((queue), (q), (const struct db_arg[]){ __VA_ARGS__ },                         \
	    (unsigned)N_ELEMENTS(((const struct db_arg[]){ __VA_ARGS__ })), (ret))
/* Runs and empties it. As db_run() of the first that failed; then no *ret_rows is filled in. */
MUST_USE int db_queue_run(struct db *db, struct db_queue *queue, struct err *err);
/* What db_begin() of DB_READ_COMMITTED, of DB_SNAPSHOT and db_commit() do, as the first or the last
 * of a queue. */
extern const struct db_query db_query_begin, db_query_snapshot, db_query_commit;

/* Transactions; @mode e.g. DB_SNAPSHOT. A connection closed in between rolls back. */
enum db_mode { DB_READ_COMMITTED, DB_SNAPSHOT /* repeatable read, read only */ };
MUST_USE int db_begin(struct db *db, enum db_mode mode, struct err *err);
MUST_USE int db_commit(struct db *db, struct err *err);
void db_rollback(struct db *db);

/*
 * COPY table (columns) FROM STDIN by a named query file "-- rows: copy"; any column type.
 * "-- rows: binary" is faster: bytes, texts, arrays and db_wide_arg() in the columns' own types.
 */
struct db_copy;
MUST_USE int db_copy_begin(
    struct db *db, const struct db_query *q, struct db_copy **ret, struct err *err);
MUST_USE int db_copy_row(struct db_copy *c, const struct db_arg *args, unsigned n, struct err *err);
/* Rows made before their turn, of the same query, by any thread: formatted, then put. */
MUST_USE int db_copy_format(const struct db_query *q, struct buf *out, const struct db_arg *args,
    unsigned n, struct err *err);
MUST_USE int db_copy_put(struct db_copy *c, const struct buf *rows, struct err *err);
/* Ends it (and frees @c) in every case. */
MUST_USE int db_copy_end(struct db_copy *c, uint64_t *ret_rows, struct err *err);

/*
 * Migrations: db/<site>/migrations/NNNN_*.sql in order, each in a transaction,
 * with its SHA-256 recorded; an applied file that changed is FAULT_INTEGRITY.
 */
struct db_migration {
	unsigned number;
	const char *name, *sql;
};
MUST_USE int db_migrate(
    struct db *db, const struct db_migration *m, size_t n, unsigned *ret_ran, struct err *err);
/* Number of the newest applied migration, 0 for none. */
MUST_USE int db_schema_version(struct db *db, unsigned *ret, struct err *err);
/*
 * SHA-256 over the migrations applied and over what the catalogue really holds now: relations,
 * columns, types, constraints, indexes, triggers, functions, rules, policies, grants.
 * FAULT_INTERNAL where no migration was ever run. Some 20 ms: not for each request.
 */
MUST_USE int db_schema_digest(struct db *db, uint8_t ret[32], struct err *err);

enum { DB_POOL_IDLE_MS = 20000 };
/* A pool of open connections for worker threads: take one, give it back. */
struct db_pool;
MUST_USE int db_pool_open(
    const char *conninfo, unsigned max, struct db_pool **ret, struct err *err);
void db_pool_close(struct db_pool *p);
/* Waits at most @wait_ms. 0, FAULT_TIMEOUT (all taken), FAULT_UNAVAILABLE. */
MUST_USE int db_pool_take(struct db_pool *p, int wait_ms, struct db **ret, struct err *err);
void db_pool_give(struct db_pool *p, struct db *db); /* rolls back what was left open */
/* Closes all but one that nobody has used for @idle_ms; db_pool_give() does so with
 * DB_POOL_IDLE_MS. */
void db_pool_tidy(struct db_pool *p, int64_t idle_ms);
