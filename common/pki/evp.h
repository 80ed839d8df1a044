/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evp - what the files of this folder share; nobody else includes it. Algorithms are
 * fetched once: an implicit fetch takes a lock at every use.
 */
#pragma once
#include "base/err.h"
#include "pki/hash.h"
#include "pki/key.h"

#include <openssl/evp.h>
#include <stdlib.h>

const EVP_MD *evp_sha256(void);
const EVP_CIPHER *evp_aes256_gcm(void);
const EVP_CIPHER *evp_aes256_ecb(void); /* pki/permute.h alone */

/* For calls that fail only when memory is gone or the library is broken. */
static inline void
evp_must(int worked)
{
	if (worked <= 0)
		abort();
}

/* The public key of a point; NULL when it is none of the curve. */
EVP_PKEY *evp_pkey_from_point(const struct key_point *p);
/* True for an elliptic-curve key on P-256. */
int evp_pkey_is_p256(const EVP_PKEY *pkey);
/* The uncompressed point of a P-256 key. 0 or FAULT_BAD_INPUT. */
MUST_USE int evp_pkey_point(const EVP_PKEY *pkey, struct key_point *ret, struct err *err);

static inline void
EVP_PKEY_freep(EVP_PKEY **p)
{
	EVP_PKEY_free(*p);
}
static inline void
EVP_PKEY_CTX_freep(EVP_PKEY_CTX **p)
{
	EVP_PKEY_CTX_free(*p);
}
static inline void
EVP_MD_CTX_freep(EVP_MD_CTX **p)
{
	EVP_MD_CTX_free(*p);
}
static inline void
EVP_CIPHER_CTX_freep(EVP_CIPHER_CTX **p)
{
	EVP_CIPHER_CTX_free(*p);
}
