/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "base/clock.h"
#include "base/mem.h"
#include "queries/test_db.h"
#include "tests/db/dbtest.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static const struct db_migration migrations[] = {
	{ 1, "0001_make_thing",
	    "CREATE TABLE thing (id bigint PRIMARY KEY, label text, raw bytea, yes boolean,"
	    " small smallint CHECK (small < 100));" },
	{ 2, "0002_make_other",
	    "CREATE TABLE other (id bigint PRIMARY KEY);"
	    "INSERT INTO other VALUES (1); INSERT INTO other VALUES (2);" },
};

static char conninfo[DBTEST_CONNINFO_BYTES];
static struct db *db;

static int
each_begins_with_an_empty_database(void **state)
{
	struct err err = { 0 };
	(void)state;
	dbtest_create(migrations, N_ELEMENTS(migrations), conninfo);
	return db_open(conninfo, &db, &err);
}

static int
and_closes_it(void **state)
{
	(void)state;
	db_close(db);
	db = NULL;
	return 0;
}

static int
put(int64_t id, const char *label, struct err *err)
{
	return db_ask(db, &q_db_thing_put, NULL, err, db_int_arg(id), db_text_arg(label),
	    db_bytes_arg("\0\xFF", 2), db_bool_arg(true), db_int_arg(7));
}

static void
every_type_comes_back_as_it_went(void **state)
{
	AUTO(db_rows) struct db_rows *r = NULL;
	AUTO(db_rows) struct db_rows *all = NULL;
	struct err err = { 0 };
	size_t n = 0;
	(void)state;
	assert_int_equal(put(INT64_MAX, "\xF0\xA0\xAE\xB7 '\"\\ $1", &err), 0);
	assert_int_equal(db_ask(db, &q_db_thing_get, &r, &err, db_int_arg(INT64_MAX)), 0);
	assert_int_equal(db_n(r), 1);
	assert_int_equal(db_int(r, 0, 0), INT64_MAX);
	assert_string_equal(db_text(r, 0, 1), "\xF0\xA0\xAE\xB7 '\"\\ $1");
	assert_memory_equal(db_bytes(r, 0, 2, &n), "\0\xFF", 2);
	assert_int_equal(n, 2);
	assert_true(db_bool(r, 0, 3));
	assert_int_equal(db_int(r, 0, 4), 7);
	assert_int_equal(
	    db_ask(db, &q_db_thing_put, NULL, &err, db_int_arg(INT64_MIN), db_text_arg(NULL),
		db_bytes_arg(NULL, 0), db_bool_arg(false), db_int_arg(-1)),
	    0);
	assert_int_equal(db_ask0(db, &q_db_thing_all, &all, &err), 0);
	assert_int_equal(db_n(all), 2);
	assert_int_equal(db_int(all, 0, 0), INT64_MIN);
	assert_true(db_is_null(all, 0, 1));
	assert_null(db_text(all, 0, 1));
	assert_null(db_bytes(all, 0, 2, &n));
	assert_int_equal(n, 0);
	assert_false(db_bool(all, 0, 3));
	assert_int_equal(db_int(all, 0, 4), -1);
}

static void
an_empty_text_and_empty_bytes_are_not_null(void **state)
{
	AUTO(db_rows) struct db_rows *r = NULL;
	struct err err = { 0 };
	size_t n = 9;
	(void)state;
	assert_int_equal(db_ask(db, &q_db_thing_put, NULL, &err, db_int_arg(1), db_text_arg(""),
			     db_bytes_arg("", 0), db_bool_arg(true), db_int_arg(0)),
	    0);
	assert_int_equal(db_ask(db, &q_db_thing_get, &r, &err, db_int_arg(1)), 0);
	assert_string_equal(db_text(r, 0, 1), "");
	assert_non_null(db_bytes(r, 0, 2, &n));
	assert_int_equal(n, 0);
}

static void
the_number_of_rows_is_held_against_the_head(void **state)
{
	AUTO(db_rows) struct db_rows *r = NULL;
	AUTO(db_rows) struct db_rows *touched = NULL;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(db_ask(db, &q_db_thing_get, &r, &err, db_int_arg(1)), DB_E_NONE_FOUND);
	assert_null(r);
	assert_int_equal(db_ask(db, &q_db_thing_find, &r, &err, db_int_arg(1)), 0);
	assert_int_equal(db_n(r), 0);
	db_rows_free(TAKE(r));
	assert_int_equal(put(1, "a", &err), 0);
	assert_int_equal(db_ask0(db, &q_db_thing_any_one, &r, &err), 0);
	db_rows_free(TAKE(r));
	assert_int_equal(put(2, "b", &err), 0);
	assert_int_equal(db_ask0(db, &q_db_thing_any_one, &r, &err), FAULT_INTERNAL);
	assert_null(r);
	assert_int_equal(
	    db_ask(db, &q_db_thing_up, &touched, &err, db_int_arg(2), db_text_arg("c")), 0);
	assert_int_equal(db_n_touched(touched), 1);
	assert_int_equal(db_n(touched), 0);
}

