/* SPDX-License-Identifier: Apache-2.0 */
/*
 * x509 - issuing certificates for the demo world, with OpenSSL directly.
 *
 * Everything is built in C because the openssl command cannot write UTF-8 in a
 * directoryName. All functions end the program on failure.
 */
#pragma once
#include "base/arena.h"
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

EVP_PKEY *x509_key_p256(void);
EVP_PKEY *x509_key_rsa2048(void);
EVP_PKEY *x509_key_read(const char *path);
X509 *x509_read(const char *path);                    /* PEM */
void x509_key_write(const char *path, EVP_PKEY *key); /* PEM, mode 0600 */
void x509_pub_write(const char *path, EVP_PKEY *key); /* PEM */
void x509_write(const char *path, X509 *crt);         /* PEM */
void x509_write_der(const char *path, X509 *crt);

/* @parts: "C", "JP", "O", "...", NULL. C is PrintableString, all others UTF8String. */
X509_NAME *x509_name(const char *const *parts);

/*
 * A version 3 certificate with subject, validity and key, the issuer's name, an SKI and
 * (unless self-issued) an AKI. @issuer NULL is self-signed. @not_before and @not_after in
 * seconds since 1970. Extensions follow with the functions below, then x509_sign().
 */
struct x509_spec {
	const char *const *subject;
	X509 *issuer;
	EVP_PKEY *key;
	const ASN1_INTEGER *serial;
	int64_t not_before_s;
	int64_t not_after_s;
};
X509 *x509_begin(const struct x509_spec *s);
/* An extension as openssl.cnf writes it. */
void x509_ext(X509 *crt, X509 *issuer, int nid, const char *value);
/* issuerAltName or subjectAltName of one directoryName. */
void x509_ext_dirname(X509 *crt, int nid, const char *const *parts);
/* cRLDistributionPoints of one directoryName. */
void x509_ext_crldp(X509 *crt, const char *const *parts);
/* certificatePolicies, critical, of one OID and a CPS address. */
void x509_ext_policy(X509 *crt, const char *oid, const char *cps);
/* SHA-256, by the issuer's key. */
void x509_sign(X509 *crt, EVP_PKEY *issuer_key);

ASN1_INTEGER *x509_serial_random(void); /* 127 bits */
ASN1_INTEGER *x509_serial_of(uint64_t v);
