/* SPDX-License-Identifier: Apache-2.0 */
#include "server/admin/tenant_db.h"
#include "base/mem.h"
#include "base/text.h"
#include "queries/asp_admin.h"
#include "server/seal/client.h"

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
	AUTO(db_rows) struct db_rows *rows = NULL;
	uint8_t dek[32];
	size_t bytes = 0;
	int r = db_ask0(db, &q_admin_tenant_key, &rows, err);
	if (r)
		return err_fold(err, r, "tenant");
	const uint8_t *wrapped = db_n(rows) ? db_bytes(rows, 0, 1, &bytes) : NULL;
	if (wrapped == NULL || bytes != SEAL_WRAPPED_BYTES ||
	    !text_equal(db_text(rows, 0, 0), muni.s))
		return err_raise(err, FAULT_CONFIG, "not provisioned", 0);
	if (seal_socket == NULL)
		return err_raise(err, FAULT_CONFIG, "no socket of kofu-seal", 0);
	r = seal_unwrap(seal_socket, muni, wrapped, dek, err);
	if (r == SEAL_E_NO_KEY)
		return err_raise(err, FAULT_CONFIG, "kofu-seal has no keys of it", 0);
	if (r == 0)
		vault_init(ret, muni, dek);
	mem_wipe(dek, sizeof(dek));
	return err_fold(err, r, "data key");
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