static void
a_wrong_number_of_arguments_is_our_own_fault(void **state)
{
	AUTO(db_rows) struct db_rows *r = NULL;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(db_ask0(db, &q_db_thing_get, &r, &err), FAULT_INTERNAL);
	assert_int_equal(
	    db_ask(db, &q_db_thing_get, &r, &err, db_int_arg(1), db_int_arg(2)), FAULT_INTERNAL);
	assert_int_equal(db_ask(db, &q_db_thing_get, NULL, &err, db_int_arg(1)), FAULT_INTERNAL);
	assert_int_equal(db_ask0(db, &q_db_thing_copy, &r, &err), FAULT_INTERNAL);
}

static void
constraints_are_a_conflict_and_other_errors_a_fault_with_the_sqlstate(void **state)
{
	AUTO(db_rows) struct db_rows *r = NULL;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(put(1, "a", &err), 0);
	assert_int_equal(put(1, "b", &err), DB_E_CONFLICT);
	assert_int_equal(err.depth, 0);
	assert_int_equal(db_ask(db, &q_db_thing_put, NULL, &err, db_int_arg(2), db_text_arg("x"),
			     db_bytes_arg(NULL, 0), db_bool_arg(true), db_int_arg(100)),
	    DB_E_CONFLICT);
	assert_int_equal(db_ask(db, &q_db_divide, &r, &err, db_int_arg(0)), FAULT_INTERNAL);
	assert_int_equal(err.trail[0].number, 22012);
	assert_string_equal(err.trail[0].where, "test/db/divide");
	dbtest_sql(conninfo, "DROP TABLE thing");
	assert_int_equal(db_ask(db, &q_db_thing_find, &r, &err, db_int_arg(0)), FAULT_INTERNAL);
	assert_int_equal(err.trail[0].number, 422501); /* 42P01 */
	assert_int_equal(db_ask(db, &q_db_divide, &r, &err, db_int_arg(1)), 0);
}

static void
the_session_is_the_same_whatever_the_database_says(void **state)
{
	static const char *const want[][2] = { { "TimeZone", "UTC" }, { "client_encoding", "UTF8" },
		{ "search_path", "public, pg_temp" }, { "statement_timeout", "5s" },
		{ "jit", "off" } };
	struct err err = { 0 };
	(void)state;
	dbtest_sql(conninfo,
	    "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path ="
	    " elsewhere', current_database()); END $$");
	assert_int_equal(db_reopen(db, &err), 0);
	for (size_t i = 0; i < N_ELEMENTS(want); i++) {
		AUTO(db_rows) struct db_rows *r = NULL;
		assert_int_equal(db_ask(db, &q_db_setting, &r, &err, db_text_arg(want[i][0])), 0);
		assert_string_equal(db_text(r, 0, 0), want[i][1]);
	}
}

static void
a_statement_past_its_time_is_a_timeout(void **state)
{
	AUTO(db_rows) struct db_rows *r = NULL;
	struct err err = { 0 };
	int64_t from_ms = clock_mono_ms();
	(void)state;
	assert_int_equal(db_ask(db, &q_db_nap, &r, &err, db_int_arg(30)), FAULT_TIMEOUT);
	assert_in_range(clock_mono_ms() - from_ms, 4500, 15000);
	assert_int_equal(put(1, "the connection lives on", &err), 0);
}

static void
a_rolled_back_transaction_leaves_nothing_and_a_committed_one_stays(void **state)
{
	struct err err = { 0 };
	(void)state;
	assert_int_equal(db_begin(db, DB_READ_COMMITTED, &err), 0);
	assert_int_equal(db_begin(db, DB_READ_COMMITTED, &err), FAULT_INTERNAL);
	assert_int_equal(put(1, "a", &err), 0);
	db_rollback(db);
	db_rollback(db);
	assert_int_equal(db_begin(db, DB_READ_COMMITTED, &err), 0);
	assert_int_equal(put(2, "b", &err), 0);
	assert_int_equal(db_commit(db, &err), 0);
	assert_string_equal(
	    dbtest_value(conninfo, "SELECT string_agg(id::text, ',') FROM thing"), "2");
}

