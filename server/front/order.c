/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/mem.h"
#include "domain/muni.h"
#include "pki/hash.h"
#include "server/front/issuing.h"
#include "server/front/node.h"
#include <string.h>

/* The order as the session's key signed it, for this session. 0 or a fault. */
static int
order_open(struct issuing *i, const struct front_session *s, const json_t *body, struct err *err)
{
	uint8_t *payload = NULL;
	size_t n = 0;
	int r = session_open(i->a, s, body, "order", "kofu-order", &payload, &n, err);
	if (r == 0)
		r = order_parse(payload, n, &i->order, err);
	if (r)
		return err_trace(err, r, "order");
	sha256(payload, n, i->oh);
	i->order_jws = json_string_value(json_object_get(body, "order"));
	i->order_jws_bytes = strlen(i->order_jws);
	if (!mem_equal(i->order.transcript, s->th, sizeof(s->th)))
		return err_raise(err, FAULT_INTEGRITY, "order of another session", 0);
	return 0;
}

static int
order_age_check(const struct order *o, int64_t now_ms)
{
	bool ahead = o->at_ms > now_ms + FRONT_CLOCK_AHEAD_MS;
	return ahead || now_ms - o->at_ms > FRONT_ORDER_MAX_AGE_MS ? FRONT_E_SESSION_EXPIRED : 0;
}

/* Base64url and dots: nothing to escape. 0, or FAULT_INTEGRITY where the papers are no JWE. */
static int
answer(struct http_req *req, struct http_res *res, const struct issuing_answer *x, struct err *err)
{
	static const char head[] = "{\"manifest\":\"", between[] = "\",\"papers\":\"",
			  end[] = "\"}";
	const size_t manifest = strlen(x->manifest);
	const size_t papers = jwe_text_bytes(x->papers, x->papers_bytes);
	if (papers == 0)
		return err_raise(err, FAULT_INTEGRITY, "papers", (long)x->papers_bytes);
	char *body =
	    arena_raw(req->arena, sizeof(head) + manifest + sizeof(between) + papers + sizeof(end));
	char *at = body;
	at = mempcpy(at, head, strlen(head));
	at = mempcpy(at, x->manifest, manifest);
	at = mempcpy(at, between, strlen(between));
	jwe_text_put(x->papers, x->papers_bytes, at);
	at = mempcpy(at + papers, end, strlen(end));
	res->body = body;
	res->body_bytes = (size_t)(at - body);
	return 0;
}

/* The same order again: the same bytes, as long as they are kept. */
static int
replay(struct issuing *i, struct store_issue *was, struct issuing_answer *ret, struct err *err)
{
	struct vault_hash card, then;
	vault_card(&i->m->vault, i->s->issuer, i->s->serial, i->s->serial_bytes, &card);
	/* It may have been hashed under another data key than the one of now. */
	int r = vault_hash_move(
	    &i->m->vault, was->card.b, was->card.bytes, vault_hash_of(&card), &then, err);
	if (r)
		return err_trace(err, r, "card of an order");
	if (!mem_equal(was->th, i->s->th, sizeof(was->th)) ||
	    !mem_equal(was->oh, i->oh, sizeof(was->oh)) || !vault_hash_equal(&then, &card))
		return FRONT_E_MISMATCH;
	if (was->state != STORE_ISSUED || was->manifest == NULL || was->papers == NULL ||
	    clock_now_ms() - was->issued_ms > FRONT_PAPERS_MS)
		return FRONT_E_GONE;
	*ret = (struct issuing_answer){
		.manifest = was->manifest, .papers = was->papers, .papers_bytes = was->papers_bytes
	};
	return 0;
}

/* *ret_found: the order came before, and the result is its. */
static int
find_before(struct issuing *i, struct issuing_answer *ret, bool *ret_found, struct err *err)
{
	struct db *db = NULL;
	struct store_issue was;
	int r = db_pool_take(i->m->db, FRONT_DB_WAIT_MS, &db, err);
	if (r)
		return err_trace(err, r, "database");
	r = store_issue_find(db, i->a, &i->order.id, &was, ret_found, err);
	db_pool_give(i->m->db, db);
	if (r)
		return err_fold(err, r, "order");
	return *ret_found ? err_trace(err, replay(i, &was, ret, err), "order") : 0;
}

static int
order_admitted(struct issuing *i, struct issuing_answer *ret, struct err *err)
{
	bool found = false;
	int r = find_before(i, ret, &found, err);
	if (r || found)
		return err_trace(err, r, "order");
	r = issuing_run(i, ret, err);
	if (r == DB_E_CONFLICT) { /* the same order overtook us: its bytes are the answer */
		r = find_before(i, ret, &found, err);
		if (r == 0 && !found)
			r = err_raise(err, FAULT_INTERNAL, "a number that was there before", 0);
	}
	return err_trace(err, r, "order");
}

/* All checks that need no database. */
static int
order_check(struct issuing *i, struct front_session *s, struct http_req *req, struct err *err)
{
	int64_t now_ms = clock_now_ms();
	int r = session_check(s, i->f, &req->peer, now_ms, err);
	if (r == 0)
		r = order_age_check(&i->order, now_ms);
	if (r)
		return err_trace(err, r, "session");
	return 0;
}

/* A place inside the bulkhead comes first: who gets none has cost next to nothing. */
static int
order_enter(struct issuing *i, struct front_session *s, struct http_req *req,
    struct issuing_answer *ret, struct err *err)
{
	if (!admission_enter(&i->m->admission))
		return FRONT_E_BUSY;
	int r = order_check(i, s, req, err);
	if (r == 0)
		r = order_admitted(i, ret, err);
	admission_leave(&i->m->admission);
	return err_trace(err, r, "order");
}

static void
order_log(const struct http_req *req, const struct issuing *i, int r)
{
	int ms = (int)i->f->conf->deadline_ms - issuing_left_ms(i);
	LOG(r == FRONT_E_MISMATCH ? LOG_LVL_ERR : LOG_LVL_NOTICE, "order", LOG_F("txn", req->txn),
	    LOG_F("muni", i->order.muni), LOG_F("kind", (int)i->order.kind), LOG_F("outcome", r),
	    LOG_F("ms", ms));
}

int
front_order(struct http_req *req, struct http_res *res, struct err *err)
{
	static const char *const members[] = { "transcript", "certificate", "signature", "order",
		NULL };
	struct front *f = req->app;
	struct front_session s;
	struct issuing *i = arena_zero(req->arena, sizeof(*i));
	struct issuing_answer made = { 0 };
	AUTO(json_t) json_t *body = NULL;
	*i = (struct issuing){
		.f = f, .a = req->arena, .s = &s, .until_ms = clock_mono_ms() + f->conf->deadline_ms
	};
	int r = js_parse(req->body, req->body_bytes, &body, err);
	if (r == 0)
		r = js_members(body, members, err);
	if (r == 0)
		r = session_read(req->arena, body, &s, err);
	if (r == 0)
		r = order_open(i, &s, body, err);
	if (r)
		return err_trace(err, r, "order");
	i->m = front_muni_find(f, i->order.muni.s);
	r = i->m == NULL ? FRONT_E_NO_SUCH_MUNI : node_is_meant(i->m, req);
	if (r == 0)
		r = order_enter(i, &s, req, &made, err);
	order_log(req, i, r);
	if (r == 0)
		r = answer(req, res, &made, err);
	return err_trace(err, r, "order");
}
