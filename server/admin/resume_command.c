/* SPDX-License-Identifier: Apache-2.0 */
/* A stop is lifted by a human, behind a reconciliation that began after it. */
#include "base/clock.h"
#include "domain/vault.h"
#include "queries/asp_admin.h"
#include "server/admin/admin_int.h"
#include "server/admin/tenant_db.h"
#include "server/audit/audit.h"

#include <stdio.h>
#include <string.h>

enum {
	RESUME_ARENA_BYTES = 4 * 1024 * 1024,
	RESUME_TRIES = 5,
	RESUME_E_NOT = 1461,        /* it was not stopped */
	RESUME_E_UNCOMPARED = 1462, /* no reconciliation since */
};
struct resume {
	struct db *db;
	const char *socket; /* of kofu-seal */
	struct muni_code muni;
	bool anyway; /* by a human's word alone */
};

static int
stop_lift(const struct resume *x, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask(x->db, &q_admin_tenant_resume, &rows, err, db_bool_arg(x->anyway));
	if (r)
		return err_trace(err, r, "resume");
	if (!db_bool(rows, 0, 0))
		return RESUME_E_NOT;
	return db_bool(rows, 0, 1) ? 0 : RESUME_E_UNCOMPARED;
}

/* The city reads in its audit that nobody compared, and when. */
static int
note(const struct resume *x, const struct vault *v, struct err *err)
{
	const struct audit_event e = { .source = AUDIT_OPERATOR,
		.kind = AUDIT_WRITE,
		.at_ms = clock_now_ms(),
		.actor = "kofu-server",
		.action = "replica.resumed-not-reconciled",
		.detail = "{}" };
	return audit_add(x->db, v, &e, err);
}

static int
anyway_inside(const struct resume *x, const struct vault *v, struct err *err)
{
	int r = db_begin(x->db, DB_READ_COMMITTED, err);
	if (r == 0)
		r = stop_lift(x, err);
	if (r == 0)
		r = note(x, v, err);
	if (r == 0)
		r = db_commit(x->db, err);
	if (r)
		db_rollback(x->db);
	return err_trace(err, r, "resume");
}

static int
anyway_run(const struct resume *x, struct err *err)
{
	struct vault v;
	int r = tenant_vault_open(x->db, x->socket, x->muni, &v, err);
	if (r)
		return err_trace(err, r, "resume");
	r = anyway_inside(x, &v, err);
	for (unsigned i = 1; r == DB_E_RETRY && i < RESUME_TRIES; i++)
		r = anyway_inside(x, &v, err);
	vault_done(&v);
	return err_trace(err, r, "resume");
}

int
admin_command_resume(int argc, char **argv)
{
	struct err err = { 0 };
	struct resume x = { .anyway = argc == 4 };
	if (argc != 3 && (argc != 4 || strcmp(argv[3], "--not-reconciled") != 0))
		return admin_usage(ADMIN_USAGE_RESUME);
	AUTO(arena) struct arena *a = arena_new(RESUME_ARENA_BYTES);
	int r = admin_sync_open(a, argv, &x.db, &x.socket, &x.muni, &err);
	if (r == 0)
		r = x.anyway ? anyway_run(&x, &err) : stop_lift(&x, &err);
	db_close(x.db);
	if (r == RESUME_E_UNCOMPARED)
		return admin_refused(argv[0],
		    "no reconciliation that began after the stop has ended with nobody open: "
		    "kofu-agent reconcile");
	if (r != 0 && r != RESUME_E_NOT)
		return admin_failed(r, argv[0], &err);
	printf("%s: %s\n", x.muni.s, r == 0 ? "serves again" : "was not stopped");
	return 0;
}
