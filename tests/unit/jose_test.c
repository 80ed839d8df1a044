/* SPDX-License-Identifier: Apache-2.0 */
/* JWS and JWE: what we make opens, and nothing else does. */
#include "tests/unit/pki_help.h"

#include "base/err.h"
#include "pki/hash.h"
#include "pki/jose.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#define TYP "kofu-order"
static const char payload[] = "{\"v\":1,\"text\":\"\xE8\xA6\x8B\xE6\x9C\xAC\"}";

static struct arena *a;
static struct key *k;
static struct key_point point;
static struct key_signer signer;
static struct key_agreer agreer;
static char kid[2 * KEY_ID_BYTES + 1];

static int
before(void **state)
{
	struct key_id id;
	(void)state;
	a = arena_new(64u << 20);
	k = key_generate();
	key_public(k, &point);
	key_id_of(&point, &id);
	text_hex_format(id.b, sizeof(id.b), kid);
	signer = key_as_signer(k);
	agreer = key_as_agreer(k);
	return 0;
}

static int
after(void **state)
{
	(void)state;
	key_free(k);
	arena_free(a);
	return 0;
}

/* A JWS with any header and payload text, properly signed. */
static char *
forge(const char *header, const char *body_b64)
{
	uint8_t digest[32], sig[KEY_SIG_BYTES];
	char *input =
	    arena_printf(a, "%s.%s", text_b64url_format(a, header, strlen(header)), body_b64);
	sha256(input, strlen(input), digest);
	key_sign(k, digest, sig);
	return arena_printf(a, "%s.%s", input, text_b64url_format(a, sig, sizeof(sig)));
}

static int
verify(const char *jws)
{
	uint8_t *p = NULL;
	size_t n = 0;
	struct err err = { 0 };
	int r = jws_verify(a, &point, TYP, jws, strlen(jws), &p, &n, &err);
	if (r == 0)
		assert_non_null(p);
	return r;
}

static void
a_signed_text_comes_back_as_it_went(void **state)
{
	char *jws = NULL;
	uint8_t *p = NULL;
	size_t n = 0;
	struct err err = { 0 };
	struct key_id want, got;
	(void)state;
	assert_int_equal(jws_sign(a, &signer, TYP, payload, strlen(payload), &jws, &err), 0);
	assert_int_equal(jws_verify(a, &point, TYP, jws, strlen(jws), &p, &n, &err), 0);
	assert_int_equal(n, strlen(payload));
	assert_memory_equal(p, payload, n);
	key_id_of(&point, &want);
	assert_int_equal(jws_peek_kid(jws, strlen(jws), &got, &err), 0);
	assert_memory_equal(&got, &want, sizeof(got));
	assert_int_equal(jws_sign(a, &signer, TYP, NULL, 0, &jws, &err), 0);
	assert_int_equal(jws_verify(a, &point, TYP, jws, strlen(jws), &p, &n, &err), 0);
	assert_int_equal(n, 0);
}

