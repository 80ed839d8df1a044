/* SPDX-License-Identifier: Apache-2.0 */
/* What a replica says when it is looked at: where it is at home, who is blocked, whose a card is.
 */
#include "tests/unit/unit.h"

#include "queries/asp_front.h"
#include "queries/asp_migrations.h"
#include "server/front/store.h"
#include "tests/db/dbtest.h"

#include <stdio.h>
#include <string.h>

static char conninfo[DBTEST_CONNINFO_BYTES];

#define REF(n) "decode(lpad('" n "', 32, '0'), 'hex')"

/* 太郎 (01) and 花子 (02) are household 09, 03 is alone in 08. Each has the card of the same
 * number. */
static int
each_begins_with_a_household(void **state)
{
	(void)state;
	dbtest_sql(conninfo,
	    "DELETE FROM person; DELETE FROM block;"
	    "INSERT INTO person (ref, household, narabi, state, rireki_no) SELECT"
	    " decode(lpad(n::text, 32, '0'), 'hex'), CASE WHEN n < 3 THEN " REF("9") " ELSE " REF(
		"8") " END, n, 1, 2 FROM generate_series(1, 3) n;"
		     "INSERT INTO resident_row SELECT ref, no, 1, convert_to('row ' || no, "
		     "'UTF8'), 0 FROM person, generate_series(1, 2) no;"
		     "INSERT INTO seal_row SELECT ref, 1, 1, convert_to('seal', 'UTF8'), 0 "
		     "FROM person;"
		     "INSERT INTO card SELECT ref, ref, 7, true, convert_to('card', 'UTF8') "
		     "FROM person");
	return 0;
}

static struct db_rows *
household_read(struct db *db, uint8_t last)
{
	struct db_rows *rows = NULL;
	struct err err = { 0 };
	uint8_t ref[16] = { 0 };
	ref[15] = last;
	assert_int_equal(
	    db_ask(db, &q_front_household_read, &rows, &err, db_bytes_arg(ref, sizeof(ref))), 0);
	return rows;
}

static struct db_rows *
card_read(struct db *db, const char *cards, bool seal)
{
	struct db_rows *rows = NULL;
	struct err err = { 0 };
	assert_int_equal(
	    db_ask(db, &q_front_card_read, &rows, &err, db_text_arg(cards), db_bool_arg(seal)), 0);
	return rows;
}
#define CARD_1 "{\"\\\\x00000000000000000000000000000001\"}"

/* What decides is the same, by the person or by the card. */
static void
assert_same(const struct db_rows *x, const struct db_rows *y)
{
	assert_int_equal(db_n(x), db_n(y));
	for (size_t i = 0; i < db_n(x); i++)
		for (unsigned col = 0; col < 13; col++) {
			assert_int_equal(db_is_null(x, i, col), db_is_null(y, i, col));
			if (!db_is_null(x, i, col))
				assert_string_equal(db_text(x, i, col), db_text(y, i, col));
		}
}

/* "own kinds, the household's" of the person named first and the other: "6 0, 0 0". */
static const char *
blocked(void)
{
	static char said[64];
	struct db *db = NULL;
	assert_int_equal(db_open(conninfo, &db, NULL), 0);
	struct db_rows *rows = household_read(db, 1);
	struct db_rows *by_card = card_read(db, CARD_1, false);
	assert_same(rows, by_card);
	assert_int_equal(db_n(rows), 2);
	assert_true(
	    snprintf(said, sizeof(said), "%d %d, %d %d", (int)db_int(rows, 0, 7),
		(int)db_int(rows, 0, 8), (int)db_int(rows, 1, 7), (int)db_int(rows, 1, 8)) > 0);
	db_rows_free(rows);
	db_rows_free(by_card);
	db_close(db);
	return said;
}

