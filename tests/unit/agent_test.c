/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's deciding parts: rows to records, records to batches. */
#include "unit.h"

#include "agent/source/map.h"
#include "agent/source/pg/pg.h"
#include "agent/stream/backoff.h"
#include "agent/stream/batcher.h"
#include "agent/stream/link.h"
#include "base/arena.h"
#include "domain/muni.h"
#include "domain/record.h"
#include "server/sync/sync.h"
#include "wire/js.h"

#include <stdio.h>
#include <string.h>

enum { TEST_ARENA_BYTES = 8 * 1024 * 1024 };

/* Every column the register publishes, in its order, with the values of a plain resident. */
static const struct repl_column juminhyo[] = {
	{ "atena_no", "1000019", false },
	{ "rireki_no", "3", false },
	{ "jumin_jotai", "1", false },
	{ "jumin_shubetsu", "1", false },
	{ "narabi", "1", false },
#define COLUMN(column, item) { #column, "値", false },
#include "agent/source/columns.def"
#undef COLUMN
};
enum { N_JUMINHYO = N_ELEMENTS(juminhyo), COL_ATENA = 0, COL_RIREKI, COL_JOTAI, COL_SHUBETSU };

static const struct repl_column inkan[] = {
	{ "atena_no", "1000019", false },
	{ "rireki_no", "1", false },
	{ "toroku_jotai", "2", false },
	{ "toroku_no", "5", false },
	{ "toroku_ymd", "令和６年４月１日", false },
	{ "haba_px", "200", false },
	{ "takasa_px", "200", false },
	{ "inei", "\\x00ff", false },
};
static const struct repl_column yokushi[] = {
	{ "taisho_kubun", "2", false },
	{ "taisho_no", "2000016", false },
	{ "rireki_no", "1", false },
	{ "yuko", "t", false },
	{ "juminhyo", "t", false },
	{ "inkan", "f", false },
};
static const struct repl_column shomeisho[] = {
	{ "atena_no", "1000019", false },
	{ "rireki_no", "2", false },
	{ "yuko", "f", false },
	{ "issuer_key_hash", "\\x0011", false },
	{ "serial", "\\x2a", false },
};

struct mapped {
	struct arena *a;
	json_t *o;
	struct map_record rec;
};
static struct mapped
map_one(const char *table, const struct repl_column *c, unsigned n, bool deleted)
{
	struct mapped m = { .a = arena_new(TEST_ARENA_BYTES) };
	struct err err = { 0 };
	const struct map_row row = { table, c, n, deleted };
	assert_int_equal(map_row(m.a, &row, &m.rec, &err), 0);
	assert_int_equal(strlen(m.rec.json), m.rec.json_bytes);
	assert_int_equal(js_parse(m.rec.json, m.rec.json_bytes, &m.o, &err), 0);
	return m;
}
static void
mapped_done(struct mapped *m)
{
	json_decref(m->o);
	arena_free(m->a);
}
static const char *
text_at(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static void
a_row_becomes_a_record_the_server_reads(void **state)
{
	(void)state;
	struct mapped m = map_one("juminhyo", juminhyo, N_JUMINHYO, false);
	struct muni_code muni;
	struct sync_record rec;
	struct sync_unreadable bad;
	struct err err = { 0 };
	assert_true(muni_parse("991015", 6, &muni));
	/* 値 fits everywhere, so every item must arrive. */
	assert_int_equal(record_parse(m.a, muni, m.o, &rec, &bad, &err), 0);
	assert_string_equal(rec.atena_no, "1000019");
	assert_int_equal(rec.rireki_no, 3);
	for (unsigned i = 1; i <= RESIDENT_ITEM_MAX; i++)
		assert_string_equal(
		    rec.resident.item[i - 1], i == RESIDENT_ITEM_atena_no ? "1000019" : "値");
	assert_false(m.rec.urgent);
	mapped_done(&m);
}

static void
negative_news_is_urgent(void **state)
{
	(void)state;
	struct repl_column c[N_JUMINHYO];
	static const struct {
		const char *jotai;
		bool urgent;
		const char *state;
	} t[] = {
		{ "1", false, "registered" },
		{ "2", true, "removed" },
		{ "9", true, NULL }, /* never guessed */
		{ "", true, NULL },
		{ NULL, true, NULL },
	};
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		memcpy(c, juminhyo, sizeof(juminhyo));
		c[COL_JOTAI].text = t[i].jotai;
		struct mapped m = map_one("juminhyo", c, N_JUMINHYO, false);
		assert_int_equal(m.rec.urgent, t[i].urgent);
		if (t[i].state != NULL)
			assert_string_equal(text_at(m.o, "state"), t[i].state);
		else
			assert_null(json_object_get(m.o, "state"));
		mapped_done(&m);
	}
	struct mapped m = map_one("inkan", inkan, N_ELEMENTS(inkan), false);
	assert_true(m.rec.urgent);
	assert_string_equal(text_at(m.o, "state"), "abolished");
	assert_string_equal(text_at(m.o, "bits"), "AP8");
	mapped_done(&m);
	m = map_one("yokushi", yokushi, N_ELEMENTS(yokushi), false);
	assert_true(m.rec.urgent);
	assert_string_equal(text_at(m.o, "setai_no"), "2000016");
	assert_null(json_object_get(m.o, "atena_no"));
	assert_int_equal(json_array_size(json_object_get(m.o, "kinds")), 1);
	mapped_done(&m);
	m = map_one("shomeisho", shomeisho, N_ELEMENTS(shomeisho), false);
	assert_true(m.rec.urgent);
	assert_string_equal(text_at(m.o, "state"), "ended");
	assert_string_equal(text_at(m.o, "serial"), "2a");
	mapped_done(&m);
}

