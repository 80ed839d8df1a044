/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "domain/muni.h"
#include "queries/asp_admin.h"
#include "server/admin/admin_int.h"
#include "server/admin/tenant_db.h"
#include "server/audit/verify.h"
#include "server/seal/client.h"
#include "server/server_conf.h"

#include <stdio.h>
#include <string.h>

/*
 * More than any municipality issues between a backup and the loss of what came
 * after it; the center, which knows every number it passed on, refuses one that
 * comes twice all the same.
 */
enum {
	RESTORED_SKIP_NUMBERS = 1000000,
	RESTORED_ARENA_BYTES = 4 * 1024 * 1024,
	RESTORED_TRIES = 5,
	RESTORED_E_NOT = 1451,  /* this database is where it was */
	RESTORED_E_LOST = 1452, /* the witness knows of more than is here */
	RESTORED_E_COPY = 1453, /* no standby of that cluster, but another one */
};
enum restored_how { RESTORED_BACKUP, RESTORED_LOST, RESTORED_PROMOTED };

struct restored {
	enum restored_how how;
	struct muni_code muni;
	struct db *db;
	const char *socket; /* of kofu-seal */
	int64_t seq, witness_seq, witness_ms;
	int64_t next_number;
};

static int
witness_ask(struct arena *a, char **argv, struct restored *x, struct err *err)
{
	struct server_conf c;
	const char *jws = NULL;
	struct keydir keys;
	struct audit_checkpoint known;
	int r = server_conf_load(a, argv[1], &c, err);
	if (r == 0)
		r = admin_witness_read(a, &c, x->muni.s, NULL, &jws, err);
	if (r || jws == NULL)
		return err_trace(err, r, "witness");
	r = seal_keys(c.seal_socket, x->muni, &keys, err);
	if (r)
		return err_fold(err, r, "witness");
	/* By a revoked key too: without it nobody would hear of what is lost. */
	if (!audit_checkpoint_read(&keys, jws, &known))
		return err_raise(err, FAULT_INTEGRITY, "witness", 0);
	x->witness_seq = known.seq;
	x->witness_ms = known.time_ms;
	return 0;
}

static int
state_ask(struct restored *x, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask0(x->db, &q_admin_restored_state, &rows, err);
	if (r)
		return err_fold(err, r, "state");
	x->seq = db_int(rows, 0, 1);
	x->next_number = db_int(rows, 0, 2);
	return db_bool(rows, 0, 0) ? 0 : RESTORED_E_NOT;
}

static int
number_skip(struct restored *x, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r =
	    db_ask(x->db, &q_admin_restored_accept, &rows, err, db_int_arg(RESTORED_SKIP_NUMBERS));
	if (r)
		return err_trace(err, r, "accept");
	x->next_number = db_int(rows, 0, 0);
	return 0;
}

/* Nothing is skipped, nothing stopped: who took over had every number that was given. */
static int
promoted_accept(struct restored *x, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask0(x->db, &q_admin_promoted_accept, &rows, err);
	if (r)
		return err_trace(err, r, "accept");
	return db_n(rows) == 1 ? 0 : RESTORED_E_COPY;
}

/* The city reads in its audit that somebody said so, and when. */
static int
note(struct restored *x, const struct vault *v, struct arena *a, struct err *err)
{
	static const char *const actions[] = { "replica.restored", "replica.restored-lost",
		"replica.promoted" };
	const struct audit_event e = { .source = AUDIT_OPERATOR,
		.kind = AUDIT_WRITE,
		.at_ms = clock_now_ms(),
		.actor = "kofu-server",
		.action = actions[x->how],
		.detail = arena_printf(a, "{\"seq\":%lld,\"witness\":%lld}", (long long)x->seq,
		    (long long)x->witness_seq) };
	return audit_add(x->db, v, &e, err);
}

static int
accept_inside(struct restored *x, const struct vault *v, struct arena *a, struct err *err)
{
	int r = db_begin(x->db, DB_READ_COMMITTED, err);
	if (r == 0)
		r = x->how == RESTORED_PROMOTED ? promoted_accept(x, err) : number_skip(x, err);
	if (r == 0)
		r = note(x, v, a, err);
	if (r == 0)
		r = db_commit(x->db, err);
	if (r)
		db_rollback(x->db);
	return err_trace(err, r, "accept");
}

static int
restored_accept(struct restored *x, struct arena *a, struct err *err)
{
	struct vault v;
	int r = tenant_vault_open(x->db, x->socket, x->muni, &v, err);
	if (r)
		return err_trace(err, r, "accept");
	r = accept_inside(x, &v, a, err);
	for (unsigned i = 1; r == DB_E_RETRY && i < RESTORED_TRIES; i++)
		r = accept_inside(x, &v, a, err);
	vault_done(&v);
	return r == RESTORED_E_COPY ? r : err_fold(err, r, "accept");
}

static int
restored_run(struct arena *a, char **argv, struct restored *x, struct err *err)
{
	int r = admin_sync_open(a, argv, &x->db, &x->socket, &x->muni, err);
	if (r == 0)
		r = state_ask(x, err);
	if (r == 0)
		r = witness_ask(a, argv, x, err);
	if (r == 0 && x->witness_seq > x->seq && x->how != RESTORED_LOST)
		r = RESTORED_E_LOST;
	if (r == 0)
		r = restored_accept(x, a, err);
	db_close(x->db);
	return err_trace(err, r, "restored");
}

static void
restored_report(const struct restored *x)
{
	char at[26];
	clock_format_rfc3339(x->witness_ms, at);
	printf("%s: the audit reaches seq %lld; its witness knew seq %lld (%s)\n", x->muni.s,
	    (long long)x->seq, (long long)x->witness_seq, x->witness_seq ? at : "none");
}

static int
restored_refuse(const char *name, const struct restored *x, int r, const struct err *err)
{
	if (r == RESTORED_E_NOT)
		return admin_refused(name, "this database is where it was");
	if (r == RESTORED_E_COPY)
		return admin_refused(name,
		    "this is no standby of the cluster that it was served "
		    "from: without --promoted");
	if (r != RESTORED_E_LOST)
		return admin_failed(r, name, err);
	restored_report(x);
	if (x->how == RESTORED_PROMOTED)
		return admin_refused(name, "it has not all that was answered: without --promoted");
	return admin_refused(
	    name, "acts of staff are lost: have the city enter its stops again, then --lost");
}

static bool
restored_options(int argc, char **argv, enum restored_how *ret)
{
	if (argc == 3)
		return true;
	*ret = argc == 4 && strcmp(argv[3], "--lost") == 0 ? RESTORED_LOST : RESTORED_PROMOTED;
	return argc == 4 && (*ret == RESTORED_LOST || strcmp(argv[3], "--promoted") == 0);
}

int
admin_command_restored(int argc, char **argv)
{
	AUTO(arena) struct arena *a = arena_new(RESTORED_ARENA_BYTES);
	struct restored x = { .how = RESTORED_BACKUP };
	struct err err = { 0 };
	if (!restored_options(argc, argv, &x.how))
		return admin_usage(ADMIN_USAGE_RESTORED);
	int r = restored_run(a, argv, &x, &err);
	if (r)
		return restored_refuse(argv[0], &x, r, &err);
	restored_report(&x);
	if (x.how == RESTORED_PROMOTED)
		printf("%s: promoted; issues as before\n", x.muni.s);
	else
		printf("%s: issue numbers go on from %lld. Still stopped: reconcile, then resume\n",
		    x.muni.s, (long long)x.next_number);
	return 0;
}
