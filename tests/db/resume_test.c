/* SPDX-License-Identifier: Apache-2.0 */
/* A stop is lifted only behind a reconciliation that began after it and left nobody open. */
#include "tests/unit/unit.h"

#include "queries/asp_admin.h"
#include "queries/asp_migrations.h"
#include "queries/asp_sync.h"
#include "server/sync/recon_desk.h"
#include "tests/db/dbtest.h"

#include <string.h>

static char conninfo[DBTEST_CONNINFO_BYTES];
static struct db *db;

static int
each_begins_with_a_tenant(void **state)
{
	struct err err = { 0 };
	(void)state;
	dbtest_create(db_asp_migrations, db_asp_migrations_n, conninfo);
	dbtest_sql(conninfo,
	    "INSERT INTO tenant (muni, wrapped_key) VALUES ('991015', decode(repeat('00', 60), "
	    "'hex'))");
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

static int64_t
value(const char *sql)
{
	return strtoll(dbtest_value(conninfo, sql), NULL, 10);
}

/* *ret_down: it was stopped. Returns whether it was lifted. */
static bool
resume(bool anyway, bool *ret_down)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct err err = { 0 };
	assert_int_equal(db_ask(db, &q_admin_tenant_resume, &rows, &err, db_bool_arg(anyway)), 0);
	*ret_down = db_bool(rows, 0, 0);
	return db_bool(rows, 0, 1);
}

static bool
settled(int64_t begun_ms, int64_t open)
{
	struct err err = { 0 };
	bool is = false;
	assert_int_equal(recon_settled(db, begun_ms, open, &is, &err), 0);
	return is;
}

static void
a_stop_waits_for_a_reconciliation_that_began_after_it(void **state)
{
	bool down = true;
	struct err err = { 0 };
	int64_t before_ms = 0, after_ms = 0;
	(void)state;
	assert_false(resume(false, &down));
	assert_false(down);
	assert_int_equal(recon_begin(db, &before_ms, &err), 0);
	dbtest_sql(conninfo, "UPDATE tenant SET stopped = 'equivocation'");
	int64_t stopped_ms = value("SELECT stopped_ms FROM tenant");
	assert_true(stopped_ms >= before_ms);
	assert_false(resume(false, &down));
	assert_true(down);
	/* One that was under way by then, and one of the very millisecond, prove nothing. */
	assert_true(settled(before_ms, 0));
	assert_true(settled(stopped_ms, 0));
	assert_false(resume(false, &down));
	assert_true(down);
	/* One that left somebody open, who is not blocked. */
	assert_false(settled(stopped_ms + 1, 1));
	assert_false(resume(false, &down));
	assert_true(settled(stopped_ms + 1, 0));
	assert_true(resume(false, &down));
	assert_true(down);
	assert_int_equal(value("SELECT count(*) FROM tenant WHERE stopped IS NULL"), 1);
	assert_int_equal(recon_begin(db, &after_ms, &err), 0);
	assert_true(after_ms >= stopped_ms);
}

static void
the_next_stop_waits_for_its_own_and_an_earlier_word_takes_nothing_back(void **state)
{
	bool down = false;
	(void)state;
	/* An hour ago, by hand: the trigger's clock is the one that counts. */
	dbtest_sql(conninfo,
	    "UPDATE tenant SET stopped = 'behind', stopped_ms = 5;"
	    "UPDATE tenant SET compared_ms = stopped_ms + 1");
	int64_t first_ms = value("SELECT stopped_ms FROM tenant");
	assert_true(first_ms > 5);
	assert_true(settled(first_ms - 3600000, 0)); /* a late word of an early run */
	assert_int_equal(value("SELECT compared_ms FROM tenant"), first_ms + 1);
	/* Another reason over the first is another stop; the same once more is not. */
	dbtest_sql(conninfo,
	    "UPDATE tenant SET compared_ms = stopped_ms + 1, stopped_ms = 7;"
	    "UPDATE tenant SET stopped = 'behind'");
	assert_int_equal(value("SELECT stopped_ms FROM tenant"), 7);
	dbtest_sql(conninfo,
	    "UPDATE tenant SET compared_ms = 8;"
	    "UPDATE tenant SET stopped = 'restored'");
	assert_true(value("SELECT stopped_ms FROM tenant") >= first_ms);
	assert_false(resume(false, &down));
	assert_true(down);
	assert_true(resume(true, &down)); /* by a human's word alone */
	assert_int_equal(value("SELECT count(*) FROM tenant WHERE stopped IS NULL"), 1);
}

