/* SPDX-License-Identifier: Apache-2.0 */
/* block - 本人の申出による停止 set at the server itself (source 2). */
#pragma once
#include "db/db.h"
#include "domain/vault.h"

#include <stdbool.h>

enum {
	BLOCK_E_UNKNOWN = 1151, /* nobody of that number is in the replica */
	BLOCK_SOURCE_SERVER = 2,
	BLOCK_TRIES = 5,
};
struct block_order {
	const char *atena_no; /* or */
	const char *setai_no;
	unsigned kinds; /* bits 1 << enum doc_kind */
	bool active;
	int64_t now_ms;
};
/*
 * Returns 0 when it is in force: committed under the lock that every issue
 * takes. BLOCK_E_UNKNOWN, or a fault: then it is not in force.
 */
MUST_USE int block_set(
    struct db *db, const struct vault *v, const struct block_order *o, struct err *err);