static void
headers_that_are_not_ours_are_refused_though_signed(void **state)
{
	const struct {
		const char *header;
		int want;
	} t[] = {
		{ arena_printf(a, "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"%s\"}", kid, TYP),
		    0 },
		{ arena_printf(a, "{\"alg\":\"none\",\"kid\":\"%s\",\"typ\":\"%s\"}", kid, TYP),
		    FAULT_BAD_INPUT },
		{ arena_printf(a, "{\"alg\":\"HS256\",\"kid\":\"%s\",\"typ\":\"%s\"}", kid, TYP),
		    FAULT_BAD_INPUT },
		{ arena_printf(a, "{\"alg\":\"ES384\",\"kid\":\"%s\",\"typ\":\"%s\"}", kid, TYP),
		    FAULT_BAD_INPUT },
		{ arena_printf(a, "{\"alg\":\"es256\",\"kid\":\"%s\",\"typ\":\"%s\"}", kid, TYP),
		    FAULT_BAD_INPUT },
		{ arena_printf(a, "{\"alg\":\"ES256\",\"kid\":\"%s\"}", kid), FAULT_BAD_INPUT },
		{ arena_printf(a, "{\"alg\":\"ES256\",\"typ\":\"%s\"}", TYP), FAULT_BAD_INPUT },
		{ arena_printf(a, "{\"kid\":\"%s\",\"alg\":\"ES256\",\"typ\":\"%s\"}", kid, TYP),
		    FAULT_BAD_INPUT },
		{ arena_printf(a,
		      "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"%s\",\"crit\":[\"b64\"]}", kid,
		      TYP),
		    FAULT_BAD_INPUT },
		{ arena_printf(a, "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"%s\",\"b64\":false}",
		      kid, TYP),
		    FAULT_BAD_INPUT },
		{ arena_printf(a,
		      "{\"alg\":\"ES256\",\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"%s\"}", kid,
		      TYP),
		    FAULT_BAD_INPUT },
		{ arena_printf(a, "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"%s\"} ", kid, TYP),
		    FAULT_BAD_INPUT },
		{ arena_printf(a, "{\"alg\": \"ES256\",\"kid\":\"%s\",\"typ\":\"%s\"}", kid, TYP),
		    FAULT_BAD_INPUT },
		{ arena_printf(a, "{\"alg\":\"ES256\",\"kid\":\"%s0\",\"typ\":\"%s\"}", kid, TYP),
		    FAULT_BAD_INPUT },
		{ arena_printf(a, "{\"alg\":\"ES256\",\"kid\":\"\",\"typ\":\"%s\"}", TYP),
		    FAULT_BAD_INPUT },
		{ arena_printf(
		      a, "{\"alg\":\"ES256\",\"kid\":\"ABCDEFABCDEFABCD\",\"typ\":\"%s\"}", TYP),
		    FAULT_BAD_INPUT },
		{ arena_printf(
		      a, "{\"alg\":\"ES256\",\"kid\":\"0123456789abcdef\",\"typ\":\"%s\"}", TYP),
		    FAULT_INTEGRITY },
		{ arena_printf(
		      a, "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"kofu-release\"}", kid),
		    FAULT_INTEGRITY },
		{ arena_printf(a, "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"\"}", kid),
		    FAULT_BAD_INPUT },
		{ arena_printf(a, "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"%.33s\"}", kid,
		      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
		    FAULT_BAD_INPUT },
		{ arena_printf(a, "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"KOFU-ORDER\"}", kid),
		    FAULT_BAD_INPUT },
		{ "{}", FAULT_BAD_INPUT },
		{ "", FAULT_BAD_INPUT },
	};
	(void)state;
	const char *body = text_b64url_format(a, payload, strlen(payload));
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		assert_int_equal(verify(forge(t[i].header, body)), t[i].want);
}

static void
a_header_at_its_limit_is_read_and_one_past_it_is_not(void **state)
{
	struct key_id id;
	struct err err = { 0 };
	char longest[JOSE_MAX_TYP + 2];
	char *jws = NULL;
	uint8_t *p = NULL;
	size_t n = 0;
	(void)state;
	memset(longest, 'a', sizeof(longest));
	longest[JOSE_MAX_TYP] = '\0';
	assert_int_equal(jws_sign(a, &signer, longest, "x", 1, &jws, &err), 0);
	assert_int_equal(jws_verify(a, &point, longest, jws, strlen(jws), &p, &n, &err), 0);
	memset(longest, 'a', sizeof(longest));
	longest[JOSE_MAX_TYP + 1] = '\0';
	assert_int_equal(jws_sign(a, &signer, longest, "x", 1, &jws, &err), FAULT_INTERNAL);
	/* A header text far over the limit, without reading it. */
	char *big = arena_zero(a, 100001);
	memset(big, 'A', 100000);
	jws = arena_printf(a, "%s.AA.%.86s", big, big);
	assert_int_equal(verify(jws), FAULT_BAD_INPUT);
	assert_int_equal(jws_peek_kid(jws, strlen(jws), &id, &err), FAULT_BAD_INPUT);
}

static void
a_text_in_another_form_is_refused(void **state)
{
	char *jws = NULL;
	struct err err = { 0 };
	(void)state;
	/* A payload of one byte ends in four spare bits: the second form of the same byte. */
	const char *header =
	    arena_printf(a, "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"%s\"}", kid, TYP);
	assert_int_equal(verify(forge(header, "eA")), 0);
	assert_int_equal(verify(forge(header, "eB")), FAULT_BAD_INPUT);
	assert_int_equal(verify(forge(header, "eA==")), FAULT_BAD_INPUT);
	assert_int_equal(verify(forge(header, "e A")), FAULT_BAD_INPUT);
	assert_int_equal(verify(forge(header, "eA+/")), FAULT_BAD_INPUT);
	assert_int_equal(verify(forge(header, "e")), FAULT_BAD_INPUT);
	assert_int_equal(jws_sign(a, &signer, TYP, payload, strlen(payload), &jws, &err), 0);
	assert_int_equal(verify(arena_printf(a, "%s.", jws)), FAULT_BAD_INPUT);
	assert_int_equal(verify(arena_printf(a, ".%s", jws)), FAULT_BAD_INPUT);
	assert_int_equal(verify(arena_printf(a, "%s\n", jws)), FAULT_BAD_INPUT);
	assert_int_equal(verify(arena_printf(a, "%s=", jws)), FAULT_BAD_INPUT);
	assert_int_equal(verify(""), FAULT_BAD_INPUT);
	assert_int_equal(verify(".."), FAULT_BAD_INPUT);
	for (size_t n = 0; n < strlen(jws); n++)
		assert_int_equal(verify(arena_strndup(a, jws, n)), FAULT_BAD_INPUT);
}

static void
no_letter_of_a_jws_can_be_altered(void **state)
{
	char *jws = NULL;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(jws_sign(a, &signer, TYP, payload, strlen(payload), &jws, &err), 0);
	for (size_t bit = 0; bit < strlen(jws) * 8; bit++) {
		jws[bit / 8] = (char)(jws[bit / 8] ^ 1 << bit % 8);
		if (jws[bit / 8] != '\0')
			assert_true(verify(jws) < 0);
		jws[bit / 8] = (char)(jws[bit / 8] ^ 1 << bit % 8);
	}
	assert_int_equal(verify(jws), 0);
}

static void
a_detached_signature_holds_for_its_bytes_only(void **state)
{
	char *jws = NULL, *compact = NULL;
	struct err err = { 0 };
	enum { BIG = 3 * 2048 * 3 + 1 }; /* several pieces and a rest */
	uint8_t *body = arena_zero(a, BIG + 1);
	(void)state;
	for (size_t i = 0; i < BIG; i++)
		body[i] = (uint8_t)(i * 31);
	static const size_t sizes[] = { 0, 1, 2, 3, 6143, 6144, 6145, BIG };
	for (size_t i = 0; i < N_ELEMENTS(sizes); i++) {
		size_t n = sizes[i];
		assert_int_equal(
		    jws_sign_detached(a, &signer, "kofu-batch", body, n, &jws, &err), 0);
		assert_int_equal(
		    jws_verify_detached(&point, "kofu-batch", jws, strlen(jws), body, n, &err), 0);
		assert_int_equal(
		    jws_verify_detached(&point, "kofu-batch", jws, strlen(jws), body, n + 1, &err),
		    FAULT_INTEGRITY);
		assert_int_equal(jws_verify_detached(&point, TYP, jws, strlen(jws), body, n, &err),
		    FAULT_INTEGRITY);
		/* RFC 7515 appendix F: the payload put back makes an ordinary JWS. */
		char *sig = strrchr(jws, '.');
		size_t header = (size_t)(strchr(jws, '.') - jws);
		compact = arena_printf(
		    a, "%.*s.%s%s", (int)header, jws, text_b64url_format(a, body, n), sig);
		uint8_t *p = NULL;
		size_t got = 0;
		assert_int_equal(
		    jws_verify(a, &point, "kofu-batch", compact, strlen(compact), &p, &got, &err),
		    0);
		assert_int_equal(got, n);
		if (n > 0)
			assert_int_equal(jws_verify_detached(&point, "kofu-batch", compact,
					     strlen(compact), body, n, &err),
			    FAULT_BAD_INPUT);
	}
}

static int
failing_sign(void *self, const uint8_t digest[32], uint8_t sig[KEY_SIG_BYTES], struct err *err)
{
	(void)self, (void)digest, (void)sig;
	return err_raise(err, FAULT_UNAVAILABLE, "token away", 0);
}

static void
a_signer_that_fails_gives_its_fault(void **state)
{
	struct key_signer s = signer;
	struct err err = { 0 };
	char *jws = NULL;
	(void)state;
	s.sign = failing_sign;
	assert_int_equal(jws_sign(a, &s, TYP, "x", 1, &jws, &err), FAULT_UNAVAILABLE);
	assert_int_equal(jws_sign_detached(a, &s, TYP, "x", 1, &jws, &err), FAULT_UNAVAILABLE);
	assert_null(jws);
}

static int
open_jwe(const char *jwe, const char *apv, const char *typ)
{
	uint8_t *p = NULL;
	size_t n = 0;
	struct err err = { 0 };
	return jwe_open(a, &agreer, typ, apv, strlen(apv), jwe, strlen(jwe), &p, &n, &err);
}

static void
a_sealed_text_opens_for_its_key_and_occasion_only(void **state)
{
	AUTO(key) struct key *other = key_generate();
	struct key_agreer wrong = key_as_agreer(other);
	char *jwe = NULL;
	uint8_t *p = NULL;
	size_t n = 0;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(
	    jwe_seal(a, &point, "kofu-papers", "th", 2, payload, strlen(payload), &jwe, &err), 0);
	assert_int_equal(
	    jwe_open(a, &agreer, "kofu-papers", "th", 2, jwe, strlen(jwe), &p, &n, &err), 0);
	assert_int_equal(n, strlen(payload));
	assert_memory_equal(p, payload, n);
	assert_int_equal(open_jwe(jwe, "ti", "kofu-papers"), FAULT_INTEGRITY);
	assert_int_equal(open_jwe(jwe, "t", "kofu-papers"), FAULT_INTEGRITY);
	assert_int_equal(open_jwe(jwe, "th", "kofu-household"), FAULT_INTEGRITY);
	assert_int_equal(
	    jwe_open(a, &wrong, "kofu-papers", "th", 2, jwe, strlen(jwe), &p, &n, &err),
	    FAULT_INTEGRITY);
}

static void
no_letter_of_a_jwe_can_be_altered(void **state)
{
	char *jwe = NULL;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(
	    jwe_seal(a, &point, TYP, "th", 2, payload, strlen(payload), &jwe, &err), 0);
	for (size_t bit = 0; bit < strlen(jwe) * 8; bit++) {
		jwe[bit / 8] = (char)(jwe[bit / 8] ^ 1 << bit % 8);
		if (jwe[bit / 8] != '\0')
			assert_true(open_jwe(jwe, "th", TYP) < 0);
		jwe[bit / 8] = (char)(jwe[bit / 8] ^ 1 << bit % 8);
	}
	assert_int_equal(open_jwe(jwe, "th", TYP), 0);
	for (size_t n = 0; n < strlen(jwe); n++)
		assert_true(open_jwe(arena_strndup(a, jwe, n), "th", TYP) < 0);
}

static void
what_is_packed_says_the_same_as_text(void **state)
{
	uint8_t *packed = NULL, *p = NULL;
	size_t bytes = 0, n = 0;
	struct err err = { 0 };
	(void)state;
	for (size_t length = 0; length < 5; length++) {
		assert_int_equal(jwe_seal_packed(a, &point, TYP, "th", 2, payload, length, &packed,
				     &bytes, &err),
		    0);
		const size_t text_bytes = jwe_text_bytes(packed, bytes);
		char *text = arena_raw(a, text_bytes + 1);
		text[text_bytes] = '#';
		jwe_text_put(packed, bytes, text);
		assert_int_equal(text[text_bytes], '#');
		assert_int_equal(
		    jwe_open(a, &agreer, TYP, "th", 2, text, text_bytes, &p, &n, &err), 0);
		assert_int_equal(n, length);
		assert_memory_equal(p, payload, n);
	}
}

static void
bytes_that_cannot_be_packed_have_no_text(void **state)
{
	uint8_t *packed = NULL, longest[2 + JOSE_MAX_HEADER + 1 + 12 + 16] = { 0 };
	size_t bytes = 0;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(
	    jwe_seal_packed(a, &point, TYP, "th", 2, NULL, 0, &packed, &bytes, &err), 0);
	assert_int_not_equal(jwe_text_bytes(packed, bytes), 0);
	for (size_t n = 0; n < bytes; n++) /* nothing is sealed: all of it is needed */
		assert_int_equal(jwe_text_bytes(packed, n), 0);
	longest[0] = JOSE_MAX_HEADER >> 8;
	longest[1] = JOSE_MAX_HEADER & 255;
	assert_int_not_equal(jwe_text_bytes(longest, sizeof(longest) - 1), 0);
	longest[0] = (JOSE_MAX_HEADER + 1) >> 8;
	longest[1] = (JOSE_MAX_HEADER + 1) & 255;
	assert_int_equal(jwe_text_bytes(longest, sizeof(longest)), 0);
	longest[0] = longest[1] = 0;
	assert_int_equal(jwe_text_bytes(longest, sizeof(longest)), 0);
}

static void
a_sealed_text_takes_an_apv_of_64_bytes_and_not_of_65(void **state)
{
	char apv[66] = { 0 }, *jwe = NULL;
	struct err err = { 0 };
	(void)state;
	memset(apv, 'v', 65);
	assert_int_equal(jwe_seal(a, &point, TYP, apv, 65, "x", 1, &jwe, &err), FAULT_INTERNAL);
	apv[64] = '\0';
	assert_int_equal(jwe_seal(a, &point, TYP, apv, 64, "x", 1, &jwe, &err), 0);
	assert_int_equal(open_jwe(jwe, apv, TYP), 0);
	assert_int_equal(jwe_seal(a, &point, TYP, NULL, 0, NULL, 0, &jwe, &err), 0);
	assert_int_equal(open_jwe(jwe, "", TYP), 0);
	struct key_point bad = point;
	bad.b[64] ^= 1;
	assert_int_equal(jwe_seal(a, &bad, TYP, NULL, 0, "x", 1, &jwe, &err), FAULT_BAD_INPUT);
}

/* The content key by the library's own single-step KDF, from the header's epk. */
static void
derive_by_library(const uint8_t z[32], const char *apv, uint8_t cek[32])
{
	uint8_t info[128];
	struct buf b;
	buf_init(&b, sizeof(info));
	buf_field32(&b, "A256GCM", 7);
	buf_u32(&b, 0);
	buf_field32(&b, apv, strlen(apv));
	buf_u32(&b, 256);
	char md[] = "SHA256";
	uint8_t secret[32];
	memcpy(secret, z, 32);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, md, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret, 32),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, b.p, b.bytes),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "SSKDF", NULL);
	EVP_KDF_CTX *c = EVP_KDF_CTX_new(kdf);
	assert_int_equal(EVP_KDF_derive(c, cek, 32, params), 1);
	EVP_KDF_CTX_free(c);
	EVP_KDF_free(kdf);
	buf_done(&b);
}

