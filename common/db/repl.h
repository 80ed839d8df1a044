/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db/repl - reading PostgreSQL's logical replication (pgoutput, protocol
 * version 1) over libpq: how the agent reads a register. Applying is ours.
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

enum {
	REPL_E_IDLE = 111, /* nothing arrived within the wait */
	REPL_MAX_COLUMNS = 200,
	REPL_MAX_MESSAGE = 16 * 1024 * 1024,
	REPL_MAX_RELATIONS = 64
};
struct repl;
void repl_close(struct repl *r); /* NULL is fine */
/* Makes the slot (pgoutput) when it is missing; *ret_made says so, *ret_lsn its consistent point
 * (of an old one: what was confirmed). 0, FAULT_CONFIG (a name or slot of another kind),
 * FAULT_UNAVAILABLE. */
MUST_USE int repl_slot_ensure(
    const char *conninfo, const char *slot, bool *ret_made, uint64_t *ret_lsn, struct err *err);
/* From the later of @from_lsn and what was confirmed. 0, FAULT_CONFIG (no such slot or
 * publication), FAULT_UNAVAILABLE (also: another reader holds the slot). */
MUST_USE int repl_open(const char *conninfo, const char *slot, const char *publication,
    uint64_t from_lsn, struct repl **ret, struct err *err);

enum repl_kind { REPL_BEGIN, REPL_COMMIT, REPL_INSERT, REPL_UPDATE, REPL_DELETE, REPL_TRUNCATE };
struct repl_column {
	const char *name; /* until the next change is asked for */
	const char *text; /* NULL = SQL NULL */
	bool unchanged;   /* an unchanged TOAST value that was not sent */
};
struct repl_change {
	enum repl_kind kind;
	uint64_t lsn;                /* REPL_COMMIT: end of the transaction */
	int64_t at_ms;               /* REPL_BEGIN / COMMIT: commit time */
	const char *table;           /* without schema; TRUNCATE: the first */
	struct repl_column *columns; /* new row (INSERT, UPDATE) or key (DELETE); in the arena */
	unsigned n_columns;          /* TRUNCATE: every table, as a name without text */
	struct repl_column *old;     /* UPDATE: the old key when it changed, the old row under
					REPLICA IDENTITY FULL; NULL when it was not sent */
	unsigned n_old;
};
/* The next change; waits at most @wait_ms, then REPL_E_IDLE. 0, FAULT_UNAVAILABLE, FAULT_BAD_INPUT.
 */
MUST_USE int repl_next(
    struct repl *r, struct arena *a, int wait_ms, struct repl_change *ret, struct err *err);
/* repl_next() returns REPL_E_IDLE, too, when nothing is there but @fd is readable; -1 = none. */
void repl_wake_by(struct repl *r, int fd);
/*
 * How far the register has read its WAL for us: every transaction that committed before it was
 * handed out by repl_next(). Told now and then, and at once after repl_ping(), whose answer
 * makes repl_next() return REPL_E_IDLE.
 */
uint64_t repl_reached(const struct repl *r);
MUST_USE int repl_ping(struct repl *r, struct err *err);
/* Tells the register that everything up to @lsn may be forgotten. */
MUST_USE int repl_confirm(struct repl *r, uint64_t lsn, struct err *err);
/* pgoutput's message bytes -> change: the parser alone, for tests and fuzzing. Relations are
 * remembered in @state. */
struct repl_relations;
struct repl_relations *repl_relations_new(void);
void repl_relations_free(struct repl_relations *r);
MUST_USE int repl_parse(struct repl_relations *rel, struct arena *a, const void *p, size_t bytes,
    struct repl_change *ret, bool *ret_is_change, struct err *err);
