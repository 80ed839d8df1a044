/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/text.h"
#include "domain/muni.h"
#include "queries/asp_sync.h"
#include "server/sync/recon_ask.h"
#include "server/sync/sync_int.h"

#include <string.h>

/* What every handler begins with: who asks, and the body. */
static int
ask_open(struct http_req *req, enum recon_ask_kind kind, struct sync_place *at,
    struct recon_ask *ret, struct err *err)
{
	int r = sync_place_of(req, at, err);
	if (r == 0)
		r = recon_ask_parse(kind, req->body, req->body_bytes, ret, err);
	return err_fold(err, r, "reconcile");
}

static int
run_take(struct sync_place *at, const struct recon_ask *ask, struct recon_run **ret)
{
	return recon_desk_take(at->desk, at->number, (uint64_t)ask->run, clock_mono_ms(), ret);
}

static int
run_post(struct http_req *req, struct http_res *res, struct err *err)
{
	AUTO_RECON_ASK struct recon_ask ask = { 0 };
	struct sync_place at;
	struct db *db = NULL;
	uint64_t number = 0;
	int64_t begun_ms = 0;
	int r = ask_open(req, RECON_ASK_RUN, &at, &ask, err);
	if (r == 0)
		r = db_pool_take(at.pool, SYNC_TAKE_MS, &db, err);
	if (r)
		return err_fold(err, r, "run");
	r = recon_begin(db, &begun_ms, err);
	db_pool_give(at.pool, db);
	if (r)
		return err_trace(err, r, "run");
	r = recon_desk_open(at.desk, at.number, &ask.key, begun_ms, clock_mono_ms(), &number);
	if (r)
		return r;
	json_t *answer = json_object();
	js_put_int(answer, "run", (int64_t)number);
	return sync_answer(req, res, answer, err);
}

static int
end_post(struct http_req *req, struct http_res *res, struct err *err)
{
	AUTO_RECON_ASK struct recon_ask ask = { 0 };
	struct sync_place at;
	int r = ask_open(req, RECON_ASK_OF, &at, &ask, err);
	if (r)
		return err_fold(err, r, "end");
	recon_desk_close(at.desk, at.number, (uint64_t)ask.run);
	return sync_answer(req, res, json_object(), err);
}

static int
scan_post(struct http_req *req, struct http_res *res, struct err *err)
{
	AUTO_RECON_ASK struct recon_ask ask = { 0 };
	struct sync_place at;
	struct recon_run *run = NULL;
	struct db *db = NULL;
	int r = ask_open(req, RECON_ASK_OF, &at, &ask, err);
	if (r == 0)
		r = run_take(&at, &ask, &run);
	if (r)
		return err_trace(err, r, "scan");
	r = db_pool_take(at.pool, SYNC_TAKE_MS, &db, err);
	if (r == 0) {
		r = recon_scan(db, at.vault, run, err);
		db_pool_give(at.pool, db);
	}
	json_t *answer = json_object();
	js_put_int(answer, "n", (int64_t)run->all.n);
	js_put_int(answer, "unplaced", (int64_t)run->n_unplaced);
	js_put_bool(answer, "done", run->done);
	recon_desk_give(at.desk, at.number);
	if (r) {
		json_decref(answer);
		return err_fold(err, r, "scan");
	}
	return sync_answer(req, res, answer, err);
}

/* --- ranges --- */

static json_t *
sum_json(const struct tally_sum *s)
{
	uint8_t b[TALLY_SUM_BYTES];
	char hex[2 * TALLY_SUM_BYTES + 1];
	tally_sum_put(s, b);
	text_hex_format(b, sizeof(b), hex);
	return json_string(hex);
}

static json_t *
ranges_answer(const struct tally *t, const struct recon_ask *all)
{
	json_t *n = json_array();
	json_t *sums = json_array();
	for (size_t i = 0; i < all->n; i++) {
		for (unsigned k = 0; k < TALLY_CHILDREN; k++) {
			struct tally_digest d =
			    tally_range_digest(t, tally_range_child(all->ranges[i], k));
			(void)json_array_append_new(n, json_integer((json_int_t)d.n));
			(void)json_array_append_new(sums, sum_json(&d.sum));
		}
	}
	json_t *o = json_object();
	js_put(o, "n", n);
	js_put(o, "sums", sums);
	return o;
}

