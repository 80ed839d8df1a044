/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "pki/cert_int.h"
#include "pki/evp.h"

#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <string.h>

static inline void
X509_freep(X509 **x)
{
	X509_free(*x);
}

void
cert_free(struct cert *c)
{
	if (c == NULL)
		return;
	X509_free(c->x509);
	EVP_PKEY_free(c->key);
	mem_free(c->maker);
	mem_free(c);
}

/* One value has one encoding: what the library would write again, and nothing behind it. */
static bool
cert_is_canonical(X509 *x, const uint8_t *der, size_t bytes)
{
	uint8_t *again = NULL;
	int n = i2d_X509(x, &again);
	bool same = n > 0 && (size_t)n == bytes && memcmp(again, der, bytes) == 0;
	OPENSSL_free(again);
	return same;
}

static bool
cert_has_usable_serial(const X509 *x)
{
	const ASN1_INTEGER *s = X509_get0_serialNumber(x);
	return ASN1_STRING_type(s) == V_ASN1_INTEGER && s->length >= 1 &&
	    s->length <= CERT_MAX_SERIAL;
}

static OSSL_LIB_CTX *nothing; /* a library that knows no algorithm */
static pthread_once_t nothing_once = PTHREAD_ONCE_INIT;

static void
nothing_make(void)
{
	nothing = OSSL_LIB_CTX_new();
	evp_must(nothing != NULL && OSSL_PROVIDER_load(nothing, "null") != NULL);
}

OSSL_LIB_CTX *
cert_keys_unread(void)
{
	evp_must(pthread_once(&nothing_once, nothing_make) == 0);
	OSSL_LIB_CTX *was = OSSL_LIB_CTX_set0_default(nothing); /* of this thread alone */
	evp_must(was != NULL);
	return was;
}

void
cert_keys_read(OSSL_LIB_CTX *was)
{
	evp_must(OSSL_LIB_CTX_set0_default(was) != NULL);
}

static X509 *
x509_read(const uint8_t **p, size_t bytes)
{
	OSSL_LIB_CTX *was = cert_keys_unread();
	X509 *x = d2i_X509(NULL, p, (long)bytes);
	cert_keys_read(was);
	return x;
}

/* The key of an RSA certificate, whose parameters are NULL (RFC 3279 2.3.1); NULL of any other. */
static EVP_PKEY *
x509_rsa_key(const X509 *x)
{
	X509_ALGOR *alg = NULL;
	const ASN1_OBJECT *oid = NULL;
	const uint8_t *p = NULL;
	int bytes = 0, parameters = V_ASN1_UNDEF;
	X509_PUBKEY *spki = X509_get_X509_PUBKEY(x);
	if (spki == NULL || X509_PUBKEY_get0_param(NULL, &p, &bytes, &alg, spki) != 1)
		return NULL;
	X509_ALGOR_get0(&oid, &parameters, NULL, alg);
	if (OBJ_obj2nid(oid) != NID_rsaEncryption || parameters != V_ASN1_NULL)
		return NULL;
	const uint8_t *end = p + bytes;
	AUTO(EVP_PKEY) EVP_PKEY *key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, bytes);
	return key != NULL && p == end ? TAKE(key) : NULL;
}

/* Cards have RSA keys; any other takes the library's way. NULL for what is no key. */
static EVP_PKEY *
x509_key(const X509 *x, const uint8_t *der, size_t bytes)
{
	EVP_PKEY *key = x509_rsa_key(x);
	if (key != NULL)
		return key;
	AUTO(X509) X509 *again = d2i_X509(NULL, &der, (long)bytes);
	return again != NULL ? X509_get_pubkey(again) : NULL;
}

