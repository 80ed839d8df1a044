/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/mixup/visit.h"
#include "base/clock.h"
#include "base/rand.h"
#include "tests/mixup/tally.h"
#include "tests/world/tool/tool.h"

#include <string.h>

enum {
	VISIT_ARENA_BYTES = 64 << 20,
	ASK_MS = 60000,
	ASK_FAULTY_MS = 15000,
	BODY_BYTES = 64 << 10,
	FEE_YEN = 200 /* tests/world/lib/places.mjs */
};

void
visit_begin(struct visit *v)
{
	v->a = arena_new(VISIT_ARENA_BYTES);
	v->begun_ms = clock_now_ms();
	v->manifest = NULL;
	v->flow = flow_new(v->kiosk);
	buf_init(&v->session_body, BODY_BYTES);
	buf_init(&v->order_body, BODY_BYTES);
	buf_init(&v->release_body, BODY_BYTES);
	rand_bytes(v->id.b, sizeof(v->id.b));
}

void
visit_end(struct visit *v)
{
	buf_done(&v->session_body);
	buf_done(&v->order_body);
	buf_done(&v->release_body);
	json_decref(v->manifest);
	flow_free(v->flow);
	arena_free(v->a);
	v->flow = NULL;
	v->a = NULL;
	v->manifest = NULL;
}

bool
visit_is_fault(const char *code)
{
	static const char *const codes[] = { "no-answer", "tls", "unavailable", "timeout", "busy",
		"card-status-unknown", "replica-stale", "internal", "kiosk-late" };
	for (unsigned i = 0; i < N_ELEMENTS(codes); i++)
		if (strcmp(code, codes[i]) == 0)
			return true;
	return false;
}

static const char *
asked(struct visit *v, int r, const struct http_reply *reply)
{
	if (r == 0)
		return NULL;
	if (r == HTTP_E_REFUSED)
		return reply->code[0] ? arena_strdup(v->a, reply->code) : "refused-without-a-code";
	return r == FAULT_INTEGRITY ? "tls" : "no-answer";
}

const char *
visit_post(
    struct visit *v, const char *path, const void *body, size_t bytes, struct http_reply *ret)
{
	struct err err = { 0 };
	const struct http_ask q = { .method = body != NULL ? "POST" : "GET",
		.path = path,
		.body = body,
		.body_bytes = bytes,
		.timeout_ms = v->plan->faults ? ASK_FAULTY_MS : ASK_MS,
		.max_reply_bytes = JS_MAX_BYTES };
	int64_t from_ms = clock_mono_ms();
	*ret = (struct http_reply){ 0 };
	const char *code = asked(v, http_ask(v->center, v->a, &q, ret, &err), ret);
	if (code != NULL && strcmp(code, "busy") == 0)
		tally_busy(clock_mono_ms() - from_ms);
	return code;
}

static const char *
kiosk_says(int r)
{
	if (r == 0)
		return NULL;
	return r == FLOW_E_LATE    ? "kiosk-late"
	    : r == FAULT_INTEGRITY ? "kiosk-integrity"
				   : "kiosk-form";
}

static int64_t
mono(void)
{
	return clock_mono_ms();
}

/* PKCS#1 v1.5 over the digest, as the card does it. */
static void
card_sign(const struct visit *v, const uint8_t digest[32], uint8_t *sig, size_t *bytes)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(v->card->key, NULL);
	if (c == NULL || EVP_PKEY_sign_init(c) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(c, EVP_sha256()) != 1 ||
	    EVP_PKEY_sign(c, sig, bytes, digest, 32) != 1)
		tool_die("a card's key does not sign");
	EVP_PKEY_CTX_free(c);
	if (v->forged)
		sig[*bytes / 2] ^= 1;
}

