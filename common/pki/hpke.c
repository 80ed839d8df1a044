/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/hpke.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "pki/evp.h"

#include <stdbool.h>
#include <string.h>

enum { HPKE_MODE_BASE = 0, HPKE_MODE_PSK = 1, HPKE_MAX_PART_BYTES = 4096, HPKE_MIN_PSK = 32 };

/* "KEM" ‖ DHKEM(P-256, HKDF-SHA256), and "HPKE" ‖ that ‖ HKDF-SHA256 ‖ AES-256-GCM. */
struct hpke_suite {
	const char *p;
	size_t bytes;
};
static const struct hpke_suite hpke_kem = { "KEM\x00\x10", 5 };
static const struct hpke_suite hpke_all = { "HPKE\x00\x10\x00\x01\x00\x02", 10 };

/* RFC 9180 4: the version, the suite and the label go before everything. */
static void
hpke_label(struct buf *b, struct hpke_suite suite, const char *label)
{
	buf_text(b, "HPKE-v1");
	buf_put(b, suite.p, suite.bytes);
	buf_text(b, label);
}

static void
hpke_extract(struct hpke_suite suite, const uint8_t *salt, const char *label,
    struct sha256_part ikm, uint8_t out[SHA256_BYTES])
{
	struct buf b;
	buf_init(&b, HPKE_MAX_PART_BYTES + 64);
	hpke_label(&b, suite, label);
	buf_put(&b, ikm.p, ikm.bytes);
	evp_must(buf_ok(&b)); /* inputs were measured before */
	hkdf_extract(salt, salt ? SHA256_BYTES : 0, b.p, b.bytes, out);
	buf_done(&b);
}

static void
hpke_expand(struct hpke_suite suite, const uint8_t prk[SHA256_BYTES], const char *label,
    struct sha256_part info, struct sha256_part ret)
{
	struct buf b;
	buf_init(&b, 512);
	buf_u16(&b, (uint16_t)ret.bytes);
	hpke_label(&b, suite, label);
	buf_put(&b, info.p, info.bytes);
	evp_must(buf_ok(&b));
	hkdf_expand(prk, b.p, b.bytes, (void *)(uintptr_t)ret.p, ret.bytes);
	buf_done(&b);
}

/* RFC 9180 4.1: ExtractAndExpand over DH and both points. */
static void
hpke_shared(const uint8_t dh[KEY_SHARED_BYTES], const struct key_point *enc,
    const struct key_point *recipient, uint8_t shared[SHA256_BYTES])
{
	uint8_t prk[SHA256_BYTES], context[2 * KEY_POINT_BYTES];
	memcpy(context, enc->b, KEY_POINT_BYTES);
	memcpy(context + KEY_POINT_BYTES, recipient->b, KEY_POINT_BYTES);
	hpke_extract(hpke_kem, NULL, "eae_prk", (struct sha256_part){ dh, KEY_SHARED_BYTES }, prk);
	hpke_expand(hpke_kem, prk, "shared_secret",
	    (struct sha256_part){ context, sizeof(context) },
	    (struct sha256_part){ shared, SHA256_BYTES });
	mem_wipe(prk, sizeof(prk));
}

/* RFC 9180 5.1; sequence number 0 leaves the nonce as it is. */
static void
hpke_schedule(const uint8_t shared[SHA256_BYTES], const struct hpke_context *c, struct hpke_keys *k)
{
	uint8_t context[1 + 2 * SHA256_BYTES] = { c->psk ? HPKE_MODE_PSK : HPKE_MODE_BASE };
	uint8_t secret[SHA256_BYTES];
	const struct sha256_part ctx = { context, sizeof(context) };
	hpke_extract(hpke_all, NULL, "psk_id_hash",
	    (struct sha256_part){ c->psk_id, c->psk ? c->psk_id_bytes : 0 }, context + 1);
	hpke_extract(hpke_all, NULL, "info_hash", (struct sha256_part){ c->info, c->info_bytes },
	    context + 1 + SHA256_BYTES);
	hpke_extract(hpke_all, shared, "secret",
	    (struct sha256_part){ c->psk, c->psk ? c->psk_bytes : 0 }, secret);
	hpke_expand(hpke_all, secret, "key", ctx, (struct sha256_part){ k->key, sizeof(k->key) });
	hpke_expand(hpke_all, secret, "base_nonce", ctx,
	    (struct sha256_part){ k->nonce, sizeof(k->nonce) });
	mem_wipe(secret, sizeof(secret));
}

static int
hpke_context_check(const struct hpke_context *c, struct err *err)
{
	bool psk_fine = c->psk == NULL ||
	    (c->psk_bytes >= HPKE_MIN_PSK && c->psk_bytes <= HPKE_MAX_PART_BYTES &&
		c->psk_id_bytes >= 1 && c->psk_id_bytes <= HPKE_MAX_PART_BYTES);
	if (psk_fine && c->info_bytes <= HPKE_MAX_PART_BYTES)
		return 0;
	return err_raise(err, FAULT_INTERNAL, "hpke context", 0);
}

int
hpke_sender_init(const struct key_point *recipient, const struct hpke_context *c,
    struct hpke_sender *ret, struct err *err)
{
	uint8_t dh[KEY_SHARED_BYTES], shared[SHA256_BYTES];
	int r = hpke_context_check(c, err);
	if (r)
		return r;
	AUTO(key) struct key *fresh = key_generate();
	r = key_agree(fresh, recipient, dh, err);
	if (r)
		return err_trace(err, r, "hpke_sender_init");
	key_public(fresh, &ret->enc);
	hpke_shared(dh, &ret->enc, recipient, shared);
	hpke_schedule(shared, c, &ret->keys);
	mem_wipe(dh, sizeof(dh));
	mem_wipe(shared, sizeof(shared));
	return 0;
}

void
hpke_sender_seal(struct hpke_sender *s, const void *aad, size_t aad_bytes, const void *p,
    size_t bytes, uint8_t *out)
{
	aead_seal(s->keys.key, s->keys.nonce, aad, aad_bytes, p, bytes, out);
	mem_wipe(s, sizeof(*s)); /* the nonce is used up */
}

int
hpke_seal(const struct key_point *recipient, const struct hpke_context *c, const void *aad,
    size_t aad_bytes, const void *p, size_t bytes, struct key_point *ret_enc, uint8_t *out,
    struct err *err)
{
	struct hpke_sender s;
	int r = hpke_sender_init(recipient, c, &s, err);
	if (r)
		return err_trace(err, r, "hpke_seal");
	*ret_enc = s.enc;
	hpke_sender_seal(&s, aad, aad_bytes, p, bytes, out);
	return 0;
}

int
hpke_open(const struct key_agreer *recipient, const struct hpke_context *c,
    const struct key_point *enc, const void *aad, size_t aad_bytes, const void *p, size_t bytes,
    uint8_t *out, struct err *err)
{
	uint8_t dh[KEY_SHARED_BYTES], shared[SHA256_BYTES];
	struct hpke_keys k;
	int r = hpke_context_check(c, err);
	if (r)
		return r;
	r = recipient->agree(recipient->self, enc, dh, err);
	if (r)
		return err_fold(err, r, "hpke_open");
	hpke_shared(dh, enc, &recipient->point, shared);
	hpke_schedule(shared, c, &k);
	r = aead_open(k.key, k.nonce, aad, aad_bytes, p, bytes, out, err);
	mem_wipe(dh, sizeof(dh));
	mem_wipe(shared, sizeof(shared));
	mem_wipe(&k, sizeof(k));
	return err_trace(err, r, "hpke_open");
}
