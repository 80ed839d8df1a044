/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit/verify - walks the whole audit: every row opens under the municipality's
 * key with its plain columns, every link follows from the one before, every
 * checkpoint is signed and says what the chain says, the witness's too.
 */
#pragma once
#include "domain/keydir.h"
#include "server/audit/audit.h"

#include <stdio.h>

enum { VERIFY_PAGE = 1000, VERIFY_WAIT_MS = 60 * 1000, VERIFY_MAX_FAULTS = 100 };

struct audit_checkpoint {
	int64_t seq, time_ms;
	uint8_t head[AUDIT_HASH_BYTES];
	int judged; /* keydir_judge() of its key: what is not 0 proves nothing */
};
/* A JWS of kofu-seal for the municipality of @keys. False for any other text. */
bool audit_checkpoint_read(
    const struct keydir *keys, const char *jws, struct audit_checkpoint *ret);

struct verify_conf {
	const struct keydir *keys; /* the municipality's */
	const char *witness;       /* the newest checkpoint as somebody else kept it; NULL = none */
	int64_t now_ms;
};
struct verify_sum {
	int64_t n_rows, n_checkpoints;
	int64_t n_revoked; /* checkpoints that a revoked key signed: they prove nothing any more */
	int64_t last_seq;
	unsigned n_faults;
};
/*
 * Writes a line for each place that is wrong to @out: seq and row, and what it is.
 * @db of a role that reads the audit. 0 (whatever was found) or a fault.
 */
MUST_USE int audit_verify(struct db *db, const struct vault *v, const struct verify_conf *c,
    FILE *out, struct verify_sum *ret, struct err *err);
