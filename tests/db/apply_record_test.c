/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of single records: set aside, blocks, cards, and who only goes on. */
#include "tests/unit/unit.h"

#include "base/arena.h"
#include "domain/search.h"
#include "queries/asp_console.h"
#include "queries/asp_migrations.h"
#include "tests/db/apply_rig.h"
#include "tests/db/dbtest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
a_gap_in_a_history_parks_the_person_and_keeps_the_newest_state(void **state)
{
	(void)state;
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	(void)apply_next(resident("2", 1, "registered", "8", ""));
	struct apply_done done = apply_next(resident("1", 3, "removed", "9", ""));
	assert_int_equal(done.n_parked, 1);
	assert_false(done.stopped);
	assert_string_equal(of("1", "parked || ',' || state || ',' || rireki_no"), "true,2,3");
	assert_string_equal(of("2", "parked::text"), "false");
	assert_string_equal(dbtest_value(rig.conninfo, "SELECT code FROM parked"), "history-gap");
	(void)apply_next(resident("1", 4, "registered", "9", "")); /* goes on, stays parked */
	assert_string_equal(of("1", "parked || ',' || state || ',' || rireki_no"), "true,1,4");
}

static void
a_repeated_number_is_no_silent_no_op(void **state)
{
	(void)state;
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	(void)apply_next(resident("1", 1, "removed", "9", ""));
	assert_string_equal(of("1", "parked || ',' || state"), "true,1");
	assert_string_equal(dbtest_value(rig.conninfo, "SELECT code FROM parked"), "history-back");
	assert_string_equal(count("resident_row"), "1");
}

static void
what_cannot_be_read_parks_its_person_and_the_stream_goes_on(void **state)
{
	(void)state;
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	struct apply_done done =
	    apply_next(printed("%s,%s", resident("1", 2, "registered", "9", ",\"x\":\"y\""),
		resident("2", 1, "registered", "8", "")));
	assert_int_equal(done.n_parked, 1);
	assert_false(done.stopped);
	assert_string_equal(of("1", "parked || ',' || rireki_no"), "true,1");
	assert_string_equal(of("2", "parked || ',' || rireki_no"), "false,1");
	assert_string_equal(stopped(), "");
}

static void
somebody_parked_before_we_knew_them_arrives_parked(void **state)
{
	(void)state;
	(void)apply_next(seal("1", 1, "registered"));
	assert_string_equal(
	    dbtest_value(rig.conninfo, "SELECT code FROM parked"), "unknown-person");
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	assert_string_equal(of("1", "parked::text"), "true");
}

static void
unreadable_negative_news_stops_the_municipality(void **state)
{
	(void)state;
	const char *const bad[] = {
		"{\"kind\":\"block\",\"atena_no\":\"1\",\"rireki_no\":1,\"active\":true,\"kinds\":["
		"\"koseki\"]}",
		"{\"kind\":\"resident\",\"atena_no\":\"1\",\"rireki_no\":2,\"state\":\"removed\"}",
		"{\"kind\":\"resident\",\"rireki_no\":2,\"state\":\"registered\"}",
		"{}",
	};
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		(void)dbtest_sql(rig.conninfo, "UPDATE tenant SET stopped = NULL");
		assert_true(apply_next(bad[i]).stopped);
		assert_string_equal(stopped(), "unreadable");
	}
	/* and the stream still goes on, so that later news is not lost */
	(void)apply_next(resident("5", 1, "registered", "9", ""));
	assert_string_equal(of("5", "rireki_no"), "1");
}

static void
ten_may_be_parked_and_the_eleventh_stops(void **state)
{
	(void)state;
	char atena[12];
	for (int i = 1; i <= SYNC_MAX_PARKED + 1; i++) {
		(void)snprintf(atena, sizeof(atena), "%d", i);
		(void)apply_next(resident(atena, 1, "registered", "9", ""));
	}
	for (int i = 1; i <= SYNC_MAX_PARKED + 1; i++) {
		(void)snprintf(atena, sizeof(atena), "%d", i);
		struct apply_done done = apply_next(resident(atena, 1, "registered", "9", ""));
		assert_int_equal(done.stopped, i > SYNC_MAX_PARKED);
	}
	assert_string_equal(stopped(), "too-many-parked");
}

static void
blocks_stand_by_subject_and_number(void **state)
{
	(void)state;
	(void)apply_next(block("atena_no", "1", 1, true)); /* before the person */
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	assert_string_equal(of("1", "parked::text"), "false");
	(void)apply_next(block("atena_no", "1", 2, false));
	assert_string_equal(dbtest_value(rig.conninfo,
				"SELECT string_agg(rireki_no || ':' || active || ':' || kinds || "
				"':' || source, ' ' ORDER BY rireki_no) FROM block"),
	    "1:true:6:1 2:false:6:1");
	assert_true(apply_next(block("atena_no", "1", 2, true)).stopped); /* which of two holds? */
	assert_string_equal(stopped(), "block-history");
}

