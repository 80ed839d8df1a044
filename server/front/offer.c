/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "domain/muni.h"
#include "server/audit/audit.h"
#include "server/front/session.h"
#include "server/front/store.h"
#include <string.h>

enum { HOUSEHOLD_MAX_BYTES = 65536 };

static json_t *
options_list(unsigned options)
{
	json_t *list = json_array();
	for (unsigned bit = 1; bit <= ORDER_OPTIONS_ALL; bit <<= 1)
		if ((options & bit) != 0)
			(void)json_array_append_new(list, json_string(order_option_name(bit)));
	return list;
}

static json_t *
kind_describe(struct arena *a, const struct issue_view *v, const struct profile *p,
    enum doc_kind kind, int64_t now_ms)
{
	const struct terms *t = &v->terms;
	unsigned copies = 0;
	struct profile_hours h = terms_hours(t, p, kind, now_ms);
	json_t *j = json_object();
	js_put_text(j, "kind", doc_kind_name(kind));
	js_put_int(j, "fee_yen", issue_fee_yen(v, p, kind, &copies));
	if (copies != ORDER_MAX_COPIES)
		js_put_int(j, "max_copies", copies);
	js_put(j, "options", options_list(p->kinds[kind].options));
	js_put_bool(j, "open", terms_are_open(t, p, kind, now_ms));
	/* None at all today: nothing to promise. */
	js_put_text(j, "hours",
	    t->kinds[kind].closed || h.open_minute == h.close_minute
		? "-"
		: arena_printf(a, "%02d:%02d-%02d:%02d", h.open_minute / 60, h.open_minute % 60,
		      h.close_minute / 60, h.close_minute % 60));
	return j;
}

/* What this person can have; what not is left out, whatever the reason. */
static int
kinds_describe(struct arena *a, const struct store_view *s, const struct profile *p, int64_t now_ms,
    json_t *list)
{
	bool any_open = false, any_stopped = false;
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++) {
		enum doc_kind kind = (enum doc_kind)k;
		int r = issue_may_have(&s->v, p, kind);
		any_stopped = any_stopped || r == ISSUE_E_STOPPED;
		if (r != 0)
			continue;
		any_open = any_open || terms_are_open(&s->v.terms, p, kind, now_ms);
		(void)json_array_append_new(list, kind_describe(a, &s->v, p, kind, now_ms));
	}
	if (json_array_size(list) == 0)
		return any_stopped ? ISSUE_E_STOPPED : FRONT_E_NOT_REGISTERED;
	return any_open ? 0 : ISSUE_E_CLOSED;
}

static int
person_describe(struct front_muni *m, struct arena *a, const struct store_view *s, unsigned index,
    json_t *list, struct err *err)
{
	const struct issue_person *p = &s->v.persons[index];
	struct resident row;
	uint8_t *plain = NULL;
	size_t n = 0;
	int r = vault_row_open(&m->vault, a, VAULT_RESIDENT, &p->ref, (uint32_t)p->row_rireki_no,
	    s->rows[index].sealed, s->rows[index].bytes, &plain, &n, err);
	if (r == 0)
		r = resident_decode(a, plain, n, &row, err);
	if (r)
		return err_fold(err, r, "row");
	json_t *j = json_object();
	js_put_hex(j, "ref", p->ref.b, PERSON_REF_BYTES);
	js_put_text(j, "name",
	    row.name != NULL             ? row.name
		: row.name_latin != NULL ? row.name_latin
					 : "");
	(void)json_array_append_new(list, j);
	return 0;
}

/* The household for the chooser, readable by the session's key alone. */
static int
household_seal(struct front_muni *m, struct arena *a, const struct front_session *q,
    const struct store_view *s, char **ret, struct err *err)
{
	AUTO(json_t) json_t *j = json_object();
	json_t *list = json_array();
	struct buf text;
	int r = 0;
	js_put_hex(j, "self", s->v.self.b, PERSON_REF_BYTES);
	js_put(j, "persons", list);
	for (unsigned i = 0; i < s->v.n_persons && r == 0; i++)
		if (s->v.persons[i].state == RESIDENT_REGISTERED && s->rows[i].sealed != NULL)
			r = person_describe(m, a, s, i, list, err);
	buf_init(&text, HOUSEHOLD_MAX_BYTES);
	if (r == 0)
		r = js_format(j, &text, err);
	if (r == 0)
		r = jwe_seal(a, &q->point, "kofu-household", q->th, sizeof(q->th), text.p,
		    text.bytes, ret, err);
	buf_done(&text);
	return err_fold(err, r, "household");
}

