/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/room.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
a_fault_keeps_its_origin_and_an_outcome_passes_untouched(void **state)
{
	struct err err = { 0 };
	(void)state;
	int r = err_raise(&err, FAULT_TIMEOUT, "center reply", 7);
	for (int i = 0; i < 2 * ERR_TRAIL_MAX; i++)
		r = err_trace(&err, r, "step");
	assert_int_equal(r, FAULT_TIMEOUT);
	assert_int_equal(err.depth, ERR_TRAIL_MAX);
	assert_string_equal(err.trail[0].what, "center reply");
	assert_int_equal(err.trail[0].number, 7);
	struct err other = { 0 };
	assert_int_equal(err_trace(&other, 101, "step"), 101);
	assert_int_equal(other.depth, 0);
	assert_int_equal(err_fold(&other, 101, "row"), FAULT_INTERNAL);
}

static void
utf8_that_is_not_utf8_is_refused(void **state)
{
	static const struct {
		const char *s;
		long want;
	} t[] = {
		{ "", 0 },
		{ "A", 1 },
		{ "\xF0\xA0\xAE\xB7", 1 },             /* 𠮷 */
		{ "\xE8\x91\x9B\xF3\xA0\x84\x82", 2 }, /* 葛 and its selector */
		{ "\xC0\x80", -1 },                    /* overlong */
		{ "\xE0\x80\x80", -1 },
		{ "\xED\xA0\x80", -1 }, /* surrogate */
		{ "\xF4\x90\x80\x80", -1 },
		{ "\xE8\x91", -1 },
		{ "\x80", -1 },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		assert_int_equal(text_utf8_count(t[i].s, strlen(t[i].s)), t[i].want);
}

static void
every_scalar_value_survives_utf8_both_ways(void **state)
{
	(void)state;
	for (uint32_t cp = 0; cp <= 0x110000; cp++) {
		char out[4];
		size_t n = text_utf8_put(cp, out);
		if ((cp >= 0xD800 && cp <= 0xDFFF) || cp > 0x10FFFF) {
			assert_int_equal(n, 0);
			continue;
		}
		const char *s = out;
		assert_int_equal(text_utf8_next(&s, &n), (int32_t)cp);
		assert_int_equal(n, 0);
	}
}

static void
base64url_has_one_form_per_value(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 16);
	uint8_t b[70];
	size_t n = 0;
	(void)state;
	for (size_t i = 0; i < sizeof(b); i++)
		b[i] = (uint8_t)(i * 37);
	for (size_t len = 0; len <= sizeof(b); len++) {
		char *s = text_b64url_format(a, b, len);
		uint8_t *back = text_b64url_parse(a, s, strlen(s), &n);
		assert_non_null(back);
		assert_int_equal(n, len);
		assert_memory_equal(back, b, len);
	}
	static const char *const bad[] = { "A", "AB=", "A+A", "AA A", "AB", "AAB" };
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		assert_null(text_b64url_parse(a, bad[i], strlen(bad[i]), &n));
}

static void
numbers_stop_at_their_maximum(void **state)
{
	uint64_t v = 0;
	(void)state;
	assert_true(text_u64_parse("10", 2, 10, &v));
	assert_int_equal(v, 10);
	assert_false(text_u64_parse("11", 2, 10, &v));
	assert_false(text_u64_parse("01", 2, 10, &v));
	assert_false(text_u64_parse("", 0, 10, &v));
	assert_false(text_u64_parse("-1", 2, 10, &v));
	assert_true(text_u64_parse("18446744073709551615", 20, UINT64_MAX, &v));
	assert_false(text_u64_parse("18446744073709551616", 20, UINT64_MAX, &v));
}

static void
a_reader_past_its_end_stays_failed(void **state)
{
	struct rd r = rd_init("\x00\x05"
			      "abc",
	    5);
	size_t n = 9;
	(void)state;
	assert_null(rd_field16(&r, &n));
	assert_int_equal(n, 0);
	assert_false(rd_ok(&r));
	assert_int_equal(rd_u8(&r), 0);
	assert_false(rd_done(&r));
}

static void
a_buffer_takes_its_limit_and_not_one_byte_more(void **state)
{
	struct buf b;
	(void)state;
	buf_init(&b, 4);
	buf_put(&b, "abcd", 4);
	assert_true(buf_ok(&b));
	buf_u8(&b, 1);
	assert_false(buf_ok(&b));
	assert_int_equal(b.bytes, 0);
	buf_done(&b);
}

static void
times_are_written_in_japan_and_read_anywhere(void **state)
{
	char s[26];
	int64_t ms = 0;
	(void)state;
	clock_format_rfc3339(1795190400000, s);
	assert_string_equal(s, "2026-11-21T01:00:00+09:00");
	assert_true(clock_parse_rfc3339(s, &ms));
	assert_int_equal(ms, 1795190400000);
	assert_true(clock_parse_rfc3339("2026-11-20T16:00:00Z", &ms));
	assert_int_equal(ms, 1795190400000);
	assert_false(clock_parse_rfc3339("2026-02-30T00:00:00Z", &ms));
	assert_false(clock_parse_rfc3339("2026-02-20T24:00:00Z", &ms));
	assert_false(clock_parse_rfc3339("2026-02-20 00:00:00Z", &ms));
	struct civil_time t = clock_japan(-1);
	assert_int_equal(t.on.year, 1970);
	assert_int_equal(t.hour, 8);
}

