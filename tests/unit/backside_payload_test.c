/* SPDX-License-Identifier: Apache-2.0 */
/* The record of a page: one encoding, and a table of what is none. */
#include "unit.h"

#include "backside/payload.h"
#include "base/mem.h"

#include <string.h>

enum { ARENA_BYTES = 1 << 20, LIMIT_BYTES = 100000 };

static const uint8_t raster[4] = { 1, 2, 3, 4 };
static const struct payload_field fields[] = {
	{ "name.1", "見本　太郎", { 100, 200, 300, 40 } },
	{ "note", "", { 0, 0, PAYLOAD_SHEET_W, PAYLOAD_SHEET_H } },
};

static struct payload
example(void)
{
	struct payload p = { .page = 2,
		.pages = 3,
		.tie = { 9, 8 },
		.issue_number = "0000-0000-0001",
		.kind = 1,
		.registered_at_ms = 1750000000000,
		.history = 77,
		.subject = { 5 },
		.fields = fields,
		.n_fields = N_ELEMENTS(fields),
		.raster = raster,
		.raster_bytes = sizeof(raster) };
	return p;
}

static int
encode(const struct payload *p, struct buf *b)
{
	struct err err = { 0 };
	buf_init(b, LIMIT_BYTES);
	return payload_encode(p, b, &err);
}

static int
parse(struct arena *a, const void *p, size_t bytes, struct payload *ret)
{
	struct err err = { 0 };
	return payload_parse(a, p, bytes, ret, &err);
}

static void
a_record_comes_back_as_it_was_and_encodes_to_the_same_bytes(void **state)
{
	struct arena *a = arena_new(ARENA_BYTES);
	struct payload p = example(), q = { 0 };
	struct buf b, again;
	(void)state;
	assert_int_equal(encode(&p, &b), 0);
	assert_int_equal(parse(a, b.p, b.bytes, &q), 0);
	assert_int_equal(q.page, 2);
	assert_int_equal(q.pages, 3);
	assert_int_equal(q.kind, 1);
	assert_memory_equal(q.tie, p.tie, sizeof(p.tie));
	assert_memory_equal(q.subject, p.subject, sizeof(p.subject));
	assert_string_equal(q.issue_number, p.issue_number);
	assert_true(q.registered_at_ms == p.registered_at_ms && q.history == p.history);
	assert_int_equal(q.n_fields, 2);
	assert_string_equal(q.fields[0].key, "name.1");
	assert_string_equal(q.fields[0].value, "見本　太郎");
	assert_int_equal(q.fields[0].box.x, 100);
	assert_int_equal(q.fields[0].box.y, 200);
	assert_int_equal(q.fields[0].box.w, 300);
	assert_int_equal(q.fields[0].box.h, 40);
	assert_string_equal(q.fields[1].value, "");
	assert_int_equal(q.raster_bytes, sizeof(raster));
	assert_memory_equal(q.raster, raster, sizeof(raster));
	assert_int_equal(encode(&q, &again), 0);
	assert_int_equal(again.bytes, b.bytes);
	assert_memory_equal(again.p, b.p, b.bytes);
	buf_done(&b);
	buf_done(&again);
	arena_free(a);
}

/* The same place, @n times. */
static struct payload_ground
ground(unsigned n, uint16_t x, uint16_t y, uint16_t w, uint16_t h)
{
	struct payload_ground g = { .on = true, .n_clears = n };
	for (unsigned i = 0; i < PAYLOAD_MAX_CLEARS; i++)
		g.clears[i] = (struct payload_box){ x, y, w, h };
	return g;
}

