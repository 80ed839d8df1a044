/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "domain/order.h"
#include "domain/muni.h"
#include "domain/resident.h"
#include "domain/wareki.h"

#include <string.h>

static void
only_codes_with_their_check_digit_are_municipalities(void **state)
{
	static const char *const good[] = { "401005", "131016", "141003", "131211", "141305",
		"362018", "151009", "111007", "431001", "402206", "372013", "011002", "142051",
		"131041", "991015", "991023" };
	static const char *const bad[] = { "401006", "40100", "4010055", "40100x", "",
		"９９１０１５" };
	struct muni_code m = { "" };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(good); i++)
		assert_true(muni_parse(good[i], strlen(good[i]), &m));
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		assert_false(muni_parse(bad[i], strlen(bad[i]), &m));
	assert_string_equal(m.s, "991023"); /* untouched by the refusals */
}

static void
eras_change_on_their_day(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 16);
	static const struct {
		struct civil_date on;
		const char *want;
	} t[] = {
		{ { 2026, 11, 21 }, "令和８年１１月２１日" },
		{ { 2019, 5, 1 }, "令和元年５月１日" },
		{ { 2019, 4, 30 }, "平成３１年４月３０日" },
		{ { 1989, 1, 8 }, "平成元年１月８日" },
		{ { 1989, 1, 7 }, "昭和６４年１月７日" },
		{ { 1926, 12, 24 }, "大正１５年１２月２４日" },
		{ { 1912, 7, 29 }, "明治４５年７月２９日" },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		assert_string_equal(wareki_format(a, t[i].on), t[i].want);
	assert_null(wareki_format(a, (struct civil_date){ 1868, 1, 24 }));
}

static struct resident
sample_resident(void)
{
	return (struct resident){ .muni = { "991015" },
		.rireki_no = 1,
		.state = RESIDENT_REGISTERED,
		.class_ = RESIDENT_JAPANESE,
		.narabi = 1,
		.atena_no = "1000000000",
		.setai_no = "2000000000",
		.name = "見本\xE3\x80\x80太郎",
		.birth = "昭和５３年４月１日",
		.honseki = "架空県架空市見本町一丁目１番地",
		.hittosha = "見本\xE3\x80\x80太郎",
		.jumin_since = "平成２年４月１日",
		.address = "架空県架空市見本町一丁目１番１号",
		.jumin_code = "12345678901" };
}

static void
a_row_comes_back_as_it_was_stored(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct resident r = sample_resident();
	struct resident back;
	struct err err = { 0 };
	struct buf b;
	(void)state;
	r.name = "\xF0\xA0\xAE\xB7田\xE3\x80\x80\xE8\x91\x9B\xF3\xA0\x84\x82"; /* 𠮷田 葛󠄂 */
	assert_int_equal(resident_check(&r, &err), 0);
	buf_init(&b, RESIDENT_MAX_BYTES);
	resident_encode(&r, &b);
	assert_int_equal(resident_decode(a, b.p, b.bytes, &back, &err), 0);
	for (unsigned i = 0; i < RESIDENT_ITEM_MAX; i++) {
		assert_true((r.item[i] == NULL) == (back.item[i] == NULL));
		if (r.item[i] != NULL)
			assert_string_equal(r.item[i], back.item[i]);
	}
	for (size_t cut = 0; cut < b.bytes; cut++)
		assert_int_equal(resident_decode(a, b.p, cut, &back, &err), FAULT_BAD_INPUT);
	buf_u8(&b, 0);
	assert_int_equal(resident_decode(a, b.p, b.bytes, &back, &err), FAULT_BAD_INPUT);
	buf_done(&b);
}

static char *
repeated(struct arena *a, const char *s, size_t n)
{
	struct buf b;
	buf_init(&b, 1 << 16);
	for (size_t i = 0; i < n; i++)
		buf_text(&b, s);
	char *t = arena_strndup(a, (char *)b.p, b.bytes);
	buf_done(&b);
	return t;
}

