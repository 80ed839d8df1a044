/* SPDX-License-Identifier: Apache-2.0 */
/* The quick ways past a tree of JSON: writing it, reading a record, reading a batch. */
#include "unit.h"

#include "base/arena.h"
#include "base/text.h"
#include "domain/muni.h"
#include "domain/record_read.h"
#include "server/sync/batch.h"
#include "server/sync/sync.h"
#include "wire/gzip.h"
#include "wire/js.h"
#include "wire/js_write.h"

#include <stdio.h>
#include <string.h>

#define ITEMS                                                                                              \
	"\"setai_no\":\"9\",\"name\":\"見本　太郎\",\"birth\":\"昭和５５年\",\"address\":"       \
	"\"架空県\","                                                                                   \
	"\"jumin_code\":\"1\",\"honseki\":\"架空県\",\"hittosha\":\"見本　太郎\",\"jumin_since\":" \
	"\"平成元年\""
#define HEAD "{\"kind\":\"resident\",\"atena_no\":\"1\",\"rireki_no\":2,\"state\":\"registered\","
#define MIDDLE "\"class\":\"japanese\",\"narabi\":1,\"items\":{"
#define GOOD HEAD MIDDLE ITEMS "}}"

static struct muni_code
muni(void)
{
	struct muni_code m;
	assert_true(muni_parse("991015", 6, &m));
	return m;
}

/* The text must stand as it was when it is not taken. */
static bool
is_taken(const char *text)
{
	char copy[4096];
	struct sync_record rec;
	size_t bytes = 0;
	size_t n = strlen(text);
	assert_true(n < sizeof(copy));
	memcpy(copy, text, n + 1);
	int r = record_read(muni(), copy, n, &rec, &bytes);
	if (r == 0)
		return true;
	assert_int_equal(r, RECORD_E_OTHER);
	assert_string_equal(copy, text);
	return false;
}

static void
a_record_as_the_agent_writes_it_is_read_without_a_tree(void **state)
{
	(void)state;
	char text[] = GOOD ",{\"kind\"";
	struct sync_record rec;
	size_t bytes = 0;
	assert_int_equal(record_read(muni(), text, sizeof(text) - 1, &rec, &bytes), 0);
	assert_int_equal(bytes, strlen(GOOD));
	assert_int_equal(rec.kind, SYNC_RESIDENT);
	assert_int_equal(rec.rireki_no, 2);
	assert_int_equal(rec.resident.rireki_no, 2);
	assert_int_equal(rec.resident.state, RESIDENT_REGISTERED);
	assert_int_equal(rec.resident.class_, RESIDENT_JAPANESE);
	assert_int_equal(rec.resident.narabi, 1);
	assert_string_equal(rec.atena_no, "1");
	assert_string_equal(rec.setai_no, "9");
	assert_string_equal(rec.resident.name, "見本　太郎");
	assert_string_equal(rec.resident.jumin_since, "平成元年");
	assert_null(rec.resident.sex);
}

