/* SPDX-License-Identifier: Apache-2.0 */
/* What a node says of its database: the same where the migrations made it, another after any hand.
 */
#include "tests/unit/unit.h"

#include "queries/asp_migrations.h"
#include "tests/db/dbtest.h"

#include <stdio.h>
#include <string.h>

static char one[DBTEST_CONNINFO_BYTES], two[DBTEST_CONNINFO_BYTES];

static void
digest_of(const char *conninfo, uint8_t ret[32])
{
	struct db *db = NULL;
	assert_int_equal(db_open(conninfo, &db, NULL), 0);
	assert_int_equal(db_schema_digest(db, ret, NULL), 0);
	db_close(db);
}

static void
two_databases_of_the_same_migrations_say_the_same_to_every_role(void **state)
{
	char front[DBTEST_CONNINFO_BYTES + 64];
	uint8_t a[32], b[32];
	(void)state;
	digest_of(one, a);
	digest_of(two, b);
	assert_memory_equal(a, b, 32);
	assert_true(snprintf(front, sizeof(front), "%s options='-c role=kofu_front'", two) > 0);
	digest_of(front, b);
	assert_memory_equal(a, b, 32);
}

static void
rows_and_statistics_are_no_part_of_it(void **state)
{
	uint8_t a[32], b[32];
	(void)state;
	digest_of(one, a);
	dbtest_sql(one, "UPDATE audit_head SET seq = seq; ANALYZE; REINDEX TABLE person");
	digest_of(one, b);
	assert_memory_equal(a, b, 32);
}

static void
whatever_a_hand_changes_is_another_digest_and_undone_the_same_again(void **state)
{
	static const struct {
		const char *change, *undo;
	} t[] = {
		{ "ALTER TABLE person ADD COLUMN note text",
		    "ALTER TABLE person DROP COLUMN note" },
		{ "ALTER TABLE issue ALTER COLUMN kiosk DROP NOT NULL",
		    "ALTER TABLE issue ALTER COLUMN kiosk SET NOT NULL" },
		{ "ALTER TABLE tenant ALTER COLUMN closed_kinds SET DEFAULT 1",
		    "ALTER TABLE tenant ALTER COLUMN closed_kinds SET DEFAULT 0" },
		{ "CREATE INDEX by_hand ON issue (kiosk)", "DROP INDEX by_hand" },
		{ "CREATE FUNCTION by_hand() RETURNS int LANGUAGE sql AS 'SELECT 1'",
		    "DROP FUNCTION by_hand()" },
		{ "CREATE TABLE by_hand (x int)", "DROP TABLE by_hand" },
		{ "CREATE SCHEMA by_hand; CREATE TABLE by_hand.t (x int)",
		    "DROP SCHEMA by_hand CASCADE" },
		{ "CREATE VIEW by_hand AS SELECT 1", "DROP VIEW by_hand" },
		{ "ALTER TABLE resident_row DISABLE TRIGGER resident_row_whose",
		    "ALTER TABLE resident_row ENABLE TRIGGER resident_row_whose" },
		{ "ALTER TABLE issue_copy DISABLE TRIGGER ALL",
		    "ALTER TABLE issue_copy ENABLE TRIGGER ALL" },
		{ "CREATE RULE by_hand AS ON INSERT TO block DO INSTEAD NOTHING",
		    "DROP RULE by_hand ON block" },
		{ "CREATE POLICY by_hand ON block USING (false)", "DROP POLICY by_hand ON block" },
		{ "ALTER TABLE block ENABLE ROW LEVEL SECURITY",
		    "ALTER TABLE block DISABLE ROW LEVEL SECURITY" },
		{ "GRANT DELETE ON block TO kofu_front", "REVOKE DELETE ON block FROM kofu_front" },
		{ "GRANT UPDATE (sealed) ON card TO kofu_front",
		    "REVOKE UPDATE (sealed) ON card FROM kofu_front" },
		{ "ALTER TABLE block ADD CONSTRAINT by_hand CHECK (true)",
		    "ALTER TABLE block DROP CONSTRAINT by_hand" },
		{ "ALTER DOMAIN octets_16 DROP CONSTRAINT octets_16_check",
		    "ALTER DOMAIN octets_16 ADD CHECK (octet_length(VALUE) = 16)" },
		{ "ALTER DOMAIN issue_state ADD CONSTRAINT by_hand CHECK (VALUE > 0) NOT VALID",
		    "ALTER DOMAIN issue_state DROP CONSTRAINT by_hand" },
		{ "ALTER DOMAIN octets_32 SET DEFAULT ''", "ALTER DOMAIN octets_32 DROP DEFAULT" },
		{ "ALTER DOMAIN octets_32 SET NOT NULL", "ALTER DOMAIN octets_32 DROP NOT NULL" },
		{ "CREATE DOMAIN by_hand AS text", "DROP DOMAIN by_hand" },
		{ "CREATE TYPE by_hand AS ENUM ('a')", "DROP TYPE by_hand" },
	};
	uint8_t first[32], changed[32], back[32];
	(void)state;
	digest_of(two, first);
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		dbtest_sql(two, t[i].change);
		digest_of(two, changed);
		dbtest_sql(two, t[i].undo);
		digest_of(two, back);
		if (memcmp(first, changed, 32) == 0)
			fail_msg("unseen: %s", t[i].change);
		if (memcmp(first, back, 32) != 0)
			fail_msg("not undone: %s", t[i].change);
	}
	/* The body of a function: what a hand would change to let a paper out. */
	dbtest_sql(two,
	    "CREATE OR REPLACE FUNCTION cluster_home() RETURNS text LANGUAGE plpgsql VOLATILE "
	    "AS $$ BEGIN RETURN 'anywhere'; END $$");
	digest_of(two, changed);
	assert_memory_not_equal(first, changed, 32);
	dbtest_sql(two, "UPDATE schema_migration SET sha256 = sha256('other') WHERE number = 12");
	digest_of(two, back);
	assert_memory_not_equal(changed, back, 32);
}

static void
a_database_without_migrations_has_none(void **state)
{
	char bare[DBTEST_CONNINFO_BYTES];
	uint8_t digest[32];
	struct db *db = NULL;
	(void)state;
	dbtest_create(NULL, 0, bare);
	assert_int_equal(db_open(bare, &db, NULL), 0);
	assert_true(db_schema_digest(db, digest, NULL) < 0);
	db_close(db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_databases_of_the_same_migrations_say_the_same_to_every_role),
		cmocka_unit_test(rows_and_statistics_are_no_part_of_it),
		cmocka_unit_test(
		    whatever_a_hand_changes_is_another_digest_and_undone_the_same_again),
		cmocka_unit_test(a_database_without_migrations_has_none),
	};
	dbtest_create(db_asp_migrations, db_asp_migrations_n, one);
	dbtest_create(db_asp_migrations, db_asp_migrations_n, two);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
