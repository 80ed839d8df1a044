/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sync/sync.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/text.h"
#include "domain/muni.h"
#include "pki/hash.h"
#include "pki/jose.h"
#include "server/audit/generations.h"
#include "server/seal/ring.h"
#include "server/sync/apply.h"
#include "server/sync/apply_made.h"
#include "server/sync/apply_set.h"
#include "server/sync/directory.h"
#include "server/sync/recon_desk.h"
#include "server/sync/retain.h"
#include "server/sync/sync_int.h"
#include "server/sync/turn.h"
#include "server/sync/voids.h"
#include "wire/js.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

enum {
	/* Of one municipality: a batch, a beat, the pusher, reconciliation, the keeper. */
	SYNC_CONNECTIONS = 5,
	SYNC_KEEP_BYTES = 8 * 1024 * 1024,
	SYNC_KEEP_EVERY_MS = 1000,
	SYNC_NAP_MS = 100,
	SYNC_PUSH_EVERY_MS = 1000, /* a look into the outbox even when nobody called */
};

struct tenant {
	struct muni_code muni;
	struct vault vault;
	struct ring ring; /* what the vault is made of; unused without kofu-seal */
	struct key_point agent_key;
	struct db_pool *pool;
	struct turn *turn;
	bool told;           /* under sync.mutex: the outbox has something */
	int64_t next_try_ms; /* the pusher's own */
	int backoff_ms;
	struct keeper_limits limits;
	struct keeper keeper; /* the keeper's own, and so is: */
	int64_t next_keys_ms, keys_seq;
};

struct sync {
	struct tenant *tenants;
	size_t n_tenants;
	struct http_client *center;
	struct recon_desk *desk;
	const char *seal_socket; /* NULL = no signing keys are looked at */
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	bool ending;
	bool has_pusher, has_keeper;
	pthread_t pusher, keeper;
};

/* The data keys as the database has them now. 0 or a fault. */
static int
tenant_keys_look(struct tenant *t, struct err *err)
{
	struct db *db = NULL;
	if (t->ring.vault == NULL)
		return 0;
	int r = db_pool_take(t->pool, SYNC_TAKE_MS, &db, err);
	if (r == 0)
		r = ring_look(&t->ring, db, clock_now_ms(), err);
	if (db != NULL)
		db_pool_give(t->pool, db);
	return err_fold(err, r, "data key");
}

/* --- the pusher --- */

static void
push_failed(struct tenant *t, int64_t now_ms, const struct err *err)
{
	t->backoff_ms = t->backoff_ms == 0 ? DIRECTORY_BACKOFF_MIN_MS : t->backoff_ms * 2;
	if (t->backoff_ms > DIRECTORY_BACKOFF_MAX_MS)
		t->backoff_ms = DIRECTORY_BACKOFF_MAX_MS;
	t->next_try_ms = now_ms + t->backoff_ms;
	LOG(LOG_LVL_WARN, "directory.waits", LOG_F("muni", t->muni),
	    LOG_F("retry_ms", t->backoff_ms));
	log_fault("directory.fault", (struct txn_id){ 0 }, err);
}

static void
push_tenant(struct sync *s, struct tenant *t)
{
	struct db *db = NULL;
	struct err err = { 0 };
	int r = db_pool_take(t->pool, SYNC_TAKE_MS, &db, &err);
	while (r == 0 && !__atomic_load_n(&s->ending, __ATOMIC_ACQUIRE))
		r = directory_push(db, t->muni, s->center, &err);
	/* Whatever became of the cards: a void is for whoever holds the paper in hand. */
	int v = db != NULL ? 0 : r;
	while (v == 0 && !__atomic_load_n(&s->ending, __ATOMIC_ACQUIRE))
		v = voids_push(db, t->muni, s->center, &err);
	r = r < 0 ? r : v;
	if (db != NULL)
		db_pool_give(t->pool, db);
	if (r < 0) {
		push_failed(t, clock_mono_ms(), &err);
		return;
	}
	t->backoff_ms = 0;
	t->next_try_ms = 0;
}

