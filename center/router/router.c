/* SPDX-License-Identifier: Apache-2.0 */
#include "center/router/router.h"
#include "base/clock.h"
#include "base/rand.h"
#include "center/directory/directory.h"
#include "center/router/body.h"
#include "center/router/outcome.h"
#include "center/router/voids.h"
#include "domain/muni.h"

#include <string.h>

struct router_muni *
router_muni_find(struct router *r, const char *code)
{
	for (unsigned i = 0; i < r->n_munis; i++)
		if (strcmp(r->munis[i].code.s, code) == 0)
			return &r->munis[i];
	return NULL;
}

int
router_kiosk_check(const struct http_req *req)
{
	const struct router *r = req->app;
	const struct center_kiosk_conf *k = center_conf_kiosk(r->conf, req->peer.name);
	if (k == NULL || !k->enabled)
		return ROUTER_E_KIOSK_UNKNOWN;
	if (r->conf->kiosk_builds == NULL)
		return 0;
	const char *build = http_req_header(req, "Kofu-Build");
	if (build != NULL && center_conf_has(r->conf->kiosk_builds, build))
		return 0;
	LOG(LOG_LVL_WARN, "kiosk.build-refused", LOG_F("txn", req->txn));
	return ROUTER_E_KIOSK_UNKNOWN;
}

bool
router_node_may_tell(struct router *r, const struct router_muni *m, const char *name)
{
	return center_conf_has(m->conf->server_ids, name) && !listing_is_cut(&r->listing, name);
}

void
router_count(struct router *r, const char *muni, int result)
{
	struct router_muni *m = router_muni_find(r, muni);
	counts_add(m != NULL ? &m->counts : &r->counts, result);
}

void
router_stop(struct router *r, struct router_muni *m, struct txn_id txn, enum answer_flaw flaw)
{
	struct err err = { 0 };
	/* Here first: the database may be away, and nothing of this city may pass meanwhile. */
	atomic_store(&m->stopped, true);
	LOG(LOG_LVL_ERR, "municipality.stopped", LOG_F("txn", txn), LOG_F("muni", m->code),
	    LOG_F("flaw", (int)flaw));
	if (store_stop(r->store, m->code, answer_flaw_name(flaw), clock_now_ms(), &err) == 0) {
		/* From now on the database says it, and may be told otherwise by two people. */
		atomic_store(&m->stopped, false);
		return;
	}
	log_fault("municipality.stop-unsaved", txn, &err);
	atomic_store(&m->unsaved, (int)flaw);
}

void
router_tidy(struct router *r)
{
	struct err err = { 0 };
	int64_t now_ms = clock_now_ms();
	for (unsigned i = 0; i < r->n_munis; i++) {
		int flaw = atomic_exchange(&r->munis[i].unsaved, 0);
		if (flaw != 0)
			router_stop(r, &r->munis[i], (struct txn_id){ 0 }, (enum answer_flaw)flaw);
		upstream_tidy(r->munis[i].servers);
	}
	jpki_tidy(r->jpki);
	if (store_tidy(
		r->store, now_ms - 2 * SESSION_NONCE_TTL_MS, now_ms - ROUTER_KEEP_MS, &err) != 0)
		log_fault("tidy", (struct txn_id){ 0 }, &err);
	if (r->lists != NULL)
		(void)jpki_lists_look(r->lists, now_ms);
}

void
router_watch(struct router *r)
{
	struct err err = { 0 };
	int64_t until_ms = clock_mono_ms() + ROUTER_WATCH_MS;
	if (listing_read(&r->listing, r->store, &err) != 0)
		log_fault("listing", (struct txn_id){ 0 }, &err);
	/* Where one round left off for want of time, the next begins. */
	for (unsigned i = 0; i < r->n_munis && clock_mono_ms() < until_ms; i++) {
		struct router_muni *m = &r->munis[r->watched++ % r->n_munis];
		muni_keys_watch(&m->keys);
		upstream_watch(m->servers, until_ms);
	}
}

