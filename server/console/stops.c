/* SPDX-License-Identifier: Apache-2.0 */
/*
 * コンビニ交付停止. In force from its commit on, under the lock that every issue
 * takes. Its day of review only warns; lifting is an act of its own, and a second
 * person's where the city wants it so (四眼). Why stands sealed: the provider of
 * this server never learns of 支援措置.
 */
#include "base/clock.h"
#include "base/text.h"
#include "queries/asp_console.h"
#include "server/console/console.h"
#include "server/console/staff.h"

#include <string.h>

enum { STOP_IN_FORCE = 1, STOP_ASKED = 2, STOP_LIFTED = 3, NOTE_MAX_BYTES = 4096 };

static const char *const categories[] = { "honnin", "shien", "funshitsu", "sonota", NULL };
static const char *const ways[] = { "madoguchi", "denwa", "shomen", NULL };

static bool
is_one_of(const char *s, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(s, *list) == 0)
			return true;
	return false;
}

void
stop_aad(const uint8_t subject[16], int64_t set_ms, uint8_t ret[STOP_AAD_BYTES])
{
	memcpy(ret, "stop", 4);
	memcpy(ret + 4, subject, 16);
	for (unsigned i = 0; i < 8; i++)
		ret[20 + i] = (uint8_t)((uint64_t)set_ms >> (56 - 8 * i));
}

/* Reason, who asked and how, from when, and the day it is to be looked at again. */
static int
note_make(struct ask *q, json_t *note, struct err *err)
{
	static const char *const keys[] = { "category", "way", "reason", "asked_by", "from",
		"review" };
	const char *value = NULL;
	int64_t day_ms = 0;
	int r = 0;
	for (size_t i = 0; i < N_ELEMENTS(keys) && r == 0; i++) {
		r = ask_text(q, keys[i], i == 5, &value, err);
		if (r == 0 &&
		    ((i == 0 && !is_one_of(value, categories)) ||
			(i == 1 && !is_one_of(value, ways))))
			r = err_raise(err, FAULT_BAD_INPUT, "stop", (long)i);
		if (r == 0 && i >= 4 && value[0] != '\0')
			r = ask_day(value, &day_ms, err);
		/* It is in force at once: a later beginning would be a promise that nobody keeps.
		 */
		if (r == 0 && i == 4 && day_ms > q->now_ms)
			r = err_raise(err, FAULT_BAD_INPUT, "a stop begins today at the latest", 0);
		if (r == 0)
			js_put_text(note, keys[i], value);
	}
	return err_trace(err, r, "stop");
}

static int
note_seal(struct ask *q, const uint8_t subject[16], const json_t *note, struct db_arg *ret,
    struct err *err)
{
	uint8_t aad[STOP_AAD_BYTES];
	struct buf b;
	buf_init(&b, NOTE_MAX_BYTES);
	int r = js_format(note, &b, err);
	stop_aad(subject, q->now_ms, aad);
	if (r == 0) {
		struct vault_sealed s =
		    vault_box_seal(&q->c->vault, q->a, aad, sizeof(aad), b.p, b.bytes);
		*ret = db_bytes_arg(s.p, s.bytes);
	}
	buf_done(&b);
	return err_trace(err, r, "note");
}

/* The lock first: it waits for an issue that holds it, and the next one sees the stop. */
static int
subject_touch(struct ask *q, const uint8_t subject[16], bool household, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask(q->db, household ? &q_console_household_touch : &q_console_person_touch,
	    &rows, err, db_bytes_arg(subject, 16));
	if (r)
		return err_trace(err, r, "subject");
	return db_n_touched(rows) > 0 ? 0 : CONSOLE_E_UNKNOWN;
}

static int
block_renew(struct ask *q, const uint8_t subject[16], struct err *err)
{
	enum { SOURCE_CONSOLE = 4 };
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask(q->db, &q_console_stop_sum, &rows, err, db_bytes_arg(subject, 16));
	if (r)
		return err_trace(err, r, "block");
	int64_t kinds = db_int(rows, 0, 0);
	r = db_ask(q->db, &q_console_block_add, NULL, err, db_bytes_arg(subject, 16),
	    db_bool_arg(kinds != 0), db_int_arg(kinds), db_int_arg(q->now_ms),
	    db_int_arg(SOURCE_CONSOLE));
	return err_trace(err, r, "block");
}

static int
retry_or_fold(int r, struct err *err)
{
	return r == DB_E_RETRY || r >= CONSOLE_E_SESSION ? r : err_fold(err, r, "stop");
}

static int
stop_insert(struct ask *q, const uint8_t subject[16], bool household, unsigned kinds,
    const json_t *note, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct db_arg sealed;
	int r = note_seal(q, subject, note, &sealed, err);
	if (r == 0)
		r = subject_touch(q, subject, household, err);
	if (r == 0)
		r = db_ask(q->db, &q_console_stop_add, &rows, err, db_bytes_arg(subject, 16),
		    db_bool_arg(household), db_int_arg(kinds), sealed, db_text_arg(q->user),
		    db_int_arg(q->now_ms));
	if (r == 0)
		r = block_renew(q, subject, err);
	if (r)
		return retry_or_fold(r, err);
	js_put_int(q->out, "id", db_int(rows, 0, 0));
	js_put_int(q->detail, "stop", db_int(rows, 0, 0));
	js_put(q->detail, "kinds", kinds_list(kinds));
	ask_subject(q, subject);
	return 0;
}

