/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "pki/evp.h"
#include "pki/jose_form.h"

#include <string.h>

enum { JWS_SCRATCH_BYTES = 16384, JWS_PIECE_BYTES = 3 * 2048 };

static int
jws_typ_check(const char *typ, struct err *err)
{
	return jose_is_typ(typ, strlen(typ)) ? 0 : err_raise(err, FAULT_INTERNAL, "no typ", 0);
}

/* Signs "header.payload" (RFC 7515 5.1) and returns the signature in base64url. */
static int
jws_sign_input(struct arena *a, const struct key_signer *k, const uint8_t digest[32], char **ret,
    struct err *err)
{
	uint8_t sig[KEY_SIG_BYTES];
	int r = k->sign(k->self, digest, sig, err);
	if (r)
		return err_fold(err, r, "sign");
	*ret = text_b64url_format(a, sig, sizeof(sig));
	return 0;
}

int
jws_sign(struct arena *a, const struct key_signer *k, const char *typ, const void *payload,
    size_t bytes, char **ret, struct err *err)
{
	struct key_id kid;
	uint8_t digest[SHA256_BYTES];
	char *sig = NULL;
	int r = jws_typ_check(typ, err);
	if (r)
		return r;
	key_id_of(&k->point, &kid);
	char *header = jws_header_format(a, &kid, typ);
	char *body = text_b64url_format(a, payload, bytes);
	const struct sha256_part parts[] = { { header, strlen(header) }, { ".", 1 },
		{ body, strlen(body) } };
	sha256_parts(parts, N_ELEMENTS(parts), digest);
	r = jws_sign_input(a, k, digest, &sig, err);
	if (r)
		return err_trace(err, r, "jws_sign");
	*ret = arena_printf(a, "%s.%s.%s", header, body, sig);
	return 0;
}

/* Key, type and signature, in this order. */
static int
jws_check(const struct key_point *point, const char *typ, const struct jws_header *h,
    const uint8_t digest[32], const uint8_t sig[KEY_SIG_BYTES], struct err *err)
{
	struct key_id kid;
	key_id_of(point, &kid);
	if (memcmp(kid.b, h->kid.b, sizeof(kid.b)) != 0)
		return err_raise(err, FAULT_INTEGRITY, "signed by another key", 0);
	if (!text_equal(h->typ, typ))
		return err_raise(err, FAULT_INTEGRITY, "another type", 0);
	return err_trace(err, key_verify(point, digest, sig, err), "jws");
}

int
jws_verify(struct arena *a, const struct key_point *point, const char *typ, const char *jws,
    size_t jws_bytes, uint8_t **ret, size_t *ret_bytes, struct err *err)
{
	struct jose_part p[3];
	struct jws_header h;
	uint8_t digest[SHA256_BYTES], sig[KEY_SIG_BYTES];
	size_t bytes = 0;
	if (!jose_split(jws, jws_bytes, p, N_ELEMENTS(p)) || !jws_header_parse(a, p[0], &h) ||
	    !jose_part_fixed(a, p[2], sig, sizeof(sig)))
		return err_raise(err, FAULT_BAD_INPUT, "no JWS of ours", 0);
	uint8_t *payload = text_b64url_parse(a, p[1].p, p[1].bytes, &bytes);
	if (payload == NULL)
		return err_raise(err, FAULT_BAD_INPUT, "payload is not base64url", 0);
	/* Signed as the bytes sent: header, dot, payload. */
	sha256(jws, p[0].bytes + 1 + p[1].bytes, digest);
	int r = jws_check(point, typ, &h, digest, sig, err);
	if (r)
		return r;
	*ret = payload;
	*ret_bytes = bytes;
	return 0;
}

int
jws_peek_kid(const char *jws, size_t jws_bytes, struct key_id *ret, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(JWS_SCRATCH_BYTES);
	struct jose_part p[3];
	struct jws_header h;
	if (!jose_split(jws, jws_bytes, p, N_ELEMENTS(p)) || !jws_header_parse(a, p[0], &h))
		return err_raise(err, FAULT_BAD_INPUT, "no JWS of ours", 0);
	*ret = h.kid;
	return 0;
}

/* SHA-256 of "header.BASE64URL(payload)" without holding the text: batches are large. */
static void
jws_detached_digest(
    struct jose_part header, const void *payload, size_t bytes, uint8_t digest[SHA256_BYTES])
{
	char text[JWS_PIECE_BYTES / 3 * 4];
	const uint8_t *b = payload;
	AUTO(EVP_MD_CTX) EVP_MD_CTX *c = EVP_MD_CTX_new();
	evp_must(c != NULL && EVP_DigestInit_ex2(c, evp_sha256(), NULL));
	evp_must(EVP_DigestUpdate(c, header.p, header.bytes));
	evp_must(EVP_DigestUpdate(c, ".", 1));
	while (bytes > 0) {
		size_t n = bytes < JWS_PIECE_BYTES ? bytes : JWS_PIECE_BYTES;
		evp_must(EVP_DigestUpdate(c, text, text_b64url_put(b, n, text)));
		b += n;
		bytes -= n;
	}
	evp_must(EVP_DigestFinal_ex(c, digest, NULL));
}

int
jws_sign_detached(struct arena *a, const struct key_signer *k, const char *typ, const void *payload,
    size_t bytes, char **ret, struct err *err)
{
	struct key_id kid;
	uint8_t digest[SHA256_BYTES];
	char *sig = NULL;
	int r = jws_typ_check(typ, err);
	if (r)
		return r;
	key_id_of(&k->point, &kid);
	char *header = jws_header_format(a, &kid, typ);
	jws_detached_digest((struct jose_part){ header, strlen(header) }, payload, bytes, digest);
	r = jws_sign_input(a, k, digest, &sig, err);
	if (r)
		return err_trace(err, r, "jws_sign_detached");
	*ret = arena_printf(a, "%s..%s", header, sig);
	return 0;
}

int
jws_verify_detached(const struct key_point *point, const char *typ, const char *jws,
    size_t jws_bytes, const void *payload, size_t bytes, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(JWS_SCRATCH_BYTES);
	struct jose_part p[3];
	struct jws_header h;
	uint8_t digest[SHA256_BYTES], sig[KEY_SIG_BYTES];
	if (!jose_split(jws, jws_bytes, p, N_ELEMENTS(p)) || p[1].bytes != 0 ||
	    !jws_header_parse(a, p[0], &h) || !jose_part_fixed(a, p[2], sig, sizeof(sig)))
		return err_raise(err, FAULT_BAD_INPUT, "no detached JWS of ours", 0);
	jws_detached_digest(p[0], payload, bytes, digest);
	return jws_check(point, typ, &h, digest, sig, err);
}
