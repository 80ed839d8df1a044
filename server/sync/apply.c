/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sync/apply.h"
#include "queries/asp_sync.h"
#include "server/sync/apply_made.h"
#include "server/sync/apply_row.h"
#include "server/sync/apply_set.h"
#include "server/sync/sync.h"

#include <string.h>

int
apply_stop(struct db *db, const char *code, struct err *err)
{
	int r = db_ask(db, &q_sync_tenant_stop, NULL, err, db_text_arg(code));
	return err_fold(err, r, "stop");
}

static int
position_of(const struct db_rows *rows, struct apply_source *ret, struct err *err)
{
	size_t bytes = 0;
	if (db_n(rows) == 0)
		return SYNC_E_NOT_LOADED;
	const uint8_t *hash = db_bytes(rows, 0, 2, &bytes);
	const char *source = db_text(rows, 0, 3);
	if (hash == NULL || bytes != BATCH_HASH_BYTES || strlen(source) >= sizeof(ret->source))
		return err_raise(err, FAULT_INTERNAL, "position", (long)bytes);
	*ret = (struct apply_source){ .at = { db_int(rows, 0, 0), db_int(rows, 0, 1), { 0 } } };
	memcpy(ret->at.hash, hash, BATCH_HASH_BYTES);
	memcpy(ret->source, source, strlen(source));
	const uint8_t *session = db_bytes(rows, 0, 4, &bytes);
	ret->has_session = session != NULL && bytes == SYNC_SESSION_BYTES;
	if (ret->has_session)
		memcpy(ret->session, session, SYNC_SESSION_BYTES);
	return 0;
}

static int
position_row(struct db *db, const struct db_query *q, struct apply_source *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask0(db, q, &rows, err);
	if (r == 0)
		r = position_of(rows, ret, err);
	return err_trace(err, r, "position");
}

/* Opens the transaction. With @asks, what it asks goes along: of use only where the batch is the
 * next. */
static int
position_lock(struct db *db, struct apply_set *asks, struct apply_source *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct db_queue queue = { 0 };
	db_queue_put(&queue, &db_query_begin, NULL, 0, NULL);
	db_queue_put(&queue, &q_sync_position_lock, NULL, 0, &rows);
	if (asks != NULL)
		apply_set_ask(asks, &queue);
	int r = db_queue_run(db, &queue, err);
	if (r == 0)
		r = position_of(rows, ret, err);
	return err_trace(err, r, "position");
}

int
apply_position_read(struct db *db, struct apply_source *ret, struct err *err)
{
	int r = position_row(db, &q_sync_position, ret, err);
	return r > 0 && r != SYNC_E_NOT_LOADED ? err_fold(err, r, "position") : r;
}

int
apply_session_open(struct db *db, const uint8_t session[SYNC_SESSION_BYTES],
    struct apply_source *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r =
	    db_ask(db, &q_sync_session_open, &rows, err, db_bytes_arg(session, SYNC_SESSION_BYTES));
	if (r == 0)
		r = position_of(rows, ret, err);
	return r > 0 && r != SYNC_E_NOT_LOADED ? err_fold(err, r, "session") : r;
}

struct look { /* what apply_place() needs from the database */
	struct apply_position ours;
	uint8_t past[BATCH_HASH_BYTES]; /* applied under the claim's number, when that is an older
					   one */
	bool has_past;
};

static int
look_at(struct db *db, const struct apply_source *ours, const struct apply_claim *c,
    const uint8_t session[SYNC_SESSION_BYTES], struct look *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *old = NULL;
	if (!ours->has_session || memcmp(ours->session, session, SYNC_SESSION_BYTES) != 0)
		return SYNC_E_SESSION;
	*ret = (struct look){ .ours = ours->at };
	if (c->epoch != ours->at.epoch || c->seq >= ours->at.seq)
		return 0;
	int r = db_ask(db, &q_sync_batch_find, &old, err, db_int_arg(c->epoch), db_int_arg(c->seq));
	if (r)
		return err_trace(err, r, "older batch");
	size_t bytes = 0;
	const uint8_t *hash = db_n(old) ? db_bytes(old, 0, 0, &bytes) : NULL;
	ret->has_past = hash != NULL && bytes == BATCH_HASH_BYTES;
	if (ret->has_past)
		memcpy(ret->past, hash, BATCH_HASH_BYTES);
	return 0;
}

static int
apply_records(struct apply_run *run, const struct batch *b, struct err *err)
{
	for (size_t i = 0; i < b->n_rows && run->last == NULL; i++) {
		int r = apply_row(run, &b->rows[i], err);
		if (r)
			return err_trace(err, r, "record");
	}
	return err_trace(err, apply_row_finish(run, err), "records");
}

struct apply_job {
	const struct batch *batch;
	const uint8_t *hash;
	const struct apply_sender *from;
	struct apply_set *ready; /* all of the batch; NULL = not made */
};

/* With what is left to be written. */
static int
position_move(
    struct apply_run *run, const struct apply_job *job, struct db_queue *queue, struct err *err)
{
	const struct batch *b = job->batch;
	db_queue_ask(queue, &q_sync_position_move, NULL, db_int_arg(b->epoch), db_int_arg(b->seq),
	    db_bytes_arg(job->hash, BATCH_HASH_BYTES), db_text_arg(b->source),
	    db_int_arg(b->register_ms), db_int_arg((int64_t)b->n_rows), db_int_arg(run->now_ms));
	db_queue_put(queue, &db_query_commit, NULL, 0, NULL);
	return err_trace(err, db_queue_run(run->db, queue, err), "position");
}

