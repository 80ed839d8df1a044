/* SPDX-License-Identifier: Apache-2.0 */
/* What a status service may say, and what is not believed. */
#include "tests/unit/cert_help.h"

#include <openssl/ocsp.h>

/* How a responder answers. */
struct answer {
	const struct ca *by;
	bool ca_itself; /* signs with the CA's key */
	int status, reason;
	int64_t this_s, next_s; /* relative to now; next 0 = none */
	int nonce;              /* 0 ours, 1 another, 2 none */
	bool other_cert, two, no_eku, sha1;
	X509 *beside; /* the one certificate that comes with the answer, in place of the signer's */
	EVP_PKEY *other_key;
	int response_status;
	int cut, tail;
};

static OCSP_BASICRESP *
answer_basic(const struct answer *w, OCSP_REQUEST *q)
{
	OCSP_BASICRESP *b = OCSP_BASICRESP_new();
	ASN1_TIME *from = ASN1_TIME_set(NULL, now_s + w->this_s);
	ASN1_TIME *until = w->next_s ? ASN1_TIME_set(NULL, now_s + w->next_s) : NULL;
	OCSP_CERTID *id = OCSP_onereq_get0_id(OCSP_request_onereq_get0(q, 0));
	uint8_t other[16] = { 1 };
	if (w->other_cert) {
		ASN1_INTEGER *serial = x509_serial_of(77);
		OCSP_CERTID *its = OCSP_cert_id_new(EVP_sha256(), X509_get_subject_name(w->by->crt),
		    X509_get0_pubkey_bitstr(w->by->crt), serial);
		assert_non_null(
		    OCSP_basic_add1_status(b, its, w->status, w->reason, from, from, until));
		OCSP_CERTID_free(its);
		ASN1_INTEGER_free(serial);
	}
	if (!w->other_cert || w->two)
		assert_non_null(
		    OCSP_basic_add1_status(b, id, w->status, w->reason, from, from, until));
	if (w->nonce == 0)
		assert_int_equal(OCSP_copy_nonce(b, q), 1);
	if (w->nonce == 1)
		assert_int_equal(OCSP_basic_add1_nonce(b, other, 16), 1);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	return b;
}

static uint8_t *
answer_make(const struct answer *w, const uint8_t *req, size_t req_bytes, size_t *ret_bytes)
{
	const uint8_t *p = req;
	uint8_t *der = NULL;
	OCSP_REQUEST *q = d2i_OCSP_REQUEST(NULL, &p, (long)req_bytes);
	assert_non_null(q);
	OCSP_BASICRESP *b = answer_basic(w, q);
	X509 *crt = w->ca_itself ? w->by->crt : w->by->ocsp_crt;
	EVP_PKEY *key = w->ca_itself ? w->by->key : w->by->ocsp_key;
	if (w->other_key)
		key = w->other_key;
	if (w->other_key) {
		/* The right certificate, another key's signature. */
		X509 *copy = X509_dup(crt);
		assert_int_equal(X509_set_pubkey(copy, key), 1);
		x509_sign(copy, key);
		assert_int_equal(OCSP_basic_sign(b, copy, key, EVP_sha256(), NULL, 0), 1);
		X509_free(copy);
	} else {
		assert_int_equal(OCSP_basic_sign(b, crt, key, w->sha1 ? EVP_sha1() : EVP_sha256(),
				     NULL, w->beside ? OCSP_NOCERTS : 0),
		    1);
	}
	if (w->beside)
		assert_int_equal(OCSP_basic_add1_cert(b, w->beside), 1);
	OCSP_RESPONSE *r = OCSP_response_create(w->response_status, b);
	int n = i2d_OCSP_RESPONSE(r, &der);
	assert_true(n > 0);
	uint8_t *copy = arena_zero(a, (size_t)n + 1);
	memcpy(copy, der, (size_t)n);
	*ret_bytes = (size_t)(n - w->cut + w->tail);
	OPENSSL_free(der);
	OCSP_RESPONSE_free(r);
	OCSP_BASICRESP_free(b);
	OCSP_REQUEST_free(q);
	return copy;
}

static int
ask(const struct answer *w, int64_t late_ms)
{
	struct err err = { 0 };
	uint8_t nonce[16], *req = NULL;
	size_t n = 0, req_bytes = 0;
	struct cert *c = leaf_make(&(struct leaf){ .by = &new_auth });
	assert_int_equal(ocsp_request(a, c, pins, nonce, &req, &req_bytes, &err), 0);
	uint8_t *der = answer_make(w, req, req_bytes, &n);
	int r = ocsp_read(der, n, c, pins, nonce, now_ms + late_ms, &err);
	cert_free(c);
	return r;
}