static void
to_commit_a_failed_transaction_is_no_success(void **state)
{
	struct err err = { 0 };
	(void)state;
	assert_int_equal(put(1, "a", &err), 0);
	assert_int_equal(db_begin(db, DB_READ_COMMITTED, &err), 0);
	assert_int_equal(put(2, "b", &err), 0);
	assert_int_equal(put(1, "c", &err), DB_E_CONFLICT);
	assert_int_equal(db_commit(db, &err), FAULT_INTERNAL);
	assert_string_equal(dbtest_value(conninfo, "SELECT count(*) FROM thing"), "1");
}

static void
a_snapshot_sees_one_state_and_writes_nothing(void **state)
{
	AUTO(db_rows) struct db_rows *r = NULL;
	AUTO(db_rows) struct db_rows *again = NULL;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(put(1, "a", &err), 0);
	assert_int_equal(db_begin(db, DB_SNAPSHOT, &err), 0);
	assert_int_equal(db_ask0(db, &q_db_thing_all, &r, &err), 0);
	dbtest_sql(conninfo, "INSERT INTO thing (id) VALUES (9)");
	assert_int_equal(db_ask0(db, &q_db_thing_all, &again, &err), 0);
	assert_int_equal(db_n(again), 1);
	assert_int_equal(put(2, "b", &err), FAULT_UNAVAILABLE); /* 25006, as on a standby */
	db_rollback(db);
}

static void
a_serialization_failure_asks_to_be_tried_again(void **state)
{
	struct err err = { 0 };
	(void)state;
	assert_int_equal(put(1, "a", &err), 0);
	dbtest_sql(conninfo,
	    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE"
	    " SQLSTATE '40001'; END $$; CREATE TRIGGER t BEFORE UPDATE ON thing"
	    " EXECUTE FUNCTION f()");
	assert_int_equal(
	    db_ask(db, &q_db_thing_up, NULL, &err, db_int_arg(1), db_text_arg("c")), DB_E_RETRY);
	assert_int_equal(err.depth, 0);
}

static void
a_lost_connection_is_unavailable_until_it_is_reopened(void **state)
{
	struct err err = { 0 };
	(void)state;
	assert_int_equal(put(1, "a", &err), 0);
	dbtest_cut(conninfo);
	assert_int_equal(put(2, "b", &err), FAULT_UNAVAILABLE);
	assert_int_equal(put(2, "b", &err), FAULT_UNAVAILABLE);
	db_rollback(db);
	assert_int_equal(put(2, "b", &err), FAULT_UNAVAILABLE);
	assert_int_equal(db_reopen(db, &err), 0);
	assert_int_equal(put(2, "b", &err), 0); /* and is prepared anew */
}

static void
a_conninfo_that_is_none_and_a_server_that_is_away_differ(void **state)
{
	struct db *other = NULL;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(db_open("nonsense", &other, &err), FAULT_CONFIG);
	assert_int_equal(db_open("host=/nonexistent dbname=x", &other, &err), FAULT_UNAVAILABLE);
	assert_null(other);
}

static void
a_copy_takes_every_type_and_many_rows(void **state)
{
	enum { ROWS = 5000 };
	AUTO(db_rows) struct db_rows *r = NULL;
	struct db_copy *c = NULL;
	struct err err = { 0 };
	uint64_t rows = 0;
	size_t n = 0;
	(void)state;
	assert_int_equal(db_begin(db, DB_READ_COMMITTED, &err), 0);
	assert_int_equal(db_copy_begin(db, &q_db_thing_copy, &c, &err), 0);
	for (int i = 0; i < ROWS; i++) {
		const struct db_arg row[] = { db_int_arg(i),
			db_text_arg(i ? "a\tb\nc\\N\r\xF0\xA0\xAE\xB7" : "\\N"),
			db_bytes_arg(i ? "\0\\\n\xFF" : NULL, 4), db_bool_arg(i % 2),
			db_int_arg(-i % 100) };
		assert_int_equal(db_copy_row(c, row, N_ELEMENTS(row), &err), 0);
	}
	assert_int_equal(db_copy_end(c, &rows, &err), 0);
	assert_int_equal(rows, ROWS);
	assert_int_equal(db_commit(db, &err), 0);
	assert_int_equal(db_ask0(db, &q_db_thing_all, &r, &err), 0);
	assert_int_equal(db_n(r), ROWS);
	assert_string_equal(db_text(r, 0, 1), "\\N");
	assert_true(db_is_null(r, 0, 2));
	assert_string_equal(db_text(r, 77, 1), "a\tb\nc\\N\r\xF0\xA0\xAE\xB7");
	assert_memory_equal(db_bytes(r, 77, 2, &n), "\0\\\n\xFF", 4);
	assert_true(db_bool(r, 77, 3));
	assert_int_equal(db_int(r, 77, 4), -77);
}

