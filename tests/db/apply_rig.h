/* SPDX-License-Identifier: Apache-2.0 */
/* apply_rig - an empty replica, and batches as an agent would make them: for tests of the applier.
 */
#pragma once
#include "domain/vault.h"
#include "server/sync/apply.h"
#include "tests/db/dbtest.h"

enum { TEST_EPOCH = 7, NOW_MS = 1000000 };

extern struct apply_rig {
	char conninfo[DBTEST_CONNINFO_BYTES];
	struct db *db;
	struct vault vault;
	struct apply_sender sender;
	bool ready;  /* batches are made ready before their turn, as the stream's end does */
	int64_t seq; /* the chain as an agent would hold it */
	uint8_t prev[BATCH_HASH_BYTES];
} rig;

/* Before and after each test: batches that come as they are; made ready; and asked at once as well.
 */
int rig_begin(void **state);
int rig_begin_ready(void **state);
int rig_begin_asked(void **state);
int rig_end(void **state);
/* A test in each of the three. */
#define RIG_TESTS(f)                                                                               \
	{ #f, f, rig_begin, rig_end, NULL },                                                       \
	    { #f ", made ready", f, rig_begin_ready, rig_end, NULL },                              \
	{                                                                                          \
#f ", asked at once", f, rig_begin_asked, rig_end, NULL                            \
	}

struct sent {
	struct batch batch;
	uint8_t hash[BATCH_HASH_BYTES];
};
/* A batch of @records, comma-separated. */
struct sent make(int64_t epoch, int64_t number, const uint8_t *before, const char *records);
/* Returns apply_batch()'s; the batch is done with. */
int apply_sent(struct sent *s, struct apply_done *done);
/* The next batch of the chain, which must be taken. */
struct apply_done apply_next(const char *records);

/* Texts live until 63 others were printed. */
const char *printed(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
const char *resident(
    const char *atena, int rireki, const char *state, const char *setai, const char *more);
const char *seal(const char *atena, int rireki, const char *state);
const char *card(const char *atena, int rireki, const char *state, const char *serial);
const char *block(const char *member, const char *no, int rireki, bool active);

/* A column of one person. */
const char *of(const char *atena, const char *column);
const char *stopped(void);
const char *count(const char *table);
