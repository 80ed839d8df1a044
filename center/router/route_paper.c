/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/release and /v1/outcome: the kiosk's later words. docs/PROTOCOL.md section 5. */
#include "base/clock.h"
#include "center/router/body.h"
#include "center/router/outcome.h"
#include "center/router/router.h"
#include "pki/jose.h"

#include <string.h>

/* One release or outcome on its way. */
struct paper_run {
	struct http_req *req;
	struct router *router;
	struct router_muni *muni;
	struct store_session session;
	const char *jws;
	const uint8_t *payload;
	size_t payload_bytes;
};

/* The body, its session and its signature by that session's key. */
static int
paper_read(struct paper_run *x, const char *member, const char *typ, struct err *err)
{
	const char *const members[] = { "session", member, NULL };
	AUTO(json_t) json_t *body = NULL;
	uint8_t id[STORE_ID_BYTES], *p = NULL;
	struct key_point point;
	const char *jws = NULL;
	int r = router_kiosk_check(x->req);
	if (r == 0)
		r = body_parse(x->req, members, &body, err);
	if (r == 0)
		r = js_hex(body, "session", id, sizeof(id), err);
	if (r == 0)
		r = js_text(body, member, ROUTER_BODY_MAX_BYTES, &jws, err);
	if (r == 0)
		r = store_session_find(x->router->store, x->req->arena, id, &x->session, err);
	if (r == 0 && strcmp(x->session.s.kiosk, x->req->peer.name) != 0)
		r = ROUTER_E_SESSION_EXPIRED; /* says no more than that of another's session */
	if (r)
		return err_trace(err, r, "paper");
	x->jws = arena_strdup(x->req->arena, jws);
	memcpy(point.b, x->session.s.t.point, sizeof(point.b));
	r = jws_verify(
	    x->req->arena, &point, typ, x->jws, strlen(x->jws), &p, &x->payload_bytes, err);
	if (r)
		return err_trace(err, r, "paper");
	x->payload = p;
	x->muni = router_muni_find(x->router, x->session.s.muni.s);
	return x->muni != NULL ? 0 : ROUTER_E_STOPPED;
}

/* {"muni":…,"transcript":…,"<member>":<JWS>} to the server. */
static int
paper_ask(struct paper_run *x, const char *path, const char *member, bool idempotent,
    struct http_reply *ret, struct err *err)
{
	struct buf b;
	const char *text = NULL;
	size_t n = 0;
	buf_init(&b, (size_t)2 * ROUTER_BODY_MAX_BYTES);
	js_write_open(&b, '{');
	js_write_text(&b, "muni", x->muni->code.s);
	body_write_part(&b, "transcript", x->session.transcript);
	js_write_text(&b, member, x->jws);
	js_write_close(&b, '}');
	int r = body_take(x->req->arena, &b, &text, &n, err);
	if (r)
		return err_trace(err, r, "paper");
	const struct upstream_ask ask = {
		.path = path,
		.body = text,
		.body_bytes = n,
		.timeout_ms = (int)x->router->conf->other_ms,
		.max_reply_bytes = 4096,
		.idempotent = idempotent,
	};
	if (!bulkhead_enter(&x->muni->papers, ROUTER_SHARE_ALL))
		return ROUTER_E_BUSY;
	r = upstream_ask(x->muni->servers, x->req->arena, &ask, ret, err);
	bulkhead_leave(&x->muni->papers);
	if (r == HTTP_E_REFUSED && strcmp(ret->code, "no-such-order") == 0)
		return ROUTER_E_ORDER_GONE;
	return r ? router_upstream_result(r, ret, err) : 0;
}

/* {"released":true,"order":…} or {"recorded":true,"order":…}, for this order. */
static int
paper_confirmed(
    const struct http_reply *reply, const char *word, const struct order_id *id, struct err *err)
{
	const char *const members[] = { word, "order", NULL };
	AUTO(json_t) json_t *o = NULL;
	struct order_id got;
	bool yes = false;
	int r = js_parse(reply->body, reply->body_bytes, &o, err);
	if (r == 0)
		r = js_members(o, members, err);
	if (r == 0)
		r = js_bool(o, word, &yes, err);
	if (r == 0)
		r = js_hex(o, "order", got.b, sizeof(got.b), err);
	if (r != 0 || !yes || memcmp(got.b, id->b, sizeof(got.b)) != 0)
		return err_raise(err, FAULT_UNAVAILABLE, "server's confirmation", r);
	return 0;
}

