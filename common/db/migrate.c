/* SPDX-License-Identifier: Apache-2.0 */
#include "db/db_private.h"
#include "pki/hash.h"

#include <string.h>

/* The lock is held to the end of the transaction: two programs migrate one after the other. */
static const char MIGRATE_BEGIN[] =
    "BEGIN; SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock(5426757521);"
    "CREATE TABLE IF NOT EXISTS schema_migration ("
    " number integer PRIMARY KEY, name text NOT NULL,"
    " sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),"
    " applied_at timestamptz NOT NULL DEFAULT now());"
    "GRANT SELECT ON schema_migration TO PUBLIC";

static const struct db_query migrate_find = {
	.name = "db/migrate_find",
	.sql = "SELECT sha256 FROM schema_migration WHERE number = $1",
	.n_args = 1,
	.rows = DB_ROWS_MAYBE,
};
static const struct db_query migrate_note = {
	.name = "db/migrate_note",
	.sql = "INSERT INTO schema_migration (number, name, sha256) VALUES ($1, $2, $3)",
	.n_args = 3,
	.rows = DB_ROWS_NONE,
};
static const struct db_query migrate_table = {
	.name = "db/migrate_table",
	.sql = "SELECT to_regclass('schema_migration') IS NOT NULL",
	.rows = DB_ROWS_ONE,
};
static const struct db_query migrate_newest = {
	.name = "db/migrate_newest",
	.sql = "SELECT coalesce(max(number), 0) FROM schema_migration",
	.rows = DB_ROWS_ONE,
};

/* 0 with *ret_there, or FAULT_INTEGRITY when it was another text that was applied. */
static int
migrate_is_applied(struct db *db, const struct db_migration *m, const uint8_t hash[SHA256_BYTES],
    bool *ret_there, struct err *err)
{
	AUTO(db_rows) struct db_rows *row = NULL;
	int r = db_ask(db, &migrate_find, &row, err, db_int_arg(m->number));
	if (r)
		return err_fold(err, r, "migration");
	*ret_there = db_n(row) == 1;
	if (!*ret_there)
		return 0;
	size_t n = 0;
	const uint8_t *was = db_bytes(row, 0, 0, &n);
	if (n != SHA256_BYTES || memcmp(was, hash, n) != 0)
		return err_raise(err, FAULT_INTEGRITY, "applied migration changed", m->number);
	return 0;
}

static int
migrate_one(struct db *db, const struct db_migration *m, bool *ret_ran, struct err *err)
{
	uint8_t hash[SHA256_BYTES];
	bool there = false;
	sha256(m->sql, strlen(m->sql), hash);
	int r = db_exec(db, MIGRATE_BEGIN, "migration", err);
	if (r == 0)
		r = migrate_is_applied(db, m, hash, &there, err);
	if (r == 0 && !there)
		r = db_exec(db, m->sql, m->name, err);
	if (r == 0 && PQtransactionStatus(db->conn) != PQTRANS_INTRANS)
		r = err_raise(err, FAULT_INTERNAL, "migration ends its transaction", m->number);
	if (r == 0 && !there)
		r = db_ask(db, &migrate_note, NULL, err, db_int_arg(m->number),
		    db_text_arg(m->name), db_bytes_arg(hash, sizeof(hash)));
	if (r == 0)
		r = db_commit(db, err);
	if (r) {
		db_rollback(db);
		return err_fold(err, r, "migration");
	}
	*ret_ran = !there;
	return 0;
}

int
db_migrate(
    struct db *db, const struct db_migration *m, size_t n, unsigned *ret_ran, struct err *err)
{
	unsigned ran = 0;
	unsigned newest = 0;
	for (size_t i = 0; i < n; i++) {
		bool this_ran = false;
		int r = migrate_one(db, &m[i], &this_ran, err);
		if (r)
			return err_trace(err, r, "db_migrate");
		ran += this_ran;
	}
	int r = db_schema_version(db, &newest, err);
	if (r)
		return err_trace(err, r, "db_migrate");
	/* An older program must not run on a newer schema. */
	if (newest > (n ? m[n - 1].number : 0))
		return err_raise(err, FAULT_INTEGRITY, "schema is newer", newest);
	*ret_ran = ran;
	return 0;
}

int
db_schema_version(struct db *db, unsigned *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *there = NULL;
	AUTO(db_rows) struct db_rows *newest = NULL;
	int r = db_ask0(db, &migrate_table, &there, err);
	if (r)
		return err_fold(err, r, "schema version");
	if (!db_bool(there, 0, 0)) {
		*ret = 0;
		return 0;
	}
	r = db_ask0(db, &migrate_newest, &newest, err);
	if (r)
		return err_fold(err, r, "schema version");
	*ret = (unsigned)db_int(newest, 0, 0);
	return 0;
}
