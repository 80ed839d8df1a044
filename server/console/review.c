/* SPDX-License-Identifier: Apache-2.0 */
/* The audit as the municipality reads it: search, the periodic review, the newest checkpoint. */
#include "base/clock.h"
#include "base/mem.h"
#include "queries/asp_console.h"
#include "server/console/console.h"

#include <string.h>

enum {
	REVIEW_DAYS = 30,
	REVIEW_MANY = 50,
	REVIEW_SEVERAL = 3,
	DAY_MS = 86400000,
	AUDIT_LIST = 200
};

static int
whose(struct ask *q, const struct db_rows *rows, size_t i, unsigned col, const uint8_t ref[16],
    json_t *j, struct err *err)
{
	struct resident r;
	if (db_is_null(rows, i, col + 1))
		return 0;
	int x = ask_resident(q, rows, i, col, ref, &r, err);
	if (x == 0)
		js_put_text(j, "atena_no", r.atena_no);
	return err_trace(err, x, "whose");
}

/* @asked: whom the search is about, NULL for nobody in particular. */
static int
row_describe(struct ask *q, const struct db_rows *rows, size_t i, const uint8_t *asked,
    json_t *list, struct err *err)
{
	struct audit_row row;
	const char *text = NULL;
	json_t *j = NULL;
	char at[26];
	struct err changed = { 0 };
	if (!audit_row_read(rows, i, 0, &row))
		return err_raise(err, FAULT_INTEGRITY, "audit row", 0);
	/* A row that does not open is shown as that, not left out. */
	if (audit_row_open(&q->c->vault, q->a, &row, &text, &changed) != 0 ||
	    js_parse(text, strlen(text), &j, &changed) != 0)
		j = json_object();
	clock_format_rfc3339(row.at_ms, at);
	js_put_int(j, "id", row.id);
	js_put_text(j, "at", at);
	js_put_int(j, "source", row.source);
	js_put_int(j, "kind", row.kind);
	js_put_bool(j, "broken", text == NULL);
	if (row.subjects != NULL)
		js_put_int(j, "persons", (int64_t)(row.subjects_bytes / AUDIT_SUBJECT_BYTES));
	const uint8_t *ref = row.has_subject ? row.subject : row.subjects != NULL ? asked : NULL;
	int r = ref != NULL ? whose(q, rows, i, 9, ref, j, err) : 0;
	(void)json_array_append_new(list, j);
	return err_trace(err, r, "audit row");
}

struct wanted {
	int64_t from_ms, until_ms;
	struct db_arg actor, subject;
	uint8_t actor_hash[16];
	struct person_ref ref;
};

static int
wanted_read(struct ask *q, struct wanted *w, struct err *err)
{
	static const char *const members[] = { "user", "atena_no", "from", "until", NULL };
	const char *user = NULL, *atena_no = NULL, *from = NULL, *until = NULL;
	int r = ask_members(q, members, err);
	if (r == 0)
		r = ask_text(q, "user", true, &user, err);
	if (r == 0)
		r = ask_text(q, "atena_no", true, &atena_no, err);
	if (r == 0)
		r = ask_text(q, "from", false, &from, err);
	if (r == 0)
		r = ask_text(q, "until", false, &until, err);
	if (r == 0)
		r = ask_day(from, &w->from_ms, err);
	if (r == 0)
		r = ask_day(until, &w->until_ms, err);
	if (r)
		return err_trace(err, r, "audit");
	w->actor = w->subject = db_bytes_arg(NULL, 0);
	if (user[0] != '\0') {
		audit_actor(&q->c->vault, user, w->actor_hash);
		w->actor = db_bytes_arg(w->actor_hash, 16);
	}
	if (atena_no[0] != '\0') {
		vault_person_ref(&q->c->vault, atena_no, &w->ref);
		w->subject = db_bytes_arg(w->ref.b, 16);
		ask_subject(q, w->ref.b);
	}
	return 0;
}

int
console_audit(struct ask *q, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct wanted w;
	json_t *list = json_array();
	js_put(q->out, "rows", list);
	int r = wanted_read(q, &w, err);
	if (r == 0)
		r = db_ask(q->db, &q_console_audit_find, &rows, err, db_int_arg(w.from_ms),
		    db_int_arg(w.until_ms + DAY_MS), w.actor, w.subject,
		    db_int_arg(AUDIT_LIST + 1));
	for (size_t i = 0; r == 0 && i < db_n(rows) && i < AUDIT_LIST; i++)
		r = row_describe(q, rows, i, w.subject.p, list, err);
	js_put_bool(q->out, "more", r == 0 && db_n(rows) > AUDIT_LIST);
	return err_fold(err, r, "audit");
}