static void
a_record_tells_of_the_fronts_ground(void **state)
{
	struct arena *a = arena_new(ARENA_BYTES);
	struct payload p = example(), q = { 0 };
	struct buf b, plain, again;
	(void)state;
	assert_int_equal(encode(&p, &plain), 0);
	p.ground = ground(2, 10, 20, 30, 40);
	p.ground.balance = -3;
	assert_int_equal(encode(&p, &b), 0);
	assert_int_equal(b.bytes, plain.bytes + 2 + 2 * 8);
	assert_int_equal(parse(a, b.p, b.bytes, &q), 0);
	assert_true(q.ground.on);
	assert_int_equal(q.ground.balance, -3);
	assert_int_equal(q.ground.n_clears, 2);
	assert_int_equal(q.ground.clears[1].x, 10);
	assert_int_equal(q.ground.clears[1].y, 20);
	assert_int_equal(q.ground.clears[1].w, 30);
	assert_int_equal(q.ground.clears[1].h, 40);
	assert_int_equal(encode(&q, &again), 0);
	assert_int_equal(again.bytes, b.bytes);
	assert_memory_equal(again.p, b.p, b.bytes);
	for (size_t n = plain.bytes; n < b.bytes; n++)
		assert_int_equal(parse(a, b.p, n, &q), FAULT_BAD_INPUT);
	b.p[plain.bytes + 1] = PAYLOAD_MAX_CLEARS + 1;
	assert_int_equal(parse(a, b.p, b.bytes, &q), FAULT_BAD_INPUT);
	buf_done(&b);
	buf_done(&plain);
	buf_done(&again);
	arena_free(a);
}

static char *
text_of(size_t bytes)
{
	char *s = mem_zero(bytes + 1);
	memset(s, 'a', bytes);
	return s;
}

/* What a field of the record is changed to, and what comes of it. */
static void
records_outside_the_rules_are_refused_on_the_way_out(void **state)
{
	struct payload_field f[2];
	struct payload p;
	struct buf b;
	(void)state;
#define WITH(change, want)                                                                         \
	do {                                                                                       \
		p = example();                                                                     \
		memcpy(f, fields, sizeof(f));                                                      \
		p.fields = f;                                                                      \
		change;                                                                            \
		assert_int_equal(encode(&p, &b), want);                                            \
		assert_true((want) == 0 || b.bytes == 0);                                          \
		buf_done(&b);                                                                      \
	} while (0)
	char *key = text_of(PAYLOAD_MAX_KEY_BYTES), *key1 = text_of(PAYLOAD_MAX_KEY_BYTES + 1);
	char *value = text_of(PAYLOAD_MAX_VALUE_BYTES);
	char *value1 = text_of(PAYLOAD_MAX_VALUE_BYTES + 1);
	char *number = text_of(PAYLOAD_MAX_ISSUE_NUMBER_BYTES);
	char *number1 = text_of(PAYLOAD_MAX_ISSUE_NUMBER_BYTES + 1);
	WITH(p.page = 0, FAULT_BAD_INPUT);
	WITH(p.page = 4, FAULT_BAD_INPUT);
	WITH(p.pages = PAYLOAD_MAX_PAGES, 0);
	WITH(p.pages = PAYLOAD_MAX_PAGES + 1, FAULT_BAD_INPUT);
	WITH(p.kind = 0, FAULT_BAD_INPUT);
	WITH(p.kind = PAYLOAD_MAX_KIND, 0);
	WITH(p.kind = PAYLOAD_MAX_KIND + 1, FAULT_BAD_INPUT);
	WITH(p.registered_at_ms = -1, FAULT_BAD_INPUT);
	WITH(p.registered_at_ms = PAYLOAD_MAX_TIME_MS, 0);
	WITH(p.registered_at_ms = PAYLOAD_MAX_TIME_MS + 1, FAULT_BAD_INPUT);
	WITH(p.issue_number = "", FAULT_BAD_INPUT);
	WITH(p.issue_number = NULL, FAULT_BAD_INPUT);
	WITH(p.issue_number = "12 34", FAULT_BAD_INPUT);
	WITH(p.issue_number = number, 0);
	WITH(p.issue_number = number1, FAULT_BAD_INPUT);
	WITH(f[0].key = "", FAULT_BAD_INPUT);
	WITH(f[0].key = "Name", FAULT_BAD_INPUT);
	WITH(f[0].key = key, 0);
	WITH(f[0].key = key1, FAULT_BAD_INPUT);
	WITH(f[0].key = "note", FAULT_BAD_INPUT); /* given twice */
	WITH(f[0].key = NULL, FAULT_BAD_INPUT);
	WITH(f[0].value = value, 0);
	WITH(f[0].value = value1, FAULT_BAD_INPUT);
	WITH(f[0].value = "line\nbreak", FAULT_BAD_INPUT);
	WITH(f[0].value = "\xff", FAULT_BAD_INPUT);
	WITH(f[0].value = NULL, FAULT_BAD_INPUT);
	WITH(f[0].box.w = 0, FAULT_BAD_INPUT);
	WITH(f[0].box.h = 0, FAULT_BAD_INPUT);
	WITH(f[0].box.x = PAYLOAD_SHEET_W - 300, 0);
	WITH(f[0].box.x = PAYLOAD_SHEET_W - 299, FAULT_BAD_INPUT);
	WITH(f[0].box.y = PAYLOAD_SHEET_H - 40, 0);
	WITH(f[0].box.y = PAYLOAD_SHEET_H - 39, FAULT_BAD_INPUT);
	WITH(p.n_fields = 0, 0);
	WITH(p.ground = ground(PAYLOAD_MAX_CLEARS, 10, 20, 2470, 3488), 0);
	WITH(p.ground = ground(PAYLOAD_MAX_CLEARS + 1, 10, 20, 30, 40), FAULT_BAD_INPUT);
	WITH(p.ground = ground(1, 10, 20, 2471, 40), FAULT_BAD_INPUT);
	WITH(p.ground = ground(1, 10, 20, 30, 3489), FAULT_BAD_INPUT);
	WITH(p.ground = ground(1, 10, 20, 0, 40), FAULT_BAD_INPUT);
	WITH((p.ground = ground(1, 10, 20, 30, 40), p.ground.balance = PAYLOAD_MAX_BALANCE), 0);
	WITH((p.ground = ground(1, 10, 20, 30, 40), p.ground.balance = -PAYLOAD_MAX_BALANCE), 0);
	WITH((p.ground = ground(1, 10, 20, 30, 40), p.ground.balance = PAYLOAD_MAX_BALANCE + 1),
	    FAULT_BAD_INPUT);
	WITH((p.ground = ground(1, 10, 20, 30, 40), p.ground.balance = -PAYLOAD_MAX_BALANCE - 1),
	    FAULT_BAD_INPUT);
	WITH(p.ground.balance = 1, FAULT_BAD_INPUT);
	WITH(p.ground.n_clears = 1, FAULT_BAD_INPUT); /* places without a ground */
	WITH(p.raster_bytes = 0, FAULT_BAD_INPUT);
	WITH(p.raster_bytes = PAYLOAD_MAX_RASTER_BYTES + 1, FAULT_BAD_INPUT);
#undef WITH
	mem_free(key);
	mem_free(key1);
	mem_free(value);
	mem_free(value1);
	mem_free(number);
	mem_free(number1);
}

