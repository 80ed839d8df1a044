/* SPDX-License-Identifier: Apache-2.0 */
#include "kiosk/flow/flow_in.h"

#include "base/mem.h"
#include "base/text.h"
#include "domain/muni.h"
#include "pki/hash.h"
#include "pki/jose.h"

#include <string.h>

enum {
	FLOW_NONCE_TTL_MAX_S = 600,
	FLOW_HOUSEHOLD_MAX_BYTES = 32768,
	FLOW_HOUSEHOLD_JWE_MAX_BYTES = 49152
};
static const int64_t flow_time_max_ms = 253402300799000; /* the end of 9999 */

struct flow *
flow_new(const char *kiosk)
{
	struct flow *f = mem_zero(sizeof(*f));
	f->arena = arena_new(FLOW_ARENA_BYTES);
	f->kiosk = kiosk;
	return f;
}

void
flow_free(struct flow *f)
{
	if (f == NULL)
		return;
	key_free(f->key);
	arena_free(f->arena);
	mem_wipe(f, sizeof(*f));
	mem_free(f);
}

int
flow_at(const struct flow *f, enum flow_step step, struct err *err)
{
	if (f->step != step)
		return err_raise(err, FAULT_INTERNAL, "step out of its turn", f->step);
	return 0;
}

int
flow_nonce_read(struct flow *f, const void *body, size_t bytes, int64_t mono_ms, struct err *err)
{
	static const char *const members[] = { "center", "nonce", "time_ms", "ttl_s", NULL };
	AUTO(json_t) json_t *o = NULL;
	const char *center = NULL;
	int64_t time_ms = 0;
	int64_t ttl_s = 0;
	int r = flow_at(f, FLOW_FRESH, err);
	if (r == 0)
		r = js_parse(body, bytes, &o, err);
	if (r == 0)
		r = js_members(o, members, err);
	if (r == 0)
		r = js_text(o, "center", TRANSCRIPT_MAX_ID, &center, err);
	if (r == 0)
		r = js_hex(o, "nonce", f->transcript.nonce, TRANSCRIPT_NONCE_BYTES, err);
	if (r == 0)
		r = js_int(o, "time_ms", 0, flow_time_max_ms, &time_ms, err);
	if (r == 0)
		r = js_int(o, "ttl_s", 1, FLOW_NONCE_TTL_MAX_S, &ttl_s, err);
	if (r)
		return err_trace(err, r, "nonce");
	memcpy(f->transcript.center, center, strlen(center) + 1);
	f->center_ahead_ms = time_ms - mono_ms;
	f->nonce_until_ms = time_ms + ttl_s * 1000;
	f->step = FLOW_HAS_NONCE;
	return 0;
}

int
flow_begin(struct flow *f, const void *cert_der, size_t cert_bytes, int64_t mono_ms,
    uint8_t ret_digest[FLOW_DIGEST_BYTES], struct err *err)
{
	struct key_point point;
	struct buf b;
	int r = flow_at(f, FLOW_HAS_NONCE, err);
	if (r)
		return err_trace(err, r, "begin");
	if (flow_now_ms(f, mono_ms) >= f->nonce_until_ms)
		return FLOW_E_LATE;
	size_t kiosk_n = strlen(f->kiosk);
	if (cert_bytes == 0 || cert_bytes > FLOW_CERT_MAX_BYTES || kiosk_n > TRANSCRIPT_MAX_ID)
		return err_raise(err, FAULT_BAD_INPUT, "certificate or kiosk id", (long)cert_bytes);
	memcpy(f->cert, cert_der, cert_bytes);
	f->cert_bytes = cert_bytes;
	f->key = key_generate();
	key_public(f->key, &point);
	memcpy(f->transcript.kiosk, f->kiosk, kiosk_n + 1);
	f->transcript.at_ms = flow_now_ms(f, mono_ms);
	sha256(cert_der, cert_bytes, f->transcript.cert_hash);
	memcpy(f->transcript.point, point.b, sizeof(point.b));
	buf_init(&b, TRANSCRIPT_MAX_BYTES);
	r = transcript_format(&f->transcript, &b, err);
	if (r == 0) {
		memcpy(f->transcript_bytes, b.p, b.bytes);
		f->transcript_n = b.bytes;
		sha256(b.p, b.bytes, f->th);
		memcpy(ret_digest, f->th, sizeof(f->th));
		f->step = FLOW_BEGUN;
	}
	buf_done(&b);
	return err_trace(err, r, "begin");
}

