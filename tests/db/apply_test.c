/* SPDX-License-Identifier: Apache-2.0 */
/* The applier on a real PostgreSQL: what a batch leaves in the replica. */
#include "tests/unit/unit.h"

#include "base/arena.h"
#include "tests/db/apply_rig.h"
#include "tests/db/dbtest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
a_person_is_stored_sealed_and_opens_again(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct person_ref ref;
	struct resident got;
	uint8_t *plain = NULL;
	size_t bytes = 0;
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	assert_string_equal(of("1", "state || ',' || rireki_no || ',' || version || ',' || parked"),
	    "1,1,2,false"); /* 2: the household was touched when it grew */
	assert_string_equal(dbtest_value(rig.conninfo,
				"SELECT seq || ',' || source || ',' || register_ms FROM stream"),
	    "1,0/2,10");
	assert_string_equal(dbtest_value(rig.conninfo,
				"SELECT count(*) FROM resident_row WHERE position('見本' in "
				"encode(sealed, 'escape')) > 0"),
	    "0");
	struct arena *a = arena_new(1024 * 1024);
	AUTO(db_rows) struct db_rows *rows = NULL;
	static const struct db_query q = { "test", "SELECT sealed FROM resident_row", 0,
		DB_ROWS_ONE };
	assert_int_equal(db_ask0(rig.db, &q, &rows, &err), 0);
	const uint8_t *sealed = db_bytes(rows, 0, 0, &bytes);
	vault_person_ref(&rig.vault, "1", &ref);
	assert_int_equal(vault_row_open(&rig.vault, a, VAULT_RESIDENT, &ref, 1, sealed, bytes,
			     &plain, &bytes, &err),
	    0);
	assert_int_equal(resident_decode(a, plain, bytes, &got, &err), 0);
	assert_string_equal(got.name, "見本　太郎");
	assert_string_equal(got.atena_no, "1");
	arena_free(a);
}

static void
every_change_makes_the_version_grow(void **state)
{
	(void)state;
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	int64_t before = strtol(of("1", "version"), NULL, 10);
	const char *changes[] = {
		resident("1", 2, "registered", "9", ",\"biko\":\"x\""),
		seal("1", 1, "registered"),
		seal("1", 2, "abolished"),
		card("1", 1, "active", "01"),
		card("1", 2, "ended", "01"),
		block("atena_no", "1", 1, true),
		block("setai_no", "9", 1, true),
		block("setai_no", "9", 2, false),
	};
	for (size_t i = 0; i < N_ELEMENTS(changes); i++) {
		(void)apply_next(changes[i]);
		int64_t after = strtol(of("1", "version"), NULL, 10);
		assert_true(after > before);
		before = after;
	}
	assert_string_equal(of("1", "parked::text"), "false");
	assert_string_equal(count("seal_row"), "2");
	assert_string_equal(count("block"), "3");
}

static void
who_joins_or_leaves_makes_the_whole_household_new(void **state)
{
	(void)state;
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	(void)apply_next(resident("2", 1, "registered", "8", ""));
	int64_t one = strtol(of("1", "version"), NULL, 10);
	(void)apply_next(resident("2", 2, "registered", "9", "")); /* joins */
	assert_true(strtol(of("1", "version"), NULL, 10) > one);
	one = strtol(of("1", "version"), NULL, 10);
	(void)apply_next(resident("2", 3, "removed", "9", ""));
	assert_true(strtol(of("1", "version"), NULL, 10) > one);
	one = strtol(of("1", "version"), NULL, 10);
	(void)apply_next(resident("2", 4, "registered", "7", "")); /* and is back elsewhere */
	assert_true(strtol(of("1", "version"), NULL, 10) > one);
	one = strtol(of("1", "version"), NULL, 10);
	(void)apply_next(resident("2", 5, "registered", "7", ",\"biko\":\"x\""));
	assert_int_equal(strtol(of("1", "version"), NULL, 10), one); /* no longer theirs */
}

static void
the_same_batch_again_changes_nothing(void **state)
{
	(void)state;
	struct apply_done done = { 0 };
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	uint8_t zeros[BATCH_HASH_BYTES] = { 0 };
	for (int i = 0; i < 3; i++) {
		struct sent s = make(TEST_EPOCH, 1, zeros, resident("1", 1, "registered", "9", ""));
		assert_int_equal(apply_sent(&s, &done), 0);
		assert_int_equal(done.seq, 1);
		assert_int_equal(done.n_records, 0);
		assert_memory_equal(done.hash, rig.prev, sizeof(rig.prev));
	}
	(void)apply_next(resident("1", 2, "registered", "9", ""));
	struct sent old = make(TEST_EPOCH, 1, zeros, resident("1", 1, "registered", "9", ""));
	assert_int_equal(apply_sent(&old, &done), 0); /* an older one still */
	assert_string_equal(count("batch"), "2");
	assert_string_equal(count("resident_row"), "2");
	assert_string_equal(stopped(), "");
}

