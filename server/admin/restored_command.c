/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "domain/muni.h"
#include "pki/jose.h"
#include "queries/asp_admin.h"
#include "server/admin/admin_int.h"
#include "server/seal/client.h"
#include "server/server_conf.h"
#include "wire/js.h"

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
	RESTORED_E_NOT = 1451,  /* this database is where it was */
	RESTORED_E_LOST = 1452, /* the witness knows of more than is here */
};

struct restored {
	struct muni_code muni;
	struct db *db;
	int64_t seq, witness_seq, witness_ms;
	int64_t next_number;
};

/* The newest checkpoint that somebody else kept, in the municipality's own signature. */
static int
witness_open(
    struct arena *a, const char *jws, const uint8_t *point, struct restored *x, struct err *err)
{
	AUTO(json_t) json_t *o = NULL;
	const char *muni = NULL;
	struct key_point key;
	uint8_t *p = NULL;
	size_t n = 0;
	memcpy(key.b, point, KEY_POINT_BYTES);
	int r = jws_verify(a, &key, "kofu-audit", jws, strlen(jws), &p, &n, err);
	if (r == 0)
		r = js_parse(p, n, &o, err);
	if (r == 0)
		r = js_text(o, "muni", 6, &muni, err);
	if (r == 0 && strcmp(muni, x->muni.s) != 0)
		r = err_raise(err, FAULT_INTEGRITY, "checkpoint of another municipality", 0);
	if (r == 0)
		r = js_int(o, "seq", 0, INT64_MAX, &x->witness_seq, err);
	if (r == 0)
		r = js_int(o, "time_ms", 0, INT64_MAX, &x->witness_ms, err);
	return err_fold(err, r, "witness");
}

static int
witness_ask(struct arena *a, char **argv, struct restored *x, struct err *err)
{
	struct server_conf c;
	const char *jws = NULL;
	uint8_t point[KEY_POINT_BYTES];
	int r = server_conf_load(a, argv[1], &c, err);
	if (r == 0)
		r = admin_witness_read(a, &c, x->muni.s, NULL, &jws, err);
	if (r || jws == NULL)
		return err_trace(err, r, "witness");
	r = seal_key_point(c.seal_socket, x->muni, point, err);
	return r ? err_fold(err, r, "witness") : witness_open(a, jws, point, x, err);
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
restored_accept(struct restored *x, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r =
	    db_ask(x->db, &q_admin_restored_accept, &rows, err, db_int_arg(RESTORED_SKIP_NUMBERS));
	if (r)
		return err_fold(err, r, "accept");
	x->next_number = db_int(rows, 0, 0);
	return 0;
}

static int
restored_run(struct arena *a, char **argv, bool lost, struct restored *x, struct err *err)
{
	const char *socket = NULL;
	int r = admin_sync_open(a, argv, &x->db, &socket, &x->muni, err);
	if (r == 0)
		r = state_ask(x, err);
	if (r == 0)
		r = witness_ask(a, argv, x, err);
	if (r == 0 && x->witness_seq > x->seq && !lost)
		r = RESTORED_E_LOST;
	if (r == 0)
		r = restored_accept(x, err);
	db_close(x->db);
	return err_trace(err, r, "restored");
}

int
admin_command_restored(int argc, char **argv)
{
	AUTO(arena) struct arena *a = arena_new(RESTORED_ARENA_BYTES);
	struct restored x = { .seq = 0 };
	struct err err = { 0 };
	char at[26];
	bool lost = argc == 4 && strcmp(argv[3], "--lost") == 0;
	if (argc != 3 && !lost)
		return admin_usage(ADMIN_USAGE_RESTORED);
	int r = restored_run(a, argv, lost, &x, &err);
	if (r == RESTORED_E_NOT)
		return admin_refused(argv[0], "this database is where it was");
	if (r == 0 || r == RESTORED_E_LOST) {
		clock_format_rfc3339(x.witness_ms, at);
		printf("%s: the audit reaches seq %lld; its witness knew seq %lld (%s)\n", x.muni.s,
		    (long long)x.seq, (long long)x.witness_seq, x.witness_seq ? at : "none");
	}
	if (r == RESTORED_E_LOST)
		return admin_refused(argv[0],
		    "acts of staff are lost: have the city enter its stops again, then --lost");
	if (r)
		return admin_failed(r, argv[0], &err);
	printf("%s: issue numbers go on from %lld. Still stopped: reconcile, then resume\n",
	    x.muni.s, (long long)x.next_number);
	return 0;
}