void
flow_again(struct flow *f)
{
	key_free(f->key);
	f->key = NULL;
	mem_wipe(&f->transcript, sizeof(f->transcript));
	mem_wipe(f->th, sizeof(f->th));
	f->step = FLOW_FRESH;
}

int
flow_session_ask(
    struct flow *f, const void *sig, size_t sig_bytes, struct buf *out, struct err *err)
{
	int r = flow_at(f, FLOW_BEGUN, err);
	if (r)
		return err_trace(err, r, "session");
	if (sig_bytes == 0 || sig_bytes > FLOW_SIG_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "signature", (long)sig_bytes);
	AUTO(json_t) json_t *o = json_object();
	js_put_b64url(o, "transcript", f->transcript_bytes, f->transcript_n);
	js_put_b64url(o, "certificate", f->cert, f->cert_bytes);
	js_put_b64url(o, "signature", sig, sig_bytes);
	r = js_format(o, out, err);
	if (r == 0)
		f->step = FLOW_ASKED;
	return err_trace(err, r, "session");
}

static int
offer_options(const json_t *o, unsigned *ret, struct err *err)
{
	const json_t *list = NULL;
	unsigned bits = 0;
	int r = js_array(o, "options", 16, &list, err);
	if (r)
		return err_trace(err, r, "options");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		unsigned bit = name ? order_option_find(name) : 0;
		if (bit == 0 || (bits & bit))
			return err_raise(err, FAULT_BAD_INPUT, "option", (long)i);
		bits |= bit;
	}
	*ret = bits;
	return 0;
}

/* A text of theirs that is shown: clean UTF-8 with a limit, copied into the session. */
static int
offer_text(
    struct flow *f, const json_t *o, const char *key, size_t max, const char **ret, struct err *err)
{
	const char *s = NULL;
	int r = js_text(o, key, max, &s, err);
	if (r)
		return err_trace(err, r, "text");
	if (!text_is_clean_utf8(s, strlen(s)))
		return err_raise(err, FAULT_BAD_INPUT, "text is not clean", 0);
	*ret = arena_strdup(f->arena, s);
	return 0;
}

static int
offer_kind_read(struct flow *f, const json_t *o, struct offer_kind *ret, struct err *err)
{
	static const char *const members[] = { "kind", "fee_yen", "options", "open", "hours",
		"max_copies?", NULL };
	const char *name = NULL;
	int64_t fee = 0, copies = ORDER_MAX_COPIES;
	int r = js_members(o, members, err);
	if (r == 0)
		r = js_text(o, "kind", 32, &name, err);
	if (r == 0)
		r = js_int(o, "fee_yen", 0, OFFER_MAX_FEE_YEN, &fee, err);
	if (r == 0 && json_object_get(o, "max_copies") != NULL)
		r = js_int(o, "max_copies", 1, ORDER_MAX_COPIES, &copies, err);
	if (r == 0)
		r = offer_options(o, &ret->options, err);
	if (r == 0)
		r = js_bool(o, "open", &ret->open, err);
	if (r == 0)
		r = offer_text(f, o, "hours", OFFER_MAX_TEXT_BYTES, &ret->hours, err);
	if (r)
		return err_trace(err, r, "kind");
	ret->kind = doc_kind_find(name);
	ret->fee_yen = (unsigned)fee;
	ret->max_copies = (unsigned)copies;
	if (ret->kind == 0)
		return err_raise(err, FAULT_BAD_INPUT, "kind that this kiosk does not know", 0);
	return 0;
}

