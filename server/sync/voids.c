/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sync/voids.h"
#include "queries/asp_sync.h"
#include "server/sync/tell.h"

enum { VOIDS_ARENA_BYTES = 1024 * 1024 };

static int
voids_tell(
    struct muni_code muni, const struct db_rows *rows, struct http_client *center, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(VOIDS_ARENA_BYTES);
	AUTO(json_t) json_t *o = json_object();
	json_t *numbers = json_array();
	js_put_text(o, "muni", muni.s);
	js_put(o, "numbers", numbers);
	for (size_t i = 0; i < db_n(rows); i++)
		(void)json_array_append_new(numbers, json_string(db_text(rows, i, 0)));
	return err_trace(
	    err, tell_center(center, a, "/v1/voids", o, "void", (int64_t)db_n(rows), err), "voids");
}

int
voids_push(struct db *db, struct muni_code muni, struct http_client *center, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask(db, &q_sync_void_list, &rows, err, db_int_arg(VOIDS_MAX));
	if (r)
		return err_fold(err, r, "voids");
	if (db_n(rows) == 0)
		return VOIDS_E_NOTHING;
	r = voids_tell(muni, rows, center, err);
	/* One by one: others may have come in between, before these. */
	for (size_t i = 0; r == 0 && i < db_n(rows); i++)
		r = db_ask(db, &q_sync_void_told, NULL, err, db_text_arg(db_text(rows, i, 0)));
	return err_fold(err, r, "voids");
}
