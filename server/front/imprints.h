/* SPDX-License-Identifier: Apache-2.0 */
/*
 * front/imprints - the version of the imprint (domain/imprint.h) that an order's
 * papers bear, whole, from its snapshot to kofu-seal. A version never changes, so
 * the one asked for last is kept; which one holds, each snapshot says anew.
 */
#pragma once
#include "db/db.h"
#include "domain/imprint.h"
#include <pthread.h>

struct imprints {
	pthread_mutex_t lock;
	struct imprint_row row; /* number 0: nothing is kept; sealed is ours */
	uint8_t *content;
	size_t content_bytes;
};
/* What an order goes on with, all in its arena. */
struct imprints_taken {
	struct imprint_row row;
	const uint8_t *content; /* NULL with number 0: the profile's own */
	size_t content_bytes;
	struct imprint imprint;
};

void imprints_init(struct imprints *i);
void imprints_done(struct imprints *i);
/*
 * The version @number with that @tag, from @pool when it is not kept. 0, FAULT_INTEGRITY (nobody
 * approved such a one: nothing is issued), or the database's.
 */
MUST_USE int imprints_take(struct imprints *i, const struct vault *v, struct db_pool *pool,
    struct arena *a, int64_t number, const uint8_t tag[IMPRINT_TAG_BYTES],
    struct imprints_taken *ret, struct err *err);
