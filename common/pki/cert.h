/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert - X.509 certificates of the JPKI (RFC 5280, card profile) and their
 * revocation status by OCSP (RFC 6960).
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CERT_MAX_BYTES = 4096,
	CERT_MAX_SERIAL = 20,
	CERT_SIG_MAX_BYTES = 512,
	CERT_KEY_HASH_BYTES = 32 /* SHA-256 of the issuer's SubjectPublicKeyInfo */
};
/* Outcomes. */
enum {
	CERT_E_UNKNOWN_ISSUER = 301, /* no pinned CA's key made it */
	CERT_E_WRONG_PROFILE =
	    302, /* policy, key usage, CA flag, algorithm: not the certificate of this use */
	CERT_E_NOT_YET = 303,
	CERT_E_EXPIRED = 304,
	CERT_E_BAD_SIGNATURE = 305,
	CERT_E_REVOKED = 306,
	CERT_E_ON_HOLD = 307,
	CERT_E_STATUS_UNKNOWN =
	    308, /* the responder does not know it, or did not answer in a usable way */
};

struct cert_pins; /* the CAs of ONE hierarchy, several generations of one name */
void cert_pins_free(struct cert_pins *p);
DEFINE_AUTO(cert_pins)
/* Loads every *.der / *.pem / *.crt file of a folder (1..16). @policy: dotted OID leaf certificates
 * must carry. 0 or FAULT_CONFIG. */
MUST_USE int cert_pins_load(
    const char *folder, const char *policy, struct cert_pins **ret, struct err *err);
/* SHA-256 over the CAs themselves, in no order and whatever their files are called. */
void cert_pins_digest(const struct cert_pins *p, uint8_t ret[32]);

struct cert; /* a parsed leaf certificate */
void cert_free(struct cert *c);
DEFINE_AUTO(cert)
/* DER, nothing behind it. 0 or FAULT_BAD_INPUT. */
MUST_USE int cert_parse(const void *der, size_t bytes, struct cert **ret, struct err *err);
void cert_hash(const struct cert *c, uint8_t out[32]); /* SHA-256 of the DER */
/* Big-endian serial, at most CERT_MAX_SERIAL bytes. */
size_t cert_serial(const struct cert *c, uint8_t out[CERT_MAX_SERIAL]);
int64_t cert_not_after_ms(const struct cert *c);

/*
 * The leaf was made by one of the pinned CAs' keys (chosen by signature, never
 * by name), has the profile and is valid at @now_ms. Writes the issuer's key
 * hash and, unless NULL, the last instant at which leaf and CA are both valid.
 * Returns 0, CERT_E_*, or a fault.
 */
MUST_USE int cert_check(const struct cert *c, const struct cert_pins *pins, int64_t now_ms,
    uint8_t ret_issuer[CERT_KEY_HASH_BYTES], int64_t *ret_until_ms, struct err *err);
/* RSA-2048 PKCS#1 v1.5 SHA-256 (or ECDSA P-256 DER) over @digest. 0, CERT_E_BAD_SIGNATURE or a
 * fault. */
MUST_USE int cert_verify_digest(const struct cert *c, const uint8_t digest[32], const void *sig,
    size_t sig_bytes, struct err *err);

enum { OCSP_MAX_BYTES = 16384 };
/* A DER request with a nonce for @c; keep @ret_nonce for the answer. */
MUST_USE int ocsp_request(struct arena *a, const struct cert *c, const struct cert_pins *pins,
    uint8_t ret_nonce[16], uint8_t **ret, size_t *ret_bytes, struct err *err);
/*
 * Reads an answer: signature by the CA or its delegate, our nonce, fresh at
 * @now_ms. Returns 0 = good, CERT_E_REVOKED, CERT_E_ON_HOLD,
 * CERT_E_STATUS_UNKNOWN (also for every answer that cannot be trusted).
 */
MUST_USE int ocsp_read(const void *der, size_t bytes, const struct cert *c,
    const struct cert_pins *pins, const uint8_t nonce[16], int64_t now_ms, struct err *err);
