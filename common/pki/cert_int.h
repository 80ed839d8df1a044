/* SPDX-License-Identifier: Apache-2.0 */
/* cert_int - what the files that know certificates share. */
#pragma once
#include "pki/cert.h"

#include <openssl/crypto.h>
#include <openssl/x509.h>

enum { CERT_MAX_PINS = 16 };

struct cert_pins {
	uint64_t id; /* no other's of this process; from 1 */
	size_t n;
	X509 *ca[CERT_MAX_PINS];
	ASN1_OBJECT *policy;
};
/* Who was found to have signed a certificate: it is asked for several times in one session. */
struct cert_maker {
	uint64_t pins_id; /* 0 = not found yet */
	X509 *ca;         /* of those pins, which keep it */
};
struct cert {
	X509 *x509;    /* does not know its key: cert_parse() */
	EVP_PKEY *key; /* the subject's */
	uint8_t hash[32];
	struct cert_maker *maker; /* one thread's at a time, as all of it */
};

/* The pinned CA whose key signed @c; NULL for none. */
X509 *cert_issuer(const struct cert *c, const struct cert_pins *pins);
/*
 * What this thread parses from here to cert_keys_read() keeps its keys as the bits that they came
 * as: to read one on the way the library looks through all its decoders, twenty times as long as
 * for the rest of a certificate.
 */
OSSL_LIB_CTX *cert_keys_unread(void);
void cert_keys_read(OSSL_LIB_CTX *was);
/* SHA-256 with RSA or with ECDSA; nothing else is in use. */
bool cert_alg_is_allowed(const X509_ALGOR *alg);
/* Milliseconds since 1970 of the start of that second. 0 or FAULT_BAD_INPUT. */
MUST_USE int cert_time_ms(const ASN1_TIME *t, int64_t *ret, struct err *err);
