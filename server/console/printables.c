/* SPDX-License-Identifier: Apache-2.0 */
/* Whose certificate cannot be printed, and why: what the survey found and what the stream holds
 * back. */
#include "base/clock.h"
#include "base/text.h"
#include "queries/asp_console.h"
#include "server/admin/printable.h"
#include "server/console/survey.h"

#include <string.h>

enum {
	COL_REASONS = 1,
	COL_SEALED = 2,
	COL_CODE = 3,
	COL_AT = 4,
	COL_RIREKI = 5,
	COL_ROW = 6,
	ALL_REASONS = (2 << PRINTABLE_REASON_MAX) - 2,
};

int
console_printable_run(struct ask *q, struct err *err)
{
	static const char *const members[] = { NULL };
	int r = ask_members(q, members, err);
	if (r)
		return err_trace(err, r, "survey");
	return survey_ask(q->c->survey) ? 0 : CONSOLE_E_BUSY;
}

/* A line each: an item of a person, with the person. */
static json_t *
line_begin(
    struct ask *q, const struct db_rows *rows, size_t i, const char *number, const char *name)
{
	char at[26];
	json_t *j = json_object();
	(void)q;
	clock_format_rfc3339(db_int(rows, i, COL_AT), at);
	js_put_text(j, "atena_no", number);
	js_put_text(j, "name", name);
	js_put_text(j, "found", at);
	return j;
}

/* "juminhyo,inkan": all when there is none. */
static const char *
kinds_text(struct arena *a, const struct profile *p, unsigned kinds)
{
	const char *s = "";
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++)
		if (kinds != 0 ? (kinds >> k & 1) != 0 : p->kinds[k].offered)
			s = arena_printf(a, "%s%s%s", s, s[0] != '\0' ? "," : "",
			    doc_kind_name((enum doc_kind)k));
	return s;
}

static void
line_end(struct ask *q, json_t *j, const char *item, unsigned kinds, unsigned reason,
    const char *why, int64_t at)
{
	js_put_text(j, "item", item);
	js_put_text(j, "kinds", kinds_text(q->a, q->c->profile, kinds));
	js_put_text(
	    j, "reason", printable_reason_name(reason) ? printable_reason_name(reason) : "");
	js_put_text(j, "why", why);
	js_put_int(j, "at", at);
}

static int
note_open(struct ask *q, const struct db_rows *rows, size_t i, const uint8_t ref[16], json_t **ret,
    struct err *err)
{
	uint8_t aad[SURVEY_AAD_BYTES];
	uint8_t *p = NULL;
	size_t n = 0, bytes = 0;
	const uint8_t *sealed = db_bytes(rows, i, COL_SEALED, &bytes);
	survey_aad(ref, aad);
	int r = vault_box_open(&q->c->vault, q->a, aad, sizeof(aad), sealed, bytes, &p, &n, err);
	if (r == 0)
		r = js_parse(p, n, ret, err);
	return err_fold(err, r, "note");
}

/* One found item: {"item","kinds","reason","why","at"}. */
static int
item_put(struct ask *q, const json_t *note, json_t *line, struct err *err)
{
	const char *item = NULL, *why = NULL;
	int64_t kinds = 0, reason = 0, at = 0;
	int r = js_text(note, "item", CONSOLE_TEXT_BYTES, &item, err);
	if (r == 0)
		r = js_text(note, "why", CONSOLE_TEXT_BYTES, &why, err);
	if (r == 0)
		r = js_int(note, "kinds", 0, 1 << (DOC_KIND_MAX + 1), &kinds, err);
	if (r == 0)
		r = js_int(note, "reason", 1, PRINTABLE_REASON_MAX, &reason, err);
	if (r == 0)
		r = js_int(note, "at", 0, INT32_MAX, &at, err);
	if (r == 0)
		line_end(q, line, item, (unsigned)kinds, (unsigned)reason, why, at);
	return err_trace(err, r, "note");
}