/* Waits until told, ending, or the next look. */
static void
pusher_wait(struct sync *s)
{
	struct timespec until;
	bool told = false;
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += SYNC_PUSH_EVERY_MS / 1000;
	(void)pthread_mutex_lock(&s->mutex);
	for (size_t i = 0; i < s->n_tenants; i++)
		told = told || s->tenants[i].told;
	if (!s->ending && !told)
		(void)pthread_cond_timedwait(&s->cond, &s->mutex, &until);
	(void)pthread_mutex_unlock(&s->mutex);
}

static void *
pusher_main(void *arg)
{
	struct sync *s = arg;
	while (!__atomic_load_n(&s->ending, __ATOMIC_ACQUIRE)) {
		for (size_t i = 0; i < s->n_tenants; i++) {
			struct tenant *t = &s->tenants[i];
			(void)pthread_mutex_lock(&s->mutex);
			t->told = false;
			(void)pthread_mutex_unlock(&s->mutex);
			if (clock_mono_ms() >= t->next_try_ms)
				push_tenant(s, t);
		}
		pusher_wait(s);
	}
	return NULL;
}

static void
pusher_wake(struct sync *s, struct tenant *t)
{
	(void)pthread_mutex_lock(&s->mutex);
	t->told = true;
	(void)pthread_cond_signal(&s->cond);
	(void)pthread_mutex_unlock(&s->mutex);
}

/* --- the keeper --- */

/* What the operator did with the signing keys stands in the municipality's audit. */
static void
keys_look(struct sync *s, struct tenant *t, int64_t now_ms)
{
	struct db *db = NULL;
	struct err err = { 0 };
	if (s->seal_socket == NULL || now_ms < t->next_keys_ms)
		return;
	t->next_keys_ms = now_ms + GENERATIONS_LOOK_MS;
	int r = db_pool_take(t->pool, SYNC_TAKE_MS, &db, &err);
	if (r == 0)
		r = audit_generations(db, &t->vault, s->seal_socket, &t->keys_seq, now_ms, &err);
	if (db != NULL)
		db_pool_give(t->pool, db);
	if (r == 0)
		return;
	LOG(LOG_LVL_WARN, "keys.not-looked-at", LOG_F("muni", t->muni));
	log_fault("keys.fault", (struct txn_id){ 0 }, &err);
}

/* So that no row ever comes under a key that is not here. */
static void
data_keys_look(struct tenant *t)
{
	struct err err = { 0 };
	if (tenant_keys_look(t, &err) == 0)
		return;
	LOG(LOG_LVL_WARN, "data-key.not-looked-at", LOG_F("muni", t->muni));
	log_fault("data-key.fault", (struct txn_id){ 0 }, &err);
}

static void
keep_tenant(struct tenant *t, int64_t now_ms)
{
	struct db *db = NULL;
	struct err err = { 0 };
	if (!keeper_is_due(&t->keeper, now_ms))
		return;
	int r = db_pool_take(t->pool, SYNC_TAKE_MS, &db, &err);
	if (r == 0)
		r = keeper_step(db, t->muni, &t->limits, &t->keeper, now_ms, &err);
	if (db != NULL)
		db_pool_give(t->pool, db);
	if (r == 0)
		return;
	LOG(LOG_LVL_WARN, "keeper.failed", LOG_F("muni", t->muni));
	log_fault("keeper.fault", (struct txn_id){ 0 }, &err);
	t->keeper.next_look_ms = now_ms + KEEPER_LOOK_MS;
}

