/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "queries/asp_front.h"
#include "server/front/session.h"
#include "server/front/store.h"
#include <string.h>

enum copy_state { COPY_ISSUED = 1, COPY_PRINTED = 2, COPY_VOID = 3 };

struct outcome {
	struct front_muni *m;
	struct arena *a;
	struct front_session s;
	struct order_id id;
	const char *all; /* the reason for which every number is void; NULL = each is named */
	unsigned n;
	struct outcome_copy {
		const char *number, *reason;
		enum copy_state state;
	} copies[ORDER_MAX_COPIES];
};

static bool
reason_is_known(const char *reason)
{
	static const char *const known[] = { "", "jam", "power", "cancelled", "unknown" };
	for (size_t i = 0; i < N_ELEMENTS(known); i++)
		if (strcmp(reason, known[i]) == 0)
			return true;
	return false;
}

static int
copy_read(struct outcome *q, const json_t *o, struct outcome_copy *ret, struct err *err)
{
	static const char *const members[] = { "number", "state", "reason", NULL };
	const char *number = NULL, *state = NULL, *reason = NULL;
	int r = js_members(o, members, err);
	if (r == 0)
		r = js_text(o, "number", SEAL_NUMBER_MAX, &number, err);
	if (r == 0)
		r = js_text(o, "state", 16, &state, err);
	if (r == 0)
		r = js_text(o, "reason", 16, &reason, err);
	if (r)
		return err_trace(err, r, "copy");
	bool printed = strcmp(state, "printed") == 0;
	if ((!printed && strcmp(state, "void") != 0) || !reason_is_known(reason) ||
	    printed != (reason[0] == '\0'))
		return err_raise(err, FAULT_BAD_INPUT, "state of a copy", 0);
	*ret = (struct outcome_copy){ .number = arena_strdup(q->a, number),
		.reason = arena_strdup(q->a, reason),
		.state = printed ? COPY_PRINTED : COPY_VOID };
	return 0;
}

static int
copies_read(struct outcome *q, const json_t *j, struct err *err)
{
	const json_t *list = NULL;
	int r = js_array(j, "copies", ORDER_MAX_COPIES, &list, err);
	if (r)
		return err_trace(err, r, "copies");
	q->n = (unsigned)json_array_size(list);
	for (unsigned i = 0; i < q->n && r == 0; i++)
		r = copy_read(q, json_array_get(list, i), &q->copies[i], err);
	return err_trace(err, r, "copies");
}

/* Which numbers, or for what reason all of them: one of the two. */
static int
numbers_read(struct outcome *q, const json_t *j, struct err *err)
{
	const char *reason = NULL;
	bool all = json_object_get(j, "all") != NULL;
	if (all == (json_object_get(j, "copies") != NULL))
		return err_raise(err, FAULT_BAD_INPUT, "copies or all", all);
	if (!all)
		return copies_read(q, j, err);
	int r = js_text(j, "all", 16, &reason, err);
	if (r == 0 && (reason[0] == '\0' || !reason_is_known(reason)))
		r = err_raise(err, FAULT_BAD_INPUT, "reason", 0);
	if (r)
		return err_trace(err, r, "all");
	q->all = arena_strdup(q->a, reason);
	return 0;
}

/* {"v":1,"order":…,"copies":[…]|"all":reason,"time_ms":N}, signed by the session's key. */
static int
outcome_open(struct outcome *q, const json_t *body, struct err *err)
{
	static const char *const members[] = { "v", "order", "copies?", "all?", "time_ms", NULL };
	AUTO(json_t) json_t *j = NULL;
	uint8_t *payload = NULL;
	size_t n = 0;
	int64_t v = 0, at_ms = 0;
	int r = session_open(q->a, &q->s, body, "outcome", "kofu-outcome", &payload, &n, err);
	if (r == 0)
		r = js_parse(payload, n, &j, err);
	if (r == 0)
		r = js_members(j, members, err);
	if (r == 0)
		r = js_int(j, "v", 1, 1, &v, err);
	if (r == 0)
		r = js_hex(j, "order", q->id.b, sizeof(q->id.b), err);
	if (r == 0)
		r = js_int(j, "time_ms", 0, INT64_MAX / 2, &at_ms, err);
	if (r == 0)
		r = numbers_read(q, j, err);
	return err_trace(err, r, "outcome");
}

static const struct outcome_copy *
copy_find(const struct outcome *q, const char *number)
{
	for (unsigned i = 0; i < q->n; i++)
		if (strcmp(q->copies[i].number, number) == 0)
			return &q->copies[i];
	return NULL;
}

/*
 * All numbers of the order, each once; printed only after the release. What was
 * recorded before must be the same: *ret_new says whether anything is to write.
 */
static int
outcome_decide(
    const struct outcome *q, const struct store_issue *i, const struct db_rows *rows, bool *ret_new)
{
	if (db_n(rows) != q->n)
		return FRONT_E_MISMATCH;
	for (size_t k = 0; k < db_n(rows); k++) {
		const struct outcome_copy *c = copy_find(q, db_text(rows, k, 0));
		int64_t state = db_int(rows, k, 1);
		if (c == NULL)
			return FRONT_E_MISMATCH;
		if (state == COPY_ISSUED && c->state == COPY_PRINTED && i->state != STORE_RELEASED)
			return FRONT_E_REFUSED;
		/* 無効 by the city: whatever the kiosk saw of it stays its own affair. */
		if (state == COPY_VOID && strcmp(db_text(rows, k, 2), "city") == 0)
			continue;
		if (state != COPY_ISSUED &&
		    (state != (int64_t)c->state || strcmp(db_text(rows, k, 2), c->reason) != 0))
			return FRONT_E_MISMATCH;
		*ret_new = *ret_new || state == COPY_ISSUED;
	}
	return 0;
}

