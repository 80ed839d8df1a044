/* SPDX-License-Identifier: Apache-2.0 */
/* The replication reader against a live PostgreSQL. */
#include "tests/unit/unit.h"

#include "base/clock.h"
#include "db/repl.h"
#include "tests/db/dbtest.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char conninfo[DBTEST_CONNINFO_BYTES];
static char slot[40];
static struct arena *arena;
static uint64_t made_lsn;

static struct repl *
open_from(uint64_t lsn)
{
	struct repl *r = NULL;
	struct err err = { 0 };
	/* The register may still hold the slot for a reader that has just gone. */
	for (int i = 0; i < 100; i++) {
		if (repl_open(conninfo, slot, "kofu", lsn, &r, &err) == 0)
			return r;
		usleep(50 * 1000);
	}
	fail_msg("the stream did not open");
	return NULL;
}

static struct repl_change
next(struct repl *r)
{
	struct repl_change c = { 0 };
	struct err err = { 0 };
	assert_int_equal(repl_next(r, arena, 5000, &c, &err), 0);
	return c;
}

static struct repl_change
next_of(struct repl *r, enum repl_kind kind)
{
	struct repl_change c = next(r);
	assert_int_equal(c.kind, kind);
	return c;
}

/* The one change of a transaction of one change; *ret_end is where it ended. */
static struct repl_change
only(struct repl *r, uint64_t *ret_end)
{
	(void)next_of(r, REPL_BEGIN);
	struct repl_change c = next(r);
	struct repl_change commit = next_of(r, REPL_COMMIT);
	if (ret_end)
		*ret_end = commit.lsn;
	return c;
}

static void
assert_idle(struct repl *r)
{
	struct repl_change c;
	struct err err = { 0 };
	assert_int_equal(repl_next(r, arena, 200, &c, &err), REPL_E_IDLE);
}

static int
register_make(void **state)
{
	static unsigned n;
	struct err err = { 0 };
	bool made = false;
	(void)state;
	arena = arena_new(64 << 20);
	dbtest_create(NULL, 0, conninfo);
	dbtest_sql(conninfo,
	    "CREATE TABLE person (no text, seq int, name text, big text,"
	    " born date, PRIMARY KEY (no, seq));"
	    "ALTER TABLE person ALTER big SET STORAGE EXTERNAL;"
	    "CREATE TABLE other (id int); CREATE TABLE apart (id int);"
	    "CREATE PUBLICATION kofu FOR TABLE person, other");
	(void)snprintf(slot, sizeof(slot), "kofu_%ld_%u", (long)getpid(), ++n);
	int r = repl_slot_ensure(conninfo, slot, &made, &made_lsn, &err);
	return r || !made;
}

static int
register_drop(void **state)
{
	char sql[200];
	(void)state;
	dbtest_cut(conninfo);
	(void)snprintf(sql, sizeof(sql),
	    "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
	    " WHERE slot_name = '%s'",
	    slot);
	dbtest_sql(conninfo, sql);
	arena_free(arena);
	return 0;
}

static void
rows_arrive_as_text_within_their_transaction(void **state)
{
	struct repl *r = open_from(made_lsn);
	int64_t now_ms = clock_now_ms();
	(void)state;
	dbtest_sql(conninfo,
	    "INSERT INTO person VALUES ('1', 1, E'\\U00020BB7\\t''', '', '1912-07-30'),"
	    " ('2', 1, NULL, NULL, NULL)");
	struct repl_change begin = next_of(r, REPL_BEGIN);
	assert_in_range(begin.at_ms, now_ms - 60000, now_ms + 60000);
	struct repl_change c = next_of(r, REPL_INSERT);
	assert_string_equal(c.table, "person");
	assert_int_equal(c.n_columns, 5);
	assert_string_equal(c.columns[0].name, "no");
	assert_string_equal(c.columns[1].text, "1");
	assert_string_equal(c.columns[2].text, "\xF0\xA0\xAE\xB7\t'");
	assert_string_equal(c.columns[3].text, "");
	assert_string_equal(c.columns[4].text, "1912-07-30");
	assert_true(c.lsn > made_lsn);
	c = next_of(r, REPL_INSERT);
	assert_null(c.columns[2].text);
	struct repl_change commit = next_of(r, REPL_COMMIT);
	assert_true(commit.lsn > c.lsn);
	assert_int_equal(commit.at_ms, begin.at_ms);
	assert_idle(r);
	repl_close(r);
}

