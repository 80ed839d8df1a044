/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sync/directory.h"
#include "base/arena.h"
#include "queries/asp_sync.h"
#include "server/sync/tell.h"

enum { PUSH_ARENA_BYTES = 4 * 1024 * 1024 };

static json_t *
push_format(struct muni_code muni, const struct db_rows *rows)
{
	json_t *o = json_object();
	json_t *changes = json_array();
	js_put_text(o, "muni", muni.s);
	js_put_int(o, "seq", db_int(rows, 0, 0));
	for (size_t i = 0; i < db_n(rows); i++) {
		json_t *c = json_object();
		size_t bytes = 0;
		const uint8_t *p = db_bytes(rows, i, 1, &bytes);
		js_put_hex(c, "issuer", p, bytes);
		p = db_bytes(rows, i, 2, &bytes);
		js_put_hex(c, "serial", p, bytes);
		js_put_text(c, "state", db_bool(rows, i, 3) ? "claim" : "release");
		(void)json_array_append_new(changes, c);
	}
	js_put(o, "changes", changes);
	return o;
}

int
directory_push(struct db *db, struct muni_code muni, struct http_client *center, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(PUSH_ARENA_BYTES);
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask0(db, &q_sync_outbox_push, &rows, err);
	if (r == 0 && db_n(rows) == 0) {
		db_rows_free(TAKE(rows));
		r = db_ask(db, &q_sync_outbox_number, NULL, err, db_int_arg(DIRECTORY_MAX_CHANGES));
		if (r == 0)
			r = db_ask0(db, &q_sync_outbox_push, &rows, err);
	}
	if (r)
		return err_fold(err, r, "outbox");
	if (db_n(rows) == 0)
		return DIRECTORY_E_NOTHING;
	int64_t seq = db_int(rows, 0, 0);
	json_t *o = push_format(muni, rows);
	r = tell_center(center, a, "/v1/directory", o, "seq", seq, err);
	json_decref(o);
	if (r)
		return err_trace(err, r, "push");
	r = db_ask(db, &q_sync_outbox_sent, NULL, err, db_int_arg(seq));
	return err_fold(err, r, "outbox");
}
