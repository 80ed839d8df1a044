/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Into an empty replica the rows go without what must be kept up for each of them; it is
 * built for all at the end, in the same transaction. In a replica that is in use nobody is
 * kept waiting for that: the indexes stay. The residents' rows have a connection of their own.
 */
#include "queries/asp_admin.h"
#include "server/admin/medium.h"

enum { BARE_MAX_STEPS = 16 };

static const struct bare {
	const struct db_query *lock, *drops[BARE_MAX_STEPS], *adds[BARE_MAX_STEPS];
} bares[MEDIUM_SIDES] = {
	[MEDIUM_PERSONS] = { &q_admin_load_lock,
	    { &q_admin_load_drop_seal_fence, &q_admin_load_drop_card_fence,
		&q_admin_load_drop_household, &q_admin_load_drop_keys,
		&q_admin_load_drop_seal_whose, &q_admin_load_drop_seal_key,
		&q_admin_load_drop_card_whose, &q_admin_load_drop_card_key,
		&q_admin_load_drop_card_holder, &q_admin_load_drop_card_ref,
		&q_admin_load_drop_survey_whose, &q_admin_load_drop_person_key },
	    /* First what one process builds alone, while the other connection builds its key. */
	    { &q_admin_load_add_keys_more, &q_admin_load_add_key_1, &q_admin_load_add_key_2,
		&q_admin_load_add_key_3, &q_admin_load_add_person_key, &q_admin_load_add_household,
		&q_admin_load_add_seal_key, &q_admin_load_add_seal_whose,
		&q_admin_load_add_card_key, &q_admin_load_add_card_holder,
		&q_admin_load_add_card_ref, &q_admin_load_add_card_whose,
		&q_admin_load_add_survey_whose, &q_admin_load_add_seal_fence,
		&q_admin_load_add_card_fence } },
	[MEDIUM_ROWS] = { &q_admin_load_lock_rows,
	    { &q_admin_load_drop_reference, &q_admin_load_drop_fence, &q_admin_load_drop_row_key,
		&q_admin_load_drop_row_received },
	    { &q_admin_load_add_row_key, &q_admin_load_add_row_received,
		&q_admin_load_add_reference, &q_admin_load_add_fence } },
};

static int
steps_do(struct db *db, const struct db_query *const steps[BARE_MAX_STEPS], struct err *err)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < BARE_MAX_STEPS && steps[i] != NULL; i++)
		r = db_ask0(db, steps[i], NULL, err);
	return load_fold(err, r, "steps");
}

/*
 * All tables of a side at once, before anything is done to one of them, and sooner given up
 * than a cycle of locks is looked for: whoever reads is never the one who is refused.
 */
int
medium_bare_lock(struct db *db, enum medium_side side, struct err *err)
{
	AUTO(db_rows) struct db_rows *set = NULL;
	AUTO(db_rows) struct db_rows *back = NULL;
	int r = db_ask(db, &q_admin_lock_patience, &set, err, db_text_arg("500"));
	if (r == 0 && (r = db_ask0(db, bares[side].lock, NULL, err)) == FAULT_TIMEOUT)
		return MEDIUM_E_BUSY;
	if (r == 0)
		r = db_ask(db, &q_admin_lock_patience, &back, err, db_text_arg("0"));
	return load_fold(err, r, "lock");
}

int
medium_bare_begin(struct db *db, enum medium_side side, struct err *err)
{
	return load_fold(err, steps_do(db, bares[side].drops, err), "bare");
}

int
medium_no_limit(struct db *db, struct err *err)
{
	static const struct db_query no_limit = { "asp/admin/no_limit",
		"SET LOCAL statement_timeout = 0", 0, DB_ROWS_NONE };
	return load_fold(err, db_ask0(db, &no_limit, NULL, err), "limit");
}

int
medium_bare_end(struct db *db, enum medium_side side, struct err *err)
{
	/* A transaction's own: sort in memory, with one helper (the connection beside has one). */
	static const struct db_query room[] = {
		{ "asp/admin/maintenance_work_mem", "SET LOCAL maintenance_work_mem = '128MB'", 0,
		    DB_ROWS_NONE },
		{ "asp/admin/max_parallel_maintenance_workers",
		    "SET LOCAL max_parallel_maintenance_workers = 1", 0, DB_ROWS_NONE },
	};
	static const struct db_query *const rooms[BARE_MAX_STEPS] = { &room[0], &room[1] };
	int r = steps_do(db, rooms, err);
	if (r == 0)
		r = steps_do(db, bares[side].adds, err);
	return load_fold(err, r, "indexes");
}
