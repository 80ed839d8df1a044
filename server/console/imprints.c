/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The versions of the imprint: proposed, looked at, approved by a second person, withdrawn. What is
 * committed here the next order prints: the front reads it in each order's snapshot.
 */
#include "server/console/imprints.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "queries/asp_console.h"

#include <string.h>

enum { DAY_MS = 86400000, JAPAN_MS = 9 * 3600000 };

/* How the versions stand. */
struct standing {
	int64_t holds;    /* the version in force; 0: the profile's own */
	int64_t newest;   /* approved last: what the next stands on */
	int64_t since_ms; /* from when that one holds */
	int64_t waiting;  /* proposals */
	int64_t number;   /* the highest there is */
};
struct version {
	struct imprint_row row;
	int64_t base;
	uint8_t digest[SHA256_BYTES];
	bool has_from, approved, ended;
	int64_t from_ms, proposed_ms;
	const char *proposed_by;
	struct imprint imprint;
	uint8_t *content;
	size_t content_bytes;
};

static int
lock(struct ask *q, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask0(q->db, &q_console_imprint_lock, &rows, err);
	return r == DB_E_RETRY ? r : err_fold(err, r, "imprint");
}

static int
standing_read(struct ask *q, struct standing *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask(q->db, &q_console_imprint_state, &rows, err, db_int_arg(q->now_ms));
	if (r)
		return r == DB_E_RETRY ? r : err_fold(err, r, "imprint");
	*ret = (struct standing){ db_int(rows, 0, 0), db_int(rows, 0, 1), db_int(rows, 0, 2),
		db_int(rows, 0, 3), db_int(rows, 0, 4) };
	return 0;
}

static int
columns_read(struct ask *q, const struct db_rows *rows, struct version *v, struct err *err)
{
	size_t n = 0, n_digest = 0, n_tag = 0;
	const uint8_t *sealed = db_bytes(rows, 0, 1, &n), *digest = db_bytes(rows, 0, 2, &n_digest);
	v->base = db_int(rows, 0, 0);
	v->has_from = !db_is_null(rows, 0, 3);
	v->from_ms = v->has_from ? db_int(rows, 0, 3) : 0;
	v->proposed_by = arena_strdup(q->a, db_text(rows, 0, 4));
	v->proposed_ms = db_int(rows, 0, 5);
	v->approved = !db_is_null(rows, 0, 6);
	v->ended = !db_is_null(rows, 0, 9);
	if (sealed == NULL || digest == NULL || n_digest != SHA256_BYTES)
		return err_raise(err, FAULT_INTEGRITY, "imprint's columns", (long)n_digest);
	memcpy(v->digest, digest, n_digest);
	v->row.sealed = arena_memdup(q->a, sealed, n);
	v->row.bytes = n;
	if (!v->approved)
		return 0;
	const uint8_t *tag = db_bytes(rows, 0, 8, &n_tag);
	if (tag == NULL || n_tag != IMPRINT_TAG_BYTES)
		return err_raise(err, FAULT_INTEGRITY, "imprint's tag", (long)n_tag);
	v->row.holds_ms = db_int(rows, 0, 7);
	memcpy(v->row.tag, tag, n_tag);
	return 0;
}

/* A version with its content; number 0 is the profile's own. 0, CONSOLE_E_UNKNOWN or a fault. */
static int
version_read(struct ask *q, int64_t number, struct version *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	*ret = (struct version){ .row.number = number, .proposed_by = "" };
	if (number == 0) {
		imprint_of_profile(q->c->profile, &ret->imprint);
		ret->proposed_ms = q->now_ms;
		return 0;
	}
	int r = db_ask(q->db, &q_console_imprint_read, &rows, err, db_int_arg(number));
	if (r)
		return r == DB_E_RETRY ? r : err_fold(err, r, "imprint");
	if (db_n(rows) == 0)
		return CONSOLE_E_UNKNOWN;
	r = columns_read(q, rows, ret, err);
	if (r == 0 && ret->approved)
		r = imprint_row_read(&q->c->vault, q->a, &ret->row, &ret->imprint, err);
	if (r == 0)
		r = imprint_row_open(
		    &q->c->vault, q->a, &ret->row, &ret->content, &ret->content_bytes, err);
	if (r == 0)
		r = imprint_decode(q->a, ret->content, ret->content_bytes, &ret->imprint, err);
	return err_fold(err, r, "version");
}

static int
number_of(struct ask *q, bool profiles_too, int64_t *ret)
{
	uint64_t n = 0;
	if (!text_u64_parse(q->req->arg[0], strlen(q->req->arg[0]), INT64_MAX, &n) ||
	    (n == 0 && !profiles_too))
		return CONSOLE_E_UNKNOWN;
	*ret = (int64_t)n;
	return 0;
}

