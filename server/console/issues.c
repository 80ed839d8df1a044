/* SPDX-License-Identifier: Apache-2.0 */
/* What was issued: who, when, where, which, and what became of it. */
#include "base/clock.h"
#include "queries/asp_console.h"
#include "server/console/console.h"

#include <string.h>

enum { DAY_MS = 86400000 };

static int
issue_describe(struct ask *q, const struct db_rows *rows, size_t i, json_t *list, struct err *err)
{
	uint8_t ref[16];
	struct resident r = { 0 };
	char at[26];
	int x = column16(rows, i, 8, ref, err);
	if (x == 0 && !db_is_null(rows, i, 10))
		x = ask_resident(q, rows, i, 9, ref, &r, err);
	if (x)
		return err_trace(err, x, "issue");
	json_t *j = json_object();
	clock_format_rfc3339(db_int(rows, i, 0), at);
	js_put_text(j, "at", at);
	js_put_text(j, "kind", doc_kind_title((enum doc_kind)db_int(rows, i, 1)));
	js_put_text(j, "kiosk", db_text(rows, i, 2));
	js_put_int(j, "order_state", db_int(rows, i, 3));
	js_put_text(j, "number", db_text(rows, i, 4));
	js_put_int(j, "pages", db_int(rows, i, 5));
	js_put_int(j, "state", db_int(rows, i, 6));
	js_put_text(j, "reason", db_text(rows, i, 7));
	js_put_text(j, "reissue_of", db_text(rows, i, 11));
	js_put_int(j, "reissue", db_int(rows, i, 12));
	js_put_text(j, "atena_no", r.atena_no != NULL ? r.atena_no : "");
	js_put_text(j, "name", r.name != NULL ? r.name : r.name_latin != NULL ? r.name_latin : "");
	(void)json_array_append_new(list, j);
	ask_subject(q, ref);
	return 0;
}

/* ?day=2026-11-21 */
static int
issues_of_day(struct ask *q, json_t *list, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	const char *day = http_req_query(q->req, "day");
	int64_t from_ms = 0;
	int r = ask_day(day, &from_ms, err);
	if (r)
		return err_trace(err, r, "issues");
	js_put_text(q->detail, "day", day);
	r = db_ask(q->db, &q_console_issue_list, &rows, err, db_int_arg(from_ms),
	    db_int_arg(from_ms + DAY_MS), db_int_arg(CONSOLE_MAX_LIST + 1));
	for (size_t i = 0; r == 0 && i < db_n(rows) && i < CONSOLE_MAX_LIST; i++)
		r = issue_describe(q, rows, i, list, err);
	js_put_bool(q->out, "more", r == 0 && db_n(rows) > CONSOLE_MAX_LIST);
	return err_fold(err, r, "issues");
}

int
console_issues(struct ask *q, struct err *err)
{
	json_t *list = json_array();
	js_put(q->out, "issues", list);
	return issues_of_day(q, list, err);
}

static const char *
state_text(const json_t *j)
{
	static const char *const words[] = { "", "発行", "印刷済", "無効" };
	json_int_t state = json_integer_value(json_object_get(j, "state"));
	return state >= 1 && state <= 3 ? words[state] : "";
}

int
console_csv_issues(struct ask *q, struct err *err)
{
	static const char *const head[] = { "日時", "種別", "端末", "発行番号", "枚数", "状態",
		"理由", "宛名番号", "氏名", "再交付元" };
	static const char *const keys[] = { "at", "kind", "kiosk", "number", NULL, NULL, "reason",
		"atena_no", "name", "reissue_of" };
	AUTO(json_t) json_t *list = json_array();
	struct buf b;
	int r = issues_of_day(q, list, err);
	if (r)
		return err_trace(err, r, "issues");
	csv_begin(&b, head, N_ELEMENTS(head));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *j = json_array_get(list, i);
		for (size_t k = 0; k < N_ELEMENTS(keys); k++)
			csv_cell(&b,
			    keys[k] != NULL ? json_string_value(json_object_get(j, keys[k]))
				: k == 4
				? arena_printf(q->a, "%lld",
				      (long long)json_integer_value(json_object_get(j, "pages")))
				: state_text(j));
		csv_end_row(&b);
	}
	return csv_answer(q, &b, "kofu", err);
}

/* 無効: the number is never taken for a good one again. */
int
console_issue_void(struct ask *q, struct err *err)
{
	static const char *const members[] = { "number", "reason", NULL };
	AUTO(db_rows) struct db_rows *rows = NULL;
	const char *number = NULL, *reason = NULL;
	uint8_t ref[16];
	int r = ask_members(q, members, err);
	if (r == 0)
		r = ask_text(q, "number", false, &number, err);
	if (r == 0)
		r = ask_text(q, "reason", false, &reason, err);
	if (r == 0)
		r = db_ask(q->db, &q_console_issue_void, &rows, err, db_text_arg(number));
	if (r)
		return r == DB_E_RETRY ? r : err_fold(err, r, "void");
	if (db_n(rows) == 0)
		return CONSOLE_E_STATE;
	/* In the same transaction: the center hears of it, now or when it is there again. */
	r = db_ask(
	    q->db, &q_console_void_tell, NULL, err, db_text_arg(number), db_int_arg(q->now_ms));
	if (r)
		return r == DB_E_RETRY ? r : err_fold(err, r, "void");
	r = column16(rows, 0, 0, ref, err);
	if (r == 0)
		ask_subject(q, ref);
	js_put_text(q->detail, "number", number);
	js_put_text(q->detail, "reason", reason);
	return err_trace(err, r, "void");
}
