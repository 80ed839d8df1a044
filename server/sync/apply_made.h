/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apply_made - what a batch's rows of residents become in the replica, as far as the data key
 * alone tells: made before the batch's turn comes, while the one before it is being written.
 */
#pragma once
#include "domain/search.h"
#include "server/sync/apply_person.h"
#include "server/sync/batch.h"

struct made_row {
	bool there;
	struct person_ref ref;
	uint8_t household[SUBJECT_BYTES];
	unsigned n_keys;
	struct vault_hash keys[SEARCH_MAX_KEYS];
	size_t sealed_at, sealed_bytes; /* see apply_made_sealed() */
};
struct apply_made;
void apply_made_free(struct apply_made *m); /* NULL is fine */
static inline void
apply_made_freep(struct apply_made **m)
{
	apply_made_free(*m);
}
/* Room for @n rows, none of them there; @v lives longer. */
struct apply_made *apply_made_new(const struct vault *v, size_t n);
/* Row @i, a resident's. Returns 0 or FAULT_INTERNAL. */
MUST_USE int apply_made_put(
    struct apply_made *m, size_t i, const struct sync_record *rec, struct err *err);
/* All that were read the quick way; the others come one by one. As apply_made_put(). */
MUST_USE int apply_made_of(
    const struct vault *v, const struct batch *b, struct apply_made **ret, struct err *err);
/* Of the data key that they were sealed under. */
unsigned apply_made_generation(const struct apply_made *m);
const struct made_row *apply_made_row(const struct apply_made *m, size_t i);
/* Lives until the next row is put. */
const uint8_t *apply_made_sealed(const struct apply_made *m, const struct made_row *row);
