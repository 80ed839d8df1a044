/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 手数料なしの再交付. A paper came out spoilt: its number is void from now on, and whoever ordered
 * it may order the same kind once more without fee, until a day. Where the office has four eyes
 * nothing of that holds until a second person says so. The front uses it in the transaction that
 * makes the order (reissue_use), so it is used once or not at all.
 */
#include "base/clock.h"
#include "base/text.h"
#include "queries/asp_console.h"
#include "server/console/console.h"
#include "server/console/staff.h"

#include <string.h>

enum {
	AGAIN_ASKED = 1,
	AGAIN_ALLOWED = 2,
	AGAIN_USED = 3,
	AGAIN_ENDED = 4,
	AGAIN_BACK_DAYS = 31,  /* so long ago a paper may have been issued */
	AGAIN_AHEAD_DAYS = 31, /* so long it may be used, its last day included */
	AGAIN_NOTE_BYTES = 4096,
	NUMBER_MAX_BYTES = 64,
	DAY_MS = 86400000,
};

static bool
category_is_known(const char *s)
{
	static const char *const known[] = { "kamizumari", "hakushi", "fusenmei", "sonota" };
	for (size_t i = 0; i < N_ELEMENTS(known); i++)
		if (strcmp(s, known[i]) == 0)
			return true;
	return false;
}

size_t
reissue_aad(const char *number, uint8_t ret[AGAIN_AAD_MAX_BYTES])
{
	size_t n = strlen(number);
	n = n < NUMBER_MAX_BYTES ? n : NUMBER_MAX_BYTES;
	memcpy(ret, "again", 5);
	memcpy(ret + 5, number, n);
	return 5 + n;
}

static int
note_seal(struct ask *q, const char *number, const char *category, const char *reason,
    struct db_arg *ret, struct err *err)
{
	AUTO(json_t) json_t *note = json_object();
	uint8_t aad[AGAIN_AAD_MAX_BYTES];
	struct buf b;
	size_t n = reissue_aad(number, aad);
	js_put_text(note, "category", category);
	js_put_text(note, "reason", reason);
	buf_init(&b, AGAIN_NOTE_BYTES);
	int r = js_format(note, &b, err);
	if (r == 0) {
		struct vault_sealed s = vault_box_seal(&q->c->vault, q->a, aad, n, b.p, b.bytes);
		*ret = db_bytes_arg(s.p, s.bytes);
	}
	buf_done(&b);
	return err_trace(err, r, "note");
}

/* Its last day, today at the earliest; what is returned is the instant after it. */
static int
until_read(struct ask *q, int64_t *ret_ms, struct err *err)
{
	const char *text = NULL;
	int64_t day_ms = 0;
	int r = ask_text(q, "until", false, &text, err);
	if (r == 0)
		r = ask_day(text, &day_ms, err);
	if (r)
		return err_trace(err, r, "until");
	js_put_text(q->detail, "until", text);
	*ret_ms = day_ms + DAY_MS;
	return *ret_ms > q->now_ms && *ret_ms <= q->now_ms + (int64_t)AGAIN_AHEAD_DAYS * DAY_MS
	    ? 0
	    : CONSOLE_E_PERIOD;
}

/* 無効, and the banks hear of it. A kiosk may have said so before. */
static int
number_void(struct ask *q, const char *number, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask(q->db, &q_console_issue_void, &rows, err, db_text_arg(number));
	if (r == 0 && db_n(rows) > 0)
		r = db_ask(q->db, &q_console_void_tell, NULL, err, db_text_arg(number),
		    db_int_arg(q->now_ms));
	return err_trace(err, r, "void");
}

static int
again_result(int r, struct err *err)
{
	if (r == DB_E_CONFLICT) /* of that paper, or of that person and kind */
		return CONSOLE_E_EXISTS;
	return r == DB_E_RETRY || r >= CONSOLE_E_SESSION ? r : err_fold(err, r, "reissue");
}