static void
an_update_marks_the_large_value_that_was_not_sent(void **state)
{
	struct repl *r = open_from(made_lsn);
	(void)state;
	dbtest_sql(conninfo, "INSERT INTO person VALUES ('1', 1, 'a', repeat('x', 20000), NULL)");
	struct repl_change c = only(r, NULL);
	assert_int_equal(strlen(c.columns[3].text), 20000);
	dbtest_sql(conninfo, "UPDATE person SET name = 'b'");
	c = only(r, NULL);
	assert_int_equal(c.kind, REPL_UPDATE);
	assert_string_equal(c.columns[2].text, "b");
	assert_true(c.columns[3].unchanged);
	assert_null(c.columns[3].text);
	assert_null(c.old);
	dbtest_sql(conninfo, "ALTER TABLE person REPLICA IDENTITY FULL");
	dbtest_sql(conninfo, "UPDATE person SET name = 'c'");
	c = only(r, NULL);
	assert_false(c.columns[3].unchanged);
	assert_int_equal(strlen(c.columns[3].text), 20000);
	assert_int_equal(c.n_old, 5);
	assert_string_equal(c.old[2].text, "b");
	repl_close(r);
}

static void
a_changed_or_deleted_key_is_told(void **state)
{
	struct repl *r = open_from(made_lsn);
	(void)state;
	dbtest_sql(conninfo, "INSERT INTO person VALUES ('1', 1, 'a', 'b', NULL)");
	(void)only(r, NULL);
	dbtest_sql(conninfo, "UPDATE person SET no = '7'");
	struct repl_change c = only(r, NULL);
	assert_int_equal(c.n_old, 2);
	assert_string_equal(c.old[0].text, "1");
	assert_string_equal(c.columns[0].text, "7");
	dbtest_sql(conninfo, "DELETE FROM person");
	c = only(r, NULL);
	assert_int_equal(c.kind, REPL_DELETE);
	assert_int_equal(c.n_columns, 2);
	assert_string_equal(c.columns[0].name, "no");
	assert_string_equal(c.columns[0].text, "7");
	assert_string_equal(c.columns[1].name, "seq");
	repl_close(r);
}

static void
a_truncation_names_its_tables(void **state)
{
	struct repl *r = open_from(made_lsn);
	(void)state;
	dbtest_sql(conninfo, "TRUNCATE person, other, apart");
	struct repl_change c = only(r, NULL);
	assert_int_equal(c.kind, REPL_TRUNCATE);
	assert_int_equal(c.n_columns, 2);
	assert_string_equal(c.columns[0].name, c.table);
	repl_close(r);
}

static void
a_table_may_change_its_columns_on_the_way(void **state)
{
	struct repl *r = open_from(made_lsn);
	(void)state;
	dbtest_sql(conninfo, "INSERT INTO other VALUES (1)");
	assert_int_equal(only(r, NULL).n_columns, 1);
	dbtest_sql(conninfo, "ALTER TABLE other ADD more text");
	dbtest_sql(conninfo, "INSERT INTO other VALUES (2, 'x')");
	struct repl_change c = only(r, NULL);
	assert_int_equal(c.n_columns, 2);
	assert_string_equal(c.columns[1].name, "more");
	repl_close(r);
}

static void
after_a_break_the_stream_goes_on_where_it_was_confirmed(void **state)
{
	struct repl *r = open_from(made_lsn);
	struct repl_change c;
	struct err err = { 0 };
	uint64_t first = 0;
	(void)state;
	dbtest_sql(conninfo, "INSERT INTO other VALUES (1)");
	dbtest_sql(conninfo, "INSERT INTO other VALUES (2)");
	assert_string_equal(only(r, &first).columns[0].text, "1");
	assert_string_equal(only(r, NULL).columns[0].text, "2");
	assert_int_equal(repl_confirm(r, first, &err), 0);
	dbtest_cut(conninfo);
	int rc;
	while ((rc = repl_next(r, arena, 5000, &c, &err)) == 0)
		;
	assert_int_equal(rc, FAULT_UNAVAILABLE);
	assert_int_equal(repl_confirm(r, first, &err), FAULT_UNAVAILABLE);
	repl_close(r);
	r = open_from(first); /* the second was never confirmed: it comes again */
	assert_string_equal(only(r, NULL).columns[0].text, "2");
	repl_close(r);
	bool made = true;
	uint64_t lsn = 0;
	assert_int_equal(repl_slot_ensure(conninfo, slot, &made, &lsn, &err), 0);
	assert_false(made);
	assert_true(lsn >= made_lsn);
}