static int
offer_kinds(struct flow *f, const json_t *o, struct err *err)
{
	const json_t *list = NULL;
	int r = js_array(o, "kinds", OFFER_MAX_KINDS, &list, err);
	if (r)
		return err_trace(err, r, "kinds");
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct offer_kind k = { 0 };
		r = offer_kind_read(f, json_array_get(list, i), &k, err);
		if (r)
			return err_trace(err, r, "kinds");
		if (offer_find(&f->offer, k.kind) != NULL)
			return err_raise(err, FAULT_BAD_INPUT, "kind twice", (long)i);
		f->offer.kinds[f->offer.n_kinds++] = k;
	}
	if (f->offer.n_kinds == 0)
		return err_raise(err, FAULT_BAD_INPUT, "nothing offered", 0);
	return 0;
}

static int
household_person(struct flow *f, const json_t *o, struct err *err)
{
	static const char *const members[] = { "ref", "name", NULL };
	struct offer *offer = &f->offer;
	struct offer_person p = { 0 };
	int r = js_members(o, members, err);
	if (r == 0)
		r = js_hex(o, "ref", p.ref.b, PERSON_REF_BYTES, err);
	if (r == 0)
		r = offer_text(f, o, "name", OFFER_MAX_NAME_BYTES, &p.name, err);
	if (r)
		return err_trace(err, r, "person");
	for (unsigned i = 0; i < offer->n_persons; i++)
		if (memcmp(offer->persons[i].ref.b, p.ref.b, PERSON_REF_BYTES) == 0)
			return err_raise(err, FAULT_BAD_INPUT, "person twice", (long)i);
	offer->persons[offer->n_persons++] = p;
	return 0;
}

static int
household_parse(struct flow *f, const void *p, size_t bytes, struct err *err)
{
	static const char *const members[] = { "self", "persons", NULL };
	AUTO(json_t) json_t *o = NULL;
	const json_t *list = NULL;
	struct person_ref self;
	int r = js_parse(p, bytes, &o, err);
	if (r == 0)
		r = js_members(o, members, err);
	if (r == 0)
		r = js_hex(o, "self", self.b, PERSON_REF_BYTES, err);
	if (r == 0)
		r = js_array(o, "persons", ORDER_MAX_PERSONS, &list, err);
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
		r = household_person(f, json_array_get(list, i), err);
	if (r)
		return err_trace(err, r, "household");
	for (unsigned i = 0; i < f->offer.n_persons; i++)
		if (memcmp(f->offer.persons[i].ref.b, self.b, PERSON_REF_BYTES) == 0) {
			f->offer.self = i;
			return 0;
		}
	return err_raise(err, FAULT_BAD_INPUT, "household without its applicant", 0);
}

/* Only the key of our transcript opens it, and only for this transcript. */
static int
household_open(struct flow *f, const json_t *o, struct err *err)
{
	struct key_agreer agreer = key_as_agreer(f->key);
	const char *jwe = NULL;
	uint8_t *p = NULL;
	size_t bytes = 0;
	int r = js_text(o, "household", FLOW_HOUSEHOLD_JWE_MAX_BYTES, &jwe, err);
	if (r == 0)
		r = jwe_open(f->arena, &agreer, "kofu-household", f->th, sizeof(f->th), jwe,
		    strlen(jwe), &p, &bytes, err);
	if (r == 0 && bytes > FLOW_HOUSEHOLD_MAX_BYTES)
		r = err_raise(err, FAULT_BAD_INPUT, "household over its limit", (long)bytes);
	if (r == 0)
		r = household_parse(f, p, bytes, err);
	return err_trace(err, r, "household");
}

