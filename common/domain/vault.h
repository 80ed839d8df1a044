/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault - one municipality's data keys at work: keyed hashes to find rows by,
 * and sealed rows bound to where they belong. Design section 4.
 *
 * There is one data key, or two while it is replaced: generations 1, 2, 3, ... What is
 * written is sealed under one of them, what is read under any that is here. A sealed
 * value begins with a head that names its generation, a keyed hash to find a row by
 * ends with it; those of generation 1 have neither.
 *
 *   head = "kofu" F5 ‖ u8 kind ‖ u16 generation          (bound like the row itself)
 *   hash = AES-256(lookup key of the generation, HMAC(reference key, ...)) ‖ u16 generation
 *
 * The reference key outlives the generations: a person's ref, a household and an actor
 * are hashes under it alone. It is what generation 1 derived it to be. That a hash to find
 * by is a permutation of it lets a row go from one generation to the next unread.
 *
 * Any thread may use a vault while one adds, or drops, generations of it.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "domain/order.h"
#include "domain/resident.h"
#include "pki/aead.h"
#include "pki/hash.h"
#include <stdbool.h>

enum {
	VAULT_MAX_GENERATIONS = 64,
	VAULT_MAX_LIVE = 3, /* at once: two, and one that was dropped a moment ago */
	VAULT_HEAD_BYTES = 8,
	VAULT_MAX_OVERHEAD = VAULT_HEAD_BYTES + AEAD_BOX_OVERHEAD,
	VAULT_HASH_BYTES = 16,
	VAULT_HASH_MAX_BYTES = VAULT_HASH_BYTES + 2,
};

/* Keys derived from one data key by HKDF. */
struct vault_generation {
	int state; /* private: whether the keys are here, and the audit's */
	uint8_t column_key[AEAD_KEY_BYTES];
	uint8_t lookup_key[32];
	uint8_t audit_key[AEAD_KEY_BYTES];
};
/* Wipe with vault_done(). */
struct vault {
	struct muni_code muni;
	uint8_t ref_key[32];
	struct hmac_key ref; /* the same, made ready */
	unsigned write; /* the generation that is written under */
	struct vault_generation generation[VAULT_MAX_GENERATIONS];
};
/* Of a municipality that never replaced its data key: generation 1. */
void vault_init(struct vault *v, struct muni_code muni, const uint8_t dek[32]);
void vault_done(struct vault *v);

/* Made piece by piece. Nothing is found or opened before there is a generation and, where
 * that is not the first, the reference key. */
void vault_begin(struct vault *v, struct muni_code muni);
void vault_put(struct vault *v, unsigned generation, const uint8_t dek[32]);
void vault_put_ref(struct vault *v, const uint8_t key[32]);
void vault_put_audit(struct vault *v, unsigned generation, const uint8_t key[32]);
void vault_write_under(struct vault *v, unsigned generation);
/* Nothing is opened or found under it any more, but for the audit's rows. */
void vault_drop(struct vault *v, unsigned generation);
/* And its keys are gone from memory: some time after vault_drop(), when nobody works with them. */
void vault_forget(struct vault *v, unsigned generation);
bool vault_has(const struct vault *v, unsigned generation);
unsigned vault_writes(const struct vault *v);
/* The generations that are here, the one written under first; returns how many. */
unsigned vault_live(const struct vault *v, unsigned ret[VAULT_MAX_LIVE]);
/* What is kept of a generation that goes. False when it is not here. */
bool vault_audit_key(const struct vault *v, unsigned generation, uint8_t ret[32]);

/* The generation that a value says it was sealed under: 1 without a head. */
unsigned vault_sealed_under(const void *sealed, size_t bytes);

/* Keyed hashes (HMAC-SHA-256, first 16 bytes), each with a label of its own: under the reference
 * key, the same for ever. */
void vault_person_ref(const struct vault *v, const char *atena_no, struct person_ref *ret);
void vault_household(const struct vault *v, const char *setai_no, uint8_t ret[16]);

