/* SPDX-License-Identifier: Apache-2.0 */
/* apply_set_int - what apply_set.c and apply_going.c share. */
#pragma once
#include "domain/search.h"
#include "server/sync/apply_decide.h"
#include "server/sync/apply_made.h"
#include "server/sync/apply_person.h"
#include "server/sync/apply_set.h"

enum {
	SET_SLOTS = 4096, /* of the hash tables: more than three times what may stand in them */
	SET_NUMBERS_BYTES = 64 * 1024,
	SET_REFS_BYTES = 64 * 1024,
};

/* A person as the rows applied so far leave them. */
struct person_now {
	struct person_ref ref;
	struct apply_known known;
	bool was_there;        /* in the replica, before this set */
	bool moved;            /* a row was stored */
	bool back;             /* registered at some time since */
	unsigned n_rows, last; /* of this set, and the newest of them */
	int64_t before;        /* the number before their first */
	bool plain;   /* each of them registered, the next one, in one place of one household */
	bool gone_on; /* and so was the person: they are written */
	uint8_t household[SUBJECT_BYTES]; /* of the newest row */
	int64_t narabi;
	unsigned n_keys; /* of the newest row stored here */
	struct vault_hash keys[SEARCH_MAX_KEYS];
};
struct subject {
	uint8_t hash[SUBJECT_BYTES];
};
struct park {
	const struct person_now *who;
	const char *code;
};
struct apply_set {
	unsigned n;
	struct sync_record rows[APPLY_SET_MAX];
	size_t at[APPLY_SET_MAX];             /* its place in the batch */
	struct person_now *of[APPLY_SET_MAX]; /* whom each row is about */
	struct apply_made *own;               /* of rows that nobody made before; NULL = none */
	const struct apply_made *from[APPLY_SET_MAX];
	unsigned n_persons;
	struct person_now persons[APPLY_SET_MAX];
	uint16_t person_slots[SET_SLOTS]; /* which of them, from 1 on; 0 = none */
	unsigned n_touched;
	struct subject touched[2 * APPLY_SET_MAX]; /* households */
	uint16_t touched_slots[SET_SLOTS];
	unsigned n_parks;
	struct park parks[APPLY_SET_MAX];
};

static inline const struct made_row *
made_of(const struct apply_set *s, unsigned i)
{
	return apply_made_row(s->from[i], s->at[i]);
}
/* Writes whoever only goes on, by their rows in the set, and says so of them. 0, DB_E_* or a fault.
 */
MUST_USE int apply_set_go_on(struct apply_set *s, struct apply_run *run, struct err *err);