static int
session_parse(struct flow *f, const json_t *o, struct err *err)
{
	static const char *const members[] = { "session", "muni", "expires_ms", "kinds",
		"muni_name", "phone", "household", NULL };
	const char *muni = NULL;
	int r = js_members(o, members, err);
	if (r == 0)
		r = js_hex(o, "session", f->session, FLOW_SESSION_BYTES, err);
	if (r == 0)
		r = js_text(o, "muni", 6, &muni, err);
	if (r == 0)
		r = js_int(o, "expires_ms", 0, flow_time_max_ms, &f->session_until_ms, err);
	if (r == 0)
		r = offer_text(f, o, "muni_name", OFFER_MAX_TEXT_BYTES, &f->offer.muni_name, err);
	if (r == 0)
		r = offer_text(f, o, "phone", OFFER_MAX_TEXT_BYTES, &f->offer.phone, err);
	if (r == 0)
		r = offer_kinds(f, o, err);
	if (r)
		return err_trace(err, r, "session");
	if (!muni_parse(muni, strlen(muni), &f->offer.muni))
		return err_raise(err, FAULT_BAD_INPUT, "municipality code", 0);
	return household_open(f, o, err);
}

int
flow_session_read(struct flow *f, const void *body, size_t bytes, int64_t mono_ms, struct err *err)
{
	AUTO(json_t) json_t *o = NULL;
	int r = flow_at(f, FLOW_ASKED, err);
	if (r == 0)
		r = js_parse(body, bytes, &o, err);
	if (r == 0)
		r = session_parse(f, o, err);
	if (r) {
		mem_wipe(&f->offer, sizeof(f->offer));
		return err_trace(err, r, "session");
	}
	if (flow_now_ms(f, mono_ms) >= f->session_until_ms)
		return FLOW_E_LATE;
	f->step = FLOW_OFFERED;
	return 0;
}

const struct offer *
flow_offer(const struct flow *f)
{
	return f->step >= FLOW_OFFERED ? &f->offer : NULL;
}

static int
keys_one(struct flow *f, const json_t *o, struct err *err)
{
	static const char *const members[] = { "kid", "point", NULL };
	struct flow_key k = { 0 };
	struct key_id claimed;
	uint8_t *p = NULL;
	size_t bytes = 0;
	int r = js_members(o, members, err);
	if (r == 0)
		r = js_hex(o, "kid", claimed.b, KEY_ID_BYTES, err);
	if (r == 0)
		r = js_b64url(f->arena, o, "point", KEY_POINT_BYTES, &p, &bytes, err);
	if (r == 0 && bytes != KEY_POINT_BYTES)
		r = err_raise(err, FAULT_BAD_INPUT, "point", (long)bytes);
	if (r)
		return err_trace(err, r, "key");
	memcpy(k.point.b, p, KEY_POINT_BYTES);
	r = key_point_check(&k.point, err);
	if (r)
		return err_trace(err, r, "key");
	key_id_of(&k.point, &k.kid);
	if (memcmp(k.kid.b, claimed.b, KEY_ID_BYTES) != 0)
		return err_raise(err, FAULT_INTEGRITY, "key with another's id", 0);
	f->keys[f->n_keys++] = k;
	return 0;
}

int
flow_keys_read(struct flow *f, const void *body, size_t bytes, struct err *err)
{
	static const char *const members[] = { "muni", "keys", NULL };
	AUTO(json_t) json_t *o = NULL;
	const json_t *list = NULL;
	const char *muni = NULL;
	int r = flow_at(f, FLOW_OFFERED, err);
	if (r == 0)
		r = js_parse(body, bytes, &o, err);
	if (r == 0)
		r = js_members(o, members, err);
	if (r == 0)
		r = js_text(o, "muni", 6, &muni, err);
	if (r == 0 && strcmp(muni, f->offer.muni.s) != 0)
		r = err_raise(err, FAULT_INTEGRITY, "keys of another municipality", 0);
	if (r == 0)
		r = js_array(o, "keys", FLOW_MAX_KEYS, &list, err);
	if (r == 0 && json_array_size(list) == 0)
		r = err_raise(err, FAULT_BAD_INPUT, "no key", 0);
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
		r = keys_one(f, json_array_get(list, i), err);
	if (r) {
		f->n_keys = 0;
		return err_trace(err, r, "keys");
	}
	f->step = FLOW_KEYED;
	return 0;
}