static int
view_of_card(struct front_muni *m, struct arena *a, const struct front_session *s, int64_t now_ms,
    struct store_view *ret, struct err *err)
{
	struct db *db = NULL;
	const struct store_ask q = { .at_ms = now_ms };
	int r = db_pool_take(m->db, FRONT_DB_WAIT_MS, &db, err);
	if (r)
		return err_trace(err, r, "database");
	r = session_view(s, m, db, a, &q, ret, err);
	db_pool_give(m->db, db);
	return r == DB_E_RETRY ? err_raise(err, FAULT_UNAVAILABLE, "snapshot", r)
			       : err_trace(err, r, "view");
}

/* The names of the household were read: without a record of it nobody sees them. */
static int
offer_audit(struct front_muni *m, const struct store_view *s, int64_t now_ms, struct err *err)
{
	struct db *db = NULL;
	const struct audit_event e = { .source = AUDIT_ISSUE,
		.kind = AUDIT_READ,
		.at_ms = now_ms,
		.actor = "front",
		.action = "issue.offer",
		.subject = s->v.self.b };
	int r = db_pool_take(m->db, FRONT_DB_WAIT_MS, &db, err);
	if (r)
		return err_trace(err, r, "database");
	r = audit_add(db, &m->vault, &e, err);
	for (unsigned k = 1; r == DB_E_RETRY && k < FRONT_COMMIT_TRIES; k++) {
		r = front_keys_look(m, db, err);
		if (r == 0)
			r = audit_add(db, &m->vault, &e, err);
	}
	db_pool_give(m->db, db);
	return err_fold(err, r, "audit");
}

static int
offer_make(struct front_muni *m, struct arena *a, const struct front_session *s,
    struct http_res *res, struct err *err)
{
	AUTO(json_t) json_t *j = json_object();
	json_t *kinds = json_array();
	struct store_view *view = arena_zero(a, sizeof(*view));
	int64_t now_ms = clock_now_ms();
	char *household = NULL;
	struct buf text;
	js_put(j, "kinds", kinds);
	int r = view_of_card(m, a, s, now_ms, view, err);
	if (r == 0)
		r = issue_fresh(&view->v, now_ms);
	if (r == 0)
		r = issue_kiosk(&view->v, s->t.kiosk);
	if (r == 0)
		r = kinds_describe(a, view, m->profile, now_ms, kinds);
	if (r == 0)
		r = household_seal(m, a, s, view, &household, err);
	if (r == 0)
		r = offer_audit(m, view, now_ms, err);
	if (r)
		return err_trace(err, r, "offer");
	js_put_text(j, "muni_name", m->profile->name);
	js_put_text(j, "phone", m->profile->window_phone);
	js_put_text(j, "household", household);
	buf_init(&text, 2 * HOUSEHOLD_MAX_BYTES);
	r = js_format(j, &text, err);
	res->body_bytes = text.bytes;
	res->body = r == 0 ? arena_memdup(a, text.p, text.bytes) : NULL;
	buf_done(&text);
	return err_trace(err, r, "offer");
}

int
front_offer(struct http_req *req, struct http_res *res, struct err *err)
{
	static const char *const members[] = { "muni", "transcript", "certificate", "signature",
		NULL };
	struct front *f = req->app;
	struct front_muni *m = NULL;
	struct front_session s;
	AUTO(json_t) json_t *body = NULL;
	int r = js_parse(req->body, req->body_bytes, &body, err);
	if (r == 0)
		r = js_members(body, members, err);
	if (r == 0)
		r = session_read(req->arena, body, &s, err);
	if (r == 0)
		r = session_muni(req, body, &m, err);
	if (r == 0)
		r = session_check(&s, f, &req->peer, clock_now_ms(), err);
	if (r)
		return err_trace(err, r, "offer");
	r = admission_enter(&m->admission) ? 0 : FRONT_E_BUSY;
	if (r == 0) {
		r = offer_make(m, req->arena, &s, res, err);
		admission_leave(&m->admission);
	}
	LOG(LOG_LVL_NOTICE, "offer", LOG_F("txn", req->txn), LOG_F("muni", m->code),
	    LOG_F("outcome", r));
	return err_trace(err, r, "offer");
}