static void
a_household_block_with_a_gap_parks_all_of_it(void **state)
{
	(void)state;
	(void)apply_next(printed("%s,%s,%s", resident("1", 1, "registered", "9", ""),
	    resident("2", 1, "registered", "9", ""), resident("3", 1, "registered", "8", "")));
	(void)apply_next(block("setai_no", "9", 2, false));
	assert_string_equal(of("1", "parked::text"), "true");
	assert_string_equal(of("2", "parked::text"), "true");
	assert_string_equal(of("3", "parked::text"), "false");
}

static const char *
outbox(void)
{
	return dbtest_value(rig.conninfo,
	    "SELECT coalesce(string_agg(encode(serial, 'hex') || CASE WHEN claim THEN '+' ELSE '-' "
	    "END, ' '"
	    " ORDER BY id), '') FROM directory_outbox");
}

static void
the_center_hears_of_cards_in_order(void **state)
{
	(void)state;
	(void)apply_next(resident("1", 1, "registered", "9", ""));
	assert_true(
	    apply_next(printed("%s,%s", card("1", 1, "active", "01"), card("1", 2, "active", "02")))
		.told);
	assert_string_equal(outbox(), "01+ 02+");
	(void)apply_next(card("1", 3, "ended", "01"));
	assert_string_equal(outbox(), "01+ 02+ 01-");
	(void)apply_next(resident("1", 2, "removed", "9", "")); /* moved out: 02 is free */
	assert_string_equal(outbox(), "01+ 02+ 01- 02-");
	(void)apply_next(resident("1", 3, "registered", "9", "")); /* 異動の取消し */
	assert_string_equal(outbox(), "01+ 02+ 01- 02- 02+");
	assert_string_equal(of("1", "parked::text"), "false");
}

static void
two_persons_with_one_card_are_both_parked(void **state)
{
	(void)state;
	(void)apply_next(printed("%s,%s,%s", resident("1", 1, "registered", "9", ""),
	    resident("2", 1, "registered", "8", ""), card("1", 1, "active", "01")));
	(void)apply_next(card("2", 1, "active", "01"));
	assert_string_equal(of("1", "parked::text"), "true");
	assert_string_equal(of("2", "parked::text"), "true");
	assert_string_equal(outbox(), "01+");
	assert_string_equal(count("card"), "1");
}

static void
a_card_may_go_to_another_person_after_it_ended(void **state)
{
	(void)state;
	(void)apply_next(printed("%s,%s,%s", resident("1", 1, "registered", "9", ""),
	    resident("2", 1, "registered", "8", ""), card("1", 1, "active", "01")));
	(void)apply_next(
	    printed("%s,%s", card("1", 2, "ended", "01"), card("2", 1, "active", "01")));
	assert_string_equal(of("1", "parked::text"), "false");
	assert_string_equal(of("2", "parked::text"), "false");
	assert_string_equal(outbox(), "01+ 01- 01+");
}

/* Who only goes on is written without being looked at first: nobody else may be taken for one. */
static void
who_only_goes_on_and_who_does_not_share_a_batch(void **state)
{
	(void)state;
	static const char kana[] = ",\"name_kana\":\"ミホン　タロウ\"";
	(void)apply_next(printed("%s,%s,%s,%s,%s", resident("1", 1, "registered", "8", ""),
	    resident("2", 1, "registered", "9", ""), resident("3", 1, "registered", "7", ""),
	    resident("4", 1, "registered", "6", ""), resident("5", 1, "removed", "5", "")));
	const int before = atoi(of("1", "version"));
	const struct apply_done done =
	    apply_next(printed("%s,%s,%s,%s,%s,%s,%s", resident("1", 2, "registered", "8", ""),
		resident("3", 2, "registered", "7", ""), resident("2", 2, "registered", "8", ""),
		resident("3", 3, "registered", "7", kana), resident("4", 3, "registered", "6", ""),
		resident("5", 2, "registered", "5", ""), resident("6", 2, "registered", "4", "")));
	assert_int_equal(done.n_records, 7);
	assert_int_equal(done.n_parked, 2);
	static const char *const want[][4] = { { "1", "2", "f", "1" }, { "2", "2", "f", "1" },
		{ "3", "3", "f", "3" }, { "4", "3", "t", "1" }, { "5", "2", "f", "1" },
		{ "6", "2", "t", "1" } };
	for (size_t i = 0; i < N_ELEMENTS(want); i++) {
		assert_string_equal(of(want[i][0], "rireki_no"), want[i][1]);
		assert_string_equal(of(want[i][0], "parked"), want[i][2]);
		assert_string_equal(of(want[i][0], "cardinality(keys)"), want[i][3]);
		assert_string_equal(of(want[i][0], "state"), "1");
	}
	/* A housemate came: the papers of who went on are of before, once more. */
	assert_int_equal(atoi(of("1", "version")), before + 2);
	assert_string_equal(of("5", "removed_ms IS NULL"), "t");
	assert_string_equal(count("resident_row"), "12");
}