static void
as_many_fields_as_allowed_pass_and_one_more_does_not(void **state)
{
	enum { N = PAYLOAD_MAX_FIELDS + 1 };
	static struct payload_field f[N];
	static char keys[N][8];
	struct payload p = example();
	struct buf b;
	(void)state;
	for (unsigned i = 0; i < N; i++) {
		keys[i][0] = 'k';
		keys[i][1] = (char)('0' + i / 100);
		keys[i][2] = (char)('0' + i / 10 % 10);
		keys[i][3] = (char)('0' + i % 10);
		f[i] = (struct payload_field){ keys[i], "", { 0, 0, 1, 1 } };
	}
	p.fields = f;
	p.n_fields = PAYLOAD_MAX_FIELDS;
	assert_int_equal(encode(&p, &b), 0);
	buf_done(&b);
	p.n_fields = N;
	assert_int_equal(encode(&p, &b), FAULT_BAD_INPUT);
	buf_done(&b);
}

static void
a_record_that_fills_its_limit_passes_and_one_byte_more_does_not(void **state)
{
	struct arena *a = arena_new(ARENA_BYTES);
	uint8_t *big = mem_zero(PAYLOAD_MAX_RASTER_BYTES);
	struct payload p = example(), q = { 0 };
	struct buf b;
	(void)state;
	assert_int_equal(encode(&p, &b), 0);
	size_t spare = PAYLOAD_MAX_BYTES - b.bytes;
	buf_done(&b);
	p.raster = big;
	p.raster_bytes = sizeof(raster) + spare;
	assert_int_equal(encode(&p, &b), 0);
	assert_int_equal(b.bytes, PAYLOAD_MAX_BYTES);
	assert_int_equal(parse(a, b.p, b.bytes, &q), 0);
	buf_done(&b);
	p.raster_bytes++;
	assert_int_equal(encode(&p, &b), PAYLOAD_E_TOO_LARGE);
	buf_done(&b);
	mem_free(big);
	arena_free(a);
}

