/* SPDX-License-Identifier: Apache-2.0 */
#include "server/admin/tenant_db.h"
#include "base/clock.h"
#include "base/mem.h"
#include "server/seal/ring.h"

#include <stdio.h>
#include <string.h>

int
tenant_db_open(const struct admin_conf *c, struct muni_code muni, struct db **ret, struct err *err)
{
	char conninfo[TENANT_CONNINFO_BYTES];
	int n = snprintf(conninfo, sizeof(conninfo), "%s dbname=kofu_%s", c->database, muni.s);
	if (n < 0 || (size_t)n >= sizeof(conninfo))
		return err_raise(err, FAULT_CONFIG, "admin database", n);
	return err_fold(err, db_open(conninfo, ret, err), "tenant");
}

int
tenant_vault_open(struct db *db, const char *seal_socket, struct muni_code muni, struct vault *ret,
    struct err *err)
{
	struct ring ring;
	ring_init(&ring, muni, seal_socket, ret);
	return err_trace(err, ring_look(&ring, db, clock_now_ms(), err), "vault");
}

int
tenant_db_exec(
    struct db *db, struct arena *a, const char *pattern, struct muni_code muni, struct err *err)
{
	struct buf sql;
	buf_init(&sql, 4096);
	for (const char *s = pattern; *s; s++) {
		if (*s == '@')
			buf_text(&sql, muni.s);
		else
			buf_u8(&sql, (uint8_t)*s);
	}
	/* Prepared statements are remembered by address: it must not be used twice. */
	struct db_query *q = arena_zero(a, sizeof(*q));
	*q = (struct db_query){ .name = "asp/admin/roles",
		.sql = arena_strndup(a, (const char *)sql.p, sql.bytes),
		.rows = DB_ROWS_NONE };
	buf_done(&sql);
	return err_fold(err, db_ask0(db, q, NULL, err), "statement");
}