/* NULL: more than an answer carries. */
static json_t *
persons_answer(const struct tally *t, const struct recon_ask *all)
{
	json_t *list = json_array();
	for (size_t i = 0; i < all->n; i++) {
		size_t first = 0;
		size_t n = tally_range_find(t, all->ranges[i], &first);
		if (json_array_size(list) + n > RECON_PERSONS_MAX) {
			json_decref(list);
			return NULL;
		}
		for (size_t k = first; k < first + n; k++) {
			json_t *p = json_object();
			js_put_text(p, "atena_no", t->p[k].atena_no);
			js_put(p, "sum", sum_json(&t->p[k].sum));
			(void)json_array_append_new(list, p);
		}
	}
	json_t *o = json_object();
	js_put(o, "persons", list);
	return o;
}

static int
ask_ranges(struct http_req *req, struct http_res *res,
    json_t *(*answer_of)(const struct tally *t, const struct recon_ask *all), struct err *err)
{
	AUTO_RECON_ASK struct recon_ask ask = { 0 };
	struct sync_place at;
	struct recon_run *run = NULL;
	int r = ask_open(req, RECON_ASK_RANGES, &at, &ask, err);
	if (r == 0)
		r = run_take(&at, &ask, &run);
	if (r)
		return err_trace(err, r, "ranges");
	json_t *answer = run->done ? answer_of(&run->all, &ask) : NULL;
	recon_desk_give(at.desk, at.number);
	if (answer == NULL)
		return err_raise(err, FAULT_BAD_INPUT, "too much, or not yet scanned", 0);
	return sync_answer(req, res, answer, err);
}

static int
ranges_post(struct http_req *req, struct http_res *res, struct err *err)
{
	return ask_ranges(req, res, ranges_answer, err);
}

static int
persons_post(struct http_req *req, struct http_res *res, struct err *err)
{
	return ask_ranges(req, res, persons_answer, err);
}

/* --- persons, one by one --- */

static int
check_one(struct db *db, const struct sync_place *at, const struct tally_key *key,
    const char *number, json_t *list, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(HTTP_ARENA_BYTES);
	struct recon_person p;
	int r = recon_read(db, at->vault, key, a, number, &p, err);
	if (r)
		return err_trace(err, r, "person");
	json_t *o = json_object();
	js_put(o, "sum", sum_json(&p.sum));
	js_put_text(o, "token", p.token);
	js_put_bool(o, "held", p.held);
	(void)json_array_append_new(list, o);
	return 0;
}

/* All of it in one snapshot, with the lease: so the agent knows what must be in it. */
static int
check_inside(struct db *db, const struct sync_place *at, const struct recon_ask *ask,
    json_t *answer, struct err *err)
{
	AUTO(db_rows) struct db_rows *beat = NULL;
	json_t *list = json_array();
	js_put(answer, "persons", list);
	int r = db_begin(db, DB_SNAPSHOT, err);
	if (r)
		return err_trace(err, r, "check");
	r = db_ask0(db, &q_sync_recon_beat, &beat, err);
	for (size_t i = 0; r == 0 && i < ask->n; i++)
		r = check_one(db, at, &ask->key, ask->numbers[i], list, err);
	db_rollback(db);
	if (r == 0)
		js_put_int(answer, "beat_ms", db_int(beat, 0, 0));
	return err_trace(err, r, "check");
}

static int
check_post(struct http_req *req, struct http_res *res, struct err *err)
{
	AUTO_RECON_ASK struct recon_ask ask = { 0 };
	struct sync_place at;
	struct db *db = NULL;
	int r = ask_open(req, RECON_ASK_CHECK, &at, &ask, err);
	if (r == 0)
		r = db_pool_take(at.pool, SYNC_TAKE_MS, &db, err);
	if (r)
		return err_fold(err, r, "check");
	json_t *answer = json_object();
	r = check_inside(db, &at, &ask, answer, err);
	db_pool_give(at.pool, db);
	if (r) {
		json_decref(answer);
		return err_fold(err, r, "check");
	}
	return sync_answer(req, res, answer, err);
}

/* --- mending --- */

static const char *
outcome_word(enum recon_outcome outcome)
{
	static const char *const words[] = { "done", "moved", "differs", "unreadable",
		"card-held" };
	return words[outcome - RECON_DONE];
}

static int
mend_one(struct recon_mend *m, const struct recon_order *order, json_t *list, struct err *err)
{
	enum recon_outcome outcome = RECON_MOVED;
	int r = recon_mend(m, order, &outcome, err);
	if (r)
		return err_trace(err, r, "mend");
	json_t *said = json_object();
	js_put_text(said, "outcome", outcome_word(outcome));
	if (outcome == RECON_DONE)
		js_put_text(said, "token", m->token);
	(void)json_array_append_new(list, said);
	return 0;
}

