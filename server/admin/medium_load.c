/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "domain/record.h"
#include "queries/asp_admin.h"
#include "server/admin/medium.h"

#include <string.h>
#include <time.h>

enum {
	LOAD_CARD_PAGE = 1000,
	LOAD_CARD_ARENA_BYTES = 1024 * 1024,
	LOAD_TRIES = 5,        /* of a load that met a lock cycle */
	LOAD_LOCK_TRIES = 300, /* each waits half a second (medium_bare_lock), and then: */
	LOAD_LOCK_NAP_MS = 200,
};

static const uint8_t zeros[BATCH_HASH_BYTES];

/* What the center was told is ours and may no longer be: released, then claimed again by the load.
 */
static int
release_page(struct medium_load *m, const struct db_rows *rows, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(LOAD_CARD_ARENA_BYTES);
	for (size_t i = 0; i < db_n(rows); i++) {
		struct person_ref ref = { 0 };
		uint8_t *card = NULL;
		size_t bytes = 0;
		const uint8_t *p = db_bytes(rows, i, 1, &bytes);
		if (bytes == sizeof(ref.b))
			memcpy(ref.b, p, bytes);
		p = db_bytes(rows, i, 3, &bytes);
		int r = vault_row_open(m->vault, a, VAULT_CARD, &ref, (uint32_t)db_int(rows, i, 2),
		    p, bytes, &card, &bytes, err);
		if (r == 0 && bytes <= CERT_KEY_HASH_BYTES)
			r = err_raise(err, FAULT_INTERNAL, "card", (long)bytes);
		if (r == 0)
			r = db_ask(m->db, &q_admin_outbox_add, NULL, err,
			    db_bytes_arg(card, CERT_KEY_HASH_BYTES),
			    db_bytes_arg(card + CERT_KEY_HASH_BYTES, bytes - CERT_KEY_HASH_BYTES),
			    db_bool_arg(false));
		if (r)
			return load_fold(err, r, "release");
	}
	return 0;
}

static int
release_all(struct medium_load *m, struct err *err)
{
	uint8_t after[VAULT_HASH_MAX_BYTES] = { 0 };
	size_t after_bytes = 1; /* before all of them */
	for (;;) {
		AUTO(db_rows) struct db_rows *rows = NULL;
		size_t bytes = 0;
		int r = db_ask(m->db, &q_admin_card_page, &rows, err,
		    db_bytes_arg(after, after_bytes), db_int_arg(LOAD_CARD_PAGE));
		if (r == 0)
			r = release_page(m, rows, err);
		if (r)
			return load_fold(err, r, "release");
		if (db_n(rows) == 0)
			return 0;
		const uint8_t *last = db_bytes(rows, db_n(rows) - 1, 0, &bytes);
		if (bytes > sizeof(after))
			return err_raise(err, FAULT_INTERNAL, "card", (long)bytes);
		memcpy(after, last, bytes);
		after_bytes = bytes;
	}
}

/* Where there is nobody the persons' rows are not ours to clear: medium_beside does. */
static int
clear_all(struct medium_load *m, bool bare, struct err *err)
{
	static const struct db_query *const steps[] = { &q_admin_lease_clear, &q_admin_person_clear,
		&q_admin_parked_clear, &q_admin_block_clear };
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask0(m->db, &q_admin_version_next, &rows, err);
	if (r == 0)
		r = release_all(m, err);
	for (size_t i = 0; r == 0 && i < N_ELEMENTS(steps); i++)
		if (!bare || steps[i] != &q_admin_person_clear)
			r = db_ask0(m->db, steps[i], NULL, err);
	if (r)
		return load_fold(err, r, "clear");
	m->version = db_int(rows, 0, 0);
	return 0;
}

static int
epoch_check(struct medium_load *m, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask0(m->db, &q_admin_epoch_lock, &rows, err);
	if (r)
		return load_fold(err, r, "epoch");
	return db_n(rows) > 0 && db_int(rows, 0, 0) >= m->epoch ? MEDIUM_E_OLD : 0;
}

static int
is_first(struct medium_load *m, bool *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask0(m->db, &q_admin_load_is_first, &rows, err);
	if (r == 0)
		*ret = db_bool(rows, 0, 0);
	return r;
}

static int
bare_begin(struct medium_load *m, bool *ret_bare, struct err *err)
{
	bool bare = false;
	int r = is_first(m, &bare, err);
	if (r == 0 && bare)
		r = medium_bare_lock(m->db, MEDIUM_PERSONS, err);
	if (r == 0 && bare) /* still, now that nobody can come */
		r = is_first(m, &bare, err);
	if (r == 0 && bare)
		r = medium_bare_begin(m->db, MEDIUM_PERSONS, err);
	if (r == 0)
		*ret_bare = bare;
	return err_trace(err, r, "bare");
}

/*
 * A person and its row are of one record; each person is there once (its key), and so each row,
 * where the database took as many of the one as of the other.
 */
static int
whole_check(struct medium_load *m, const struct medium_taken *taken, struct err *err)
{
	if (taken->n_persons != m->done.n_persons || taken->n_rows != m->done.n_persons)
		return err_raise(err, FAULT_INTERNAL, "not a row for each person", 0);
	return 0;
}

static int
persons_copy(struct medium_load *m, struct medium_parts *parts, enum medium_side side,
    struct medium_taken *taken, struct err *err)
{
	int r = medium_parts_copy(parts, m->db, side, taken, err);
	if (r == 0)
		r = medium_no_limit(m->db, err);
	return err_trace(err, r, "persons");
}

