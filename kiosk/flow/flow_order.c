/* SPDX-License-Identifier: Apache-2.0 */
/* flow_order - what the kiosk signs with the session's key: order, release, outcome. */
#include "kiosk/flow/flow_in.h"

#include "base/text.h"
#include "pki/hash.h"
#include "pki/jose.h"

#include <string.h>

int
flow_signed_body(struct flow *f, const char *name, const char *typ, const struct buf *payload,
    struct buf *out, struct err *err)
{
	struct key_signer signer = key_as_signer(f->key);
	char *jws = NULL;
	if (!buf_ok(payload))
		return err_raise(err, FAULT_INTERNAL, "payload does not fit", 0);
	int r = jws_sign(f->arena, &signer, typ, payload->p, payload->bytes, &jws, err);
	if (r)
		return err_trace(err, r, "signed body");
	AUTO(json_t) json_t *o = json_object();
	js_put_hex(o, "session", f->session, sizeof(f->session));
	js_put_text(o, name, jws);
	return err_trace(err, js_format(o, out, err), "signed body");
}

int
flow_order_ask(struct flow *f, const struct choice *c, const struct order_id *id, int64_t mono_ms,
    struct buf *out, struct err *err)
{
	struct buf payload;
	struct order checked;
	int r = flow_at(f, FLOW_KEYED, err);
	if (r)
		return err_trace(err, r, "order");
	if (flow_now_ms(f, mono_ms) >= f->session_until_ms)
		return FLOW_E_LATE;
	f->order = (struct order){ .id = *id, .at_ms = flow_now_ms(f, mono_ms) };
	memcpy(f->order.transcript, f->th, sizeof(f->th));
	choice_to_order(c, &f->offer, &f->order);
	_Static_assert((int)FLOW_MAX_KEYS <= (int)ORDER_MAX_KEYS, "what is pinned can be said");
	for (unsigned i = 0; i < f->n_keys; i++)
		f->order.keys[f->order.n_keys++] = f->keys[i].kid;
	buf_init(&payload, ORDER_MAX_BYTES);
	order_format(&f->order, &payload);
	/* What center and server would refuse is not signed either. */
	r = buf_ok(&payload) ? order_parse(payload.p, payload.bytes, &checked, err)
			     : err_raise(err, FAULT_INTERNAL, "order does not fit", 0);
	if (r == 0)
		r = flow_signed_body(f, "order", "kofu-order", &payload, out, err);
	if (r == 0) {
		sha256(payload.p, payload.bytes, f->oh);
		f->step = FLOW_ORDERED;
	}
	buf_done(&payload);
	return err_trace(err, r, "order");
}

const struct flow_papers *
flow_papers(const struct flow *f)
{
	return f->step >= FLOW_ANSWERED ? &f->papers : NULL;
}

static void
put_hex(struct buf *out, const void *p, size_t bytes)
{
	char hex[65];
	text_hex_format(p, bytes, hex);
	buf_text(out, hex);
}

int
flow_release_ask(struct flow *f, int64_t mono_ms, struct buf *out, struct err *err)
{
	struct buf payload;
	int r = flow_at(f, FLOW_ANSWERED, err);
	if (r)
		return err_trace(err, r, "release");
	int64_t now_ms = flow_now_ms(f, mono_ms);
	if (now_ms >= f->papers.not_after_ms || now_ms >= f->session_until_ms)
		return FLOW_E_LATE;
	buf_init(&payload, 512);
	buf_text(&payload, "{\"v\":1,\"order\":\"");
	put_hex(&payload, f->order.id.b, ORDER_ID_BYTES);
	buf_text(&payload, "\",\"manifest_sha256\":\"");
	put_hex(&payload, f->papers.manifest_hash, sizeof(f->papers.manifest_hash));
	buf_printf(&payload, "\",\"time_ms\":%lld}", (long long)now_ms);
	r = flow_signed_body(f, "release", "kofu-release", &payload, out, err);
	buf_done(&payload);
	if (r == 0)
		f->step = FLOW_RELEASE_ASKED;
	return err_trace(err, r, "release");
}

int
flow_release_read(struct flow *f, const void *body, size_t bytes, struct err *err)
{
	static const char *const members[] = { "released", "order", NULL };
	AUTO(json_t) json_t *o = NULL;
	struct order_id id;
	bool released = false;
	int r = flow_at(f, FLOW_RELEASE_ASKED, err);
	if (r == 0)
		r = js_parse(body, bytes, &o, err);
	if (r == 0)
		r = js_members(o, members, err);
	if (r == 0)
		r = js_bool(o, "released", &released, err);
	if (r == 0)
		r = js_hex(o, "order", id.b, ORDER_ID_BYTES, err);
	if (r)
		return err_trace(err, r, "release");
	if (!released || memcmp(id.b, f->order.id.b, ORDER_ID_BYTES) != 0)
		return err_raise(err, FAULT_INTEGRITY, "release of something else", released);
	f->step = FLOW_RELEASED;
	return 0;
}

const char *
flow_end_state(enum flow_end e)
{
	return e == FLOW_PRINTED ? "printed" : "void";
}

const char *
flow_end_reason(enum flow_end e)
{
	static const char *const names[] = { "", "jam", "power", "cancelled", "unknown" };
	return (unsigned)e < N_ELEMENTS(names) ? names[e] : "unknown";
}

int
flow_outcome_ask(struct flow *f, const enum flow_end ends[ORDER_MAX_COPIES], int64_t mono_ms,
    struct buf *out, struct err *err)
{
	struct buf payload;
	if (f->step < FLOW_ANSWERED)
		return err_raise(err, FAULT_INTERNAL, "outcome of no answer", f->step);
	/* 発行番号 are of a checked alphabet (answer_number): nothing to escape. */
	buf_init(&payload, 4096);
	buf_text(&payload, "{\"v\":1,\"order\":\"");
	put_hex(&payload, f->order.id.b, ORDER_ID_BYTES);
	buf_text(&payload, "\",\"copies\":[");
	for (unsigned i = 0; i < f->papers.n_copies; i++)
		buf_printf(&payload, "%s{\"number\":\"%s\",\"state\":\"%s\",\"reason\":\"%s\"}",
		    i ? "," : "", f->papers.copies[i].number, flow_end_state(ends[i]),
		    flow_end_reason(ends[i]));
	buf_printf(&payload, "],\"time_ms\":%lld}", (long long)flow_now_ms(f, mono_ms));
	int r = flow_signed_body(f, "outcome", "kofu-outcome", &payload, out, err);
	buf_done(&payload);
	return err_trace(err, r, "outcome");
}

int
flow_withdraw_ask(
    struct flow *f, enum flow_end why, int64_t mono_ms, struct buf *out, struct err *err)
{
	struct buf payload;
	if (f->step < FLOW_ORDERED)
		return err_raise(err, FAULT_INTERNAL, "withdrawal of no order", f->step);
	buf_init(&payload, 512);
	buf_text(&payload, "{\"v\":1,\"order\":\"");
	put_hex(&payload, f->order.id.b, ORDER_ID_BYTES);
	buf_printf(&payload, "\",\"all\":\"%s\",\"time_ms\":%lld}", flow_end_reason(why),
	    (long long)flow_now_ms(f, mono_ms));
	int r = flow_signed_body(f, "outcome", "kofu-outcome", &payload, out, err);
	buf_done(&payload);
	return err_trace(err, r, "withdraw");
}
