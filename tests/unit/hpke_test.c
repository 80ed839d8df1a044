/* SPDX-License-Identifier: Apache-2.0 */
/* HPKE against another implementation's messages, and what does not open. */
#include "tests/unit/pki_help.h"

#include "base/err.h"
#include "pki/hpke.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

/* Made with hpke-js (@hpke/core): DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. */

static struct arena *a;
static struct key *k;
static struct key_point point;

/* The recipient's key, from the vectors' JWK. */
static void
load_vector_key(void)
{
	struct err err = { 0 };
	size_t n = 0;
	char group[] = "prime256v1";
	const char *x = "cjAvmhw-Lfd1tmKie0m5vI50IqGjXNk0zrO_-KI78HQ";
	const char *y = "cd8Yl5o2nYIXuzZQffrsmx8JT4fH47Kj-QtuJ6GzxVU";
	const char *d = "BTjiiUkjZCCqMFAtwlfFYPDYGw-3NLynyAp-jFJFBSM";
	uint8_t xy[65] = { 4 };
	memcpy(xy + 1, text_b64url_parse(a, x, strlen(x), &n), 32);
	memcpy(xy + 33, text_b64url_parse(a, y, strlen(y), &n), 32);
	BIGNUM *number = BN_bin2bn(text_b64url_parse(a, d, strlen(d), &n), 32, NULL);
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	assert_true(OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, group, 0));
	assert_true(OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, xy, 65));
	assert_true(OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, number));
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *pkey = NULL;
	assert_true(EVP_PKEY_fromdata_init(c) == 1);
	assert_true(EVP_PKEY_fromdata(c, &pkey, EVP_PKEY_KEYPAIR, params) == 1);
	FILE *f = fopen(tmp_path(a, "r.key"), "w");
	assert_true(f && PEM_write_PKCS8PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL));
	(void)fclose(f);
	EVP_PKEY_free(pkey);
	EVP_PKEY_CTX_free(c);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	BN_free(number);
	assert_int_equal(key_load(tmp_path(a, "r.key"), &k, &err), 0);
	key_public(k, &point);
}

static int
before(void **state)
{
	(void)state;
	tmp_init();
	a = arena_new(1 << 20);
	load_vector_key();
	return 0;
}

static int
after(void **state)
{
	(void)state;
	key_free(k);
	arena_free(a);
	tmp_done();
	return 0;
}

static const struct hpke_context base_mode = { .info = "kofu vector", .info_bytes = 11 };
static const struct hpke_context psk_mode = {
	.info = "kofu vector",
	.info_bytes = 11,
	.psk = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345",
	.psk_bytes = 32,
	.psk_id = "psk id",
	.psk_id_bytes = 6,
};

static void
messages_of_another_implementation_open(void **state)
{
	static const struct {
		const struct hpke_context *c;
		const char *enc, *ct;
	} t[] = {
		{ &base_mode,
		    "047c9eabdf2f2d718a8db35457f15e029197efebce50fdc62b7670157a6ed7e48f"
		    "d843b3f192754b2699351198bdde1a85413d421743c58ed59fd57559f220ef52",
		    "34f5f94a7fb09b0c6b1886116a0c565831840aa690c9ba8c7ac556815d" },
		{ &psk_mode,
		    "04fd79b1475654f6e521eb777ae4a9105abc4fd60dd6faad0d18645b5f77c73f65"
		    "f5aa0dd13ad92d1090cb97a3a456b961e8c4132e8cb2eab2644de05f1d7f58d1",
		    "908ef29c0f80fc0d85f8b8b0496c626f959c4165e11b50b9228d1999e9" },
	};
	struct key_agreer me = key_as_agreer(k);
	struct err err = { 0 };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct key_point enc;
		uint8_t ct[64], out[64];
		(void)unhex(t[i].enc, enc.b);
		size_t n = unhex(t[i].ct, ct);
		assert_int_equal(hpke_open(&me, t[i].c, &enc, "aad", 3, ct, n, out, &err), 0);
		assert_memory_equal(out, "the back side", 13);
		/* A message of one mode does not open in the other. */
		assert_int_equal(
		    hpke_open(&me, t[1 - i].c, &enc, "aad", 3, ct, n, out, &err), FAULT_INTEGRITY);
	}
}

