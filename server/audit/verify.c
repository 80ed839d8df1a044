/* SPDX-License-Identifier: Apache-2.0 */
#include "server/audit/verify.h"
#include "base/mem.h"
#include "base/text.h"
#include "pki/jose.h"
#include "queries/asp_audit.h"
#include "wire/js.h"

#include <string.h>

enum { VERIFY_ARENA_BYTES = 64 * 1024, VERIFY_CHECKPOINT_MAX_BYTES = 1024 };

struct walk {
	struct db *db;
	const struct vault *vault;
	const struct verify_conf *conf;
	FILE *out;
	struct verify_sum sum;
	uint8_t head[AUDIT_HASH_BYTES]; /* worked out anew, from the first row on */
	bool broken;                    /* a place was named since the last good checkpoint */
	int64_t good_seq;               /* of the last checkpoint that holds */
	struct audit_checkpoint next;   /* the checkpoint ahead */
	bool has_next;
	struct audit_checkpoint witness;
	bool has_witness;
};

static void
fault_at(struct walk *w, int64_t seq, int64_t row, const char *what)
{
	w->broken = true;
	if (++w->sum.n_faults > VERIFY_MAX_FAULTS)
		return;
	fprintf(w->out, "seq %lld, row %lld: %s\n", (long long)seq, (long long)row, what);
}

bool
audit_checkpoint_read(const struct keydir *keys, const char *jws, struct audit_checkpoint *ret)
{
	static const char *const members[] = { "v", "muni", "seq", "head", "time_ms", NULL };
	AUTO(arena) struct arena *a = arena_new(VERIFY_ARENA_BYTES);
	AUTO(json_t) json_t *j = NULL;
	struct err err = { 0 };
	struct key_id kid;
	const char *muni = NULL;
	uint8_t *p = NULL;
	size_t n = 0;
	int64_t v = 0;
	if (strlen(jws) > VERIFY_CHECKPOINT_MAX_BYTES ||
	    jws_peek_kid(jws, strlen(jws), &kid, &err) != 0)
		return false;
	const struct keydir_key *k = keydir_find(keys, &kid);
	if (k == NULL || jws_verify(a, &k->point, "kofu-audit", jws, strlen(jws), &p, &n, &err) ||
	    js_parse(p, n, &j, &err) || js_members(j, members, &err) ||
	    js_int(j, "v", 1, 1, &v, &err) || js_text(j, "muni", 6, &muni, &err) ||
	    !text_equal(muni, keys->muni.s) ||
	    js_int(j, "seq", 1, INT64_MAX / 2, &ret->seq, &err) ||
	    js_int(j, "time_ms", 0, INT64_MAX / 2, &ret->time_ms, &err) ||
	    js_hex(j, "head", ret->head, sizeof(ret->head), &err))
		return false;
	ret->judged = keydir_judge(k, ret->time_ms);
	return true;
}

/* The next checkpoint after @seq whose signature holds; the others are named. */
static int
checkpoint_next(struct walk *w, int64_t seq, struct err *err)
{
	w->has_next = false;
	for (;;) {
		AUTO(db_rows) struct db_rows *rows = NULL;
		int r = db_ask(
		    w->db, &q_audit_checkpoint_page, &rows, err, db_int_arg(seq), db_int_arg(1));
		if (r)
			return err_fold(err, r, "checkpoint");
		if (db_n(rows) == 0)
			return 0;
		seq = db_int(rows, 0, 0);
		bool is_read =
		    audit_checkpoint_read(w->conf->keys, db_text(rows, 0, 1), &w->next) &&
		    w->next.seq == seq;
		if (is_read && w->next.judged == 0) {
			w->has_next = true;
			w->sum.n_checkpoints++;
			return 0;
		}
		/* A later one, by a good key, vouches for the chain up to here. */
		if (is_read && w->next.judged == KEYDIR_E_REVOKED)
			w->sum.n_revoked++;
		else
			fault_at(w, seq, 0,
			    is_read ? "a checkpoint by a key that was not in use then"
				    : "a checkpoint that kofu-seal did not sign");
	}
}

static void
point_compare(struct walk *w, const struct audit_checkpoint *p, const char *whose)
{
	if (mem_equal(p->head, w->head, sizeof(w->head))) {
		w->broken = false;
		w->good_seq =
		    p == &w->next ? p->seq : w->good_seq; /* the witness's is no row of ours */
		return;
	}
	if (!w->broken && ++w->sum.n_faults <= VERIFY_MAX_FAULTS)
		fprintf(w->out,
		    "seq %lld to %lld: rows were removed, inserted or put in another order (%s)\n",
		    (long long)w->good_seq + 1, (long long)p->seq, whose);
	w->broken = true;
}

