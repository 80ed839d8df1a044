/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/session: the hands of decide_session. docs/PROTOCOL.md section 2. */
#include "base/clock.h"
#include "base/rand.h"
#include "center/router/body.h"
#include "center/router/decide_session.h"
#include "center/router/offer.h"
#include "center/router/outcome.h"
#include "center/router/router.h"

#include <string.h>

static int
session_read(struct http_req *req, struct session_case *c, struct err *err)
{
	static const char *const members[] = { "transcript", "certificate", "signature", NULL };
	struct router *x = req->app;
	AUTO(json_t) json_t *o = NULL;
	struct session_given g = {
		.center = x->conf->id,
		.kiosk = req->peer.name,
		.pins = x->pins,
	};
	int r = body_parse(req, members, &o, err);
	if (r == 0)
		r = body_part(
		    req->arena, o, "transcript", TRANSCRIPT_MAX_BYTES, &g.transcript, err);
	if (r == 0)
		r = body_part(req->arena, o, "certificate", CERT_MAX_BYTES, &g.certificate, err);
	if (r == 0)
		r = body_part(req->arena, o, "signature", CERT_SIG_MAX_BYTES, &g.signature, err);
	if (r == 0)
		r = session_begin(c, &g, err);
	return err_trace(err, r, "session");
}

/* Whose resident the directory says it is. */
struct holders {
	struct session_holder h[2];
	size_t n;
	struct router_muni *muni; /* of the first; NULL when there is none here */
};

static int
session_nonce(struct http_req *req, struct session_case *c, struct err *err)
{
	struct router *x = req->app;
	struct session_nonce nonce;
	int r = store_nonce_burn(x->store, req->arena, c->t.nonce, &nonce, err);
	if (r == 0)
		r = session_on_nonce(c, &nonce, clock_now_ms(), err);
	return err_trace(err, r, "session");
}

static int
session_status(struct http_req *req, struct session_case *c, struct err *err)
{
	struct router *x = req->app;
	struct err why = { 0 };
	int status = jpki_status(x->jpki, req->arena, c->cert, &why);
	if (status < 0)
		log_fault("jpki", req->txn, &why);
	return session_on_status(c, status, err);
}

static int
session_holders(
    struct http_req *req, const struct session_case *c, struct holders *ret, struct err *err)
{
	struct router *x = req->app;
	*ret = (struct holders){ .n = 0 };
	int r = store_holders(x->store, c, ret->h, &ret->n, err);
	if (r)
		return err_trace(err, r, "session");
	for (size_t i = 0; i < ret->n; i++) {
		struct session_holder *h = &ret->h[i];
		struct router_muni *m = router_muni_find(x, h->muni.s);
		h->served = m != NULL;
		h->stopped = h->stopped || (m != NULL && atomic_load(&m->stopped));
		if (i == 0)
			ret->muni = m;
	}
	if (ret->n > 1)
		LOG(LOG_LVL_WARN, "directory.two-claims", LOG_F("txn", req->txn),
		    LOG_F("muni", ret->h[0].muni), LOG_F("other", ret->h[1].muni));
	return 0;
}

static int
session_ask(struct http_req *req, const struct session_case *c, struct router_muni *m, json_t **ret,
    struct err *err)
{
	struct router *x = req->app;
	struct http_reply reply = { 0 };
	struct buf b;
	const char *text = NULL;
	size_t n = 0;
	buf_init(&b, ROUTER_BODY_MAX_BYTES);
	js_write_open(&b, '{');
	js_write_text(&b, "muni", m->code.s);
	body_write_part(&b, "transcript", c->given.transcript);
	body_write_part(&b, "certificate", c->given.certificate);
	body_write_part(&b, "signature", c->given.signature);
	js_write_close(&b, '}');
	int r = body_take(req->arena, &b, &text, &n, err);
	if (r)
		return err_trace(err, r, "offer");
	const struct upstream_ask ask = {
		.path = "/v1/offer",
		.body = text,
		.body_bytes = n,
		.timeout_ms = (int)x->conf->offer_ms,
		.max_reply_bytes = OFFER_MAX_BYTES,
		.idempotent = true,
	};
	r = upstream_ask(m->servers, req->arena, &ask, &reply, err);
	if (r == 0)
		r = offer_parse(reply.body, reply.body_bytes, ret, err);
	return r ? router_upstream_result(r, &reply, err) : 0;
}

