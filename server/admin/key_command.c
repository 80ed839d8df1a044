/* SPDX-License-Identifier: Apache-2.0 */
#include "queries/asp_admin.h"
#include "server/admin/admin_int.h"
#include "server/seal/client.h"

#include <stdio.h>
#include <string.h>

enum { KEY_ARENA_BYTES = 4 * 1024 * 1024 };

/* The data key stays: servers that hold the earlier wrapping in memory go on with it. */
static int
rewrap(struct db *db, const char *socket, struct muni_code muni, bool *ret_done, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	AUTO(db_rows) struct db_rows *done = NULL;
	uint8_t now[SEAL_WRAPPED_BYTES];
	size_t bytes = 0;
	int r = db_ask0(db, &q_admin_tenant_key, &rows, err);
	if (r)
		return err_fold(err, r, "tenant");
	const uint8_t *was = db_n(rows) == 1 ? db_bytes(rows, 0, 1, &bytes) : NULL;
	if (was == NULL || bytes != SEAL_WRAPPED_BYTES)
		return err_raise(err, FAULT_CONFIG, "not provisioned", 0);
	r = seal_rewrap(socket, muni, was, now, err);
	if (r == 0)
		r = db_ask(db, &q_admin_tenant_rewrap, &done, err, db_bytes_arg(was, bytes),
		    db_bytes_arg(now, sizeof(now)));
	if (r)
		return err_fold(err, r, "rewrap");
	*ret_done = db_n_touched(done) == 1;
	return 0;
}

int
admin_command_key(int argc, char **argv)
{
	AUTO(arena) struct arena *a = arena_new(KEY_ARENA_BYTES);
	struct err err = { 0 };
	struct db *db = NULL;
	struct muni_code muni;
	const char *socket = NULL;
	bool done = false;
	if (argc != 4 || strcmp(argv[1], "rotate") != 0)
		return admin_usage(ADMIN_USAGE_KEY);
	int r = admin_sync_open(a, argv + 1, &db, &socket, &muni, &err);
	if (r == 0)
		r = rewrap(db, socket, muni, &done, &err);
	db_close(db);
	if (r)
		return admin_failed(r, "key rotate", &err);
	if (!done)
		return admin_refused("key rotate", "somebody else does the same: look, then again");
	printf("%s: the data key is wrapped under the newest key\n", muni.s);
	return 0;
}
