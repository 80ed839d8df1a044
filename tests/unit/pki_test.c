/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes, sealed boxes and keys against published vectors and the openssl command. */
#include "tests/unit/pki_help.h"

#include "base/err.h"
#include "pki/aead.h"
#include "pki/hash.h"
#include "pki/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

static void
sha256_and_hmac_give_the_published_values(void **state)
{
	uint8_t out[SHA256_BYTES], key[131];
	(void)state;
	sha256("abc", 3, out); /* FIPS 180-4 */
	assert_hex(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_parts((const struct sha256_part[]){ { "a", 1 }, { NULL, 0 }, { "bc", 2 } }, 3, out);
	assert_hex(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, out); /* RFC 4231 case 2 */
	assert_hex(out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key)); /* case 6: a key longer than a block */
	const char *text = "Test Using Larger Than Block-Size Key - Hash Key First";
	hmac_sha256(key, sizeof(key), text, strlen(text), out);
	assert_hex(out, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	struct hmac_key k; /* for more than one message, each in parts */
	hmac_key_init(&k, "Jefe", 4);
	for (unsigned i = 0; i < 2; i++) {
		hmac_parts(&k,
		    (const struct sha256_part[]){
			{ "what do ya want ", 16 }, { NULL, 0 }, { "for nothing?", 12 } },
		    3, out);
		assert_hex(out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	}
	hmac_key_done(&k);
}

static void
boxes_of_one_sealer_open_and_no_nonce_comes_twice(void **state)
{
	enum { N = 1100 }; /* more than are drawn at once, twice */
	static uint8_t box[N][5 + AEAD_BOX_OVERHEAD];
	const uint8_t key[AEAD_KEY_BYTES] = { 7 };
	uint8_t back[5 + 1];
	struct err err = { 0 };
	(void)state;
	struct aead_sealer *s = aead_sealer_new(key);
	for (size_t i = 0; i < N; i++)
		aead_sealer_box(s, &i, sizeof(i), "abcde", 5, box[i]);
	aead_sealer_free(s);
	for (size_t i = 0; i < N; i++) {
		size_t other = i + 1;
		assert_int_equal(
		    aead_box_open(key, &i, sizeof(i), box[i], sizeof(box[i]), back, &err), 0);
		assert_memory_equal(back, "abcde", 5);
		assert_int_equal(
		    aead_box_open(key, &other, sizeof(other), box[i], sizeof(box[i]), back, &err),
		    FAULT_INTEGRITY);
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(box[i], box[k], AEAD_NONCE_BYTES);
	}
}

static void
hkdf_gives_the_values_of_rfc_5869(void **state)
{
	static const struct {
		const char *ikm, *salt, *info, *prk, *okm;
	} t[] = {
		{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c",
		    "f0f1f2f3f4f5f6f7f8f9",
		    "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
		    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
		    "34007208d5b887185865" },
		{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
		  "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
		  "404142434445464748494a4b4c4d4e4f",
		    "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
		    "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
		    "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
		    "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
		    "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
		    "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
		    "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
		    "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
		    "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
		    "cc30c58179ec3e87c14c01d5c1f3434f1d87" },
		{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
		    "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
		    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
		    "9d201395faa4b61a96c8" },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		uint8_t ikm[128], salt[128], info[128], prk[SHA256_BYTES], okm[128];
		size_t n_ikm = unhex(t[i].ikm, ikm), n_salt = unhex(t[i].salt, salt);
		size_t n_info = unhex(t[i].info, info);
		hkdf_extract(salt, n_salt, ikm, n_ikm, prk);
		assert_hex(prk, t[i].prk);
		hkdf_expand(prk, info, n_info, okm, strlen(t[i].okm) / 2);
		assert_hex(okm, t[i].okm);
	}
}

/* McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16. */
static const char *const gcm_key =
    "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
static const char *const gcm_iv = "cafebabefacedbaddecaf888";
static const char *const gcm_p = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
				 "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
static const char *const gcm_aad = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
static const char *const gcm_c = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
				 "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
				 "76fc6ece0f4e1768cddf8853bb2d551b";

static void
aes_256_gcm_gives_the_published_value(void **state)
{
	uint8_t key[32], iv[12], p[64], aad[32], out[96], back[96];
	struct err err = { 0 };
	(void)state;
	(void)unhex(gcm_key, key);
	(void)unhex(gcm_iv, iv);
	size_t n = unhex(gcm_p, p), n_aad = unhex(gcm_aad, aad);
	aead_seal(key, iv, aad, n_aad, p, n, out);
	assert_hex(out, gcm_c);
	assert_int_equal(aead_open(key, iv, aad, n_aad, out, n + 16, back, &err), 0);
	assert_memory_equal(back, p, n);
}

static void
a_sealed_box_with_any_bit_altered_does_not_open(void **state)
{
	uint8_t key[32] = { 7 }, box[20 + AEAD_BOX_OVERHEAD], back[20];
	struct err err = { 0 };
	(void)state;
	aead_box_seal(key, "row 1", 5, "12345678901234567890", 20, box);
	assert_int_equal(aead_box_open(key, "row 1", 5, box, sizeof(box), back, &err), 0);
	assert_memory_equal(back, "12345678901234567890", 20);
	for (size_t bit = 0; bit < sizeof(box) * 8; bit++) {
		box[bit / 8] ^= (uint8_t)(1u << bit % 8);
		memset(back, 0x55, sizeof(back));
		assert_int_equal(
		    aead_box_open(key, "row 1", 5, box, sizeof(box), back, &err), FAULT_INTEGRITY);
		assert_true(back[0] == 0 && back[19] == 0); /* wiped */
		box[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(
	    aead_box_open(key, "row 2", 5, box, sizeof(box), back, &err), FAULT_INTEGRITY);
	for (size_t n = 0; n < sizeof(box); n++)
		assert_int_equal(
		    aead_box_open(key, "row 1", 5, box, n, back, &err), FAULT_INTEGRITY);
}

static void
a_box_of_nothing_opens_to_nothing(void **state)
{
	uint8_t key[32] = { 7 }, box[AEAD_BOX_OVERHEAD], back[1] = { 9 };
	struct err err = { 0 };
	(void)state;
	aead_box_seal(key, NULL, 0, NULL, 0, box);
	assert_int_equal(aead_box_open(key, NULL, 0, box, sizeof(box), back, &err), 0);
	assert_int_equal(back[0], 9);
}

static void
a_signature_of_rfc_7515_verifies(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 16);
	struct key_point p = { { 4 } };
	struct err err = { 0 };
	uint8_t digest[32];
	size_t n = 0;
	const char *x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
	const char *y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
	const char *input = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogI"
			    "mh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
	const char *sig =
	    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTU"
	    "JqPP3-Kg6NU1Q";
	(void)state;
	memcpy(p.b + 1, text_b64url_parse(a, x, strlen(x), &n), 32);
	memcpy(p.b + 33, text_b64url_parse(a, y, strlen(y), &n), 32);
	sha256(input, strlen(input), digest);
	uint8_t *s = text_b64url_parse(a, sig, strlen(sig), &n);
	assert_int_equal(n, KEY_SIG_BYTES);
	assert_int_equal(key_verify(&p, digest, s, &err), 0);
	digest[0] ^= 1;
	assert_int_equal(key_verify(&p, digest, s, &err), FAULT_INTEGRITY);
}

static void
every_altered_bit_of_a_signature_is_seen(void **state)
{
	AUTO(key) struct key *k = key_generate();
	AUTO(key) struct key *other = key_generate();
	struct key_point p, q;
	struct err err = { 0 };
	uint8_t digest[32] = { 1, 2, 3 }, sig[KEY_SIG_BYTES];
	(void)state;
	key_public(k, &p);
	key_public(other, &q);
	key_sign(k, digest, sig);
	assert_int_equal(key_verify(&p, digest, sig, &err), 0);
	assert_int_equal(key_verify(&q, digest, sig, &err), FAULT_INTEGRITY);
	for (size_t bit = 0; bit < sizeof(sig) * 8; bit++) {
		sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(key_verify(&p, digest, sig, &err), FAULT_INTEGRITY);
		sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	memset(sig, 0, sizeof(sig));
	assert_int_equal(key_verify(&p, digest, sig, &err), FAULT_INTEGRITY);
	memset(sig, 0xff, sizeof(sig));
	assert_int_equal(key_verify(&p, digest, sig, &err), FAULT_INTEGRITY);
}

static void
what_is_no_point_of_the_curve_is_refused(void **state)
{
	AUTO(key) struct key *k = key_generate();
	struct key_point p, bad;
	struct err err = { 0 };
	uint8_t z[KEY_SHARED_BYTES];
	(void)state;
	key_public(k, &p);
	assert_int_equal(key_point_check(&p, &err), 0);
	for (int i = 0; i < 5; i++) {
		bad = p;
		if (i == 0)
			bad.b[64] ^= 1; /* off the curve */
		if (i == 1)
			bad.b[0] = 2; /* compressed form's mark */
		if (i == 2)
			bad.b[0] = 6 | (p.b[64] & 1); /* hybrid form */
		if (i == 3)
			memset(bad.b, 0, sizeof(bad.b));
		if (i == 4)
			memset(bad.b + 1, 0xff, 64); /* coordinates over p */
		assert_int_equal(key_point_check(&bad, &err), FAULT_BAD_INPUT);
		assert_int_equal(key_agree(k, &bad, z, &err), FAULT_BAD_INPUT);
		assert_int_equal(key_verify(&bad, z, bad.b, &err), FAULT_INTEGRITY);
	}
}

/* A private key file made from its number, as RFC 7518 appendix C gives it. */
static void
write_key_of_number(
    struct arena *a, const char *name, const char *d_b64, const char *x_b64, const char *y_b64)
{
	size_t n = 0;
	char group[] = "prime256v1";
	uint8_t point[65] = { 4 };
	memcpy(point + 1, text_b64url_parse(a, x_b64, strlen(x_b64), &n), 32);
	memcpy(point + 33, text_b64url_parse(a, y_b64, strlen(y_b64), &n), 32);
	uint8_t *d = text_b64url_parse(a, d_b64, strlen(d_b64), &n);
	BIGNUM *number = BN_bin2bn(d, 32, NULL);
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	assert_true(OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, group, 0));
	assert_true(OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point, 65));
	assert_true(OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, number));
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *pkey = NULL;
	assert_true(EVP_PKEY_fromdata_init(c) == 1);
	assert_true(EVP_PKEY_fromdata(c, &pkey, EVP_PKEY_KEYPAIR, params) == 1);
	FILE *f = fopen(tmp_path(a, name), "w");
	assert_true(f && PEM_write_PKCS8PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL));
	(void)fclose(f);
	EVP_PKEY_free(pkey);
	EVP_PKEY_CTX_free(c);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	BN_free(number);
}