/* A keyed hash to find a row by, as it is stored. */
struct vault_hash {
	uint8_t b[VAULT_HASH_MAX_BYTES];
	uint8_t bytes; /* 16, or with its generation 18 */
};
void vault_card(const struct vault *v, const uint8_t issuer[32], const uint8_t *serial,
    size_t serial_bytes, struct vault_hash *ret);
/* A further one, under a label. */
void vault_find_by(
    const struct vault *v, const char *label, const void *p, size_t bytes, struct vault_hash *ret);
/* The same hash of another generation. 0, or FAULT_INTEGRITY: no hash, or of a generation that is
 * not here. */
MUST_USE int vault_hash_move(const struct vault *v, const void *hash, size_t bytes,
    unsigned generation, struct vault_hash *ret, struct err *err);
/* What to look for: @h in each generation that is here. As vault_hash_move(). */
struct vault_hashes {
	struct vault_hash of[VAULT_MAX_LIVE];
	unsigned n;
};
MUST_USE int vault_hash_all(
    const struct vault *v, const struct vault_hash *h, struct vault_hashes *ret, struct err *err);
/* Which generation it is of. */
unsigned vault_hash_of(const struct vault_hash *h);
bool vault_hash_equal(const struct vault_hash *a, const struct vault_hash *b);
/* A PostgreSQL bytea[] literal of @n hashes, in the arena. */
const char *vault_hash_literal(struct arena *a, const struct vault_hash *h, unsigned n);

/* HMAC-SHA-256 of any bytes under a label and the reference key: further hashes and MACs. */
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
/* What was sealed, in the arena; at most VAULT_MAX_OVERHEAD longer than what went in. */
struct vault_sealed {
	uint8_t *p;
	size_t bytes;
};
/*
 * A row's bytes (resident_encode, seal_row_encode) sealed with additional data
 * (municipality, person, kind, 履歴番号).
 */
struct vault_sealed vault_row_seal(const struct vault *v, struct arena *a, enum vault_kind kind,
    const struct person_ref *ref, uint32_t rireki_no, const void *p, size_t bytes);
/*
 * Many rows by one thread, all under the generation written under at its beginning: the key is
 * made ready once. @out has room for @bytes + VAULT_MAX_OVERHEAD; returns how many were written.
 */
struct vault_sealer;
void vault_sealer_free(struct vault_sealer *s); /* wipes; NULL is fine */
struct vault_sealer *vault_sealer_new(const struct vault *v);
unsigned vault_sealer_generation(const struct vault_sealer *s);
size_t vault_sealer_row(struct vault_sealer *s, enum vault_kind kind, const struct person_ref *ref,
    uint32_t rireki_no, const void *p, size_t bytes, uint8_t *out);
/* Returns 0, or FAULT_INTEGRITY: altered, a row of somebody or somewhere else, or sealed under a
 * generation that is not here (the trail says so, with its number). */
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
 * and where it is).
 */
struct vault_sealed vault_box_seal(const struct vault *v, struct arena *a, const void *aad,
    size_t aad_bytes, const void *p, size_t bytes);
/* 0 or FAULT_INTEGRITY, as vault_row_open(). A NUL follows what comes out. */
MUST_USE int vault_box_open(const struct vault *v, struct arena *a, const void *aad,
    size_t aad_bytes, const void *sealed, size_t bytes, uint8_t **ret, size_t *ret_bytes,
    struct err *err);
/*
 * The same for the audit's rows: under a key of the generation that is kept for good, as what
 * was written there must never be written again. vault_is_over() tells a box around such a value
 * (server/audit/audit.h) from the value.
 */
struct vault_sealed vault_note_seal(const struct vault *v, struct arena *a, const void *aad,
    size_t aad_bytes, const void *p, size_t bytes);
MUST_USE int vault_note_open(const struct vault *v, struct arena *a, const void *aad,
    size_t aad_bytes, const void *sealed, size_t bytes, uint8_t **ret, size_t *ret_bytes,
    struct err *err);
bool vault_is_over(const void *sealed, size_t bytes);
