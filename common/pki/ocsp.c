/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate status by OCSP (RFC 6960, nonce: RFC 9654). Everything doubtful is "unknown". */
#include "base/rand.h"
#include "pki/cert_int.h"
#include "pki/evp.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <string.h>

enum {
	OCSP_SKEW_MS = 60 * 1000,     /* between the responder's clock and ours */
	OCSP_AGE_MS = 10 * 60 * 1000, /* an answer to our nonce was made just now */
	OCSP_DELEGATES = 8            /* remembered at once; a CA has one or two */
};

static inline void
OCSP_REQUEST_freep(OCSP_REQUEST **p)
{
	OCSP_REQUEST_free(*p);
}
static inline void
OCSP_RESPONSE_freep(OCSP_RESPONSE **p)
{
	OCSP_RESPONSE_free(*p);
}
static inline void
OCSP_BASICRESP_freep(OCSP_BASICRESP **p)
{
	OCSP_BASICRESP_free(*p);
}
static inline void
OCSP_CERTID_freep(OCSP_CERTID **p)
{
	OCSP_CERTID_free(*p);
}
static inline void
X509_STORE_freep(X509_STORE **p)
{
	X509_STORE_free(*p);
}

/* A request with our nonce; with no certificate it serves to compare nonces. */
static OCSP_REQUEST *
ocsp_with_nonce(const uint8_t nonce[16])
{
	uint8_t copy[16];
	memcpy(copy, nonce, sizeof(copy));
	OCSP_REQUEST *q = OCSP_REQUEST_new();
	evp_must(q != NULL && OCSP_request_add1_nonce(q, copy, sizeof(copy)));
	return q;
}

int
ocsp_request(struct arena *a, const struct cert *c, const struct cert_pins *pins,
    uint8_t ret_nonce[16], uint8_t **ret, size_t *ret_bytes, struct err *err)
{
	uint8_t nonce[16], *der = NULL;
	X509 *ca = cert_issuer(c, pins);
	if (ca == NULL)
		return CERT_E_UNKNOWN_ISSUER;
	rand_bytes(nonce, sizeof(nonce));
	AUTO(OCSP_REQUEST) OCSP_REQUEST *q = ocsp_with_nonce(nonce);
	OCSP_CERTID *id = OCSP_cert_to_id(evp_sha256(), c->x509, ca);
	evp_must(id != NULL && OCSP_request_add0_id(q, id) != NULL);
	int n = i2d_OCSP_REQUEST(q, &der);
	if (n <= 0) {
		ERR_clear_error();
		return err_raise(err, FAULT_INTERNAL, "request", n);
	}
	*ret = arena_memdup(a, der, (size_t)n);
	*ret_bytes = (size_t)n;
	OPENSSL_free(der);
	memcpy(ret_nonce, nonce, sizeof(nonce));
	return 0;
}

/* The answer inside a successful response, with nothing behind it; its certificates without keys
 * unless @keys. */
static OCSP_BASICRESP *
ocsp_parse(const void *der, size_t bytes, bool keys)
{
	const uint8_t *p = der;
	if (bytes == 0 || bytes > OCSP_MAX_BYTES)
		return NULL;
	AUTO(OCSP_RESPONSE) OCSP_RESPONSE *r = d2i_OCSP_RESPONSE(NULL, &p, (long)bytes);
	if (r == NULL || p != (const uint8_t *)der + bytes ||
	    OCSP_response_status(r) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
		return NULL;
	if (keys)
		return OCSP_response_get1_basic(r);
	OSSL_LIB_CTX *was = cert_keys_unread();
	OCSP_BASICRESP *b = OCSP_response_get1_basic(r);
	cert_keys_read(was);
	return b;
}

/*
 * Signed by this very CA's key, or by a delegate that it marked for OCSP and that is
 * valid now (RFC 6960 4.2.2.2). The store holds that one CA: another generation of the
 * same name cannot be picked.
 */
static bool
ocsp_is_authentic(OCSP_BASICRESP *b, X509 *ca, int64_t now_ms)
{
	AUTO(X509_STORE) X509_STORE *store = X509_STORE_new();
	evp_must(store != NULL && X509_STORE_add_cert(store, ca));
	X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), (time_t)(now_ms / 1000));
	STACK_OF(X509) *with = sk_X509_new_null();
	evp_must(with != NULL && sk_X509_push(with, ca));
	bool good = cert_alg_is_allowed(OCSP_resp_get0_tbs_sigalg(b)) &&
	    OCSP_basic_verify(b, with, store, OCSP_NOEXPLICIT) == 1;
	sk_X509_free(with);
	return good;
}

