/* SPDX-License-Identifier: Apache-2.0 */
/* apply_row - one record into the replica, inside the transaction of its batch. */
#pragma once
#include "db/db.h"
#include "domain/vault.h"
#include "server/sync/batch.h"

#include <stdbool.h>
#include <stdint.h>

struct apply_set;
struct apply_made;
struct apply_run {
	struct db *db;
	const struct vault *vault;
	int64_t epoch, seq;
	int64_t now_ms;
	struct apply_set *set; /* residents' rows that are not written yet */
	struct db_queue *last; /* the transaction's, for what nobody waits for; NULL = none */
	const struct apply_made *made; /* of the rows from @first on; NULL = of none */
	const struct batch_row *first;
	unsigned n_parked;
	bool told;
	const char *stop; /* why the municipality must stop; NULL = it need not */
};
/*
 * Stores the record, or parks whom it is about; a resident's row may wait for
 * more of them, until another kind or apply_row_finish() comes. @row must
 * live so long. Returns 0, DB_E_* (roll back), or a fault.
 */
MUST_USE int apply_row(struct apply_run *run, const struct batch_row *row, struct err *err);
/* After the last: too many parked, and the stop. */
MUST_USE int apply_row_finish(struct apply_run *run, struct err *err);
