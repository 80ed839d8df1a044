/* SPDX-License-Identifier: Apache-2.0 */
/* The stream's end: what is read and what is refused. No database here. */
#include "unit.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/text.h"
#include "domain/muni.h"
#include "domain/record.h"
#include "server/sync/batch.h"
#include "server/sync/sync.h"
#include "wire/gzip.h"
#include "wire/js.h"

#include <stdio.h>
#include <string.h>

enum { TEST_ARENA_BYTES = 4 * 1024 * 1024 };

static struct muni_code
test_muni(void)
{
	struct muni_code m;
	assert_true(muni_parse("991015", 6, &m));
	return m;
}

/* --- gzip --- */

static void
gzip_gives_back_what_it_took(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct buf packed;
	struct buf out;
	buf_init(&packed, 1000000);
	buf_init(&out, 200000);
	char text[200000];
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7919 >> 5);
	assert_int_equal(gzip_pack(text, sizeof(text), &packed, &err), 0);
	assert_int_equal(gzip_unpack(packed.p, packed.bytes, &out, &err), 0);
	assert_int_equal(out.bytes, sizeof(text));
	assert_memory_equal(out.p, text, sizeof(text));
	buf_done(&packed);
	buf_done(&out);
}

static int
unpack_status(const void *p, size_t bytes, size_t limit)
{
	struct err err = { 0 };
	struct buf out;
	buf_init(&out, limit);
	int r = gzip_unpack(p, bytes, &out, &err);
	buf_done(&out);
	return r;
}

static void
a_broken_gzip_is_refused(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct buf b;
	char text[5000] = { 0 };
	buf_init(&b, 10000);
	assert_int_equal(gzip_pack(text, sizeof(text), &b, &err), 0);
	assert_int_equal(unpack_status(b.p, b.bytes, sizeof(text)), 0);
	assert_int_equal(unpack_status(b.p, b.bytes, sizeof(text) - 1), FAULT_BAD_INPUT);
	assert_int_equal(unpack_status(b.p, b.bytes - 1, sizeof(text)), FAULT_BAD_INPUT);
	assert_int_equal(unpack_status(b.p, 0, sizeof(text)), FAULT_BAD_INPUT);
	b.p[b.bytes - 5] ^= 1; /* the checksum */
	assert_int_equal(unpack_status(b.p, b.bytes, sizeof(text)), FAULT_BAD_INPUT);
	b.p[b.bytes - 5] ^= 1;
	buf_u8(&b, 0); /* something behind it */
	assert_int_equal(unpack_status(b.p, b.bytes, sizeof(text)), FAULT_BAD_INPUT);
	buf_done(&b);
}

/* --- records --- */

#define ITEMS                                                                                             \
	"\"setai_no\":\"200001\",\"name\":\"見本　太郎\",\"birth\":\"昭和５５年１月１日\"," \
	"\"address\":\"架空県架空市見本町１番地\",\"jumin_code\":\"24727059608\","            \
	"\"honseki\":\"架空県架空市見本町１番地\",\"hittosha\":\"見本　太郎\","          \
	"\"jumin_since\":\"平成１０年４月１日\""
#define RESIDENT_HEAD "{\"kind\":\"resident\",\"atena_no\":\"100001\","
#define RESIDENT_OK                                                                                \
	RESIDENT_HEAD "\"rireki_no\":1,\"state\":\"registered\",\"class\":\"japanese\","           \
		      "\"narabi\":1,\"items\":{" ITEMS "}}"
#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

struct record_case {
	const char *json;
	int want;  /* 0 or RECORD_E_UNREADABLE */
	bool whom; /* it can be told whom it is about */
	bool security;
};

static int
parse_record(struct arena *a, const char *json, struct sync_record *rec,
    struct sync_unreadable *bad, json_t **ret)
{
	struct err err = { 0 };
	assert_int_equal(js_parse(json, strlen(json), ret, &err), 0);
	return record_parse(a, test_muni(), *ret, rec, bad, &err);
}

