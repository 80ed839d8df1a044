/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
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
/*
 * The catalogue as text, a line an object, by what PostgreSQL itself says of it: a hand that made
 * anything else of it than the migrations did makes another line. A municipality's own roles
 * (kofu_991015_front) count as one name; owners, statistics and contents are no part of it.
 */
static const struct db_query migrate_catalogue = {
	.name = "db/migrate_catalogue",
	.sql =
	    "WITH ns AS (SELECT oid, nspname, nspacl, nspowner FROM pg_namespace"
	    "  WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),"
	    " rel AS (SELECT c.* FROM pg_class c JOIN ns ON ns.oid = c.relnamespace),"
	    " acl(what, owner, items) AS ("
	    "  SELECT 'schema ' || nspname, nspowner, nspacl FROM ns"
	    "  UNION ALL SELECT 'relation ' || oid::regclass, relowner, relacl FROM rel"
	    "  UNION ALL SELECT 'column ' || r.oid::regclass || '.' || a.attname, r.relowner, "
	    "a.attacl"
	    "   FROM rel r JOIN pg_attribute a ON a.attrelid = r.oid AND NOT a.attisdropped"
	    "  UNION ALL SELECT 'type ' || y.oid::regtype, y.typowner, y.typacl"
	    "   FROM pg_type y JOIN ns ON ns.oid = y.typnamespace WHERE y.typtype = 'd'"
	    "  UNION ALL SELECT 'function ' || p.oid::regprocedure, p.proowner, p.proacl"
	    "   FROM pg_proc p JOIN ns ON ns.oid = p.pronamespace),"
	    " line(t) AS ("
	    "  SELECT 'migration ' || number || ' ' || encode(sha256, 'hex') FROM schema_migration"
	    "  UNION ALL SELECT 'relation ' || oid::regclass || ' ' || relkind::text || "
	    "relpersistence::text"
	    "   || relrowsecurity || relforcerowsecurity FROM rel WHERE relkind <> 'i'"
	    "  UNION ALL SELECT 'column ' || r.oid::regclass || '.' || a.attname || ' '"
	    "   || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || "
	    "a.attidentity::text"
	    "   || a.attgenerated::text || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '-')"
	    "   FROM rel r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT "
	    "a.attisdropped"
	    "   LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum WHERE r.relkind "
	    "<> 'i'"
	    "  UNION ALL SELECT 'constraint ' || n.conrelid::regclass || ' ' || "
	    "pg_get_constraintdef(n.oid)"
	    "   || ' ' || n.convalidated FROM pg_constraint n JOIN rel r ON r.oid = n.conrelid"
	    "  UNION ALL SELECT 'type ' || y.oid::regtype || ' ' || y.typtype::text || ' '"
	    "   || format_type(y.typbasetype, y.typtypmod) || ' ' || y.typnotnull || ' '"
	    "   || coalesce(y.typdefault, '-')"
	    "   FROM pg_type y JOIN ns ON ns.oid = y.typnamespace WHERE y.typtype NOT IN ('b', 'c')"
	    "  UNION ALL SELECT 'constraint ' || n.contypid::regtype || ' ' || "
	    "pg_get_constraintdef(n.oid)"
	    "   || ' ' || n.convalidated FROM pg_constraint n JOIN pg_type y ON y.oid = n.contypid"
	    "   JOIN ns ON ns.oid = y.typnamespace"
	    "  UNION ALL SELECT 'index ' || pg_get_indexdef(i.indexrelid) || ' ' || i.indisvalid"
	    "   FROM pg_index i JOIN rel r ON r.oid = i.indrelid"
	    "  UNION ALL SELECT 'trigger ' || pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text"
	    "   FROM pg_trigger t JOIN rel r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal"
	    "  UNION ALL SELECT 'disabled ' || t.tgrelid::regclass || ' ' || count(*)"
	    "   FROM pg_trigger t JOIN rel r ON r.oid = t.tgrelid"
	    "   WHERE t.tgisinternal AND t.tgenabled <> 'O' GROUP BY t.tgrelid"
	    "  UNION ALL SELECT 'function ' || pg_get_functiondef(p.oid)"
	    "   FROM pg_proc p JOIN ns ON ns.oid = p.pronamespace WHERE p.prokind IN ('f', 'p')"
	    "  UNION ALL SELECT 'rule ' || pg_get_ruledef(w.oid) || ' ' || w.ev_enabled::text"
	    "   FROM pg_rewrite w JOIN rel r ON r.oid = w.ev_class"
	    "  UNION ALL SELECT 'policy ' || l.polrelid::regclass || ' ' || l.polname || ' ' || "
	    "l.polcmd::text"
	    "   || ' ' || coalesce(pg_get_expr(l.polqual, l.polrelid), '-') || ' '"
	    "   || coalesce(pg_get_expr(l.polwithcheck, l.polrelid), '-')"
	    "   FROM pg_policy l JOIN rel r ON r.oid = l.polrelid"
	    "  UNION ALL SELECT 'event ' || evtname || ' ' || evtevent || ' ' || "
	    "evtfoid::regprocedure"
	    "   || ' ' || evtenabled::text FROM pg_event_trigger"
	    "  UNION ALL SELECT 'grant ' || what || ' ' || x.privilege_type || ' ' || "
	    "x.is_grantable || ' '"
	    "   || CASE WHEN x.grantee = 0 THEN '(all)' WHEN x.grantee = owner THEN '(owner)'"
	    "      ELSE regexp_replace(pg_get_userbyid(x.grantee)::text, '^kofu_[0-9]{6}_', "
	    "'kofu_*_') END"
	    "   FROM acl, aclexplode(items) x)"
	    "SELECT encode(sha256(convert_to(string_agg(t, E'\\n' ORDER BY t COLLATE \"C\"), "
	    "'UTF8')), 'hex')"
	    "  FROM line",
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

int
db_schema_digest(struct db *db, uint8_t ret[32], struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask0(db, &migrate_catalogue, &rows, err);
	if (r)
		return err_fold(err, r, "schema digest");
	const char *hex = db_text(rows, 0, 0);
	if (hex == NULL || !text_hex_parse(hex, strlen(hex), ret, 32))
		return err_raise(err, FAULT_INTERNAL, "schema digest", 0);
	return 0;
}