static int
paper_answer(struct http_req *req, struct http_res *res, const char *word,
    const struct order_id *id, struct err *err)
{
	AUTO(json_t) json_t *o = json_object();
	const char *text = NULL;
	js_put_bool(o, word, true);
	js_put_hex(o, "order", id->b, sizeof(id->b));
	int r = body_format(req->arena, o, 256, &text, &res->body_bytes, err);
	res->body = text;
	return err_trace(err, r, "paper");
}

static int
release_check(struct paper_run *x, struct release *ret, struct err *err)
{
	struct order_logged l;
	int r = paper_read(x, "release", "kofu-release", err);
	if (r == 0)
		r = release_parse(x->payload, x->payload_bytes, ret, err);
	if (r == 0)
		r = store_order_find(x->router->store, x->session.id, &ret->order, &l, err);
	if (r == 0)
		r = release_decide(&x->session.s, &l, ret, clock_now_ms());
	if (r == 0 && atomic_load(&x->muni->stopped))
		r = ROUTER_E_STOPPED;
	if (r == ROUTER_E_ORDER_MISMATCH)
		LOG(LOG_LVL_ERR, "release.mismatch", LOG_F("txn", x->req->txn),
		    LOG_F("muni", x->session.s.muni));
	return err_trace(err, r, "release");
}

int
router_release(struct http_req *req, struct http_res *res, struct err *err)
{
	struct paper_run x = { .req = req, .router = req->app };
	struct http_reply reply = { 0 };
	struct err unsaved = { 0 };
	struct release rel = { .at_ms = 0 };
	int r = release_check(&x, &rel, err);
	/* Redeemed once: never asked of a second server by ourselves. */
	if (r == 0)
		r = paper_ask(&x, "/v1/release", "release", false, &reply, err);
	if (r == 0)
		r = paper_confirmed(&reply, "released", &rel.order, err);
	/* The server has it; that our own note fails must not hold the paper back. */
	if (r == 0 && store_order_move(x.router->store, &rel.order, "released", &unsaved) != 0)
		log_fault("release.unsaved", req->txn, &unsaved);
	if (r == 0)
		r = paper_answer(req, res, "released", &rel.order, err);
	LOG(LOG_LVL_NOTICE, "release", LOG_F("txn", req->txn), LOG_F("muni", x.session.s.muni),
	    LOG_F("outcome", r));
	return r;
}

static int
outcome_check(struct paper_run *x, struct outcome *ret, struct err *err)
{
	struct number_logged numbers[ORDER_MAX_COPIES];
	struct order_logged l;
	size_t n = 0;
	int r = paper_read(x, "outcome", "kofu-outcome", err);
	if (r == 0)
		r = outcome_parse(x->payload, x->payload_bytes, ret, err);
	if (r == 0)
		r = store_order_numbers(
		    x->router->store, x->session.id, &ret->order, &l, numbers, &n, err);
	if (r == 0)
		r = ret->all ? outcome_spread(&l, numbers, n, ret)
			     : outcome_decide(&l, numbers, n, ret);
	if (r == ROUTER_E_ORDER_MISMATCH)
		LOG(LOG_LVL_ERR, "outcome.mismatch", LOG_F("txn", x->req->txn),
		    LOG_F("muni", x->session.s.muni));
	return err_trace(err, r, "outcome");
}

/*
 * A void paper is noted at once: the banks must not wait for a server that is
 * away. A printed one stands when the server has confirmed it.
 */
static int
outcome_run(struct paper_run *x, const struct outcome *o, struct err *err)
{
	struct http_reply reply = { 0 };
	int r = store_outcome(x->router->store, o, STORE_VOID_ONLY, err);
	if (r == 0)
		r = paper_ask(x, "/v1/outcome", "outcome", true, &reply, err);
	if (r == 0)
		r = paper_confirmed(&reply, "recorded", &o->order, err);
	if (r == 0)
		r = store_outcome(x->router->store, o, STORE_ALL, err);
	return err_trace(err, r, "outcome");
}

int
router_outcome(struct http_req *req, struct http_res *res, struct err *err)
{
	struct paper_run x = { .req = req, .router = req->app };
	struct outcome o = { .n_copies = 0 };
	int r = outcome_check(&x, &o, err);
	if (r == 0)
		r = outcome_run(&x, &o, err);
	if (r == 0)
		r = paper_answer(req, res, "recorded", &o.order, err);
	LOG(LOG_LVL_NOTICE, "outcome", LOG_F("txn", req->txn), LOG_F("muni", x.session.s.muni),
	    LOG_F("outcome", r));
	return r;
}