static void
run_cases(const struct record_case *t, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct arena *a = arena_new(TEST_ARENA_BYTES);
		struct sync_record rec;
		struct sync_unreadable bad = { 0 };
		json_t *o = NULL;
		int r = parse_record(a, t[i].json, &rec, &bad, &o);
		if (r != t[i].want)
			print_error("case %zu: %s\n", i, t[i].json);
		assert_int_equal(r, t[i].want);
		if (r) {
			assert_int_equal(bad.atena_no != NULL, t[i].whom);
			assert_int_equal(bad.security, t[i].security);
		}
		json_decref(o);
		arena_free(a);
	}
}

static void
a_resident_is_read_with_all_it_says(void **state)
{
	(void)state;
	struct arena *a = arena_new(TEST_ARENA_BYTES);
	struct sync_record rec;
	struct sync_unreadable bad;
	json_t *o = NULL;
	assert_int_equal(parse_record(a, RESIDENT_OK, &rec, &bad, &o), 0);
	assert_int_equal(rec.kind, SYNC_RESIDENT);
	assert_string_equal(rec.atena_no, "100001");
	assert_string_equal(rec.setai_no, "200001");
	assert_string_equal(rec.resident.atena_no, "100001");
	assert_string_equal(rec.resident.name, "見本　太郎");
	assert_string_equal(rec.resident.muni.s, "991015");
	assert_int_equal(rec.resident.rireki_no, 1);
	assert_null(rec.resident.katagaki);
	json_decref(o);
	arena_free(a);
}

static void
residents_against_the_protocol_are_unreadable(void **state)
{
	(void)state;
#define R(middle) RESIDENT_HEAD middle
	static const struct record_case t[] = {
		{ RESIDENT_OK, 0, 0, 0 },
		{ R("\"rireki_no\":1000000000,\"state\":\"registered\",\"class\":\"foreign\","
		    "\"narabi\":9999,"
		    "\"items\":{" ITEMS
		    ",\"gaikokujin_since\":\"2020年1月1日\",\"ho30_45\":\"中長期在留者\"}}"),
		    0, 0, 0 },
		{ R("\"rireki_no\":1000000001,\"state\":\"registered\",\"class\":\"japanese\","
		    "\"narabi\":1,\"items\":{" ITEMS "}}"),
		    RECORD_E_UNREADABLE, true, false },
		{ R("\"rireki_no\":0,\"state\":\"registered\",\"class\":\"japanese\",\"narabi\":1,"
		    "\"items\":{" ITEMS "}}"),
		    RECORD_E_UNREADABLE, true, false },
		{ R("\"rireki_no\":1,\"state\":\"registered\",\"class\":\"japanese\",\"narabi\":"
		    "10000,\"items\":{" ITEMS "}}"),
		    RECORD_E_UNREADABLE, true, false },
		{ R("\"rireki_no\":1,\"state\":\"registered\",\"class\":\"martian\",\"narabi\":1,"
		    "\"items\":{" ITEMS "}}"),
		    RECORD_E_UNREADABLE, true, false },
		/* negative news, or what may be such, stops the municipality */
		{ R("\"rireki_no\":1,\"state\":\"removed\",\"class\":\"martian\",\"narabi\":1,"
		    "\"items\":{" ITEMS "}}"),
		    RECORD_E_UNREADABLE, true, true },
		{ R("\"rireki_no\":1,\"class\":\"japanese\",\"narabi\":1,\"items\":{" ITEMS "}}"),
		    RECORD_E_UNREADABLE, true, true },
		{ R("\"rireki_no\":1,\"state\":1,\"class\":\"japanese\",\"narabi\":1,\"items\":"
		    "{" ITEMS "}}"),
		    RECORD_E_UNREADABLE, true, true },
		/* items */
		{ R("\"rireki_no\":1,\"state\":\"registered\",\"class\":\"japanese\",\"narabi\":1,"
		    "\"items\":{}}"),
		    RECORD_E_UNREADABLE, true, false },
		{ R("\"rireki_no\":1,\"state\":\"registered\",\"class\":\"japanese\",\"narabi\":1,"
		    "\"items\":{" ITEMS ",\"atena_no\":\"100002\"}}"),
		    RECORD_E_UNREADABLE, true, false },
		{ R("\"rireki_no\":1,\"state\":\"registered\",\"class\":\"japanese\",\"narabi\":1,"
		    "\"items\":{" ITEMS ",\"senkyo\":\"1\"}}"),
		    RECORD_E_UNREADABLE, true, false },
		{ R("\"rireki_no\":1,\"state\":\"registered\",\"class\":\"japanese\",\"narabi\":1,"
		    "\"items\":{" ITEMS ",\"biko\":null}}"),
		    RECORD_E_UNREADABLE, true, false },
		{ R("\"rireki_no\":1,\"state\":\"registered\",\"class\":\"japanese\",\"narabi\":1,"
		    "\"items\":{" ITEMS ",\"biko\":\"\"}}"),
		    RECORD_E_UNREADABLE, true, false },
		{ R("\"rireki_no\":1,\"state\":\"registered\",\"class\":\"japanese\",\"narabi\":1,"
		    "\"items\":{" ITEMS ",\"biko\":\"\\u0007\"}}"),
		    RECORD_E_UNREADABLE, true, false },
		{ R("\"rireki_no\":1,\"state\":\"registered\",\"class\":\"japanese\",\"narabi\":1,"
		    "\"items\":{" ITEMS ",\"sex\":\"男男男男\"}}"),
		    0, 0, 0 },
		{ R("\"rireki_no\":1,\"state\":\"registered\",\"class\":\"japanese\",\"narabi\":1,"
		    "\"items\":{" ITEMS ",\"sex\":\"男男男男男\"}}"),
		    RECORD_E_UNREADABLE, true, false },
		/* members */
		{ R("\"rireki_no\":1,\"state\":\"registered\",\"class\":\"japanese\",\"narabi\":1,"
		    "\"reason\":\"x\",\"items\":{" ITEMS "}}"),
		    RECORD_E_UNREADABLE, true, false },
		{ "{\"kind\":\"resident\",\"atena_no\":\"1234567890123456\",\"rireki_no\":1,"
		  "\"state\":\"registered\",\"class\":\"japanese\",\"narabi\":1,\"items\":{" ITEMS
		  "}}",
		    RECORD_E_UNREADABLE, false, false },
		{ "{\"kind\":\"resident\",\"atena_no\":\"123456789012345\",\"rireki_no\":1,"
		  "\"state\":\"registered\",\"class\":\"japanese\",\"narabi\":1,\"items\":{" ITEMS
		  "}}",
		    0, 0, 0 },
		{ "{\"kind\":\"resident\",\"atena_no\":\"\",\"rireki_no\":1,\"state\":"
		  "\"registered\",\"class\":\"japanese\",\"narabi\":1,\"items\":{" ITEMS "}}",
		    RECORD_E_UNREADABLE, false, false },
		{ "{\"kind\":\"wedding\",\"atena_no\":\"100001\",\"rireki_no\":1,\"state\":"
		  "\"registered\"}",
		    RECORD_E_UNREADABLE, true, true },
		{ "{}", RECORD_E_UNREADABLE, false, true },
		{ "[]", RECORD_E_UNREADABLE, false, true },
	};
#undef R
	run_cases(t, N_ELEMENTS(t));
}