static void
any_other_record_is_left_to_the_strict_parser_as_it_stood(void **state)
{
	static const char *const others[] = {
		"",
		"{",
		" " GOOD,
		HEAD MIDDLE ITEMS "}",                          /* cut */
		HEAD MIDDLE ITEMS "} }",                        /* a space */
		HEAD MIDDLE ITEMS ",}}",                        /* one comma too many */
		HEAD MIDDLE ITEMS ",\"name\":\"見本　花子\"}}", /* twice */
		HEAD MIDDLE ITEMS ",\"atena_no\":\"1\"}}",      /* not there */
		HEAD MIDDLE ITEMS ",\"nonsense\":\"1\"}}",      /* unknown */
		HEAD MIDDLE ITEMS ",\"\":\"1\"}}",              /* no name */
		HEAD MIDDLE ITEMS ",\"biko\":\"\"}}",           /* empty */
		HEAD MIDDLE ITEMS ",\"biko\":1}}",              /* no text */
		HEAD MIDDLE ITEMS ",\"biko\":\"a\\\"b\"}}",     /* an escape */
		HEAD MIDDLE ITEMS ",\"biko\":\"a\tb\"}}",       /* a control character */
		HEAD MIDDLE ITEMS ",\"biko\":\"a\xC2\x85\"}}",  /* C1 */
		HEAD MIDDLE ITEMS ",\"biko\":\"a\xC0\x80\"}}",  /* no UTF-8 */
		HEAD MIDDLE ITEMS ",\"sex\":\"あいうえお\"}}",  /* one character too long */
		HEAD MIDDLE "\"setai_no\":\"9\"}}",             /* what no row may be without */
		HEAD "\"class\":\"japanese\",\"narabi\":01,\"items\":{" ITEMS "}}",
		HEAD "\"class\":\"japanese\",\"narabi\":-1,\"items\":{" ITEMS "}}",
		HEAD "\"class\":\"japanese\",\"narabi\":1.0,\"items\":{" ITEMS "}}",
		HEAD "\"class\":\"japanese\",\"narabi\":10000,\"items\":{" ITEMS "}}",
		HEAD "\"class\":\"other\",\"narabi\":1,\"items\":{" ITEMS "}}",
		"{\"kind\":\"resident\",\"atena_no\":\"\",\"rireki_no\":2,\"state\":"
		"\"registered\"," MIDDLE ITEMS "}}",
		"{\"kind\":\"resident\",\"atena_no\":\"1234567890123456\",\"rireki_no\":2,"
		"\"state\":"
		"\"registered\"," MIDDLE ITEMS "}}",
		"{\"kind\":\"resident\",\"atena_no\":\"1\",\"rireki_no\":0,\"state\":"
		"\"registered\"," MIDDLE ITEMS "}}",
		"{\"kind\":\"resident\",\"atena_no\":\"1\",\"rireki_no\":1000000001,\"state\":"
		"\"registered\"," MIDDLE ITEMS "}}",
		"{\"kind\":\"resident\",\"rireki_no\":2,\"atena_no\":\"1\",\"state\":"
		"\"registered\"," MIDDLE ITEMS "}}",
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(others); i++)
		if (is_taken(others[i]))
			fail_msg("taken: %s", others[i]);
	assert_true(is_taken(HEAD "\"class\":\"japanese\",\"narabi\":9999,\"items\":{" ITEMS "}}"));
	assert_true(is_taken(HEAD MIDDLE ITEMS ",\"sex\":\"あいうえ\"}}"));
	assert_true(is_taken(
	    "{\"kind\":\"resident\",\"atena_no\":\"123456789012345\",\"rireki_no\":1000000000,"
	    "\"state\":\"removed\"," MIDDLE ITEMS "}}"));
}

#define OF "\"atena_no\":\"1\",\"rireki_no\":2,\"state\":"
#define SEAL "{\"kind\":\"seal\"," OF
#define INK                                                                                        \
	"\"touroku_no\":\"第１号\",\"touroku_on\":\"令和７年\",\"width_px\":189,"           \
	"\"height_px\":189,\"bits\":\""
#define ISSUER "\"issuer\":\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\","
#define CARD_OF "{\"kind\":\"card\"," OF
#define GOOD_CARD CARD_OF "\"active\"," ISSUER "\"serial\":\"000a0b\"}"

/* A seal of 189 by 189 pixels: rows of 24 bytes, the last three bits of each spare. */
enum { SEAL_BYTES = 24 * 189 };

static const char *
seal_text(struct arena *a, const char *head, size_t bytes)
{
	uint8_t *bits = arena_zero(a, bytes);
	if (bytes > 40)
		bits[40] = 0x5A;
	return arena_printf(a, "%s%s%s\"}", head, INK, text_b64url_format(a, bits, bytes));
}

