/* SPDX-License-Identifier: Apache-2.0 */
/* Cards, and a kiosk's side of the protocol, right or wrong as the test wants it. */
#include "tests/center/center_world.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/text.h"
#include "pki/hash.h"

#include <string.h>

struct card
card_make(uint32_t serial, enum jpki_hier hier, int gen, int64_t until_s)
{
	static const char *const dn[] = { "C", "JP", "CN", "0000000000", NULL };
	const struct jpki_ca *ca = &w.cas[(int)hier * JPKI_N_GENS + gen - 1];
	int64_t now_s = clock_now_ms() / 1000;
	struct card c = { .key = x509_key_rsa2048(), .number = serial };
	ASN1_INTEGER *number = x509_serial_of(serial);
	X509 *x = x509_begin(&(struct x509_spec){ .subject = dn,
	    .issuer = ca->crt,
	    .key = c.key,
	    .serial = number,
	    .not_before_s = now_s - JPKI_DAY_S,
	    .not_after_s = until_s ? until_s : now_s + JPKI_DAY_S });
	x509_ext(x, ca->crt, NID_key_usage,
	    hier == JPKI_AUTH ? "critical,digitalSignature"
			      : "critical,digitalSignature,nonRepudiation");
	x509_ext_policy(x, "1.2.392.200149.8.5.1.3.30", "http://127.0.0.1/cps");
	x509_sign(x, ca->key);
	uint8_t *der = NULL, *spki = NULL;
	int n = i2d_X509(x, &der);
	c.der = arena_memdup(w.arena, der, (size_t)n);
	c.der_bytes = (size_t)n;
	n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(ca->crt), &spki);
	sha256(spki, (size_t)n, c.issuer);
	const ASN1_INTEGER *s = X509_get0_serialNumber(x);
	c.serial_bytes = (size_t)s->length;
	memcpy(c.serial, s->data, c.serial_bytes);
	OPENSSL_free(der);
	OPENSSL_free(spki);
	X509_free(x);
	ASN1_INTEGER_free(number);
	w.certs.all[w.certs.n++] = (struct jpki_cert){
		.hier = hier, .gen = gen, .serial = serial, .state = JPKI_GOOD, .since_s = now_s
	};
	return c;
}

void
card_free(struct card *c)
{
	EVP_PKEY_free(c->key);
}

void
card_claim(const struct card *c, const char *muni)
{
	char issuer[65], serial[2 * CERT_MAX_SERIAL + 1];
	text_hex_format(c->issuer, 32, issuer);
	text_hex_format(c->serial, c->serial_bytes, serial);
	dbtest_sql(w.db,
	    arena_printf(w.arena,
		"INSERT INTO directory (issuer, serial, muni) VALUES ('\\x%s', '\\x%s', '%s')",
		issuer, serial, muni));
}

void
card_set_state(const struct card *c, enum jpki_state state)
{
	for (size_t i = 0; i < w.certs.n; i++)
		if (w.certs.all[i].serial == c->number)
			w.certs.all[i].state = state;
}

void
play_begin(struct play *p, unsigned at, const struct card *card)
{
	*p = (struct play){ .at = at, .card = card, .key = key_generate() };
	p->arena = arena_new(64u << 20);
}

void
play_end(struct play *p)
{
	key_free(p->key);
	arena_free(p->arena);
}

/* What a good answer says; a test that expects a refusal looks at p->reply. */
static json_t *
play_json(const struct play *p)
{
	json_t *o = NULL;
	assert_int_equal(js_parse(p->reply.body, p->reply.body_bytes, &o, NULL), 0);
	return o;
}

unsigned
play_nonce(struct play *p)
{
	unsigned status = ask(w.kiosk[p->at], p->arena, "POST", "/v1/nonce", "{}", &p->reply);
	if (status != 200)
		return status;
	AUTO(json_t) json_t *o = play_json(p);
	assert_int_equal(js_hex(o, "nonce", p->nonce, 32, NULL), 0);
	assert_int_equal(js_int(o, "time_ms", 1, INT64_MAX, &p->time_ms, NULL), 0);
	return status;
}

static void
play_transcript(struct play *p)
{
	struct transcript t = { .at_ms = p->time_ms };
	struct key_point point;
	struct buf b;
	const char *kiosk = p->kiosk ? p->kiosk : p->at == 0 ? "k0" : "k1";
	(void)snprintf(t.center, sizeof(t.center), "%s", p->center ? p->center : "c1");
	(void)snprintf(t.kiosk, sizeof(t.kiosk), "%s", kiosk);
	memcpy(t.nonce, p->nonce, 32);
	sha256(p->card->der, p->card->der_bytes - p->other_hash, t.cert_hash);
	key_public(p->key, &point);
	memcpy(t.point, point.b, sizeof(point.b));
	buf_init(&b, TRANSCRIPT_MAX_BYTES);
	assert_int_equal(transcript_format(&t, &b, NULL), 0);
	memcpy(p->transcript, b.p, b.bytes);
	p->transcript_bytes = b.bytes;
	sha256(b.p, b.bytes, p->th);
	buf_done(&b);
}

