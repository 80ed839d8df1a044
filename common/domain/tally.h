/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tally - persons as keyed digests, and digests of ranges of them: by these the
 * register and its replica find in a few steps where they differ, without
 * telling each other more than that (docs/PROTOCOL.md section 6). Both sides
 * count the same: the newest row, the newest seal, every card, the blocks of
 * the person and of the household; only of who is registered.
 *
 * The key is drawn anew for each run, so that nothing of an earlier run can be
 * matched with this one.
 */
#pragma once
#include "domain/record.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	TALLY_KEY_BYTES = 32,
	TALLY_SUM_BYTES = 16,
	TALLY_NUMBER_BYTES = RECORD_MAX_NUMBER_BYTES + 1,
	TALLY_STEP_BITS = 4,
	TALLY_CHILDREN = 1 << TALLY_STEP_BITS,
	TALLY_MAX_BITS = 60,
	TALLY_MAX_PERSONS = 4000000, /* of one municipality */
};

/* One record, or all of a person's added up; zeros = not a registered resident. */
struct tally_sum {
	uint64_t half[2];
};
bool tally_is_zero(const struct tally_sum *s);
bool tally_is_equal(const struct tally_sum *a, const struct tally_sum *b);
void tally_add(struct tally_sum *to, const struct tally_sum *s);
void tally_sum_put(const struct tally_sum *s, uint8_t out[TALLY_SUM_BYTES]);
void tally_sum_take(const uint8_t in[TALLY_SUM_BYTES], struct tally_sum *ret);

struct tally_key {
	uint8_t b[TALLY_KEY_BYTES];
};
/* Rows as resident_encode() and seal_row_encode() write them. */
void tally_row(const struct tally_key *k, enum sync_kind kind, const void *p, size_t bytes,
    struct tally_sum *ret);
/* @card: the issuer's key hash and the serial, one behind the other. */
void tally_card(const struct tally_key *k, const uint8_t *card, size_t bytes, uint32_t rireki_no,
    bool active, struct tally_sum *ret);
void tally_block(const struct tally_key *k, bool of_household, uint32_t rireki_no,
    const struct sync_block *b, struct tally_sum *ret);
/* Whatever @rec is. */
void tally_record(const struct tally_key *k, const struct sync_record *rec, struct tally_sum *ret);

/* A file of 64 hex digits, for an export on both sides. Returns 0 or FAULT_CONFIG. */
MUST_USE int tally_key_load(const char *path, struct tally_key *ret, struct err *err);
/* Where a person stands among all. */
uint64_t tally_place(const struct tally_key *k, const char *atena_no);

struct tally_person {
	uint64_t at;
	struct tally_sum sum;
	char atena_no[TALLY_NUMBER_BYTES];
	uint8_t of[16]; /* the side's own: a ref, a household */
};
struct tally {
	struct tally_person *p;
	size_t n, room;
};
/* A zeroed struct is empty. */
void tally_done(struct tally *t);
/* NULL when there are TALLY_MAX_PERSONS. What it gives is good until the next call. */
struct tally_person *tally_put(struct tally *t, const struct tally_key *k, const char *atena_no);
/* Before the functions below, after the last tally_put(). */
void tally_sort(struct tally *t);
/* By number instead, to be written down: what follows does not find in it any more. */
void tally_sort_by_number(struct tally *t);
/* "number,digest", one a line, by number (it is sorted so). */
void tally_print(struct tally *t, FILE *out);
/* NULL when there is none. */
struct tally_person *tally_find(
    const struct tally *t, const struct tally_key *k, const char *atena_no);

/* All whose place begins with the first @bits (0..TALLY_MAX_BITS) of @prefix. */
struct tally_range {
	uint64_t prefix;
	unsigned bits;
};
/* The part of t->p that it is: [*ret_first, *ret_first + return value). */
size_t tally_range_find(const struct tally *t, struct tally_range r, size_t *ret_first);
struct tally_digest {
	uint64_t n;
	struct tally_sum sum;
};
struct tally_digest tally_range_digest(const struct tally *t, struct tally_range r);
/* The @i-th of its TALLY_CHILDREN parts. */
struct tally_range tally_range_child(struct tally_range r, unsigned i);