/* A seal record whose image has @bytes bytes. */
static char *
seal_json(struct arena *a, const char *state, int width, int height, size_t bytes)
{
	uint8_t *bits = arena_zero(a, bytes);
	return arena_printf(a,
	    "{\"kind\":\"seal\",\"atena_no\":\"100001\",\"rireki_no\":2,\"state\":\"%s\","
	    "\"touroku_no\":\"12345\",\"touroku_on\":\"令和６年４月１日\",\"width_px\":%d,"
	    "\"height_px\":%d,\"bits\":\"%s\"}",
	    state, width, height, text_b64url_format(a, bits, bytes));
}

static void
seals_are_read_within_8_and_25_millimetres(void **state)
{
	(void)state;
	static const struct {
		const char *state;
		int width, height;
		size_t bytes;
		int want;
		bool security;
	} t[] = {
		{ "registered", SEAL_MIN_PX, SEAL_MAX_PX, 24 * 591, 0, 0 },
		{ "abolished", SEAL_MAX_PX, SEAL_MAX_PX, 74 * 591, 0, 0 },
		{ "registered", SEAL_MAX_PX + 1, SEAL_MAX_PX, 74 * 591, RECORD_E_UNREADABLE,
		    false },
		{ "registered", SEAL_MIN_PX - 1, SEAL_MAX_PX, 24 * 591, RECORD_E_UNREADABLE,
		    false },
		{ "registered", SEAL_MAX_PX, SEAL_MIN_PX - 1, 74 * 188, RECORD_E_UNREADABLE,
		    false },
		{ "registered", SEAL_MIN_PX, SEAL_MIN_PX, 24 * 189 - 1, RECORD_E_UNREADABLE,
		    false },
		{ "registered", SEAL_MIN_PX, SEAL_MIN_PX, 24 * 189 + 1, RECORD_E_UNREADABLE,
		    false },
		{ "abolished", SEAL_MAX_PX + 1, SEAL_MAX_PX, 1, RECORD_E_UNREADABLE, true },
		{ "", SEAL_MIN_PX, SEAL_MIN_PX, 24 * 189, RECORD_E_UNREADABLE, true },
	};
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct arena *a = arena_new(TEST_ARENA_BYTES);
		const struct record_case c = { seal_json(a, t[i].state, t[i].width, t[i].height,
						   t[i].bytes),
			t[i].want, true, t[i].security };
		run_cases(&c, 1);
		arena_free(a);
	}
}

