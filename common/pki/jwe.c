/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "base/rand.h"
#include "base/text.h"
#include "pki/aead.h"
#include "pki/evp.h"
#include "pki/jose_form.h"

#include <string.h>

/* Packed: header's bytes ‖ header ‖ iv ‖ ciphertext ‖ tag. */
enum { PACKED_LENGTH_BYTES = 2, PACKED_REST_BYTES = AEAD_NONCE_BYTES + AEAD_TAG_BYTES };

/*
 * Concat KDF with SHA-256, one round (RFC 7518 4.6.2, NIST SP 800-56A 5.8.1):
 * round ‖ Z ‖ AlgorithmID ‖ PartyUInfo ‖ PartyVInfo ‖ SuppPubInfo.
 */
static void
jwe_derive(const uint8_t z[KEY_SHARED_BYTES], const uint8_t *apv, size_t apv_bytes,
    uint8_t cek[AEAD_KEY_BYTES])
{
	static const uint8_t round[4] = { 0, 0, 0, 1 };
	static const uint8_t alg_and_no_apu[] = "\0\0\0\x07"
						"A256GCM"
						"\0\0\0\0";
	static const uint8_t key_bits[4] = { 0, 0, 1, 0 };
	const uint8_t apv_len[4] = { 0, 0, 0, (uint8_t)apv_bytes };
	const struct sha256_part parts[] = {
		{ round, sizeof(round) },
		{ z, KEY_SHARED_BYTES },
		{ alg_and_no_apu, sizeof(alg_and_no_apu) - 1 },
		{ apv_len, sizeof(apv_len) },
		{ apv, apv_bytes },
		{ key_bits, sizeof(key_bits) },
	};
	sha256_parts(parts, N_ELEMENTS(parts), cek);
}

static int
jwe_header_make(
    struct jwe_header *h, const char *typ, const void *apv, size_t apv_bytes, struct err *err)
{
	*h = (struct jwe_header){ .apv_bytes = apv_bytes };
	if (!jose_is_typ(typ, strlen(typ)) || apv_bytes > sizeof(h->apv))
		return err_raise(err, FAULT_INTERNAL, "typ or apv out of form", 0);
	memcpy(h->typ, typ, strlen(typ) + 1);
	if (apv_bytes > 0)
		memcpy(h->apv, apv, apv_bytes);
	return 0;
}

int
jwe_seal_packed(struct arena *a, const struct key_point *recipient, const char *typ,
    const void *apv, size_t apv_bytes, const void *p, size_t bytes, uint8_t **ret,
    size_t *ret_bytes, struct err *err)
{
	struct jwe_header h;
	uint8_t z[KEY_SHARED_BYTES], cek[AEAD_KEY_BYTES];
	int r = jwe_header_make(&h, typ, apv, apv_bytes, err);
	if (r)
		return r;
	AUTO(key) struct key *epk = key_generate();
	key_public(epk, &h.epk);
	r = key_agree(epk, recipient, z, err);
	if (r)
		return err_trace(err, r, "jwe_seal");
	jwe_derive(z, h.apv, h.apv_bytes, cek);
	const char *header = jwe_header_format(a, &h);
	const size_t header_bytes = strlen(header);
	const char *aad = text_b64url_format(a, header, header_bytes);
	const size_t all = PACKED_LENGTH_BYTES + header_bytes + PACKED_REST_BYTES + bytes;
	uint8_t *packed = arena_raw(a, all);
	packed[0] = (uint8_t)(header_bytes >> 8);
	packed[1] = (uint8_t)header_bytes;
	memcpy(packed + PACKED_LENGTH_BYTES, header, header_bytes);
	uint8_t *iv = packed + PACKED_LENGTH_BYTES + header_bytes;
	rand_bytes(iv, AEAD_NONCE_BYTES);
	/* AAD is the header as sent. RFC 7516 5.1, step 14 */
	aead_seal(cek, iv, aad, strlen(aad), p, bytes, iv + AEAD_NONCE_BYTES);
	mem_wipe(z, sizeof(z));
	mem_wipe(cek, sizeof(cek));
	*ret = packed;
	*ret_bytes = all;
	return 0;
}

/* How many bytes the header has; 0: there cannot be one so. */
static size_t
packed_header_bytes(const uint8_t *p, size_t bytes)
{
	size_t n = bytes >= PACKED_LENGTH_BYTES ? (size_t)p[0] << 8 | p[1] : 0;
	return n <= JOSE_MAX_HEADER && bytes >= PACKED_LENGTH_BYTES + n + PACKED_REST_BYTES ? n : 0;
}

