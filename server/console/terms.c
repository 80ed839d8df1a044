/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 休止, 利用時間 and 手数料 by kind. What is committed here the next order goes by: the
 * front reads it in each order's snapshot. Rows are added and ended, never changed.
 */
#include "base/clock.h"
#include "base/text.h"
#include "domain/terms.h"
#include "queries/asp_console.h"
#include "server/console/console.h"

#include <string.h>

enum {
	DAY_MS = 86400000,
	JAPAN_MS = 9 * 3600000,
	TERMS_AHEAD_DAYS = 400,   /* so far ahead a plan may begin */
	TERMS_CLOSURE_DAYS = 366, /* so long a closure may be */
	TERMS_NOTE_BYTES = 240,
};

static int64_t
today_ms(int64_t now_ms)
{
	return (now_ms + JAPAN_MS) / DAY_MS * DAY_MS - JAPAN_MS;
}

/* "2026-12-29T17:15", in Japan. */
static int
instant_parse(const char *text, int64_t *ret_ms, struct err *err)
{
	char full[32];
	if (strlen(text) != 16)
		return err_raise(err, FAULT_BAD_INPUT, "instant", 0);
	memcpy(full, text, 16);
	memcpy(full + 16, ":00+09:00", 10);
	return clock_parse_rfc3339(full, ret_ms) ? 0
						 : err_raise(err, FAULT_BAD_INPUT, "instant", 1);
}

/* The database lets no more than a hundred of each sort stand (plans_bound). */
static int
plan_result(int r, struct err *err)
{
	if (r == DB_E_CONFLICT)
		return CONSOLE_E_TOO_MANY;
	return r == DB_E_RETRY || r >= CONSOLE_E_SESSION ? r : err_fold(err, r, "plan");
}

/* A day from which something holds: today at the earliest, and not beyond all planning. */
static int
from_day(struct ask *q, int64_t *ret_ms, struct err *err)
{
	const char *text = NULL;
	int r = ask_text(q, "from", false, &text, err);
	if (r == 0)
		r = ask_day(text, ret_ms, err);
	if (r)
		return err_trace(err, r, "from");
	js_put_text(q->detail, "from", text);
	int64_t today = today_ms(q->now_ms);
	return *ret_ms >= today && *ret_ms <= today + (int64_t)TERMS_AHEAD_DAYS * DAY_MS
	    ? 0
	    : CONSOLE_E_PERIOD;
}

static int
kind_one(struct ask *q, enum doc_kind *ret, struct err *err)
{
	const char *name = NULL;
	int r = ask_text(q, "kind", false, &name, err);
	if (r)
		return err_trace(err, r, "kind");
	*ret = doc_kind_find(name);
	if (*ret == 0 || !q->c->profile->kinds[*ret].offered)
		return err_raise(err, FAULT_BAD_INPUT, "kind", 0);
	js_put_text(q->detail, "kind", name);
	return 0;
}

/* --- closures --- */

static bool
category_is_known(const char *s)
{
	static const char *const known[] = { "kyushi", "nenmatsu", "hoshu", "sonota" };
	for (size_t i = 0; i < N_ELEMENTS(known); i++)
		if (strcmp(s, known[i]) == 0)
			return true;
	return false;
}

/* An empty beginning is now. */
static int
period_read(struct ask *q, int64_t *ret_from_ms, int64_t *ret_until_ms, struct err *err)
{
	const char *from = NULL, *until = NULL;
	*ret_from_ms = q->now_ms;
	int r = ask_text(q, "from", true, &from, err);
	if (r == 0)
		r = ask_text(q, "until", false, &until, err);
	if (r == 0 && from[0] != '\0')
		r = instant_parse(from, ret_from_ms, err);
	if (r == 0)
		r = instant_parse(until, ret_until_ms, err);
	if (r)
		return err_trace(err, r, "period");
	js_put_text(q->detail, "from", from);
	js_put_text(q->detail, "until", until);
	bool ahead = *ret_from_ms >= q->now_ms &&
	    *ret_from_ms <= q->now_ms + (int64_t)TERMS_AHEAD_DAYS * DAY_MS;
	bool length = *ret_until_ms > *ret_from_ms &&
	    *ret_until_ms - *ret_from_ms <= (int64_t)TERMS_CLOSURE_DAYS * DAY_MS;
	return ahead && length ? 0 : CONSOLE_E_PERIOD;
}