static void
a_gap_asks_for_what_is_missing(void **state)
{
	(void)state;
	struct apply_done done = { 0 };
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	struct sent s = make(TEST_EPOCH, 3, rig.prev, resident("1", 3, "registered", "9", ""));
	assert_int_equal(apply_sent(&s, &done), SYNC_E_GAP);
	assert_int_equal(done.seq, 2);
	assert_string_equal(of("1", "rireki_no"), "1");
	assert_string_equal(stopped(), "");
}

static void
the_same_number_with_other_content_stops_the_municipality(void **state)
{
	(void)state;
	struct apply_done done = { 0 };
	uint8_t zeros[BATCH_HASH_BYTES] = { 0 };
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	struct sent s = make(TEST_EPOCH, 1, zeros, resident("1", 1, "registered", "8", ""));
	assert_int_equal(apply_sent(&s, &done), SYNC_E_EQUIVOCATION);
	assert_string_equal(stopped(), "equivocation");
	assert_string_equal(count("batch"), "1");
}

static void
a_batch_built_on_another_stops_the_municipality(void **state)
{
	(void)state;
	struct apply_done done = { 0 };
	uint8_t other[BATCH_HASH_BYTES] = { 9 };
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	struct sent s = make(TEST_EPOCH, 2, other, resident("1", 2, "registered", "9", ""));
	assert_int_equal(apply_sent(&s, &done), SYNC_E_EQUIVOCATION);
	assert_string_equal(stopped(), "equivocation");
	assert_string_equal(of("1", "rireki_no"), "1");
}

static void
another_epoch_or_session_is_refused(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct apply_done done = { 0 };
	struct apply_source at;
	uint8_t session[SYNC_SESSION_BYTES] = { 5 };
	struct sent s = make(TEST_EPOCH + 1, 1, rig.prev, resident("1", 1, "registered", "9", ""));
	assert_int_equal(apply_sent(&s, &done), SYNC_E_EPOCH);
	assert_int_equal(apply_session_open(rig.db, session, &at, &err), 0);
	assert_int_equal(at.at.seq, 0);
	assert_string_equal(at.source, "0/1");
	s = make(TEST_EPOCH, 1, rig.prev, resident("1", 1, "registered", "9", ""));
	assert_int_equal(apply_sent(&s, &done), SYNC_E_SESSION);
	assert_string_equal(count("person"), "0");
	assert_string_equal(stopped(), "");
}

static void
nothing_is_applied_before_a_first_load(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct apply_done done = { 0 };
	struct apply_source at;
	dbtest_sql(rig.conninfo, "DELETE FROM stream");
	struct sent s = make(TEST_EPOCH, 1, rig.prev, resident("1", 1, "registered", "9", ""));
	assert_int_equal(apply_sent(&s, &done), SYNC_E_NOT_LOADED);
	assert_int_equal(apply_position_read(rig.db, &at, &err), SYNC_E_NOT_LOADED);
	assert_int_equal(
	    apply_session_open(rig.db, rig.sender.session, &at, &err), SYNC_E_NOT_LOADED);
}

static void
a_batch_is_applied_whole_or_not_at_all(void **state)
{
	(void)state;
	struct apply_done done = { 0 };
	struct err err = { 0 };
	dbtest_sql(rig.conninfo,
	    "CREATE FUNCTION bang() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'bang'; END "
	    "$$;"
	    "CREATE TRIGGER bang BEFORE INSERT ON seal_row FOR EACH ROW EXECUTE FUNCTION bang()");
	struct sent s = make(TEST_EPOCH, 1, rig.prev,
	    printed("%s,%s", resident("1", 1, "registered", "9", ""), seal("1", 1, "registered")));
	assert_true(
	    apply_batch(rig.db, &rig.vault, &s.batch, s.hash, &rig.sender, &done, &err) < 0);
	assert_string_equal(count("person"), "0");
	assert_string_equal(dbtest_value(rig.conninfo, "SELECT seq FROM stream"), "0");
	dbtest_sql(rig.conninfo, "DROP TRIGGER bang ON seal_row");
	assert_int_equal(apply_sent(&s, &done), 0);
	assert_string_equal(count("person"), "1");
	assert_string_equal(count("seal_row"), "1");
}