/* How many persons the console finds by this key alone. */
static unsigned
n_found_by(const struct vault_hash *k)
{
	AUTO(arena) struct arena *a = arena_new(65536);
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct vault_hashes all;
	struct err err = { 0 };
	const struct db_arg one = db_text_arg(vault_hash_literal(a, k, 1));
	assert_int_equal(vault_hash_all(&rig.vault, k, &all, &err), 0);
	assert_int_equal(
	    db_ask(rig.db, &q_console_person_by_keys, &rows, &err, one, db_int_arg(100), one,
		db_text_arg(vault_hash_literal(a, all.of, all.n))),
	    0);
	return (unsigned)db_n(rows);
}

/* By the whole フリガナ. */
static void
is_found_by(const char *kana)
{
	struct vault_hash k;
	search_key_kana(&rig.vault, kana, &k);
	assert_int_equal(n_found_by(&k), 1);
}

/* Whichever way the row was written, and under whichever data key. */
static void
a_person_is_found_by_name_after_each_change(void **state)
{
	static const uint8_t dek[32] = { 43 };
	static const char one[] = ",\"name_kana\":\"ミホン　タロウ\"";
	static const char other[] = ",\"name_kana\":\"ミホン　ハナコ\"";
	(void)state;
	for (int i = 0; i < 2; i++) {
		(void)apply_next(resident("1", 5 * i + 1, "registered", i ? "8" : "9", one));
		is_found_by("ミホン　タロウ");
		const char *keys = printed("%s", of("1", "keys"));
		(void)apply_next(
		    resident("1", 5 * i + 2, "registered", i ? "8" : "9", one)); /* goes on */
		assert_string_equal(of("1", "keys"), keys);
		is_found_by("ミホン　タロウ");
		(void)apply_next(resident("1", 5 * i + 3, "registered", i ? "8" : "9", other));
		is_found_by("ミホン　ハナコ");
		assert_string_equal(of("1", "cardinality(keys)"), "3");
		(void)apply_next(resident("1", 5 * i + 4, "registered", i ? "8" : "9", ""));
		assert_string_equal(of("1", "cardinality(keys)"), "1"); /* born on a day, still */
		(void)apply_next(resident("1", 5 * i + 5, "removed", i ? "8" : "9", one));
		is_found_by("ミホン　タロウ");
		vault_put(&rig.vault, 2, dek);
		vault_write_under(&rig.vault, 2);
		dbtest_sql(rig.conninfo, "UPDATE tenant SET data_gen = 2");
	}
}

/* Which place a key has among a person's depends on what names there are: migration 0029. */
static void
each_key_of_a_person_finds_them_in_whatever_place(void **state)
{
	static const char *const names[] = { ",\"name_kana\":\"ミホン　タロウ\"",
		",\"kyu_uji_kana\":\"レイジ\"",
		",\"name_kana\":\"カクウ　ハナコ\",\"kyu_uji_kana\":\"キュウ\"", "" };
	static const struct {
		const char *text;
		unsigned kana, first;
	} want[] = { { "ミホン　タロウ", 1, 1 }, { "ミホン", 0, 1 }, { "レイジ", 1, 1 },
		{ "カクウ　ハナコ", 1, 1 }, { "カクウ", 0, 1 }, { "キュウ", 1, 1 },
		{ "タロウ", 0, 0 } };
	struct vault_hash k;
	(void)state;
	for (unsigned i = 0; i < N_ELEMENTS(names); i++)
		(void)apply_next(resident(
		    printed("%u", i + 1), 1, "registered", printed("%u", i + 1), names[i]));
	assert_string_equal(of("3", "cardinality(keys)"), "5"); /* more than there are trees */
	for (unsigned i = 0; i < N_ELEMENTS(want); i++) {
		search_key_kana(&rig.vault, want[i].text, &k);
		assert_int_equal(n_found_by(&k), want[i].kana);
		search_key_first(&rig.vault, want[i].text, &k);
		assert_int_equal(n_found_by(&k), want[i].first);
	}
	search_key_birth(&rig.vault, "S55.4.1", &k);
	assert_int_equal(n_found_by(&k), N_ELEMENTS(names));
	search_key_birth(&rig.vault, "S55.4.2", &k);
	assert_int_equal(n_found_by(&k), 0);
}

