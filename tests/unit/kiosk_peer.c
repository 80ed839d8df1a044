/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/unit/kiosk_peer.h"

#include "backside/apart.h"
#include "base/clock.h"
#include "base/text.h"
#include "pki/hash.h"
#include "pki/jose.h"
#include "wire/transcript.h"

#include <stdio.h>
#include <string.h>

void
peer_init(struct peer *p, int64_t now_ms)
{
	*p = (struct peer){ .arena = arena_new(256u << 20),
		.muni_key = key_generate(),
		.now_ms = now_ms,
		.number_kiosk = "K0001",
		.n_persons = 3,
		.fee_yen = 300,
		.seq = 123 };
}

void
peer_done(struct peer *p)
{
	key_free(p->muni_key);
	arena_free(p->arena);
}

static const char *
peer_text(struct peer *p, json_t *o)
{
	struct err err = { 0 };
	struct buf b;
	buf_init(&b, JS_MAX_BYTES);
	assert_int_equal(js_format(o, &b, &err), 0);
	char *s = arena_strndup(p->arena, (const char *)b.p, b.bytes);
	buf_done(&b);
	json_decref(o);
	return s;
}

static json_t *
peer_parse(const struct buf *body)
{
	struct err err = { 0 };
	json_t *o = NULL;
	assert_true(buf_ok(body));
	assert_int_equal(js_parse(body->p, body->bytes, &o, &err), 0);
	return o;
}

const char *
peer_nonce(struct peer *p)
{
	static const uint8_t nonce[32] = { 1, 2, 3 };
	json_t *o = json_object();
	js_put_text(o, "center", "C1");
	js_put_hex(o, "nonce", nonce, sizeof(nonce));
	js_put_int(o, "time_ms", p->now_ms);
	js_put_int(o, "ttl_s", 120);
	return peer_text(p, o);
}

/* Fictitious persons; one name with an ideographic variation sequence, one outside the BMP. */
static json_t *
peer_household(const struct peer *p)
{
	static const char *const names[] = { "見本 太郎", "見本 花子", "葛󠄂城 𠮷子" };
	json_t *h = json_object();
	json_t *list = json_array();
	for (unsigned i = 0; i < p->n_persons; i++) {
		uint8_t ref[PERSON_REF_BYTES] = { (uint8_t)(0xA0 + i) };
		json_t *one = json_object();
		js_put_hex(one, "ref", ref, sizeof(ref));
		js_put_text(one, "name", names[i % 3]);
		json_array_append_new(list, one);
	}
	uint8_t self[PERSON_REF_BYTES] = { 0xA0 };
	js_put_hex(h, "self", self, sizeof(self));
	js_put(h, "persons", list);
	return h;
}

static json_t *
peer_kind(const char *name, unsigned fee_yen, const char *const *options)
{
	json_t *k = json_object();
	json_t *list = json_array();
	for (; *options != NULL; options++)
		json_array_append_new(list, json_string(*options));
	js_put_text(k, "kind", name);
	js_put_int(k, "fee_yen", fee_yen);
	js_put(k, "options", list);
	js_put_bool(k, "open", true);
	js_put_text(k, "hours", "06:30-23:00");
	return k;
}

const char *
peer_session(struct peer *p, const struct buf *body)
{
	static const char *const options[] = { "setainushi", "honseki", NULL };
	static const char *const none[] = { NULL };
	static const uint8_t session[16] = { 9, 8, 7 };
	struct err err = { 0 };
	struct transcript t;
	uint8_t *raw = NULL;
	size_t bytes = 0;
	json_t *o = peer_parse(body);
	assert_int_equal(
	    js_b64url(p->arena, o, "transcript", TRANSCRIPT_MAX_BYTES, &raw, &bytes, &err), 0);
	assert_int_equal(transcript_parse(raw, bytes, &t, &err), 0);
	sha256(raw, bytes, p->th);
	memcpy(p->session_point.b, t.point, sizeof(t.point));
	json_decref(o);

	json_t *house = peer_household(p);
	if (p->bend_household)
		p->bend_household(house);
	const char *plain = peer_text(p, house);
	char *jwe = NULL;
	assert_int_equal(jwe_seal(p->arena, &p->session_point, "kofu-household", p->th, 32, plain,
			     strlen(plain), &jwe, &err),
	    0);
	json_t *offer = json_object();
	json_t *kinds = json_array();
	json_array_append_new(kinds, peer_kind("juminhyo", p->fee_yen, options));
	json_array_append_new(kinds, peer_kind("inkan", p->fee_yen, none));
	js_put_hex(offer, "session", session, sizeof(session));
	js_put_text(offer, "muni", "991015");
	js_put_int(offer, "expires_ms", p->now_ms + 1200000);
	js_put(offer, "kinds", kinds);
	js_put_text(offer, "muni_name", "架空市");
	js_put_text(offer, "phone", "000-000-0000");
	js_put_text(offer, "household", jwe);
	if (p->bend_offer)
		p->bend_offer(offer);
	return peer_text(p, offer);
}

