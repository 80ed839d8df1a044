/* SPDX-License-Identifier: Apache-2.0 */
/* How the service stands, its stop and resumption by the city. */
#include "base/clock.h"
#include "queries/asp_console.h"
#include "server/console/console.h"
#include "server/issue/decide.h"
#include "server/issue/terms_db.h"

#include <string.h>

enum { DAY_MS = 86400000, JAPAN_MS = 9 * 3600000 };

/* Today's. */
static const char *
hours_text(struct arena *a, struct profile_hours h)
{
	if (h.open_minute == h.close_minute)
		return "休";
	return arena_printf(a, "%02d:%02d-%02d:%02d", h.open_minute / 60, h.open_minute % 60,
	    h.close_minute / 60, h.close_minute % 60);
}

static json_t *
kinds_describe(struct arena *a, const struct console *c, const struct terms *t, unsigned closed,
    int64_t now_ms)
{
	json_t *list = json_array();
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++) {
		enum doc_kind kind = (enum doc_kind)k;
		if (!c->profile->kinds[k].offered)
			continue;
		struct profile_hours h = terms_hours(t, c->profile, kind, now_ms);
		json_t *j = json_object();
		js_put_text(j, "kind", doc_kind_name(kind));
		js_put_text(j, "title", doc_kind_title(kind));
		js_put_int(j, "fee_yen", terms_fee_yen(t, c->profile, kind));
		js_put_text(j, "hours", hours_text(a, h));
		js_put_bool(j, "year_end", h.closed_year_end);
		js_put_bool(j, "open", terms_are_open(t, c->profile, kind, now_ms));
		js_put_bool(j, "closed", t->kinds[k].closed);
		js_put_bool(j, "stopped", (closed >> k & 1) != 0);
		(void)json_array_append_new(list, j);
	}
	return list;
}

int
console_status(struct ask *q, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct terms terms;
	int64_t today_ms = (q->now_ms + JAPAN_MS) / DAY_MS * DAY_MS - JAPAN_MS;
	int r = db_ask(q->db, &q_console_status_read, &rows, err, db_int_arg(today_ms));
	if (r == 0)
		r = terms_db_read(q->db, &q_console_terms_read, q->now_ms, &terms, err);
	if (r)
		return err_fold(err, r, "status");
	int64_t beat_ms = db_int(rows, 0, 4);
	js_put_text(q->out, "fault", db_is_null(rows, 0, 0) ? "" : db_text(rows, 0, 0));
	js_put(q->out, "kinds",
	    kinds_describe(q->a, q->c, &terms, (unsigned)db_int(rows, 0, 1), q->now_ms));
	js_put_int(q->out, "seq", db_int(rows, 0, 2));
	js_put_int(q->out, "register_ms", db_int(rows, 0, 3));
	js_put_int(q->out, "beat_ms", beat_ms);
	js_put_int(q->out, "now_ms", q->now_ms);
	js_put_bool(q->out, "fresh",
	    beat_ms > 0 && q->now_ms - beat_ms <= ISSUE_LEASE_MS &&
		db_int(rows, 0, 5) <= db_int(rows, 0, 2));
	js_put_int(q->out, "parked", db_int(rows, 0, 6));
	js_put_int(q->out, "stops", db_int(rows, 0, 7));
	js_put_int(q->out, "stops_asked", db_int(rows, 0, 8));
	js_put_int(q->out, "issued_today", db_int(rows, 0, 9));
	js_put_int(q->out, "unprintable", db_int(rows, 0, 10));
	return 0;
}

static int
service_set(struct ask *q, bool stop, struct err *err)
{
	static const char *const members[] = { "kinds", "reason", NULL };
	AUTO(db_rows) struct db_rows *rows = NULL;
	const char *reason = NULL;
	unsigned kinds = 0;
	int r = ask_members(q, members, err);
	if (r == 0)
		r = ask_kinds(q, &kinds, err);
	if (r == 0)
		r = ask_text(q, "reason", false, &reason, err);
	if (r == 0)
		r = db_ask(q->db, &q_console_service_set, &rows, err, db_int_arg(stop ? 0 : kinds),
		    db_int_arg(stop ? kinds : 0));
	if (r)
		return r == DB_E_RETRY ? r : err_fold(err, r, "service");
	js_put(q->out, "stopped", kinds_list((unsigned)db_int(rows, 0, 0)));
	js_put(q->detail, "kinds", kinds_list(kinds));
	js_put_text(q->detail, "reason", reason);
	return 0;
}

int
console_service_stop(struct ask *q, struct err *err)
{
	return service_set(q, true, err);
}

int
console_service_resume(struct ask *q, struct err *err)
{
	return service_set(q, false, err);
}