/* Taken by the quick way: then the strict parser takes it for the same. */
static bool
more_is_taken(struct arena *a, const char *text, size_t n)
{
	struct sync_record rec, again;
	struct sync_unreadable bad;
	struct err err = { 0 };
	size_t bytes = 0;
	char *copy = arena_strndup(a, text, n);
	if (record_read_more(a, muni(), copy, n, &rec, &bytes) != 0) {
		assert_memory_equal(copy, text, n);
		return false;
	}
	AUTO(json_t) json_t *o = NULL;
	assert_int_equal(js_parse(text, bytes, &o, &err), 0);
	assert_int_equal(record_parse(a, muni(), o, &again, &bad, &err), 0);
	assert_int_equal(rec.kind, again.kind);
	assert_int_equal(rec.rireki_no, again.rireki_no);
	assert_string_equal(rec.atena_no, again.atena_no);
	if (rec.kind == SYNC_CARD) {
		assert_int_equal(rec.card.active, again.card.active);
		assert_memory_equal(rec.card.issuer, again.card.issuer, sizeof(rec.card.issuer));
		assert_int_equal(rec.card.serial_bytes, again.card.serial_bytes);
		assert_memory_equal(rec.card.serial, again.card.serial, rec.card.serial_bytes);
		return true;
	}
	struct buf one, two;
	buf_init(&one, SEAL_ROW_MAX_BYTES);
	buf_init(&two, SEAL_ROW_MAX_BYTES);
	seal_row_encode(&rec.seal, &one);
	seal_row_encode(&again.seal, &two);
	assert_true(buf_ok(&one) && one.bytes == two.bytes);
	assert_memory_equal(one.p, two.p, one.bytes);
	buf_done(&one);
	buf_done(&two);
	return true;
}

static void
a_seal_and_a_card_as_the_agent_writes_them_are_read_without_a_tree(void **state)
{
	static const char *const cards[] = {
		GOOD_CARD,
		CARD_OF "\"ended\"," ISSUER "\"serial\":\"01\"}",
		CARD_OF "\"active\"," ISSUER "\"serial\":\"0000\"}",
		CARD_OF "\"active\"," ISSUER
			"\"serial\":\"0102030405060708090a0b0c0d0e0f1011121314\"}",
	};
	AUTO(arena) struct arena *a = arena_new(1024 * 1024);
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(cards); i++)
		if (!more_is_taken(a, cards[i], strlen(cards[i])))
			fail_msg("not taken: %s", cards[i]);
	const char *seal = seal_text(a, SEAL "\"registered\",", SEAL_BYTES);
	assert_true(more_is_taken(a, seal, strlen(seal)));
	seal = seal_text(a, SEAL "\"abolished\",", SEAL_BYTES);
	assert_true(more_is_taken(a, seal, strlen(seal)));
}

static void
any_other_seal_or_card_is_left_to_the_strict_parser_as_it_stood(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1024 * 1024);
	const char *const others[] = {
		"",
		GOOD,
		seal_text(a, SEAL "\"registered\",", SEAL_BYTES - 1), /* less than its size */
		seal_text(a, SEAL "\"registered\",", SEAL_BYTES + 1),
		seal_text(a, SEAL "\"active\",", SEAL_BYTES),
		seal_text(a, SEAL "\"registered\", ", SEAL_BYTES), /* a space */
		seal_text(a, SEAL "\"registered\"," ISSUER, SEAL_BYTES),
		SEAL "\"registered\"," INK "\"}",
		SEAL "\"registered\"," INK "AA*A\"}",
		CARD_OF "\"active\"," ISSUER "\"serial\":\"\"}",
		CARD_OF "\"active\"," ISSUER "\"serial\":\"0\"}",
		CARD_OF "\"active\"," ISSUER "\"serial\":\"0A\"}",
		CARD_OF "\"active\"," ISSUER "\"serial\":\"0g\"}",
		CARD_OF "\"active\"," ISSUER "\"serial\":\"01\" }",
		CARD_OF "\"active\"," ISSUER
			"\"serial\":\"0102030405060708090a0b0c0d0e0f101112131415\"}", /* 21 bytes */
		CARD_OF "\"active\",\"issuer\":\"00\",\"serial\":\"01\"}",
		CARD_OF "\"registered\"," ISSUER "\"serial\":\"01\"}",
		"{\"kind\":\"card\",\"atena_no\":\"\",\"rireki_no\":2,\"state\":\"active\"," ISSUER
		"\"serial\":\"01\"}",
		"{\"kind\":\"card\",\"atena_no\":\"a\xC2\x85\",\"rireki_no\":2,\"state\":"
		"\"active\"," ISSUER "\"serial\":\"01\"}",
		"{\"kind\":\"card\",\"atena_no\":\"1\",\"rireki_no\":0,\"state\":\"active\"," ISSUER
		"\"serial\":\"01\"}",
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(others); i++)
		if (more_is_taken(a, others[i], strlen(others[i])))
			fail_msg("taken: %s", others[i]);
}

