/* SPDX-License-Identifier: Apache-2.0 */
/* terms_db - the terms that hold at an instant, out of the replica. */
#pragma once
#include "db/db.h"
#include "domain/terms.h"

/*
 * @q (@rows: what it answered): the caller's role's terms_read, one row a kind. What cannot be read
 * is FAULT_INTEGRITY: nothing is issued on terms that nobody set. Else 0, DB_E_RETRY or a fault.
 */
MUST_USE int terms_db_take(const struct db_rows *rows, struct terms *ret, struct err *err);
MUST_USE int terms_db_read(
    struct db *db, const struct db_query *q, int64_t now_ms, struct terms *ret, struct err *err);
