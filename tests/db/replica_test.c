/* SPDX-License-Identifier: Apache-2.0 */
/* What a replica says when it is looked at: where it is at home. */
#include "tests/unit/unit.h"

#include "queries/asp_migrations.h"
#include "tests/db/dbtest.h"

#include <stdio.h>
#include <string.h>

static char conninfo[DBTEST_CONNINFO_BYTES];

/* Of one session: its statements, then where it is at home. */
static const char *
home_after(const char *sql)
{
	char all[768];
	assert_true(snprintf(all, sizeof(all), "%s; SELECT cluster_home()", sql) < (int)sizeof(all));
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
	dbtest_sql(conninfo, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET kofu.system = "
			     "''5 5''', current_database()); END $$");
	assert_string_equal(home_after("SELECT 1"), want);
	(void)snprintf(front, sizeof(front), "%s options='-c kofu.system=7 -c role=kofu_front'", conninfo);
	assert_string_equal(dbtest_value(front, "SELECT cluster_home()"), want);
	/* It is kept: behind the process's own number. */
	assert_string_equal(dbtest_value(conninfo, "SELECT cluster_home(); SELECT starts_with("
						   "current_setting('kofu.system'), pg_backend_pid() || ' ')"),
	    "t");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(home_is_the_cluster_itself_whatever_the_setting_says),
	};
	dbtest_create(db_asp_migrations, db_asp_migrations_n, conninfo);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
