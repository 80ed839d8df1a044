/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "center/inquiry/answer.h"
#include "center/inquiry/apikey.h"
#include "center/inquiry/limit.h"
#include "center/inquiry/multipart.h"
#include "center/inquiry/words.h"

#include <stdio.h>
#include <string.h>

static void
a_key_is_read_back_and_no_two_are_alike(void **state)
{
	struct apikey a, b, read;
	char text[APIKEY_CHARS + 1], other[APIKEY_CHARS + 1];
	(void)state;
	apikey_make(&a, text);
	apikey_make(&b, other);
	assert_int_equal(strlen(text), APIKEY_CHARS);
	assert_true(apikey_parse(text, &read));
	assert_string_equal(read.id, a.id);
	assert_memory_equal(read.hash, a.hash, sizeof(a.hash));
	assert_true(apikey_is_id(a.id));
	assert_string_not_equal(a.id, b.id);
	assert_memory_not_equal(a.hash, b.hash, sizeof(a.hash));
}

static void
what_is_no_key_is_refused(void **state)
{
#define ID "0123456789ab"
#define SECRET "0123456789abcdef0123456789abcdef01234567"
	static const struct {
		const char *text;
		bool want;
	} t[] = {
		{ "kofu_" ID "_" SECRET, true },
		{ NULL, false },
		{ "", false },
		{ "kofu_" ID "_" SECRET "0", false },
		{ "Kofu_" ID "_" SECRET, false },
		{ "kofu-" ID "_" SECRET, false },
		{ "kofu_" ID "-" SECRET, false },
		{ "kofu_0123456789AB_" SECRET, false },
		{ "kofu_0123456789a__" SECRET, false },
		{ "kofu_" ID "_0123456789abcdef0123456789abcdef0123456g", false },
	};
	struct apikey key;
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		assert_int_equal(apikey_parse(t[i].text, &key), t[i].want);
	assert_false(apikey_is_id("0123456789a"));
	assert_false(apikey_is_id("0123456789aB"));
	assert_false(apikey_is_id("0123456789abc"));
}

/* Takes one by one; returns how many came through. */
static unsigned
take(struct limit *l, const char *name, unsigned per_minute, unsigned tries, int64_t now_ms)
{
	unsigned n = 0;
	unsigned wait_s = 0;
	for (unsigned i = 0; i < tries; i++)
		n += limit_take(l, name, per_minute, 1, now_ms, &wait_s);
	return n;
}

static void
a_bucket_holds_a_minutes_worth_and_fills_evenly(void **state)
{
	struct limit l;
	unsigned wait_s = 0;
	const int64_t t = 1000000;
	(void)state;
	limit_init(&l);
	assert_int_equal(take(&l, "a", 6, 20, t), 6);
	assert_false(limit_take(&l, "a", 6, 1, t, &wait_s));
	assert_int_equal(wait_s, 10);
	assert_int_equal(take(&l, "a", 6, 20, t + 9999), 0);
	assert_int_equal(take(&l, "a", 6, 20, t + 10000), 1);
	assert_int_equal(take(&l, "a", 6, 20, t + 40000), 3);
	assert_int_equal(take(&l, "a", 6, 20, t + 1000000), 6); /* never more than a minute's */
	assert_int_equal(take(&l, "b", 6, 20, t), 6);           /* another name has its own */
	limit_done(&l);
}

static void
a_batch_takes_its_papers_or_all_there_is(void **state)
{
	struct limit l;
	unsigned wait_s = 0;
	const int64_t t = 1000000;
	(void)state;
	limit_init(&l);
	assert_true(limit_take(&l, "a", 10, 4, t, &wait_s));
	assert_false(limit_take(&l, "a", 10, 7, t, &wait_s));
	assert_int_equal(wait_s, 6);
	assert_true(limit_take(&l, "a", 10, 6, t, &wait_s));
	assert_true(limit_take(&l, "b", 10, 64, t, &wait_s)); /* else it could never be asked */
	assert_false(limit_take(&l, "b", 10, 1, t, &wait_s));
	limit_done(&l);
}