/* --- the review --- */

/* Whose keyed hash it is: of the staff, as there are. */
static int
actors_name(struct ask *q, json_t *list, const struct db_rows *rows, const struct db_rows *staff,
    const char *key)
{
	for (size_t i = 0; i < db_n(rows); i++) {
		size_t n = 0;
		const uint8_t *hash = db_bytes(rows, i, 0, &n);
		json_t *j = json_object();
		const char *name = "-";
		for (size_t k = 0; k < db_n(staff); k++) {
			uint8_t want[16];
			audit_actor(&q->c->vault, db_text(staff, k, 0), want);
			if (hash != NULL && n == 16 && mem_equal(hash, want, 16))
				name = db_text(staff, k, 0);
		}
		char at[26];
		clock_format_rfc3339(db_int(rows, i, 2), at);
		js_put_text(j, "user", name);
		js_put_int(j, key, db_int(rows, i, 1));
		js_put_text(j, "last", at);
		(void)json_array_append_new(list, j);
	}
	return 0;
}

static int
subjects_name(struct ask *q, json_t *list, const struct db_rows *rows, struct err *err)
{
	int r = 0;
	for (size_t i = 0; i < db_n(rows) && r == 0; i++) {
		uint8_t ref[16];
		char at[26];
		json_t *j = json_object();
		clock_format_rfc3339(db_int(rows, i, 2), at);
		js_put_int(j, "staff", db_int(rows, i, 1));
		js_put_text(j, "last", at);
		r = column16(rows, i, 0, ref, err);
		if (r == 0)
			r = whose(q, rows, i, 3, ref, j, err);
		(void)json_array_append_new(list, j);
	}
	return err_trace(err, r, "subjects");
}

static int
report_part(struct ask *q, const struct db_query *query, int64_t least, const char *name,
    const struct db_rows *staff, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	json_t *list = json_array();
	js_put(q->out, name, list);
	const struct db_arg args[] = { db_int_arg(q->now_ms - (int64_t)REVIEW_DAYS * DAY_MS),
		db_int_arg(q->now_ms), db_int_arg(least) };
	int r = db_run(q->db, query, args, least > 0 ? 3 : 2, &rows, err);
	if (r)
		return err_fold(err, r, "report");
	if (query == &q_console_audit_subjects)
		return subjects_name(q, list, rows, err);
	return actors_name(q, list, rows, staff, "count");
}

int
console_audit_report(struct ask *q, struct err *err)
{
	AUTO(db_rows) struct db_rows *staff = NULL;
	js_put_int(q->out, "days", REVIEW_DAYS);
	js_put_int(q->out, "many", REVIEW_MANY);
	js_put_int(q->out, "several", REVIEW_SEVERAL);
	int r = db_ask(q->db, &q_console_staff_list, &staff, err, db_int_arg(q->now_ms));
	if (r == 0)
		r = report_part(q, &q_console_audit_hours, 0, "unusual_hours", staff, err);
	if (r == 0)
		r = report_part(q, &q_console_audit_many, REVIEW_MANY, "many_reads", staff, err);
	if (r == 0)
		r = report_part(
		    q, &q_console_audit_subjects, REVIEW_SEVERAL, "read_by_many", staff, err);
	if (r == 0)
		r = report_part(q, &q_console_audit_refused, 0, "refused", staff, err);
	return err_fold(err, r, "report");
}

/* To be kept by the municipality: "kofu-server audit verify --witness" takes it. */
int
console_checkpoint(struct ask *q, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask0(q->db, &q_console_checkpoint_newest, &rows, err);
	if (r)
		return err_fold(err, r, "checkpoint");
	if (db_n(rows) == 0)
		return CONSOLE_E_UNKNOWN;
	q->res->type = "application/jose";
	q->res->body = arena_strdup(q->a, db_text(rows, 0, 1));
	q->res->body_bytes = strlen(q->res->body);
	q->res->header_name[0] = "Content-Disposition";
	q->res->header_value[0] = arena_printf(q->a, "attachment; filename=\"%s-%lld.jws\"",
	    q->c->muni.s, (long long)db_int(rows, 0, 0));
	return 0;
}