static void
a_jwe_opens_step_by_step_as_rfc_7516_says(void **state)
{
	char *jwe = NULL;
	struct err err = { 0 };
	struct key_point epk = { { 4 } };
	uint8_t z[32], cek[32], out[64];
	size_t n = 0;
	int done = 0, last = 0;
	(void)state;
	assert_int_equal(jwe_seal(a, &point, TYP, "occasion", 8, "paper", 5, &jwe, &err), 0);
	char *part[5], *copy = arena_strdup(a, jwe), *at = copy;
	for (int i = 0; i < 5; i++)
		part[i] = strsep(&at, ".");
	char *header = (char *)text_b64url_parse(a, part[0], strlen(part[0]), &n);
	memcpy(epk.b + 1, text_b64url_parse(a, strstr(header, "\"x\":\"") + 5, 43, &n), 32);
	memcpy(epk.b + 33, text_b64url_parse(a, strstr(header, "\"y\":\"") + 5, 43, &n), 32);
	assert_int_equal(key_agree(k, &epk, z, &err), 0);
	derive_by_library(z, "occasion", cek);
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	assert_int_equal(EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, cek,
			     text_b64url_parse(a, part[2], strlen(part[2]), &n)),
	    1);
	assert_int_equal(
	    EVP_DecryptUpdate(c, NULL, &done, (uint8_t *)part[0], (int)strlen(part[0])), 1);
	uint8_t *ct = text_b64url_parse(a, part[3], strlen(part[3]), &n);
	assert_int_equal(EVP_DecryptUpdate(c, out, &done, ct, (int)n), 1);
	uint8_t *tag = text_b64url_parse(a, part[4], strlen(part[4]), &n);
	assert_int_equal(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, 16, tag), 1);
	assert_int_equal(EVP_DecryptFinal_ex(c, out + done, &last), 1);
	assert_int_equal(done, 5);
	assert_memory_equal(out, "paper", 5);
	EVP_CIPHER_CTX_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signed_text_comes_back_as_it_went),
		cmocka_unit_test(headers_that_are_not_ours_are_refused_though_signed),
		cmocka_unit_test(a_header_at_its_limit_is_read_and_one_past_it_is_not),
		cmocka_unit_test(a_text_in_another_form_is_refused),
		cmocka_unit_test(no_letter_of_a_jws_can_be_altered),
		cmocka_unit_test(a_detached_signature_holds_for_its_bytes_only),
		cmocka_unit_test(a_signer_that_fails_gives_its_fault),
		cmocka_unit_test(a_sealed_text_opens_for_its_key_and_occasion_only),
		cmocka_unit_test(no_letter_of_a_jwe_can_be_altered),
		cmocka_unit_test(what_is_packed_says_the_same_as_text),
		cmocka_unit_test(bytes_that_cannot_be_packed_have_no_text),
		cmocka_unit_test(a_sealed_text_takes_an_apv_of_64_bytes_and_not_of_65),
		cmocka_unit_test(a_jwe_opens_step_by_step_as_rfc_7516_says),
	};
	return cmocka_run_group_tests(tests, before, after);
}