static void
more_names_than_slots_forget_the_one_that_is_nearest_to_full(void **state)
{
	struct limit l;
	char name[LIMIT_MAX_NAME];
	unsigned wait_s = 0;
	const int64_t t = 1000000;
	(void)state;
	limit_init(&l);
	assert_int_equal(take(&l, "empty", 2, 2, t), 2);
	for (unsigned i = 0; i < LIMIT_SLOTS - 1; i++) {
		(void)snprintf(name, sizeof(name), "n%u", i);
		assert_true(limit_take(&l, name, 2, 1, t + i, &wait_s));
	}
	assert_true(limit_take(&l, "one more", 2, 1, t + 1000, &wait_s));
	assert_false(limit_take(&l, "empty", 2, 1, t + 1000, &wait_s)); /* it is still known */
	assert_int_equal(take(&l, "n0", 2, 3, t + 1000), 2);            /* that one is not */
	limit_done(&l);
}

static struct check_paper
opened(const char *number, uint8_t tie, unsigned page, unsigned pages)
{
	struct check_paper p = { .reason = CHECK_R_SAME, .opened = true, .front_page = -1 };
	p.record.issue_number = number;
	p.record.tie[0] = tie;
	p.record.page = page;
	p.record.pages = pages;
	return p;
}

/* A seal is no field of the record: what differs in it has a name all the same. */
static void
a_difference_outside_of_all_fields_is_said_in_words(void **state)
{
	const char *said[ANSWER_MAX_ADVICE];
	struct check_paper p = opened("A", 1, 1, 1);
	(void)state;
	assert_int_equal(answer_advice(&p, said), 0);
	p.reason = CHECK_R_FRONT_DIFFERS;
	p.n_differing_windows = 3;
	p.verdict.first = (struct compare_box){ 1900, 3000, 40, 40 };
	assert_int_equal(answer_advice(&p, said), 1);
	assert_non_null(strstr(said[0], "記載項目の外"));
	p.record.ground = (struct payload_ground){
		.on = true, .n_clears = 1, .clears = { { 1800, 2950, 295, 295 } }
	};
	assert_int_equal(answer_advice(&p, said), 1);
	assert_non_null(strstr(said[0], "公印、印影"));
	p.n_differing = 1; /* then the field is named */
	assert_int_equal(answer_advice(&p, said), 0);
}

static void
pages_of_one_certificate_are_counted_together(void **state)
{
	struct answer_set sets[CHECK_MAX_PAPERS];
	struct check_result r = { .n = 6 };
	(void)state;
	r.paper[0] = opened("A", 1, 2, 3);
	r.paper[1] = opened("B", 2, 1, 1);
	r.paper[2] = opened("A", 1, 3, 3);
	r.paper[3] = (struct check_paper){ .reason = CHECK_R_CODE_WRONG };
	r.paper[4] = opened("A", 9, 1, 3); /* another set under the same number */
	r.paper[5] = opened("B", 2, 1, 1);
	assert_int_equal(answer_sets(&r, sets), 3);
	assert_int_equal(sets[0].seen, 6);
	assert_false(sets[0].twice);
	assert_int_equal(sets[1].seen, 1);
	assert_true(sets[1].twice);
	assert_int_equal(sets[2].seen, 1);
	r.paper[0] = opened("A", 1, PAYLOAD_MAX_PAGES, PAYLOAD_MAX_PAGES);
	assert_int_equal(answer_sets(&r, sets), 3);
	assert_true(sets[0].seen >> (PAYLOAD_MAX_PAGES - 1) & 1);
}

static void
advice_names_edges_and_resolution(void **state)
{
	const char *advice[ANSWER_MAX_ADVICE];
	struct check_paper p = opened("A", 1, 1, 1);
	(void)state;
	assert_int_equal(answer_advice(&p, advice), 0);
	p.info.dpi = 200;
	p.info.missing_edges = BACKSIDE_EDGE_TOP | BACKSIDE_EDGE_LEFT;
	p.verdict.missing_edges = BACKSIDE_EDGE_BOTTOM; /* of no front: not to be told */
	assert_int_equal(answer_advice(&p, advice), 2);
	assert_string_equal(advice[0], "うら面の上端が切れています。");
	assert_string_equal(advice[1], "うら面の左端が切れています。");
	p.front_page = 0;
	p.info.dpi = 150;
	p.info.missing_edges = p.verdict.missing_edges = 15;
	p.verdict.dpi = 150;
	p.verdict.n_margin_windows = 1;
	assert_int_equal(answer_advice(&p, advice), 11);
	assert_true(11 <= ANSWER_MAX_ADVICE);
}