static void
no_changed_byte_of_a_seal_or_a_card_is_read_as_something_else(void **state)
{
	AUTO(arena) struct arena *made = arena_new(65536);
	const char *const good[] = { GOOD_CARD,
		seal_text(made, SEAL "\"registered\",", SEAL_BYTES) };
	(void)state;
	for (size_t g = 0; g < N_ELEMENTS(good); g++) {
		size_t n = strlen(good[g]);
		char *text = arena_strndup(made, good[g], n);
		/* Of the image a part is enough. */
		for (size_t i = 0; i < n; i += i < 250 || i + 8 > n ? 1 : 37) {
			AUTO(arena) struct arena *a = arena_new(65536);
			assert_false(more_is_taken(a, text, i));
			text[i] = (char)(text[i] ^ 1);
			(void)more_is_taken(a, text, n); /* compares */
			text[i] = good[g][i];
		}
	}
}

/* Eight bytes are looked at together: at whichever of them it stands. */
static void
what_ends_a_text_is_seen_at_every_place(void **state)
{
	static const char ends[] = "\"\\\x01\x1F";
	(void)state;
	for (size_t at = 0; at < 24; at++) {
		for (unsigned c = 0x01; c <= 0xFF; c++) {
			char biko[32] = "", text[1024];
			memset(biko, 'a', 24);
			biko[at] = (char)c;
			(void)snprintf(text, sizeof(text), "%s,\"biko\":\"%s\"}}",
			    HEAD MIDDLE ITEMS, biko);
			/* 0x7F is no clean text, and a byte above it no UTF-8 by itself. */
			bool plain = c >= 0x20 && c < 0x7F && strchr(ends, (int)c) == NULL;
			if (is_taken(text) != plain)
				fail_msg("%02x at %zu", c, at);
		}
	}
}

/* Every cut of a good record, and every one of its bytes changed: never taken for another. */
static void
no_cut_and_no_changed_byte_is_read_as_something_else(void **state)
{
	(void)state;
	const size_t n = strlen(GOOD);
	for (size_t i = 0; i < n; i++) {
		AUTO(arena) struct arena *a = arena_new(65536);
		struct err err = { 0 };
		struct sync_record rec, again;
		struct sync_unreadable bad;
		size_t bytes = 0;
		char text[4096];
		memcpy(text, GOOD, n + 1);
		assert_int_equal(record_read(muni(), text, i, &rec, &bytes), RECORD_E_OTHER);
		text[i] = (char)(text[i] ^ 1);
		char *copy = arena_strndup(a, text, n);
		if (record_read(muni(), copy, n, &rec, &bytes) != 0)
			continue;
		AUTO(json_t) json_t *o = NULL;
		assert_int_equal(bytes, n);
		assert_int_equal(js_parse(text, n, &o, &err), 0);
		assert_int_equal(record_parse(a, muni(), o, &again, &bad, &err), 0);
		assert_int_equal(rec.rireki_no, again.rireki_no);
		for (unsigned k = 0; k < RESIDENT_ITEM_MAX; k++)
			assert_true(text_equal(rec.resident.item[k], again.resident.item[k]));
	}
}

