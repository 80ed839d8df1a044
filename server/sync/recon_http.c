/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/text.h"
#include "domain/muni.h"
#include "queries/asp_sync.h"
#include "server/sync/recon_desk.h"
#include "server/sync/sync_int.h"

#include <string.h>

/* What every handler begins with: who asks, and the body with these members. */
static int
ask_open(struct http_req *req, const char *const *members, struct sync_place *at, json_t **ret,
    struct err *err)
{
	int64_t v = 0;
	int r = sync_place_of(req, at, err);
	if (r == 0)
		r = js_parse(req->body, req->body_bytes, ret, err);
	if (r == 0)
		r = js_members(*ret, members, err);
	if (r == 0)
		r = js_int(*ret, "v", 1, 1, &v, err);
	return err_fold(err, r, "reconcile");
}

static int
run_take(struct sync_place *at, const json_t *o, struct recon_run **ret, struct err *err)
{
	int64_t number = 0;
	int r = js_int(o, "run", 1, INT64_MAX, &number, err);
	if (r)
		return err_fold(err, r, "run");
	return recon_desk_take(at->desk, at->number, (uint64_t)number, clock_mono_ms(), ret);
}

static int
run_post(struct http_req *req, struct http_res *res, struct err *err)
{
	static const char *const members[] = { "v", "key", NULL };
	AUTO(json_t) json_t *o = NULL;
	struct sync_place at;
	struct tally_key key;
	uint64_t number = 0;
	int r = ask_open(req, members, &at, &o, err);
	if (r == 0)
		r = js_hex(o, "key", key.b, sizeof(key.b), err);
	if (r)
		return err_fold(err, r, "run");
	r = recon_desk_open(at.desk, at.number, &key, clock_mono_ms(), &number);
	if (r)
		return r;
	json_t *answer = json_object();
	js_put_int(answer, "run", (int64_t)number);
	return sync_answer(req, res, answer, err);
}

static int
end_post(struct http_req *req, struct http_res *res, struct err *err)
{
	static const char *const members[] = { "v", "run", NULL };
	AUTO(json_t) json_t *o = NULL;
	struct sync_place at;
	int64_t number = 0;
	int r = ask_open(req, members, &at, &o, err);
	if (r == 0)
		r = js_int(o, "run", 1, INT64_MAX, &number, err);
	if (r)
		return err_fold(err, r, "end");
	recon_desk_close(at.desk, at.number, (uint64_t)number);
	return sync_answer(req, res, json_object(), err);
}

