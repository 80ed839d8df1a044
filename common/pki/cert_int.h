/* SPDX-License-Identifier: Apache-2.0 */
/* cert_int - what cert.c and ocsp.c share. */
#pragma once
#include "pki/cert.h"

#include <openssl/x509.h>

enum { CERT_MAX_PINS = 16 };

struct cert_pins {
	size_t n;
	X509 *ca[CERT_MAX_PINS];
	ASN1_OBJECT *policy;
};
struct cert {
	X509 *x509;    /* does not know its key: cert_parse() */
	EVP_PKEY *key; /* the subject's */
	uint8_t hash[32];
};

/* The pinned CA whose key signed @c; NULL for none. */
X509 *cert_issuer(const struct cert *c, const struct cert_pins *pins);
/* SHA-256 with RSA or with ECDSA; nothing else is in use. */
bool cert_alg_is_allowed(const X509_ALGOR *alg);
/* Milliseconds since 1970 of the start of that second. 0 or FAULT_BAD_INPUT. */
MUST_USE int cert_time_ms(const ASN1_TIME *t, int64_t *ret, struct err *err);
