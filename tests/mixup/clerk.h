/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clerk - changes a city's register as its own system would, waits until the
 * replica has it, and keeps what was true when, so that a paper can be held
 * against what may stand on it: a change that was acknowledged before an order
 * began must show, one that was begun after its end must not.
 */
#pragma once
#include "tests/mixup/plan.h"

struct clerk;
/*
 * Connects to register and replica; ends the program when they are away. What earlier runs
 * changed is in plan.history, which clerk_free() brings up to date.
 */
struct clerk *clerk_new(const struct plan *p, unsigned city);
void clerk_free(struct clerk *c);

enum clerk_change {
	CLERK_MOVE,
	CLERK_BLOCK, /* of the household */
	CLERK_SEAL,
	CLERK_OPT_OUT, /* the person's own */
	CLERK_DEATH,   /* and with it the seal */
	CLERK_STOP,    /* at once, by kofu-server block: past the register and its stream */
	CLERK_CHANGES
};
/*
 * Moves the household; blocks it, has the person opt out, die, be stopped, or takes that back;
 * abolishes the holder's seal or registers another. Returns after the replica has it: the point in
 * the order of things, or 0 when it did not come in time (only possible when faults are injected).
 * Any number of threads at once; one at a time for a household.
 */
uint64_t clerk_change(struct clerk *c, unsigned person, enum clerk_change what);
/* The same until @person is served again, whatever was changed before. */
bool clerk_settle(struct clerk *c, unsigned person);
/*
 * Nobody else changes @person's household until clerk_let_go(); false: somebody does just now. The
 * holder changes it by clerk_change_held().
 */
bool clerk_hold(struct clerk *c, unsigned person);
void clerk_let_go(struct clerk *c, unsigned person);
uint64_t clerk_change_held(struct clerk *c, unsigned person, enum clerk_change what);
bool clerk_settle_held(struct clerk *c, unsigned person);

/* A point in the order of things. */
uint64_t clerk_now(void);
/*
 * The states of @person's household that a look at the register between @from and
 * @to may have seen: the newest that was acknowledged before @from, and those begun
 * before @to. Returns how many (at least 1), at most @max, newest last.
 */
unsigned clerk_states(struct clerk *c, unsigned person, uint64_t from, uint64_t to,
    struct truth_state *ret, unsigned max);
/* Replica through the owner's eyes: one statement. */
void clerk_replica_sql(struct clerk *c, const char *sql);
/*
 * Was anything of that order (in hex) issued, or released and not reported yet, by a commit after
 * the one that brought its persons' newest news? Asked before the next change of theirs.
 */
bool clerk_came_late(struct clerk *c, const char *order);
