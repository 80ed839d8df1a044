/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "base/clock.h"
#include "domain/terms.h"

#include <string.h>

#define D "06:30-23:00"
#define SIX D "," D "," D "," D "," D "," D ","

static int64_t
at(int year, int month, int day, int hour, int minute)
{
	return clock_from_japan_ms(
	    (struct civil_time){ .on = { year, month, day }, .hour = hour, .minute = minute });
}

static void
a_week_is_seven_days_and_not_all_closed(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} t[] = {
		{ SIX D, true },
		{ SIX "-", true },
		{ "-,-,-,-,-,-," D, true },
		{ SIX "00:00-24:00", true },
		{ SIX "23:59-24:00", true },
		{ "", false },
		{ D, false },
		{ SIX, false },
		{ SIX D ",", false },
		{ SIX D "," D, false },
		{ "-,-,-,-,-,-,-", false },
		{ SIX "06:30-06:30", false },
		{ SIX "23:00-06:30", false },
		{ SIX "6:30-23:00", false },
		{ SIX "06:30-24:01", false },
		{ SIX "06:30-25:00", false },
		{ SIX "06:60-23:00", false },
		{ SIX "06:30 23:00", false },
		{ SIX "--", false },
		{ SIX " " D, false },
		{ SIX D "x", false },
		{ SIX "０６:３０-２３:００", false },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct terms_week week = { .closed_year_end = true };
		week.days[0].open_minute = 7;
		if (terms_week_parse(t[i].text, &week) != t[i].want)
			fail_msg("row %zu", i);
		assert_true(week.closed_year_end);
		if (!t[i].want) /* untouched */
			assert_int_equal(week.days[0].open_minute, 7);
	}
	assert_int_equal(strlen(SIX D), TERMS_WEEK_CHARS);
}

static void
a_weekday_is_the_one_in_japan(void **state)
{
	(void)state;
	assert_int_equal(terms_weekday(0), 3); /* Thursday, 9 in the morning */
	assert_int_equal(terms_weekday(at(2026, 11, 21, 23, 59)), 5);
	assert_int_equal(terms_weekday(at(2026, 11, 22, 0, 0)), 6);
	assert_int_equal(terms_weekday(at(2026, 11, 23, 0, 0)), 0);
	assert_int_equal(terms_weekday(at(2028, 2, 29, 12, 0)), 1);
}

static void
what_the_city_did_not_set_is_the_profiles(void **state)
{
	const struct terms t = { 0 };
	struct profile p = { 0 };
	(void)state;
	p.kinds[DOC_INKAN] = (struct profile_kind){ .offered = true,
		.fee_yen = 300,
		.hours = { .open_minute = 600, .close_minute = 720 } };
	assert_int_equal(terms_fee_yen(&t, &p, DOC_INKAN), 300);
	assert_false(terms_are_open(&t, &p, DOC_INKAN, at(2026, 11, 21, 9, 59)));
	assert_true(terms_are_open(&t, &p, DOC_INKAN, at(2026, 11, 21, 10, 0)));
	assert_true(terms_are_open(&t, &p, DOC_INKAN, at(2026, 11, 21, 11, 59)));
	assert_false(terms_are_open(&t, &p, DOC_INKAN, at(2026, 11, 21, 12, 0)));
	assert_false(terms_are_open(&t, &p, DOC_JUMINHYO, at(2026, 11, 21, 11, 0)));
}

static void
what_the_city_set_goes_before_the_profile(void **state)
{
	struct terms t = { 0 };
	struct profile p = { 0 };
	struct terms_kind *k = &t.kinds[DOC_KISAI];
	(void)state;
	p.kinds[DOC_KISAI] = (struct profile_kind){
		.offered = true, .fee_yen = 300, .hours = { .close_minute = 1440 }
	};
	k->has_fee = true; /* nothing at all is a fee too */
	assert_int_equal(terms_fee_yen(&t, &p, DOC_KISAI), 0);
	k->has_week = true;
	assert_true(terms_week_parse(SIX "-", &k->week));
	assert_true(terms_are_open(&t, &p, DOC_KISAI, at(2026, 11, 21, 22, 59))); /* Saturday */
	assert_false(terms_are_open(&t, &p, DOC_KISAI, at(2026, 11, 21, 23, 0)));
	for (int hour = 0; hour < 24; hour++) /* Sunday */
		assert_false(terms_are_open(&t, &p, DOC_KISAI, at(2026, 11, 22, hour, 0)));
	struct profile_hours h = terms_hours(&t, &p, DOC_KISAI, at(2026, 11, 22, 9, 0));
	assert_int_equal(h.open_minute, h.close_minute);
	assert_true(terms_are_open(&t, &p, DOC_KISAI, at(2026, 12, 29, 9, 0)));
	k->week.closed_year_end = true; /* 12/29 .. 1/3 */
	assert_true(terms_are_open(&t, &p, DOC_KISAI, at(2026, 12, 28, 22, 59)));
	assert_false(terms_are_open(&t, &p, DOC_KISAI, at(2026, 12, 29, 9, 0)));
	assert_false(terms_are_open(&t, &p, DOC_KISAI, at(2027, 1, 2, 9, 0)));
	assert_true(terms_are_open(&t, &p, DOC_KISAI, at(2027, 1, 4, 9, 0)));
	k->closed = true;
	assert_false(terms_are_open(&t, &p, DOC_KISAI, at(2027, 1, 4, 9, 0)));
	p.kinds[DOC_KISAI].offered = k->closed = false;
	assert_false(terms_are_open(&t, &p, DOC_KISAI, at(2027, 1, 4, 9, 0)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_week_is_seven_days_and_not_all_closed),
		cmocka_unit_test(a_weekday_is_the_one_in_japan),
		cmocka_unit_test(what_the_city_did_not_set_is_the_profiles),
		cmocka_unit_test(what_the_city_set_goes_before_the_profile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