static void
cards_and_blocks_against_the_protocol_are_unreadable(void **state)
{
	(void)state;
#define CARD(issuer, serial)                                                                       \
	"{\"kind\":\"card\",\"atena_no\":\"100001\",\"rireki_no\":1,\"state\":\"active\","         \
	"\"issuer\":\"" issuer "\",\"serial\":\"" serial "\"}"
#define BLOCK(middle) "{\"kind\":\"block\"," middle "}"
	static const struct record_case t[] = {
		{ CARD(HEX64, "01"), 0, 0, 0 },
		{ CARD(HEX64, "000102030405060708090a0b0c0d0e0f10111213"), 0, 0, 0 },
		{ CARD(HEX64, "000102030405060708090a0b0c0d0e0f1011121314"), RECORD_E_UNREADABLE,
		    true, false },
		{ CARD(HEX64, ""), RECORD_E_UNREADABLE, true, false },
		{ CARD(HEX64, "0"), RECORD_E_UNREADABLE, true, false },
		{ CARD(HEX64, "012"), RECORD_E_UNREADABLE, true, false },
		{ CARD(HEX64, "0A"), RECORD_E_UNREADABLE, true, false },
		{ CARD(HEX64 "00", "01"), RECORD_E_UNREADABLE, true, false },
		{ BLOCK("\"atena_no\":\"1\",\"rireki_no\":1,\"active\":true,\"kinds\":["
			"\"juminhyo\",\"inkan\"]"),
		    0, 0, 0 },
		{ BLOCK("\"setai_no\":\"1\",\"rireki_no\":1,\"active\":true,\"kinds\":[\"inkan\"]"),
		    0, 0, 0 },
		{ BLOCK("\"atena_no\":\"1\",\"rireki_no\":1,\"active\":false,\"kinds\":[]"), 0, 0,
		    0 },
		{ BLOCK("\"atena_no\":\"1\",\"rireki_no\":1,\"active\":true,\"kinds\":[]"),
		    RECORD_E_UNREADABLE, true, true },
		{ BLOCK("\"atena_no\":\"1\",\"rireki_no\":1,\"active\":true,\"kinds\":[\"inkan\","
			"\"inkan\"]"),
		    RECORD_E_UNREADABLE, true, true },
		{ BLOCK(
		      "\"atena_no\":\"1\",\"rireki_no\":1,\"active\":true,\"kinds\":[\"koseki\"]"),
		    RECORD_E_UNREADABLE, true, true },
		{ BLOCK("\"atena_no\":\"1\",\"rireki_no\":1,\"active\":true,\"kinds\":[1]"),
		    RECORD_E_UNREADABLE, true, true },
		{ BLOCK("\"atena_no\":\"1\",\"setai_no\":\"1\",\"rireki_no\":1,\"active\":true,"
			"\"kinds\":[\"inkan\"]"),
		    RECORD_E_UNREADABLE, true, true },
		{ BLOCK("\"rireki_no\":1,\"active\":true,\"kinds\":[\"inkan\"]"),
		    RECORD_E_UNREADABLE, false, true },
		{ BLOCK("\"atena_no\":\"1\",\"rireki_no\":1,\"active\":1,\"kinds\":[\"inkan\"]"),
		    RECORD_E_UNREADABLE, true, true },
		/* the reason never leaves the city: one that does is not read */
		{ BLOCK("\"atena_no\":\"1\",\"rireki_no\":1,\"active\":true,\"kinds\":[\"inkan\"],"
			"\"riyu\":\"x\""),
		    RECORD_E_UNREADABLE, true, true },
	};
	run_cases(t, N_ELEMENTS(t));
}

