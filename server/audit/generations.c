/* SPDX-License-Identifier: Apache-2.0 */
#include "server/audit/generations.h"
#include "base/mem.h"
#include "queries/asp_audit.h"
#include "server/seal/client.h"
#include "wire/js.h"

static json_t *
directory_json(const struct keydir *d)
{
	json_t *o = json_object();
	json_t *list = json_array();
	for (unsigned i = 0; i < d->n; i++) {
		json_t *k = json_object();
		js_put_int(k, "generation", (int64_t)i + 1);
		js_put_hex(k, "kid", d->key[i].id.b, KEY_ID_BYTES);
		js_put_text(k, "state", keydir_state_name(keydir_state(&d->key[i])));
		(void)json_array_append_new(list, k);
	}
	js_put_int(o, "seq", d->seq);
	js_put(o, "keys", list);
	return o;
}

/* Together, or not at all: of two servers one tells of it. */
static int
change_enter(struct db *db, const struct vault *v, const struct keydir *d, int64_t now_ms,
    const char *detail, struct err *err)
{
	AUTO(db_rows) struct db_rows *moved = NULL;
	const struct audit_event e = { .source = AUDIT_OPERATOR,
		.kind = AUDIT_WRITE,
		.at_ms = now_ms,
		.actor = "kofu-seal",
		.action = "keys.change",
		.detail = detail };
	int r = db_begin(db, DB_READ_COMMITTED, err);
	if (r == 0)
		r = db_ask(db, &q_audit_keys_seen, &moved, err, db_int_arg(d->seq));
	if (r == 0 && db_n_touched(moved) == 1)
		r = audit_add(db, v, &e, err);
	if (r == 0)
		r = db_commit(db, err);
	if (r)
		db_rollback(db);
	return r;
}

int
audit_generations(struct db *db, const struct vault *v, const char *seal_socket, int64_t *seen,
    int64_t now_ms, struct err *err)
{
	AUTO(json_t) json_t *o = NULL;
	struct keydir d;
	struct buf text;
	int r = seal_keys(seal_socket, v->muni, &d, err);
	if (r)
		return err_fold(err, r, "key directory");
	if (d.seq == *seen)
		return 0;
	o = directory_json(&d);
	buf_init(&text, AUDIT_DETAIL_MAX_BYTES);
	r = js_format(o, &text, err);
	buf_u8(&text, 0);
	if (r == 0)
		r = change_enter(db, v, &d, now_ms, (const char *)text.p, err);
	buf_done(&text);
	if (r == 0)
		*seen = d.seq;
	return err_fold(err, r, "generations");
}