int
cert_parse(const void *der, size_t bytes, struct cert **ret, struct err *err)
{
	const uint8_t *p = der;
	int64_t at;
	if (bytes == 0 || bytes > CERT_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "certificate's size", (long)bytes);
	AUTO(X509) X509 *x = x509_read(&p, bytes);
	AUTO(EVP_PKEY) EVP_PKEY *key = x != NULL ? x509_key(x, der, bytes) : NULL;
	/* The first question about extensions parses and keeps them; a broken one is marked. */
	bool fine = x != NULL && cert_is_canonical(x, der, bytes) &&
	    !(X509_get_extension_flags(x) & EXFLAG_INVALID) && X509_get_version(x) == 2 &&
	    cert_has_usable_serial(x) && key != NULL &&
	    cert_time_ms(X509_get0_notBefore(x), &at, NULL) == 0 &&
	    cert_time_ms(X509_get0_notAfter(x), &at, NULL) == 0;
	ERR_clear_error();
	if (!fine)
		return err_raise(err, FAULT_BAD_INPUT, "no certificate", 0);
	struct cert *c = mem_zero(sizeof(*c));
	c->x509 = TAKE(x);
	c->key = TAKE(key);
	c->maker = mem_zero(sizeof(*c->maker));
	sha256(der, bytes, c->hash);
	*ret = c;
	return 0;
}

void
cert_hash(const struct cert *c, uint8_t out[32])
{
	memcpy(out, c->hash, sizeof(c->hash));
}

size_t
cert_serial(const struct cert *c, uint8_t out[CERT_MAX_SERIAL])
{
	const ASN1_INTEGER *s = X509_get0_serialNumber(c->x509);
	memcpy(out, s->data, (size_t)s->length);
	return (size_t)s->length;
}

int
cert_time_ms(const ASN1_TIME *t, int64_t *ret, struct err *err)
{
	struct tm tm = { 0 };
	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return err_raise(err, FAULT_BAD_INPUT, "time", 0);
	*ret = (int64_t)timegm(&tm) * 1000;
	return 0;
}

int64_t
cert_not_after_ms(const struct cert *c)
{
	int64_t at = 0;
	evp_must(cert_time_ms(X509_get0_notAfter(c->x509), &at, NULL) == 0); /* parsed before */
	return at + 999; /* the second named is still valid. RFC 5280 4.1.2.5 */
}

bool
cert_alg_is_allowed(const X509_ALGOR *alg)
{
	int nid = OBJ_obj2nid(alg->algorithm);
	return nid == NID_sha256WithRSAEncryption || nid == NID_ecdsa_with_SHA256;
}

static bool
cert_key_is_allowed(const EVP_PKEY *pkey)
{
	return evp_pkey_is_p256(pkey) ||
	    (EVP_PKEY_is_a(pkey, "RSA") && EVP_PKEY_get_bits(pkey) == 2048);
}

X509 *
cert_issuer(const struct cert *c, const struct cert_pins *pins)
{
	/* Neither the certificate nor the pins change: who made it, made it. */
	if (c->maker->pins_id == pins->id)
		return c->maker->ca;
	for (size_t i = 0; i < pins->n; i++) {
		EVP_PKEY *key = X509_get0_pubkey(pins->ca[i]);
		if (X509_verify(c->x509, key) == 1) {
			ERR_clear_error();
			*c->maker = (struct cert_maker){ pins->id, pins->ca[i] };
			return pins->ca[i];
		}
	}
	ERR_clear_error(); /* other generations' failures are no faults */
	return NULL;
}

/* Critical extensions that we check ourselves; any other refuses. RFC 5280 4.2 */
static bool
cert_knows_critical(const X509 *x)
{
	for (int i = 0; i < X509_get_ext_count(x); i++) {
		X509_EXTENSION *e = X509_get_ext(x, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(e));
		if (X509_EXTENSION_get_critical(e) && nid != NID_key_usage &&
		    nid != NID_basic_constraints && nid != NID_certificate_policies)
			return false;
	}
	return true;
}

static bool
cert_has_policy(const X509 *x, const ASN1_OBJECT *policy)
{
	bool found = false;
	int crit = 0;
	CERTIFICATEPOLICIES *ps = X509_get_ext_d2i(x, NID_certificate_policies, &crit, NULL);
	for (int i = 0; i < sk_POLICYINFO_num(ps); i++)
		found = found || OBJ_cmp(sk_POLICYINFO_value(ps, i)->policyid, policy) == 0;
	CERTIFICATEPOLICIES_free(ps);
	return found;
}

