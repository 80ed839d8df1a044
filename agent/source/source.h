/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source - where changes of a register come from, transaction by transaction.
 * Each kind of register (pg: logical replication) is one of these.
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	SOURCE_E_IDLE = 1001, /* nothing arrived within the wait; more may be on its way */
	SOURCE_MAX_POSITION_BYTES = 64,
};

enum source_event_kind {
	SOURCE_RECORD = 1, /* one record of the transaction that is open */
	SOURCE_COMMIT = 2, /* the transaction is whole */
	/* Proof, every now and then: all that was committed before at_ms was handed out. */
	SOURCE_CAUGHT_UP = 3,
};
struct source_event {
	enum source_event_kind kind;
	/* SOURCE_RECORD: its JSON (docs/PROTOCOL.md section 6), until the next event. */
	const char *json;
	size_t json_bytes;
	bool urgent; /* negative news, or what may be such */
	/* SOURCE_COMMIT */
	char position[SOURCE_MAX_POSITION_BYTES + 1]; /* after it: go on from here */
	int64_t at_ms; /* commit time in the register; SOURCE_CAUGHT_UP: our own clock */
	bool old;      /* at or before the position that was asked for: the server has it */
};

struct source {
	void *self;
	/*
	 * The next event, waiting at most @wait_ms. Returns 0, SOURCE_E_IDLE,
	 * FAULT_UNAVAILABLE (connection lost), FAULT_BAD_INPUT (the register no
	 * longer looks as agreed, or sent what cannot be), FAULT_INTEGRITY (rows
	 * vanished in a way the stream cannot tell: a new first load is needed).
	 */
	int (*next)(
	    void *self, struct arena *a, int wait_ms, struct source_event *ret, struct err *err);
	/* The server has everything up to @position: the register may forget it. */
	int (*confirm)(void *self, const char *position, struct err *err);
	/* From now on next() returns SOURCE_E_IDLE as soon as @fd is readable; NULL: cannot. */
	void (*wake_by)(void *self, int fd);
	void (*close)(void *self);
};
