/* SPDX-License-Identifier: Apache-2.0 */
#include "server/admin/block.h"
#include "queries/asp_sync.h"

static int
block_add(struct db *db, struct db_arg subject, const struct block_order *o, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r =
	    db_ask(db, &q_sync_block_newest, &rows, err, subject, db_int_arg(BLOCK_SOURCE_SERVER));
	if (r)
		return err_trace(err, r, "block");
	r = db_ask(db, &q_sync_block_add, NULL, err, subject, db_int_arg(BLOCK_SOURCE_SERVER),
	    db_int_arg(db_int(rows, 0, 0) + 1), db_bool_arg(o->active), db_int_arg(o->kinds),
	    db_int_arg(o->now_ms));
	return err_trace(err, r, "block");
}

/* The version grows first: that takes the lock, and waits for an issue that holds it. */
static int
block_inside(struct db *db, const struct vault *v, const struct block_order *o, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct person_ref ref;
	uint8_t household[16];
	struct db_arg subject;
	int r;
	if (o->atena_no != NULL) {
		vault_person_ref(v, o->atena_no, &ref);
		subject = db_bytes_arg(ref.b, sizeof(ref.b));
		r = db_ask(db, &q_sync_person_touch, &rows, err, subject);
	} else {
		vault_household(v, o->setai_no, household);
		subject = db_bytes_arg(household, sizeof(household));
		r = db_ask(db, &q_sync_household_touch, &rows, err, subject);
	}
	if (r)
		return err_trace(err, r, "block");
	if (db_n_touched(rows) == 0)
		return BLOCK_E_UNKNOWN;
	return err_trace(err, block_add(db, subject, o, err), "block");
}

int
block_set(struct db *db, const struct vault *v, const struct block_order *o, struct err *err)
{
	int r = DB_E_RETRY;
	for (unsigned i = 0; i < BLOCK_TRIES && (r == DB_E_RETRY || r == DB_E_CONFLICT); i++) {
		r = db_begin(db, DB_READ_COMMITTED, err);
		if (r)
			return err_fold(err, r, "block");
		r = block_inside(db, v, o, err);
		if (r == 0)
			r = db_commit(db, err);
		if (r)
			db_rollback(db);
	}
	return r == BLOCK_E_UNKNOWN ? r : err_fold(err, r, "block");
}