int
console_closure_set(struct ask *q, struct err *err)
{
	static const char *const members[] = { "kinds", "category", "note", "from", "until", NULL };
	AUTO(db_rows) struct db_rows *rows = NULL;
	const char *category = NULL, *note = NULL;
	int64_t from_ms = 0, until_ms = 0;
	unsigned kinds = 0;
	int r = ask_members(q, members, err);
	if (r == 0)
		r = ask_kinds(q, &kinds, err);
	if (r == 0)
		r = ask_text(q, "category", false, &category, err);
	if (r == 0 && !category_is_known(category))
		r = err_raise(err, FAULT_BAD_INPUT, "category", 0);
	if (r == 0)
		r = ask_text(q, "note", true, &note, err);
	if (r == 0 && strlen(note) > TERMS_NOTE_BYTES)
		r = err_raise(err, FAULT_BAD_INPUT, "note", (long)strlen(note));
	if (r == 0)
		r = period_read(q, &from_ms, &until_ms, err);
	if (r == 0)
		r = db_ask(q->db, &q_console_closure_add, &rows, err, db_int_arg(kinds),
		    db_text_arg(category), db_text_arg(note), db_int_arg(from_ms),
		    db_int_arg(until_ms), db_text_arg(q->user), db_int_arg(q->now_ms));
	if (r)
		return plan_result(r, err);
	js_put_int(q->out, "id", db_int(rows, 0, 0));
	js_put_int(q->detail, "closure", db_int(rows, 0, 0));
	js_put(q->detail, "kinds", kinds_list(kinds));
	js_put_text(q->detail, "category", category);
	js_put_text(q->detail, "note", note);
	return 0;
}

/* --- hours --- */

/* Seven texts, "" for a day that is closed -> one text as the table keeps it. */
static int
week_read(struct ask *q, char text[TERMS_WEEK_CHARS + 1], struct err *err)
{
	struct terms_week week = { 0 };
	const json_t *list = NULL;
	struct buf b;
	int r = js_array(q->body, "days", TERMS_DAYS, &list, err);
	if (r == 0 && json_array_size(list) != TERMS_DAYS)
		r = err_raise(err, FAULT_BAD_INPUT, "days", (long)json_array_size(list));
	if (r)
		return err_trace(err, r, "week");
	buf_init(&b, TERMS_WEEK_CHARS);
	bool any = false;
	for (size_t i = 0; i < TERMS_DAYS; i++) {
		const char *day = json_string_value(json_array_get(list, i));
		bool closed = day == NULL || day[0] == '\0';
		buf_text(&b, i > 0 ? "," : "");
		buf_text(&b, closed ? "-" : day);
		any = any || !closed;
		if (day == NULL || strcmp(day, "-") == 0)
			r = err_raise(err, FAULT_BAD_INPUT, "day", (long)i);
	}
	if (r == 0 && buf_ok(&b)) {
		memcpy(text, b.p, b.bytes);
		text[b.bytes] = '\0';
	}
	if (r == 0 && !any)
		r = CONSOLE_E_NEVER_OPEN;
	if (r == 0 && (!buf_ok(&b) || !terms_week_parse(text, &week)))
		r = err_raise(err, FAULT_BAD_INPUT, "week", 0);
	buf_done(&b);
	return r;
}

int
console_hours_set(struct ask *q, struct err *err)
{
	static const char *const members[] = { "kind", "days", "year_end", "from", NULL };
	AUTO(db_rows) struct db_rows *rows = NULL;
	char days[TERMS_WEEK_CHARS + 1] = "";
	enum doc_kind kind = 0;
	int64_t from_ms = 0;
	bool year_end = false;
	int r = ask_members(q, members, err);
	if (r == 0)
		r = kind_one(q, &kind, err);
	if (r == 0)
		r = js_bool(q->body, "year_end", &year_end, err);
	if (r == 0)
		r = week_read(q, days, err);
	if (r == 0)
		r = from_day(q, &from_ms, err);
	if (r == 0)
		r = db_ask(q->db, &q_console_week_add, &rows, err, db_int_arg(kind),
		    db_text_arg(days), db_bool_arg(year_end), db_int_arg(from_ms),
		    db_text_arg(q->user), db_int_arg(q->now_ms));
	if (r)
		return plan_result(r, err);
	js_put_int(q->out, "id", db_int(rows, 0, 0));
	js_put_text(q->detail, "days", days);
	js_put_bool(q->detail, "year_end", year_end);
	return 0;
}

/* --- fees --- */

int
console_fee_set(struct ask *q, struct err *err)
{
	static const char *const members[] = { "kind", "fee_yen", "from", NULL };
	AUTO(db_rows) struct db_rows *rows = NULL;
	enum doc_kind kind = 0;
	int64_t from_ms = 0, fee_yen = 0;
	int r = ask_members(q, members, err);
	if (r == 0)
		r = kind_one(q, &kind, err);
	if (r == 0)
		r = js_int(q->body, "fee_yen", 0, TERMS_MAX_FEE_YEN, &fee_yen, err);
	if (r == 0)
		r = from_day(q, &from_ms, err);
	if (r == 0)
		r = db_ask(q->db, &q_console_fee_add, &rows, err, db_int_arg(kind),
		    db_int_arg(fee_yen), db_int_arg(from_ms), db_text_arg(q->user),
		    db_int_arg(q->now_ms));
	if (r)
		return plan_result(r, err);
	js_put_int(q->out, "id", db_int(rows, 0, 0));
	js_put_int(q->detail, "fee_yen", fee_yen);
	return 0;
}