static int
version_asked(struct ask *q, bool profiles_too, struct version *ret, struct err *err)
{
	int64_t number = 0;
	int r = number_of(q, profiles_too, &number);
	if (r == 0)
		r = version_read(q, number, ret, err);
	if (r == 0)
		js_put_int(q->detail, "imprint", number);
	return err_trace(err, r, "version");
}

/* The day that stands on its preview: the first it is for. */
static struct civil_date
day_of(const struct version *v)
{
	return clock_japan(v->has_from ? v->from_ms : v->proposed_ms).on;
}

/* --- looked at --- */

static const char *
state_of(const struct db_rows *rows, size_t i, int64_t now_ms)
{
	if (!db_is_null(rows, i, 11))
		return "withdrawn";
	if (db_is_null(rows, i, 8))
		return "proposed";
	if (db_int(rows, i, 9) > now_ms)
		return "planned";
	return db_bool(rows, i, 12) ? "holds" : "past";
}

static void
act_put(
    json_t *j, const char *by, const char *at, const struct db_rows *rows, size_t i, unsigned col)
{
	js_put_text(j, by, db_is_null(rows, i, col) ? "" : db_text(rows, i, col));
	js_put_int(j, at, db_is_null(rows, i, col + 1) ? 0 : db_int(rows, i, col + 1));
}

static void
row_describe(struct ask *q, const struct db_rows *rows, size_t i, json_t *list)
{
	size_t n = 0;
	json_t *j = json_object();
	const uint8_t *digest = db_bytes(rows, i, 2, &n);
	js_put_int(j, "number", db_int(rows, i, 0));
	js_put_int(j, "base", db_int(rows, i, 1));
	js_put_hex(j, "digest", digest, n);
	js_put_text(j, "note", db_text(rows, i, 3));
	js_put_int(j, "from_ms", db_is_null(rows, i, 4) ? 0 : db_int(rows, i, 4));
	act_put(j, "proposed_by", "proposed_ms", rows, i, 5);
	act_put(j, "approved_by", "approved_ms", rows, i, 7);
	js_put_int(j, "holds_ms", db_is_null(rows, i, 9) ? 0 : db_int(rows, i, 9));
	act_put(j, "ended_by", "ended_ms", rows, i, 10);
	js_put_text(j, "state", state_of(rows, i, q->now_ms));
	(void)json_array_append_new(list, j);
}

int
console_imprints(struct ask *q, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct standing s;
	json_t *list = json_array();
	struct civil_date on = clock_japan(q->now_ms).on;
	js_put(q->out, "versions", list);
	int r = standing_read(q, &s, err);
	if (r == 0)
		r = db_ask(q->db, &q_console_imprint_list, &rows, err, db_int_arg(q->now_ms),
		    db_int_arg(IMPRINTS_MAX_LIST));
	if (r)
		return r == DB_E_RETRY ? r : err_fold(err, r, "imprints");
	for (size_t i = 0; i < db_n(rows); i++)
		row_describe(q, rows, i, list);
	js_put_int(q->out, "holds", s.holds);
	js_put_int(q->out, "newest", s.newest);
	js_put_int(q->out, "planned_ms", s.newest != s.holds ? s.since_ms : 0);
	js_put_text(
	    q->out, "today", arena_printf(q->a, "%04d-%02d-%02d", on.year, on.month, on.day));
	return 0;
}

int
console_imprint(struct ask *q, struct err *err)
{
	struct version v, base = { 0 };
	int r = version_asked(q, true, &v, err);
	if (r == 0)
		r = version_read(q, v.base, &base, err);
	if (r)
		return err_trace(err, r, "imprint");
	js_put_int(q->out, "number", v.row.number);
	js_put_hex(q->out, "digest", v.digest, sizeof(v.digest));
	js_put(q->out, "changes", proposal_changes(&base.imprint, &v.imprint));
	imprint_describe(q, &v.imprint, q->out);
	return 0;
}

int
console_imprint_koin(struct ask *q, struct err *err)
{
	struct version v;
	int r = version_asked(q, true, &v, err);
	return r ? err_trace(err, r, "koin") : koin_show(q, &v.imprint, err);
}

int
console_imprint_sheet(struct ask *q, struct err *err)
{
	struct version v;
	int r = version_asked(q, true, &v, err);
	return r ? err_trace(err, r, "sheet")
		 : sheet_show(q, q->req->arg[1], &v.imprint, day_of(&v), err);
}

