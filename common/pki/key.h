/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key - P-256 key pairs in memory or as PEM, and a signer that may as well sit
 * in a token (pki/token.h). Points are uncompressed (65 bytes, 04 first) and
 * always checked to be on the curve. Signatures are r ‖ s (64 bytes, RFC 7518 3.4).
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

enum { KEY_POINT_BYTES = 65, KEY_SIG_BYTES = 64, KEY_ID_BYTES = 8, KEY_SHARED_BYTES = 32 };

struct key; /* a private key; key_free wipes */
void key_free(struct key *k);
DEFINE_AUTO(key)

struct key_id { /* first 8 bytes of SHA-256 of the point */
	uint8_t b[KEY_ID_BYTES];
};
struct key_point {
	uint8_t b[KEY_POINT_BYTES];
};

/* Never NULL. The process ends where a thread's key would be the one before it once more. */
struct key *key_generate(void);
/* PKCS#8 PEM. Returns 0, FAULT_CONFIG (no such file, no P-256 key). */
MUST_USE int key_load(const char *path, struct key **ret, struct err *err);
/* SubjectPublicKeyInfo PEM ("PUBLIC KEY") from memory. Returns 0 or FAULT_CONFIG. */
MUST_USE int key_point_load(const void *pem, size_t bytes, struct key_point *ret, struct err *err);
/* 0 or FAULT_BAD_INPUT when it is no point of the curve. */
MUST_USE int key_point_check(const struct key_point *p, struct err *err);
void key_public(const struct key *k, struct key_point *ret);
void key_id_of(const struct key_point *p, struct key_id *ret);
void key_sign(const struct key *k, const uint8_t digest[32], uint8_t sig[KEY_SIG_BYTES]);
/* 0 or FAULT_INTEGRITY. */
MUST_USE int key_verify(const struct key_point *p, const uint8_t digest[32],
    const uint8_t sig[KEY_SIG_BYTES], struct err *err);
/* ECDH, the x coordinate. 0 or FAULT_BAD_INPUT (bad point). */
MUST_USE int key_agree(const struct key *k, const struct key_point *peer,
    uint8_t shared[KEY_SHARED_BYTES], struct err *err);

/* A key that signs or agrees, wherever it is. The callbacks return 0 or a fault. */
struct key_signer {
	void *self;
	struct key_point point;
	int (*sign)(
	    void *self, const uint8_t digest[32], uint8_t sig[KEY_SIG_BYTES], struct err *err);
};
struct key_agreer {
	void *self;
	struct key_point point;
	int (*agree)(void *self, const struct key_point *peer, uint8_t shared[KEY_SHARED_BYTES],
	    struct err *err);
};
/* Views of a key in memory; valid as long as @k. */
struct key_signer key_as_signer(struct key *k);
struct key_agreer key_as_agreer(struct key *k);