/*
 * Delegates that were found to be a CA's, for as long as both are valid: a responder signs with
 * the same one all day, and to follow its chain takes longer than all else about an answer.
 */
static struct ocsp_delegate {
	X509 *ca, *x509; /* NULL = a free place */
	uint8_t hash[SHA256_BYTES];
	int64_t from_ms, until_ms;
} delegates[OCSP_DELEGATES];
static unsigned delegates_next;
static pthread_mutex_t delegates_lock = PTHREAD_MUTEX_INITIALIZER;

/* The one certificate that came with the answer; NULL for none or several. */
static X509 *
ocsp_own_cert(const OCSP_BASICRESP *b)
{
	const STACK_OF(X509) *certs = OCSP_resp_get0_certs(b);
	return sk_X509_num(certs) == 1 ? sk_X509_value(certs, 0) : NULL;
}

static void
x509_hash(const X509 *x, uint8_t out[SHA256_BYTES])
{
	uint8_t *der = NULL;
	int n = i2d_X509(x, &der);
	evp_must(n);
	sha256(der, (size_t)n, out);
	OPENSSL_free(der);
}

/* The remembered one of that CA, the same to the last bit, and valid now: the caller's to free. */
static X509 *
delegate_find(X509 *ca, const uint8_t hash[SHA256_BYTES], int64_t now_ms)
{
	X509 *found = NULL;
	(void)pthread_mutex_lock(&delegates_lock);
	for (size_t i = 0; found == NULL && i < OCSP_DELEGATES; i++) {
		const struct ocsp_delegate *d = &delegates[i];
		if (d->x509 != NULL && d->ca == ca && now_ms >= d->from_ms &&
		    now_ms < d->until_ms && memcmp(d->hash, hash, sizeof(d->hash)) == 0)
			found = d->x509;
	}
	if (found != NULL)
		evp_must(X509_up_ref(found));
	(void)pthread_mutex_unlock(&delegates_lock);
	return found;
}

static bool
x509_narrows(const X509 *x, int64_t *from_ms, int64_t *until_ms)
{
	int64_t from = 0, until = 0;
	if (cert_time_ms(X509_get0_notBefore(x), &from, NULL) != 0 ||
	    cert_time_ms(X509_get0_notAfter(x), &until, NULL) != 0)
		return false;
	*from_ms = from > *from_ms ? from : *from_ms;
	*until_ms = until < *until_ms ? until : *until_ms;
	return true;
}

/*
 * Whose signature ocsp_is_authentic() has checked: the CA first, then what came with the answer.
 * A certificate beside a CA's own answer has signed nothing, whatever its name is.
 */
static X509 *
ocsp_signer(OCSP_BASICRESP *b, X509 *ca)
{
	X509 *signer = NULL;
	STACK_OF(X509) *with = sk_X509_new_null();
	evp_must(with != NULL && sk_X509_push(with, ca));
	int found = OCSP_resp_get0_signer(b, &signer, with);
	sk_X509_free(with);
	return found == 1 ? signer : NULL;
}

/* @b was found authentic; the oldest makes room. */
static void
delegate_remember(OCSP_BASICRESP *b, X509 *ca)
{
	struct ocsp_delegate d = { .ca = ca, .x509 = ocsp_own_cert(b), .until_ms = INT64_MAX };
	if (d.x509 == NULL || ocsp_signer(b, ca) != d.x509 ||
	    !x509_narrows(ca, &d.from_ms, &d.until_ms) ||
	    !x509_narrows(d.x509, &d.from_ms, &d.until_ms))
		return;
	x509_hash(d.x509, d.hash);
	evp_must(X509_up_ref(d.x509) && X509_up_ref(d.ca));
	(void)pthread_mutex_lock(&delegates_lock);
	struct ocsp_delegate *at = &delegates[delegates_next++ % OCSP_DELEGATES];
	struct ocsp_delegate was = *at;
	*at = d;
	(void)pthread_mutex_unlock(&delegates_lock);
	X509_free(was.x509);
	X509_free(was.ca);
}

/* Signed by a delegate that is remembered: its chain has been followed, its signature is checked.
 */