static void
the_newest_row_of_each_subject_and_source_decides_when_it_is_active(void **state)
{
	static const struct {
		const char *rows; /* subject (01, 02 or 09), source, rireki_no, active, kinds */
		const char *want;
	} t[] = {
		{ "(1, 1, 1, true, 2)", "2 0, 0 0" },
		{ "(2, 1, 1, true, 2)", "0 0, 2 0" },
		{ "(9, 1, 1, true, 2)", "0 2, 0 2" },
		{ "(8, 1, 1, true, 2)", "0 0, 0 0" },  /* of others */
		{ "(1, 1, 1, false, 2)", "0 0, 0 0" }, /* lifted before it was set */
		/* set, lifted, set again, in whatever order the rows lie */
		{ "(1, 1, 1, true, 2), (1, 1, 2, false, 2)", "0 0, 0 0" },
		{ "(1, 1, 2, false, 2), (1, 1, 1, true, 2)", "0 0, 0 0" },
		{ "(1, 1, 1, true, 2), (1, 1, 2, false, 2), (1, 1, 3, true, 4)", "4 0, 0 0" },
		{ "(1, 1, 3, true, 4), (1, 1, 2, false, 2), (1, 1, 1, true, 2)", "4 0, 0 0" },
		{ "(9, 4, 1, true, 2), (9, 4, 2, false, 2)", "0 0, 0 0" },
		{ "(9, 4, 1, true, 2), (9, 4, 2, false, 2), (9, 4, 9, true, 8)", "0 8, 0 8" },
		/* an active row replaces an active one: its kinds, not both */
		{ "(1, 1, 1, true, 2), (1, 1, 2, true, 4)", "4 0, 0 0" },
		{ "(9, 1, 1, true, 6), (9, 1, 2, true, 4)", "0 4, 0 4" },
		/* numbers are compared as numbers */
		{ "(1, 1, 9, true, 2), (1, 1, 10, false, 2)", "0 0, 0 0" },
		/* sources do not lift each other, and add up */
		{ "(1, 1, 1, true, 2), (1, 2, 2, false, 2)", "2 0, 0 0" },
		{ "(1, 1, 1, true, 2), (1, 2, 1, true, 4), (1, 3, 1, true, 8), (1, 4, 1, true, 2)",
		    "14 0, 0 0" },
		{ "(9, 1, 1, true, 2), (9, 2, 1, true, 4), (9, 2, 2, false, 4), (9, 3, 1, false, "
		  "8)",
		    "0 2, 0 2" },
		/* nor do subjects */
		{ "(1, 1, 1, true, 2), (9, 1, 2, false, 2)", "2 0, 0 0" },
		{ "(9, 1, 1, true, 2), (1, 1, 2, false, 2)", "0 2, 0 2" },
		{ "(1, 1, 1, true, 2), (2, 1, 2, false, 2)", "2 0, 0 0" },
		{ "(1, 1, 1, true, 2), (9, 1, 1, true, 4), (2, 2, 1, true, 8)", "2 4, 8 4" },
	};
	char sql[512];
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		assert_true(snprintf(sql, sizeof(sql),
				"TRUNCATE block; INSERT INTO block SELECT decode(lpad(s::text, 32, "
				"'0'), 'hex'),"
				" o, n, a, k, 0 FROM (VALUES %s) v (s, o, n, a, k)",
				t[i].rows) < (int)sizeof(sql));
		dbtest_sql(conninfo, sql);
		if (strcmp(blocked(), t[i].want) != 0)
			fail_msg("%s: %s", t[i].rows, blocked());
	}
}

static bool
is(const struct db_rows *rows, size_t row, unsigned col, const char *want)
{
	size_t n = 0;
	const uint8_t *p = db_bytes(rows, row, col, &n);
	return p == NULL ? want == NULL
			 : want != NULL && n == strlen(want) && memcmp(p, want, n) == 0;
}

static void
a_seal_is_read_only_where_it_will_be_opened(void **state)
{
	struct db *db = NULL;
	(void)state;
	assert_int_equal(db_open(conninfo, &db, NULL), 0);
	for (int seal = 0; seal < 2; seal++) {
		struct db_rows *rows = card_read(db, CARD_1, seal == 1);
		assert_int_equal(db_n(rows), 2);
		assert_int_equal(db_int(rows, 0, 11), 1); /* what decides is there in any case */
		assert_int_equal(db_int(rows, 0, 12), 1);
		assert_true(is(rows, 0, 13, "row 2"));
		assert_true(is(rows, 0, 14, seal == 1 ? "seal" : NULL));
		assert_true(db_is_null(rows, 1, 11)); /* the other's is nobody's business */
		assert_true(is(rows, 1, 13, "row 2"));
		assert_true(is(rows, 1, 14, NULL));
		db_rows_free(rows);
	}
	db_close(db);
}

/* Cards 1 and 2 as asked for. The result; *ret_holder: the last octet of who it is, 0 = nobody. */
static int
see(unsigned first, unsigned second, unsigned *ret_holder)
{
	struct arena *a = arena_new(1 << 20);
	struct vault_hashes cards = { .n = 2, .of = { { .bytes = 16 }, { .bytes = 16 } } };
	const struct store_ask q = { .at_ms = 1 };
	struct store_seen seen = { .state = NULL };
	struct store_view *view = arena_zero(a, sizeof(*view));
	struct err err = { 0 };
	struct db *db = NULL;
	cards.of[0].b[15] = (uint8_t)first;
	cards.of[1].b[15] = (uint8_t)second;
	assert_int_equal(db_open(conninfo, &db, NULL), 0);
	int r = store_see(db, a, &cards, &q, &seen, &err);
	if (r == 0)
		assert_int_equal(store_seen_take(&seen, a, view, &err), 0);
	*ret_holder = r == 0 && view->v.card_known ? view->v.self.b[15] : 0;
	if (*ret_holder != 0)
		assert_memory_equal(view->v.persons[0].ref.b, view->v.self.b, PERSON_REF_BYTES);
	store_seen_done(&seen);
	db_close(db);
	arena_free(a);
	return r;
}

