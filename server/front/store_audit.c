/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "server/audit/audit.h"
#include "server/front/store.h"
#include "wire/js.h"
#include <string.h>

static const char *
detail_make(struct arena *a, const struct store_issue *i)
{
	AUTO(json_t) json_t *j = json_object();
	json_t *numbers = json_array();
	struct err err = { 0 };
	struct buf b;
	js_put_hex(j, "order", i->id.b, sizeof(i->id.b));
	if (i->kind != 0)
		js_put_text(j, "doc", doc_kind_name(i->kind));
	if (i->kiosk != NULL)
		js_put_text(j, "kiosk", i->kiosk);
	for (unsigned k = 0; k < i->n_copies; k++)
		(void)json_array_append_new(numbers, json_string(i->copies[k].number));
	js_put(j, "numbers", numbers);
	if (i->again.id != 0)
		js_put_text(j, "reissue_of", i->again.number);
	buf_init(&b, AUDIT_DETAIL_MAX_BYTES);
	const char *s = js_format(j, &b, &err) == 0 && buf_ok(&b)
	    ? arena_strndup(a, (const char *)b.p, b.bytes)
	    : NULL;
	buf_done(&b);
	return s;
}

/* Whose rows are on it, and who ordered: once each. */
static int
audit_queue(struct audit_many *many, struct arena *a, const struct front_muni *m,
    const struct store_issue *i, const char *action, int64_t now_ms, struct db_queue *queue,
    struct err *err)
{
	const struct audit_event e = { .source = AUDIT_ISSUE,
		.kind = AUDIT_WRITE,
		.at_ms = now_ms,
		.actor = "front",
		.action = action,
		.detail = detail_make(a, i) };
	bool self = false;
	for (unsigned k = 0; k < i->n_printed; k++) {
		const uint8_t *ref = i->printed[k].ref.b;
		self = self || memcmp(ref, i->ref.b, PERSON_REF_BYTES) == 0;
		audit_many_add(many, ref);
	}
	if (!self)
		audit_many_add(many, i->ref.b);
	return err_trace(err, audit_many_write(many, &m->vault, &e, queue, err), "audit");
}

int
store_end(struct db *db, struct db_queue *queue, struct arena *a, const struct front_muni *m,
    const struct store_issue *i, const char *action, int64_t now_ms, struct err *err)
{
	struct db_queue empty = { 0 };
	struct db_queue *all = queue != NULL ? queue : &empty;
	struct audit_many many;
	audit_many_begin(&many);
	int r = audit_queue(&many, a, m, i, action, now_ms, all, err);
	if (r == 0) {
		db_queue_put(all, &db_query_commit, NULL, 0, NULL);
		r = db_queue_run(db, all, err);
	}
	audit_many_done(&many);
	return err_trace(err, r, "end");
}
