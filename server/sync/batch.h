/* SPDX-License-Identifier: Apache-2.0 */
/* batch - the frame of a batch and of a heartbeat (docs/PROTOCOL.md section 6). */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "base/log.h"
#include "domain/record.h"
#include "wire/js.h"

#include <stdbool.h>
#include <stdint.h>

enum { BATCH_VERSION = 1, BATCH_HASH_BYTES = 32 };
#define BATCH_MAX_NUMBER INT64_C(1000000000000000)

/* One record: read the quick way (domain/record_read.h), or not yet looked into. */
struct batch_row {
	const json_t *json; /* NULL: @rec is it */
	struct sync_record rec;
};
struct batch {
	struct muni_code muni;
	int64_t epoch;
	int64_t seq;
	uint8_t prev[BATCH_HASH_BYTES]; /* hash of batch seq - 1; zeros before the first */
	const char *source;             /* lives as long as the batch */
	int64_t register_ms;
	bool urgent;
	struct batch_row *rows; /* 1..SYNC_MAX_RECORDS */
	size_t n_rows;
	/* Owners of all of it: batch_done(). */
	struct buf text;
	json_t *json, *others;
};
/*
 * Unpacks and parses a body (gzip). Returns 0 or FAULT_BAD_INPUT: the frame is
 * broken, nothing of it may be applied.
 */
MUST_USE int batch_parse(const void *body, size_t bytes, struct batch *ret, struct err *err);
void batch_done(struct batch *b);

struct beat {
	struct muni_code muni;
	int64_t epoch;
	int64_t seq; /* of the newest batch the agent made */
	uint8_t hash[BATCH_HASH_BYTES];
	int64_t at_ms; /* up to here the agent has read everything in the register */
};
MUST_USE int beat_parse(const void *json, size_t bytes, struct beat *ret, struct err *err);