/* In the transaction, whose number is the next. */
static int
apply_next(
    struct apply_run *run, const struct apply_job *job, struct apply_done *done, struct err *err)
{
	struct db_queue last = { 0 };
	if (job->ready != NULL)
		run->last = &last;
	int r = apply_records(run, job->batch, err);
	if (r == 0)
		r = position_move(run, job, &last, err);
	run->last = NULL;
	if (r)
		return err_trace(err, r, "next");
	done->n_records = (unsigned)job->batch->n_rows;
	done->n_parked = run->n_parked;
	done->told = run->told;
	done->stopped = run->stop != NULL;
	return 0;
}

/* Opens the transaction; ends it only for what was applied. Else, whatever comes back: roll back.
 */
static int
apply_inside(
    struct apply_run *run, const struct apply_job *job, struct apply_done *done, struct err *err)
{
	const struct batch *b = job->batch;
	const struct apply_claim claim = { b->epoch, b->seq, job->hash, b->prev };
	struct apply_source ours = { 0 };
	struct look at;
	int r = position_lock(run->db, job->from->follows ? job->ready : NULL, &ours, err);
	if (r == 0)
		r = look_at(run->db, &ours, &claim, job->from->session, &at, err);
	if (r)
		return err_trace(err, r, "apply");
	done->seq = b->seq;
	memcpy(done->hash, job->hash, sizeof(done->hash));
	switch (apply_place(&at.ours, &claim, at.has_past ? at.past : NULL)) {
	case APPLY_NEXT:
		break;
	case APPLY_REPLAY:
		db_rollback(run->db);
		return 0;
	case APPLY_GAP:
		done->seq = at.ours.seq + 1;
		return SYNC_E_GAP;
	case APPLY_OTHER_EPOCH:
		return SYNC_E_EPOCH;
	case APPLY_EQUIVOCATION:
		return SYNC_E_EQUIVOCATION;
	}
	return err_trace(err, apply_next(run, job, done, err), "apply");
}

static int
apply_once(
    struct apply_run *run, const struct apply_job *job, struct apply_done *done, struct err *err)
{
	int r = apply_inside(run, job, done, err);
	if (r)
		db_rollback(run->db);
	return err_trace(err, r, "apply");
}

/* The database's outcomes mean nothing to a caller of ours. */
static bool
is_ours(int r)
{
	return r <= 0 || (r >= SYNC_E_GAP && r <= SYNC_E_SESSION);
}

/* NULL: there is none, or it was made under another data key than is written under now. */
static struct apply_set *
ready_take(const struct apply_sender *from, const struct vault *v)
{
	if (from->ready == NULL || *from->ready == NULL || from->made == NULL ||
	    apply_made_generation(from->made) != vault_writes(v))
		return NULL;
	return TAKE(*from->ready);
}

int
apply_batch(struct db *db, const struct vault *v, const struct batch *b,
    const uint8_t hash[BATCH_HASH_BYTES], const struct apply_sender *from,
    struct apply_done *ret_done, struct err *err)
{
	struct apply_job job = { b, hash, from, NULL };
	struct apply_done done = { 0 };
	int r = DB_E_RETRY;
	for (unsigned i = 0; r == DB_E_RETRY && i < APPLY_TRIES; i++) {
		/* What was made ready serves once. */
		AUTO(apply_set) struct apply_set *set = ready_take(from, v);
		job.ready = set;
		if (set == NULL)
			set = apply_set_new();
		struct apply_run run = { .db = db,
			.set = set,
			.made = from->made,
			.first = b->rows,
			.vault = v,
			.epoch = b->epoch,
			.seq = b->seq,
			.now_ms = from->now_ms };
		done = (struct apply_done){ 0 };
		r = apply_once(&run, &job, &done, err);
	}
	if (r == DB_E_RETRY)
		return err_raise(err, FAULT_UNAVAILABLE, "lock cycles", APPLY_TRIES);
	if (r == SYNC_E_EQUIVOCATION) {
		int s = apply_stop(db, "equivocation", err);
		return s ? err_trace(err, s, "equivocation") : r;
	}
	if (r == 0 || r == SYNC_E_GAP)
		*ret_done = done;
	return is_ours(r) ? err_trace(err, r, "apply") : err_fold(err, r, "apply");
}

int
apply_beat(struct db *db, const struct beat *b, const struct apply_sender *from, int64_t *ret_seq,
    struct err *err)
{
	const struct apply_claim claim = { b->epoch, b->seq, b->hash, NULL };
	struct apply_source ours = { 0 };
	struct look at;
	if (b->at_ms > from->now_ms + SYNC_SKEW_MS)
		return SYNC_E_SKEW;
	int r = position_row(db, &q_sync_position, &ours, err);
	if (r == 0)
		r = look_at(db, &ours, &claim, from->session, &at, err);
	if (r)
		return is_ours(r) ? err_trace(err, r, "beat") : err_fold(err, r, "beat");
	enum apply_place place = apply_place(&at.ours, &claim, at.has_past ? at.past : NULL);
	if (place == APPLY_OTHER_EPOCH)
		return SYNC_E_EPOCH;
	if (place == APPLY_EQUIVOCATION) {
		r = apply_stop(db, "equivocation", err);
		return r ? err_trace(err, r, "beat") : SYNC_E_EQUIVOCATION;
	}
	r = db_ask(db, &q_sync_lease_beat, NULL, err, db_int_arg(b->at_ms), db_int_arg(b->seq));
	if (r)
		return err_fold(err, r, "lease");
	*ret_seq = at.ours.seq;
	return place == APPLY_GAP ? SYNC_E_GAP : 0;
}