unsigned
play_session_again(struct play *p, unsigned at)
{
	uint8_t sig[512];
	size_t n = sizeof(sig);
	EVP_MD_CTX *m = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestSignInit(m, NULL, EVP_sha256(), NULL, p->card->key), 1);
	assert_int_equal(EVP_DigestSign(m, sig, &n, p->transcript, p->transcript_bytes), 1);
	EVP_MD_CTX_free(m);
	const char *body = arena_printf(p->arena,
	    "{\"transcript\":\"%s\",\"certificate\":\"%s\",\"signature\":\"%s\"}",
	    text_b64url_format(p->arena, p->transcript, p->transcript_bytes),
	    text_b64url_format(p->arena, p->card->der, p->card->der_bytes),
	    text_b64url_format(p->arena, sig, n));
	unsigned status = ask(w.kiosk[at], p->arena, "POST", "/v1/session", body, &p->reply);
	if (status == 200) {
		AUTO(json_t) json_t *o = play_json(p);
		assert_int_equal(js_hex(o, "session", p->session, 16, NULL), 0);
		const char *muni = NULL;
		assert_int_equal(js_text(o, "muni", 6, &muni, NULL), 0);
		memcpy(p->order.muni.s, muni, 7);
	}
	return status;
}

unsigned
play_session(struct play *p)
{
	play_transcript(p);
	return play_session_again(p, p->at);
}

void
play_open(struct play *p, unsigned at, const struct card *card)
{
	play_begin(p, at, card);
	assert_int_equal(play_nonce(p), 200);
	assert_int_equal(play_session(p), 200);
}

/* {"session":…,"<member>":<JWS>} to @path. */
static unsigned
play_signed(struct play *p, const char *path, const char *member, const char *typ,
    const char *payload, struct key *key)
{
	struct key_signer s = key_as_signer(key);
	char *jws = NULL, hex[33];
	assert_int_equal(jws_sign(p->arena, &s, typ, payload, strlen(payload), &jws, NULL), 0);
	text_hex_format(p->session, 16, hex);
	return ask(w.kiosk[p->at], p->arena, "POST", path,
	    arena_printf(p->arena, "{\"session\":\"%s\",\"%s\":\"%s\"}", hex, member, jws),
	    &p->reply);
}

unsigned
play_order_text(struct play *p, const char *payload, struct key *key)
{
	unsigned status = play_signed(p, "/v1/order", "order", "kofu-order", payload, key);
	if (status == 200) {
		AUTO(json_t) json_t *o = play_json(p);
		const char *jws = NULL;
		assert_int_equal(js_text(o, "manifest", sizeof(p->manifest) - 1, &jws, NULL), 0);
		memcpy(p->manifest, jws, strlen(jws) + 1);
	}
	return status;
}

unsigned
play_order(struct play *p, bool fresh)
{
	struct buf b;
	if (fresh) {
		rand_bytes(p->order.id.b, ORDER_ID_BYTES);
		memcpy(p->order.transcript, p->th, 32);
		p->order.kind = DOC_JUMINHYO;
		p->order.scope = ORDER_SELF;
		p->order.copies = 1;
		p->order.at_ms = clock_now_ms();
	}
	buf_init(&b, ORDER_MAX_BYTES);
	order_format(&p->order, &b);
	const char *payload = arena_strndup(p->arena, (const char *)b.p, b.bytes);
	buf_done(&b);
	return play_order_text(p, payload, p->key);
}

static const char *
play_order_hex(const struct play *p)
{
	char hex[33];
	text_hex_format(p->order.id.b, 16, hex);
	return arena_strdup(p->arena, hex);
}

unsigned
play_release_text(struct play *p, const char *payload)
{
	return play_signed(p, "/v1/release", "release", "kofu-release", payload, p->key);
}

unsigned
play_release(struct play *p)
{
	uint8_t h[32];
	char hex[65];
	sha256(p->manifest, strlen(p->manifest), h);
	text_hex_format(h, 32, hex);
	return play_release_text(p,
	    arena_printf(p->arena,
		"{\"v\":1,\"order\":\"%s\",\"manifest_sha256\":\"%s\",\"time_ms\":%lld}",
		play_order_hex(p), hex, (long long)clock_now_ms()));
}

const char *
play_number(const struct play *p)
{
	AUTO(json_t) json_t *o = NULL;
	size_t n = 0;
	const char *dot = strchr(p->manifest, '.');
	uint8_t *b =
	    text_b64url_parse(p->arena, dot + 1, (size_t)(strrchr(p->manifest, '.') - dot) - 1, &n);
	assert_int_equal(js_parse(b, n, &o, NULL), 0);
	const json_t *copy = json_array_get(json_object_get(o, "copies"), 0);
	return arena_strdup(p->arena, json_string_value(json_object_get(copy, "number")));
}

unsigned
play_outcome_text(struct play *p, const char *payload)
{
	return play_signed(p, "/v1/outcome", "outcome", "kofu-outcome", payload, p->key);
}

unsigned
play_outcome(struct play *p, const char *state, const char *reason)
{
	return play_outcome_text(p,
	    arena_printf(p->arena,
		"{\"v\":1,\"order\":\"%s\",\"copies\":[{\"number\":\"%s\",\"state\":\"%s\","
		"\"reason\":\"%s\"}],\"time_ms\":%lld}",
		play_order_hex(p), play_number(p), state, reason, (long long)clock_now_ms()));
}

unsigned
play_withdraw(struct play *p, const char *reason)
{
	return play_outcome_text(p,
	    arena_printf(p->arena, "{\"v\":1,\"order\":\"%s\",\"all\":\"%s\",\"time_ms\":%lld}",
		play_order_hex(p), reason, (long long)clock_now_ms()));
}
