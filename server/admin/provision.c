/* SPDX-License-Identifier: Apache-2.0 */
#include "server/admin/provision.h"
#include "queries/asp_admin.h"
#include "queries/asp_migrations.h"
#include "server/admin/tenant_db.h"

#include <stdio.h>

enum { PROVISION_ARENA_BYTES = 65536 };

/* Does not exist yet: @q asks with the name as its argument. */
static int
is_missing(struct db *db, const struct db_query *q, const char *name, bool *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask(db, q, &rows, err, db_text_arg(name));
	if (r)
		return err_fold(err, r, "exists");
	*ret = !db_bool(rows, 0, 0);
	return 0;
}

static int
make_database(struct db *db, struct arena *a, struct muni_code muni, struct err *err)
{
	bool missing = false;
	/* Copying the template may take longer than a statement should. */
	int r = tenant_db_exec(db, a, "SET statement_timeout = 0", muni, err);
	if (r == 0)
		r = is_missing(db, &q_admin_database_exists, arena_printf(a, "kofu_%s", muni.s),
		    &missing, err);
	if (r == 0 && missing)
		r = tenant_db_exec(db, a,
		    "CREATE DATABASE kofu_@ ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE "
		    "template0",
		    muni, err);
	return err_trace(err, r, "database");
}

static int
make_role(struct db *db, struct arena *a, struct muni_code muni, const char *use, struct err *err)
{
	bool missing = false;
	const char *name = arena_printf(a, "kofu_%s_%s", muni.s, use);
	int r = is_missing(db, &q_admin_role_exists, name, &missing, err);
	if (r == 0 && missing)
		r = tenant_db_exec(db, a,
		    arena_printf(a,
			"CREATE ROLE %s LOGIN INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE", name),
		    muni, err);
	return err_trace(err, r, "role");
}

/* Nobody but this municipality's own roles gets in. */
static int
make_roles(struct db *db, struct arena *a, struct muni_code muni, struct err *err)
{
	int r = tenant_db_exec(db, a, "REVOKE ALL ON DATABASE kofu_@ FROM PUBLIC", muni, err);
	if (r == 0)
		r = make_role(db, a, muni, "front", err);
	if (r == 0)
		r = make_role(db, a, muni, "sync", err);
	if (r == 0)
		r = make_role(db, a, muni, "console", err);
	if (r == 0)
		r = make_role(db, a, muni, "audit", err);
	if (r == 0)
		r = tenant_db_exec(db, a,
		    "GRANT CONNECT ON DATABASE kofu_@ TO kofu_@_front, kofu_@_sync, "
		    "kofu_@_console, kofu_@_audit",
		    muni, err);
	return err_trace(err, r, "roles");
}

static int
make_tables(struct db *db, struct arena *a, struct muni_code muni, unsigned *ret, struct err *err)
{
	int r = db_migrate(db, db_asp_migrations, db_asp_migrations_n, ret, err);
	if (r == 0)
		r = tenant_db_exec(db, a, "GRANT kofu_front TO kofu_@_front", muni, err);
	if (r == 0)
		r = tenant_db_exec(db, a, "GRANT kofu_sync TO kofu_@_sync", muni, err);
	if (r == 0)
		r = tenant_db_exec(db, a, "GRANT kofu_console TO kofu_@_console", muni, err);
	if (r == 0)
		r = tenant_db_exec(db, a, "GRANT kofu_audit TO kofu_@_audit", muni, err);
	return err_fold(err, r, "tables");
}

static int
make_tenant(struct db *db, struct muni_code muni, const uint8_t *wrapped, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask0(db, &q_admin_key_ring, &rows, err);
	if (r == 0 && db_n(rows) > 0)
		return PROVISION_E_EXISTS;
	if (r == 0)
		r = db_ask(db, &q_admin_tenant_add, NULL, err, db_text_arg(muni.s),
		    db_bytes_arg(wrapped, PROVISION_WRAPPED_BYTES));
	return err_fold(err, r, "tenant");
}

int
provision(const struct admin_conf *c, struct muni_code muni,
    const uint8_t wrapped[PROVISION_WRAPPED_BYTES], unsigned *ret_migrations, struct err *err)
{
	struct db *server = NULL;
	struct db *db = NULL;
	AUTO(arena) struct arena *a = arena_new(PROVISION_ARENA_BYTES);
	int r = db_open(c->database, &server, err);
	if (r == 0 && wrapped != NULL)
		r = make_database(server, a, muni, err);
	if (r == 0)
		r = make_roles(server, a, muni, err);
	if (r == 0)
		r = tenant_db_open(c, muni, &db, err);
	if (r == 0)
		r = make_tables(db, a, muni, ret_migrations, err);
	if (r == 0 && wrapped != NULL)
		r = make_tenant(db, muni, wrapped, err);
	db_close(db);
	db_close(server);
	return r == PROVISION_E_EXISTS ? r : err_fold(err, r, "provision");
}