static void
an_empty_value_is_left_out(void **state)
{
	(void)state;
	struct repl_column c[N_JUMINHYO];
	memcpy(c, juminhyo, sizeof(juminhyo));
	for (unsigned i = 5; i < N_JUMINHYO; i++) {
		c[i].text = i % 3 ? NULL : "";
		c[i].unchanged = i % 3 == 2;
	}
	struct mapped m = map_one("juminhyo", c, N_JUMINHYO, false);
	assert_int_equal(json_object_size(json_object_get(m.o, "items")), 0);
	mapped_done(&m);
}

static void
numbers_that_are_none_are_left_out(void **state)
{
	(void)state;
	static const char *const bad[] = { "x", "-1", "01", "1000000001", "1.0", NULL };
	struct repl_column c[N_JUMINHYO];
	for (unsigned i = 0; bad[i] != NULL; i++) {
		memcpy(c, juminhyo, sizeof(juminhyo));
		c[COL_RIREKI].text = bad[i];
		struct mapped m = map_one("juminhyo", c, N_JUMINHYO, false);
		assert_null(json_object_get(m.o, "rireki_no"));
		mapped_done(&m);
	}
}

static void
a_deleted_row_says_whom_and_nothing_good(void **state)
{
	(void)state;
	struct mapped m = map_one("juminhyo", juminhyo, 2, true);
	assert_true(m.rec.urgent);
	assert_string_equal(text_at(m.o, "atena_no"), "1000019");
	assert_null(json_object_get(m.o, "state"));
	mapped_done(&m);
}

static void
a_register_that_looks_different_is_refused(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct arena *a = arena_new(TEST_ARENA_BYTES);
	struct map_record rec;
	struct repl_column c[N_JUMINHYO];
	for (unsigned gone = 0; gone < N_JUMINHYO; gone++) {
		memcpy(c, juminhyo, sizeof(juminhyo));
		c[gone].name = "renamed";
		const struct map_row row = { "juminhyo", c, N_JUMINHYO, false };
		assert_int_equal(map_row(a, &row, &rec, &err), FAULT_BAD_INPUT);
	}
	const struct map_row other = { "koseki", juminhyo, N_JUMINHYO, false };
	assert_int_equal(map_row(a, &other, &rec, &err), FAULT_BAD_INPUT);
	arena_free(a);
}

