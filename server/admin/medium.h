/* SPDX-License-Identifier: Apache-2.0 */
/*
 * medium - the first load at the server: everything on the medium is verified
 * before anything is loaded, and it is loaded whole or not at all.
 */
#pragma once
#include "base/arena.h"
#include "db/db.h"
#include "domain/vault.h"
#include "pki/key.h"
#include "server/admin/key_map.h"
#include "server/sync/batch.h"
#include "server/sync/sync.h"
#include "wire/js.h"

enum {
	MEDIUM_E_OLD = 1161, /* a load of this epoch or a later one was imported */
	/* Negative news that cannot be read, or nobody to park for it: not to be loaded. */
	MEDIUM_E_UNREADABLE = 1162,
	MEDIUM_E_BUSY =
	    1163, /* not from medium_load(): somebody uses a table that must be ours alone */
	MEDIUM_LIST_MAX_BYTES = 24 * 1024 * 1024,
	MEDIUM_PART_MAX_BYTES = 32 * 1024 * 1024, /* the file, and its text unpacked */
	MEDIUM_PART_MAX_RECORDS = 4000,
	MEDIUM_MAX_PARTS = 99999,
};
struct medium_list {
	struct muni_code muni;
	int64_t epoch;
	const char *source;
	int64_t register_ms;
	int64_t n_records;
	const json_t *parts;
	json_t *json; /* owner */
};
void medium_list_done(struct medium_list *l);
/* The signed list's payload. Returns 0 or FAULT_BAD_INPUT. */
MUST_USE int medium_list_parse(
    const void *json, size_t bytes, struct medium_list *ret, struct err *err);
/*
 * Reads DIR/list.jws, verifies the agent's signature, then size and digest of
 * each part. Returns 0, FAULT_INTEGRITY (altered, another municipality's),
 * FAULT_BAD_INPUT, FAULT_UNAVAILABLE (a file is missing).
 */
MUST_USE int medium_verify(const char *dir, struct muni_code muni, const struct key_point *agent,
    struct medium_list *ret, struct err *err);

struct medium_done {
	uint64_t n_persons, n_records;
	unsigned n_parked;
	int64_t ms; /* of the parts */
};
struct medium_keys {
	const char *cert, *key; /* what the parts are encrypted to */
};
/*
 * Replaces the replica by the medium's rows in one transaction and sets the
 * position; waits for who reads in it, and begins anew after a lock cycle. Draws its
 * progress on a terminal. Returns 0, MEDIUM_E_*, or a fault (FAULT_UNAVAILABLE, too,
 * where its tables were in use all the time); then the replica is as it was, but that
 * an empty one may have rows of nobody, which the next load clears (docs/adr/0021).
 */
MUST_USE int medium_load(struct db *db, const struct vault *v, const char *dir,
    const struct medium_list *list, const struct medium_keys *keys, struct medium_done *ret,
    struct err *err);

/* --- medium_part.c: one part made ready for the tables, and into them --- */
struct medium_load {
	struct db *db;
	const struct vault *vault;
	int64_t epoch;
	int64_t now_ms;
	int64_t version;        /* of every person */
	struct key_map persons; /* ref to enum resident_state */
	struct key_map cards;   /* active card to its holder's ref */
	struct medium_done done;
};
/* A lock cycle, or a table in use, ends the transaction, not the load: it is begun anew. */
#define load_fold(err, r, what)                                                                    \
	({                                                                                         \
		int r_ = (r);                                                                      \
		r_ == DB_E_RETRY || r_ == MEDIUM_E_BUSY ? r_ : err_fold((err), r_, what);          \
	})
/* Whose rows a connection takes: all, or with a second one beside it each its own. */
enum medium_side { MEDIUM_PERSONS, MEDIUM_ROWS, MEDIUM_SIDES, MEDIUM_ALL = MEDIUM_SIDES };
enum { MEDIUM_COPIES = 7 };
/* The rows of one part as they are copied. A zeroed struct has none; its room serves the next. */
struct medium_ready {
	struct medium_copy {
		const struct db_query *query;
		struct buf rows; /* none: nothing of this kind */
	} copies[MEDIUM_COPIES];
	struct medium_done done; /* of this part and those before it */
};
void medium_ready_done(struct medium_ready *r); /* wipes and frees */
/* How many rows the database says that it took. */
struct medium_taken {
	uint64_t n_persons, n_rows;
};

/* Makes one part after the other, in the same room. */
struct medium_maker;
void medium_maker_free(struct medium_maker *p); /* wipes; NULL is fine */
struct medium_maker *medium_maker_new(struct medium_load *m);
/*
 * @lines: one record a line. Part after part, in their order; the database is not
 * asked. Returns 0, MEDIUM_E_UNREADABLE, or a fault. *ret is to be done with in every case;
 * what it held is replaced.
 */
MUST_USE int medium_part_make(
    struct medium_maker *p, char *lines, size_t bytes, struct medium_ready *ret, struct err *err);
/* Adds to *taken. */
MUST_USE int medium_part_copy(struct db *db, const struct medium_ready *r, enum medium_side side,
    struct medium_taken *taken, struct err *err);

/* --- medium_parts.c: all of them, made ready by a thread ahead of who copies them --- */
struct medium_parts;
struct medium_source {
	const char *dir;
	const struct medium_list *list;
	const struct medium_keys *keys;
};
/* Either MEDIUM_ALL takes them, or the two sides, each in a thread of its own. */
MUST_USE int medium_parts_begin(struct medium_load *m, const struct medium_source *from,
    struct medium_parts **ret, struct err *err);
/*
 * Copies the side's rows of all parts; MEDIUM_PERSONS and MEDIUM_ALL draw the progress.
 * What failed first, wherever it did, is what each side returns: MEDIUM_E_*, DB_E_RETRY, or a
 * fault (FAULT_INTEGRITY: not as many records as were signed).
 */
MUST_USE int medium_parts_copy(struct medium_parts *p, struct db *db, enum medium_side side,
    struct medium_taken *taken, struct err *err);
/* Nothing more is wanted: @r and @err are why. */
void medium_parts_fail(struct medium_parts *p, int r, const struct err *err);
/* Nobody copies any more. Waits for the thread; wipes and frees. NULL is fine. */
void medium_parts_end(struct medium_parts *p);

/* --- medium_bare.c: into an empty replica rows go first, keys and indexes after them --- */
/* In the transaction that is open. Returns 0, MEDIUM_E_BUSY, DB_E_RETRY, or a fault. */
MUST_USE int medium_bare_lock(struct db *db, enum medium_side side, struct err *err);
MUST_USE int medium_bare_begin(struct db *db, enum medium_side side, struct err *err);
MUST_USE int medium_bare_end(struct db *db, enum medium_side side, struct err *err);
/* A first load takes longer than a statement may; each copy sets it again. */
MUST_USE int medium_no_limit(struct db *db, struct err *err);

/* --- medium_beside.c: the residents' rows by a connection, and a thread, of their own --- */
struct medium_beside;
/* @parts must outlive it. */
MUST_USE int medium_beside_begin(
    const struct db *like, struct medium_parts *parts, struct medium_beside **ret, struct err *err);
/* Waits for it. 0: all is in its transaction, with the table's key. As medium_parts_copy(). */
MUST_USE int medium_beside_wait(
    struct medium_beside *b, struct medium_taken *taken, struct err *err);
MUST_USE int medium_beside_commit(struct medium_beside *b, struct err *err);
/* Rolls back what was not committed. NULL is fine. */
void medium_beside_free(struct medium_beside *b);