static int
mend_all(struct http_req *req, const struct sync_place *at, const struct recon_ask *ask,
    json_t *list, struct err *err)
{
	struct recon_mend m = { .vault = at->vault, .key = &ask->key, .now_ms = clock_now_ms() };
	if (!muni_equal(ask->muni, at->muni))
		return err_raise(err, FAULT_INTEGRITY, "mending of another municipality", 0);
	int r = db_pool_take(at->pool, SYNC_TAKE_MS, &m.db, err);
	if (r)
		return err_fold(err, r, "mend");
	for (size_t i = 0; r == 0 && i < ask->n; i++)
		r = mend_one(&m, &ask->orders[i], list, err);
	db_pool_give(at->pool, m.db);
	if (m.told)
		sync_told(req);
	return err_fold(err, r, "mend");
}

static int
mend_post(struct http_req *req, struct http_res *res, struct err *err)
{
	AUTO_RECON_ASK struct recon_ask ask = { 0 };
	struct sync_place at;
	int r = sync_place_of(req, &at, err);
	if (r == 0)
		r = sync_signature_check(at.agent_key, req, "kofu-mend", err);
	if (r == 0)
		r = ask_open(req, RECON_ASK_MEND, &at, &ask, err);
	if (r)
		return err_fold(err, r, "mend");
	json_t *list = json_array();
	json_t *answer = json_object();
	js_put(answer, "persons", list);
	r = mend_all(req, &at, &ask, list, err);
	LOG(LOG_LVL_WARN, "reconcile.mend", LOG_F("txn", req->txn), LOG_F("muni", at.muni),
	    LOG_F("persons", (long)json_array_size(list)), LOG_F("outcome", r));
	if (r) {
		json_decref(answer);
		return err_fold(err, r, "mend");
	}
	return sync_answer(req, res, answer, err);
}

/* --- the last word --- */

static int
settled_take(const struct sync_place *at, const struct recon_ask *ask, bool *ret, struct err *err)
{
	struct db *db = NULL;
	int64_t begun_ms = 0;
	if (!muni_equal(ask->muni, at->muni))
		return err_raise(err, FAULT_INTEGRITY, "word of another municipality", 0);
	int r = recon_desk_closed(at->desk, at->number, (uint64_t)ask->run, &ask->key, &begun_ms);
	if (r)
		return r;
	r = db_pool_take(at->pool, SYNC_TAKE_MS, &db, err);
	if (r)
		return err_fold(err, r, "settled");
	r = recon_settled(db, begun_ms, ask->open, ret, err);
	db_pool_give(at->pool, db);
	return err_trace(err, r, "settled");
}

static int
settled_post(struct http_req *req, struct http_res *res, struct err *err)
{
	AUTO_RECON_ASK struct recon_ask ask = { 0 };
	struct sync_place at;
	bool settled = false;
	int r = sync_place_of(req, &at, err);
	if (r == 0)
		r = sync_signature_check(at.agent_key, req, "kofu-settled", err);
	if (r == 0)
		r = ask_open(req, RECON_ASK_SETTLED, &at, &ask, err);
	if (r)
		return err_fold(err, r, "settled");
	r = settled_take(&at, &ask, &settled, err);
	LOG(LOG_LVL_NOTICE, "reconcile.settled", LOG_F("txn", req->txn), LOG_F("muni", at.muni),
	    LOG_F("run", (long)ask.run), LOG_F("open", (long)ask.open), LOG_F("outcome", r));
	if (r)
		return err_trace(err, r, "settled");
	json_t *answer = json_object();
	js_put_bool(answer, "settled", settled);
	return sync_answer(req, res, answer, err);
}

static const struct http_outcome outcomes[] = {
	{ RECON_E_NO_RUN, 409, "no-run" },
	{ RECON_E_BUSY, 409, "busy" },
	{ 0 },
};
#define ROUTE(path, limit, handler)                                                                \
	{                                                                                          \
		"POST", "/v1/reconcile/" path, "agent", limit, handler, outcomes, 0                \
	}
const struct http_route recon_routes[RECON_ROUTES] = {
	ROUTE("run", 256, run_post),
	ROUTE("scan", 256, scan_post),
	ROUTE("ranges", RECON_BODY_MAX_BYTES, ranges_post),
	ROUTE("persons", RECON_BODY_MAX_BYTES, persons_post),
	ROUTE("check", RECON_BODY_MAX_BYTES, check_post),
	ROUTE("mend", RECON_MEND_MAX_BYTES, mend_post),
	ROUTE("end", 256, end_post),
	ROUTE("settled", 256, settled_post),
};