static void
key_agreement_gives_the_value_of_rfc_7518(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 16);
	AUTO(key) struct key *alice = NULL;
	AUTO(key) struct key *bob = NULL;
	struct key_point pa, pb;
	struct err err = { 0 };
	uint8_t z[KEY_SHARED_BYTES];
	(void)state;
	write_key_of_number(a, "alice.key", "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo",
	    "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
	    "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps");
	write_key_of_number(a, "bob.key", "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw",
	    "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
	    "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck");
	assert_int_equal(key_load(tmp_path(a, "alice.key"), &alice, &err), 0);
	assert_int_equal(key_load(tmp_path(a, "bob.key"), &bob, &err), 0);
	key_public(alice, &pa);
	key_public(bob, &pb);
	assert_int_equal(key_agree(alice, &pb, z, &err), 0);
	assert_hex(z, "9e56d91d817135d372834283bf84269cfb316ea3da806a48f6daa7798cfe90c4");
	assert_int_equal(key_agree(bob, &pa, z, &err), 0);
	assert_hex(z, "9e56d91d817135d372834283bf84269cfb316ea3da806a48f6daa7798cfe90c4");
}

static void
the_openssl_command_and_we_understand_each_other(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 18);
	AUTO(key) struct key *k = NULL;
	struct key_point p, file_point;
	struct err err = { 0 };
	uint8_t digest[32], sig[KEY_SIG_BYTES], z[KEY_SHARED_BYTES];
	size_t n = 0;
	(void)state;
	assert_int_equal(tmp_run(a,
			     "openssl genpkey -algorithm EC -pkeyopt "
			     "ec_paramgen_curve:P-256 -out k.key && openssl pkey -in k.key "
			     "-pubout -out k.pub"),
	    0);
	assert_int_equal(key_load(tmp_path(a, "k.key"), &k, &err), 0);
	key_public(k, &p);
	uint8_t *pem = tmp_read(a, "k.pub", &n);
	assert_int_equal(key_point_load(pem, n, &file_point, &err), 0);
	assert_memory_equal(&p, &file_point, sizeof(p));

	/* We sign, it verifies. */
	sha256("text", 4, digest);
	key_sign(k, digest, sig);
	uint8_t der[80], *d = der;
	ECDSA_SIG *s = ECDSA_SIG_new();
	assert_true(
	    ECDSA_SIG_set0(s, BN_bin2bn(sig, 32, NULL), BN_bin2bn(sig + 32, 32, NULL)) == 1);
	tmp_write(a, "sig.der", der, (size_t)i2d_ECDSA_SIG(s, &d));
	ECDSA_SIG_free(s);
	tmp_write(a, "text", "text", 4);
	assert_int_equal(
	    tmp_run(a, "openssl dgst -sha256 -verify k.pub -signature sig.der text"), 0);

	/* It signs, we verify. */
	assert_int_equal(tmp_run(a, "openssl dgst -sha256 -sign k.key -out its.der text"), 0);
	const uint8_t *q = tmp_read(a, "its.der", &n);
	s = d2i_ECDSA_SIG(NULL, &q, (long)n);
	assert_non_null(s);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(s), sig, 32), 32);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(s), sig + 32, 32), 32);
	ECDSA_SIG_free(s);
	assert_int_equal(key_verify(&p, digest, sig, &err), 0);

	/* Both agree on one secret. */
	assert_int_equal(tmp_run(a,
			     "openssl genpkey -algorithm EC -pkeyopt "
			     "ec_paramgen_curve:P-256 -out o.key && openssl pkey -in o.key "
			     "-pubout -out o.pub && openssl pkeyutl -derive -inkey o.key "
			     "-peerkey k.pub -out z"),
	    0);
	pem = tmp_read(a, "o.pub", &n);
	assert_int_equal(key_point_load(pem, n, &file_point, &err), 0);
	assert_int_equal(key_agree(k, &file_point, z, &err), 0);
	uint8_t *its = tmp_read(a, "z", &n);
	assert_int_equal(n, sizeof(z));
	assert_memory_equal(its, z, sizeof(z));
}

