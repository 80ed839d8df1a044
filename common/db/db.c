/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "base/log.h"
#include "db/db_private.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Everything a statement's meaning could hang on. search_path: CVE-2018-1058. */
static const char DB_SESSION[] =
    "SET search_path = public, pg_temp; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD';"
    "SET IntervalStyle = 'postgres'; SET bytea_output = 'hex';"
    "SET standard_conforming_strings = on; SET statement_timeout = '5s';"
    /* Compiling a query of a few rows takes 350 ms where no statistics are yet. */
    "SET jit = off";

/* Notices can quote data: they go nowhere. */
static void
db_no_notice(void *arg, const PGresult *res)
{
	(void)arg;
	(void)res;
}

/*
 * "42601" -> 42601; a letter becomes two digits, A = 10: "42P01" -> 422501.
 */
static long
sqlstate_number(const char *s)
{
	long n = 0;
	for (; *s; s++) {
		if (*s >= '0' && *s <= '9')
			n = n * 10 + (*s - '0');
		else if (*s >= 'A' && *s <= 'Z')
			n = n * 100 + (*s - 'A' + 10);
	}
	return n;
}

static bool
is_class(const char *state, const char *prefix)
{
	return strncmp(state, prefix, strlen(prefix)) == 0;
}

int
db_failed(struct db *db, const PGresult *res, const char *where, struct err *err)
{
	/* 08 connection, 53 resources, 57P shutdown, 25006 a standby took the call */
	static const char *const away[] = { "08", "53", "57P", "25006" };
	const char *state = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
	if (state == NULL) {
		/* Not the server's: what was sent or read failed, whatever PQstatus() says yet. */
		err_start(err, FAULT_UNAVAILABLE, where, "database connection lost",
		    PQstatus(db->conn) == CONNECTION_OK);
		return FAULT_UNAVAILABLE;
	}
	if (is_class(state, "23"))
		return DB_E_CONFLICT;
	if (strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0)
		return DB_E_RETRY;
	int fault = FAULT_INTERNAL;
	if (strcmp(state, "57014") == 0 || strcmp(state, "55P03") == 0)
		fault = FAULT_TIMEOUT;
	for (size_t i = 0; i < N_ELEMENTS(away); i++)
		if (is_class(state, away[i]))
			fault = FAULT_UNAVAILABLE;
	err_start(err, fault, where, "sqlstate", sqlstate_number(state));
	return fault;
}

int
db_exec(struct db *db, const char *sql, const char *where, struct err *err)
{
	AUTO_RESULT PGresult *res = PQexec(db->conn, sql);
	ExecStatusType st = PQresultStatus(res);
	if (st != PGRES_COMMAND_OK && st != PGRES_TUPLES_OK)
		return db_failed(db, res, where, err);
	return 0;
}

static int
db_connect(struct db *db, struct err *err)
{
	/* Before "dbname": what the conninfo says itself wins. */
	static const char *const keys[] = { "connect_timeout", "keepalives_idle",
		"keepalives_interval", "keepalives_count", "tcp_user_timeout",
		"fallback_application_name", "dbname", "client_encoding", NULL };
	const char *const values[] = { "3", "10", "5", "3", "20000", "kofu", db->conninfo, "UTF8",
		NULL };
	PQconninfoOption *ok = PQconninfoParse(db->conninfo, NULL);
	if (ok == NULL)
		return err_raise(err, FAULT_CONFIG, "database conninfo", 0);
	PQconninfoFree(ok);
	db->conn = PQconnectdbParams(keys, values, 1);
	if (PQstatus(db->conn) != CONNECTION_OK)
		return err_raise(err, FAULT_UNAVAILABLE, "database connect", 0);
	(void)PQsetNoticeReceiver(db->conn, db_no_notice, NULL);
	return db_exec(db, DB_SESSION, "db_connect", err);
}

