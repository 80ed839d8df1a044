/* SPDX-License-Identifier: Apache-2.0 */
/*
 * retain - erases by itself what the municipality's period is over for: who was
 * removed, with rows, seals and cards, and rows that a newer one replaced. What
 * stays of a person is a tombstone (a keyed hash and the numbers of their
 * histories), so that a late replay cannot raise them; what was erased stands
 * in a chain of hashes without anything personal.
 */
#pragma once
#include "db/db.h"

#include <stdint.h>

enum {
	RETAIN_DEFAULT_DAYS = 1827, /* 5 years */
	RETAIN_PERSONS = 100,       /* of one transaction */
	RETAIN_ROWS = 1000,
};
struct retain_done {
	uint64_t n_persons, n_rows, n_superseded;
};
/*
 * Erases all that is due at @now_ms. Who was removed before we kept the day
 * counts from now on. Returns 0 or a fault; each transaction stands for itself.
 */
MUST_USE int retain_run(
    struct db *db, int64_t days, int64_t now_ms, struct retain_done *ret, struct err *err);
/* Reads the chain from its beginning. Returns 0, or FAULT_INTEGRITY: a row was altered, left out or
 * put in. */
MUST_USE int retain_verify(struct db *db, uint64_t *ret_n, struct err *err);
