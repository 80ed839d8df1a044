/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipe - batches on their way: several at once, so that reading the register,
 * the line and the replica's disk wait for each other no longer. The server
 * applies them in order; they are acknowledged to the caller in order too.
 */
#pragma once
#include "agent/stream/link.h"

#include <stdbool.h>

enum {
	PIPE_E_WAITS = 1031,              /* the oldest is still on its way */
	PIPE_DEPTH = 4,                   /* no more than SYNC_MAX_WAITING of the server's */
	PIPE_MAX_BYTES = 4 * 1024 * 1024, /* packed, all together; one by itself may be larger */
};

struct pipe;
/* @l must outlive it and have a session. Starts PIPE_DEPTH threads. 0 or FAULT_UNAVAILABLE. */
MUST_USE int pipe_open(const struct link *l, struct pipe **ret, struct err *err);
/* Waits for what is on its way (at most LINK_BATCH_TIMEOUT_MS). NULL is fine. */
void pipe_close(struct pipe *p);
/* Back-pressure: false while as much is on its way as may be. */
bool pipe_has_room(struct pipe *p);
/* Takes over @parcel's bytes and sends them. Only when there is room. */
void pipe_put(struct pipe *p, const struct link_parcel *parcel);
/* Readable when one is over since pipe_take() looked last: to wait by, beside other things. */
int pipe_fd(const struct pipe *p);
unsigned pipe_n(struct pipe *p); /* on their way, or not taken yet */
/*
 * The oldest, once it is over; waits at most @wait_ms. Returns 0 (committed at
 * the server, *ret filled in but for its bytes), PIPE_E_WAITS, or as link_post():
 * then all that came after it is of no use either.
 */
MUST_USE int pipe_take(struct pipe *p, int wait_ms, struct link_parcel *ret, struct err *err);