void
db_disconnect(struct db *db)
{
	PQfinish(db->conn);
	db->conn = NULL;
	for (size_t i = 0; i < DB_MAX_PREPARED; i++)
		db->prepared[i] = NULL;
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	db_disconnect(db);
	mem_wipe(db->conninfo, strlen(db->conninfo)); /* it may hold a password */
	mem_free(db->conninfo);
	mem_free(db);
}

int
db_open(const char *conninfo, struct db **ret, struct err *err)
{
	struct db *db = mem_zero(sizeof(*db));
	db->conninfo = mem_strndup(conninfo, strlen(conninfo));
	int r = db_connect(db, err);
	if (r) {
		db_close(db);
		return err_fold(err, r, "db_open");
	}
	*ret = db;
	return 0;
}

int
db_open_like(const struct db *like, struct db **ret, struct err *err)
{
	return err_trace(err, db_open(like->conninfo, ret, err), "db_open_like");
}

int
db_reopen(struct db *db, struct err *err)
{
	db_disconnect(db);
	return err_fold(err, db_connect(db, err), "db_reopen");
}

bool
db_is_alive(struct db *db)
{
	if (PQstatus(db->conn) != CONNECTION_OK)
		return false;
	/* An idle connection is silent. What can be read is the server's farewell, or a notice: for
	 * that rare one a new connection is cheap. */
	struct pollfd p = { .fd = PQsocket(db->conn), .events = POLLIN };
	return poll(&p, 1, 0) == 0;
}

struct db_arg
db_text_arg(const char *s)
{
	return (struct db_arg){ .p = s, .bytes = s ? strlen(s) : 0 };
}

struct db_arg
db_bytes_arg(const void *p, size_t bytes)
{
	return (struct db_arg){ .p = p, .bytes = bytes, .binary = true };
}

struct db_arg
db_int_arg(int64_t v)
{
	struct db_arg a = { .p = NULL };
	(void)snprintf(a.number, sizeof(a.number), "%lld", (long long)v);
	return a;
}

struct db_arg
db_wide_arg(int64_t v, uint8_t bytes)
{
	struct db_arg a = { .wide = bytes };
	for (unsigned i = 0; i < bytes && i < sizeof(v); i++)
		a.number[i] = (char)((uint64_t)v >> (8 * (bytes - 1 - i)));
	return a;
}

struct db_arg
db_bool_arg(bool v)
{
	return db_text_arg(v ? "t" : "f");
}

/* The slot of @q in the hash of prepared statements, free or its own. */
static int
db_slot(struct db *db, const struct db_query *q, size_t *ret, struct err *err)
{
	size_t at = (size_t)((uintptr_t)q / sizeof(*q)) % DB_MAX_PREPARED;
	for (size_t i = 0; i < DB_MAX_PREPARED; i++, at = (at + 1) % DB_MAX_PREPARED)
		if (db->prepared[at] == NULL || db->prepared[at] == q) {
			*ret = at;
			return 0;
		}
	return err_raise(err, FAULT_INTERNAL, "too many queries", DB_MAX_PREPARED);
}

int
db_prepare(struct db *db, const struct db_query *q, char name[24], struct err *err)
{
	size_t slot;
	int r = db_slot(db, q, &slot, err);
	if (r)
		return r;
	(void)snprintf(name, 24, "q%zu", slot);
	if (db->prepared[slot] == q)
		return 0;
	AUTO_RESULT PGresult *res = PQprepare(db->conn, name, q->sql, 0, NULL);
	if (PQresultStatus(res) != PGRES_COMMAND_OK)
		return db_failed(db, res, q->name, err);
	db->prepared[slot] = q;
	return 0;
}

struct db_rows {
	PGresult *res;
	struct arena *arena; /* decoded bytea; made when the first one is asked for */
	const char *name;
};

struct db_rows *
db_rows_new(PGresult *res, const char *name)
{
	struct db_rows *rows = mem_zero(sizeof(*rows));
	rows->res = res;
	rows->name = name;
	return rows;
}