static void *
keeper_main(void *arg)
{
	struct sync *s = arg;
	int64_t next_ms = 0;
	while (!__atomic_load_n(&s->ending, __ATOMIC_ACQUIRE)) {
		if (clock_mono_ms() >= next_ms) {
			next_ms = clock_mono_ms() + SYNC_KEEP_EVERY_MS;
			for (size_t i = 0; i < s->n_tenants; i++) {
				data_keys_look(&s->tenants[i]);
				keep_tenant(&s->tenants[i], clock_now_ms());
				keys_look(s, &s->tenants[i], clock_now_ms());
			}
		}
		(void)nanosleep(&(struct timespec){ .tv_nsec = SYNC_NAP_MS * 1000000 }, NULL);
	}
	return NULL;
}

/* --- the handlers --- */

/* The agent's certificate names its municipality; it can speak of no other. */
static int
tenant_of(const struct http_req *req, struct tenant **ret, struct err *err)
{
	struct sync *s = req->app;
	for (size_t i = 0; i < s->n_tenants; i++) {
		if (strcmp(s->tenants[i].muni.s, req->peer.name) == 0) {
			*ret = &s->tenants[i];
			return 0;
		}
	}
	return err_raise(err, FAULT_INTEGRITY, "no tenant of that name", 0);
}

int
sync_place_of(const struct http_req *req, struct sync_place *ret, struct err *err)
{
	struct sync *s = req->app;
	struct tenant *t = NULL;
	int r = tenant_of(req, &t, err);
	if (r)
		return err_trace(err, r, "place");
	r = tenant_keys_look(t, err);
	if (r)
		return err_trace(err, r, "place");
	*ret = (struct sync_place){ t->muni, (size_t)(t - s->tenants), &t->vault, &t->agent_key,
		t->pool, s->desk };
	return 0;
}

void
sync_told(const struct http_req *req)
{
	struct err err = { 0 };
	struct tenant *t = NULL;
	if (tenant_of(req, &t, &err) == 0)
		pusher_wake(req->app, t);
}

/* The position as an answer; with a session of its own when one is opened. */
static int
answer_position(struct http_req *req, struct http_res *res, bool opens, struct err *err)
{
	struct tenant *t = NULL;
	struct db *db = NULL;
	struct apply_source p;
	uint8_t session[SYNC_SESSION_BYTES];
	int r = tenant_of(req, &t, err);
	if (r == 0)
		r = db_pool_take(t->pool, SYNC_TAKE_MS, &db, err);
	if (r)
		return err_fold(err, r, "position");
	rand_bytes(session, sizeof(session));
	r = opens ? apply_session_open(db, session, &p, err) : apply_position_read(db, &p, err);
	db_pool_give(t->pool, db);
	if (r)
		return err_trace(err, r, "position");
	json_t *o = json_object();
	js_put_text(o, "muni", t->muni.s);
	js_put_int(o, "epoch", p.at.epoch);
	js_put_int(o, "seq", p.at.seq);
	js_put_hex(o, "hash", p.at.hash, sizeof(p.at.hash));
	js_put_text(o, "source", p.source);
	if (opens)
		js_put_hex(o, "session", session, sizeof(session));
	return sync_answer(req, res, o, err);
}

static int
position_get(struct http_req *req, struct http_res *res, struct err *err)
{
	return answer_position(req, res, false, err);
}

static int
session_post(struct http_req *req, struct http_res *res, struct err *err)
{
	json_t *o = NULL;
	static const char *const none[] = { NULL };
	int r = js_parse(req->body, req->body_bytes, &o, err);
	if (r == 0)
		r = js_members(o, none, err);
	json_decref(o);
	if (r)
		return err_fold(err, r, "session");
	r = answer_position(req, res, true, err);
	LOG(LOG_LVL_NOTICE, "sync.session", LOG_F("txn", req->txn), LOG_F("outcome", r));
	return r;
}

static int
sender_of(struct http_req *req, struct apply_sender *ret, struct err *err)
{
	const char *s = http_req_header(req, "Kofu-Session");
	if (s == NULL || !text_hex_parse(s, strlen(s), ret->session, sizeof(ret->session)))
		return err_raise(err, FAULT_BAD_INPUT, "Kofu-Session", 0);
	ret->now_ms = clock_now_ms();
	return 0;
}