static int
scan_post(struct http_req *req, struct http_res *res, struct err *err)
{
	static const char *const members[] = { "v", "run", NULL };
	AUTO(json_t) json_t *o = NULL;
	struct sync_place at;
	struct recon_run *run = NULL;
	struct db *db = NULL;
	int r = ask_open(req, members, &at, &o, err);
	if (r == 0)
		r = run_take(&at, o, &run, err);
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

struct ranges {
	struct tally_range r[RECON_ASK_MAX];
	size_t n;
};

static int
ranges_parse(const json_t *o, struct ranges *ret, struct err *err)
{
	const json_t *list = NULL;
	int64_t bits = 0;
	int r = js_int(o, "bits", 0, TALLY_MAX_BITS - TALLY_STEP_BITS, &bits, err);
	if (r == 0)
		r = js_array(o, "prefixes", RECON_ASK_MAX, &list, err);
	if (r)
		return err_trace(err, r, "ranges");
	ret->n = json_array_size(list);
	for (size_t i = 0; i < ret->n; i++) {
		const char *s = json_string_value(json_array_get(list, i));
		uint8_t b[8];
		if (s == NULL || !text_hex_parse(s, strlen(s), b, sizeof(b)))
			return err_raise(err, FAULT_BAD_INPUT, "prefix", (long)i);
		struct rd in = rd_init(b, sizeof(b));
		ret->r[i] = (struct tally_range){ rd_u64(&in), (unsigned)bits };
	}
	return 0;
}

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
ranges_answer(const struct tally *t, const struct ranges *all)
{
	json_t *n = json_array();
	json_t *sums = json_array();
	for (size_t i = 0; i < all->n; i++) {
		for (unsigned k = 0; k < TALLY_CHILDREN; k++) {
			struct tally_digest d =
			    tally_range_digest(t, tally_range_child(all->r[i], k));
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
persons_answer(const struct tally *t, const struct ranges *all)
{
	json_t *list = json_array();
	for (size_t i = 0; i < all->n; i++) {
		size_t first = 0;
		size_t n = tally_range_find(t, all->r[i], &first);
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
    json_t *(*answer_of)(const struct tally *t, const struct ranges *all), struct err *err)
{
	static const char *const members[] = { "v", "run", "bits", "prefixes", NULL };
	AUTO(json_t) json_t *o = NULL;
	struct sync_place at;
	struct recon_run *run = NULL;
	struct ranges all;
	int r = ask_open(req, members, &at, &o, err);
	if (r == 0)
		r = ranges_parse(o, &all, err);
	if (r == 0)
		r = run_take(&at, o, &run, err);
	if (r)
		return err_trace(err, r, "ranges");
	json_t *answer = run->done ? answer_of(&run->all, &all) : NULL;
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
    const json_t *number, json_t *list, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(HTTP_ARENA_BYTES);
	struct recon_person p;
	const char *s = json_string_value(number);
	size_t bytes = s ? strlen(s) : 0;
	if (bytes == 0 || bytes > RECORD_MAX_NUMBER_BYTES || !text_is_clean_utf8(s, bytes))
		return err_raise(err, FAULT_BAD_INPUT, "number", (long)bytes);
	int r = recon_read(db, at->vault, key, a, s, &p, err);
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
check_inside(struct db *db, const struct sync_place *at, const struct tally_key *key,
    const json_t *numbers, json_t *answer, struct err *err)
{
	AUTO(db_rows) struct db_rows *beat = NULL;
	json_t *list = json_array();
	js_put(answer, "persons", list);
	int r = db_begin(db, DB_SNAPSHOT, err);
	if (r)
		return err_trace(err, r, "check");
	r = db_ask0(db, &q_sync_recon_beat, &beat, err);
	for (size_t i = 0; r == 0 && i < json_array_size(numbers); i++)
		r = check_one(db, at, key, json_array_get(numbers, i), list, err);
	db_rollback(db);
	if (r == 0)
		js_put_int(answer, "beat_ms", db_int(beat, 0, 0));
	return err_trace(err, r, "check");
}

static int
check_post(struct http_req *req, struct http_res *res, struct err *err)
{
	static const char *const members[] = { "v", "key", "persons", NULL };
	AUTO(json_t) json_t *o = NULL;
	struct sync_place at;
	struct tally_key key;
	const json_t *numbers = NULL;
	struct db *db = NULL;
	int r = ask_open(req, members, &at, &o, err);
	if (r == 0)
		r = js_hex(o, "key", key.b, sizeof(key.b), err);
	if (r == 0)
		r = js_array(o, "persons", RECON_ASK_MAX, &numbers, err);
	if (r == 0)
		r = db_pool_take(at.pool, SYNC_TAKE_MS, &db, err);
	if (r)
		return err_fold(err, r, "check");
	json_t *answer = json_object();
	r = check_inside(db, &at, &key, numbers, answer, err);
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
mend_parse(const json_t *o, struct recon_order *ret, struct err *err)
{
	static const char *const members[] = { "atena_no", "token", "sum?", "records?", NULL };
	uint8_t sum[TALLY_SUM_BYTES] = { 0 };
	*ret = (struct recon_order){ 0 };
	int r = js_members(o, members, err);
	if (r == 0)
		r = js_text(o, "atena_no", RECORD_MAX_NUMBER_BYTES, &ret->atena_no, err);
	if (r == 0)
		r = js_text(o, "token", RECON_TOKEN_BYTES, &ret->token, err);
	if (r || json_object_get(o, "records") == NULL)
		return err_trace(err, r, "order");
	r = js_hex(o, "sum", sum, sizeof(sum), err);
	if (r == 0)
		r = js_array(o, "records", RECON_MAX_RECORDS, &ret->records, err);
	tally_sum_take(sum, &ret->sum);
	return err_trace(err, r, "order");
}

static int
mend_one(struct recon_mend *m, const json_t *order, json_t *list, struct err *err)
{
	struct recon_order o;
	enum recon_outcome outcome = RECON_MOVED;
	int r = mend_parse(order, &o, err);
	if (r == 0)
		r = recon_mend(m, &o, &outcome, err);
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
mend_all(struct http_req *req, const struct sync_place *at, const json_t *o, json_t *list,
    struct err *err)
{
	const json_t *orders = NULL;
	const char *muni = NULL;
	struct tally_key key;
	struct recon_mend m = { .vault = at->vault, .key = &key, .now_ms = clock_now_ms() };
	int r = js_hex(o, "key", key.b, sizeof(key.b), err);
	if (r == 0)
		r = js_text(o, "muni", 6, &muni, err);
	if (r == 0)
		r = js_array(o, "persons", RECON_MEND_MAX, &orders, err);
	if (r == 0 && strcmp(muni, at->muni.s) != 0)
		return err_raise(err, FAULT_INTEGRITY, "mending of another municipality", 0);
	if (r == 0)
		r = db_pool_take(at->pool, SYNC_TAKE_MS, &m.db, err);
	if (r)
		return err_fold(err, r, "mend");
	for (size_t i = 0; r == 0 && i < json_array_size(orders); i++)
		r = mend_one(&m, json_array_get(orders, i), list, err);
	db_pool_give(at->pool, m.db);
	if (m.told)
		sync_told(req);
	return err_fold(err, r, "mend");
}

static int
mend_post(struct http_req *req, struct http_res *res, struct err *err)
{
	static const char *const members[] = { "v", "muni", "key", "persons", NULL };
	AUTO(json_t) json_t *o = NULL;
	struct sync_place at;
	int r = sync_place_of(req, &at, err);
	if (r == 0)
		r = sync_signature_check(at.agent_key, req, "kofu-mend", err);
	if (r == 0)
		r = ask_open(req, members, &at, &o, err);
	if (r)
		return err_fold(err, r, "mend");
	json_t *list = json_array();
	json_t *answer = json_object();
	js_put(answer, "persons", list);
	r = mend_all(req, &at, o, list, err);
	LOG(LOG_LVL_WARN, "reconcile.mend", LOG_F("txn", req->txn), LOG_F("muni", at.muni),
	    LOG_F("persons", (long)json_array_size(list)), LOG_F("outcome", r));
	if (r) {
		json_decref(answer);
		return err_fold(err, r, "mend");
	}
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
};
