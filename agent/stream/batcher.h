/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batcher - gathers records into batches: a transaction of the register is
 * never split over two, small ones may share one. No I/O, no clock.
 */
#pragma once
#include "base/bytes.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	BATCHER_E_TOO_LARGE = 1011, /* one transaction is more than a batch may be */
	/* One transaction. With what may lie before it, a batch stays within the server's limits.
	 */
	BATCHER_TXN_MAX_RECORDS = 9000,
	BATCHER_TXN_MAX_BYTES = 12 * 1024 * 1024,
	/* A batch goes when it has so much, though more is waiting. */
	BATCHER_FULL_RECORDS = 2000, /* the most that the server writes as one set */
	BATCHER_FULL_BYTES = 2 * 1024 * 1024,
	BATCHER_MAX_AGE_MS = 200,
	BATCHER_POSITION_BYTES = 64,
};

struct batcher {
	struct buf open; /* records of the transaction that is being read, comma-separated */
	unsigned n_open;
	bool open_urgent;
	struct buf ready; /* whole transactions */
	unsigned n_ready;
	bool urgent;
	int64_t since_ms;                          /* since when something is ready */
	char position[BATCHER_POSITION_BYTES + 1]; /* after the last whole transaction */
	int64_t register_ms;                       /* its commit time */
	bool moved;                                /* the position moved, with records or without */
};
void batcher_init(struct batcher *b);
void batcher_done(struct batcher *b);
/* Returns 0 or BATCHER_E_TOO_LARGE. */
MUST_USE int batcher_record(struct batcher *b, const char *json, size_t bytes, bool urgent);
/* The transaction is whole. @old: the server has it already, its records are dropped. */
void batcher_commit(
    struct batcher *b, const char *position, int64_t register_ms, bool old, int64_t now_ms);
/*
 * True when what is ready should go now. @more: the source has more waiting.
 * Urgent news go at once; else waiting is only worth it while more comes in.
 */
bool batcher_is_due(const struct batcher *b, bool more, int64_t now_ms);
/* No further transaction may be added: what is ready must go first. */
bool batcher_is_full(const struct batcher *b);
/* What was ready is on its way. */
void batcher_sent(struct batcher *b);