static void
rows_against_the_rules_are_refused(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct err err = { 0 };
	struct resident r = sample_resident();
	(void)state;
	r.name = repeated(a, "あ", 100);
	assert_int_equal(resident_check(&r, &err), 0);
	r.name = repeated(a, "あ", 101);
	assert_int_equal(resident_check(&r, &err), FAULT_BAD_INPUT);
	assert_int_equal(err.trail[0].number, RESIDENT_ITEM_name);
	r = sample_resident();
	r.name = "見本\n太郎";
	assert_int_equal(resident_check(&r, &err), FAULT_BAD_INPUT);
	r = sample_resident();
	r.address = NULL;
	assert_int_equal(resident_check(&r, &err), FAULT_BAD_INPUT);
	assert_int_equal(err.trail[0].number, RESIDENT_ITEM_address);
	r = sample_resident();
	r.class_ = RESIDENT_FOREIGN;
	assert_int_equal(resident_check(&r, &err), FAULT_BAD_INPUT);
	r = sample_resident();
	r.rireki_no = 0;
	assert_int_equal(resident_check(&r, &err), FAULT_BAD_INPUT);
}

static void
a_seal_must_fit_between_8_and_25_mm(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct err err = { 0 };
	struct seal_row s = { .muni = { "991015" },
		.atena_no = "1000000000",
		.rireki_no = 1,
		.state = SEAL_REGISTERED,
		.touroku_no = "100001",
		.touroku_on = "令和２年４月１日",
		.width_px = SEAL_MIN_PX,
		.height_px = SEAL_MAX_PX };
	struct seal_row back;
	struct buf b;
	(void)state;
	s.bits = arena_zero(a, seal_bits_bytes(&s) + 600);
	assert_int_equal(seal_row_check(&s, &err), 0);
	buf_init(&b, SEAL_ROW_MAX_BYTES);
	seal_row_encode(&s, &b);
	assert_int_equal(seal_row_decode(a, b.p, b.bytes, &back, &err), 0);
	assert_int_equal(seal_row_decode(a, b.p, b.bytes - 1, &back, &err), FAULT_BAD_INPUT);
	buf_done(&b);
	s.width_px = SEAL_MIN_PX - 1;
	assert_int_equal(seal_row_check(&s, &err), FAULT_BAD_INPUT);
	s.width_px = SEAL_MIN_PX;
	s.height_px = SEAL_MAX_PX + 1;
	assert_int_equal(seal_row_check(&s, &err), FAULT_BAD_INPUT);
}

static void
every_item_is_found_by_its_name(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= RESIDENT_ITEM_MAX; i++)
		assert_int_equal(resident_item_find(resident_item_info(i)->name), i);
	assert_int_equal(resident_item_find("nothing"), 0);
	assert_null(resident_item_info(0));
	assert_null(resident_item_info(RESIDENT_ITEM_MAX + 1));
}

static void
a_kind_has_a_name_and_a_title_and_records_have_scope(void **state)
{
	(void)state;
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++) {
		assert_int_equal(doc_kind_find(doc_kind_name((enum doc_kind)k)), k);
		assert_non_null(doc_kind_title((enum doc_kind)k));
	}
	assert_null(doc_kind_name((enum doc_kind)(DOC_KIND_MAX + 1)));
	assert_null(doc_kind_title((enum doc_kind)(DOC_KIND_MAX + 1)));
	assert_null(doc_kind_title((enum doc_kind)0));
	assert_string_equal(doc_kind_title(DOC_KISAI), "住民票記載事項証明書");
	assert_true(doc_kind_is_record(DOC_JUMINHYO) && doc_kind_is_record(DOC_KISAI));
	assert_false(doc_kind_is_record(DOC_INKAN));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kind_has_a_name_and_a_title_and_records_have_scope),
		cmocka_unit_test(only_codes_with_their_check_digit_are_municipalities),
		cmocka_unit_test(eras_change_on_their_day),
		cmocka_unit_test(a_row_comes_back_as_it_was_stored),
		cmocka_unit_test(rows_against_the_rules_are_refused),
		cmocka_unit_test(a_seal_must_fit_between_8_and_25_mm),
		cmocka_unit_test(every_item_is_found_by_its_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