static void
an_image_over_the_limit_is_left_out(void **state)
{
	(void)state;
	struct repl_column c[N_ELEMENTS(inkan)];
	static char hex[2 + 2 * 65537 + 1];
	for (int more = 0; more <= 1; more++) {
		memcpy(c, inkan, sizeof(inkan));
		memcpy(hex, "\\x", 2);
		memset(hex + 2, '0', 2 * (65536 + (size_t)more));
		hex[2 + 2 * (65536 + (size_t)more)] = '\0';
		c[7].text = hex;
		struct mapped m = map_one("inkan", c, N_ELEMENTS(inkan), false);
		assert_int_equal(json_object_get(m.o, "bits") != NULL, !more);
		mapped_done(&m);
	}
}

/* --- batches --- */

static void
add(struct batcher *b, unsigned n, bool urgent)
{
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(batcher_record(b, "{}", 2, urgent), 0);
}

static void
a_transaction_goes_whole_or_not_at_all(void **state)
{
	(void)state;
	struct batcher b;
	batcher_init(&b);
	add(&b, 2, false);
	assert_false(batcher_is_due(&b, false, 1000)); /* not whole yet */
	batcher_commit(&b, "0/10", 7, false, 0);
	assert_true(batcher_is_due(&b, false, 0)); /* nothing else is waiting */
	assert_false(batcher_is_due(&b, true, 0)); /* more may share the batch */
	assert_true(batcher_is_due(&b, true, BATCHER_MAX_AGE_MS));
	add(&b, 1, true); /* of the next transaction: not part of this batch */
	assert_int_equal(b.n_ready, 2);
	assert_false(batcher_is_due(&b, true, 0));
	batcher_commit(&b, "0/20", 8, false, 0);
	assert_true(batcher_is_due(&b, true, 0)); /* urgent */
	assert_int_equal(b.n_ready, 3);
	assert_string_equal(b.position, "0/20");
	assert_memory_equal(b.ready.p, "{},{},{}", 8);
	batcher_sent(&b);
	assert_false(batcher_is_due(&b, false, 10000));
	assert_int_equal(b.ready.bytes, 0);
	batcher_done(&b);
}

static void
what_the_server_has_is_dropped(void **state)
{
	(void)state;
	struct batcher b;
	batcher_init(&b);
	add(&b, 5, true);
	batcher_commit(&b, "0/10", 7, true, 0);
	assert_false(batcher_is_due(&b, false, 10000));
	assert_int_equal(b.n_open, 0);
	assert_false(b.moved);
	add(&b, 1, false);
	batcher_commit(&b, "0/20", 8, false, 0);
	assert_memory_equal(b.ready.p, "{}", 2);
	assert_int_equal(b.ready.bytes, 2);
	batcher_done(&b);
}

static void
a_transaction_has_limits_of_records_and_bytes(void **state)
{
	(void)state;
	struct batcher b;
	batcher_init(&b);
	add(&b, BATCHER_FULL_RECORDS - 1, false);
	batcher_commit(&b, "0/10", 7, false, 0);
	assert_false(batcher_is_due(&b, true, 0));
	add(&b, BATCHER_TXN_MAX_RECORDS, false);
	assert_int_equal(batcher_record(&b, "{}", 2, false), BATCHER_E_TOO_LARGE);
	batcher_commit(&b, "0/20", 8, false, 0);
	assert_true(batcher_is_due(&b, true, 0));
	assert_true(b.n_ready <= SYNC_MAX_RECORDS); /* the largest batch is one the server takes */
	batcher_done(&b);

	batcher_init(&b);
	struct arena *a = arena_new(16 * 1024 * 1024);
	char *big = arena_zero(a, BATCHER_TXN_MAX_BYTES);
	memset(big, 'x', BATCHER_TXN_MAX_BYTES);
	assert_int_equal(batcher_record(&b, big, BATCHER_FULL_BYTES - 2, false), 0);
	batcher_commit(&b, "0/10", 7, false, 0);
	assert_false(batcher_is_due(&b, true, 0));
	assert_int_equal(batcher_record(&b, big, BATCHER_TXN_MAX_BYTES, false), 0);
	batcher_commit(&b, "0/20", 7, false, 0);
	assert_true(buf_ok(&b.ready));
	assert_true(batcher_is_due(&b, true, 0));
	assert_true(b.ready.bytes + 4096 <= SYNC_JSON_MAX_BYTES);
	batcher_sent(&b);
	assert_int_equal(batcher_record(&b, big, BATCHER_TXN_MAX_BYTES - 1, false), 0);
	assert_int_equal(batcher_record(&b, "x", 1, false), BATCHER_E_TOO_LARGE);
	batcher_done(&b);
	arena_free(a);
}