int
router_upstream_result(int r, const struct http_reply *reply, struct err *err)
{
	if (r == HTTP_E_REFUSED) {
		int outcome = router_outcome_of(reply->code);
		return outcome
		    ? outcome
		    : err_raise(err, FAULT_UNAVAILABLE, "server refused", (long)reply->status);
	}
	if (r == UPSTREAM_E_REFUSED)
		return err_raise(err, FAULT_UNAVAILABLE, "no listed node", 0);
	if (r == FAULT_TIMEOUT)
		return ROUTER_E_TIMEOUT;
	/* What a server says wrongly is not the kiosk's bad input. */
	if (r == FAULT_BAD_INPUT || r == FAULT_INTEGRITY)
		return err_raise(err, FAULT_UNAVAILABLE, "server's answer", r);
	return err_trace(err, r, "upstream");
}

static int
router_nonce(struct http_req *req, struct http_res *res, struct err *err)
{
	static const char *const members[] = { NULL };
	struct router *x = req->app;
	AUTO(json_t) json_t *body = NULL;
	AUTO(json_t) json_t *o = json_object();
	uint8_t nonce[STORE_NONCE_BYTES];
	const char *text = NULL;
	int64_t now_ms = clock_now_ms();
	int r = router_kiosk_check(req);
	if (r == 0 && bulkhead_is_full(&x->all, ROUTER_SHARE_NONCE))
		r = ROUTER_E_BUSY; /* before the card has signed anything */
	if (r == 0)
		r = body_parse(req, members, &body, err);
	if (r)
		return err_trace(err, r, "nonce");
	rand_bytes(nonce, sizeof(nonce));
	r = store_nonce_add(x->store, nonce, req->peer.name, now_ms, ROUTER_NONCES_A_KIOSK, err);
	if (r)
		return err_trace(err, r, "nonce");
	js_put_text(o, "center", x->conf->id);
	js_put_hex(o, "nonce", nonce, sizeof(nonce));
	js_put_int(o, "time_ms", now_ms);
	js_put_int(o, "ttl_s", SESSION_NONCE_TTL_MS / 1000);
	r = body_format(req->arena, o, 1024, &text, &res->body_bytes, err);
	res->body = text;
	return err_trace(err, r, "nonce");
}

static int
router_keys(struct http_req *req, struct http_res *res, struct err *err)
{
	struct router *x = req->app;
	const char *text = NULL;
	int r = router_kiosk_check(req);
	struct router_muni *m = router_muni_find(x, req->arg[0]);
	if (r == 0 && m == NULL)
		r = ROUTER_E_NO_SUCH_MUNI;
	if (r)
		return r;
	AUTO(json_t) json_t *o = json_object();
	json_t *list = json_array();
	struct keydir keys;
	muni_keys_get(&m->keys, &keys);
	for (unsigned i = 0; i < keys.n; i++) {
		if (!keydir_is_open(&keys.key[i]))
			continue; /* no answer will bear it any more */
		json_t *k = json_object();
		js_put_hex(k, "kid", keys.key[i].id.b, KEY_ID_BYTES);
		js_put_b64url(k, "point", keys.key[i].point.b, KEY_POINT_BYTES);
		(void)json_array_append_new(list, k);
	}
	js_put_text(o, "muni", m->code.s);
	js_put(o, "keys", list);
	r = body_format(req->arena, o, 8192, &text, &res->body_bytes, err);
	res->body = text;
	return err_trace(err, r, "keys");
}

static int
router_livez(struct http_req *req, struct http_res *res, struct err *err)
{
	static const char live[] = "{\"live\":true}";
	(void)req, (void)err;
	res->body = live;
	res->body_bytes = sizeof(live) - 1;
	return 0;
}

