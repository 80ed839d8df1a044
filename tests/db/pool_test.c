/* SPDX-License-Identifier: Apache-2.0 */
/* What a pool of connections keeps. */
#include "tests/unit/unit.h"

#include "tests/db/dbtest.h"

#include <stdlib.h>
#include <unistd.h>

static char conninfo[DBTEST_CONNINFO_BYTES];

static void
a_pool_closes_what_a_rush_has_opened(void **state)
{
	static const char count[] =
	    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()";
	struct db_pool *p = NULL;
	struct db *d[3];
	struct err err = { 0 };
	(void)state;
	assert_int_equal(db_pool_open(conninfo, 3, &p, &err), 0);
	int was = atoi(dbtest_value(conninfo, count)), now = 0;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(db_pool_take(p, 100, &d[i], &err), 0);
	for (unsigned i = 0; i < 3; i++)
		db_pool_give(p, d[i]);
	db_pool_tidy(p, DB_POOL_IDLE_MS); /* used just now: all of them stay */
	assert_int_equal(atoi(dbtest_value(conninfo, count)), was + 2);
	db_pool_tidy(p, 0);
	for (unsigned i = 0; i < 1000 && now != was; i++) { /* a backend ends by itself */
		usleep(10000);
		now = atoi(dbtest_value(conninfo, count));
	}
	assert_int_equal(now, was);
	assert_int_equal(db_pool_take(p, 100, &d[0], &err), 0);
	db_pool_give(p, d[0]);
	db_pool_close(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pool_closes_what_a_rush_has_opened),
	};
	dbtest_create(NULL, 0, conninfo);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
