/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/order: the hands of decide_order. docs/PROTOCOL.md sections 3 and 4. */
#include "base/clock.h"
#include "center/router/body.h"
#include "center/router/outcome.h"
#include "center/router/router.h"
#include "pki/hash.h"

#include <string.h>

/* One order on its way. */
struct order_run {
	struct http_req *req;
	struct router *router;
	struct router_muni *muni;
	struct store_session session;
	const char *jws; /* the kiosk's order */
	int64_t begun_ms, begun_mono_ms;
	struct order_case c;
};

/* Goes on as it began: where the clock is set meanwhile, an honest answer is of no wrong time. */
static int64_t
order_now_ms(const struct order_run *x)
{
	return x->begun_ms + (clock_mono_ms() - x->begun_mono_ms);
}

static int
order_read(struct order_run *x, json_t *body, int64_t now_ms, struct err *err)
{
	uint8_t id[STORE_ID_BYTES];
	int r = js_hex(body, "session", id, sizeof(id), err);
	if (r == 0)
		r = js_text(body, "order", ROUTER_BODY_MAX_BYTES, &x->jws, err);
	if (r == 0)
		r = store_session_find(x->router->store, x->req->arena, id, &x->session, err);
	if (r == 0)
		r = order_decide(
		    &x->session.s, x->req->peer.name, x->jws, strlen(x->jws), now_ms, &x->c, err);
	if (r)
		return err_trace(err, r, "order");
	x->muni = router_muni_find(x->router, x->session.s.muni.s);
	if (x->muni == NULL || atomic_load(&x->muni->stopped))
		return ROUTER_E_STOPPED;
	return 0;
}

/* Noted before it goes anywhere, so that the same id can never mean two things. */
static int
order_note(struct order_run *x, int64_t now_ms, struct err *err)
{
	struct order_logged l;
	int r = store_order_open(x->router->store, &x->session, &x->c, now_ms, &l, err);
	if (r == 0)
		r = order_decide_again(&l, &x->c);
	if (r == ROUTER_E_ORDER_MISMATCH)
		LOG(LOG_LVL_ERR, "order.mismatch", LOG_F("txn", x->req->txn),
		    LOG_F("muni", x->muni->code));
	return err_trace(err, r, "order");
}

static int
order_ask(struct order_run *x, struct http_reply *ret, struct err *err)
{
	struct buf b;
	const char *text = NULL;
	size_t n = 0;
	buf_init(&b, (size_t)2 * ROUTER_BODY_MAX_BYTES);
	js_write_open(&b, '{');
	body_write_part(&b, "transcript", x->session.transcript);
	body_write_part(&b, "certificate", x->session.certificate);
	body_write_part(&b, "signature", x->session.signature);
	js_write_text(&b, "order", x->jws);
	js_write_close(&b, '}');
	int r = body_take(x->req->arena, &b, &text, &n, err);
	if (r)
		return err_trace(err, r, "order");
	const struct upstream_ask ask = {
		.path = "/v1/order",
		.body = text,
		.body_bytes = n,
		.timeout_ms = (int)x->router->conf->order_ms,
		.max_reply_bytes = JS_MAX_BYTES,
		.idempotent = true, /* by its id */
	};
	return upstream_ask(x->muni->servers, x->req->arena, &ask, ret, err);
}

/* The manifest's text; NULL when the answer is none. */
static const char *
answer_manifest(const json_t *o)
{
	static const char *const members[] = { "manifest", "papers", NULL };
	const char *manifest = NULL;
	const char *papers = NULL;
	if (js_members(o, members, NULL) != 0 ||
	    js_text(o, "manifest", (size_t)2 * MANIFEST_MAX_BYTES, &manifest, NULL) != 0 ||
	    js_text(o, "papers", JS_MAX_BYTES, &papers, NULL) != 0)
		return NULL;
	return manifest;
}

