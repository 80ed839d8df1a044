/* SPDX-License-Identifier: Apache-2.0 */
/* What the server erases and says by itself; the clock is handed in. */
#include "tests/unit/unit.h"

#include "base/arena.h"
#include "domain/muni.h"
#include "domain/vault.h"
#include "queries/asp_migrations.h"
#include "server/sync/apply_row.h"
#include "server/sync/apply_set.h"
#include "server/sync/keeper.h"
#include "server/sync/retain.h"
#include "tests/db/dbtest.h"

#include <stdio.h>
#include <string.h>

#define DAY INT64_C(86400000)
#define T0 INT64_C(1800000000000)

static char conninfo[DBTEST_CONNINFO_BYTES];
static struct db *db;
static struct vault vault;
static struct muni_code muni;

static int
each_begins_with_an_empty_replica(void **state)
{
	(void)state;
	struct err err = { 0 };
	static const uint8_t dek[32] = { 42 };
	assert_true(muni_parse("991015", 6, &muni));
	vault_init(&vault, muni, dek);
	dbtest_create(db_asp_migrations, db_asp_migrations_n, conninfo);
	dbtest_sql(conninfo,
	    "INSERT INTO tenant (muni, wrapped_key) VALUES ('991015', decode(repeat('00', 60), "
	    "'hex'));"
	    "INSERT INTO stream VALUES (true, 7, 0, decode(repeat('00', 32), 'hex'), '0/1', 0)");
	return db_open(conninfo, &db, &err);
}

static int
and_closes_it(void **state)
{
	(void)state;
	db_close(db);
	db = NULL;
	vault_done(&vault);
	return 0;
}

/* One record of the stream, committed. */
static void
apply(const char *format, ...)
{
	struct err err = { 0 };
	char text[2048];
	json_t *o = NULL;
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	struct apply_set *set = apply_set_new();
	struct apply_run run = {
		.db = db, .vault = &vault, .epoch = 7, .seq = 1, .now_ms = T0, .set = set
	};
	assert_int_equal(js_parse(text, strlen(text), &o, &err), 0);
	assert_int_equal(db_begin(db, DB_READ_COMMITTED, &err), 0);
	assert_int_equal(apply_row(&run, &(struct batch_row){ .json = o }, &err), 0);
	assert_int_equal(apply_row_finish(&run, &err), 0);
	assert_int_equal(db_commit(db, &err), 0);
	json_decref(o);
	apply_set_free(set);
}

static void
resident(const char *atena, int rireki, const char *how)
{
	apply("{\"kind\":\"resident\",\"atena_no\":\"%s\",\"rireki_no\":%d,\"state\":\"%s\","
	      "\"class\":\"japanese\",\"narabi\":1,\"items\":{\"setai_no\":\"9\",\"name\":"
	      "\"見本　太郎\",\"birth\":\"昭和５５年\",\"address\":\"架空県\",\"jumin_code\":\"1\","
	      "\"honseki\":\"架空県\",\"hittosha\":\"見本　太郎\",\"jumin_since\":\"平成元年\"}}",
	    atena, rireki, how);
}

static void
card(const char *atena, int rireki, const char *how)
{
	apply("{\"kind\":\"card\",\"atena_no\":\"%s\",\"rireki_no\":%d,\"state\":\"%s\",\"issuer\":"
	      "\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\","
	      "\"serial\":\"0%s\"}",
	    atena, rireki, how, atena);
}

static struct retain_done
retain(int64_t days, int64_t now_ms)
{
	struct err err = { 0 };
	struct retain_done done = { 0 };
	assert_int_equal(retain_run(db, days, now_ms, &done, &err), 0);
	return done;
}

static const char *
value(const char *sql)
{
	return dbtest_value(conninfo, sql);
}

static void
removed_at(const char *rireki, int64_t at_ms)
{
	char sql[256];
	(void)snprintf(sql, sizeof(sql),
	    "UPDATE person SET removed_ms = %lld WHERE state = 2 AND rireki_no = %s",
	    (long long)at_ms, rireki);
	dbtest_sql(conninfo, sql);
}

static void
who_was_removed_is_erased_when_the_period_is_over_and_not_a_day_before(void **state)
{
	(void)state;
	resident("1", 1, "registered");
	card("1", 1, "active");
	resident("1", 2, "removed");
	resident("2", 1, "registered");
	removed_at("2", T0);
	struct retain_done done = retain(30, T0 + 30 * DAY - 1);
	assert_int_equal(done.n_persons, 0);
	assert_string_equal(value("SELECT count(*) FROM person"), "2");
	done = retain(30, T0 + 30 * DAY);
	assert_int_equal(done.n_persons, 1);
	assert_int_equal(done.n_rows, 4); /* the person, two rows, a card */
	assert_string_equal(value("SELECT count(*) FROM person"), "1");
	assert_string_equal(value("SELECT count(*) FROM resident_row"), "1");
	assert_string_equal(value("SELECT count(*) FROM card"), "0");
	assert_string_equal(
	    value("SELECT rireki_no || ':' || seal_no || ':' || card_no FROM tombstone"), "2:0:1");
	assert_string_equal(
	    value("SELECT reason || ':' || rireki_no || ':' || n_rows FROM erasure"),
	    "retention:2:4");
}

