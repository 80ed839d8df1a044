/* SPDX-License-Identifier: Apache-2.0 */
/* A part of a first load: what is stored, who is parked, what the center will hear. */
#include "tests/unit/unit.h"

#include "base/arena.h"
#include "domain/muni.h"
#include "queries/asp_migrations.h"
#include "server/admin/key_map.h"
#include "server/admin/medium.h"
#include "tests/db/dbtest.h"

#include <stdio.h>
#include <string.h>

static char conninfo[DBTEST_CONNINFO_BYTES];
static struct medium_load m;
static struct vault vault;
static struct arena *a;

static int
each_begins_with_an_empty_replica(void **state)
{
	(void)state;
	struct err err = { 0 };
	static const uint8_t dek[32] = { 42 };
	struct muni_code muni;
	struct db *db = NULL;
	assert_true(muni_parse("991015", 6, &muni));
	vault_init(&vault, muni, dek);
	dbtest_create(db_asp_migrations, db_asp_migrations_n, conninfo);
	assert_int_equal(db_open(conninfo, &db, &err), 0);
	m = (struct medium_load){
		.db = db, .vault = &vault, .epoch = 5, .now_ms = 1000, .version = 3
	};
	a = arena_new(32 * 1024 * 1024);
	return 0;
}

static int
and_closes_it(void **state)
{
	(void)state;
	db_close(m.db);
	key_map_done(&m.persons);
	key_map_done(&m.cards);
	arena_free(a);
	return 0;
}

static int
load(const char *lines)
{
	struct err err = { 0 };
	struct medium_ready ready = { .done.n_persons = 0 };
	char *copy = arena_strdup(a, lines);
	struct medium_maker *maker = medium_maker_new(&m);
	int r = medium_part_make(maker, copy, strlen(copy), &ready, &err);
	if (r == 0)
		r = medium_part_copy(m.db, &ready, MEDIUM_ALL, &(struct medium_taken){ 0 }, &err);
	medium_ready_done(&ready);
	medium_maker_free(maker);
	return r;
}

static const char *
resident(const char *atena, int rireki, const char *state, const char *more)
{
	return arena_printf(a,
	    "{\"kind\":\"resident\",\"atena_no\":\"%s\",\"rireki_no\":%d,\"state\":\"%s\","
	    "\"class\":\"japanese\","
	    "\"narabi\":1,\"items\":{\"setai_no\":\"9\",\"name\":\"見本　太郎\",\"birth\":"
	    "\"昭和５５年\","
	    "\"address\":\"架空県\",\"jumin_code\":\"1\",\"honseki\":\"架空県\",\"hittosha\":"
	    "\"見本　太郎\","
	    "\"jumin_since\":\"平成元年\"%s}}\n",
	    atena, rireki, state, more);
}

static const char *
card(const char *atena, int rireki, const char *state, const char *serial)
{
	return arena_printf(a,
	    "{\"kind\":\"card\",\"atena_no\":\"%s\",\"rireki_no\":%d,\"state\":\"%s\",\"issuer\":"
	    "\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\",\"serial\":\"%"
	    "s\"}\n",
	    atena, rireki, state, serial);
}

static const char *
all(const char *const *lines)
{
	const char *text = "";
	for (; *lines != NULL; lines++)
		text = arena_printf(a, "%s%s", text, *lines);
	return text;
}
#define ALL(...) all((const char *const[]){ __VA_ARGS__, NULL })

static const char *
outbox(void)
{
	return dbtest_value(conninfo,
	    "SELECT coalesce(string_agg(encode(serial, 'hex') || CASE WHEN claim THEN '+' ELSE '-' "
	    "END, ' '"
	    " ORDER BY id), '') FROM directory_outbox");
}

static const char *
parked(void)
{
	return dbtest_value(
	    conninfo, "SELECT coalesce(string_agg(code, ' ' ORDER BY id), '') FROM parked");
}

static void
a_part_is_stored_with_cards_claimed_of_who_is_there(void **state)
{
	(void)state;
	assert_int_equal(
	    load(ALL(resident("1", 4, "registered", ""), resident("2", 1, "removed", ""),
		card("1", 1, "ended", "01"), card("1", 2, "active", "02"),
		card("2", 1, "active", "03"),
		"{\"kind\":\"block\",\"setai_no\":\"9\",\"rireki_no\":3,\"active\":true,"
		"\"kinds\":[\"inkan\"]}\n")),
	    0);
	assert_string_equal(dbtest_value(conninfo,
				"SELECT string_agg(rireki_no || ':' || state || ':' || version, ' "
				"' ORDER BY rireki_no)"
				" FROM person"),
	    "1:2:3 4:1:3");
	assert_string_equal(outbox(), "02+");
	assert_string_equal(dbtest_value(conninfo, "SELECT count(*) FROM card"), "3");
	assert_string_equal(
	    dbtest_value(conninfo, "SELECT rireki_no || ':' || kinds || ':' || source FROM block"),
	    "3:4:1");
	assert_string_equal(parked(), "");
	assert_int_equal(m.done.n_persons, 2);
	assert_int_equal(m.done.n_records, 6);
}