/* A kiosk that never came to read its answer takes all of it back; what was told stays. */
static void
outcome_spread(struct outcome *q, const struct db_rows *rows)
{
	q->n = 0;
	for (size_t k = 0; k < db_n(rows) && k < ORDER_MAX_COPIES; k++) {
		bool told = db_int(rows, k, 1) == COPY_VOID;
		q->copies[q->n++] =
		    (struct outcome_copy){ .number = arena_strdup(q->a, db_text(rows, k, 0)),
			    .reason = told ? arena_strdup(q->a, db_text(rows, k, 2)) : q->all,
			    .state = COPY_VOID };
	}
}

/* All of it goes with the commit, as far as there is room. */
static int
outcome_write(const struct outcome *q, struct db *db, const struct store_issue *i,
    struct db_queue *queue, struct err *err)
{
	enum { BEHIND = 3 }; /* the order, the audit, the commit */
	struct db_arg id = db_bytes_arg(q->id.b, sizeof(q->id.b));
	int r = 0;
	if (i->state == STORE_ISSUED) /* later they are gone */
		db_queue_ask(queue, &q_front_papers_drop, NULL, db_int_arg(i->issued_ms), id);
	for (unsigned k = 0; k < q->n && r == 0; k++) {
		if (queue->n + BEHIND == DB_QUEUE_MAX)
			r = db_queue_run(db, queue, err);
		db_queue_ask(queue, &q_front_issue_copy_report, NULL, id,
		    db_text_arg(q->copies[k].number), db_int_arg(q->copies[k].state),
		    db_text_arg(q->copies[k].reason));
	}
	db_queue_ask(queue, &q_front_issue_report, NULL, id);
	return err_trace(err, r, "copies");
}

static int
outcome_decide_and_write(struct outcome *q, struct db *db, const struct store_issue *i,
    const struct db_rows *copies, struct db_queue *queue, struct err *err)
{
	bool is_new = false;
	if (q->all != NULL)
		outcome_spread(q, copies);
	int r = outcome_decide(q, i, copies, &is_new);
	return r || !is_new ? r : outcome_write(q, db, i, queue, err);
}

static int
outcome_try(struct outcome *q, struct db *db, struct err *err)
{
	AUTO(db_rows) struct db_rows *copies = NULL;
	struct db_queue queue = { 0 };
	struct store_issue i;
	bool found = false;
	int r = store_issue_lock(db, q->a, &q->id, &i, &copies, &found, err);
	if (r == 0 && (!found || !mem_equal(i.th, q->s.th, sizeof(i.th))))
		r = FRONT_E_NO_SUCH_ORDER;
	if (r == 0)
		r = outcome_decide_and_write(q, db, &i, copies, &queue, err);
	if (r == 0)
		r = store_end(db, &queue, q->a, q->m, &i, "issue.outcome", clock_now_ms(), err);
	if (r)
		db_rollback(db);
	return err_trace(err, r, "outcome");
}

static int
outcome_run(struct outcome *q, struct err *err)
{
	struct db *db = NULL;
	int r = db_pool_take(q->m->db, FRONT_DB_WAIT_MS, &db, err);
	if (r)
		return err_trace(err, r, "database");
	r = outcome_try(q, db, err);
	for (unsigned k = 1; r == DB_E_RETRY && k < FRONT_COMMIT_TRIES; k++) {
		r = front_keys_look(q->m, db, err);
		if (r == 0)
			r = outcome_try(q, db, err);
	}
	db_pool_give(q->m->db, db);
	return r == DB_E_RETRY ? err_raise(err, FAULT_UNAVAILABLE, "outcome", r)
			       : err_trace(err, r, "outcome");
}

int
front_outcome(struct http_req *req, struct http_res *res, struct err *err)
{
	static const char *const members[] = { "muni", "transcript", "outcome", NULL };
	struct outcome *q = arena_zero(req->arena, sizeof(*q));
	AUTO(json_t) json_t *body = NULL;
	char hex[2 * ORDER_ID_BYTES + 1];
	q->a = req->arena;
	int r = js_parse(req->body, req->body_bytes, &body, err);
	if (r == 0)
		r = js_members(body, members, err);
	if (r == 0)
		r = session_read_transcript(req->arena, body, &q->s, err);
	if (r == 0)
		r = outcome_open(q, body, err);
	if (r == 0)
		r = session_muni(req, body, &q->m, err);
	if (r)
		return err_trace(err, r, "outcome");
	r = outcome_run(q, err);
	LOG(LOG_LVL_NOTICE, "outcome", LOG_F("txn", req->txn), LOG_F("muni", q->m->code),
	    LOG_F("outcome", r));
	if (r)
		return err_trace(err, r, "outcome");
	text_hex_format(q->id.b, ORDER_ID_BYTES, hex);
	res->body = arena_printf(req->arena, "{\"recorded\":true,\"order\":\"%s\"}", hex);
	res->body_bytes = strlen(res->body);
	return 0;
}