static void
who_was_removed_before_the_day_was_kept_counts_from_now_on(void **state)
{
	(void)state;
	resident("1", 1, "removed");
	dbtest_sql(conninfo, "UPDATE person SET removed_ms = NULL");
	assert_int_equal(retain(30, T0).n_persons, 0);
	assert_int_equal(retain(30, T0 + 30 * DAY).n_persons, 1);
}

static void
a_late_replay_does_not_raise_who_was_erased_and_a_return_is_taken(void **state)
{
	(void)state;
	resident("1", 1, "registered");
	card("1", 1, "active");
	resident("1", 2, "removed");
	removed_at("2", T0);
	assert_int_equal(retain(30, T0 + 30 * DAY).n_persons, 1);
	resident("1", 1, "registered");
	assert_string_equal(value("SELECT count(*) FROM person"), "0");
	assert_string_equal(value("SELECT code FROM parked"), "history-back");
	dbtest_sql(conninfo, "DELETE FROM parked");
	resident("1", 3, "registered");
	assert_string_equal(value("SELECT rireki_no || ':' || parked FROM person"), "3:false");
	card("1", 2, "active");
	assert_string_equal(value("SELECT count(*) FROM parked"), "0");
	assert_string_equal(value("SELECT rireki_no FROM card"), "2");
}

static void
rows_that_a_newer_one_replaced_are_erased_after_the_same_period(void **state)
{
	(void)state;
	resident("1", 1, "registered");
	resident("1", 2, "registered");
	assert_int_equal(retain(30, T0 + 30 * DAY - 1).n_superseded, 0);
	assert_int_equal(retain(30, T0 + 30 * DAY).n_superseded, 1);
	assert_string_equal(value("SELECT rireki_no FROM resident_row"), "2");
	assert_string_equal(value("SELECT reason || ':' || n_rows FROM erasure"), "superseded:1");
}

static void
what_was_erased_stands_in_a_chain_that_shows_every_change(void **state)
{
	(void)state;
	struct err err = { 0 };
	uint64_t n = 0;
	for (int i = 1; i <= 3; i++) {
		char number[8];
		(void)snprintf(number, sizeof(number), "%d", i);
		resident(number, 1, "removed");
		removed_at("1", T0);
		assert_int_equal(retain(30, T0 + (30 + i) * DAY).n_persons, 1);
	}
	assert_int_equal(retain_verify(db, &n, &err), 0);
	assert_int_equal(n, 3);
	static const char *const changes[] = {
		"UPDATE erasure SET n_rows = n_rows + 1 WHERE id = 2",
		"UPDATE erasure SET erased_ms = erased_ms + 1 WHERE id = 3",
		"DELETE FROM erasure WHERE id = 1",
	};
	for (unsigned i = 0; i < 3; i++) {
		dbtest_sql(conninfo, "CREATE TABLE kept AS SELECT * FROM erasure");
		dbtest_sql(conninfo, changes[i]);
		assert_int_equal(retain_verify(db, &n, &err), FAULT_INTEGRITY);
		dbtest_sql(conninfo,
		    "DELETE FROM erasure; INSERT INTO erasure SELECT * FROM kept; DROP TABLE kept");
	}
	assert_int_equal(retain_verify(db, &n, &err), 0);
}

static void
many_are_erased_in_as_many_transactions_as_it_takes(void **state)
{
	(void)state;
	dbtest_sql(conninfo,
	    "INSERT INTO person (ref, household, narabi, state, rireki_no, removed_ms)"
	    " SELECT decode(lpad(to_hex(i), 32, '0'), 'hex'), decode(repeat('00', 16), 'hex'), 1, "
	    "2, 5, 0 FROM generate_series(1, 2 * 100 + 1) i");
	assert_int_equal(retain(30, T0).n_persons, 2 * RETAIN_PERSONS + 1);
	assert_string_equal(value("SELECT max(id) FROM erasure"), "201");
}