/* --- batches --- */

#define FRAME(records)                                                                             \
	"{\"v\":1,\"muni\":\"991015\",\"epoch\":5,\"seq\":1,\"prev\":"                             \
	"\"00000000000000000000000000000000"                                                       \
	"00000000000000000000000000000000\",\"source\":\"0/"                                       \
	"1\",\"register_ms\":5,\"urgent\":false,"                                                  \
	"\"records\":" records "}"
#define CARD "{\"kind\":\"card\",\"atena_no\":\"1\",\"x\":[{\"a\":\"]}\\\"\"}]}"

static int
parsed(const char *text, struct batch *ret)
{
	struct err err = { 0 };
	struct buf packed;
	buf_init(&packed, 1024 * 1024);
	assert_int_equal(gzip_pack(text, strlen(text), &packed, &err), 0);
	int r = batch_parse(packed.p, packed.bytes, ret, &err);
	buf_done(&packed);
	return r;
}

static void
a_batch_of_all_kinds_is_read_record_by_record(void **state)
{
	struct batch b;
	(void)state;
	assert_int_equal(parsed(FRAME("[" GOOD "," CARD "," GOOD "]"), &b), 0);
	assert_int_equal(b.n_rows, 3);
	assert_null(b.rows[0].json);
	assert_string_equal(b.rows[0].rec.resident.name, "見本　太郎");
	assert_string_equal(json_string_value(json_object_get(b.rows[1].json, "kind")), "card");
	assert_null(b.rows[2].json);
	batch_done(&b);
}

static void
a_batch_written_otherwise_is_read_as_a_whole(void **state)
{
	static const char *const others[] = { FRAME("[" GOOD " , " GOOD "]"),
		FRAME("[" GOOD "]") "\n", FRAME("[" GOOD ",{} ]"), FRAME("[7," GOOD "]"),
		"{\"records\":[" GOOD
		"],\"v\":1,\"muni\":\"991015\",\"epoch\":5,\"seq\":1,\"prev\":"
		"\"0000000000000000000000000000000000000000000000000000000000000000\","
		"\"source\":\"\\\"records\\\":[\",\"register_ms\":5,\"urgent\":false}" };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(others); i++) {
		struct batch b;
		assert_int_equal(parsed(others[i], &b), 0);
		assert_true(b.n_rows >= 1);
		for (size_t k = 0; k < b.n_rows; k++)
			assert_non_null(b.rows[k].json);
		batch_done(&b);
	}
}

static void
a_batch_that_is_no_document_is_refused(void **state)
{
	static const char *const bad[] = { FRAME("[]"), FRAME("[" GOOD ",]"), FRAME("[" GOOD),
		FRAME("[" GOOD "]") "x", FRAME("[" GOOD "]]"), FRAME("[" GOOD GOOD "]"),
		FRAME("[" GOOD ",{]}"), FRAME("[" GOOD "],\"records\":[" GOOD "]"),
		FRAME("[" GOOD "],\"more\":1"), "{\"records\":[" GOOD "]}", "[\"records\":[]}" };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		struct batch b;
		if (parsed(bad[i], &b) != FAULT_BAD_INPUT)
			fail_msg("taken: %s", bad[i]);
	}
}

/* --- writing --- */