static void
batch_log(const struct http_req *req, const struct tenant *t, const struct batch *b,
    const struct apply_done *done, int outcome)
{
	LOG(LOG_LVL_INFO, "sync.batch", LOG_F("txn", req->txn), LOG_F("muni", t->muni),
	    LOG_F("seq", (long)b->seq), LOG_F("records", done->n_records),
	    LOG_F("parked", done->n_parked), LOG_F("outcome", outcome));
	if (done->n_parked > 0)
		LOG(LOG_LVL_ERR, "sync.parked", LOG_F("muni", t->muni), LOG_F("n", done->n_parked));
	if (done->stopped || outcome == SYNC_E_EQUIVOCATION)
		LOG(LOG_LVL_ERR, "sync.stopped", LOG_F("muni", t->muni));
}

static int
batch_answer(struct http_req *req, struct http_res *res, const struct apply_done *done, int outcome,
    struct err *err)
{
	if (outcome == SYNC_E_GAP)
		res->detail_json = arena_printf(req->arena, "{\"seq\":%lld}", (long long)done->seq);
	if (outcome)
		return err_trace(err, outcome, "batch");
	json_t *o = json_object();
	js_put_int(o, "seq", done->seq);
	js_put_hex(o, "hash", done->hash, sizeof(done->hash));
	return sync_answer(req, res, o, err);
}

static int
batch_apply(struct tenant *t, const struct batch *b, const uint8_t hash[BATCH_HASH_BYTES],
    const struct apply_sender *from, struct apply_done *done, struct err *err)
{
	struct db *db = NULL;
	int r = db_pool_take(t->pool, SYNC_TAKE_MS, &db, err);
	if (r)
		return err_fold(err, r, "batch");
	r = apply_batch(db, &t->vault, b, hash, from, done, err);
	db_pool_give(t->pool, db);
	return err_trace(err, r, "batch");
}

static int
batch_run(struct http_req *req, struct tenant *t, const struct batch *b, struct apply_done *done,
    struct err *err)
{
	uint8_t hash[BATCH_HASH_BYTES];
	struct apply_sender from = { .made = NULL };
	int64_t until_ms = 0;
	if (!muni_equal(b->muni, t->muni))
		return err_raise(err, FAULT_INTEGRITY, "batch of another municipality", 0);
	sha256(req->body, req->body_bytes, hash);
	AUTO(apply_made) struct apply_made *made = NULL;
	AUTO(apply_set) struct apply_set *ready = NULL;
	int r = sender_of(req, &from, err);
	if (r == 0)
		r = apply_set_of(&t->vault, b, &made, &ready, err);
	if (r)
		return err_fold(err, r, "batch");
	from.made = made;
	from.ready = &ready;
	if (!turn_enter(t->turn, b->seq, &until_ms))
		return err_raise(err, FAULT_UNAVAILABLE, "too many batches at once", 0);
	do {
		int64_t ring = ring_seq(&t->ring);
		from.follows = turn_follows(t->turn, b->seq);
		r = batch_apply(t, b, hash, &from, done, err);
		/* Refused because the data key is another one: with that one, then. */
		if (r == FAULT_UNAVAILABLE && tenant_keys_look(t, err) == 0 &&
		    ring_seq(&t->ring) != ring)
			r = batch_apply(t, b, hash, &from, done, err);
		/* Overtaken on the line: the one before it is on its way as well. */
	} while (r == SYNC_E_GAP && b->seq - done->seq < TURN_MAX_WAITING &&
	    turn_again(t->turn, b->seq, until_ms));
	turn_leave(t->turn, b->seq, r == 0);
	return err_trace(err, r, "batch");
}