static int
beat(int64_t number, const uint8_t *hash, int64_t at_ms)
{
	struct err err = { 0 };
	int64_t ours = -1;
	struct beat b = {
		.muni = rig.vault.muni, .epoch = TEST_EPOCH, .seq = number, .at_ms = at_ms
	};
	memcpy(b.hash, hash, sizeof(b.hash));
	return apply_beat(rig.db, &b, &rig.sender, &ours, &err);
}

static const char *
lease(void)
{
	return dbtest_value(
	    rig.conninfo, "SELECT coalesce((SELECT beat_ms || ',' || seq FROM lease), '')");
}

/* The rows go with the number that moves, in one wait: neither is there without the other. */
static void
a_batch_whose_number_does_not_move_is_not_applied(void **state)
{
	(void)state;
	struct apply_done done;
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	struct sent s =
	    make(TEST_EPOCH, rig.seq + 1, rig.prev, resident("1", 2, "registered", "9", ""));
	dbtest_sql(rig.conninfo,
	    "CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
	    "CREATE TRIGGER stay BEFORE UPDATE ON stream FOR EACH ROW EXECUTE FUNCTION stay()");
	assert_int_equal(apply_sent(&s, &done), FAULT_INTERNAL);
	assert_string_equal(count("batch"), "1");
	assert_string_equal(count("resident_row"), "1");
	assert_string_equal(of("1", "rireki_no"), "1");
	dbtest_sql(rig.conninfo, "DROP TRIGGER stay ON stream");
	(void)apply_next(resident("1", 2, "registered", "9", ""));
	assert_string_equal(of("1", "rireki_no"), "2");
	assert_string_equal(count("batch"), "2");
}

static void
the_lease_only_goes_forward(void **state)
{
	(void)state;
	uint8_t zeros[BATCH_HASH_BYTES] = { 0 };
	uint8_t other[BATCH_HASH_BYTES] = { 9 };
	assert_int_equal(beat(0, zeros, NOW_MS - 5000), 0);
	assert_string_equal(lease(), "995000,0");
	assert_int_equal(beat(0, zeros, NOW_MS - 9000), 0); /* an old one played again */
	assert_string_equal(lease(), "995000,0");
	assert_int_equal(beat(0, zeros, NOW_MS + SYNC_SKEW_MS), 0);
	assert_int_equal(beat(0, zeros, NOW_MS + SYNC_SKEW_MS + 1), SYNC_E_SKEW);
	assert_string_equal(lease(), "1030000,0");
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	assert_int_equal(beat(0, zeros, NOW_MS + SYNC_SKEW_MS), 0); /* sent before the batch was */
	assert_int_equal(beat(2, other, NOW_MS + SYNC_SKEW_MS), SYNC_E_GAP);
	assert_string_equal(lease(), "1030000,2"); /* ahead of us: nothing is issued */
	assert_string_equal(stopped(), "");
	assert_int_equal(beat(1, other, NOW_MS), SYNC_E_EQUIVOCATION);
	assert_string_equal(stopped(), "equivocation");
}

static void
the_applying_role_has_the_rights_it_needs(void **state)
{
	(void)state;
	struct err err = { 0 };
	char as_sync[DBTEST_CONNINFO_BYTES + 64];
	(void)snprintf(as_sync, sizeof(as_sync), "%s options='-c role=kofu_sync'", rig.conninfo);
	db_close(rig.db);
	rig.db = NULL;
	assert_int_equal(db_open(as_sync, &rig.db, &err), 0);
	every_change_makes_the_version_grow(state);
	(void)apply_next(resident("1", 1, "removed", "9", "")); /* parks */
	(void)apply_next("{}");                                 /* stops */
	struct apply_source at;
	assert_int_equal(apply_session_open(rig.db, rig.sender.session, &at, &err), 0);
	assert_int_equal(beat(at.at.seq, at.at.hash, NOW_MS), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TESTS(a_person_is_stored_sealed_and_opens_again),
		RIG_TESTS(every_change_makes_the_version_grow),
		RIG_TESTS(who_joins_or_leaves_makes_the_whole_household_new),
		RIG_TESTS(the_same_batch_again_changes_nothing),
		RIG_TESTS(a_gap_asks_for_what_is_missing),
		RIG_TESTS(the_same_number_with_other_content_stops_the_municipality),
		RIG_TESTS(a_batch_built_on_another_stops_the_municipality),
		RIG_TESTS(another_epoch_or_session_is_refused),
		RIG_TESTS(nothing_is_applied_before_a_first_load),
		RIG_TESTS(a_batch_is_applied_whole_or_not_at_all),
		RIG_TESTS(a_batch_whose_number_does_not_move_is_not_applied),
		RIG_TESTS(the_lease_only_goes_forward),
		RIG_TESTS(the_applying_role_has_the_rights_it_needs),
	};
	return cmocka_run_group_tests_name("apply", tests, NULL, NULL);
}
