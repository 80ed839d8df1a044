/* SPDX-License-Identifier: Apache-2.0 */
/* aead - AES-256-GCM (NIST SP 800-38D), 96-bit nonce, 128-bit tag. */
#pragma once
#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

enum { AEAD_KEY_BYTES = 32, AEAD_NONCE_BYTES = 12, AEAD_TAG_BYTES = 16 };
/* Writes @bytes + AEAD_TAG_BYTES into @out. Never reuse a nonce under one key. */
void aead_seal(const uint8_t key[AEAD_KEY_BYTES], const uint8_t nonce[AEAD_NONCE_BYTES],
    const void *aad, size_t aad_bytes, const void *p, size_t bytes, uint8_t *out);
/* @bytes includes the tag; writes @bytes - AEAD_TAG_BYTES. Returns 0 or FAULT_INTEGRITY (output
 * wiped). */
MUST_USE int aead_open(const uint8_t key[AEAD_KEY_BYTES], const uint8_t nonce[AEAD_NONCE_BYTES],
    const void *aad, size_t aad_bytes, const void *p, size_t bytes, uint8_t *out, struct err *err);
/*
 * A sealed column: random nonce ‖ ciphertext ‖ tag, so @bytes + 28 bytes. The
 * additional data binds the row (municipality, resident, kind, version).
 */
enum { AEAD_BOX_OVERHEAD = AEAD_NONCE_BYTES + AEAD_TAG_BYTES };
void aead_box_seal(const uint8_t key[AEAD_KEY_BYTES], const void *aad, size_t aad_bytes,
    const void *p, size_t bytes, uint8_t *out);
/* The same for many boxes under one key, by one thread: the key is made ready once. */
struct aead_sealer;
void aead_sealer_free(struct aead_sealer *s); /* wipes; NULL is fine */
struct aead_sealer *aead_sealer_new(const uint8_t key[AEAD_KEY_BYTES]);
void aead_sealer_box(struct aead_sealer *s, const void *aad, size_t aad_bytes, const void *p,
    size_t bytes, uint8_t *out);
MUST_USE int aead_box_open(const uint8_t key[AEAD_KEY_BYTES], const void *aad, size_t aad_bytes,
    const void *p, size_t bytes, uint8_t *out, struct err *err);