static const char *
session_body(struct visit *v)
{
	struct err err = { 0 };
	struct http_reply reply;
	uint8_t digest[FLOW_DIGEST_BYTES], sig[FLOW_SIG_MAX_BYTES];
	size_t n = sizeof(sig);
	const char *code = visit_post(v, "/v1/nonce", "{}", 2, &reply);
	if (code != NULL)
		return code;
	int r = flow_nonce_read(v->flow, reply.body, reply.body_bytes, mono(), &err);
	if (r == 0)
		r = flow_begin(v->flow, v->card->der, v->card->der_bytes, mono(), digest, &err);
	if (r)
		return kiosk_says(r);
	card_sign(v, digest, sig, &n);
	return kiosk_says(flow_session_ask(v->flow, sig, n, &v->session_body, &err));
}

const char *
visit_session(struct visit *v)
{
	struct err err = { 0 };
	struct http_reply reply;
	const char *code = session_body(v);
	if (code == NULL)
		code =
		    visit_post(v, "/v1/session", v->session_body.p, v->session_body.bytes, &reply);
	if (code == NULL)
		code = kiosk_says(
		    flow_session_read(v->flow, reply.body, reply.body_bytes, mono(), &err));
	if (code != NULL)
		return code;
	const char *path = arena_printf(v->a, "/v1/keys/%s", flow_offer(v->flow)->muni.s);
	code = visit_post(v, path, NULL, 0, &reply);
	if (code == NULL)
		code = kiosk_says(flow_keys_read(v->flow, reply.body, reply.body_bytes, &err));
	return code;
}

void
visit_choose(
    struct visit *v, enum doc_kind kind, enum order_scope scope, unsigned options, unsigned copies)
{
	struct offer *o = &v->flow->offer;
	bool offered = false;
	for (unsigned i = 0; i < o->n_kinds; i++)
		offered = offered || o->kinds[i].kind == kind;
	if (!offered && o->n_kinds < OFFER_MAX_KINDS) /* such a kiosk knows what it costs */
		o->kinds[o->n_kinds++] = (struct offer_kind){ .kind = kind, .fee_yen = FEE_YEN, .max_copies = ORDER_MAX_COPIES };
	v->choice =
	    (struct choice){ .kind = kind, .scope = scope, .options = options, .copies = copies };
	if (scope == ORDER_PART)
		v->choice.persons = UINT64_C(1) << (v->flow->offer.n_persons - 1) | 1;
}

const char *
visit_order_sign(struct visit *v)
{
	struct err err = { 0 };
	return kiosk_says(
	    flow_order_ask(v->flow, &v->choice, &v->id, mono(), &v->order_body, &err));
}

const char *
visit_order_send(struct visit *v)
{
	uint64_t from = clerk_now();
	const char *code =
	    visit_post(v, "/v1/order", v->order_body.p, v->order_body.bytes, &v->answer);
	if (v->from == 0)
		v->from = from;
	v->to = clerk_now();
	return code;
}

const char *
visit_answer_read(struct visit *v)
{
	struct err err = { 0 };
	return kiosk_says(
	    flow_answer_read(v->flow, v->answer.body, v->answer.body_bytes, mono(), &err));
}

const char *
visit_release(struct visit *v)
{
	struct err err = { 0 };
	struct http_reply reply;
	if (v->release_body.bytes == 0 &&
	    flow_release_ask(v->flow, mono(), &v->release_body, &err) != 0)
		return "kiosk-late";
	v->released_from = clerk_now();
	const char *code =
	    visit_post(v, "/v1/release", v->release_body.p, v->release_body.bytes, &reply);
	v->released_to = clerk_now();
	if (code == NULL && v->flow->step == FLOW_RELEASE_ASKED)
		code = kiosk_says(flow_release_read(v->flow, reply.body, reply.body_bytes, &err));
	return code;
}

const char *
visit_outcome(struct visit *v, enum flow_end end)
{
	struct err err = { 0 };
	struct http_reply reply;
	struct buf body;
	enum flow_end ends[ORDER_MAX_COPIES];
	const char *code = "kiosk-form";
	for (unsigned i = 0; i < ORDER_MAX_COPIES; i++)
		ends[i] = end;
	buf_init(&body, BODY_BYTES);
	if (flow_outcome_ask(v->flow, ends, mono(), &body, &err) == 0)
		code = visit_post(v, "/v1/outcome", body.p, body.bytes, &reply);
	buf_done(&body);
	return code;
}
