/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "queries/asp_front.h"
#include "server/front/session.h"
#include "server/front/store.h"
#include <string.h>

struct release {
	struct front_muni *m;
	struct arena *a;
	struct front_session s;
	struct order_id id;
	uint8_t manifest_hash[32];
	int64_t at_ms;
};

/* {"v":1,"order":…,"manifest_sha256":…,"time_ms":N}, signed by the session's key. */
static int
release_open(struct release *q, const json_t *body, struct err *err)
{
	static const char *const members[] = { "v", "order", "manifest_sha256", "time_ms", NULL };
	AUTO(json_t) json_t *j = NULL;
	uint8_t *payload = NULL;
	size_t n = 0;
	int64_t v = 0;
	int r = session_open(q->a, &q->s, body, "release", "kofu-release", &payload, &n, err);
	if (r == 0)
		r = js_parse(payload, n, &j, err);
	if (r == 0)
		r = js_members(j, members, err);
	if (r == 0)
		r = js_int(j, "v", 1, 1, &v, err);
	if (r == 0)
		r = js_hex(j, "order", q->id.b, sizeof(q->id.b), err);
	if (r == 0)
		r = js_hex(j, "manifest_sha256", q->manifest_hash, sizeof(q->manifest_hash), err);
	if (r == 0)
		r = js_int(j, "time_ms", 0, INT64_MAX / 2, &q->at_ms, err);
	return err_trace(err, r, "release");
}

/* Is it the order of this session and this answer, and still to be released? */
static int
release_belongs(const struct release *q, const struct store_issue *i, int64_t now_ms)
{
	if (!mem_equal(i->th, q->s.th, sizeof(i->th)))
		return FRONT_E_NO_SUCH_ORDER;
	if (!mem_equal(i->manifest_hash, q->manifest_hash, sizeof(i->manifest_hash)))
		return FRONT_E_MISMATCH;
	if (i->state == STORE_RELEASED || i->state == STORE_REPORTED)
		return FRONT_E_SPENT;
	if (i->state != STORE_ISSUED || now_ms - i->issued_ms > FRONT_PAPERS_MS)
		return FRONT_E_REFUSED;
	return 0;
}

/* Under the row locks: nothing changed, nothing is blocked, the lease is fresh. */
static int
release_decide(
    struct release *q, struct db *db, const struct store_issue *i, int64_t now_ms, struct err *err)
{
	struct store_view *now = arena_zero(q->a, sizeof(*now));
	int r = store_view_locked(db, q->a, false, i->printed, i->n_printed, &i->ref, now, err);
	if (r)
		return err_trace(err, r, "release");
	r = issue_kiosk(&now->v, q->s.t.kiosk);
	return r
	    ? r
	    : issue_still(&now->v, i->kind, i->whole_household, i->printed, i->n_printed, now_ms);
}

static int
mark(struct db *db, const struct release *q, int64_t issued_ms, bool released, int64_t now_ms,
    struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct db_arg id = db_bytes_arg(q->id.b, sizeof(q->id.b));
	struct db_arg issued = db_int_arg(issued_ms);
	int r = released
	    ? db_ask(db, &q_front_issue_release, &rows, err, id, issued, db_int_arg(now_ms))
	    : db_ask(db, &q_front_issue_refuse, &rows, err, id, issued);
	if (r == 0 && db_n(rows) != 1)
		return FRONT_E_SPENT;
	return err_trace(err, r, "mark");
}

/* Redeems it, or refuses it for good when what it shows is not so any more. */
static int
release_try(struct release *q, struct db *db, struct err *err)
{
	struct store_issue i;
	bool found = false;
	int64_t now_ms = clock_now_ms();
	int r = store_issue_lock(db, q->a, &q->id, &i, NULL, &found, err);
	if (r == 0)
		r = found ? release_belongs(q, &i, now_ms) : FRONT_E_NO_SUCH_ORDER;
	int decided = r == 0 ? release_decide(q, db, &i, now_ms, err) : r;
	if (r == 0 && (decided == 0 || decided == ISSUE_E_CHANGED))
		r = mark(db, q, i.issued_ms, decided == 0, now_ms, err);
	else
		r = decided;
	if (r == 0)
		r = store_end(db, NULL, q->a, q->m, &i,
		    decided == 0 ? "issue.release" : "issue.release-refused", now_ms, err);
	if (r)
		db_rollback(db);
	if (r)
		return err_trace(err, r, "release");
	return decided == 0 ? 0 : FRONT_E_REFUSED;
}

static int
release_run(struct release *q, struct err *err)
{
	struct db *db = NULL;
	int r = db_pool_take(q->m->db, FRONT_DB_WAIT_MS, &db, err);
	if (r)
		return err_trace(err, r, "database");
	r = release_try(q, db, err);
	for (unsigned k = 1; r == DB_E_RETRY && k < FRONT_COMMIT_TRIES; k++) {
		r = front_keys_look(q->m, db, err);
		if (r == 0)
			r = release_try(q, db, err);
	}
	db_pool_give(q->m->db, db);
	return r == DB_E_RETRY ? err_raise(err, FAULT_UNAVAILABLE, "release", r)
			       : err_trace(err, r, "release");
}

static void
release_answer(struct http_req *req, struct http_res *res, const struct order_id *id)
{
	char hex[2 * ORDER_ID_BYTES + 1];
	text_hex_format(id->b, ORDER_ID_BYTES, hex);
	res->body = arena_printf(req->arena, "{\"released\":true,\"order\":\"%s\"}", hex);
	res->body_bytes = strlen(res->body);
}

int
front_release(struct http_req *req, struct http_res *res, struct err *err)
{
	static const char *const members[] = { "muni", "transcript", "release", NULL };
	struct release *q = arena_zero(req->arena, sizeof(*q));
	AUTO(json_t) json_t *body = NULL;
	q->a = req->arena;
	int r = js_parse(req->body, req->body_bytes, &body, err);
	if (r == 0)
		r = js_members(body, members, err);
	if (r == 0)
		r = session_read_transcript(req->arena, body, &q->s, err);
	if (r == 0)
		r = release_open(q, body, err);
	if (r == 0)
		r = session_muni(req, body, &q->m, err);
	if (r)
		return err_trace(err, r, "release");
	r = release_run(q, err);
	LOG(LOG_LVL_NOTICE, "release", LOG_F("txn", req->txn), LOG_F("muni", q->m->code),
	    LOG_F("outcome", r));
	if (r == 0)
		release_answer(req, res, &q->id);
	return err_trace(err, r, "release");
}