/* Whose it is, as far as the row can be read at all. */
static void
who_read(struct ask *q, const struct db_rows *rows, size_t i, const uint8_t ref[16],
    const char **ret_number, const char **ret_name)
{
	struct resident r = { 0 };
	struct err unreadable = { 0 };
	*ret_number = "-";
	*ret_name = "";
	if (db_is_null(rows, i, COL_ROW) ||
	    ask_resident(q, rows, i, COL_RIREKI, ref, &r, &unreadable) != 0)
		return;
	*ret_number = r.atena_no;
	*ret_name = r.name != NULL ? r.name : r.name_latin != NULL ? r.name_latin : "";
}

static int
person_put(struct ask *q, const struct db_rows *rows, size_t i, unsigned wanted, json_t *list,
    struct err *err)
{
	AUTO(json_t) json_t *notes = NULL;
	const char *number = NULL, *name = NULL;
	uint8_t ref[16];
	unsigned held = (unsigned)db_int(rows, i, COL_REASONS) & wanted;
	int r = column16(rows, i, 0, ref, err);
	if (r)
		return err_trace(err, r, "person");
	ask_subject(q, ref);
	who_read(q, rows, i, ref, &number, &name);
	if (!db_is_null(rows, i, COL_SEALED))
		r = note_open(q, rows, i, ref, &notes, err);
	for (size_t k = 0; r == 0 && k < json_array_size(notes); k++) {
		json_t *line = line_begin(q, rows, i, number, name);
		const json_t *note = json_array_get(notes, k);
		r = item_put(q, note, line, err);
		if (r == 0 &&
		    (wanted >> json_integer_value(json_object_get(note, "reason")) & 1) != 0)
			(void)json_array_append(list, line);
		json_decref(line);
	}
	for (unsigned k = PRINTABLE_GAP; k <= PRINTABLE_RECORD && r == 0; k++)
		if ((held >> k & 1) != 0) {
			json_t *line = line_begin(q, rows, i, number, name);
			line_end(q, line, "-", 0, k, db_text(rows, i, COL_CODE), 0);
			(void)json_array_append_new(list, line);
		}
	return err_trace(err, r, "person");
}

/* ?reason=character&after=<ref>, both may be left out. */
static int
range_read(struct ask *q, unsigned *ret_wanted, uint8_t after[16], struct err *err)
{
	const char *reason = http_req_query(q->req, "reason");
	const char *from = http_req_query(q->req, "after");
	unsigned wanted = reason == NULL || reason[0] == '\0' ? ALL_REASONS : 0;
	for (unsigned k = 1; k <= PRINTABLE_REASON_MAX && wanted == 0; k++)
		if (strcmp(reason, printable_reason_name(k)) == 0)
			wanted = 1u << k;
	if (wanted == 0)
		return err_raise(err, FAULT_BAD_INPUT, "reason", 0);
	memset(after, 0, 16);
	if (from != NULL && from[0] != '\0' &&
	    (strlen(from) != 32 || !text_hex_parse(from, 32, after, 16)))
		return err_raise(err, FAULT_BAD_INPUT, "after", 0);
	js_put_text(q->detail, "reason", reason != NULL ? reason : "");
	*ret_wanted = wanted;
	return 0;
}

static int
list_read(struct ask *q, json_t *list, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	uint8_t after[16];
	unsigned wanted = 0;
	int r = range_read(q, &wanted, after, err);
	if (r == 0)
		r = db_ask(q->db, &q_console_unprintable_list, &rows, err,
		    db_bytes_arg(after, sizeof(after)), db_int_arg(wanted),
		    db_int_arg(CONSOLE_MAX_LIST + 1));
	if (r)
		return err_fold(err, r, "list");
	bool more = db_n(rows) > CONSOLE_MAX_LIST;
	size_t n = more ? CONSOLE_MAX_LIST : db_n(rows);
	for (size_t i = 0; i < n && r == 0; i++)
		r = person_put(q, rows, i, wanted, list, err);
	if (r == 0 && more)
		r = column16(rows, n - 1, 0, after, err);
	js_put_bool(q->out, "more", more);
	if (more)
		js_put_hex(q->out, "next", after, sizeof(after));
	return err_fold(err, r, "list");
}