/* The card's status, then what its municipality offers. */
static int
session_offer(struct http_req *req, struct session_case *c, const struct holders *h, json_t **ret,
    struct err *err)
{
	int r = session_status(req, c, err);
	if (r == 0)
		r = session_on_holders(c, h->h, h->n, err);
	if (r == 0)
		r = session_ask(req, c, h->muni, ret, err);
	return err_trace(err, r, "session");
}

/* A full city is told before anybody asks the JPKI or its server. */
static int
session_offer_in(struct http_req *req, struct session_case *c, const struct holders *h,
    json_t **ret, struct err *err)
{
	if (h->muni == NULL)
		return session_offer(req, c, h, ret, err);
	if (!bulkhead_enter(&h->muni->orders, ROUTER_SHARE_SESSION))
		return ROUTER_E_BUSY;
	int r = session_offer(req, c, h, ret, err);
	bulkhead_leave(&h->muni->orders);
	return err_trace(err, r, "session");
}

/* The session exists from here on: {"session":…,"muni":…,"expires_ms":…, the offer}. */
static int
session_open(struct http_req *req, struct http_res *res, const struct session_case *c,
    const json_t *offer, struct err *err)
{
	struct router *x = req->app;
	AUTO(json_t) json_t *o = json_object();
	uint8_t id[STORE_ID_BYTES];
	const char *text = NULL;
	int64_t expires_ms = clock_now_ms() + SESSION_TTL_MS;
	rand_bytes(id, sizeof(id));
	int r = store_session_add(x->store, id, c, expires_ms, err);
	if (r)
		return err_trace(err, r, "session");
	js_put_hex(o, "session", id, sizeof(id));
	js_put_text(o, "muni", c->muni.s);
	js_put_int(o, "expires_ms", expires_ms);
	if (json_object_update_missing(o, (json_t *)(uintptr_t)offer) != 0)
		return err_raise(err, FAULT_NOMEM, "offer", 0);
	r = body_format(req->arena, o, OFFER_MAX_BYTES + 1024, &text, &res->body_bytes, err);
	res->body = text;
	return err_trace(err, r, "session");
}

static int
session_run(struct http_req *req, struct http_res *res, struct session_case *c, struct err *err)
{
	struct holders h;
	AUTO(json_t) json_t *offer = NULL;
	int r = session_read(req, c, err);
	if (r == 0)
		r = session_nonce(req, c, err);
	if (r == 0)
		r = session_holders(req, c, &h, err);
	if (r == 0)
		r = session_offer_in(req, c, &h, &offer, err);
	if (r == 0)
		r = session_open(req, res, c, offer, err);
	return err_trace(err, r, "session");
}

int
router_session(struct http_req *req, struct http_res *res, struct err *err)
{
	struct session_case c = { .wants = SESSION_OVER };
	struct router *x = req->app;
	int r = router_kiosk_check(req);
	if (r == 0)
		r = bulkhead_enter(&x->all, ROUTER_SHARE_SESSION) ? 0 : ROUTER_E_BUSY;
	if (r == 0) {
		r = session_run(req, res, &c, err);
		bulkhead_leave(&x->all);
	}
	router_count(x, c.muni.s, r);
	LOG(LOG_LVL_NOTICE, "session", LOG_F("txn", req->txn), LOG_F("muni", c.muni),
	    LOG_F("outcome", r));
	session_done(&c);
	return r;
}
