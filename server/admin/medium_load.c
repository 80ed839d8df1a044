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
	LOAD_E_BUSY = 1163,    /* somebody uses a table that must be ours alone */
	LOAD_TRIES = 5,        /* of a load that met a lock cycle */
	LOAD_LOCK_TRIES = 300, /* each waits half a second (tables_lock), and then: */
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

static int
clear_all(struct medium_load *m, struct err *err)
{
	static const struct db_query *const steps[] = { &q_admin_lease_clear, &q_admin_person_clear,
		&q_admin_parked_clear, &q_admin_block_clear };
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask0(m->db, &q_admin_version_next, &rows, err);
	if (r == 0)
		r = release_all(m, err);
	for (size_t i = 0; r == 0 && i < N_ELEMENTS(steps); i++)
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

/*
 * Into an empty replica the rows go without what must be kept up for each of them; it is
 * built for all at the end, in the same transaction. In a replica that is in use nobody is
 * kept waiting for that: the indexes stay.
 */
static const struct db_query *const load_drops[] = { &q_admin_load_drop_reference,
	&q_admin_load_drop_household, &q_admin_load_drop_keys, &q_admin_load_drop_row_key,
	&q_admin_load_drop_seal_whose, &q_admin_load_drop_seal_key, &q_admin_load_drop_card_whose,
	&q_admin_load_drop_card_key, &q_admin_load_drop_card_holder, &q_admin_load_drop_card_ref,
	&q_admin_load_drop_survey_whose, &q_admin_load_drop_person_key };
static const struct db_query *const load_adds[] = { &q_admin_load_add_row_key,
	&q_admin_load_add_person_key, &q_admin_load_add_household, &q_admin_load_add_keys,
	&q_admin_load_add_reference, &q_admin_load_add_seal_key, &q_admin_load_add_seal_whose,
	&q_admin_load_add_card_key, &q_admin_load_add_card_holder, &q_admin_load_add_card_ref,
	&q_admin_load_add_card_whose, &q_admin_load_add_survey_whose };

static int
load_steps(struct medium_load *m, const struct db_query *const *steps, size_t n, struct err *err)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = db_ask0(m->db, steps[i], NULL, err);
	return load_fold(err, r, "steps");
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

/*
 * All tables at once, before anything is done to one of them, and sooner given up than a
 * cycle of locks is looked for: whoever reads is never the one who is refused.
 */
static int
tables_lock(struct medium_load *m, struct err *err)
{
	AUTO(db_rows) struct db_rows *set = NULL;
	AUTO(db_rows) struct db_rows *back = NULL;
	int r = db_ask(m->db, &q_admin_lock_patience, &set, err, db_text_arg("500"));
	if (r == 0 && (r = db_ask0(m->db, &q_admin_load_lock, NULL, err)) == FAULT_TIMEOUT)
		return LOAD_E_BUSY;
	if (r == 0)
		r = db_ask(m->db, &q_admin_lock_patience, &back, err, db_text_arg("0"));
	return r;
}

static int
bare_begin(struct medium_load *m, bool *ret_bare, struct err *err)
{
	bool bare = false;
	int r = is_first(m, &bare, err);
	if (r == 0 && bare)
		r = tables_lock(m, err);
	if (r == 0 && bare) /* still, now that nobody can come */
		r = is_first(m, &bare, err);
	if (r == 0 && bare)
		r = load_steps(m, load_drops, N_ELEMENTS(load_drops), err);
	if (r == 0)
		*ret_bare = bare;
	return err_trace(err, r, "bare");
}

static int
bare_end(struct medium_load *m, bool bare, struct err *err)
{
	/*
	 * A transaction's own: to sort, and to compare the rows with the persons, in memory. Of a
	 * small table to start helpers costs more than they take off.
	 */
	static const struct db_query room[] = {
		{ "asp/admin/work_mem", "SET LOCAL work_mem = '64MB'", 0, DB_ROWS_NONE },
		{ "asp/admin/maintenance_work_mem", "SET LOCAL maintenance_work_mem = '128MB'", 0,
		    DB_ROWS_NONE },
		{ "asp/admin/min_parallel_table_scan_size",
		    "SET LOCAL min_parallel_table_scan_size = '128MB'", 0, DB_ROWS_NONE },
	};
	static const struct db_query *const rooms[] = { &room[0], &room[1], &room[2] };
	AUTO(db_rows) struct db_rows *rows = NULL;
	if (!bare)
		return 0;
	int r = load_steps(m, rooms, N_ELEMENTS(rooms), err);
	if (r == 0)
		r = db_ask0(m->db, &q_admin_load_is_whole, &rows, err);
	if (r == 0 && !db_bool(rows, 0, 0))
		return err_raise(err, FAULT_INTERNAL, "a row of nobody", 0);
	if (r == 0)
		r = load_steps(m, load_adds, N_ELEMENTS(load_adds), err);
	return load_fold(err, r, "indexes");
}

static int
load_inside(struct medium_load *m, const char *dir, const struct medium_list *list,
    const struct medium_keys *keys, struct err *err)
{
	/* A first load takes longer than a statement may. */
	static const struct db_query no_limit = { "asp/admin/no_limit",
		"SET LOCAL statement_timeout = 0", 0, DB_ROWS_NONE };
	bool bare = false;
	int r = db_ask0(m->db, &no_limit, NULL, err);
	if (r == 0)
		r = epoch_check(m, err);
	if (r == 0)
		r = bare_begin(m, &bare, err);
	if (r == 0)
		r = clear_all(m, err);
	if (r == 0)
		r = medium_parts_load(m, dir, list, keys, err);
	if (r == 0)
		r = db_ask0(m->db, &no_limit, NULL, err); /* each copy sets it again */
	if (r == 0)
		r = bare_end(m, bare, err);
	if (r == 0)
		r = db_ask0(m->db, &q_admin_person_park_loaded, NULL, err);
	if (r == 0)
		r = db_ask0(m->db, &q_admin_person_bury_loaded, NULL, err);
	if (r == 0)
		r = db_ask0(m->db, &q_admin_person_doubt_loaded, NULL, err);
	if (r == 0)
		r = db_ask(m->db, &q_admin_stream_set, NULL, err, db_int_arg(list->epoch),
		    db_bytes_arg(zeros, sizeof(zeros)), db_text_arg(list->source),
		    db_int_arg(list->register_ms));
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
load_once(struct medium_load *m, const char *dir, const struct medium_list *list,
    const struct medium_keys *keys, struct err *err)
{
	int r = db_begin(m->db, DB_READ_COMMITTED, err);
	if (r)
		return err_trace(err, r, "load");
	r = key_hold(m, err);
	if (r == 0)
		r = load_inside(m, dir, list, keys, err);
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
	if (r != LOAD_E_BUSY || ++*waits == LOAD_LOCK_TRIES)
		return false;
	(void)nanosleep(&(struct timespec){ .tv_nsec = LOAD_LOCK_NAP_MS * 1000000 }, NULL);
	return true;
}

int
medium_load(struct db *db, const struct vault *v, const char *dir, const struct medium_list *list,
    const struct medium_keys *keys, struct medium_done *ret, struct err *err)
{
	unsigned cycles = 0, waits = 0;
	struct medium_load m;
	int r;
	do {
		m = (struct medium_load){
			.db = db, .vault = v, .epoch = list->epoch, .now_ms = clock_now_ms()
		};
		r = load_once(&m, dir, list, keys, err);
	} while (goes_again(r, &cycles, &waits));
	if (r == MEDIUM_E_OLD || r == MEDIUM_E_UNREADABLE)
		return r;
	if (r == DB_E_RETRY || r == LOAD_E_BUSY)
		return err_raise(err, FAULT_UNAVAILABLE, "tables in use", r);
	if (r)
		return err_fold(err, r, "load");
	*ret = m.done;
	return 0;
}