static void
a_serial_is_a_number_whatever_its_length(void **state)
{
	(void)state;
	static const struct {
		const char *hex;
		size_t bytes;
		uint8_t first;
	} t[] = {
		{ "2a", 1, 0x2A },
		{ "002a", 1, 0x2A },
		{ "0000", 1, 0 },
		{ "00ff00", 2, 0xFF },
	};
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct arena *a = arena_new(TEST_ARENA_BYTES);
		struct sync_record rec;
		struct sync_unreadable bad;
		json_t *o = NULL;
		const char *json = arena_printf(a,
		    "{\"kind\":\"card\",\"atena_no\":\"1\",\"rireki_no\":1,\"state\":\"active\","
		    "\"issuer\":\"" HEX64 "\",\"serial\":\"%s\"}",
		    t[i].hex);
		assert_int_equal(parse_record(a, json, &rec, &bad, &o), 0);
		assert_int_equal(rec.card.serial_bytes, t[i].bytes);
		assert_int_equal(rec.card.serial[0], t[i].first);
		json_decref(o);
		arena_free(a);
	}
}

/* --- the frame of a batch --- */

static int
parse_batch(const char *json, struct batch *ret)
{
	struct err err = { 0 };
	struct buf packed;
	buf_init(&packed, 64 * 1024 * 1024);
	assert_int_equal(gzip_pack(json, strlen(json), &packed, &err), 0);
	int r = batch_parse(packed.p, packed.bytes, ret, &err);
	buf_done(&packed);
	return r;
}

#define FRAME(muni, epoch, seq, source, records)                                                   \
	"{\"v\":1,\"muni\":\"" muni "\",\"epoch\":" epoch ",\"seq\":" seq ",\"prev\":\"" HEX64     \
	"\",\"source\":\"" source "\",\"register_ms\":5,\"urgent\":false,\"records\":" records "}"

static void
frames_against_the_protocol_are_refused(void **state)
{
	(void)state;
#define S64 "0123456789012345678901234567890123456789012345678901234567890123"
	static const struct {
		const char *json;
		int want;
	} t[] = {
		{ FRAME("991015", "1", "1", "0/1", "[{}]"), 0 },
		{ FRAME("991015", "1000000000000000", "1000000000000000", S64, "[{}]"), 0 },
		{ FRAME("991015", "1000000000000001", "1", "0/1", "[{}]"), FAULT_BAD_INPUT },
		{ FRAME("991015", "1", "1000000000000001", "0/1", "[{}]"), FAULT_BAD_INPUT },
		{ FRAME("991015", "1", "1", S64 "4", "[{}]"), FAULT_BAD_INPUT },
		{ FRAME("991016", "1", "1", "0/1", "[{}]"), FAULT_BAD_INPUT }, /* 検査数字 */
		{ FRAME("991015", "0", "1", "0/1", "[{}]"), FAULT_BAD_INPUT },
		{ FRAME("991015", "1", "0", "0/1", "[{}]"), FAULT_BAD_INPUT },
		{ FRAME("991015", "1", "1.0", "0/1", "[{}]"), FAULT_BAD_INPUT },
		{ FRAME("991015", "1", "1", "", "[{}]"), FAULT_BAD_INPUT },
		{ FRAME("991015", "1", "1", "0/1", "[]"), FAULT_BAD_INPUT },
		{ FRAME("991015", "1", "1", "0/1", "{}"), FAULT_BAD_INPUT },
		{ FRAME("991015", "1", "1", "0/1", "[{}],\"more\":1"), FAULT_BAD_INPUT },
		{ FRAME("991015", "1", "1", "0/1", "[{}],\"seq\":2"), FAULT_BAD_INPUT },
		{ "{\"v\":2}", FAULT_BAD_INPUT },
		{ "[]", FAULT_BAD_INPUT },
		{ "{", FAULT_BAD_INPUT },
	};
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct batch b = { 0 };
		int r = parse_batch(t[i].json, &b);
		if (r != t[i].want)
			print_error("case %zu\n", i);
		assert_int_equal(r, t[i].want);
		batch_done(&b);
	}
}