int
console_stop_set(struct ask *q, struct err *err)
{
	static const char *const members[] = { "subject", "household", "kinds", "category", "way",
		"reason", "asked_by", "from", "review", NULL };
	AUTO(json_t) json_t *note = json_object();
	uint8_t subject[16];
	bool household = false;
	unsigned kinds = 0;
	int r = ask_members(q, members, err);
	if (r == 0)
		r = js_hex(q->body, "subject", subject, sizeof(subject), err);
	if (r == 0)
		r = js_bool(q->body, "household", &household, err);
	if (r == 0)
		r = ask_kinds(q, &kinds, err);
	if (r == 0)
		r = note_make(q, note, err);
	return r ? err_trace(err, r, "stop") : stop_insert(q, subject, household, kinds, note, err);
}

/* A stop of the list, as it is now. */
struct stop {
	int64_t id, state;
	uint8_t subject[16];
	bool household;
	const char *asked_by;
};

static int
stop_lock(struct ask *q, struct stop *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	uint64_t id = 0;
	if (!text_u64_parse(q->req->arg[0], strlen(q->req->arg[0]), INT64_MAX, &id))
		return CONSOLE_E_UNKNOWN;
	int r = db_ask(q->db, &q_console_stop_lock, &rows, err, db_int_arg((int64_t)id));
	if (r)
		return err_trace(err, r, "stop");
	if (db_n(rows) == 0)
		return CONSOLE_E_UNKNOWN;
	ret->id = (int64_t)id;
	ret->household = db_bool(rows, 0, 1);
	ret->state = db_int(rows, 0, 3);
	ret->asked_by = db_is_null(rows, 0, 5) ? NULL : arena_strdup(q->a, db_text(rows, 0, 5));
	js_put_int(q->detail, "stop", ret->id);
	r = column16(rows, 0, 0, ret->subject, err);
	if (r == 0)
		ask_subject(q, ret->subject);
	return err_trace(err, r, "stop");
}

/* Where it goes from here; lifting it takes the subject's lock and renews the block. */
static int
stop_move(struct ask *q, const struct stop *s, int state, struct err *err)
{
	int r = state == STOP_LIFTED ? subject_touch(q, s->subject, s->household, err) : 0;
	if (r == CONSOLE_E_UNKNOWN)
		r = 0; /* moved away and erased since: nothing is left to unblock */
	if (r == 0)
		r = db_ask(q->db, &q_console_stop_move, NULL, err, db_int_arg(s->id),
		    db_int_arg(state), db_text_arg(s->state == STOP_IN_FORCE ? q->user : NULL),
		    db_text_arg(q->user), db_int_arg(q->now_ms));
	if (r == 0 && state == STOP_LIFTED)
		r = block_renew(q, s->subject, err);
	js_put_int(q->out, "state", state);
	return retry_or_fold(r, err);
}

/* 解除: how the applicant's identity was seen belongs to the act. */
int
console_stop_lift(struct ask *q, struct err *err)
{
	static const char *const members[] = { "reason", "identity", NULL };
	const char *reason = NULL, *identity = NULL;
	struct stop s = { 0 };
	int r = ask_members(q, members, err);
	if (r == 0)
		r = ask_text(q, "reason", false, &reason, err);
	if (r == 0)
		r = ask_text(q, "identity", false, &identity, err);
	if (r == 0)
		r = stop_lock(q, &s, err);
	if (r)
		return err_trace(err, r, "lift");
	js_put_text(q->detail, "reason", reason);
	js_put_text(q->detail, "identity", identity);
	if (s.state != STOP_IN_FORCE)
		return CONSOLE_E_STATE;
	return stop_move(q, &s, q->c->section->four_eyes ? STOP_ASKED : STOP_LIFTED, err);
}

static int
stop_second(struct ask *q, int state, struct err *err)
{
	static const char *const members[] = { NULL };
	struct stop s = { 0 };
	int r = ask_members(q, members, err);
	if (r == 0)
		r = stop_lock(q, &s, err);
	if (r)
		return err_trace(err, r, "second person");
	if (s.state != STOP_ASKED)
		return CONSOLE_E_STATE;
	if (state == STOP_LIFTED && text_equal(s.asked_by, q->user))
		return CONSOLE_E_SAME;
	return stop_move(q, &s, state, err);
}

int
console_stop_approve(struct ask *q, struct err *err)
{
	return stop_second(q, STOP_LIFTED, err);
}

int
console_stop_refuse(struct ask *q, struct err *err)
{
	return stop_second(q, STOP_IN_FORCE, err);
}

/* --- lists --- */

