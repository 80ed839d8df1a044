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

enum clerk_change { CLERK_MOVE, CLERK_BLOCK, CLERK_SEAL };
/*
 * Moves the household, changes whether it is blocked, abolishes the holder's seal or
 * registers another; returns after the replica has it. False when it did not come in
 * time (only possible when faults are injected). One at a time a city.
 */
bool clerk_change(struct clerk *c, unsigned person, enum clerk_change what);
/* The same until @person is served again, whatever was changed before. */
bool clerk_settle(struct clerk *c, unsigned person);

/* A point in the order of things. */
uint64_t clerk_now(void);
/*
 * The states of @person's household that a look at the register between @from and
 * @to may have seen: the newest that was acknowledged before @from, and those begun
 * before @to. Returns how many (at least 1), at most @max, newest last.
 */
unsigned clerk_states(struct clerk *c, unsigned person, uint64_t from, uint64_t to,
    struct truth_state *ret, unsigned max);
/* Replica and register through the owner's eyes: one statement. */
void clerk_replica_sql(struct clerk *c, const char *sql);