static bool
ocsp_is_by_delegate(OCSP_BASICRESP *b, X509 *ca, int64_t now_ms)
{
	uint8_t hash[SHA256_BYTES];
	const X509 *own = ocsp_own_cert(b);
	if (own == NULL || !cert_alg_is_allowed(OCSP_resp_get0_tbs_sigalg(b)))
		return false;
	x509_hash(own, hash);
	X509 *known = delegate_find(ca, hash, now_ms);
	if (known == NULL)
		return false;
	STACK_OF(X509) *with = sk_X509_new_null();
	evp_must(with != NULL && sk_X509_push(with, known));
	bool good = OCSP_basic_verify(b, with, NULL, OCSP_TRUSTOTHER | OCSP_NOINTERN) == 1;
	sk_X509_free(with);
	X509_free(known);
	return good;
}

/* As @b without keys has it, or, read once more with them, by its chain. */
static bool
ocsp_is_signed(OCSP_BASICRESP *b, const void *der, size_t bytes, X509 *ca, int64_t now_ms)
{
	if (ocsp_is_by_delegate(b, ca, now_ms))
		return true;
	AUTO(OCSP_BASICRESP) OCSP_BASICRESP *whole = ocsp_parse(der, bytes, true);
	if (whole == NULL || !ocsp_is_authentic(whole, ca, now_ms))
		return false;
	delegate_remember(whole, ca);
	return true;
}

static bool
ocsp_has_nonce(OCSP_BASICRESP *b, const uint8_t nonce[16])
{
	AUTO(OCSP_REQUEST) OCSP_REQUEST *q = ocsp_with_nonce(nonce);
	return OCSP_check_nonce(q, b) == 1;
}

static bool
ocsp_time_is_near(const ASN1_GENERALIZEDTIME *t, int64_t now_ms)
{
	int64_t at = 0;
	return cert_time_ms(t, &at, NULL) == 0 && at <= now_ms + OCSP_SKEW_MS &&
	    at >= now_ms - OCSP_AGE_MS;
}

/* thisUpdate may be older than the answer where a next one is promised. RFC 6960 4.2.2.1 */
static bool
ocsp_is_fresh(OCSP_BASICRESP *b, const ASN1_GENERALIZEDTIME *this_update,
    const ASN1_GENERALIZEDTIME *next_update, int64_t now_ms)
{
	int64_t from = 0, until = 0;
	if (!ocsp_time_is_near(OCSP_resp_get0_produced_at(b), now_ms))
		return false;
	if (next_update == NULL)
		return ocsp_time_is_near(this_update, now_ms);
	return cert_time_ms(this_update, &from, NULL) == 0 &&
	    cert_time_ms(next_update, &until, NULL) == 0 && from <= now_ms + OCSP_SKEW_MS &&
	    until >= now_ms && from < until;
}

static int
ocsp_outcome(int status, int reason)
{
	if (status == V_OCSP_CERTSTATUS_GOOD)
		return 0;
	if (status != V_OCSP_CERTSTATUS_REVOKED)
		return CERT_E_STATUS_UNKNOWN;
	return reason == OCSP_REVOKED_STATUS_CERTIFICATEHOLD ? CERT_E_ON_HOLD : CERT_E_REVOKED;
}

/* The status of exactly our certificate, alone in the answer. */
static int
ocsp_status(OCSP_BASICRESP *b, const struct cert *c, X509 *ca, int64_t now_ms)
{
	int status = -1, reason = -1;
	ASN1_GENERALIZEDTIME *since = NULL, *this_update = NULL, *next_update = NULL;
	AUTO(OCSP_CERTID) OCSP_CERTID *id = OCSP_cert_to_id(evp_sha256(), c->x509, ca);
	evp_must(id != NULL);
	if (OCSP_resp_count(b) != 1 ||
	    OCSP_resp_find_status(b, id, &status, &reason, &since, &this_update, &next_update) !=
		1 ||
	    !ocsp_is_fresh(b, this_update, next_update, now_ms))
		return CERT_E_STATUS_UNKNOWN;
	return ocsp_outcome(status, reason);
}

int
ocsp_read(const void *der, size_t bytes, const struct cert *c, const struct cert_pins *pins,
    const uint8_t nonce[16], int64_t now_ms, struct err *err)
{
	(void)err;
	int r = CERT_E_STATUS_UNKNOWN;
	X509 *ca = cert_issuer(c, pins);
	AUTO(OCSP_BASICRESP) OCSP_BASICRESP *b = ocsp_parse(der, bytes, false);
	if (ca != NULL && b != NULL && ocsp_has_nonce(b, nonce) &&
	    ocsp_is_signed(b, der, bytes, ca, now_ms))
		r = ocsp_status(b, c, ca, now_ms);
	ERR_clear_error();
	return r;
}
