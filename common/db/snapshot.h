/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db/snapshot - a replication slot and, at its very start, the snapshot of all
 * rows: what a first load needs so that nothing is missed or sent twice.
 */
#pragma once
#include "db/db.h"

enum { SNAPSHOT_NAME_MAX = 63 };

struct db_slot_snapshot;
/*
 * Makes the slot (pgoutput) anew; an old one of that name is dropped unless
 * somebody reads from it (FAULT_UNAVAILABLE). @slot: [a-z0-9_]{1,63}, else
 * FAULT_CONFIG. The snapshot lives until db_slot_snapshot_close(); the slot
 * stays. *ret_lsn: changes after it come by the slot.
 */
MUST_USE int db_slot_snapshot_open(const char *conninfo, const char *slot,
    struct db_slot_snapshot **ret, uint64_t *ret_lsn, struct err *err);
void db_slot_snapshot_close(struct db_slot_snapshot *s); /* NULL is fine */
/* On another connection: a read-only transaction that sees exactly that. 0 or a fault. */
MUST_USE int db_begin_at(struct db *db, const struct db_slot_snapshot *s, struct err *err);