static void
a_status_is_what_the_issuer_or_its_delegate_says(void **state)
{
	const struct {
		struct answer w;
		int want;
	} t[] = {
		{ { .by = &new_auth, .status = V_OCSP_CERTSTATUS_GOOD, .next_s = 600 }, 0 },
		{ { .by = &new_auth, .status = V_OCSP_CERTSTATUS_GOOD }, 0 },
		{ { .by = &new_auth, .ca_itself = true, .next_s = 600 }, 0 },
		{ { .by = &new_auth, .status = V_OCSP_CERTSTATUS_REVOKED, .reason = 4 },
		    CERT_E_REVOKED },
		{ { .by = &new_auth, .status = V_OCSP_CERTSTATUS_REVOKED, .reason = -1 },
		    CERT_E_REVOKED },
		{ { .by = &new_auth, .status = V_OCSP_CERTSTATUS_REVOKED, .reason = 6 },
		    CERT_E_ON_HOLD },
		{ { .by = &new_auth, .status = V_OCSP_CERTSTATUS_REVOKED, .reason = 8 },
		    CERT_E_REVOKED },
		{ { .by = &new_auth, .status = V_OCSP_CERTSTATUS_UNKNOWN }, CERT_E_STATUS_UNKNOWN },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		assert_int_equal(ask(&t[i].w, 0), t[i].want);
}

static void
an_answer_that_cannot_be_trusted_is_no_answer(void **state)
{
	const struct answer t[] = {
		{ .by = &old_auth }, /* the other generation's delegate, same names */
		{ .by = &stranger }, /* the same name, a key nobody pinned */
		{ .by = &sign_ca },
		{ .by = &new_auth, .nonce = 1 },
		{ .by = &new_auth, .nonce = 2 },
		{ .by = &new_auth, .other_cert = true },
		{ .by = &new_auth, .other_cert = true, .two = true },
		{ .by = &new_auth, .this_s = -601 },               /* stale, nothing promised */
		{ .by = &new_auth, .this_s = 61 },                 /* from the future */
		{ .by = &new_auth, .this_s = -600, .next_s = -1 }, /* past its promise */
		{ .by = &new_auth, .this_s = 0, .next_s = -1 },
		{ .by = &new_auth, .sha1 = true },
		{ .by = &new_auth, .other_key = ec_key }, /* says it is the delegate */
		{ .by = &new_auth, .response_status = OCSP_RESPONSE_STATUS_TRYLATER },
		{ .by = &new_auth, .response_status = OCSP_RESPONSE_STATUS_UNAUTHORIZED },
		{ .by = &new_auth, .cut = 1 },
		{ .by = &new_auth, .tail = 1 },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		if (ask(&t[i], 0) != CERT_E_STATUS_UNKNOWN)
			print_error("row %zu\n", i);
		assert_int_equal(ask(&t[i], 0), CERT_E_STATUS_UNKNOWN);
	}
}

static void
an_answer_grows_stale(void **state)
{
	const struct answer w = { .by = &new_auth, .next_s = 3600 };
	const struct answer open_end = { .by = &new_auth };
	(void)state;
	assert_int_equal(ask(&w, 590 * 1000), 0);
	assert_int_equal(ask(&w, 620 * 1000), CERT_E_STATUS_UNKNOWN);
	assert_int_equal(ask(&open_end, 590 * 1000), 0);
	assert_int_equal(ask(&open_end, 620 * 1000), CERT_E_STATUS_UNKNOWN);
	assert_int_equal(ask(&w, -100 * 1000), CERT_E_STATUS_UNKNOWN);
}

/* Of the CA's own name, as another generation's or a forger's would be. */
static void
who_stands_beside_the_cas_own_answer_is_not_believed_later(void **state)
{
	const struct answer cas = {
		.by = &new_auth, .ca_itself = true, .next_s = 600, .beside = stranger.crt
	};
	const struct answer forged = { .by = &stranger, .ca_itself = true, .next_s = 600 };
	const struct answer delegates = {
		.by = &new_auth, .ca_itself = true, .next_s = 600, .beside = new_auth.ocsp_crt
	};
	(void)state;
	assert_int_equal(ask(&cas, 0), 0);
	assert_int_equal(ask(&forged, 0), CERT_E_STATUS_UNKNOWN);
	assert_int_equal(ask(&delegates, 0), 0);
	assert_int_equal(ask(&cas, 0), 0);
}

/* Remembered or not. */
static void
a_delegate_is_believed_until_its_certificate_ends(void **state)
{
	static const char *const dn[] = { "C", "JP", "O", "JPKI-TEST", "CN", "OCSP", NULL };
	struct ca short_lived = new_auth;
	ASN1_INTEGER *serial = x509_serial_of(3);
	const struct answer w = { .by = &short_lived, .next_s = 600 };
	(void)state;
	short_lived.ocsp_crt = x509_begin(&(struct x509_spec){ .subject = dn,
	    .issuer = new_auth.crt,
	    .key = new_auth.ocsp_key,
	    .serial = serial,
	    .not_before_s = now_s - DAY_S,
	    .not_after_s = now_s + 300 });
	x509_ext(short_lived.ocsp_crt, new_auth.crt, NID_key_usage, "critical,digitalSignature");
	x509_ext(short_lived.ocsp_crt, new_auth.crt, NID_ext_key_usage, "OCSPSigning");
	x509_sign(short_lived.ocsp_crt, new_auth.key);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(ask(&w, 290 * 1000), 0);
		assert_int_equal(ask(&w, 301 * 1000), CERT_E_STATUS_UNKNOWN);
	}
	X509_free(short_lived.ocsp_crt);
	ASN1_INTEGER_free(serial);
}