/* GET /api/preview/{kind}: what the next order would look like. */
int
console_preview(struct ask *q, struct err *err)
{
	struct standing s;
	struct version v;
	int r = standing_read(q, &s, err);
	if (r == 0)
		r = version_read(q, s.holds, &v, err);
	if (r)
		return err_trace(err, r, "preview");
	return sheet_show(q, q->req->arg[0], &v.imprint, clock_japan(q->now_ms).on, err);
}

/* --- proposed --- */

/* Empty: from the approval on. Never before what was approved last. */
static int
from_read(struct ask *q, const struct standing *s, int64_t *ret_ms, bool *ret_has, struct err *err)
{
	const char *text = NULL;
	int64_t today_ms = (q->now_ms + JAPAN_MS) / DAY_MS * DAY_MS - JAPAN_MS;
	int r = ask_text(q, "from", true, &text, err);
	if (r == 0 && text[0] != '\0')
		r = ask_day(text, ret_ms, err);
	if (r)
		return err_trace(err, r, "from");
	*ret_has = text[0] != '\0';
	js_put_text(q->detail, "from", text);
	if (*ret_has &&
	    (*ret_ms < today_ms || *ret_ms > today_ms + (int64_t)IMPRINTS_AHEAD_DAYS * DAY_MS))
		return CONSOLE_E_PERIOD;
	bool planned = s->newest != s->holds;
	return planned && (!*ret_has || *ret_ms < s->since_ms) ? CONSOLE_E_PLANNED : 0;
}

/* On what it stands, and that there is room for it. */
static int
base_read(struct ask *q, const struct standing *s, struct version *ret, struct err *err)
{
	int64_t base = 0;
	int r = js_int(q->body, "base", 0, INT64_MAX, &base, err);
	if (r)
		return err_trace(err, r, "base");
	if (base != s->newest)
		return CONSOLE_E_STATE;
	if (s->waiting >= IMPRINTS_MAX_WAITING)
		return CONSOLE_E_TOO_MANY;
	return err_trace(err, version_read(q, base, ret, err), "base");
}

static int
version_add(struct ask *q, const struct standing *s, const struct version *v, const char *note,
    struct err *err)
{
	struct buf content;
	buf_init(&content, IMPRINT_MAX_BYTES);
	imprint_encode(&v->imprint, &content);
	int r = buf_ok(&content) ? 0 : err_raise(err, FAULT_BAD_INPUT, "imprint over its limit", 0);
	struct vault_sealed sealed = { NULL, 0 };
	if (r == 0)
		sealed = imprint_row_seal(
		    &q->c->vault, q->a, v->row.number, content.p, content.bytes);
	buf_done(&content);
	if (r == 0)
		r = db_ask(q->db, &q_console_imprint_add, NULL, err, db_int_arg(v->row.number),
		    db_int_arg(s->newest), db_bytes_arg(sealed.p, sealed.bytes),
		    db_bytes_arg(v->digest, sizeof(v->digest)), db_text_arg(note),
		    v->has_from ? db_int_arg(v->from_ms) : db_text_arg(NULL), db_text_arg(q->user),
		    db_int_arg(q->now_ms));
	return r == DB_E_RETRY ? r : err_fold(err, r, "imprint");
}

static int
note_read(struct ask *q, const char **ret, struct err *err)
{
	int r = ask_text(q, "note", true, ret, err);
	if (r == 0 && strlen(*ret) > IMPRINTS_NOTE_BYTES)
		r = err_raise(err, FAULT_BAD_INPUT, "note", (long)strlen(*ret));
	js_put_text(q->detail, "note", r == 0 ? *ret : "");
	return err_trace(err, r, "note");
}

int
console_imprint_propose(struct ask *q, struct err *err)
{
	static const char *const members[] = { "base", "from", "note", "form", "mayor_title",
		"mayor", "dairi", "dairi_from", "dairi_to", "koin", "ninsho", NULL };
	struct standing s = { 0 };
	struct version base, v = { 0 };
	const char *note = NULL;
	int r = ask_members(q, members, err);
	if (r == 0)
		r = note_read(q, &note, err);
	if (r == 0)
		r = lock(q, err);
	if (r == 0)
		r = standing_read(q, &s, err);
	if (r == 0)
		r = base_read(q, &s, &base, err);
	if (r == 0)
		r = from_read(q, &s, &v.from_ms, &v.has_from, err);
	if (r == 0)
		r = proposal_read(q, &base.imprint, &v.imprint, err);
	if (r)
		return err_trace(err, r, "proposal");
	json_t *changes = proposal_changes(&base.imprint, &v.imprint);
	js_put(q->detail, "changes", changes);
	if (json_array_size(changes) == 0)
		return CONSOLE_E_NOTHING;
	v.proposed_ms = q->now_ms;
	v.row.number = s.number + 1;
	r = sheets_digest(q, &v.imprint, day_of(&v), v.digest, err);
	if (r == 0)
		r = version_add(q, &s, &v, note, err);
	if (r)
		return err_trace(err, r, "proposal");
	js_put_int(q->out, "number", v.row.number);
	js_put_hex(q->out, "digest", v.digest, sizeof(v.digest));
	js_put_int(q->detail, "imprint", v.row.number);
	js_put_hex(q->detail, "digest", v.digest, sizeof(v.digest));
	return 0;
}