/* Goes on from the stored head, so that one wrong place is named once. */
static void
link_check(struct walk *w, const struct db_rows *rows, size_t i)
{
	AUTO(arena) struct arena *a = arena_new(VERIFY_ARENA_BYTES);
	struct err err = { 0 };
	struct audit_row row;
	uint8_t leaf[AUDIT_HASH_BYTES];
	const char *json = NULL;
	size_t n = 0;
	int64_t seq = db_int(rows, i, 0), id = db_int(rows, i, 2);
	const uint8_t *stored = db_bytes(rows, i, 1, &n);
	if (db_is_null(rows, i, 3))
		fault_at(w, seq, id, "the row was removed");
	else if (!audit_row_read(rows, i, 3, &row))
		fault_at(w, seq, id, "the row was changed: it has not its form");
	else if (audit_row_peel(w->vault, a, &row, &err) != 0 ||
	    audit_row_open(w->vault, a, &row, &json, &err) != 0)
		fault_at(w, seq, id, "the row was changed or inserted: its seal does not hold");
	else {
		audit_leaf(&row, leaf);
		audit_head(w->head, seq, leaf, w->head);
		if (stored == NULL || n != sizeof(w->head) || !mem_equal(stored, w->head, n))
			fault_at(w, seq, id, "not the row that was linked here");
	}
	if (stored != NULL && n == sizeof(w->head))
		memcpy(w->head, stored, n);
}

static int
link_step(struct walk *w, const struct db_rows *rows, size_t i, struct err *err)
{
	int64_t seq = db_int(rows, i, 0);
	if (seq != w->sum.last_seq + 1)
		fault_at(w, w->sum.last_seq + 1, 0, "links were removed from here on");
	w->sum.last_seq = seq;
	w->sum.n_rows++;
	link_check(w, rows, i);
	if (w->has_witness && seq == w->witness.seq)
		point_compare(w, &w->witness, "the witness says so");
	while (w->has_next && w->next.seq < seq) {
		fault_at(w, w->next.seq, 0, "a checkpoint of a link that is not there");
		int r = checkpoint_next(w, w->next.seq, err);
		if (r)
			return err_trace(err, r, "walk");
	}
	if (!w->has_next || w->next.seq != seq)
		return 0;
	point_compare(w, &w->next, "the signed checkpoint says so");
	return err_trace(err, checkpoint_next(w, seq, err), "walk");
}

static int
links_walk(struct walk *w, struct err *err)
{
	for (;;) {
		AUTO(db_rows) struct db_rows *rows = NULL;
		int r = db_ask(w->db, &q_audit_link_page, &rows, err, db_int_arg(w->sum.last_seq),
		    db_int_arg(VERIFY_PAGE));
		if (r)
			return err_fold(err, r, "links");
		for (size_t i = 0; r == 0 && i < db_n(rows); i++)
			r = link_step(w, rows, i, err);
		if (r)
			return err_trace(err, r, "links");
		if (db_n(rows) < VERIFY_PAGE)
			return 0;
	}
}

/* What the chain does not reach: a tail without checkpoint, one cut off, rows beside it. */
static void
tail_check(struct walk *w)
{
	if (w->has_next)
		fault_at(w, w->sum.last_seq + 1, 0, "cut off here: a signed checkpoint knows more");
	if (w->sum.last_seq > w->good_seq && !w->broken)
		fault_at(w, w->good_seq + 1, 0, "links without a signed checkpoint");
	if (w->has_witness && w->witness.seq > w->sum.last_seq)
		fault_at(w, w->sum.last_seq + 1, 0, "cut off here: the witness knows more");
}

static int
loose_check(struct walk *w, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	AUTO(db_rows) struct db_rows *twice = NULL;
	int r = db_ask0(w->db, &q_audit_loose_list, &rows, err);
	if (r == 0)
		r = db_ask0(w->db, &q_audit_twice_list, &twice, err);
	if (r)
		return err_fold(err, r, "loose rows");
	for (size_t i = 0; i < db_n(rows); i++) {
		int64_t id = db_int(rows, i, 0);
		if (!db_bool(rows, i, 3))
			fault_at(w, 0, id, "the row was removed before it was linked");
		else if (!db_bool(rows, i, 2))
			fault_at(w, 0, id, "the row was inserted: nothing links it");
		else if (w->conf->now_ms - db_int(rows, i, 1) > VERIFY_WAIT_MS)
			fault_at(w, 0, id, "the row waits for its link: no sealer runs");
	}
	for (size_t i = 0; i < db_n(twice); i++)
		fault_at(w, 0, db_int(twice, i, 0), "the row was inserted: it is a copy");
	return 0;
}

int
audit_verify(struct db *db, const struct vault *v, const struct verify_conf *c, FILE *out,
    struct verify_sum *ret, struct err *err)
{
	struct walk w = { .db = db, .vault = v, .conf = c, .out = out };
	if (c->witness != NULL)
		w.has_witness =
		    audit_checkpoint_read(c->keys, c->witness, &w.witness) && w.witness.judged == 0;
	if (c->witness != NULL && !w.has_witness)
		fault_at(&w, 0, 0,
		    "the witness is no checkpoint that kofu-seal signed, or its key is revoked");
	w.broken = false;
	int r = db_begin(db, DB_SNAPSHOT, err);
	if (r == 0)
		r = checkpoint_next(&w, 0, err);
	if (r == 0)
		r = links_walk(&w, err);
	if (r == 0) {
		tail_check(&w);
		r = loose_check(&w, err);
	}
	db_rollback(db);
	if (r == 0)
		*ret = w.sum;
	return err_fold(err, r, "verify");
}
