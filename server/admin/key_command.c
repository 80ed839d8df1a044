/* SPDX-License-Identifier: Apache-2.0 */
#include "queries/asp_admin.h"
#include "server/admin/admin_int.h"
#include "server/seal/client.h"

#include <stdio.h>
#include <string.h>

enum { KEY_ARENA_BYTES = 4 * 1024 * 1024 };

static int
rewrap_one(struct db *db, const char *socket, struct muni_code muni, const struct db_rows *rows,
    size_t i, bool *ret_done, struct err *err)
{
	AUTO(db_rows) struct db_rows *done = NULL;
	struct seal_key k = { .use = (uint8_t)db_int(rows, i, 3),
		.generation = (uint16_t)db_int(rows, i, 4) };
	size_t bytes = 0;
	const uint8_t *was = db_bytes(rows, i, 5, &bytes);
	bool written = k.use == SEAL_KEY_DATA && k.generation == db_int(rows, i, 2);
	if (was == NULL || bytes != SEAL_WRAPPED_BYTES)
		return err_raise(err, FAULT_CONFIG, "not provisioned", 0);
	memcpy(k.wrapped, was, bytes);
	int r = seal_rewrap(socket, muni, &k, err);
	if (r)
		return err_fold(err, r, "rewrap");
	struct db_arg old = db_bytes_arg(was, bytes), now = db_bytes_arg(k.wrapped, bytes);
	r = written ? db_ask(db, &q_admin_tenant_rewrap, &done, err, old, now)
		    : db_ask(db, &q_admin_key_rewrap, &done, err, db_int_arg(k.use),
			  db_int_arg(k.generation), old, now);
	*ret_done = *ret_done && r == 0 && db_n_touched(done) == 1;
	return err_fold(err, r, "rewrap");
}

/* The keys stay: servers that hold the earlier wrapping in memory go on with it. */
static int
rewrap(struct db *db, const char *socket, struct muni_code muni, bool *ret_done, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask0(db, &q_admin_key_ring, &rows, err);
	if (r == 0 && db_n(rows) == 0)
		r = err_raise(err, FAULT_CONFIG, "not provisioned", 0);
	*ret_done = true;
	for (size_t i = 0; r == 0 && i < db_n(rows); i++)
		r = rewrap_one(db, socket, muni, rows, i, ret_done, err);
	return err_fold(err, r, "keys");
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
	if (argc > 2 && strcmp(argv[1], "rotate-data") == 0)
		return admin_command_rotate_data(argc - 1, argv + 1);
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
