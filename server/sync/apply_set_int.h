/* SPDX-License-Identifier: Apache-2.0 */
/* apply_set_int - what apply_set.c, apply_going.c and apply_sealed.c share. */
#pragma once
#include "domain/search.h"
#include "server/sync/apply_decide.h"
#include "server/sync/apply_made.h"
#include "server/sync/apply_person.h"
#include "server/sync/apply_set.h"

enum {
	SET_SLOTS = 8192, /* of the hash tables: more than three times what may stand in them */
	SET_NUMBERS_BYTES = 64 * APPLY_SET_MAX,
	SET_REFS_BYTES = 64 * APPLY_SET_MAX,
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
struct going;
struct sealed;
struct apply_set {
	unsigned n;
	const struct sync_record *rows[APPLY_SET_MAX];
	struct sync_record *copies; /* of rows that do not live so long; NULL = none */
	size_t at[APPLY_SET_MAX];   /* its place in the batch */
	bool stored[APPLY_SET_MAX]; /* decided: it is kept */
	struct going *going;        /* the rows are met; NULL = not yet */
	struct sealed *sealed;      /* the same */
	bool asked;                 /* who only goes on: the statements are on their way */
	bool written;               /* in a queue that may not have been run: freed later */
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

/* What follows from the rows alone, before anything is asked. 0 or FAULT_INTERNAL. */
MUST_USE int apply_set_ready(
    struct apply_set *s, const struct vault *v, const struct apply_made *made, struct err *err);

/* --- apply_going.c: whoever only goes on --- */

/* By their rows in the set; NULL is not returned. */
struct going *going_new(struct apply_set *s);
void going_free(struct going *g); /* NULL is fine */
/* Writes them, behind what is in the queue; @g must live until that was run. */
void going_ask(struct going *g, struct db_queue *queue);
/* After that: says of each whether he did. 0 or FAULT_INTERNAL. */
MUST_USE int going_take(struct going *g, struct err *err);

/* --- apply_sealed.c: the rows as the replica keeps them, and the audit of it --- */

/* All of the set's, as if each of them will be stored. */
struct sealed *sealed_new(const struct apply_set *s);
void sealed_free(struct sealed *d); /* NULL is fine */
/* Those that were decided to be stored, into the queue; as going_ask(). 0 or a fault. */
MUST_USE int sealed_write(struct sealed *d, const struct apply_set *s, const struct apply_run *run,
    struct db_queue *queue, struct err *err);
