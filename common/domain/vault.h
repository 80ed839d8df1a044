/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault - one municipality's data key at work: keyed hashes to find rows by,
 * and sealed rows bound to where they belong. Design section 4.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "domain/order.h"
#include "domain/resident.h"
#include "pki/aead.h"
#include "pki/hash.h"

/* Keys derived from the data key by HKDF; wipe with vault_done(). */
struct vault {
	struct muni_code muni;
	uint8_t column_key[AEAD_KEY_BYTES];
	struct hmac_key lookup;
};
void vault_init(struct vault *v, struct muni_code muni, const uint8_t dek[32]);
void vault_done(struct vault *v);

/* Keyed hashes (HMAC-SHA-256, first 16 bytes), each with a label of its own. */
void vault_person_ref(const struct vault *v, const char *atena_no, struct person_ref *ret);
void vault_household(const struct vault *v, const char *setai_no, uint8_t ret[16]);
void vault_card(const struct vault *v, const uint8_t issuer[32], const uint8_t *serial,
    size_t serial_bytes, uint8_t ret[16]);

/* HMAC-SHA-256 of any bytes under a label: further keyed hashes and MACs. */
void vault_mac(
    const struct vault *v, const char *label, const void *p, size_t bytes, uint8_t ret[32]);

/* VAULT_CARD: issuer key hash (32) and serial, to tell the center when its holder leaves. */
enum vault_kind { VAULT_RESIDENT = 1, VAULT_SEAL = 2, VAULT_CARD = 3 };
struct vault_card_row {
	struct person_ref ref;
	uint32_t rireki_no;
	const uint8_t *sealed;
	size_t bytes;
};
/*
 * A row's bytes (resident_encode, seal_row_encode) sealed with additional data
 * (municipality, person, kind, 履歴番号). The result is in the arena,
 * @bytes + AEAD_BOX_OVERHEAD long.
 */
uint8_t *vault_row_seal(const struct vault *v, struct arena *a, enum vault_kind kind,
    const struct person_ref *ref, uint32_t rireki_no, const void *p, size_t bytes);
/*
 * Many rows by one thread: the key is made ready once. @out has room for
 * @bytes + AEAD_BOX_OVERHEAD.
 */
struct vault_sealer;
void vault_sealer_free(struct vault_sealer *s); /* wipes; NULL is fine */
struct vault_sealer *vault_sealer_new(const struct vault *v);
void vault_sealer_row(struct vault_sealer *s, enum vault_kind kind, const struct person_ref *ref,
    uint32_t rireki_no, const void *p, size_t bytes, uint8_t *out);
/* Returns 0, or FAULT_INTEGRITY: altered, or a row of somebody or somewhere else. */
MUST_USE int vault_row_open(const struct vault *v, struct arena *a, enum vault_kind kind,
    const struct person_ref *ref, uint32_t rireki_no, const void *sealed, size_t bytes,
    uint8_t **ret, size_t *ret_bytes, struct err *err);
/*
 * Is @ref the holder of that card? @sealed is the card's row; who finds a person by a card asks
 * this before he believes it. Returns 0, or FAULT_INTEGRITY: another card's row, or another's.
 */
MUST_USE int vault_card_check(const struct vault *v, const struct vault_card_row *row,
    const uint8_t issuer[32], const uint8_t *serial, size_t serial_bytes, struct err *err);
/*
 * Anything else that only this municipality reads, bound to @aad (which says what
 * and where it is); @bytes + AEAD_BOX_OVERHEAD long, in the arena.
 */
uint8_t *vault_box_seal(const struct vault *v, struct arena *a, const void *aad, size_t aad_bytes,
    const void *p, size_t bytes);
/* 0 or FAULT_INTEGRITY. A NUL follows what comes out. */
MUST_USE int vault_box_open(const struct vault *v, struct arena *a, const void *aad,
    size_t aad_bytes, const void *sealed, size_t bytes, uint8_t **ret, size_t *ret_bytes,
    struct err *err);