static void
persons_are_looked_up_by_each_of_their_indexes(void **state)
{
	static const char *const modes[] = { "SET plan_cache_mode = force_custom_plan",
		"SET plan_cache_mode = force_generic_plan" };
	static const char *const indexes[] = { "person_key_1", "person_key_2", "person_key_3",
		"person_keys_more" };
	(void)state;
	for (unsigned i = 0; i < N_ELEMENTS(modes); i++) {
		const char *plan =
		    dbtest_plan(rig.conninfo, printed("%s SET enable_seqscan = off", modes[i]),
			q_console_person_by_keys.sql, "'{a}', 1, '{a}', '{a}'");
		for (unsigned k = 0; k < N_ELEMENTS(indexes); k++)
			assert_non_null(strstr(plan, indexes[k]));
	}
}

/* db/asp/migrations/0019_mend_keys.sql */
static void
keys_with_two_bytes_of_nothing_behind_them_are_mended(void **state)
{
	static const char kana[] = ",\"name_kana\":\"ミホン　タロウ\"";
	const struct db_migration *mend = NULL;
	(void)state;
	for (size_t i = 0; i < db_asp_migrations_n; i++)
		if (strstr(db_asp_migrations[i].name, "mend_keys") != NULL)
			mend = &db_asp_migrations[i];
	assert_non_null(mend);
	(void)apply_next(resident("1", 1, "registered", "9", kana));
	const char *keys = printed("%s", of("1", "keys"));
	dbtest_sql(rig.conninfo,
	    "UPDATE person SET keys = ARRAY(SELECT k || '\\x0000'::bytea FROM unnest(keys) k)");
	assert_string_not_equal(of("1", "keys"), keys);
	for (int i = 0; i < 2; i++) {
		dbtest_sql(rig.conninfo, mend->sql);
		assert_string_equal(of("1", "keys"), keys);
		is_found_by("ミホン　タロウ");
	}
}

/* db/asp/migrations/0023_trust_who_looked.sql */
static void
a_row_of_nobody_is_refused_to_all_but_who_looked(void **state)
{
	static const char by_hand[] =
	    "DO $$ BEGIN\n"
	    "  INSERT INTO resident_row VALUES ('\\x01', 1, 1, '\\x02', 0);\n"
	    "  RAISE 'taken';\n"
	    "EXCEPTION WHEN foreign_key_violation THEN NULL; END $$";
	(void)state;
	dbtest_sql(rig.conninfo, by_hand);
	(void)apply_next(printed("%s,%s", resident("1", 1, "registered", "9", ""),
	    resident("2", 1, "registered", "8", "")));
	/* Somebody who goes on, somebody new and somebody who moves, in one transaction. */
	(void)apply_next(printed("%s,%s,%s", resident("1", 2, "registered", "9", ""),
	    resident("3", 1, "registered", "7", ""), resident("2", 2, "registered", "9", "")));
	assert_string_equal(count("resident_row"), "5");
	assert_string_equal(
	    dbtest_value(rig.conninfo, "SELECT count(*) FROM resident_row JOIN person USING (ref)"),
	    "5");
	dbtest_sql(rig.conninfo, by_hand); /* what the transaction said of itself ended with it */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TESTS(a_gap_in_a_history_parks_the_person_and_keeps_the_newest_state),
		RIG_TESTS(a_repeated_number_is_no_silent_no_op),
		RIG_TESTS(what_cannot_be_read_parks_its_person_and_the_stream_goes_on),
		RIG_TESTS(somebody_parked_before_we_knew_them_arrives_parked),
		RIG_TESTS(unreadable_negative_news_stops_the_municipality),
		RIG_TESTS(ten_may_be_parked_and_the_eleventh_stops),
		RIG_TESTS(blocks_stand_by_subject_and_number),
		RIG_TESTS(a_household_block_with_a_gap_parks_all_of_it),
		RIG_TESTS(the_center_hears_of_cards_in_order),
		RIG_TESTS(two_persons_with_one_card_are_both_parked),
		RIG_TESTS(a_card_may_go_to_another_person_after_it_ended),
		RIG_TESTS(who_only_goes_on_and_who_does_not_share_a_batch),
		RIG_TESTS(a_person_is_found_by_name_after_each_change),
		RIG_TESTS(each_key_of_a_person_finds_them_in_whatever_place),
		{ "persons_are_looked_up_by_each_of_their_indexes",
		    persons_are_looked_up_by_each_of_their_indexes, rig_begin, rig_end, NULL },
		RIG_TESTS(a_row_of_nobody_is_refused_to_all_but_who_looked),
		RIG_TESTS(keys_with_two_bytes_of_nothing_behind_them_are_mended),
	};
	return cmocka_run_group_tests_name("apply_record", tests, NULL, NULL);
}