void
db_rows_free(struct db_rows *r)
{
	if (r == NULL)
		return;
	PQclear(r->res);
	arena_free(r->arena);
	mem_free(r);
}

/* What came fits what the query's head announced. */
int
db_rows_check(const struct db_query *q, const PGresult *res, struct err *err)
{
	bool tuples = PQresultStatus(res) == PGRES_TUPLES_OK;
	int n = PQntuples(res);
	if (tuples != (q->rows != DB_ROWS_NONE) || q->rows == DB_ROWS_COPY ||
	    q->rows == DB_ROWS_BINARY) {
		err_start(err, FAULT_INTERNAL, q->name, "rows against the head", n);
		return FAULT_INTERNAL;
	}
	if (n > 1 && (q->rows == DB_ROWS_ONE || q->rows == DB_ROWS_MAYBE)) {
		err_start(err, FAULT_INTERNAL, q->name, "more than one row", n);
		return FAULT_INTERNAL;
	}
	return q->rows == DB_ROWS_ONE && n == 0 ? DB_E_NONE_FOUND : 0;
}

struct db_wire
db_wire_of(const struct db_arg *args, unsigned n)
{
	struct db_wire w;
	for (unsigned i = 0; i < n; i++) {
		w.values[i] = args[i].p ? args[i].p : args[i].number[0] ? args[i].number : NULL;
		w.lengths[i] = (int)args[i].bytes;
		w.formats[i] = args[i].binary;
	}
	return w;
}

int
db_args_check(const struct db_query *q, const struct db_arg *args, unsigned n, struct err *err)
{
	int fault = n == q->n_args && n <= DB_MAX_ARGS ? 0 : FAULT_INTERNAL;
	for (unsigned i = 0; fault == 0 && i < n; i++)
		if (args[i].bytes > INT32_MAX || args[i].wide != 0)
			fault = FAULT_INTERNAL;
	if (fault)
		err_start(err, fault, q->name, "arguments", n);
	return fault;
}

int
db_run(struct db *db, const struct db_query *q, const struct db_arg *args, unsigned n,
    struct db_rows **ret_rows, struct err *err)
{
	char name[24];
	int r = db_args_check(q, args, n, err);
	if (r == 0 && ret_rows == NULL && q->rows != DB_ROWS_NONE)
		r = err_raise(err, FAULT_INTERNAL, "rows with no place for them", 0);
	if (r == 0)
		r = db_prepare(db, q, name, err);
	if (r)
		return err_trace(err, r, "db_run");
	const struct db_wire w = db_wire_of(args, n);
	PGresult *res = PQexecPrepared(db->conn, name, (int)n, w.values, w.lengths, w.formats, 0);
	ExecStatusType st = PQresultStatus(res);
	if (st != PGRES_COMMAND_OK && st != PGRES_TUPLES_OK)
		r = db_failed(db, res, q->name, err);
	else
		r = db_rows_check(q, res, err);
	if (r || ret_rows == NULL) {
		PQclear(res);
		return r;
	}
	*ret_rows = db_rows_new(res, q->name);
	return 0;
}

size_t
db_n(const struct db_rows *r)
{
	return (size_t)PQntuples(r->res);
}

/* To ask for what a query does not select, or for a number in a NULL, is a bug: the query is named,
 * the value is not. */
static void __attribute__((noreturn)) db_misuse(const struct db_rows *r, unsigned col)
{
	struct err err = { 0 };
	err_start(&err, FAULT_INTERNAL, r->name, "column read against its type", col);
	log_fault("db.misuse", (struct txn_id){ 0 }, &err);
	abort();
}

static const char *
db_cell(const struct db_rows *r, size_t row, unsigned col)
{
	if (row >= db_n(r) || col >= (unsigned)PQnfields(r->res))
		db_misuse(r, col);
	if (PQgetisnull(r->res, (int)row, (int)col))
		return NULL;
	return PQgetvalue(r->res, (int)row, (int)col);
}

