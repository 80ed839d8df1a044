/* SPDX-License-Identifier: Apache-2.0 */
/* Which certificates log somebody in. */
#include "tests/unit/cert_help.h"

#include "pki/hash.h"

static int
check(const struct leaf *l, uint8_t issuer[32])
{
	struct err err = { 0 };
	struct cert *c = leaf_make(l);
	int r = cert_check(c, pins, now_ms, issuer, NULL, &err);
	cert_free(c);
	return r;
}

static void
each_generation_is_told_by_its_key_not_its_name(void **state)
{
	uint8_t by_old[32], by_new[32], want[32], *spki = NULL;
	(void)state;
	assert_int_equal(check(&(struct leaf){ .by = &old_auth }, by_old), 0);
	assert_int_equal(check(&(struct leaf){ .by = &new_auth }, by_new), 0);
	assert_memory_not_equal(by_old, by_new, 32);
	int n = i2d_PUBKEY(new_auth.key, &spki);
	sha256(spki, (size_t)n, want);
	OPENSSL_free(spki);
	assert_memory_equal(by_new, want, 32);
}

static void
certificates_of_another_make_or_use_are_refused(void **state)
{
	const struct {
		struct leaf leaf;
		int want;
	} t[] = {
		{ { .by = &new_auth, .key = ec_key }, 0 },
		{ { .by = &new_auth, .basic = "CA:FALSE" }, 0 },
		{ { .by = &stranger }, CERT_E_UNKNOWN_ISSUER },
		{ { .by = &stranger, .named = &new_auth }, CERT_E_UNKNOWN_ISSUER },
		{ { .by = &sign_ca }, CERT_E_UNKNOWN_ISSUER },
		{ { .by = &new_auth, .named = &sign_ca }, CERT_E_UNKNOWN_ISSUER },
		{ { .by = &new_auth, .ku = "critical,digitalSignature,nonRepudiation" },
		    CERT_E_WRONG_PROFILE },
		{ { .by = &new_auth, .ku = "critical,keyCertSign" }, CERT_E_WRONG_PROFILE },
		{ { .by = &new_auth, .ku = "" }, CERT_E_WRONG_PROFILE },
		{ { .by = &new_auth, .policy = "" }, CERT_E_WRONG_PROFILE },
		{ { .by = &new_auth, .policy = "1.2.392.200149.8.5.1.1.20" },
		    CERT_E_WRONG_PROFILE },
		{ { .by = &new_auth, .basic = "critical,CA:TRUE" }, CERT_E_WRONG_PROFILE },
		{ { .by = &new_auth, .odd_critical = true }, CERT_E_WRONG_PROFILE },
		{ { .by = &new_auth, .sha1 = true }, CERT_E_WRONG_PROFILE },
		{ { .by = &new_auth, .from_s = now_s + 1 }, CERT_E_NOT_YET },
		{ { .by = &new_auth, .from_s = now_s }, 0 },
		{ { .by = &new_auth, .until_s = now_s }, 0 },
		{ { .by = &new_auth, .until_s = now_s - 1 }, CERT_E_EXPIRED },
		{ { .by = &past_auth }, CERT_E_EXPIRED }, /* its CA is */
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		uint8_t issuer[32];
		int r = check(&t[i].leaf, issuer);
		if (r != t[i].want)
			print_error("row %zu\n", i);
		assert_int_equal(r, t[i].want);
	}
}

static void
keys_of_another_size_are_refused(void **state)
{
	static const char *const make[] = { "RSA", "EC" };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(make); i++) {
		uint8_t issuer[32];
		EVP_PKEY *k = i == 0 ? EVP_RSA_gen(1024) : EVP_EC_gen("P-384");
		assert_non_null(k);
		assert_int_equal(check(&(struct leaf){ .by = &new_auth, .key = k }, issuer),
		    CERT_E_WRONG_PROFILE);
		EVP_PKEY_free(k);
	}
}

static uint8_t *
leaf_der(size_t *ret_bytes)
{
	static const char *const dn[] = { "C", "JP", "CN", "0000000000", NULL };
	ASN1_INTEGER *serial = x509_serial_of(5);
	X509 *x = x509_begin(&(struct x509_spec){ .subject = dn,
	    .issuer = new_auth.crt,
	    .key = ec_key,
	    .serial = serial,
	    .not_before_s = now_s,
	    .not_after_s = now_s + DAY_S });
	x509_ext(x, new_auth.crt, NID_key_usage, "critical,digitalSignature");
	x509_ext_policy(x, POLICY, "http://127.0.0.1/cps");
	x509_sign(x, new_auth.key);
	uint8_t *der = NULL;
	int n = i2d_X509(x, &der);
	uint8_t *copy = arena_memdup(a, der, (size_t)n);
	OPENSSL_free(der);
	X509_free(x);
	ASN1_INTEGER_free(serial);
	*ret_bytes = (size_t)n;
	return copy;
}