static int
again_add(struct ask *q, const char *number, struct db_arg note, int64_t until_ms, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	uint8_t ref[16];
	int state = q->c->section->four_eyes ? AGAIN_ASKED : AGAIN_ALLOWED;
	int r = db_ask(q->db, &q_console_reissue_over, NULL, err, db_int_arg(q->now_ms));
	if (r == 0)
		r = db_ask(q->db, &q_console_reissue_add, &rows, err, db_text_arg(number),
		    db_int_arg(q->now_ms - (int64_t)AGAIN_BACK_DAYS * DAY_MS), db_int_arg(state),
		    note, db_int_arg(until_ms), db_text_arg(q->user), db_int_arg(q->now_ms));
	if (r == 0 && db_n(rows) == 0)
		return CONSOLE_E_UNKNOWN;
	if (r == 0)
		r = column16(rows, 0, 1, ref, err);
	if (r == 0 && state == AGAIN_ALLOWED)
		r = number_void(q, number, err);
	if (r)
		return again_result(r, err);
	ask_subject(q, ref);
	js_put_int(q->out, "id", db_int(rows, 0, 0));
	js_put_int(q->out, "state", state);
	js_put_int(q->detail, "reissue", db_int(rows, 0, 0));
	return 0;
}

int
console_reissue_set(struct ask *q, struct err *err)
{
	static const char *const members[] = { "number", "category", "reason", "until", NULL };
	const char *number = NULL, *category = NULL, *reason = NULL;
	int64_t until_ms = 0;
	struct db_arg note;
	int r = ask_members(q, members, err);
	if (r == 0)
		r = ask_text(q, "number", false, &number, err);
	if (r == 0 && strlen(number) > NUMBER_MAX_BYTES)
		r = err_raise(err, FAULT_BAD_INPUT, "number", (long)strlen(number));
	if (r == 0)
		r = ask_text(q, "category", false, &category, err);
	if (r == 0 && !category_is_known(category))
		r = err_raise(err, FAULT_BAD_INPUT, "category", 0);
	if (r == 0)
		r = ask_text(q, "reason", false, &reason, err);
	if (r == 0)
		r = until_read(q, &until_ms, err);
	if (r == 0)
		r = note_seal(q, number, category, reason, &note, err);
	if (r)
		return err_trace(err, r, "reissue");
	js_put_text(q->detail, "number", number);
	js_put_text(q->detail, "category", category);
	js_put_text(q->detail, "reason", reason);
	return again_add(q, number, note, until_ms, err);
}

/* --- what is decided about it --- */

struct again {
	int64_t id, state, until_ms;
	const char *number, *asked_by;
};

static int
again_lock(struct ask *q, struct again *ret, struct err *err)
{
	static const char *const members[] = { NULL };
	AUTO(db_rows) struct db_rows *rows = NULL;
	uint64_t id = 0;
	uint8_t ref[16];
	int r = ask_members(q, members, err);
	if (r)
		return err_trace(err, r, "reissue");
	if (!text_u64_parse(q->req->arg[0], strlen(q->req->arg[0]), INT64_MAX, &id))
		return CONSOLE_E_UNKNOWN;
	r = db_ask(q->db, &q_console_reissue_lock, &rows, err, db_int_arg((int64_t)id));
	if (r)
		return err_trace(err, r, "reissue");
	if (db_n(rows) == 0)
		return CONSOLE_E_UNKNOWN;
	*ret = (struct again){ .id = (int64_t)id,
		.number = arena_strdup(q->a, db_text(rows, 0, 0)),
		.state = db_int(rows, 0, 2),
		.asked_by = arena_strdup(q->a, db_text(rows, 0, 3)),
		.until_ms = db_int(rows, 0, 4) };
	js_put_int(q->detail, "reissue", ret->id);
	js_put_text(q->detail, "number", ret->number);
	r = column16(rows, 0, 1, ref, err);
	if (r == 0)
		ask_subject(q, ref);
	return err_trace(err, r, "reissue");
}

static int
again_move(struct ask *q, const struct again *x, int state, struct err *err)
{
	int r = db_ask(q->db, &q_console_reissue_move, NULL, err, db_int_arg(x->id),
	    db_int_arg(state), db_text_arg(q->user), db_int_arg(q->now_ms));
	if (r == 0 && state == AGAIN_ALLOWED)
		r = number_void(q, x->number, err);
	js_put_int(q->out, "state", state);
	return again_result(r, err);
}

