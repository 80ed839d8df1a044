/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit - who did what to whose data, when. A row is added in the transaction of
 * what it tells of: without it nothing is done and nothing is shown. What was
 * done stands sealed under the municipality's key and bound to the row's plain
 * columns; a sealer links the rows into a chain and has its head signed (sealer.h).
 *
 *   leaf = SHA-256("kofu audit 1" ‖ id ‖ uid ‖ at_ms ‖ source ‖ kind ‖ actor ‖ whose ‖ sealed)
 *
 * A row is never sealed anew: where its data key is replaced, a box under the new one goes
 * around what stands there (audit_row_over()), and the leaf stays that of what is in it.
 *
 *   whose = 0, or 1 ‖ subject, or 2 ‖ length ‖ subjects
 *   head = SHA-256(head before ‖ seq ‖ leaf)
 */
#pragma once
#include "db/db.h"
#include "domain/vault.h"

enum audit_source {
	AUDIT_CONSOLE = 1,
	AUDIT_STREAM = 2,
	AUDIT_ISSUE = 3,
	AUDIT_OPERATOR = 4 /* a command of kofu-server */
};
enum audit_kind { AUDIT_READ = 1, AUDIT_WRITE = 2, AUDIT_REFUSED = 3, AUDIT_LOGIN = 4 };
enum {
	AUDIT_UID_BYTES = 16,
	AUDIT_HASH_BYTES = 32,
	AUDIT_MAX_SEALED_BYTES = 8192,
	AUDIT_MAX_STORED_BYTES = AUDIT_MAX_SEALED_BYTES + 2 * VAULT_MAX_OVERHEAD,
	AUDIT_DETAIL_MAX_BYTES = 4096,
};

struct audit_event {
	enum audit_source source;
	enum audit_kind kind;
	int64_t at_ms;
	const char *actor;      /* a user id, or "front", "sync", "kofu-server" */
	const char *terminal;   /* NULL = none */
	const char *action;     /* "person.read" */
	const uint8_t *subject; /* 16 bytes: a person's ref, a household; NULL = nobody */
	const char *detail;     /* JSON object text, NULL = {} */
};
/* 0, DB_E_RETRY or a fault: then what it tells of must not be. */
MUST_USE int audit_add(
    struct db *db, const struct vault *v, const struct audit_event *e, struct err *err);

/*
 * One thing done to the data of many (AUDIT_MANY at most) is one row: @subjects stands in
 * place of the subject, 16 bytes each, and so does its length in the leaf.
 */
enum { AUDIT_SUBJECT_BYTES = 16, AUDIT_MANY = 2000 };

/* A row as it lies in the database; columns of link_page from @col on. */
struct audit_row {
	int64_t id, at_ms, source, kind;
	uint8_t uid[AUDIT_UID_BYTES];
	uint8_t actor[16], subject[AUDIT_SUBJECT_BYTES];
	bool has_subject;
	const uint8_t *sealed;
	size_t sealed_bytes;
	const uint8_t *subjects; /* NULL: not of many */
	size_t subjects_bytes;
};

struct audit_many {
	struct buf subjects;
	struct arena *arena;  /* what stands sealed */
	struct audit_row row; /* as written */
};
void audit_many_begin(struct audit_many *m);
void audit_many_done(struct audit_many *m);
void audit_many_add(struct audit_many *m, const uint8_t subject[AUDIT_SUBJECT_BYTES]);
/*
 * The event (its own subject is not looked at) of whom was added, one at least, into the
 * queue; @m must live until that was run. 0 or a fault.
 */
MUST_USE int audit_many_write(struct audit_many *m, const struct vault *v,
    const struct audit_event *e, struct db_queue *queue, struct err *err);

/* False when a column has not its length. @sealed points into @rows. */
bool audit_row_read(const struct db_rows *rows, size_t row, unsigned col, struct audit_row *ret);
/* Takes the box around the row's sealed bytes off, if there is one. 0 or FAULT_INTEGRITY. */
MUST_USE int audit_row_peel(
    const struct vault *v, struct arena *a, struct audit_row *r, struct err *err);
/* A box around them, under the data key that is written under; the row is a peeled one. */
struct vault_sealed audit_row_over(
    const struct vault *v, struct arena *a, const struct audit_row *r);
/* Of a peeled row. */
void audit_leaf(const struct audit_row *r, uint8_t ret[AUDIT_HASH_BYTES]);
void audit_head(const uint8_t before[AUDIT_HASH_BYTES], int64_t seq,
    const uint8_t leaf[AUDIT_HASH_BYTES], uint8_t ret[AUDIT_HASH_BYTES]);
/*
 * What stands sealed: {"actor":…,"terminal":…,"action":…,"detail":{…}}, in the
 * arena. 0, or FAULT_INTEGRITY: not written by who has the key, or changed since.
 */
MUST_USE int audit_row_open(const struct vault *v, struct arena *a, const struct audit_row *r,
    const char **ret_json, struct err *err);
void audit_actor(const struct vault *v, const char *actor, uint8_t ret[16]);