static int
answer_check(struct order_run *x, const struct http_reply *reply, enum answer_flaw *ret_flaw,
    struct err *err)
{
	AUTO(json_t) json_t *o = NULL;
	struct manifest m;
	struct keydir keys;
	uint8_t hash[SHA256_BYTES];
	*ret_flaw = ANSWER_FORM;
	if (js_parse(reply->body, reply->body_bytes, &o, NULL) != 0)
		return 0;
	const char *jws = answer_manifest(o);
	if (jws == NULL)
		return 0;
	muni_keys_get(&x->muni->keys, &keys);
	*ret_flaw = answer_decide(
	    x->req->arena, &x->c, x->req->peer.name, &keys, jws, strlen(jws), order_now_ms(x), &m);
	/* Before a city is stopped for a key: is there a newer directory? */
	if (*ret_flaw == ANSWER_KEY && muni_keys_renew(&x->muni->keys, keys.seq, &keys))
		*ret_flaw = answer_decide(x->req->arena, &x->c, x->req->peer.name, &keys, jws,
		    strlen(jws), order_now_ms(x), &m);
	if (*ret_flaw == ANSWER_SOUND)
		*ret_flaw = answer_decide_build(x->router->conf->builds, &m);
	/* Of a node that is listed, and yet signed by a kofu-seal that is not. */
	if (*ret_flaw == ANSWER_SOUND &&
	    !listing_has_seal(&x->router->listing, x->muni->code, m.build))
		*ret_flaw = ANSWER_BUILD;
	if (*ret_flaw != ANSWER_SOUND)
		return 0;
	sha256(jws, strlen(jws), hash);
	return store_answer(x->router->store, &m, hash, ret_flaw, err);
}

/* Passed on as it came, or the municipality stands still: I8. */
static int
order_answer(
    struct order_run *x, const struct http_reply *reply, struct http_res *res, struct err *err)
{
	enum answer_flaw flaw = ANSWER_SOUND;
	int r = answer_check(x, reply, &flaw, err);
	if (r)
		return err_trace(err, r, "answer");
	if (flaw != ANSWER_SOUND) {
		router_stop(x->router, x->muni, x->req->txn, flaw);
		return ROUTER_E_STOPPED;
	}
	if (atomic_load(&x->muni->stopped))
		return ROUTER_E_STOPPED;
	res->body = reply->body;
	res->body_bytes = reply->body_bytes;
	return 0;
}

static int
order_pass(struct order_run *x, struct http_res *res, struct err *err)
{
	struct http_reply reply = { 0 };
	struct err unsaved = { 0 };
	int r = order_ask(x, &reply, err);
	if (r == 0)
		return order_answer(x, &reply, res, err);
	r = router_upstream_result(r, &reply, err);
	if (r > 0 && store_order_move(x->router->store, &x->c.order.id, "refused", &unsaved) != 0)
		log_fault("order.refusal-unsaved", x->req->txn, &unsaved);
	return r;
}

static int
order_run(struct order_run *x, struct http_res *res, struct err *err)
{
	static const char *const members[] = { "session", "order", NULL };
	AUTO(json_t) json_t *body = NULL;
	int r = router_kiosk_check(x->req);
	if (r == 0)
		r = body_parse(x->req, members, &body, err);
	if (r == 0)
		r = order_read(x, body, x->begun_ms, err);
	if (r)
		return err_trace(err, r, "order");
	if (!bulkhead_enter(&x->muni->orders, ROUTER_SHARE_ALL))
		return ROUTER_E_BUSY;
	r = order_note(x, x->begun_ms, err);
	if (r == 0)
		r = order_pass(x, res, err);
	bulkhead_leave(&x->muni->orders);
	return err_trace(err, r, "order");
}

int
router_order(struct http_req *req, struct http_res *res, struct err *err)
{
	struct order_run x = { .req = req,
		.router = req->app,
		.begun_ms = clock_now_ms(),
		.begun_mono_ms = clock_mono_ms() };
	int r = bulkhead_enter(&x.router->all, ROUTER_SHARE_ALL) ? 0 : ROUTER_E_BUSY;
	if (r == 0) {
		r = order_run(&x, res, err);
		bulkhead_leave(&x.router->all);
	}
	router_count(x.router, x.session.s.muni.s, r);
	LOG(LOG_LVL_NOTICE, "order", LOG_F("txn", req->txn), LOG_F("muni", x.session.s.muni),
	    LOG_F("outcome", r));
	return r;
}