int
console_reissue_approve(struct ask *q, struct err *err)
{
	struct again x = { 0 };
	int r = again_lock(q, &x, err);
	if (r)
		return again_result(r, err);
	if (x.state != AGAIN_ASKED || x.until_ms <= q->now_ms)
		return CONSOLE_E_STATE;
	if (text_equal(x.asked_by, q->user))
		return CONSOLE_E_SAME;
	return again_move(q, &x, AGAIN_ALLOWED, err);
}

/* The second person says no. */
int
console_reissue_refuse(struct ask *q, struct err *err)
{
	struct again x = { 0 };
	int r = again_lock(q, &x, err);
	if (r)
		return again_result(r, err);
	return x.state == AGAIN_ASKED ? again_move(q, &x, AGAIN_ENDED, err) : CONSOLE_E_STATE;
}

/* Taken back before it is used; the number stays void. */
int
console_reissue_end(struct ask *q, struct err *err)
{
	struct again x = { 0 };
	int r = again_lock(q, &x, err);
	if (r)
		return again_result(r, err);
	return x.state == AGAIN_ASKED || x.state == AGAIN_ALLOWED
	    ? again_move(q, &x, AGAIN_ENDED, err)
	    : CONSOLE_E_STATE;
}

/* --- the list --- */

static int
note_open(struct ask *q, const struct db_rows *rows, size_t i, json_t **ret, struct err *err)
{
	uint8_t aad[AGAIN_AAD_MAX_BYTES];
	uint8_t *p = NULL;
	size_t n = 0, bytes = 0;
	const uint8_t *sealed = db_bytes(rows, i, 4, &bytes);
	size_t aad_bytes = reissue_aad(db_text(rows, i, 1), aad);
	int r = vault_box_open(&q->c->vault, q->a, aad, aad_bytes, sealed, bytes, &p, &n, err);
	if (r == 0)
		r = js_parse(p, n, ret, err);
	return err_fold(err, r, "note");
}

static int
again_describe(struct ask *q, const struct db_rows *rows, size_t i, json_t *list, struct err *err)
{
	json_t *j = NULL;
	uint8_t ref[16];
	struct resident who = { 0 };
	int r = column16(rows, i, 11, ref, err);
	if (r == 0 && !db_is_null(rows, i, 13))
		r = ask_resident(q, rows, i, 12, ref, &who, err);
	if (r == 0)
		r = note_open(q, rows, i, &j, err);
	if (r)
		return err_trace(err, r, "reissue");
	bool over = db_int(rows, i, 5) <= q->now_ms && db_int(rows, i, 3) <= AGAIN_ALLOWED;
	js_put_int(j, "id", db_int(rows, i, 0));
	js_put_text(j, "number", db_text(rows, i, 1));
	js_put_text(j, "kind", doc_kind_title((enum doc_kind)db_int(rows, i, 2)));
	js_put_int(j, "state", over ? AGAIN_ENDED : db_int(rows, i, 3));
	js_put_int(j, "until_ms", db_int(rows, i, 5));
	js_put_text(j, "asked_by", db_text(rows, i, 6));
	js_put_int(j, "asked_ms", db_int(rows, i, 7));
	js_put_text(j, "decided_by", db_text(rows, i, 8));
	js_put_int(j, "used_ms", db_int(rows, i, 9));
	js_put_text(j, "used_by", db_text(rows, i, 10));
	js_put_text(j, "atena_no", who.atena_no != NULL ? who.atena_no : "");
	js_put_text(j, "name",
	    who.name != NULL             ? who.name
		: who.name_latin != NULL ? who.name_latin
					 : "");
	(void)json_array_append_new(list, j);
	ask_subject(q, ref);
	return 0;
}

int
console_reissues(struct ask *q, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	json_t *list = json_array();
	js_put(q->out, "reissues", list);
	int r = db_ask(q->db, &q_console_reissue_list, &rows, err, db_int_arg(CONSOLE_MAX_LIST));
	for (size_t i = 0; r == 0 && i < db_n(rows); i++)
		r = again_describe(q, rows, i, list, err);
	return err_fold(err, r, "reissues");
}
