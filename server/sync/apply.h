/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apply - one batch into the replica, in one transaction with its position.
 * Coordinates batch, record and apply_decide with the database.
 */
#pragma once
#include "db/db.h"
#include "domain/vault.h"
#include "server/sync/apply_decide.h"
#include "server/sync/batch.h"
#include "server/sync/sync.h"

enum { APPLY_TRIES = 5 /* of a transaction that met a lock cycle */ };

struct apply_source {
	struct apply_position at;
	char source[SYNC_SOURCE_MAX_BYTES + 1];
	uint8_t session[SYNC_SESSION_BYTES];
	bool has_session;
};
/* How far the stream came. Returns 0, SYNC_E_NOT_LOADED or a fault. */
MUST_USE int apply_position_read(struct db *db, struct apply_source *ret, struct err *err);
/*
 * Opens a session: a batch or beat of any earlier one is refused from then on.
 * As apply_position_read() else.
 */
MUST_USE int apply_session_open(struct db *db, const uint8_t session[SYNC_SESSION_BYTES],
    struct apply_source *ret, struct err *err);
/* What came with a batch or a beat. */
struct apply_made;
struct apply_set;
struct apply_sender {
	uint8_t session[SYNC_SESSION_BYTES];
	int64_t now_ms;
	const struct apply_made *made; /* of the batch's rows; NULL: not yet */
	struct apply_set *
	    *ready;   /* of apply_set_of(), taken over; NULL or of NULL: there is none */
	bool follows; /* as far as can be told, the one before it was just applied */
};
struct apply_done {
	int64_t seq; /* ours afterwards; with SYNC_E_GAP the number we wait for */
	uint8_t hash[BATCH_HASH_BYTES];
	unsigned n_records; /* applied; 0 for a replay */
	unsigned n_parked;
	bool told;    /* something waits for the center */
	bool stopped; /* this batch stopped the municipality */
};
/*
 * Applies @b, whose hash as sent is @hash. Returns 0 when it is committed (now
 * or by an earlier try), SYNC_E_SESSION, SYNC_E_GAP, SYNC_E_EPOCH, SYNC_E_NOT_LOADED,
 * SYNC_E_EQUIVOCATION (the municipality is stopped), or a fault: then nothing
 * was committed, or, with FAULT_UNAVAILABLE, it is unknown and the same batch
 * must come again. *ret_done is filled in for 0 and SYNC_E_GAP.
 */
MUST_USE int apply_batch(struct db *db, const struct vault *v, const struct batch *b,
    const uint8_t hash[BATCH_HASH_BYTES], const struct apply_sender *from,
    struct apply_done *ret_done, struct err *err);
/* Marks the municipality stopped, unless it is already. @code: a literal. */
MUST_USE int apply_stop(struct db *db, const char *code, struct err *err);
/*
 * The lease. Returns 0, SYNC_E_GAP (the beat is ahead of us; it is stored, so
 * that nothing is issued), SYNC_E_EPOCH, SYNC_E_NOT_LOADED, SYNC_E_SKEW,
 * SYNC_E_SESSION, SYNC_E_EQUIVOCATION (stopped), or a fault. *ret_seq is ours (0, SYNC_E_GAP).
 */
MUST_USE int apply_beat(struct db *db, const struct beat *b, const struct apply_sender *from,
    int64_t *ret_seq, struct err *err);