const char *
peer_keys(struct peer *p)
{
	struct key_point point;
	struct key_id kid;
	key_public(p->muni_key, &point);
	key_id_of(&point, &kid);
	json_t *one = json_object();
	js_put_hex(one, "kid", kid.b, sizeof(kid.b));
	js_put_b64url(one, "point", point.b, sizeof(point.b));
	json_t *list = json_array();
	json_array_append_new(list, one);
	json_t *o = json_object();
	js_put_text(o, "muni", "991015");
	js_put(o, "keys", list);
	return peer_text(p, o);
}

/* The payload of a JWS by the session's key out of a body. */
static uint8_t *
peer_signed(
    struct peer *p, const struct buf *body, const char *name, const char *typ, size_t *ret_bytes)
{
	struct err err = { 0 };
	const char *jws = NULL;
	uint8_t *payload = NULL;
	json_t *o = peer_parse(body);
	assert_int_equal(js_text(o, name, 65536, &jws, &err), 0);
	assert_int_equal(jws_verify(p->arena, &p->session_point, typ, jws, strlen(jws), &payload,
			     ret_bytes, &err),
	    0);
	json_decref(o);
	return payload;
}

/* What the backs are painted of, a byte less for each copy. */
static const char peer_record[] = "a record, signed and sealed";

static void
peer_pdf(unsigned copy, uint8_t out[PEER_PDF_BYTES])
{
	struct err err = { 0 };
	memset(out, 'a' + (int)copy, PEER_PDF_BYTES);
	memcpy(out, "%PDF-1.7\n", 9);
	memcpy(out + PEER_BACK_AT - 8, "stream\r\n", 8);
	memcpy(out + PEER_BACK_AT + BACKSIDE_BYTES, "\nendstream", 10);
	assert_int_equal(
	    backside_encode(peer_record, sizeof(peer_record) - copy, out + PEER_BACK_AT, &err), 0);
}

uint8_t *
peer_papers(struct peer *p, size_t *ret_bytes)
{
	const struct apart backs = { .n = 1, .at = { PEER_BACK_AT } };
	uint8_t pdf[PEER_PDF_BYTES];
	struct buf b;
	buf_init(&b, 1 << 20);
	for (unsigned i = 0; i < p->order.copies; i++) {
		peer_pdf(i, pdf);
		buf_field32(&b, peer_record, sizeof(peer_record) - i);
		apart_put(pdf, sizeof(pdf), &backs, &b);
	}
	assert_true(buf_ok(&b));
	uint8_t *all = arena_memdup(p->arena, b.p, b.bytes);
	*ret_bytes = b.bytes;
	buf_done(&b);
	return all;
}

uint8_t *
peer_pdfs(struct peer *p, size_t *ret_bytes)
{
	uint8_t *all = arena_zero(p->arena, (size_t)p->order.copies * PEER_PDF_BYTES);
	for (unsigned i = 0; i < p->order.copies; i++)
		peer_pdf(i, all + (size_t)i * PEER_PDF_BYTES);
	*ret_bytes = (size_t)p->order.copies * PEER_PDF_BYTES;
	return all;
}

static json_t *
peer_copy(struct peer *p, unsigned i)
{
	enum { BEHIND = PEER_BACK_AT + BACKSIDE_BYTES };
	uint8_t pdf[PEER_PDF_BYTES];
	uint8_t digest[32], back[32];
	uint8_t serial[16] = { (uint8_t)i };
	struct civil_date on = clock_japan(p->now_ms).on;
	json_t *c = json_object();
	json_t *page = json_object();
	json_t *pages = json_array();
	peer_pdf(i, pdf);
	const struct sha256_part rest[] = { { pdf, PEER_BACK_AT },
		{ pdf + BEHIND, sizeof(pdf) - BEHIND } };
	sha256_parts(rest, N_ELEMENTS(rest), digest);
	sha256(peer_record, sizeof(peer_record) - i, back);
	js_put_text(c, "number",
	    arena_printf(p->arena, "991015-%04d%02d%02d-%s-%06u", on.year, on.month, on.day,
		p->number_kiosk, p->seq + i));
	js_put_hex(c, "serial", serial, sizeof(serial));
	js_put_int(c, "pdf_bytes", PEER_PDF_BYTES);
	js_put_hex(c, "pdf_sha256", digest, sizeof(digest));
	js_put_hex(page, "front", digest, sizeof(digest));
	js_put_hex(page, "back", back, sizeof(back));
	js_put_int(page, "back_at", PEER_BACK_AT);
	json_array_append_new(pages, page);
	js_put(c, "pages", pages);
	return c;
}