static void
what_is_written_straight_is_what_the_tree_would_give(void **state)
{
	static const char *const texts[] = { "", "見本　太郎", "a\"b\\c/d", "\b\f\n\r\t",
		"\x01\x1F\x7F", "\xF0\xA0\xAE\xB7" };
	struct err err = { 0 };
	struct buf one, two;
	char key[8];
	(void)state;
	AUTO(json_t) json_t *o = json_object();
	json_t *list = json_array();
	buf_init(&one, 4096);
	buf_init(&two, 4096);
	js_write_open(&one, '{');
	for (size_t i = 0; i < N_ELEMENTS(texts); i++) {
		(void)snprintf(key, sizeof(key), "k%zu", i);
		js_put_text(o, key, texts[i]);
		js_write_text(&one, key, texts[i]);
	}
	js_put_int(o, "n", -12);
	js_write_int(&one, "n", -12);
	js_put_int(o, "least", INT64_MIN);
	js_write_int(&one, "least", INT64_MIN);
	js_put_bool(o, "b", true);
	js_write_bool(&one, "b", true);
	js_put_b64url(o, "bits", texts[1], strlen(texts[1]));
	js_write_b64url(&one, "bits", texts[1], strlen(texts[1]));
	js_write_key(&one, "list");
	js_write_open(&one, '[');
	for (size_t i = 0; i < N_ELEMENTS(texts); i++) {
		(void)json_array_append_new(list, json_string(texts[i]));
		js_write_item(&one, texts[i]);
	}
	js_write_close(&one, ']');
	js_put(o, "list", list);
	js_write_close(&one, '}');
	assert_int_equal(js_format(o, &two, &err), 0);
	assert_true(buf_ok(&one));
	assert_int_equal(one.bytes, two.bytes);
	assert_memory_equal(one.p, two.p, one.bytes);
	js_write_text(&one, "k", "\xC0\x80");
	assert_false(buf_ok(&one));
	buf_done(&one);
	buf_done(&two);
}

static void
clean_text_is_counted_in_one_go(void **state)
{
	(void)state;
	assert_int_equal(text_clean_count(""), 0);
	assert_int_equal(text_clean_count("aé太\xF0\xA0\xAE\xB7"), 4);
	static const char *const bad[] = { "\x01", "\x7F", "\xC2\x9F", "\xE5\xA4", "a\xFF",
		"\xED\xA0\x80" };
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		assert_int_equal(text_clean_count(bad[i]), -1);
	assert_int_equal(text_clean_count("\xC2\xA0"), 1);
}

static void
an_arena_that_was_reset_gives_zeroed_memory_again(void **state)
{
	(void)state;
	AUTO(arena) struct arena *a = arena_new(100000);
	for (unsigned i = 0; i < 3; i++) {
		uint8_t *p = arena_zero(a, 1000);
		uint8_t *q = arena_zero(a, 40000);
		for (size_t k = 0; k < 1000; k++)
			assert_int_equal(p[k], 0);
		memset(p, 0xAA, 1000);
		memset(q, 0xAA, 40000);
		arena_reset(a);
		assert_int_equal(arena_used_bytes(a), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_as_the_agent_writes_it_is_read_without_a_tree),
		cmocka_unit_test(any_other_record_is_left_to_the_strict_parser_as_it_stood),
		cmocka_unit_test(what_ends_a_text_is_seen_at_every_place),
		cmocka_unit_test(no_cut_and_no_changed_byte_is_read_as_something_else),
		cmocka_unit_test(
		    a_seal_and_a_card_as_the_agent_writes_them_are_read_without_a_tree),
		cmocka_unit_test(any_other_seal_or_card_is_left_to_the_strict_parser_as_it_stood),
		cmocka_unit_test(no_changed_byte_of_a_seal_or_a_card_is_read_as_something_else),
		cmocka_unit_test(a_batch_of_all_kinds_is_read_record_by_record),
		cmocka_unit_test(a_batch_written_otherwise_is_read_as_a_whole),
		cmocka_unit_test(a_batch_that_is_no_document_is_refused),
		cmocka_unit_test(what_is_written_straight_is_what_the_tree_would_give),
		cmocka_unit_test(clean_text_is_counted_in_one_go),
		cmocka_unit_test(an_arena_that_was_reset_gives_zeroed_memory_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