static void
a_copy_with_a_bad_row_brings_nothing(void **state)
{
	struct db_copy *c = NULL;
	struct err err = { 0 };
	uint64_t rows = 7;
	const struct db_arg row[] = { db_int_arg(1), db_text_arg("a"), db_bytes_arg(NULL, 0),
		db_bool_arg(true), db_int_arg(1) };
	(void)state;
	assert_int_equal(db_copy_begin(db, &q_db_thing_put, &c, &err), FAULT_INTERNAL);
	assert_int_equal(db_copy_begin(db, &q_db_thing_copy, &c, &err), 0);
	assert_int_equal(db_copy_row(c, row, 5, &err), 0);
	assert_int_equal(db_copy_row(c, row, 5, &err), 0); /* twice the same key */
	assert_int_equal(db_copy_end(c, &rows, &err), DB_E_CONFLICT);
	assert_int_equal(db_copy_begin(db, &q_db_thing_copy, &c, &err), 0);
	assert_int_equal(db_copy_row(c, row, 5, &err), 0);
	assert_int_equal(db_copy_row(c, row, 4, &err), FAULT_INTERNAL);
	assert_true(db_copy_end(c, &rows, &err) < 0);
	assert_int_equal(rows, 7);
	assert_string_equal(dbtest_value(conninfo, "SELECT count(*) FROM thing"), "0");
	assert_int_equal(put(1, "the connection lives on", &err), 0);
}

static void
a_rollback_in_the_middle_of_a_copy_hangs_up(void **state)
{
	struct db_copy *c = NULL;
	struct err err = { 0 };
	uint64_t rows = 0;
	(void)state;
	assert_int_equal(db_begin(db, DB_READ_COMMITTED, &err), 0);
	assert_int_equal(db_copy_begin(db, &q_db_thing_copy, &c, &err), 0);
	db_rollback(db);
	assert_int_equal(db_copy_end(c, &rows, &err), FAULT_UNAVAILABLE);
	assert_int_equal(put(1, "a", &err), FAULT_UNAVAILABLE);
	assert_int_equal(db_reopen(db, &err), 0);
	assert_int_equal(put(1, "a", &err), 0);
}