static void
a_form_takes_its_limit_of_codes_and_not_one_more(void **state)
{
	static const char part[] =
	    "--XX\r\nContent-Disposition: form-data; name=\"code\"\r\n\r\n1\r\n";
	(void)state;
	for (unsigned n = MULTIPART_MAX_CODES; n <= MULTIPART_MAX_CODES + 1; n++) {
		struct multipart m;
		struct err err = { 0 };
		struct buf b;
		buf_init(&b, 1 << 16);
		for (unsigned i = 0; i < n; i++)
			buf_text(&b, part);
		buf_text(&b, "--XX--");
		assert_int_equal(
		    multipart_parse("multipart/form-data; boundary=XX", b.p, b.bytes, &m, &err),
		    n > MULTIPART_MAX_CODES ? FAULT_BAD_INPUT : 0);
		buf_done(&b);
	}
}

static void
put_page(struct buf *b, unsigned w, unsigned h)
{
	static const uint8_t row[SCAN_MAX_SIDE];
	buf_printf(b, "P5\n%u %u\n255\n", w, h);
	for (unsigned y = 0; y < h; y++)
		buf_put(b, row, w);
}

static void
an_upload_takes_140_megapixels_and_not_one_more(void **state)
{
	enum { ROOM = LOAD_MAX_PIXELS + 1024 };
	AUTO(arena) struct arena *a = arena_new((size_t)1 << 30);
	struct load_pages pages = { .n = 0 };
	struct buf b;
	(void)state;
	buf_init(&b, ROOM);
	put_page(&b, 10000, SCAN_MAX_SIDE);
	put_page(&b, 5000, 4000);
	assert_true(buf_ok(&b));
	assert_int_equal(load_file(a, b.p, b.bytes, &pages), 0);
	assert_int_equal(pages.pixels, LOAD_MAX_PIXELS);
	assert_int_equal(load_file(a, "P5\n1 1\n255\nx", 12, &pages), LOAD_E_TOO_MANY_PIXELS);
	buf_done(&b);
}

static void
fields_have_names_in_words(void **state)
{
	static const struct {
		const char *key, *want;
		bool withheld;
	} t[] = {
		{ "title", "表題", false },
		{ "front_code", "確認符号", true },
		{ "p1.name", "1人目 氏名", false },
		{ "p12.kojin_no", "12人目 個人番号", true },
		{ "p2.jumin_code", "2人目 住民票コード", true },
		{ "kojin_no", "個人番号", true },
		{ "p.name", "p.name", false },
		{ "p1name", "p1name", false },
		{ "of no form", "of no form", false },
		{ "", "", false },
	};
	AUTO(arena) struct arena *a = arena_new(1 << 16);
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		assert_string_equal(words_field(a, t[i].key), t[i].want);
		assert_int_equal(words_is_withheld(t[i].key), t[i].withheld);
	}
	assert_string_equal(words_time(a, INT64_C(1795190400000)), "2026年11月21日 01:00");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_read_back_and_no_two_are_alike),
		cmocka_unit_test(what_is_no_key_is_refused),
		cmocka_unit_test(a_bucket_holds_a_minutes_worth_and_fills_evenly),
		cmocka_unit_test(a_batch_takes_its_papers_or_all_there_is),
		cmocka_unit_test(more_names_than_slots_forget_the_one_that_is_nearest_to_full),
		cmocka_unit_test(a_difference_outside_of_all_fields_is_said_in_words),
		cmocka_unit_test(pages_of_one_certificate_are_counted_together),
		cmocka_unit_test(advice_names_edges_and_resolution),
		cmocka_unit_test(a_form_takes_its_limit_of_codes_and_not_one_more),
		cmocka_unit_test(an_upload_takes_140_megapixels_and_not_one_more),
		cmocka_unit_test(fields_have_names_in_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