bool
db_is_null(const struct db_rows *r, size_t row, unsigned col)
{
	return db_cell(r, row, col) == NULL;
}

const char *
db_text(const struct db_rows *r, size_t row, unsigned col)
{
	return db_cell(r, row, col);
}

const uint8_t *
db_bytes(const struct db_rows *r, size_t row, unsigned col, size_t *ret_bytes)
{
	const char *s = db_cell(r, row, col);
	*ret_bytes = 0;
	if (s == NULL)
		return NULL;
	size_t n = strlen(s);
	if (n < 2 || s[0] != '\\' || s[1] != 'x')
		db_misuse(r, col);
	n = (n - 2) / 2;
	if (r->arena == NULL)
		/* The result is in memory already: half of it cannot be too much. */
		((struct db_rows *)(uintptr_t)r)->arena = arena_new(SIZE_MAX / 2);
	uint8_t *p = arena_zero(r->arena, n + 1);
	if (!text_hex_parse(s + 2, 2 * n, p, n))
		db_misuse(r, col);
	*ret_bytes = n;
	return p;
}

int64_t
db_int(const struct db_rows *r, size_t row, unsigned col)
{
	const char *s = db_cell(r, row, col);
	uint64_t v = 0;
	if (s == NULL)
		db_misuse(r, col);
	bool minus = *s == '-';
	s += minus;
	if (!text_u64_parse(s, strlen(s), (uint64_t)INT64_MAX + minus, &v))
		db_misuse(r, col);
	return minus ? (int64_t)(0 - v) : (int64_t)v;
}

bool
db_bool(const struct db_rows *r, size_t row, unsigned col)
{
	const char *s = db_cell(r, row, col);
	if (s == NULL || (strcmp(s, "t") != 0 && strcmp(s, "f") != 0))
		db_misuse(r, col);
	return *s == 't';
}

uint64_t
db_n_touched(const struct db_rows *r)
{
	const char *s = PQcmdTuples(r->res);
	uint64_t v = 0;
	return text_u64_parse(s, strlen(s), INT64_MAX, &v) ? v : 0;
}

const struct db_query db_query_begin = { "db_begin",
	"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", 0, DB_ROWS_NONE };
const struct db_query db_query_snapshot = { "db_snapshot",
	"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", 0, DB_ROWS_NONE };
const struct db_query db_query_commit = { "db_commit", "COMMIT", 0, DB_ROWS_NONE };

int
db_begin(struct db *db, enum db_mode mode, struct err *err)
{
	const char *sql = mode == DB_SNAPSHOT ? db_query_snapshot.sql : db_query_begin.sql;
	if (PQtransactionStatus(db->conn) == PQTRANS_INTRANS)
		return err_raise(err, FAULT_INTERNAL, "transaction in a transaction", 0);
	return err_fold(err, db_exec(db, sql, "db_begin", err), "db_begin");
}

int
db_commit_check(PGresult *res, struct err *err)
{
	if (strcmp(PQcmdStatus(res), db_query_commit.sql) != 0)
		return err_raise(err, FAULT_INTERNAL, "commit of a failed transaction", 0);
	return 0;
}

int
db_commit(struct db *db, struct err *err)
{
	AUTO_RESULT PGresult *res = PQexec(db->conn, db_query_commit.sql);
	if (PQresultStatus(res) != PGRES_COMMAND_OK)
		return db_failed(db, res, "db_commit", err);
	return db_commit_check(res, err);
}

void
db_rollback(struct db *db)
{
	struct err err = { 0 };
	PGTransactionStatusType st = PQtransactionStatus(db->conn);
	if (st == PQTRANS_IDLE)
		return;
	/* In the middle of a COPY, or unsure: the server rolls back when we hang up. */
	if ((st != PQTRANS_INTRANS && st != PQTRANS_INERROR) ||
	    db_exec(db, "ROLLBACK", "db_rollback", &err) != 0)
		db_disconnect(db);
}