static void
run1(const struct db_query *q, struct db_arg arg)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct err err = { 0 };
	assert_int_equal(db_ask(db, q, &rows, &err, arg), 0);
}

/* A clock that was set back, another machine's, a reason behind the first: fail closed. */
static void
what_was_compared_before_a_stop_is_forgotten(void **state)
{
	bool down = false;
	(void)state;
	dbtest_sql(conninfo, "UPDATE tenant SET compared_ms = 9223372036854775807");
	run1(&q_sync_tenant_stop, db_text_arg("behind"));
	assert_int_equal(value("SELECT compared_ms FROM tenant"), 0);
	assert_false(resume(false, &down));
	assert_true(down);
	dbtest_sql(conninfo, "UPDATE tenant SET compared_ms = stopped_ms + 1");
	run1(&q_sync_tenant_stop, db_text_arg("equivocation"));
	assert_int_equal(value("SELECT count(*) FROM tenant WHERE stopped = 'behind'"), 1);
	assert_false(resume(false, &down));
	assert_true(down);
	/* Lost again between reconciliation and resume, and brought back as it was then. */
	dbtest_sql(conninfo,
	    "UPDATE tenant SET stopped = 'restored';"
	    "UPDATE tenant SET compared_ms = stopped_ms + 1, home = 'elsewhere'");
	run1(&q_admin_restored_accept, db_int_arg(1));
	assert_false(resume(false, &down));
	assert_true(down);
}

/* The word is of the run that was closed last, which looked at everybody, and of its key. */
static void
a_last_word_is_of_the_run_that_it_names(void **state)
{
	struct tally_key key = { { 1 } }, other = { { 2 } };
	struct recon_desk *d = recon_desk_new(2);
	struct recon_run *run = NULL;
	uint64_t first = 0, second = 0;
	int64_t begun_ms = -1;
	(void)state;
	assert_int_equal(recon_desk_closed(d, 0, 0, &key, &begun_ms), RECON_E_NO_RUN);
	assert_int_equal(recon_desk_open(d, 0, &key, 4711, 1, &first), 0);
	assert_int_equal(recon_desk_closed(d, 0, first, &key, &begun_ms), RECON_E_NO_RUN);
	recon_desk_close(d, 0, first); /* not looked at everybody */
	assert_int_equal(recon_desk_closed(d, 0, first, &key, &begun_ms), RECON_E_NO_RUN);
	assert_int_equal(recon_desk_closed(d, 0, 0, &key, &begun_ms), RECON_E_NO_RUN);
	assert_int_equal(recon_desk_open(d, 0, &key, 4712, 1, &second), 0);
	assert_int_equal(recon_desk_take(d, 0, second, 1, &run), 0);
	run->done = true;
	recon_desk_give(d, 0);
	recon_desk_close(d, 0, second);
	assert_int_equal(recon_desk_closed(d, 0, first, &key, &begun_ms), RECON_E_NO_RUN);
	assert_int_equal(recon_desk_closed(d, 0, second, &other, &begun_ms), RECON_E_NO_RUN);
	assert_int_equal(recon_desk_closed(d, 1, second, &key, &begun_ms), RECON_E_NO_RUN);
	assert_int_equal(begun_ms, -1);
	assert_int_equal(recon_desk_closed(d, 0, second, &key, &begun_ms), 0);
	assert_int_equal(begun_ms, 4712);
	/* Another that is open says nothing yet of itself, and the one before still counts. */
	assert_int_equal(recon_desk_open(d, 0, &other, 4713, 1, &first), 0);
	assert_int_equal(recon_desk_closed(d, 0, first, &other, &begun_ms), RECON_E_NO_RUN);
	assert_int_equal(recon_desk_closed(d, 0, second, &key, &begun_ms), 0);
	assert_int_equal(begun_ms, 4712);
	recon_desk_free(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_stop_waits_for_a_reconciliation_that_began_after_it,
		    each_begins_with_a_tenant, and_closes_it),
		cmocka_unit_test_setup_teardown(
		    the_next_stop_waits_for_its_own_and_an_earlier_word_takes_nothing_back,
		    each_begins_with_a_tenant, and_closes_it),
		cmocka_unit_test_setup_teardown(what_was_compared_before_a_stop_is_forgotten,
		    each_begins_with_a_tenant, and_closes_it),
		cmocka_unit_test(a_last_word_is_of_the_run_that_it_names),
	};
	return cmocka_run_group_tests_name("resume", tests, NULL, NULL);
}