/*
 * 利用者証明用: digitalSignature alone. A 署名用 certificate carries nonRepudiation as
 * well and must not log anybody in.
 */
static bool
cert_has_profile(const struct cert *c, const ASN1_OBJECT *policy)
{
	X509 *x = c->x509;
	const X509_ALGOR *alg = NULL;
	X509_get0_signature(NULL, &alg, x);
	return cert_alg_is_allowed(alg) && cert_key_is_allowed(c->key) && cert_knows_critical(x) &&
	    !(X509_get_extension_flags(x) & EXFLAG_CA) &&
	    (X509_get_extension_flags(x) & EXFLAG_KUSAGE) &&
	    X509_get_key_usage(x) == KU_DIGITAL_SIGNATURE && cert_has_policy(x, policy);
}

/* *ret_until_ms: its last instant. */
static int
cert_check_time(const X509 *x, int64_t now_ms, int64_t *ret_until_ms, struct err *err)
{
	int64_t from = 0, until = 0;
	int r = cert_time_ms(X509_get0_notBefore(x), &from, err);
	if (r == 0)
		r = cert_time_ms(X509_get0_notAfter(x), &until, err);
	if (r)
		return err_trace(err, r, "cert_check_time");
	*ret_until_ms = until + 999;
	if (now_ms < from)
		return CERT_E_NOT_YET;
	return now_ms > *ret_until_ms ? CERT_E_EXPIRED : 0;
}

int
cert_check(const struct cert *c, const struct cert_pins *pins, int64_t now_ms,
    uint8_t ret_issuer[CERT_KEY_HASH_BYTES], int64_t *ret_until_ms, struct err *err)
{
	int64_t leaf_ms = 0, ca_ms = 0;
	X509 *ca = cert_issuer(c, pins);
	/* By key first; then the name must be that CA's too. RFC 5280 6.1.3 (a)(4) */
	if (ca == NULL ||
	    X509_NAME_cmp(X509_get_issuer_name(c->x509), X509_get_subject_name(ca)) != 0)
		return CERT_E_UNKNOWN_ISSUER;
	bool profile = cert_has_profile(c, pins->policy);
	ERR_clear_error();
	if (!profile)
		return CERT_E_WRONG_PROFILE;
	int r = cert_check_time(c->x509, now_ms, &leaf_ms, err);
	if (r == 0)
		r = cert_check_time(ca, now_ms, &ca_ms, err);
	if (r)
		return err_trace(err, r, "cert_check");
	uint8_t *spki = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(ca), &spki);
	evp_must(n);
	sha256(spki, (size_t)n, ret_issuer);
	OPENSSL_free(spki);
	if (ret_until_ms != NULL)
		*ret_until_ms = leaf_ms < ca_ms ? leaf_ms : ca_ms;
	return 0;
}

int
cert_verify_digest(const struct cert *c, const uint8_t digest[32], const void *sig,
    size_t sig_bytes, struct err *err)
{
	EVP_PKEY *pkey = c->key;
	bool is_rsa = EVP_PKEY_is_a(pkey, "RSA");
	if (!cert_key_is_allowed(pkey))
		return CERT_E_WRONG_PROFILE;
	if (sig_bytes == 0 || sig_bytes > CERT_SIG_MAX_BYTES)
		return CERT_E_BAD_SIGNATURE;
	AUTO(EVP_PKEY_CTX) EVP_PKEY_CTX *x = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	if (x == NULL || EVP_PKEY_verify_init(x) <= 0 ||
	    EVP_PKEY_CTX_set_signature_md(x, evp_sha256()) <= 0 ||
	    (is_rsa && EVP_PKEY_CTX_set_rsa_padding(x, RSA_PKCS1_PADDING) <= 0)) {
		ERR_clear_error();
		return err_raise(err, FAULT_INTERNAL, "verifier", 0);
	}
	int r = EVP_PKEY_verify(x, sig, sig_bytes, digest, 32);
	ERR_clear_error();
	return r == 1 ? 0 : CERT_E_BAD_SIGNATURE;
}