static void
files_without_a_p256_key_are_refused(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 18);
	static const char *const make[] = {
		"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out bad.key",
		"openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out bad.key",
		"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 -pass "
		"pass:x -out bad.key",
		"openssl pkey -in k.key -pubout -out bad.key",
		": >bad.key",
		"echo nothing >bad.key",
		"head -c 9000 /dev/zero >bad.key",
		"rm bad.key",
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(make); i++) {
		struct key *k = NULL;
		struct err err = { 0 };
		assert_int_equal(tmp_run(a, make[i]), 0);
		assert_int_equal(key_load(tmp_path(a, "bad.key"), &k, &err), FAULT_CONFIG);
		assert_null(k);
	}
	struct key_point p;
	assert_int_equal(key_point_load("nothing", 7, &p, NULL), FAULT_CONFIG);
}

static int
before(void **state)
{
	(void)state;
	tmp_init();
	return 0;
}

static int
after(void **state)
{
	(void)state;
	tmp_done();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_and_hmac_give_the_published_values),
		cmocka_unit_test(boxes_of_one_sealer_open_and_no_nonce_comes_twice),
		cmocka_unit_test(hkdf_gives_the_values_of_rfc_5869),
		cmocka_unit_test(aes_256_gcm_gives_the_published_value),
		cmocka_unit_test(a_sealed_box_with_any_bit_altered_does_not_open),
		cmocka_unit_test(a_box_of_nothing_opens_to_nothing),
		cmocka_unit_test(a_signature_of_rfc_7515_verifies),
		cmocka_unit_test(every_altered_bit_of_a_signature_is_seen),
		cmocka_unit_test(what_is_no_point_of_the_curve_is_refused),
		cmocka_unit_test(key_agreement_gives_the_value_of_rfc_7518),
		cmocka_unit_test(the_openssl_command_and_we_understand_each_other),
		cmocka_unit_test(files_without_a_p256_key_are_refused),
	};
	return cmocka_run_group_tests(tests, before, after);
}
