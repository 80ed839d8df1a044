/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpke - RFC 9180 with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM;
 * modes base (no psk) and psk, single message (sequence number 0).
 */
#pragma once
#include "base/err.h"
#include "pki/aead.h"
#include "pki/key.h"

struct hpke_context {
	const void *info;
	size_t info_bytes;
	const void *psk; /* NULL = base mode; else at least 32 bytes */
	size_t psk_bytes;
	const void *psk_id;
	size_t psk_id_bytes;
};

struct hpke_keys {
	uint8_t key[AEAD_KEY_BYTES];
	uint8_t nonce[AEAD_NONCE_BYTES];
};

/*
 * In two steps, for a message that speaks of enc itself (a signature over it).
 * The sender is wiped by its one seal; wipe it where it is not sealed with.
 */
struct hpke_sender {
	struct key_point enc;
	struct hpke_keys keys;
};
/* 0 or FAULT_BAD_INPUT (recipient); *ret is untouched then. */
MUST_USE int hpke_sender_init(const struct key_point *recipient, const struct hpke_context *c,
    struct hpke_sender *ret, struct err *err);
/* Writes @bytes + AEAD_TAG_BYTES into @out. */
void hpke_sender_seal(struct hpke_sender *s, const void *aad, size_t aad_bytes, const void *p,
    size_t bytes, uint8_t *out);

/* Writes enc (the ephemeral point) and @bytes + AEAD_TAG_BYTES into @out. 0 or FAULT_BAD_INPUT
 * (recipient). */
MUST_USE int hpke_seal(const struct key_point *recipient, const struct hpke_context *c,
    const void *aad, size_t aad_bytes, const void *p, size_t bytes, struct key_point *ret_enc,
    uint8_t *out, struct err *err);
/* Writes @bytes - AEAD_TAG_BYTES. 0, FAULT_INTEGRITY (wrong key, psk or data), FAULT_BAD_INPUT
 * (point), or the agreer's fault. */
MUST_USE int hpke_open(const struct key_agreer *recipient, const struct hpke_context *c,
    const struct key_point *enc, const void *aad, size_t aad_bytes, const void *p, size_t bytes,
    uint8_t *out, struct err *err);