static int
note_open(struct ask *q, const struct db_rows *rows, size_t i, const uint8_t subject[16],
    json_t **ret, struct err *err)
{
	uint8_t aad[STOP_AAD_BYTES];
	uint8_t *p = NULL;
	size_t n = 0, bytes = 0;
	const uint8_t *sealed = db_bytes(rows, i, 5, &bytes);
	stop_aad(subject, db_int(rows, i, 7), aad);
	int r = vault_box_open(&q->c->vault, q->a, aad, sizeof(aad), sealed, bytes, &p, &n, err);
	if (r == 0)
		r = js_parse(p, n, ret, err);
	return err_fold(err, r, "note");
}

static int
names_put(struct ask *q, const uint8_t subject[16], bool household, json_t *j, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct resident r;
	uint8_t ref[16];
	int x = household
	    ? db_ask(q->db, &q_console_person_household, &rows, err, db_bytes_arg(subject, 16),
		  db_int_arg(1))
	    : db_ask(q->db, &q_console_person_by_ref, &rows, err, db_bytes_arg(subject, 16));
	if (x || db_n(rows) == 0)
		return err_trace(err, x, "names");
	x = column16(rows, 0, 0, ref, err);
	if (x == 0)
		x = ask_resident(q, rows, 0, 4, ref, &r, err);
	if (x)
		return err_trace(err, x, "names");
	js_put_text(j, "atena_no", r.atena_no);
	js_put_text(j, "setai_no", r.setai_no);
	js_put_text(j, "name", r.name != NULL ? r.name : r.name_latin != NULL ? r.name_latin : "");
	ask_subject(q, ref);
	return 0;
}

static void
stop_put(struct ask *q, const struct db_rows *rows, size_t i, json_t *j)
{
	const char *review = json_string_value(json_object_get(j, "review"));
	int64_t review_ms = 0;
	struct err ignored = { 0 };
	bool has_review =
	    review != NULL && review[0] != '\0' && ask_day(review, &review_ms, &ignored) == 0;
	js_put_int(j, "id", db_int(rows, i, 0));
	js_put_bool(j, "household", db_bool(rows, i, 2));
	js_put(j, "kinds", kinds_list((unsigned)db_int(rows, i, 3)));
	js_put_int(j, "state", db_int(rows, i, 4));
	js_put_text(j, "set_by", db_text(rows, i, 6));
	js_put_int(j, "set_ms", db_int(rows, i, 7));
	js_put_text(j, "lift_by", db_is_null(rows, i, 8) ? "" : db_text(rows, i, 8));
	js_put_bool(j, "review_due", has_review && review_ms <= q->now_ms);
	js_put_bool(j, "mine", !db_is_null(rows, i, 8) && text_equal(db_text(rows, i, 8), q->user));
}

int
stops_describe(
    struct ask *q, const struct db_rows *rows, bool with_names, json_t *list, struct err *err)
{
	int r = 0;
	for (size_t i = 0; i < db_n(rows) && r == 0; i++) {
		json_t *j = NULL;
		uint8_t subject[16];
		r = column16(rows, i, 1, subject, err);
		if (r == 0)
			r = note_open(q, rows, i, subject, &j, err);
		if (r == 0 && with_names)
			r = names_put(q, subject, db_bool(rows, i, 2), j, err);
		if (r == 0)
			stop_put(q, rows, i, j);
		if (j != NULL)
			(void)json_array_append_new(list, j);
	}
	return err_trace(err, r, "stops");
}

static int
stops_all(struct ask *q, json_t *list, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask(q->db, &q_console_stop_list, &rows, err, db_int_arg(CONSOLE_MAX_LIST));
	return err_fold(err, r ? r : stops_describe(q, rows, true, list, err), "stops");
}

int
console_stops(struct ask *q, struct err *err)
{
	json_t *list = json_array();
	js_put(q->out, "stops", list);
	return stops_all(q, list, err);
}

int
console_csv_stops(struct ask *q, struct err *err)
{
	static const char *const head[] = { "宛名番号", "世帯番号", "氏名", "単位", "区分", "理由",
		"申出者", "開始日", "見直し日", "登録者", "状態" };
	static const char *const keys[] = { "atena_no", "setai_no", "name", NULL, "category",
		"reason", "asked_by", "from", "review", "set_by", NULL };
	AUTO(json_t) json_t *list = json_array();
	struct buf b;
	int r = stops_all(q, list, err);
	if (r)
		return err_trace(err, r, "stops");
	csv_begin(&b, head, N_ELEMENTS(head));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *j = json_array_get(list, i);
		for (size_t k = 0; k < N_ELEMENTS(keys); k++) {
			const char *s =
			    keys[k] ? json_string_value(json_object_get(j, keys[k])) : NULL;
			if (k == 3)
				s = json_is_true(json_object_get(j, "household")) ? "世帯" : "個人";
			if (k == 10)
				s = json_integer_value(json_object_get(j, "state")) == STOP_ASKED
				    ? "解除承認待ち"
				    : "停止中";
			csv_cell(&b, s != NULL ? s : "");
		}
		csv_end_row(&b);
	}
	return csv_answer(q, &b, "teishi", err);
}