static void
ten_minutes_behind_is_an_alarm_and_the_limit_is_a_stop(void **state)
{
	(void)state;
	const struct keeper_limits l = { 30, 3600 };
	struct keeper k = { 0 };
	static const struct {
		int64_t after_ms;
		enum keeper_word want;
	} t[] = {
		{ 1000, KEEPER_FINE },
		{ KEEPER_ALARM_MS - 1, KEEPER_FINE },
		{ KEEPER_ALARM_MS, KEEPER_ALARM },
		{ KEEPER_ALARM_MS + 1000, KEEPER_FINE }, /* said already */
		{ 2 * KEEPER_ALARM_MS, KEEPER_ALARM },
		{ 3600000, KEEPER_ALARM },
		{ 3600001, KEEPER_STOP },
	};
	for (unsigned i = 0; i < N_ELEMENTS(t); i++)
		assert_int_equal(keeper_freshness(&k, &l, T0, T0 + t[i].after_ms), t[i].want);
	assert_int_equal(keeper_freshness(&k, &l, T0 + 4000000, T0 + 4000001), KEEPER_AGAIN);
	assert_int_equal(keeper_freshness(&k, &l, T0 + 4000000, T0 + 4000002), KEEPER_FINE);
}

static void
a_municipality_past_its_limit_is_stopped_until_a_human_looks(void **state)
{
	(void)state;
	struct err err = { 0 };
	const struct keeper_limits l = { 30, 3600 };
	struct keeper k = { 0 };
	/* Nothing came yet: nothing is behind. */
	assert_int_equal(keeper_step(db, muni, &l, &k, T0, &err), 0);
	dbtest_sql(conninfo, "INSERT INTO lease (beat_ms, seq) VALUES (1800000000000, 0)");
	assert_int_equal(keeper_step(db, muni, &l, &k, T0 + 3600000, &err), 0);
	assert_string_equal(value("SELECT stopped FROM tenant"), "");
	assert_int_equal(keeper_step(db, muni, &l, &k, T0 + 3610000, &err), 0);
	assert_string_equal(value("SELECT stopped FROM tenant"), "behind");
	dbtest_sql(conninfo, "UPDATE lease SET beat_ms = 1800003620000");
	assert_int_equal(keeper_step(db, muni, &l, &k, T0 + 3620000, &err), 0);
	assert_string_equal(value("SELECT stopped FROM tenant"), "behind");
}

static void
the_keeper_erases_once_an_hour(void **state)
{
	(void)state;
	struct err err = { 0 };
	const struct keeper_limits l = { 30, 3600 };
	struct keeper k = { 0 };
	assert_true(keeper_is_due(&k, T0));
	assert_int_equal(keeper_step(db, muni, &l, &k, T0, &err), 0);
	assert_false(keeper_is_due(&k, T0 + KEEPER_LOOK_MS - 1));
	resident("1", 1, "removed");
	removed_at("1", T0 - 30 * DAY);
	assert_int_equal(keeper_step(db, muni, &l, &k, T0 + KEEPER_RETAIN_MS - 1, &err), 0);
	assert_string_equal(value("SELECT count(*) FROM person"), "1");
	assert_int_equal(keeper_step(db, muni, &l, &k, T0 + KEEPER_RETAIN_MS, &err), 0);
	assert_string_equal(value("SELECT count(*) FROM person"), "0");
}

static void
the_applying_role_may_do_all_of_it(void **state)
{
	(void)state;
	resident("1", 1, "removed");
	removed_at("1", T0);
	struct err err = { 0 };
	struct retain_done done = { 0 };
	struct db *own = NULL;
	char as[DBTEST_CONNINFO_BYTES + 64];
	(void)snprintf(as, sizeof(as), "%s options='-c role=kofu_sync'", conninfo);
	assert_int_equal(db_open(as, &own, &err), 0);
	assert_int_equal(retain_run(own, 30, T0 + 31 * DAY, &done, &err), 0);
	assert_int_equal(done.n_persons, 1);
	db_close(own);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, each_begins_with_an_empty_replica, and_closes_it)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_was_removed_is_erased_when_the_period_is_over_and_not_a_day_before),
		TEST(who_was_removed_before_the_day_was_kept_counts_from_now_on),
		TEST(a_late_replay_does_not_raise_who_was_erased_and_a_return_is_taken),
		TEST(rows_that_a_newer_one_replaced_are_erased_after_the_same_period),
		TEST(what_was_erased_stands_in_a_chain_that_shows_every_change),
		TEST(many_are_erased_in_as_many_transactions_as_it_takes),
		TEST(ten_minutes_behind_is_an_alarm_and_the_limit_is_a_stop),
		TEST(a_municipality_past_its_limit_is_stopped_until_a_human_looks),
		TEST(the_keeper_erases_once_an_hour),
		TEST(the_applying_role_may_do_all_of_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
