/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The residents' rows of a first load, which are most of its bytes, by a connection of their
 * own: the database takes them, and builds their key, on the other processor. Committed just
 * before the persons are (docs/adr/0021).
 */
#include "base/mem.h"
#include "queries/asp_admin.h"
#include "server/admin/medium.h"

#include <pthread.h>

struct medium_beside {
	const struct db *like;
	struct medium_parts *parts;
	struct db *db;
	pthread_t thread;
	bool runs;
	struct medium_taken taken;
	int result;
	struct err err;
};

/* Rows of nobody: of a load that was cut off between its two commits. */
static int
left_clear(struct db *db, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask0(db, &q_admin_load_rows_left, &rows, err);
	if (r == 0 && db_bool(rows, 0, 0))
		r = db_ask0(db, &q_admin_load_rows_clear, NULL, err);
	return load_fold(err, r, "left");
}

static int
rows_begin(struct medium_beside *b, struct err *err)
{
	int r = db_open_like(b->like, &b->db, err);
	if (r == 0)
		r = db_begin(b->db, DB_READ_COMMITTED, err);
	if (r == 0)
		r = medium_no_limit(b->db, err);
	if (r == 0)
		r = medium_bare_lock(b->db, MEDIUM_ROWS, err);
	if (r == 0)
		r = left_clear(b->db, err);
	if (r == 0)
		r = medium_bare_begin(b->db, MEDIUM_ROWS, err);
	return load_fold(err, r, "rows");
}

static int
rows_load(struct medium_beside *b, struct err *err)
{
	int r = rows_begin(b, err);
	if (r) {
		medium_parts_fail(b->parts, r, err);
		return r;
	}
	r = medium_parts_copy(b->parts, b->db, MEDIUM_ROWS, &b->taken, err);
	if (r == 0)
		r = medium_no_limit(b->db, err);
	if (r == 0)
		r = medium_bare_end(b->db, MEDIUM_ROWS, err);
	return err_trace(err, r, "rows");
}

static void *
rows_main(void *arg)
{
	struct medium_beside *b = arg;
	b->result = rows_load(b, &b->err);
	return NULL;
}

int
medium_beside_begin(
    const struct db *like, struct medium_parts *parts, struct medium_beside **ret, struct err *err)
{
	struct medium_beside *b = mem_zero(sizeof(*b));
	b->like = like;
	b->parts = parts;
	b->runs = pthread_create(&b->thread, NULL, rows_main, b) == 0;
	if (!b->runs) {
		mem_free(b);
		return err_raise(err, FAULT_UNAVAILABLE, "thread", 0);
	}
	*ret = b;
	return 0;
}

static void
join(struct medium_beside *b)
{
	if (b->runs)
		(void)pthread_join(b->thread, NULL);
	b->runs = false;
}

int
medium_beside_wait(struct medium_beside *b, struct medium_taken *taken, struct err *err)
{
	join(b);
	if (b->result) {
		*err = b->err;
		return err_trace(err, b->result, "beside");
	}
	taken->n_rows += b->taken.n_rows;
	return 0;
}

int
medium_beside_commit(struct medium_beside *b, struct err *err)
{
	return err_trace(err, db_commit(b->db, err), "beside");
}

void
medium_beside_free(struct medium_beside *b)
{
	if (b == NULL)
		return;
	join(b);
	db_close(b->db);
	mem_free(b);
}
