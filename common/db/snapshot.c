/* SPDX-License-Identifier: Apache-2.0 */
#include "db/snapshot.h"
#include "base/mem.h"
#include "db/db_private.h"

#include <stdio.h>
#include <string.h>

enum { SNAPSHOT_SQL_BYTES = 256 };

struct db_slot_snapshot {
	struct db as_db; /* only to share db_failed() */
	char name[SNAPSHOT_NAME_MAX + 1];
};

/* Replication commands take no arguments: what goes into them is checked letter by letter. */
static bool
is_word_of(const char *s, const char *letters)
{
	size_t n = strlen(s);
	return n >= 1 && n <= SNAPSHOT_NAME_MAX && strspn(s, letters) == n;
}

static int
slot_connect(const char *conninfo, struct db_slot_snapshot *s, struct err *err)
{
	static const char *const keys[] = { "connect_timeout", "dbname", "replication", NULL };
	const char *const values[] = { "3", conninfo, "database", NULL };
	s->as_db.conn = PQconnectdbParams(keys, values, 1);
	if (PQstatus(s->as_db.conn) != CONNECTION_OK)
		return err_raise(err, FAULT_UNAVAILABLE, "register connect", 0);
	return 0;
}

static int
slots_drop_old(struct db_slot_snapshot *s, const char *base, struct err *err)
{
	char sql[SNAPSHOT_SQL_BYTES];
	(void)snprintf(sql, sizeof(sql),
	    "SELECT slot_name, active FROM pg_replication_slots WHERE database = current_database()"
	    " AND slot_name ~ '^%s(_load_[0-9]+)?$' ORDER BY active DESC, slot_name",
	    base);
	AUTO_RESULT PGresult *res = PQexec(s->as_db.conn, sql);
	if (PQresultStatus(res) != PGRES_TUPLES_OK)
		return db_failed(&s->as_db, res, "slot", err);
	int r = 0;
	if (PQntuples(res) > 0 && strcmp(PQgetvalue(res, 0, 1), "t") == 0)
		return err_raise(err, FAULT_UNAVAILABLE, "slot is being read: stop the agent", 0);
	for (int i = 0; i < PQntuples(res) && r == 0; i++) {
		(void)snprintf(sql, sizeof(sql), "DROP_REPLICATION_SLOT %s", PQgetvalue(res, i, 0));
		r = db_exec(&s->as_db, sql, "drop slot", err);
	}
	return err_trace(err, r, "slots");
}

static int
slot_make(struct db_slot_snapshot *s, const char *slot, uint64_t *ret_lsn, struct err *err)
{
	char sql[SNAPSHOT_SQL_BYTES];
	(void)snprintf(
	    sql, sizeof(sql), "CREATE_REPLICATION_SLOT %s LOGICAL pgoutput EXPORT_SNAPSHOT", slot);
	/* slot_name, consistent_point, snapshot_name, output_plugin */
	AUTO_RESULT PGresult *res = PQexec(s->as_db.conn, sql);
	if (PQresultStatus(res) != PGRES_TUPLES_OK)
		return db_failed(&s->as_db, res, "make slot", err);
	if (PQntuples(res) != 1 || PQnfields(res) < 3 ||
	    !db_lsn_parse(PQgetvalue(res, 0, 1), ret_lsn) ||
	    !is_word_of(PQgetvalue(res, 0, 2), "0123456789ABCDEF-"))
		return err_raise(err, FAULT_INTERNAL, "slot's answer", PQnfields(res));
	memcpy(s->name, PQgetvalue(res, 0, 2), strlen(PQgetvalue(res, 0, 2)) + 1);
	return 0;
}

int
db_slot_snapshot_open(const char *conninfo, const char *base, const char *slot,
    struct db_slot_snapshot **ret, uint64_t *ret_lsn, struct err *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	uint64_t lsn = 0;
	if (!is_word_of(base, letters) || !is_word_of(slot, letters))
		return err_raise(err, FAULT_CONFIG, "slot's name", 0);
	struct db_slot_snapshot *s = mem_zero(sizeof(*s));
	int r = slot_connect(conninfo, s, err);
	if (r == 0)
		r = slots_drop_old(s, base, err);
	if (r == 0)
		r = slot_make(s, slot, &lsn, err);
	if (r) {
		db_slot_snapshot_close(s);
		return err_fold(err, r, "snapshot");
	}
	*ret = s;
	*ret_lsn = lsn;
	return 0;
}

void
db_slot_snapshot_close(struct db_slot_snapshot *s)
{
	if (s == NULL)
		return;
	PQfinish(s->as_db.conn);
	mem_free(s);
}

int
db_begin_at(struct db *db, const struct db_slot_snapshot *s, struct err *err)
{
	char sql[SNAPSHOT_SQL_BYTES];
	(void)snprintf(sql, sizeof(sql), "SET TRANSACTION SNAPSHOT '%s'", s->name);
	int r = db_begin(db, DB_SNAPSHOT, err);
	if (r == 0)
		r = db_exec(db, sql, "snapshot", err);
	return err_fold(err, r, "begin at a snapshot");
}
