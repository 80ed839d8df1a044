/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sync/retain.h"
#include "base/bytes.h"
#include "pki/hash.h"
#include "queries/asp_sync.h"

#include <string.h>

enum { DAY_MS = 24 * 3600 * 1000, LINE_BYTES = 256, VERIFY_PAGE = 1000 };

/* What one row of the log says. */
struct erased {
	int64_t id;
	const char *reason;
	const uint8_t *ref; /* NULL = rows of many */
	int64_t rireki_no, n_rows, removed_ms, erased_ms;
};

static void
erased_hash(const uint8_t prev[SHA256_BYTES], const struct erased *e, uint8_t out[SHA256_BYTES])
{
	struct buf b;
	buf_init(&b, LINE_BYTES);
	buf_put(&b, prev, SHA256_BYTES);
	buf_u64(&b, (uint64_t)e->id);
	buf_field16(&b, e->reason, strlen(e->reason));
	buf_field16(&b, e->ref, e->ref ? 16 : 0);
	buf_u64(&b, (uint64_t)e->rireki_no);
	buf_u64(&b, (uint64_t)e->n_rows);
	buf_u64(&b, (uint64_t)e->removed_ms);
	buf_u64(&b, (uint64_t)e->erased_ms);
	sha256(b.p, b.bytes, out);
	buf_done(&b);
}

/* The end of the chain; the position's lock keeps it to one writer. */
static int
log_add(struct db *db, struct erased *e, struct err *err)
{
	static const uint8_t zeros[SHA256_BYTES];
	AUTO(db_rows) struct db_rows *rows = NULL;
	uint8_t hash[SHA256_BYTES];
	size_t bytes = 0;
	int r = db_ask0(db, &q_sync_erasure_last, &rows, err);
	if (r)
		return err_trace(err, r, "log");
	const uint8_t *prev = db_n(rows) ? db_bytes(rows, 0, 1, &bytes) : zeros;
	e->id = db_n(rows) ? db_int(rows, 0, 0) + 1 : 1;
	erased_hash(prev, e, hash);
	r = db_ask(db, &q_sync_erasure_add, NULL, err, db_int_arg(e->id), db_text_arg(e->reason),
	    db_bytes_arg(e->ref, e->ref ? 16 : 0), db_int_arg(e->rireki_no), db_int_arg(e->n_rows),
	    db_int_arg(e->removed_ms), db_int_arg(e->erased_ms), db_bytes_arg(hash, sizeof(hash)));
	return err_trace(err, r, "log");
}

/* Columns of retain_due.sql: ref, number, removed, numbers of seal and cards, rows. */
static int
erase_person(struct db *db, const struct db_rows *due, size_t i, int64_t now_ms,
    struct retain_done *done, struct err *err)
{
	size_t bytes = 0;
	const uint8_t *ref = db_bytes(due, i, 0, &bytes);
	struct db_arg arg = db_bytes_arg(ref, bytes);
	struct erased e = { .reason = "retention",
		.ref = ref,
		.rireki_no = db_int(due, i, 1),
		.removed_ms = db_int(due, i, 2),
		.n_rows = db_int(due, i, 5),
		.erased_ms = now_ms };
	int r = db_ask(db, &q_sync_tombstone_set, NULL, err, arg, db_int_arg(e.rireki_no),
	    db_int_arg(db_int(due, i, 3)), db_int_arg(db_int(due, i, 4)), db_int_arg(now_ms));
	if (r == 0)
		r = db_ask(db, &q_sync_recon_person_clear, NULL, err, arg);
	if (r == 0)
		r = db_ask(db, &q_sync_recon_parked_clear, NULL, err, arg);
	if (r == 0)
		r = log_add(db, &e, err);
	done->n_persons++;
	done->n_rows += (uint64_t)e.n_rows;
	return err_trace(err, r, "person");
}

static int
erase_persons(
    struct db *db, int64_t cutoff_ms, int64_t now_ms, struct retain_done *done, struct err *err)
{
	AUTO(db_rows) struct db_rows *due = NULL;
	int r = db_ask(
	    db, &q_sync_retain_due, &due, err, db_int_arg(cutoff_ms), db_int_arg(RETAIN_PERSONS));
	for (size_t i = 0; r == 0 && i < db_n(due); i++)
		r = erase_person(db, due, i, now_ms, done, err);
	return err_trace(err, r, "persons");
}