static void
the_register_forgets_what_was_about_other_tables(void **state)
{
	struct repl *r = open_from(made_lsn);
	char sql[200];
	uint64_t end = 0;
	struct err err = { 0 };
	(void)state;
	dbtest_sql(conninfo, "INSERT INTO other VALUES (1)");
	(void)only(r, &end);
	dbtest_sql(conninfo, "INSERT INTO apart SELECT generate_series(1, 20000)");
	const char *there = dbtest_value(conninfo, "SELECT pg_current_wal_lsn()");
	char target[40];
	(void)snprintf(target, sizeof(target), "%s", there);
	(void)snprintf(sql, sizeof(sql),
	    "SELECT confirmed_flush_lsn >= '%s' FROM pg_replication_slots WHERE slot_name = '%s'",
	    target, slot);
	assert_idle(r);
	assert_string_equal(dbtest_value(conninfo, sql), "f"); /* ours is not confirmed yet */
	assert_int_equal(repl_confirm(r, end, &err), 0);
	for (int i = 0; i < 50 && strcmp(dbtest_value(conninfo, sql), "t") != 0; i++) {
		assert_idle(r);
		assert_int_equal(repl_confirm(r, end, &err), 0);
	}
	assert_string_equal(dbtest_value(conninfo, sql), "t");
	repl_close(r);
}

static void
what_cannot_be_read_for_good_is_a_configuration_fault(void **state)
{
	struct repl *r = NULL;
	struct repl *second = NULL;
	struct err err = { 0 };
	bool made = false;
	uint64_t lsn = 0;
	(void)state;
	assert_int_equal(repl_open(conninfo, "none", "kofu", 0, &r, &err), FAULT_CONFIG);
	assert_int_equal(repl_open(conninfo, slot, "none", 0, &r, &err), FAULT_CONFIG);
	assert_int_equal(repl_open(conninfo, slot, "a'b", 0, &r, &err), FAULT_CONFIG);
	assert_int_equal(repl_open(conninfo, "a\"b", "kofu", 0, &r, &err), FAULT_CONFIG);
	assert_int_equal(repl_slot_ensure(conninfo, "A", &made, &lsn, &err), FAULT_CONFIG);
	assert_int_equal(repl_open("x", slot, "kofu", 0, &r, &err), FAULT_CONFIG);
	assert_int_equal(
	    repl_open("host=/nonexistent", slot, "kofu", 0, &r, &err), FAULT_UNAVAILABLE);
	assert_null(r);
	r = open_from(0);
	assert_int_equal(repl_open(conninfo, slot, "kofu", 0, &second, &err), FAULT_UNAVAILABLE);
	assert_null(second);
	repl_close(r);
	dbtest_sql(
	    conninfo, "SELECT pg_create_logical_replication_slot('kofu_text', 'test_decoding')");
	assert_int_equal(repl_slot_ensure(conninfo, "kofu_text", &made, &lsn, &err), FAULT_CONFIG);
	dbtest_sql(conninfo, "SELECT pg_drop_replication_slot('kofu_text')");
}

#define WITH_REGISTER(f) cmocka_unit_test_setup_teardown(f, register_make, register_drop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_REGISTER(rows_arrive_as_text_within_their_transaction),
		WITH_REGISTER(an_update_marks_the_large_value_that_was_not_sent),
		WITH_REGISTER(a_changed_or_deleted_key_is_told),
		WITH_REGISTER(a_truncation_names_its_tables),
		WITH_REGISTER(a_table_may_change_its_columns_on_the_way),
		WITH_REGISTER(after_a_break_the_stream_goes_on_where_it_was_confirmed),
		WITH_REGISTER(the_register_forgets_what_was_about_other_tables),
		WITH_REGISTER(what_cannot_be_read_for_good_is_a_configuration_fault),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