/* --- taken back --- */

/* Hours and fees only before their day: what holds is replaced by a further row, not by its loss.
 */
static int
plan_end(struct ask *q, const struct db_query *query, struct err *err)
{
	static const char *const members[] = { NULL };
	AUTO(db_rows) struct db_rows *rows = NULL;
	uint64_t id = 0;
	int r = ask_members(q, members, err);
	if (r)
		return err_trace(err, r, "plan");
	if (!text_u64_parse(q->req->arg[0], strlen(q->req->arg[0]), INT64_MAX, &id))
		return CONSOLE_E_UNKNOWN;
	r = db_ask(q->db, query, &rows, err, db_int_arg((int64_t)id), db_text_arg(q->user),
	    db_int_arg(q->now_ms));
	if (r)
		return r == DB_E_RETRY ? r : err_fold(err, r, "plan");
	js_put_int(q->detail, "id", (int64_t)id);
	return db_n(rows) == 1 ? 0 : CONSOLE_E_STATE;
}

int
console_closure_end(struct ask *q, struct err *err)
{
	return plan_end(q, &q_console_closure_end, err);
}

int
console_hours_end(struct ask *q, struct err *err)
{
	return plan_end(q, &q_console_week_end, err);
}

int
console_fee_end(struct ask *q, struct err *err)
{
	return plan_end(q, &q_console_fee_end, err);
}

/* --- as it stands --- */

static void
author_put(json_t *j, const struct db_rows *rows, size_t i, unsigned col)
{
	js_put_text(j, "set_by", db_text(rows, i, col));
	js_put_int(j, "set_ms", db_int(rows, i, col + 1));
	js_put_bool(j, "holds", db_bool(rows, i, col + 2));
}

static void
closure_describe(json_t *list, const struct db_rows *rows, size_t i)
{
	json_t *j = json_object();
	js_put_int(j, "id", db_int(rows, i, 0));
	js_put(j, "kinds", kinds_list((unsigned)db_int(rows, i, 1)));
	js_put_text(j, "category", db_text(rows, i, 2));
	js_put_text(j, "note", db_text(rows, i, 3));
	js_put_int(j, "from_ms", db_int(rows, i, 4));
	js_put_int(j, "until_ms", db_int(rows, i, 5));
	author_put(j, rows, i, 6);
	(void)json_array_append_new(list, j);
}

static void
week_describe(json_t *list, const struct db_rows *rows, size_t i)
{
	json_t *j = json_object();
	js_put_int(j, "id", db_int(rows, i, 0));
	js_put_text(j, "kind", doc_kind_name((enum doc_kind)db_int(rows, i, 1)));
	js_put_text(j, "days", db_text(rows, i, 2));
	js_put_bool(j, "year_end", db_bool(rows, i, 3));
	js_put_int(j, "from_ms", db_int(rows, i, 4));
	author_put(j, rows, i, 5);
	(void)json_array_append_new(list, j);
}

static void
fee_describe(json_t *list, const struct db_rows *rows, size_t i)
{
	json_t *j = json_object();
	js_put_int(j, "id", db_int(rows, i, 0));
	js_put_text(j, "kind", doc_kind_name((enum doc_kind)db_int(rows, i, 1)));
	js_put_int(j, "fee_yen", db_int(rows, i, 2));
	js_put_int(j, "from_ms", db_int(rows, i, 3));
	author_put(j, rows, i, 4);
	(void)json_array_append_new(list, j);
}

int
console_terms(struct ask *q, struct err *err)
{
	static const struct {
		const char *name;
		const struct db_query *query;
		void (*describe)(json_t *list, const struct db_rows *rows, size_t i);
	} parts[] = {
		{ "closures", &q_console_closure_list, closure_describe },
		{ "weeks", &q_console_week_list, week_describe },
		{ "fees", &q_console_fee_list, fee_describe },
	};
	int r = 0;
	for (size_t k = 0; k < N_ELEMENTS(parts) && r == 0; k++) {
		AUTO(db_rows) struct db_rows *rows = NULL;
		json_t *list = json_array();
		js_put(q->out, parts[k].name, list);
		r = db_ask(q->db, parts[k].query, &rows, err, db_int_arg(q->now_ms),
		    db_int_arg(CONSOLE_MAX_LIST));
		for (size_t i = 0; r == 0 && i < db_n(rows); i++)
			parts[k].describe(list, rows, i);
	}
	js_put_int(q->out, "now_ms", q->now_ms);
	js_put_text(q->out, "today",
	    arena_printf(q->a, "%04d-%02d-%02d", clock_japan(q->now_ms).on.year,
		clock_japan(q->now_ms).on.month, clock_japan(q->now_ms).on.day));
	return err_fold(err, r, "terms");
}