static void
a_card_has_one_active_holder_or_none_or_nobody_is_believed(void **state)
{
	static const struct {
		const char *sql; /* beforehand */
		unsigned first, second;
		int want;
		unsigned holder;
	} t[] = {
		{ "SELECT 1", 1, 77, 0, 1 },
		{ "SELECT 1", 77, 2, 0, 2 },
		{ "SELECT 1", 3, 77, 0, 3 },
		{ "SELECT 1", 76, 77, 0, 0 },
		{ "UPDATE card SET active = false WHERE card = " REF("1"), 1, 77, 0, 0 },
		{ "UPDATE card SET active = false WHERE card = " REF("1"), 1, 2, 0, 2 },
		/* of one household, of two, and the same person under both keys */
		{ "UPDATE card SET active = true", 1, 2, FAULT_INTEGRITY, 0 },
		{ "SELECT 1", 1, 3, FAULT_INTEGRITY, 0 },
		{ "UPDATE card SET ref = " REF("1"), 1, 2, FAULT_INTEGRITY, 0 },
		{ "DELETE FROM card", 1, 2, 0, 0 },
		{ "DELETE FROM tenant", 1, 2, FAULT_CONFIG, 0 },
	};
	(void)state;
	dbtest_sql(conninfo,
	    "INSERT INTO tenant (muni, wrapped_key) VALUES ('991015', "
	    "decode(repeat('00', 60), 'hex'))");
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		unsigned holder = 99;
		dbtest_sql(conninfo, t[i].sql);
		int r = see(t[i].first, t[i].second, &holder);
		if (r != t[i].want || holder != t[i].holder)
			fail_msg("row %zu: %d, holder %u", i, r, holder);
	}
}

/* Of one session: its statements, then where it is at home. */
static const char *
home_after(const char *sql)
{
	char all[768];
	assert_true(
	    snprintf(all, sizeof(all), "%s; SELECT cluster_home()", sql) < (int)sizeof(all));
	return dbtest_value(conninfo, all);
}

static void
home_is_the_cluster_itself_whatever_the_setting_says(void **state)
{
	static const char *const t[] = {
		"SELECT 1",
		"SELECT cluster_home(); RESET ALL",
		"SELECT cluster_home(); RESET kofu.system",
		"BEGIN; SELECT cluster_home(); ROLLBACK",
		"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT cluster_home(); COMMIT",
		"BEGIN; SAVEPOINT a; SELECT cluster_home(); ROLLBACK TO a",
		"SET kofu.system = ''",
		"SET kofu.system = '7'",
		"SET kofu.system = '1 7'", /* another process's */
		"SELECT cluster_home(); SELECT set_config('kofu.system', '0 ' || "
		"current_setting('kofu.system'), false)",
	};
	char want[128], front[DBTEST_CONNINFO_BYTES + 64];
	(void)state;
	(void)snprintf(want, sizeof(want), "%s",
	    dbtest_value(conninfo,
		"SELECT system_identifier || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)"
		" FROM pg_control_system()"));
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		if (strcmp(home_after(t[i]), want) != 0)
			fail_msg("%s: %s", t[i], home_after(t[i]));
	/* What every session of a role or of the database begins with, or one alone. */
	dbtest_sql(conninfo,
	    "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET kofu.system = "
	    "''5 5''', current_database()); END $$");
	assert_string_equal(home_after("SELECT 1"), want);
	(void)snprintf(
	    front, sizeof(front), "%s options='-c kofu.system=7 -c role=kofu_front'", conninfo);
	assert_string_equal(dbtest_value(front, "SELECT cluster_home()"), want);
	/* It is kept: behind the process's own number. */
	assert_string_equal(dbtest_value(conninfo,
				"SELECT cluster_home(); SELECT starts_with("
				"current_setting('kofu.system'), pg_backend_pid() || ' ')"),
	    "t");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    the_newest_row_of_each_subject_and_source_decides_when_it_is_active,
		    each_begins_with_a_household),
		cmocka_unit_test_setup(
		    a_seal_is_read_only_where_it_will_be_opened, each_begins_with_a_household),
		cmocka_unit_test_setup(a_card_has_one_active_holder_or_none_or_nobody_is_believed,
		    each_begins_with_a_household),
		cmocka_unit_test(home_is_the_cluster_itself_whatever_the_setting_says),
	};
	dbtest_create(db_asp_migrations, db_asp_migrations_n, conninfo);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