size_t
jwe_text_bytes(const void *packed, size_t bytes)
{
	const size_t header = packed_header_bytes(packed, bytes);
	if (header == 0)
		return 0;
	const size_t ct = bytes - PACKED_LENGTH_BYTES - header - PACKED_REST_BYTES;
	return text_b64url_bytes(header) + text_b64url_bytes(AEAD_NONCE_BYTES) +
	    text_b64url_bytes(ct) + text_b64url_bytes(AEAD_TAG_BYTES) + 4; /* dots */
}

/* RFC 7516 7.1: header..iv.ciphertext.tag, the key being agreed upon directly. */
void
jwe_text_put(const void *packed, size_t bytes, char *out)
{
	const uint8_t *p = packed;
	const size_t header = packed_header_bytes(p, bytes);
	const size_t ct = bytes - PACKED_LENGTH_BYTES - header - PACKED_REST_BYTES;
	p += PACKED_LENGTH_BYTES;
	out += text_b64url_put(p, header, out);
	*out++ = '.';
	*out++ = '.';
	out += text_b64url_put(p += header, AEAD_NONCE_BYTES, out);
	*out++ = '.';
	out += text_b64url_put(p += AEAD_NONCE_BYTES, ct, out);
	*out++ = '.';
	(void)text_b64url_put(p + ct, AEAD_TAG_BYTES, out);
}

int
jwe_seal(struct arena *a, const struct key_point *recipient, const char *typ, const void *apv,
    size_t apv_bytes, const void *p, size_t bytes, char **ret, struct err *err)
{
	uint8_t *packed = NULL;
	size_t n = 0;
	int r = jwe_seal_packed(a, recipient, typ, apv, apv_bytes, p, bytes, &packed, &n, err);
	if (r)
		return r;
	const size_t text_bytes = jwe_text_bytes(packed, n);
	char *text = arena_raw(a, text_bytes + 1);
	jwe_text_put(packed, n, text);
	text[text_bytes] = '\0';
	*ret = text;
	return 0;
}

/* A JWE taken apart: the ciphertext with its tag behind it. */
struct jwe_parts {
	struct jwe_header h;
	struct jose_part header;
	uint8_t iv[AEAD_NONCE_BYTES];
	uint8_t *sealed;
	size_t sealed_bytes;
};

static bool
jwe_take_apart(struct arena *a, const char *jwe, size_t jwe_bytes, struct jwe_parts *ret)
{
	struct jose_part p[5];
	uint8_t tag[AEAD_TAG_BYTES];
	size_t n = 0;
	if (!jose_split(jwe, jwe_bytes, p, N_ELEMENTS(p)) || p[1].bytes != 0 ||
	    !jwe_header_parse(a, p[0], &ret->h) ||
	    !jose_part_fixed(a, p[2], ret->iv, sizeof(ret->iv)) ||
	    !jose_part_fixed(a, p[4], tag, sizeof(tag)))
		return false;
	uint8_t *ct = text_b64url_parse(a, p[3].p, p[3].bytes, &n);
	if (ct == NULL)
		return false;
	ret->sealed = arena_zero(a, n + sizeof(tag));
	memcpy(ret->sealed, ct, n);
	memcpy(ret->sealed + n, tag, sizeof(tag));
	ret->sealed_bytes = n + sizeof(tag);
	ret->header = p[0];
	return true;
}

int
jwe_open(struct arena *a, const struct key_agreer *recipient, const char *typ, const void *apv,
    size_t apv_bytes, const char *jwe, size_t jwe_bytes, uint8_t **ret, size_t *ret_bytes,
    struct err *err)
{
	struct jwe_parts j = { 0 };
	uint8_t z[KEY_SHARED_BYTES], cek[AEAD_KEY_BYTES];
	if (!jwe_take_apart(a, jwe, jwe_bytes, &j))
		return err_raise(err, FAULT_BAD_INPUT, "no JWE of ours", 0);
	if (!text_equal(j.h.typ, typ))
		return err_raise(err, FAULT_INTEGRITY, "another type", 0);
	if (j.h.apv_bytes != apv_bytes || !mem_equal(j.h.apv, apv, apv_bytes))
		return err_raise(err, FAULT_INTEGRITY, "another occasion", 0);
	int r = recipient->agree(recipient->self, &j.h.epk, z, err);
	if (r)
		return err_fold(err, r, "jwe_open");
	jwe_derive(z, j.h.apv, j.h.apv_bytes, cek);
	size_t bytes = j.sealed_bytes - AEAD_TAG_BYTES;
	uint8_t *out = arena_zero(a, bytes + 1);
	r = aead_open(cek, j.iv, j.header.p, j.header.bytes, j.sealed, j.sealed_bytes, out, err);
	mem_wipe(z, sizeof(z));
	mem_wipe(cek, sizeof(cek));
	if (r)
		return err_trace(err, r, "jwe_open");
	*ret = out;
	*ret_bytes = bytes;
	return 0;
}