static void
a_batch_has_at_most_eleven_thousand_records(void **state)
{
	(void)state;
	static const char head[] = FRAME("991015", "1", "1", "0/1", "[");
	for (int more = 0; more <= 1; more++) {
		struct buf b;
		struct batch got = { 0 };
		buf_init(&b, 1024 * 1024);
		buf_put(&b, head, sizeof(head) - 2); /* without its closing brace */
		for (int i = 0; i < SYNC_MAX_RECORDS + more; i++)
			buf_text(&b, i ? ",{}" : "{}");
		buf_text(&b, "]}");
		buf_u8(&b, 0);
		assert_true(buf_ok(&b));
		assert_int_equal(parse_batch((const char *)b.p, &got), more ? FAULT_BAD_INPUT : 0);
		batch_done(&got);
		buf_done(&b);
	}
}

static void
a_body_over_its_limit_is_refused_unread(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct batch got = { 0 };
	static const uint8_t one = 0;
	assert_int_equal(batch_parse(&one, SYNC_BODY_MAX_BYTES + 1, &got, &err), FAULT_BAD_INPUT);
	/* and one that unpacks to more than may be: a bomb of zeros */
	struct buf zeros;
	struct buf packed;
	buf_init(&zeros, SYNC_JSON_MAX_BYTES + 1);
	buf_init(&packed, SYNC_BODY_MAX_BYTES);
	static const uint8_t block[65536];
	while (zeros.bytes + sizeof(block) <= SYNC_JSON_MAX_BYTES)
		buf_put(&zeros, block, sizeof(block));
	buf_u8(&zeros, 0);
	assert_true(buf_ok(&zeros));
	assert_int_equal(gzip_pack(zeros.p, zeros.bytes, &packed, &err), 0);
	assert_int_equal(batch_parse(packed.p, packed.bytes, &got, &err), FAULT_BAD_INPUT);
	buf_done(&zeros);
	buf_done(&packed);
}

static void
beats_against_the_protocol_are_refused(void **state)
{
	(void)state;
#define BEAT(seq, more)                                                                            \
	"{\"v\":1,\"muni\":\"991015\",\"epoch\":7,\"seq\":" seq ",\"hash\":\"" HEX64               \
	"\",\"time_ms\":5" more "}"
	static const struct {
		const char *json;
		int want;
	} t[] = {
		{ BEAT("0", ""), 0 },
		{ BEAT("1000000000000000", ""), 0 },
		{ BEAT("1000000000000001", ""), FAULT_BAD_INPUT },
		{ BEAT("-1", ""), FAULT_BAD_INPUT },
		{ BEAT("1", ",\"x\":1"), FAULT_BAD_INPUT },
		{ "{}", FAULT_BAD_INPUT },
		{ "", FAULT_BAD_INPUT },
	};
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct err err = { 0 };
		struct beat b;
		assert_int_equal(beat_parse(t[i].json, strlen(t[i].json), &b, &err), t[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gzip_gives_back_what_it_took),
		cmocka_unit_test(a_broken_gzip_is_refused),
		cmocka_unit_test(a_resident_is_read_with_all_it_says),
		cmocka_unit_test(residents_against_the_protocol_are_unreadable),
		cmocka_unit_test(seals_are_read_within_8_and_25_millimetres),
		cmocka_unit_test(cards_and_blocks_against_the_protocol_are_unreadable),
		cmocka_unit_test(a_serial_is_a_number_whatever_its_length),
		cmocka_unit_test(frames_against_the_protocol_are_refused),
		cmocka_unit_test(a_batch_has_at_most_eleven_thousand_records),
		cmocka_unit_test(a_body_over_its_limit_is_refused_unread),
		cmocka_unit_test(beats_against_the_protocol_are_refused),
	};
	return cmocka_run_group_tests_name("sync", tests, NULL, NULL);
}