/* Offsets within the example's encoding. */
enum {
	AT_KIND = 1,
	AT_PAGE = 2,
	AT_PAGES = 3,
	AT_TIME = 36,
	AT_NUMBER_LENGTH = 68,
	AT_NUMBER = 70,
	AT_N_FIELDS = 84,
	AT_KEY_LENGTH = 86,
	AT_KEY = 88,
	AT_BOX = 94,
	AT_VALUE_LENGTH = 102,
	AT_VALUE = 104,
};

static void
bytes_that_are_no_record_are_refused(void **state)
{
	static const struct {
		size_t at;
		uint8_t to;
	} t[] = {
		{ 0, 0 },
		{ 0, 2 }, /* nothing behind the raster */
		{ 0, 3 },
		{ AT_KIND, 0 },
		{ AT_PAGE, 0 },
		{ AT_PAGE, 4 },
		{ AT_PAGES, 1 },
		{ AT_PAGES, PAYLOAD_MAX_PAGES + 1 },
		{ AT_TIME, 0x80 },
		{ AT_TIME, 1 },
		{ AT_NUMBER_LENGTH, 1 },
		{ AT_NUMBER_LENGTH + 1, 0 },
		{ AT_NUMBER, 0 },
		{ AT_NUMBER, ' ' },
		{ AT_NUMBER, 0x80 },
		{ AT_N_FIELDS, 0xff },
		{ AT_N_FIELDS + 1, 1 }, /* the second field is left over */
		{ AT_N_FIELDS + 1, 3 }, /* a third is missing */
		{ AT_KEY_LENGTH, 1 },
		{ AT_KEY_LENGTH + 1, 0 },
		{ AT_KEY, 'N' },
		{ AT_KEY, 0 },
		{ AT_BOX, 0xff },
		{ AT_BOX + 5, 0 }, /* 300 becomes 256, still legal: see below */
		{ AT_VALUE_LENGTH, 0xff },
		{ AT_VALUE, 0xff },
		{ AT_VALUE, 0 },
		{ AT_VALUE, 0x1b },
	};
	struct payload p = example();
	struct buf b;
	(void)state;
	assert_int_equal(encode(&p, &b), 0);
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct arena *a = arena_new(ARENA_BYTES);
		struct payload q = { 0 };
		uint8_t was = b.p[t[i].at];
		b.p[t[i].at] = t[i].to;
		int want = t[i].at == AT_BOX + 5 ? 0 : FAULT_BAD_INPUT;
		assert_int_equal(parse(a, b.p, b.bytes, &q), want);
		b.p[t[i].at] = was;
		arena_free(a);
	}
	for (size_t n = 0; n < b.bytes; n++) {
		struct arena *a = arena_new(ARENA_BYTES);
		struct payload q = { 0 };
		assert_int_equal(parse(a, b.p, n, &q), FAULT_BAD_INPUT);
		assert_null(q.fields);
		arena_free(a);
	}
	buf_u8(&b, 0); /* something after the end */
	struct arena *a = arena_new(ARENA_BYTES);
	struct payload q = { 0 };
	assert_int_equal(parse(a, b.p, b.bytes, &q), FAULT_BAD_INPUT);
	arena_free(a);
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_comes_back_as_it_was_and_encodes_to_the_same_bytes),
		cmocka_unit_test(a_record_tells_of_the_fronts_ground),
		cmocka_unit_test(records_outside_the_rules_are_refused_on_the_way_out),
		cmocka_unit_test(as_many_fields_as_allowed_pass_and_one_more_does_not),
		cmocka_unit_test(a_record_that_fills_its_limit_passes_and_one_byte_more_does_not),
		cmocka_unit_test(bytes_that_are_no_record_are_refused),
	};
	return cmocka_run_group_tests_name("backside-payload", tests, NULL, NULL);
}
