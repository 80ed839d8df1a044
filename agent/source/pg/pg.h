/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pg - a register on PostgreSQL, read by logical replication (pgoutput). The
 * slot is all the state there is. Each first load has one of its own, and a
 * position names it (docs/adr/0018): a slot that was made anew has forgotten what
 * changed before, and must not be taken for the one that the position is of.
 */
#pragma once
#include "agent/source/source.h"

enum {
	PG_SLOT_MAX = 63,
	PG_SLOT_BASE_MAX = 42, /* what pg_slot_name() adds fits behind it */
};
#define PG_MAX_LOAD UINT64_C(999999999999999)

struct pg_conf {
	const char *conninfo; /* a role with REPLICATION */
	const char *slot;     /* what the names of its slots begin with */
	const char *publication;
};
/*
 * Goes on after @position. Returns 0, FAULT_UNAVAILABLE (register away, slot
 * in use by another agent), FAULT_BAD_INPUT (no such position), FAULT_INTEGRITY
 * (the slot of this first load is gone: another first load is needed).
 */
MUST_USE int pg_source_open(
    const struct pg_conf *c, const char *position, struct source *ret, struct err *err);

/* "0/16B3748" exactly as PostgreSQL writes it. */
MUST_USE bool pg_lsn_parse(const char *s, uint64_t *ret);

/* "1795328254123:0/16B3748"; without the number for a first load of before they had numbers. */
struct pg_position {
	uint64_t load; /* 1..PG_MAX_LOAD: the first load; 0: none of its own */
	uint64_t lsn;
};
/* True for what pg_position_format() writes, and for nothing else. */
MUST_USE bool pg_position_parse(const char *s, struct pg_position *ret);
void pg_position_format(struct pg_position p, char out[SOURCE_MAX_POSITION_BYTES + 1]);
/* The slot of a first load. @base: PG_SLOT_BASE_MAX bytes at most. */
void pg_slot_name(const char *base, uint64_t load, char out[PG_SLOT_MAX + 1]);