static void
what_is_sealed_is_stored_as_it_is(void **state)
{
	(void)state;
	assert_string_equal(
	    dbtest_value(conninfo,
		"SELECT string_agg(attrelid::regclass::text || attstorage::text, ' '"
		" ORDER BY relname)"
		" FROM pg_attribute JOIN pg_class c ON c.oid = attrelid"
		" WHERE attname = 'sealed' AND relname IN ('resident_row', 'seal_row')"),
	    "resident_rowe seal_rowe");
}

static void
what_cannot_be_read_parks_its_person_alone(void **state)
{
	(void)state;
	assert_int_equal(load(ALL(resident("1", 1, "registered", ",\"x\":\"y\""),
			     resident("2", 1, "registered", ""))),
	    0);
	assert_string_equal(parked(), "unreadable");
	assert_string_equal(dbtest_value(conninfo, "SELECT count(*) FROM person"), "1");
	assert_int_equal(m.done.n_parked, 1);
}

static void
what_belongs_to_nobody_parks_whoever_comes(void **state)
{
	(void)state;
	assert_int_equal(
	    load(ALL(resident("1", 1, "registered", ""), card("7", 1, "active", "01"))), 0);
	assert_string_equal(parked(), "unknown-person");
	assert_string_equal(outbox(), "");
}

static void
a_card_of_two_parks_both(void **state)
{
	(void)state;
	assert_int_equal(
	    load(ALL(resident("1", 1, "registered", ""), resident("2", 1, "registered", ""))), 0);
	assert_int_equal(load(card("1", 1, "active", "01")), 0);
	assert_int_equal(load(card("2", 1, "active", "01")), 0); /* in another part */
	assert_string_equal(parked(), "card-held card-held");
	assert_string_equal(
	    dbtest_value(conninfo, "SELECT count(*) FROM parked JOIN person USING (ref)"), "2");
}

static void
unreadable_negative_news_is_not_loaded(void **state)
{
	(void)state;
	assert_int_equal(load("{\"kind\":\"block\",\"atena_no\":\"1\"}\n"), MEDIUM_E_UNREADABLE);
	assert_int_equal(load(resident("1", 1, "removed", ",\"x\":\"y\"")), MEDIUM_E_UNREADABLE);
	assert_int_equal(load("{}\n"), MEDIUM_E_UNREADABLE);
}

static void
a_part_against_the_form_is_refused(void **state)
{
	(void)state;
	const char *one = resident("1", 1, "registered", "");
	assert_int_equal(load(ALL(one, one)), FAULT_BAD_INPUT); /* a person twice */
	assert_int_equal(load(arena_strndup(a, one, strlen(one) - 1)), FAULT_BAD_INPUT);
	assert_int_equal(load("\n"), FAULT_BAD_INPUT);
	assert_int_equal(load("[\n"), FAULT_BAD_INPUT);
}

static void
a_part_has_at_most_four_thousand_records(void **state)
{
	(void)state;
	struct buf b;
	char line[128];
	buf_init(&b, 1024 * 1024);
	for (int i = 0; i <= MEDIUM_PART_MAX_RECORDS; i++) {
		(void)snprintf(line, sizeof(line),
		    "{\"kind\":\"block\",\"atena_no\":\"%d\",\"rireki_no\":1,\"active\":false,"
		    "\"kinds\":[]}\n",
		    i);
		buf_text(&b, line);
		if (i == MEDIUM_PART_MAX_RECORDS - 1)
			assert_int_equal(load(arena_strndup(a, (const char *)b.p, b.bytes)), 0);
	}
	assert_int_equal(load(arena_strndup(a, (const char *)b.p, b.bytes)), FAULT_BAD_INPUT);
	buf_done(&b);
}

