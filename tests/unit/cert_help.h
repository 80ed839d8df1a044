/* SPDX-License-Identifier: Apache-2.0 */
/* A small JPKI for tests: two living generations of one name, a past one, and strangers. */
#pragma once
#include "tests/unit/pki_help.h"

#include "base/clock.h"
#include "base/err.h"
#include "pki/cert.h"
#include "tests/world/tool/x509.h"

#define POLICY "1.2.392.200149.8.5.1.3.30"
static const int64_t DAY_S = 86400;
static int64_t now_s; /* the library stamps OCSP answers with the system's clock */
static int64_t now_ms;

struct ca {
	X509 *crt;
	EVP_PKEY *key;
	X509 *ocsp_crt;
	EVP_PKEY *ocsp_key;
};
static struct arena *a;
static struct ca old_auth, new_auth, sign_ca, stranger, past_auth;
static EVP_PKEY *card_key, *ec_key;
static struct cert_pins *pins;

static inline void
ca_make(struct ca *ca, const char *ou, EVP_PKEY *key, int64_t until_s)
{
	const char *const dn[] = { "C", "JP", "O", "JPKI-TEST", "OU", ou, NULL };
	const char *const responder[] = { "C", "JP", "O", "JPKI-TEST", "CN", "OCSP", NULL };
	ASN1_INTEGER *one = x509_serial_of(1);
	ASN1_INTEGER *two = x509_serial_of(2);
	ca->key = key;
	ca->crt = x509_begin(&(struct x509_spec){ .subject = dn,
	    .key = key,
	    .serial = one,
	    .not_before_s = now_s - 3000 * DAY_S,
	    .not_after_s = until_s });
	x509_ext(ca->crt, NULL, NID_basic_constraints, "critical,CA:TRUE");
	x509_ext(ca->crt, NULL, NID_key_usage, "critical,keyCertSign,cRLSign");
	x509_sign(ca->crt, key);
	ca->ocsp_key = x509_key_p256();
	ca->ocsp_crt = x509_begin(&(struct x509_spec){ .subject = responder,
	    .issuer = ca->crt,
	    .key = ca->ocsp_key,
	    .serial = two,
	    .not_before_s = now_s - DAY_S,
	    .not_after_s = now_s + DAY_S });
	x509_ext(ca->ocsp_crt, ca->crt, NID_key_usage, "critical,digitalSignature");
	x509_ext(ca->ocsp_crt, ca->crt, NID_ext_key_usage, "OCSPSigning");
	x509_sign(ca->ocsp_crt, key);
	ASN1_INTEGER_free(one);
	ASN1_INTEGER_free(two);
}

static inline void
pin_write(const char *name, X509 *x)
{
	x509_write_der(tmp_path(a, name), x);
}

static inline int
jpki_before(void **state)
{
	struct err err = { 0 };
	(void)state;
	now_s = clock_now_ms() / 1000;
	now_ms = now_s * 1000;
	tmp_init();
	a = arena_new(16u << 20);
	card_key = x509_key_rsa2048();
	ec_key = x509_key_p256();
	ca_make(&old_auth, "auth", x509_key_rsa2048(), now_s + 600 * DAY_S);
	ca_make(&new_auth, "auth", x509_key_rsa2048(), now_s + 3000 * DAY_S);
	ca_make(&past_auth, "auth", x509_key_p256(), now_s - 1);
	ca_make(&sign_ca, "sign", x509_key_p256(), now_s + 3000 * DAY_S);
	ca_make(&stranger, "auth", x509_key_p256(), now_s + 3000 * DAY_S);
	assert_int_equal(tmp_run(a, "mkdir pins"), 0);
	pin_write("pins/old.der", old_auth.crt);
	x509_write(tmp_path(a, "pins/new.pem"), new_auth.crt);
	pin_write("pins/past.crt", past_auth.crt);
	tmp_write(a, "pins/README", "no certificate", 14);
	assert_int_equal(cert_pins_load(tmp_path(a, "pins"), POLICY, &pins, &err), 0);
	return 0;
}

static inline void
ca_free(struct ca *ca)
{
	X509_free(ca->crt);
	X509_free(ca->ocsp_crt);
	EVP_PKEY_free(ca->key);
	EVP_PKEY_free(ca->ocsp_key);
}

static inline int
jpki_after(void **state)
{
	(void)state;
	ca_free(&old_auth);
	ca_free(&new_auth);
	ca_free(&past_auth);
	ca_free(&sign_ca);
	ca_free(&stranger);
	EVP_PKEY_free(card_key);
	EVP_PKEY_free(ec_key);
	cert_pins_free(pins);
	arena_free(a);
	tmp_done();
	return 0;
}

struct leaf {
	const struct ca *by;
	EVP_PKEY *key;      /* NULL = the card's */
	const char *ku;     /* NULL = digitalSignature; "" = none */
	const char *policy; /* NULL = POLICY; "" = none */
	int64_t from_s, until_s;
	const struct ca *named; /* whose name it bears as issuer; NULL = by's */
	const char *basic;      /* basicConstraints */
	bool odd_critical;      /* an extension nobody knows, critical */
	bool sha1;
};

static inline X509 *
leaf_x509(const struct leaf *l)
{
	static const char *const dn[] = { "C", "JP", "CN", "0000000000", NULL };
	const struct ca *named = l->named ? l->named : l->by;
	ASN1_INTEGER *serial = x509_serial_of(0xC0FFEE42);
	X509 *x = x509_begin(&(struct x509_spec){ .subject = dn,
	    .issuer = named->crt,
	    .key = l->key ? l->key : card_key,
	    .serial = serial,
	    .not_before_s = l->from_s ? l->from_s : now_s - DAY_S,
	    .not_after_s = l->until_s ? l->until_s : now_s + DAY_S });
	ASN1_INTEGER_free(serial);
	if (l->basic)
		x509_ext(x, named->crt, NID_basic_constraints, l->basic);
	if (l->ku == NULL || *l->ku)
		x509_ext(x, named->crt, NID_key_usage, l->ku ? l->ku : "critical,digitalSignature");
	if (l->policy == NULL || *l->policy)
		x509_ext_policy(x, l->policy ? l->policy : POLICY, "http://127.0.0.1/cps");
	if (l->odd_critical)
		x509_ext(x, named->crt, NID_name_constraints, "critical,permitted;DNS:a");
	if (l->sha1)
		assert_true(X509_sign(x, l->by->key, EVP_sha1()) > 0);
	else
		x509_sign(x, l->by->key);
	return x;
}

static inline struct cert *
leaf_make(const struct leaf *l)
{
	X509 *x = leaf_x509(l);
	uint8_t *der = NULL;
	struct cert *c = NULL;
	struct err err = { 0 };
	int n = i2d_X509(x, &der);
	assert_int_equal(cert_parse(der, (size_t)n, &c, &err), 0);
	OPENSSL_free(der);
	X509_free(x);
	return c;
}