static void
what_is_not_one_whole_certificate_is_refused(void **state)
{
	struct err err = { 0 };
	struct cert *c = NULL;
	size_t n = 0;
	uint8_t *der = leaf_der(&n);
	uint8_t *longer = arena_zero(a, CERT_MAX_BYTES + 1);
	(void)state;
	for (size_t i = 0; i < n; i++)
		assert_int_equal(cert_parse(der, i, &c, &err), FAULT_BAD_INPUT);
	memcpy(longer, der, n);
	assert_int_equal(cert_parse(longer, n + 1, &c, &err), FAULT_BAD_INPUT);
	assert_int_equal(cert_parse(longer, CERT_MAX_BYTES + 1, &c, &err), FAULT_BAD_INPUT);
	assert_int_equal(cert_parse("", 0, &c, &err), FAULT_BAD_INPUT);
	assert_null(c);
}

static void
no_bit_of_a_certificate_can_be_altered(void **state)
{
	struct err err = { 0 };
	size_t n = 0;
	uint8_t *der = leaf_der(&n);
	(void)state;
	for (size_t bit = 0; bit < n * 8; bit++) {
		struct cert *c = NULL;
		uint8_t issuer[32];
		der[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (cert_parse(der, n, &c, &err) == 0)
			assert_int_not_equal(cert_check(c, pins, now_ms, issuer, NULL, &err), 0);
		cert_free(c);
		der[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void
a_certificate_tells_its_serial_hash_and_end(void **state)
{
	uint8_t serial[CERT_MAX_SERIAL], h[32], want[32];
	size_t n = 0;
	uint8_t *der = leaf_der(&n);
	struct cert *c = leaf_make(&(struct leaf){ .by = &new_auth });
	struct cert *d = NULL;
	(void)state;
	assert_int_equal(cert_serial(c, serial), 4);
	assert_hex(serial, "c0ffee42");
	assert_int_equal(cert_not_after_ms(c), (now_s + DAY_S) * 1000 + 999);
	assert_int_equal(cert_parse(der, n, &d, NULL), 0);
	sha256(der, n, want);
	cert_hash(d, h);
	assert_memory_equal(h, want, 32);
	cert_free(c);
	cert_free(d);
}

static void
a_chain_ends_with_what_ends_first_of_leaf_and_ca(void **state)
{
	const struct {
		struct leaf leaf;
		int64_t want_s;
	} t[] = {
		{ { .by = &new_auth, .until_s = now_s + DAY_S }, now_s + DAY_S },
		{ { .by = &new_auth, .until_s = now_s + 3000 * DAY_S - 1 },
		    now_s + 3000 * DAY_S - 1 },
		{ { .by = &new_auth, .until_s = now_s + 3000 * DAY_S }, now_s + 3000 * DAY_S },
		{ { .by = &new_auth, .until_s = now_s + 3000 * DAY_S + 1 }, now_s + 3000 * DAY_S },
		{ { .by = &old_auth, .until_s = now_s + 3000 * DAY_S }, now_s + 600 * DAY_S },
		{ { .by = &past_auth }, now_s - 1 },
	};
	uint8_t issuer[32];
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct cert *c = leaf_make(&t[i].leaf);
		const int64_t want = t[i].want_s * 1000 + 999;
		int64_t at = 0;
		assert_int_equal(cert_check(c, pins, want + 1, issuer, NULL, NULL), CERT_E_EXPIRED);
		assert_int_equal(cert_check(c, pins, want, issuer, &at, NULL), 0);
		assert_int_equal(at, want);
		cert_free(c);
	}
}

static void
a_card_signature_holds_for_its_digest_only(void **state)
{
	EVP_PKEY *const keys[] = { card_key, ec_key };
	struct err err = { 0 };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(keys); i++) {
		struct cert *c = leaf_make(&(struct leaf){ .by = &new_auth, .key = keys[i] });
		uint8_t digest[32], sig[512];
		size_t n = sizeof(sig);
		sha256("transcript", 10, digest);
		EVP_MD_CTX *m = EVP_MD_CTX_new();
		assert_int_equal(EVP_DigestSignInit(m, NULL, EVP_sha256(), NULL, keys[i]), 1);
		assert_int_equal(EVP_DigestSign(m, sig, &n, (const uint8_t *)"transcript", 10), 1);
		EVP_MD_CTX_free(m);
		assert_int_equal(cert_verify_digest(c, digest, sig, n, &err), 0);
		for (size_t bit = 0; bit < n * 8; bit += 5) {
			sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_int_equal(
			    cert_verify_digest(c, digest, sig, n, &err), CERT_E_BAD_SIGNATURE);
			sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		for (size_t less = 0; less < n; less++)
			assert_int_equal(
			    cert_verify_digest(c, digest, sig, less, &err), CERT_E_BAD_SIGNATURE);
		assert_int_equal(cert_verify_digest(c, digest, sig, CERT_SIG_MAX_BYTES + 1, &err),
		    CERT_E_BAD_SIGNATURE);
		digest[31] ^= 1;
		assert_int_equal(cert_verify_digest(c, digest, sig, n, &err), CERT_E_BAD_SIGNATURE);
		cert_free(c);
	}
}

static void
a_signature_with_another_padding_is_refused(void **state)
{
	struct cert *c = leaf_make(&(struct leaf){ .by = &new_auth });
	struct err err = { 0 };
	uint8_t digest[32], sig[512];
	size_t n = sizeof(sig);
	(void)state;
	sha256("transcript", 10, digest);
	EVP_MD_CTX *m = EVP_MD_CTX_new();
	EVP_PKEY_CTX *p = NULL;
	assert_int_equal(EVP_DigestSignInit(m, &p, EVP_sha256(), NULL, card_key), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(p, RSA_PKCS1_PSS_PADDING), 1);
	assert_int_equal(EVP_DigestSign(m, sig, &n, (const uint8_t *)"transcript", 10), 1);
	EVP_MD_CTX_free(m);
	assert_int_equal(cert_verify_digest(c, digest, sig, n, &err), CERT_E_BAD_SIGNATURE);
	cert_free(c);
}

static void
folders_that_hold_no_single_hierarchy_are_refused(void **state)
{
	struct cert_pins *p = NULL;
	struct err err = { 0 };
	size_t n = 0;
	(void)state;
	assert_int_equal(cert_pins_load(tmp_path(a, "nowhere"), POLICY, &p, &err), FAULT_CONFIG);
	assert_int_equal(tmp_run(a, "mkdir empty two leaf junk"), 0);
	assert_int_equal(cert_pins_load(tmp_path(a, "empty"), POLICY, &p, &err), FAULT_CONFIG);
	assert_int_equal(cert_pins_load(tmp_path(a, "pins"), "policy", &p, &err), FAULT_CONFIG);
	pin_write("two/auth.der", new_auth.crt);
	pin_write("two/sign.der", sign_ca.crt);
	assert_int_equal(cert_pins_load(tmp_path(a, "two"), POLICY, &p, &err), FAULT_CONFIG);
	pin_write("leaf/ocsp.der", new_auth.ocsp_crt);
	assert_int_equal(cert_pins_load(tmp_path(a, "leaf"), POLICY, &p, &err), FAULT_CONFIG);
	uint8_t *der = leaf_der(&n);
	tmp_write(a, "junk/a.der", der, n - 1);
	assert_int_equal(cert_pins_load(tmp_path(a, "junk"), POLICY, &p, &err), FAULT_CONFIG);
	assert_null(p);
}

static void
sixteen_roots_are_taken_and_seventeen_are_not(void **state)
{
	struct cert_pins *p = NULL;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(tmp_run(a, "mkdir many"), 0);
	for (int i = 0; i < 17; i++) {
		struct ca ca;
		if (i == 16) {
			assert_int_equal(cert_pins_load(tmp_path(a, "many"), POLICY, &p, &err), 0);
			cert_pins_free(TAKE(p));
		}
		ca_make(&ca, "auth", x509_key_p256(), now_s + DAY_S);
		pin_write(arena_printf(a, "many/%d.der", i), ca.crt);
		ca_free(&ca);
	}
	assert_int_equal(cert_pins_load(tmp_path(a, "many"), POLICY, &p, &err), FAULT_CONFIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_generation_is_told_by_its_key_not_its_name),
		cmocka_unit_test(certificates_of_another_make_or_use_are_refused),
		cmocka_unit_test(keys_of_another_size_are_refused),
		cmocka_unit_test(what_is_not_one_whole_certificate_is_refused),
		cmocka_unit_test(no_bit_of_a_certificate_can_be_altered),
		cmocka_unit_test(a_certificate_tells_its_serial_hash_and_end),
		cmocka_unit_test(a_chain_ends_with_what_ends_first_of_leaf_and_ca),
		cmocka_unit_test(a_card_signature_holds_for_its_digest_only),
		cmocka_unit_test(a_signature_with_another_padding_is_refused),
		cmocka_unit_test(folders_that_hold_no_single_hierarchy_are_refused),
		cmocka_unit_test(sixteen_roots_are_taken_and_seventeen_are_not),
	};
	return cmocka_run_group_tests(tests, jpki_before, jpki_after);
}
