/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apply_decide - what becomes of a batch, and of each record in it. No I/O:
 * what the database knows goes in, what is to be done comes out.
 */
#pragma once
#include "domain/record.h"
#include "server/sync/batch.h"

#include <stdbool.h>
#include <stdint.h>

struct apply_position {
	int64_t epoch;
	int64_t seq;
	uint8_t hash[BATCH_HASH_BYTES];
};
/* Where a numbered thing stands to what was applied. */
enum apply_place {
	APPLY_NEXT = 1,
	APPLY_REPLAY,       /* applied before: answer the same, do nothing */
	APPLY_GAP,          /* something before it is missing */
	APPLY_OTHER_EPOCH,  /* made for another first load */
	APPLY_EQUIVOCATION, /* the same number with other content: stop */
};
struct apply_claim {
	int64_t epoch, seq;
	const uint8_t *hash; /* of the batch itself; of the newest batch for a beat */
	const uint8_t *prev; /* NULL for a beat */
};
/*
 * @past: the hash we applied at (epoch, seq) when seq is at or before ours, NULL
 * when there is none (seq 0 counts as 32 zeros; the caller need not pass it).
 * A beat ahead of ours is APPLY_GAP, one that fits APPLY_REPLAY.
 */
enum apply_place apply_place(
    const struct apply_position *ours, const struct apply_claim *c, const uint8_t *past);

/* What the replica knows before a record. */
struct apply_known {
	bool person;               /* we know this person */
	enum resident_state state; /* then */
	uint32_t newest;           /* 履歴番号 of the record's own history; 0 = none */
	bool parked_unseen;        /* a record about them was parked before we knew them */
	bool card_active;          /* SYNC_CARD: they hold this card now */
	bool card_held;            /* SYNC_CARD: somebody else of this municipality holds it */
};
enum apply_directory { APPLY_TELL_NOTHING, APPLY_CLAIM, APPLY_RELEASE };
struct apply_decision {
	bool store;                /* write the row */
	const char *park;          /* a code: the person is not issuable from now on; NULL = no */
	bool park_holder;          /* so is whoever else holds the card */
	bool stop;                 /* negative news may have been lost: the municipality stops */
	enum apply_directory card; /* the center is told about this card */
	enum apply_directory all_cards; /* ... about every card the person holds */
};
struct apply_decision apply_record(const struct sync_record *r, const struct apply_known *k);

/* True when parking must stop the whole municipality. */
bool apply_stops(const struct sync_unreadable *bad);