static void
no_bit_of_a_good_answer_can_be_altered(void **state)
{
	const struct answer w = { .by = &new_auth, .next_s = 600 };
	struct err err = { 0 };
	uint8_t nonce[16], *req = NULL;
	size_t n = 0, req_bytes = 0;
	struct cert *c = leaf_make(&(struct leaf){ .by = &new_auth });
	(void)state;
	assert_int_equal(ocsp_request(a, c, pins, nonce, &req, &req_bytes, &err), 0);
	uint8_t *der = answer_make(&w, req, req_bytes, &n);
	assert_int_equal(ocsp_read(der, n, c, pins, nonce, now_ms, &err), 0);
	size_t passed = 0;
	for (size_t bit = 0; bit < n * 8; bit++) {
		der[bit / 8] ^= (uint8_t)(1u << bit % 8);
		passed += ocsp_read(der, n, c, pins, nonce, now_ms, &err) == 0;
		der[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	/* The signed part cannot change; the encoding around it has a few second forms. */
	assert_true(passed <= 8);
	assert_int_equal(ocsp_read(der, OCSP_MAX_BYTES + 1, c, pins, nonce, now_ms, &err),
	    CERT_E_STATUS_UNKNOWN);
	assert_int_equal(ocsp_read(der, 0, c, pins, nonce, now_ms, &err), CERT_E_STATUS_UNKNOWN);
	nonce[15] ^= 1;
	assert_int_equal(ocsp_read(der, n, c, pins, nonce, now_ms, &err), CERT_E_STATUS_UNKNOWN);
	cert_free(c);
}

static void
nobody_is_asked_about_a_strangers_certificate(void **state)
{
	struct err err = { 0 };
	uint8_t nonce[16], *req = NULL;
	size_t n = 0;
	struct cert *c = leaf_make(&(struct leaf){ .by = &stranger });
	(void)state;
	assert_int_equal(ocsp_request(a, c, pins, nonce, &req, &n, &err), CERT_E_UNKNOWN_ISSUER);
	cert_free(c);
}

static void
the_openssl_command_reads_our_request(void **state)
{
	struct err err = { 0 };
	uint8_t nonce[16], *req = NULL;
	size_t n = 0;
	struct cert *c = leaf_make(&(struct leaf){ .by = &new_auth });
	(void)state;
	assert_int_equal(ocsp_request(a, c, pins, nonce, &req, &n, &err), 0);
	tmp_write(a, "req.der", req, n);
	assert_int_equal(tmp_run(a, "openssl ocsp -reqin req.der -req_text"), 0);
	char *out = (char *)tmp_read(a, "run.out", &n);
	assert_non_null(strstr(out, "C0FFEE42"));
	assert_non_null(strstr(out, "OCSP Nonce"));
	cert_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_is_what_the_issuer_or_its_delegate_says),
		cmocka_unit_test(an_answer_that_cannot_be_trusted_is_no_answer),
		cmocka_unit_test(an_answer_grows_stale),
		cmocka_unit_test(who_stands_beside_the_cas_own_answer_is_not_believed_later),
		cmocka_unit_test(a_delegate_is_believed_until_its_certificate_ends),
		cmocka_unit_test(no_bit_of_a_good_answer_can_be_altered),
		cmocka_unit_test(nobody_is_asked_about_a_strangers_certificate),
		cmocka_unit_test(the_openssl_command_reads_our_request),
	};
	return cmocka_run_group_tests(tests, jpki_before, jpki_after);
}