static void
migrations_run_once_in_order(void **state)
{
	static const struct db_migration third[] = { { 1, "0001_make_thing", NULL },
		{ 2, "0002_make_other", NULL }, { 3, "0003_add", "ALTER TABLE other ADD x text" } };
	struct db_migration m[3];
	struct err err = { 0 };
	unsigned n = 99;
	(void)state;
	memcpy(m, third, sizeof(m));
	m[0].sql = migrations[0].sql;
	m[1].sql = migrations[1].sql;
	assert_int_equal(db_schema_version(db, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_int_equal(db_migrate(db, m, 2, &n, &err), 0);
	assert_int_equal(n, 0);
	assert_int_equal(db_migrate(db, m, 3, &n, &err), 0);
	assert_int_equal(n, 1);
	assert_string_equal(
	    dbtest_value(conninfo, "SELECT count(*) FROM other WHERE x IS NULL"), "2");
	assert_int_equal(db_migrate(db, m, 2, &n, &err), FAULT_INTEGRITY); /* an older program */
	m[1].sql = "SELECT 1";
	assert_int_equal(db_migrate(db, m, 3, &n, &err), FAULT_INTEGRITY); /* another text */
}

static void
a_migration_that_fails_leaves_the_schema_as_it_was(void **state)
{
	const struct db_migration m[] = { migrations[0], migrations[1],
		{ 3, "0003_bad", "CREATE TABLE third (id int); SELECT 1 / 0" },
		{ 4, "0004_never", "CREATE TABLE fourth (id int)" } };
	const struct db_migration ends[] = { migrations[0], migrations[1],
		{ 3, "0003_ends", "COMMIT" } };
	struct err err = { 0 };
	unsigned n = 99;
	(void)state;
	assert_int_equal(db_migrate(db, m, N_ELEMENTS(m), &n, &err), FAULT_INTERNAL);
	assert_int_equal(n, 99);
	assert_string_equal(dbtest_value(conninfo, "SELECT to_regclass('third') IS NULL"), "t");
	assert_int_equal(db_migrate(db, ends, N_ELEMENTS(ends), &n, &err), FAULT_INTERNAL);
	assert_int_equal(db_schema_version(db, &n, &err), 0);
	assert_int_equal(n, 2);
}

static void
a_database_that_was_never_migrated_has_version_0(void **state)
{
	char empty[DBTEST_CONNINFO_BYTES];
	struct db *other = NULL;
	struct err err = { 0 };
	unsigned n = 99;
	(void)state;
	dbtest_create(NULL, 0, empty);
	assert_int_equal(db_open(empty, &other, &err), 0);
	assert_int_equal(db_schema_version(other, &n, &err), 0);
	assert_int_equal(n, 0);
	db_close(other);
}

static void
a_pool_lends_no_more_than_it_has(void **state)
{
	struct db_pool *p = NULL;
	struct db *a = NULL;
	struct db *b = NULL;
	struct db *c = NULL;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(db_pool_open(conninfo, 2, &p, &err), 0);
	assert_int_equal(db_pool_take(p, 100, &a, &err), 0);
	assert_int_equal(db_pool_take(p, 100, &b, &err), 0);
	assert_ptr_not_equal(a, b);
	int64_t from_ms = clock_mono_ms();
	assert_int_equal(db_pool_take(p, 50, &c, &err), FAULT_TIMEOUT);
	assert_in_range(clock_mono_ms() - from_ms, 40, 5000);
	db_pool_give(p, a);
	assert_int_equal(db_pool_take(p, 50, &c, &err), 0);
	db_pool_give(p, b);
	db_pool_give(p, c);
	db_pool_close(p);
}

static void
what_is_given_back_to_a_pool_is_rolled_back_and_a_dead_one_replaced(void **state)
{
	struct db_pool *p = NULL;
	struct db *a = NULL;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(db_pool_open(conninfo, 1, &p, &err), 0);
	assert_int_equal(db_pool_take(p, 100, &a, &err), 0);
	assert_int_equal(db_begin(a, DB_READ_COMMITTED, &err), 0);
	assert_int_equal(db_ask(a, &q_db_thing_put, NULL, &err, db_int_arg(1), db_text_arg("a"),
			     db_bytes_arg(NULL, 0), db_bool_arg(true), db_int_arg(1)),
	    0);
	db_pool_give(p, a);
	assert_string_equal(dbtest_value(conninfo, "SELECT count(*) FROM thing"), "0");
	dbtest_cut(conninfo);
	AUTO(db_rows) struct db_rows *r = NULL;
	assert_int_equal(db_pool_take(p, 100, &a, &err), 0);
	assert_int_equal(db_ask0(a, &q_db_thing_all, &r, &err), 0);
	db_pool_give(p, a);
	db_pool_close(p);
}

static void *
take_and_give(void *pool)
{
	struct err err = { 0 };
	for (int i = 0; i < 50; i++) {
		AUTO(db_rows) struct db_rows *r = NULL;
		struct db *one = NULL;
		if (db_pool_take(pool, 10000, &one, &err) != 0)
			return NULL;
		int bad = db_ask0(one, &q_db_thing_all, &r, &err);
		db_pool_give(pool, one);
		if (bad)
			return NULL;
	}
	return pool;
}

static void
many_threads_share_a_small_pool(void **state)
{
	enum { THREADS = 8 };
	pthread_t t[THREADS];
	struct db_pool *p = NULL;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(db_pool_open(conninfo, 3, &p, &err), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, take_and_give, p), 0);
	for (int i = 0; i < THREADS; i++) {
		void *done = NULL;
		assert_int_equal(pthread_join(t[i], &done), 0);
		assert_non_null(done);
	}
	db_pool_close(p);
}

#define WITH_DB(f)                                                                                 \
	cmocka_unit_test_setup_teardown(f, each_begins_with_an_empty_database, and_closes_it)

static void
put_queued(struct db_queue *queue, int64_t id)
{
	db_queue_ask(queue, &q_db_thing_put, NULL, db_int_arg(id), db_text_arg("見本"),
	    db_bytes_arg("\0\xFF", 2), db_bool_arg(true), db_int_arg(7));
}

static void
a_queue_runs_in_order_and_not_past_the_first_that_fails(void **state)
{
	AUTO(db_rows) struct db_rows *one = NULL;
	AUTO(db_rows) struct db_rows *none = NULL;
	struct db_queue queue = { 0 };
	struct err err = { 0 };
	(void)state;
	db_queue_put(&queue, &db_query_begin, NULL, 0, NULL);
	put_queued(&queue, 1);
	db_queue_ask(&queue, &q_db_thing_get, &one, db_int_arg(1));
	assert_int_equal(db_queue_run(db, &queue, &err), 0);
	assert_int_equal(queue.n, 0);
	assert_int_equal(db_n(one), 1);
	put_queued(&queue, 2);
	put_queued(&queue, 1); /* the same key */
	db_queue_ask(&queue, &q_db_thing_get, &none, db_int_arg(1));
	assert_int_equal(db_queue_run(db, &queue, &err), DB_E_CONFLICT);
	assert_null(none);
	assert_int_equal(db_commit(db, &err), FAULT_INTERNAL); /* it failed as a whole */
	db_rollback(db);
	assert_int_equal(put(1, "again", &err), 0); /* the connection goes on */
}

static void
a_queue_has_eight_places_and_says_so(void **state)
{
	struct db_queue queue = { 0 };
	struct err err = { 0 };
	(void)state;
	for (int64_t i = 0; i < DB_QUEUE_MAX; i++)
		put_queued(&queue, i);
	assert_int_equal(db_queue_run(db, &queue, &err), 0);
	for (int64_t i = 0; i < DB_QUEUE_MAX + 1; i++)
		put_queued(&queue, 100 + i);
	assert_int_equal(db_queue_run(db, &queue, &err), FAULT_INTERNAL);
	assert_int_equal(queue.n, 0);
	put_queued(&queue, 100); /* none of them ran */
	assert_int_equal(db_queue_run(db, &queue, &err), 0);
}

static void
a_queue_on_a_connection_that_was_cut_is_unavailable(void **state)
{
	struct db_queue queue = { 0 };
	struct err err = { 0 };
	(void)state;
	(void)dbtest_value(conninfo,
	    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> "
	    "pg_backend_pid() AND datname = current_database()");
	put_queued(&queue, 1);
	put_queued(&queue, 2);
	assert_int_equal(db_queue_run(db, &queue, &err), FAULT_UNAVAILABLE);
	assert_int_equal(db_reopen(db, &err), 0);
	put_queued(&queue, 1);
	assert_int_equal(db_queue_run(db, &queue, &err), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DB(every_type_comes_back_as_it_went),
		WITH_DB(an_empty_text_and_empty_bytes_are_not_null),
		WITH_DB(the_number_of_rows_is_held_against_the_head),
		WITH_DB(a_wrong_number_of_arguments_is_our_own_fault),
		WITH_DB(constraints_are_a_conflict_and_other_errors_a_fault_with_the_sqlstate),
		WITH_DB(the_session_is_the_same_whatever_the_database_says),
		WITH_DB(a_statement_past_its_time_is_a_timeout),
		WITH_DB(a_rolled_back_transaction_leaves_nothing_and_a_committed_one_stays),
		WITH_DB(to_commit_a_failed_transaction_is_no_success),
		WITH_DB(a_snapshot_sees_one_state_and_writes_nothing),
		WITH_DB(a_serialization_failure_asks_to_be_tried_again),
		WITH_DB(a_lost_connection_is_unavailable_until_it_is_reopened),
		WITH_DB(a_queue_runs_in_order_and_not_past_the_first_that_fails),
		WITH_DB(a_queue_has_eight_places_and_says_so),
		WITH_DB(a_queue_on_a_connection_that_was_cut_is_unavailable),
		cmocka_unit_test(a_conninfo_that_is_none_and_a_server_that_is_away_differ),
		WITH_DB(a_copy_takes_every_type_and_many_rows),
		WITH_DB(a_copy_with_a_bad_row_brings_nothing),
		WITH_DB(a_rollback_in_the_middle_of_a_copy_hangs_up),
		WITH_DB(migrations_run_once_in_order),
		WITH_DB(a_migration_that_fails_leaves_the_schema_as_it_was),
		WITH_DB(a_database_that_was_never_migrated_has_version_0),
		WITH_DB(a_pool_lends_no_more_than_it_has),
		WITH_DB(what_is_given_back_to_a_pool_is_rolled_back_and_a_dead_one_replaced),
		WITH_DB(many_threads_share_a_small_pool),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