static void
a_message_opens_for_its_key_psk_and_data_only(void **state)
{
	AUTO(key) struct key *other = key_generate();
	struct key_agreer me = key_as_agreer(k), you = key_as_agreer(other);
	struct hpke_context c = psk_mode;
	struct key_point enc;
	struct err err = { 0 };
	uint8_t ct[5 + AEAD_TAG_BYTES], out[5];
	(void)state;
	assert_int_equal(hpke_seal(&point, &c, "aad", 3, "front", 5, &enc, ct, &err), 0);
	assert_int_equal(hpke_open(&me, &c, &enc, "aad", 3, ct, sizeof(ct), out, &err), 0);
	assert_memory_equal(out, "front", 5);
	assert_int_equal(
	    hpke_open(&you, &c, &enc, "aad", 3, ct, sizeof(ct), out, &err), FAULT_INTEGRITY);
	assert_int_equal(
	    hpke_open(&me, &c, &enc, "aae", 3, ct, sizeof(ct), out, &err), FAULT_INTEGRITY);
	c.psk = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012346";
	assert_int_equal(
	    hpke_open(&me, &c, &enc, "aad", 3, ct, sizeof(ct), out, &err), FAULT_INTEGRITY);
	c = psk_mode;
	c.psk_id = "psk ie";
	assert_int_equal(
	    hpke_open(&me, &c, &enc, "aad", 3, ct, sizeof(ct), out, &err), FAULT_INTEGRITY);
	c = psk_mode;
	c.info_bytes--;
	assert_int_equal(
	    hpke_open(&me, &c, &enc, "aad", 3, ct, sizeof(ct), out, &err), FAULT_INTEGRITY);
	for (size_t bit = 0; bit < sizeof(ct) * 8; bit++) {
		ct[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(
		    hpke_open(&me, &psk_mode, &enc, "aad", 3, ct, sizeof(ct), out, &err),
		    FAULT_INTEGRITY);
		ct[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t n = 0; n < sizeof(ct); n++)
		assert_int_equal(
		    hpke_open(&me, &psk_mode, &enc, "aad", 3, ct, n, out, &err), FAULT_INTEGRITY);
	enc.b[64] ^= 1;
	assert_int_equal(
	    hpke_open(&me, &psk_mode, &enc, "aad", 3, ct, sizeof(ct), out, &err), FAULT_BAD_INPUT);
	assert_int_equal(
	    hpke_seal(&enc, &psk_mode, "aad", 3, "front", 5, &enc, ct, &err), FAULT_BAD_INPUT);
}

static void
contexts_out_of_their_limits_are_refused(void **state)
{
	static const uint8_t big[4097];
	const struct {
		struct hpke_context c;
		int want;
	} t[] = {
		{ { .info = big, .info_bytes = 4096 }, 0 },
		{ { .info = big, .info_bytes = 4097 }, FAULT_INTERNAL },
		{ { .psk = big, .psk_bytes = 32, .psk_id = big, .psk_id_bytes = 1 }, 0 },
		{ { .psk = big, .psk_bytes = 31, .psk_id = big, .psk_id_bytes = 1 },
		    FAULT_INTERNAL },
		{ { .psk = big, .psk_bytes = 4097, .psk_id = big, .psk_id_bytes = 1 },
		    FAULT_INTERNAL },
		{ { .psk = big, .psk_bytes = 32, .psk_id = big, .psk_id_bytes = 0 },
		    FAULT_INTERNAL },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct key_point enc;
		uint8_t ct[1 + AEAD_TAG_BYTES];
		assert_int_equal(
		    hpke_seal(&point, &t[i].c, NULL, 0, "x", 1, &enc, ct, NULL), t[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_of_another_implementation_open),
		cmocka_unit_test(a_message_opens_for_its_key_psk_and_data_only),
		cmocka_unit_test(contexts_out_of_their_limits_are_refused),
	};
	return cmocka_run_group_tests(tests, before, after);
}
