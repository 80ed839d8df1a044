/* SPDX-License-Identifier: Apache-2.0 */
/*
 * turn - puts batches of one municipality that arrive at the same time, over
 * several connections, into the order of their numbers. It is about time alone:
 * what may be applied is decided under the database's lock.
 */
#pragma once
#include "base/attr.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	TURN_MAX_WAITING = 8, /* batches of one municipality at once; a further one is refused */
	TURN_WAIT_MS = 5000,  /* for one that another overtook on the line */
};

struct turn;
struct turn *turn_new(void);
void turn_free(struct turn *t); /* nobody may be in it; NULL is fine */
/*
 * Waits until no lower number is being applied. False: too many wait. Else
 * turn_leave() must follow; *ret_until_ms is for turn_again().
 */
MUST_USE bool turn_enter(struct turn *t, int64_t seq, int64_t *ret_until_ms);
/* The one before @seq is missing: waits for any other to be over. False: none was in time. */
MUST_USE bool turn_again(struct turn *t, int64_t seq, int64_t until_ms);
/* Was the one before @seq the newest to be applied? Good for a guess alone. */
bool turn_follows(struct turn *t, int64_t seq);
void turn_leave(struct turn *t, int64_t seq, bool applied);