/* Two connections at once; what the one beside has done is not committed yet. */
static int
apart_load(struct medium_load *m, struct medium_parts *parts, struct medium_beside *beside,
    struct err *err)
{
	struct medium_taken taken = { 0 };
	int r = persons_copy(m, parts, MEDIUM_PERSONS, &taken, err);
	if (r == 0)
		r = medium_bare_end(m->db, MEDIUM_PERSONS, err);
	if (r == 0)
		r = medium_beside_wait(beside, &taken, err);
	if (r == 0)
		r = whole_check(m, &taken, err);
	if (r)
		medium_parts_fail(parts, r, err);
	return err_trace(err, r, "apart");
}

static int
together_load(struct medium_load *m, struct medium_parts *parts, struct err *err)
{
	struct medium_taken taken = { 0 };
	int r = persons_copy(m, parts, MEDIUM_ALL, &taken, err);
	return err_trace(err, r ? r : whole_check(m, &taken, err), "together");
}

/* *ret_beside NULL: there was somebody, and all went by one connection. */
static int
rows_load(struct medium_load *m, const struct medium_source *from, bool bare,
    struct medium_beside **ret_beside, struct err *err)
{
	struct medium_parts *parts = NULL;
	struct medium_beside *beside = NULL;
	int r = medium_parts_begin(m, from, &parts, err);
	if (r)
		return err_trace(err, r, "rows");
	if (bare && (r = medium_beside_begin(m->db, parts, &beside, err)) != 0)
		medium_parts_fail(parts, r, err);
	if (r == 0)
		r = bare ? apart_load(m, parts, beside, err) : together_load(m, parts, err);
	if (r) {
		medium_beside_free(beside);
		beside = NULL;
	}
	medium_parts_end(parts);
	*ret_beside = beside;
	return err_trace(err, r, "rows");
}

/*
 * What follows the rows. Those of the connection beside are committed first, and are nobody's
 * until the persons are: whoever cuts this off in between leaves a replica without anybody.
 */
static int
load_end(struct medium_load *m, const struct medium_list *list, struct medium_beside *beside,
    struct err *err)
{
	int r = db_ask0(m->db, &q_admin_person_park_loaded, NULL, err);
	if (r == 0)
		r = db_ask0(m->db, &q_admin_person_doubt_loaded, NULL, err);
	if (r == 0 && beside != NULL)
		r = medium_beside_commit(beside, err);
	if (r == 0)
		r = db_ask0(m->db, &q_admin_person_bury_loaded, NULL, err);
	if (r == 0)
		r = db_ask(m->db, &q_admin_stream_set, NULL, err, db_int_arg(list->epoch),
		    db_bytes_arg(zeros, sizeof(zeros)), db_text_arg(list->source),
		    db_int_arg(list->register_ms));
	return load_fold(err, r, "end");
}

static int
load_inside(struct medium_load *m, const struct medium_source *from, struct err *err)
{
	struct medium_beside *beside = NULL;
	bool bare = false;
	int r = medium_no_limit(m->db, err);
	if (r == 0)
		r = epoch_check(m, err);
	if (r == 0)
		r = bare_begin(m, &bare, err);
	if (r == 0)
		r = clear_all(m, bare, err);
	if (r == 0)
		r = rows_load(m, from, bare, &beside, err);
	if (r == 0)
		r = load_end(m, from->list, beside, err);
	medium_beside_free(beside);
	return err_trace(err, r, "load");
}

/* Nobody changes under which data key is written before this is committed. */
static int
key_hold(struct medium_load *m, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask0(m->db, &q_admin_key_hold, &rows, err);
	if (r)
		return load_fold(err, r, "data key");
	if (db_is_null(rows, 0, 0) || db_int(rows, 0, 0) != (int64_t)vault_writes(m->vault))
		return err_raise(err, FAULT_UNAVAILABLE, "the data key changed: again", 0);
	return 0;
}

/* One transaction. */
static int
load_once(struct medium_load *m, const struct medium_source *from, struct err *err)
{
	int r = db_begin(m->db, DB_READ_COMMITTED, err);
	if (r)
		return err_trace(err, r, "load");
	r = key_hold(m, err);
	if (r == 0)
		r = load_inside(m, from, err);
	if (r == 0)
		r = db_commit(m->db, err);
	if (r)
		db_rollback(m->db);
	key_map_done(&m->persons);
	key_map_done(&m->cards);
	return err_trace(err, r, "load");
}

/* Waits where somebody else must come to an end first. */
static bool
goes_again(int r, unsigned *cycles, unsigned *waits)
{
	if (r == DB_E_RETRY)
		return ++*cycles < LOAD_TRIES;
	if (r != MEDIUM_E_BUSY || ++*waits == LOAD_LOCK_TRIES)
		return false;
	(void)nanosleep(&(struct timespec){ .tv_nsec = LOAD_LOCK_NAP_MS * 1000000 }, NULL);
	return true;
}

int
medium_load(struct db *db, const struct vault *v, const char *dir, const struct medium_list *list,
    const struct medium_keys *keys, struct medium_done *ret, struct err *err)
{
	const struct medium_source from = { dir, list, keys };
	unsigned cycles = 0, waits = 0;
	struct medium_load m;
	int r;
	do {
		m = (struct medium_load){
			.db = db, .vault = v, .epoch = list->epoch, .now_ms = clock_now_ms()
		};
		r = load_once(&m, &from, err);
	} while (goes_again(r, &cycles, &waits));
	if (r == MEDIUM_E_OLD || r == MEDIUM_E_UNREADABLE)
		return r;
	if (r == DB_E_RETRY || r == MEDIUM_E_BUSY)
		return err_raise(err, FAULT_UNAVAILABLE, "tables in use", r);
	if (r)
		return err_fold(err, r, "load");
	*ret = m.done;
	return 0;
}