static void
waits_double_up_to_half_a_minute(void **state)
{
	(void)state;
	assert_int_equal(backoff_ms(1, 0), BACKOFF_MIN_MS);
	assert_int_equal(backoff_ms(2, 0), 2 * BACKOFF_MIN_MS);
	assert_int_equal(backoff_ms(100, 0), BACKOFF_MAX_MS);
	assert_int_equal(backoff_ms(4000000000u, 0), BACKOFF_MAX_MS);
	for (uint64_t random = 0; random < 100000; random += 7) {
		int ms = backoff_ms(5, random);
		assert_true(ms <= 16 * BACKOFF_MIN_MS && ms >= 8 * BACKOFF_MIN_MS);
	}
}

static void
positions_have_one_form(void **state)
{
	(void)state;
	static const struct {
		const char *s;
		bool ok;
		uint64_t lsn, load;
	} t[] = {
		{ "0/0", true, 0 },
		{ "0/16B3748", true, 0x16B3748 },
		{ "FFFFFFFF/FFFFFFFF", true, UINT64_MAX },
		{ "100000000/0", false, 0 },
		{ "0/100000000", false, 0 },
		{ "0/16b3748", false, 0 },
		{ "00/1", false, 0 },
		{ "0/01", false, 0 },
		{ "/", false, 0 },
		{ "0", false, 0 },
		{ "0/1/2", false, 0 },
		{ "", false, 0 },
		{ "999999999999999:0/1", true, 1, PG_MAX_LOAD },
		{ "1:FFFFFFFF/FFFFFFFF", true, UINT64_MAX, 1 },
		{ "1000000000000000:0/1", false, 0 },
		{ "0:0/1", false, 0 },
		{ "01:0/1", false, 0 },
		{ ":0/1", false, 0 },
		{ "1:1:0/1", false, 0 },
		{ "1:", false, 0 },
		{ "csv:1:2", false, 0 },
	};
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct pg_position p = { 0 };
		char text[SOURCE_MAX_POSITION_BYTES + 1];
		assert_int_equal(pg_position_parse(t[i].s, &p), t[i].ok);
		if (!t[i].ok)
			continue;
		assert_true(p.lsn == t[i].lsn && p.load == t[i].load);
		pg_position_format(p, text);
		assert_string_equal(text, t[i].s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_becomes_a_record_the_server_reads),
		cmocka_unit_test(negative_news_is_urgent),
		cmocka_unit_test(an_empty_value_is_left_out),
		cmocka_unit_test(numbers_that_are_none_are_left_out),
		cmocka_unit_test(a_deleted_row_says_whom_and_nothing_good),
		cmocka_unit_test(a_register_that_looks_different_is_refused),
		cmocka_unit_test(an_image_over_the_limit_is_left_out),
		cmocka_unit_test(a_transaction_goes_whole_or_not_at_all),
		cmocka_unit_test(what_the_server_has_is_dropped),
		cmocka_unit_test(a_transaction_has_limits_of_records_and_bytes),
		cmocka_unit_test(waits_double_up_to_half_a_minute),
		cmocka_unit_test(positions_have_one_form),
	};
	return cmocka_run_group_tests_name("agent", tests, NULL, NULL);
}