static const struct http_route routes[] = {
	{ "POST", "/v1/nonce", "kiosk", 64, router_nonce, router_outcomes },
	{ "POST", "/v1/session", "kiosk", ROUTER_BODY_MAX_BYTES, router_session, router_outcomes },
	{ "GET", "/v1/keys/{muni}", "kiosk", 0, router_keys, router_outcomes },
	{ "POST", "/v1/order", "kiosk", ROUTER_BODY_MAX_BYTES, router_order, router_outcomes },
	{ "POST", "/v1/release", "kiosk", ROUTER_BODY_MAX_BYTES, router_release, router_outcomes },
	{ "POST", "/v1/outcome", "kiosk", ROUTER_BODY_MAX_BYTES, router_outcome, router_outcomes },
	{ "POST", "/v1/directory", "server", DIRECTORY_BODY_MAX_BYTES, directory_push,
	    directory_outcomes },
	{ "POST", "/v1/voids", "server", VOIDS_BODY_MAX_BYTES, voids_told, voids_outcomes },
	{ "GET", "/livez", NULL, 0, router_livez, NULL },
};

const struct http_route *
router_routes(size_t *ret_n)
{
	*ret_n = N_ELEMENTS(routes);
	return routes;
}

static int
router_muni_open(struct router *x, struct router_muni *m, const struct center_conf *c,
    const struct center_muni_conf *conf, struct err *err)
{
	m->conf = conf;
	if (!muni_parse(conf->code, strlen(conf->code), &m->code))
		return err_raise(err, FAULT_CONFIG, "municipality code", 0);
	bulkhead_init(&m->orders, (unsigned)c->in_flight);
	bulkhead_init(&m->papers, (unsigned)c->in_flight);
	int r = muni_keys_open(&m->keys, conf->root, conf->keys, m->code, err);
	m->has_keys = r == 0;
	if (r == 0)
		r = upstream_new(c, conf, m->code, &x->listing, &m->servers, err);
	return err_trace(err, r, "municipality");
}

int
router_open(struct router *r, struct arena *a, const struct center_conf *c, struct err *err)
{
	*r = (struct router){ .conf = c, .started_ms = clock_now_ms() };
	bulkhead_init(&r->all, (unsigned)c->at_once);
	listing_init(&r->listing, c->only_listed);
	r->munis = arena_zero_n(a, c->n_munis, sizeof(*r->munis));
	int e = cert_pins_load(c->pins, c->policy, &r->pins, err);
	if (e == 0)
		e = jpki_open(c->ocsp, r->pins, (int)c->ocsp_ms, &r->jpki, err);
	if (e == 0 && c->crl != NULL)
		e = jpki_lists_open(c->crl, r->pins, &r->lists, err);
	if (e == 0)
		jpki_use_lists(r->jpki, r->lists, c->crl_stand_in_s * 1000);
	for (unsigned i = 0; e == 0 && i < c->n_munis; i++) {
		e = router_muni_open(r, &r->munis[i], c, &c->munis[i], err);
		r->n_munis = i + 1;
	}
	return err_fold(err, e, "router");
}

int
router_connect(struct router *r, struct err *err)
{
	int e = store_open(r->conf->database, (unsigned)r->conf->db_connections, &r->store, err);
	const struct keydir_memory memory = { store_keys_note, r->store };
	if (e == 0)
		e = listing_read(&r->listing, r->store, err);
	for (unsigned i = 0; e == 0 && i < r->n_munis; i++)
		e = muni_keys_remember(&r->munis[i].keys, &memory, err);
	return err_fold(err, e, "router");
}

void
router_close(struct router *r)
{
	for (unsigned i = 0; i < r->n_munis; i++) {
		upstream_free(r->munis[i].servers);
		if (r->munis[i].has_keys)
			muni_keys_done(&r->munis[i].keys);
	}
	store_close(r->store);
	listing_done(&r->listing);
	jpki_close(r->jpki);
	jpki_lists_close(r->lists);
	cert_pins_free(r->pins);
	r->n_munis = 0;
}