static void
a_file_over_its_limit_is_refused(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 16);
	struct err err = { 0 };
	char path[] = "/tmp/kofu-base-test-XXXXXX";
	uint8_t *p = NULL;
	size_t n = 0;
	(void)state;
	fd_close(mkstemp(path));
	assert_int_equal(file_write_atomic(path, "12345", 5, 0600, &err), 0);
	assert_int_equal(file_read(a, path, 5, &p, &n, &err), 0);
	assert_string_equal((char *)p, "12345");
	assert_int_equal(file_read(a, path, 4, &p, &n, &err), FAULT_BAD_INPUT);
	(void)unlink(path);
	assert_int_equal(file_read(a, path, 5, &p, &n, &err), FILE_E_NONE_FOUND);
}

static void
a_log_line_holds_names_and_numbers_only(void **state)
{
	int ends[2];
	char line[512] = { 0 };
	(void)state;
	assert_int_equal(pipe(ends), 0);
	log_fd = ends[1];
	LOG(LOG_LVL_NOTICE, "issue.checked", LOG_F("txn", (struct txn_id){ 0x5afe }),
	    LOG_F("muni", (struct muni_code){ "991015" }), LOG_F("outcome", 3),
	    LOG_LIT("kind", "inkan"));
	log_fd = STDERR_FILENO;
	assert_true(read(ends[0], line, sizeof(line) - 1) > 0);
	assert_string_equal(line,
	    "<5>event=issue.checked txn=0000000000005afe muni=991015 "
	    "outcome=3 kind=inkan\n");
	fd_close(ends[0]);
	fd_close(ends[1]);
}

static void
a_bar_tells_how_far_how_fast_and_how_long(void **state)
{
	(void)state;
	char line[PROGRESS_LINE_BYTES];
	struct progress p = { .all = 1000 };
	progress_format(&p, 250, 5000, line);
	assert_string_equal(line, "[######------------------]  25 %  250 of 1000  50/s  15 s left");
	progress_format(&p, 0, 0, line);
	assert_string_equal(line, "[------------------------]   0 %  0 of 1000  0/s");
	p.first = 200; /* done before: no part of the rate */
	progress_format(&p, 250, 5000, line);
	assert_string_equal(line, "[######------------------]  25 %  250 of 1000  10/s  75 s left");
	progress_format(&p, 1200, 10000, line); /* more than was thought */
	assert_string_equal(line, "1200  100/s");
}

static bool
is_within(const void *p, const uint8_t *room, size_t bytes)
{
	return (const uint8_t *)p >= room && (const uint8_t *)p < room + bytes;
}

static void
memory_comes_from_the_given_room_until_that_is_full(void **state)
{
	static _Alignas(16) uint8_t room[1000];
	static const uint8_t none[500];
	(void)state;
	uint8_t *before = mem_zero(10);
	mem_use_room(room, sizeof(room)); /* 992: whole units of 16 */
	uint8_t *a = mem_zero(1);
	uint8_t *b = mem_grow(mem_raw(3), 3, 100);
	uint8_t *rest = mem_raw(992 - 16 - 16 - 112);
	uint8_t *out = mem_zero(1);
	bool in = is_within(a, room, 1000) && is_within(b, room, 1000) &&
	    is_within(rest, room, 992) && (uintptr_t)b % 16 == 0;
	bool apart = b >= a + 16 && rest >= b + 100;
	bool outside = !is_within(out, room, 1000) && !is_within(before, room, 1000);
	memset(a, 1, 1);
	mem_free(a);
	uint8_t *big = mem_zero(500);
	bool zero = memcmp(big, none, 500) == 0 && !is_within(big, room, 1000);
	mem_free(big);
	mem_free(b);
	mem_free(before);
	mem_free(out);
	mem_free(NULL);
	mem_use_room(NULL, 0); /* for the tests behind this one */
	assert_true(in);
	assert_true(apart);
	assert_true(outside);
	assert_true(zero);
	assert_int_equal(room[0], 1); /* nothing comes back */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bar_tells_how_far_how_fast_and_how_long),
		cmocka_unit_test(a_fault_keeps_its_origin_and_an_outcome_passes_untouched),
		cmocka_unit_test(utf8_that_is_not_utf8_is_refused),
		cmocka_unit_test(every_scalar_value_survives_utf8_both_ways),
		cmocka_unit_test(base64url_has_one_form_per_value),
		cmocka_unit_test(numbers_stop_at_their_maximum),
		cmocka_unit_test(a_reader_past_its_end_stays_failed),
		cmocka_unit_test(a_buffer_takes_its_limit_and_not_one_byte_more),
		cmocka_unit_test(times_are_written_in_japan_and_read_anywhere),
		cmocka_unit_test(a_file_over_its_limit_is_refused),
		cmocka_unit_test(a_log_line_holds_names_and_numbers_only),
		cmocka_unit_test(memory_comes_from_the_given_room_until_that_is_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
