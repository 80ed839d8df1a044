/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pg - a register on PostgreSQL, read by logical replication (pgoutput). The
 * slot is all the state there is; a position is an LSN ("0/16B3748").
 */
#pragma once
#include "agent/source/source.h"

struct pg_conf {
	const char *conninfo; /* a role with REPLICATION */
	const char *slot;
	const char *publication;
};
/*
 * Goes on after @position. Returns 0, FAULT_UNAVAILABLE (register away, slot
 * missing or in use by another agent), FAULT_BAD_INPUT (no such position).
 */
MUST_USE int pg_source_open(
    const struct pg_conf *c, const char *position, struct source *ret, struct err *err);

/* "0/16B3748" exactly as PostgreSQL writes it. */
MUST_USE bool pg_position_parse(const char *s, uint64_t *ret);
void pg_position_format(uint64_t lsn, char out[SOURCE_MAX_POSITION_BYTES + 1]);
