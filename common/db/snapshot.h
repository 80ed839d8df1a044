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
 * Makes the slot @slot (pgoutput). Those of earlier first loads, @base and all that pg's naming
 * makes of it (@base_load_<number>), are dropped, unless somebody reads from one
 * (FAULT_UNAVAILABLE): a slot that nobody reads keeps the register's WAL for ever. Both names:
 * [a-z0-9_]{1,63}, else FAULT_CONFIG. The snapshot lives until db_slot_snapshot_close(); the slot
 * stays. *ret_lsn: changes after it come by the slot.
 */
MUST_USE int db_slot_snapshot_open(const char *conninfo, const char *base, const char *slot,
    struct db_slot_snapshot **ret, uint64_t *ret_lsn, struct err *err);
void db_slot_snapshot_close(struct db_slot_snapshot *s); /* NULL is fine */
/* On another connection: a read-only transaction that sees exactly that. 0 or a fault. */
MUST_USE int db_begin_at(struct db *db, const struct db_slot_snapshot *s, struct err *err);
