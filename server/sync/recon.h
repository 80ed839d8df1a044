/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recon - the replica's side of reconciliation (docs/PROTOCOL.md section 6):
 * what stands here of each person, as sums that the agent compares with the
 * register's, and mending of who differs. Everything is opened and counted
 * anew: nothing is trusted because it was stored once.
 */
#pragma once
#include "db/db.h"
#include "domain/tally.h"
#include "domain/vault.h"
#include "wire/js.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	RECON_PAGE = 500,
	RECON_SCAN_MS = 1000,    /* one look of recon_scan() */
	RECON_IDLE_MS = 600000,  /* a run nobody asks about may be dropped for another */
	RECON_MAX_RECORDS = 256, /* of one person */
	RECON_TOKEN_BYTES = 48,
	RECON_BLOCK_SOURCE = 3,
	RECON_ALL_KINDS = 1 << DOC_JUMINHYO | 1 << DOC_INKAN | 1 << DOC_KISAI,
};

/* What stands here of one person, all from one snapshot. */
struct recon_person {
	struct person_ref ref;
	bool known;
	bool held;            /* parked, or blocked by reconciliation */
	bool broken;          /* rows that do not open, or do not fit together */
	const char *atena_no; /* in the arena; NULL: nothing that tells it opens */
	struct tally_sum sum; /* zeros: not a registered resident here */
	uint8_t household[16];
	char token[RECON_TOKEN_BYTES]; /* of this state: another once anything of them changed */
};
/* By number. Returns 0 or a fault. */
MUST_USE int recon_read(struct db *db, const struct vault *v, const struct tally_key *k,
    struct arena *a, const char *atena_no, struct recon_person *ret, struct err *err);

/* One reconciliation: the sums of everybody, page by page. */
struct recon_run {
	struct tally_key key;
	struct tally all;
	struct person_ref after;
	bool done;
	uint64_t n_unplaced; /* whose rows tell no number: parked on the way */
};
void recon_run_done(struct recon_run *run);
/* Goes on for about RECON_SCAN_MS; run->done at the end. Returns 0 or a fault. */
MUST_USE int recon_scan(
    struct db *db, const struct vault *v, struct recon_run *run, struct err *err);

/* --- recon_settled.c --- */
/* By the database's clock. 0 or a fault. */
MUST_USE int recon_begin(struct db *db, int64_t *ret_ms, struct err *err);
/*
 * The agent's last word of a run that began then. *ret: nobody is open, so that a stop of before
 * @begun_ms may be lifted (kofu-server resume). 0 or a fault.
 */
MUST_USE int recon_settled(
    struct db *db, int64_t begun_ms, int64_t open, bool *ret, struct err *err);

/* --- recon_mend.c --- */
enum recon_outcome {
	RECON_DONE = 1171, /* blocked; or mended: what stands here counts as the register's now */
	RECON_MOVED,       /* something of them changed since the token: look again */
	RECON_DIFFERS,     /* what was sent does not come to the sum that was sent: still blocked */
	RECON_UNREADABLE,  /* a record that cannot be read: still blocked */
	RECON_CARD_HELD,   /* somebody else here holds one of the cards: still blocked */
};
struct recon_order {
	const char *atena_no, *token;
	struct tally_sum sum;
	const json_t *records; /* NULL: only block them. Empty: the register does not know them */
};
struct recon_mend {
	struct db *db;
	const struct vault *vault;
	const struct tally_key *key;
	int64_t now_ms;
	bool told;                     /* the center must hear something */
	char token[RECON_TOKEN_BYTES]; /* afterwards, with RECON_DONE */
};
/*
 * One person in one transaction. Returns 0 with *ret_outcome, or a fault:
 * nothing was done then, or with FAULT_UNAVAILABLE it is not known.
 */
MUST_USE int recon_mend(struct recon_mend *m, const struct recon_order *o,
    enum recon_outcome *ret_outcome, struct err *err);