char *
peer_manifest(struct peer *p)
{
	struct err err = { 0 };
	struct key_point point;
	struct key_id kid;
	uint8_t oh[32];
	char *jws = NULL;
	struct key_signer signer = key_as_signer(p->muni_key);
	key_public(p->muni_key, &point);
	key_id_of(&point, &kid);
	sha256(p->order_payload, strlen(p->order_payload), oh);
	json_t *m = json_object();
	json_t *copies = json_array();
	for (unsigned i = 0; i < p->order.copies; i++)
		json_array_append_new(copies, peer_copy(p, i));
	js_put_int(m, "v", 1);
	js_put_hex(m, "order", p->order.id.b, ORDER_ID_BYTES);
	js_put_hex(m, "th", p->th, 32);
	js_put_hex(m, "oh", oh, 32);
	js_put_text(m, "muni", "991015");
	js_put_text(m, "kind", doc_kind_name(p->order.kind));
	js_put(m, "copies", copies);
	js_put_int(m, "rireki", 4);
	js_put_int(m, "register_ms", p->now_ms - 500);
	js_put_int(m, "issued_ms", p->now_ms);
	js_put_int(m, "not_after_ms", p->now_ms + 600000);
	js_put_text(m, "build", "0.1.0");
	js_put_int(m, "schema", 1);
	js_put_hex(m, "kid", kid.b, KEY_ID_BYTES);
	if (p->bend_manifest)
		p->bend_manifest(m);
	const char *text = peer_text(p, m);
	assert_int_equal(
	    jws_sign(p->arena, &signer, "kofu-manifest", text, strlen(text), &jws, &err), 0);
	return jws;
}

char *
peer_seal(struct peer *p, const char *manifest, const void *papers, size_t bytes)
{
	struct err err = { 0 };
	uint8_t apv[32];
	char *jwe = NULL;
	sha256(manifest, strlen(manifest), apv);
	assert_int_equal(jwe_seal(p->arena, &p->session_point, "kofu-papers", apv, sizeof(apv),
			     papers, bytes, &jwe, &err),
	    0);
	return jwe;
}

const char *
peer_join(struct peer *p, const char *manifest, const char *papers)
{
	json_t *o = json_object();
	js_put_text(o, "manifest", manifest);
	js_put_text(o, "papers", papers);
	return peer_text(p, o);
}

void
peer_split(struct peer *p, const char *answer, const char **manifest, const char **papers)
{
	struct err err = { 0 };
	const char *s = NULL;
	json_t *o = NULL;
	assert_int_equal(js_parse(answer, strlen(answer), &o, &err), 0);
	assert_int_equal(js_text(o, "manifest", 1 << 20, &s, &err), 0);
	*manifest = arena_strdup(p->arena, s);
	assert_int_equal(js_text(o, "papers", 1 << 24, &s, &err), 0);
	*papers = arena_strdup(p->arena, s);
	json_decref(o);
}

const char *
peer_answer(struct peer *p, const struct buf *body)
{
	struct err err = { 0 };
	size_t bytes = 0;
	uint8_t *payload = peer_signed(p, body, "order", "kofu-order", &bytes);
	assert_true(bytes < sizeof(p->order_payload));
	memcpy(p->order_payload, payload, bytes);
	p->order_payload[bytes] = '\0';
	assert_int_equal(order_parse(payload, bytes, &p->order, &err), 0);
	assert_memory_equal(p->order.transcript, p->th, 32);
	uint8_t *papers = peer_papers(p, &bytes);
	const char *manifest = peer_manifest(p);
	return peer_join(p, manifest, peer_seal(p, manifest, papers, bytes));
}

const char *
peer_release(struct peer *p, const struct buf *body)
{
	size_t bytes = 0;
	uint8_t *payload = peer_signed(p, body, "release", "kofu-release", &bytes);
	assert_non_null(memmem(payload, bytes, "manifest_sha256", 15));
	json_t *o = json_object();
	js_put_bool(o, "released", true);
	js_put_hex(o, "order", p->order.id.b, ORDER_ID_BYTES);
	return peer_text(p, o);
}

void
peer_outcome(struct peer *p, const struct buf *body)
{
	size_t bytes = 0;
	uint8_t *payload = peer_signed(p, body, "outcome", "kofu-outcome", &bytes);
	assert_true(bytes < sizeof(p->last_outcome));
	memcpy(p->last_outcome, payload, bytes);
	p->last_outcome[bytes] = '\0';
	p->outcomes++;
}