static void
a_list_against_the_form_is_refused(void **state)
{
	(void)state;
#define PART(name, bytes) "{\"name\":\"" name "\",\"bytes\":" bytes ",\"sha256\":\"" HASH "\"}"
#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define LIST(epoch, source, parts)                                                                 \
	"{\"v\":1,\"muni\":\"991015\",\"epoch\":" epoch ",\"source\":\"" source                    \
	"\",\"register_ms\":1,\"n_records\":1,\"parts\":[" parts "]}"
	static const struct {
		const char *json;
		int want;
	} t[] = {
		{ LIST("1", "0/1", PART("part-00001.cms", "1")), 0 },
		{ LIST("1", "0/1",
		      PART("part-00001.cms", "33554432") "," PART("part-00002.cms", "1")),
		    0 },
		{ LIST("1", "0/1", ""), 0 },
		{ LIST("1", "0/1", PART("part-00001.cms", "33554433")), FAULT_BAD_INPUT },
		{ LIST("1", "0/1", PART("part-00001.cms", "0")), FAULT_BAD_INPUT },
		{ LIST("1", "0/1", PART("part-00002.cms", "1")), FAULT_BAD_INPUT },
		{ LIST("1", "0/1", PART("../part-00001.cms", "1")), FAULT_BAD_INPUT },
		{ LIST("1", "0/1", PART("part-00001.cms", "1") "," PART("part-00001.cms", "1")),
		    FAULT_BAD_INPUT },
		{ LIST("0", "0/1", ""), FAULT_BAD_INPUT },
		{ LIST("1", "", ""), FAULT_BAD_INPUT },
		{ LIST("1", "0/1", "1"), FAULT_BAD_INPUT },
		{ "{}", FAULT_BAD_INPUT },
	};
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct err err = { 0 };
		struct medium_list l = { 0 };
		int r = medium_list_parse(t[i].json, strlen(t[i].json), &l, &err);
		if (r != t[i].want)
			print_error("case %zu\n", i);
		assert_int_equal(r, t[i].want);
		medium_list_done(&l);
	}
}

static void
a_key_map_finds_what_was_put_and_nothing_else(void **state)
{
	(void)state;
	enum { N = 100000 };
	struct key_map map = { 0 };
	uint8_t key[KEY_MAP_BYTES] = { 0 };
	for (uint32_t i = 0; i < N; i++) {
		memcpy(key, &(uint32_t){ i * 2654435761u }, 4);
		memcpy(key_map_put(&map, key), &i, sizeof(i));
	}
	assert_int_equal(map.n, N);
	for (uint32_t i = 0; i < N; i++) {
		uint32_t got;
		memcpy(key, &(uint32_t){ i * 2654435761u }, 4);
		uint8_t *v = key_map_find(&map, key);
		assert_non_null(v);
		memcpy(&got, v, sizeof(got));
		assert_int_equal(got, i);
		assert_ptr_equal(key_map_put(&map, key), v);
	}
	key[15] = 1;
	assert_null(key_map_find(&map, key));
	key_map_done(&map);
	assert_null(key_map_find(&map, key));
}

#define T(f) cmocka_unit_test_setup_teardown(f, each_begins_with_an_empty_replica, and_closes_it)

static void
a_number_without_its_width_is_no_column_of_a_binary_copy(void **state)
{
	struct err err = { 0 };
	struct db_copy *c = NULL;
	uint64_t rows = 0;
	static const uint8_t ref[16] = { 1 };
	static const struct db_query copy = { "test/person",
		"COPY person (ref, household, narabi, state, rireki_no, version) FROM STDIN "
		"(FORMAT "
		"binary)",
		6, DB_ROWS_BINARY };
	struct db_arg args[] = { db_bytes_arg(ref, 16), db_bytes_arg(ref, 16), db_wide_arg(-1, 4),
		db_wide_arg(1, 2), db_int_arg(7), db_wide_arg(3, 8) };
	(void)state;
	assert_int_equal(db_copy_begin(m.db, &copy, &c, &err), 0);
	assert_int_equal(db_copy_row(c, args, N_ELEMENTS(args), &err), FAULT_INTERNAL);
	assert_true(db_copy_end(c, &rows, &err) != 0);
	args[4] = db_wide_arg(INT64_C(1) << 40, 8);
	assert_int_equal(db_copy_begin(m.db, &copy, &c, &err), 0);
	assert_int_equal(db_copy_row(c, args, N_ELEMENTS(args), &err), 0);
	assert_int_equal(db_copy_end(c, &rows, &err), 0);
	assert_int_equal(rows, 1);
	assert_string_equal(dbtest_value(conninfo,
				"SELECT narabi || ' ' || state || ' ' || rireki_no || ' ' || "
				"coalesce(removed_ms, 0) FROM person"),
	    "-1 1 1099511627776 0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_part_is_stored_with_cards_claimed_of_who_is_there),
		T(what_is_sealed_is_stored_as_it_is),
		T(what_cannot_be_read_parks_its_person_alone),
		T(what_belongs_to_nobody_parks_whoever_comes),
		T(a_card_of_two_parks_both),
		T(unreadable_negative_news_is_not_loaded),
		T(a_part_against_the_form_is_refused),
		T(a_part_has_at_most_four_thousand_records),
		T(a_number_without_its_width_is_no_column_of_a_binary_copy),
		cmocka_unit_test(a_list_against_the_form_is_refused),
		cmocka_unit_test(a_key_map_finds_what_was_put_and_nothing_else),
	};
	return cmocka_run_group_tests_name("medium", tests, NULL, NULL);
}