static int
batch_post(struct http_req *req, struct http_res *res, struct err *err)
{
	struct tenant *t = NULL;
	struct batch b;
	struct apply_done done = { 0 };
	int r = tenant_of(req, &t, err);
	if (r == 0)
		r = sync_signature_check(&t->agent_key, req, "kofu-batch", err);
	if (r == 0)
		r = batch_parse(req->body, req->body_bytes, &b, err);
	if (r)
		return err_fold(err, r, "batch");
	r = batch_run(req, t, &b, &done, err);
	batch_log(req, t, &b, &done, r);
	batch_done(&b);
	if (r == 0 && done.told)
		pusher_wake(req->app, t);
	return batch_answer(req, res, &done, r, err);
}

static int
beat_post(struct http_req *req, struct http_res *res, struct err *err)
{
	struct tenant *t = NULL;
	struct db *db = NULL;
	struct beat b = { 0 };
	struct apply_sender from = { .made = NULL };
	struct apply_done done = { 0 };
	int r = tenant_of(req, &t, err);
	if (r == 0)
		r = sync_signature_check(&t->agent_key, req, "kofu-heartbeat", err);
	if (r == 0)
		r = beat_parse(req->body, req->body_bytes, &b, err);
	if (r)
		return err_fold(err, r, "beat");
	if (!muni_equal(b.muni, t->muni))
		return err_raise(err, FAULT_INTEGRITY, "beat of another municipality", 0);
	r = sender_of(req, &from, err);
	if (r == 0)
		r = db_pool_take(t->pool, SYNC_TAKE_MS, &db, err);
	if (r)
		return err_fold(err, r, "beat");
	r = apply_beat(db, &b, &from, &done.seq, err);
	db_pool_give(t->pool, db);
	if (r > 0)
		LOG(LOG_LVL_WARN, "sync.beat", LOG_F("muni", t->muni), LOG_F("seq", (long)b.seq),
		    LOG_F("ours", (long)done.seq), LOG_F("outcome", r));
	if (r == SYNC_E_GAP)
		done.seq++; /* as for a batch: the number we wait for */
	if (r)
		return batch_answer(req, res, &done, r, err);
	json_t *o = json_object();
	js_put_int(o, "seq", done.seq);
	return sync_answer(req, res, o, err);
}

static const struct http_outcome sync_outcomes[] = {
	{ SYNC_E_GAP, 409, "gap" },
	{ SYNC_E_EQUIVOCATION, 409, "equivocation" },
	{ SYNC_E_EPOCH, 409, "epoch" },
	{ SYNC_E_NOT_LOADED, 409, "not-loaded" },
	{ SYNC_E_SKEW, 409, "clock-skew" },
	{ SYNC_E_SESSION, 409, "session" },
	{ 0 },
};
static const struct http_route stream_routes[] = {
	{ "GET", "/v1/stream/position", "agent", 0, position_get, sync_outcomes },
	{ "POST", "/v1/stream/session", "agent", 64, session_post, sync_outcomes },
	{ "POST", "/v1/stream/batch", "agent", SYNC_BODY_MAX_BYTES, batch_post, sync_outcomes },
	{ "POST", "/v1/stream/heartbeat", "agent", SYNC_BEAT_MAX_BYTES, beat_post, sync_outcomes },
};

const struct http_route *
sync_routes(size_t *ret_n)
{
	static struct http_route routes[N_ELEMENTS(stream_routes) + RECON_ROUTES];
	memcpy(routes, stream_routes, sizeof(stream_routes));
	memcpy(routes + N_ELEMENTS(stream_routes), recon_routes, sizeof(recon_routes));
	*ret_n = N_ELEMENTS(routes);
	return routes;
}

/* --- start and stop --- */

/* Without kofu-seal the vault is that of one key, for ever. */
static int
vault_open(struct sync *s, struct tenant *t, const struct sync_tenant *from, struct err *err)
{
	if (s->seal_socket == NULL) {
		vault_init(&t->vault, from->muni, from->dek);
		return 0;
	}
	ring_init(&t->ring, t->muni, s->seal_socket, &t->vault);
	return err_trace(err, tenant_keys_look(t, err), "data key");
}