static int
erase_superseded(
    struct db *db, int64_t cutoff_ms, int64_t now_ms, struct retain_done *done, struct err *err)
{
	static const struct db_query *const queries[] = { &q_sync_retain_rows,
		&q_sync_retain_seals };
	struct erased e = { .reason = "superseded", .erased_ms = now_ms };
	for (size_t i = 0; i < N_ELEMENTS(queries); i++) {
		AUTO(db_rows) struct db_rows *rows = NULL;
		int r = db_ask(
		    db, queries[i], &rows, err, db_int_arg(cutoff_ms), db_int_arg(RETAIN_ROWS));
		if (r)
			return err_trace(err, r, "superseded");
		e.n_rows += (int64_t)db_n_touched(rows);
	}
	done->n_superseded += (uint64_t)e.n_rows;
	return e.n_rows > 0 ? err_trace(err, log_add(db, &e, err), "superseded") : 0;
}

/* Behind the stream's lock: nobody moves back in while they are erased. */
static int
erase_some(
    struct db *db, int64_t cutoff_ms, int64_t now_ms, struct retain_done *done, struct err *err)
{
	AUTO(db_rows) struct db_rows *position = NULL;
	int r = db_begin(db, DB_READ_COMMITTED, err);
	if (r)
		return err_trace(err, r, "begin");
	r = db_ask0(db, &q_sync_position_lock, &position, err);
	if (r == 0)
		r = db_ask(db, &q_sync_retain_mark, NULL, err, db_int_arg(now_ms));
	if (r == 0)
		r = erase_persons(db, cutoff_ms, now_ms, done, err);
	if (r == 0)
		r = erase_superseded(db, cutoff_ms, now_ms, done, err);
	if (r == 0)
		r = db_commit(db, err);
	if (r)
		db_rollback(db);
	return err_trace(err, r, "some");
}

int
retain_run(struct db *db, int64_t days, int64_t now_ms, struct retain_done *ret, struct err *err)
{
	int64_t cutoff_ms = now_ms - days * DAY_MS;
	struct retain_done done = { 0 };
	for (;;) {
		struct retain_done before = done;
		int r = erase_some(db, cutoff_ms, now_ms, &done, err);
		if (r)
			return err_fold(err, r, "retain");
		if (done.n_persons == before.n_persons && done.n_superseded == before.n_superseded)
			break;
	}
	*ret = done;
	return 0;
}

static int
verify_row(
    const struct db_rows *rows, size_t i, int64_t id, uint8_t hash[SHA256_BYTES], struct err *err)
{
	size_t ref_bytes = 0;
	size_t bytes = 0;
	uint8_t want[SHA256_BYTES];
	const struct erased e = { .id = id,
		.reason = db_text(rows, i, 1),
		.ref = db_is_null(rows, i, 2) ? NULL : db_bytes(rows, i, 2, &ref_bytes),
		.rireki_no = db_int(rows, i, 3),
		.n_rows = db_int(rows, i, 4),
		.removed_ms = db_int(rows, i, 5),
		.erased_ms = db_int(rows, i, 6) };
	const uint8_t *got = db_bytes(rows, i, 7, &bytes);
	if (db_int(rows, i, 0) != id || (e.ref != NULL && ref_bytes != 16))
		return err_raise(err, FAULT_INTEGRITY, "a row is missing", (long)id);
	erased_hash(hash, &e, want);
	if (got == NULL || bytes != sizeof(want) || memcmp(got, want, sizeof(want)) != 0)
		return err_raise(err, FAULT_INTEGRITY, "a row was altered", (long)id);
	memcpy(hash, want, sizeof(want));
	return 0;
}

int
retain_verify(struct db *db, uint64_t *ret_n, struct err *err)
{
	uint8_t hash[SHA256_BYTES] = { 0 };
	int64_t id = 0;
	for (;;) {
		AUTO(db_rows) struct db_rows *rows = NULL;
		int r = db_ask(
		    db, &q_sync_erasure_page, &rows, err, db_int_arg(id), db_int_arg(VERIFY_PAGE));
		for (size_t i = 0; r == 0 && i < db_n(rows); i++)
			r = verify_row(rows, i, ++id, hash, err);
		if (r)
			return err_fold(err, r, "verify");
		if (db_n(rows) == 0)
			break;
	}
	*ret_n = (uint64_t)id;
	return 0;
}