/* --- decided --- */

/* The bytes that were looked at, drawn once more: by the renderer that will print. */
static int
digest_check(struct ask *q, const struct version *v, struct err *err)
{
	uint8_t seen[SHA256_BYTES], now[SHA256_BYTES];
	int r = js_hex(q->body, "digest", seen, sizeof(seen), err);
	if (r == 0 && !mem_equal(seen, v->digest, sizeof(seen)))
		return CONSOLE_E_STATE;
	if (r == 0)
		r = sheets_digest(q, &v->imprint, day_of(v), now, err);
	if (r)
		return err_trace(err, r, "digest");
	return mem_equal(now, v->digest, sizeof(now)) ? 0 : CONSOLE_E_STATE;
}

static int
may_be_approved(const struct ask *q, const struct version *v, const struct standing *s)
{
	if (v->approved || v->ended || v->base != s->newest)
		return CONSOLE_E_STATE;
	return strcmp(v->proposed_by, q->user) == 0 ? CONSOLE_E_SAME : 0;
}

static int
approval_write(struct ask *q, const struct version *v, int64_t holds_ms, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	uint8_t tag[IMPRINT_TAG_BYTES];
	imprint_row_tag(&q->c->vault, v->row.number, holds_ms, v->content, v->content_bytes, tag);
	int r = db_ask(q->db, &q_console_imprint_approve, &rows, err, db_int_arg(v->row.number),
	    db_text_arg(q->user), db_int_arg(q->now_ms), db_int_arg(holds_ms),
	    db_bytes_arg(tag, sizeof(tag)));
	if (r)
		return r == DB_E_RETRY ? r : err_fold(err, r, "approval");
	return db_n(rows) == 1 ? 0 : CONSOLE_E_STATE;
}

int
console_imprint_approve(struct ask *q, struct err *err)
{
	static const char *const members[] = { "digest", NULL };
	struct standing s;
	struct version v;
	int r = ask_members(q, members, err);
	if (r == 0)
		r = lock(q, err);
	if (r == 0)
		r = standing_read(q, &s, err);
	if (r == 0)
		r = version_asked(q, false, &v, err);
	if (r == 0)
		r = may_be_approved(q, &v, &s);
	if (r == 0)
		r = digest_check(q, &v, err);
	if (r)
		return err_trace(err, r, "approval");
	int64_t holds_ms = v.has_from && v.from_ms > q->now_ms ? v.from_ms : q->now_ms;
	if (holds_ms < s.since_ms)
		return CONSOLE_E_PLANNED;
	r = approval_write(q, &v, holds_ms, err);
	if (r)
		return err_trace(err, r, "approval");
	js_put_int(q->out, "holds_ms", holds_ms);
	js_put_int(q->detail, "holds_ms", holds_ms);
	js_put_hex(q->detail, "digest", v.digest, sizeof(v.digest));
	js_put_text(q->detail, "proposed_by", v.proposed_by);
	return 0;
}

int
console_imprint_end(struct ask *q, struct err *err)
{
	static const char *const members[] = { "note", NULL };
	AUTO(db_rows) struct db_rows *rows = NULL;
	const char *note = NULL;
	struct version v;
	int r = ask_members(q, members, err);
	if (r == 0)
		r = note_read(q, &note, err);
	if (r == 0)
		r = lock(q, err);
	if (r == 0)
		r = version_asked(q, false, &v, err);
	if (r == 0)
		r = db_ask(q->db, &q_console_imprint_end, &rows, err, db_int_arg(v.row.number),
		    db_text_arg(q->user), db_int_arg(q->now_ms));
	if (r)
		return r == DB_E_RETRY || r >= CONSOLE_E_SESSION ? r : err_fold(err, r, "imprint");
	js_put_text(q->detail, "was", v.approved ? "planned" : "proposed");
	return db_n(rows) == 1 ? 0 : CONSOLE_E_STATE;
}