static int
counts_put(struct ask *q, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	AUTO(db_rows) struct db_rows *sum = NULL;
	int64_t bad = 0, of[PRINTABLE_REASON_MAX + 1] = { 0 };
	json_t *reasons = json_object();
	js_put(q->out, "reasons", reasons);
	int r = db_ask0(q->db, &q_console_unprintable_count, &rows, err);
	if (r == 0)
		r = db_ask0(q->db, &q_console_survey_sum, &sum, err);
	if (r)
		return err_fold(err, r, "counts");
	for (size_t i = 0; i < db_n(rows); i++) {
		bad += db_int(rows, i, 1);
		for (unsigned k = 1; k <= PRINTABLE_REASON_MAX; k++)
			of[k] += (db_int(rows, i, 0) >> k & 1) != 0 ? db_int(rows, i, 1) : 0;
	}
	for (unsigned k = 1; k <= PRINTABLE_REASON_MAX; k++)
		js_put_int(reasons, printable_reason_name(k), of[k]);
	js_put_int(q->out, "bad", bad);
	js_put_int(q->out, "persons", db_int(sum, 0, 0));
	js_put_int(q->out, "loose", db_int(sum, 0, 1));
	return 0;
}

int
console_printable(struct ask *q, struct err *err)
{
	struct survey_state s;
	json_t *list = json_array();
	js_put(q->out, "lines", list);
	survey_read(q->c->survey, &s);
	js_put_bool(q->out, "running", s.is_running);
	js_put_bool(q->out, "failed", s.has_failed);
	js_put_int(q->out, "at_ms", s.at_ms);
	int r = counts_put(q, err);
	return err_trace(err, r ? r : list_read(q, list, err), "printable");
}

/* --- for Excel --- */

static const char *
reason_title(const char *name)
{
	static const char *const titles[] = { "文字", "長さ", "項目なし", "データ読取不可",
		"履歴の抜け", "カードの重複", "異動データ読取不可" };
	_Static_assert(N_ELEMENTS(titles) == PRINTABLE_REASON_MAX, "a title each");
	for (unsigned k = 1; k <= PRINTABLE_REASON_MAX; k++)
		if (strcmp(name, printable_reason_name(k)) == 0)
			return titles[k - 1];
	return name;
}

static const char *
kinds_titles(struct arena *a, const char *kinds)
{
	const char *s = "";
	while (*kinds != '\0') {
		size_t n = strcspn(kinds, ",");
		enum doc_kind kind = doc_kind_find(arena_strndup(a, kinds, n));
		if (kind != 0)
			s = arena_printf(
			    a, "%s%s%s", s, s[0] != '\0' ? "、" : "", doc_kind_title(kind));
		kinds += n + (kinds[n] == ',');
	}
	return s;
}

int
console_csv_printable(struct ask *q, struct err *err)
{
	static const char *const head[] = { "宛名番号", "氏名", "項目", "証明書", "わけ", "詳細",
		"何文字目", "確認日時" };
	AUTO(json_t) json_t *list = json_array();
	struct buf b;
	int r = list_read(q, list, err);
	if (r)
		return err_trace(err, r, "printable");
	csv_begin(&b, head, N_ELEMENTS(head));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *j = json_array_get(list, i);
		int64_t at = json_integer_value(json_object_get(j, "at"));
#define TEXT(key) json_string_value(json_object_get(j, key))
		csv_cell(&b, TEXT("atena_no"));
		csv_cell(&b, TEXT("name"));
		csv_cell(&b, TEXT("item"));
		csv_cell(&b, kinds_titles(q->a, TEXT("kinds")));
		csv_cell(&b, reason_title(TEXT("reason")));
		csv_cell(&b, TEXT("why"));
		csv_cell(&b, at > 0 ? arena_printf(q->a, "%lld", (long long)at) : "");
		csv_cell(&b, TEXT("found"));
#undef TEXT
		csv_end_row(&b);
	}
	return csv_answer(q, &b, "insatsu-fuka", err);
}