static int
tenants_open(struct sync *s, const struct sync_conf *c, struct err *err)
{
	for (size_t i = 0; i < c->n_tenants; i++) {
		const struct sync_tenant *from = &c->tenants[i];
		struct tenant *t = &s->tenants[i];
		for (size_t k = 0; k < i; k++)
			if (muni_equal(s->tenants[k].muni, from->muni))
				return err_raise(
				    err, FAULT_CONFIG, "two tenants of one code", (long)i);
		t->muni = from->muni;
		t->agent_key = from->agent_key;
		t->limits = from->limits;
		if (t->limits.retention_days == 0)
			t->limits.retention_days = RETAIN_DEFAULT_DAYS;
		if (t->limits.stop_behind_s == 0)
			t->limits.stop_behind_s = KEEPER_STOP_DEFAULT_S;
		t->turn = turn_new();
		int r = db_pool_open(from->conninfo, SYNC_CONNECTIONS, &t->pool, err);
		if (r)
			return err_fold(err, r, "tenant");
		s->n_tenants = i + 1;
		r = vault_open(s, t, from, err);
		if (r)
			return err_fold(err, r, "tenant");
	}
	return 0;
}

static int
threads_start(struct sync *s, struct err *err)
{
	if (pthread_create(&s->keeper, NULL, keeper_main, s) != 0)
		return err_raise(err, FAULT_UNAVAILABLE, "thread", 0);
	s->has_keeper = true;
	if (s->center == NULL)
		return 0;
	if (pthread_create(&s->pusher, NULL, pusher_main, s) != 0)
		return err_raise(err, FAULT_UNAVAILABLE, "thread", 0);
	s->has_pusher = true;
	return 0;
}

int
sync_start(const struct sync_conf *c, struct sync **ret, struct err *err)
{
	pthread_condattr_t attr;
	if (c->n_tenants == 0 || c->n_tenants > SYNC_MAX_TENANTS)
		return err_raise(err, FAULT_CONFIG, "number of tenants", (long)c->n_tenants);
	mem_keep(SYNC_KEEP_BYTES); /* one batch is like the next */
	struct sync *s = mem_zero(sizeof(*s));
	s->tenants = mem_zero_n(c->n_tenants, sizeof(*s->tenants));
	s->center = c->center;
	s->seal_socket = c->seal_socket;
	s->desk = recon_desk_new(c->n_tenants);
	(void)pthread_mutex_init(&s->mutex, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&s->cond, &attr);
	(void)pthread_condattr_destroy(&attr);
	int r = tenants_open(s, c, err);
	if (r == 0)
		r = threads_start(s, err);
	if (r) {
		sync_stop(s);
		return err_trace(err, r, "sync");
	}
	*ret = s;
	return 0;
}

void
sync_stop(struct sync *s)
{
	if (s == NULL)
		return;
	(void)pthread_mutex_lock(&s->mutex);
	__atomic_store_n(&s->ending, true, __ATOMIC_RELEASE);
	(void)pthread_cond_signal(&s->cond);
	(void)pthread_mutex_unlock(&s->mutex);
	if (s->has_pusher)
		(void)pthread_join(s->pusher, NULL);
	if (s->has_keeper)
		(void)pthread_join(s->keeper, NULL);
	for (size_t i = 0; i < s->n_tenants; i++) {
		db_pool_close(s->tenants[i].pool);
		turn_free(s->tenants[i].turn);
		vault_done(&s->tenants[i].vault);
		ring_done(&s->tenants[i].ring);
	}
	(void)pthread_cond_destroy(&s->cond);
	(void)pthread_mutex_destroy(&s->mutex);
	recon_desk_free(s->desk);
	mem_free(s->tenants);
	mem_free(s);
}
