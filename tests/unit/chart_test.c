/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "server/console/chart.h"

#include <stdio.h>
#include <string.h>

static void
an_axis_ends_at_a_round_number_that_holds_all(void **state)
{
	static const struct {
		int64_t most, want;
	} t[] = { { 0, 5 }, { 1, 5 }, { 5, 5 }, { 6, 10 }, { 10, 10 }, { 11, 20 }, { 20, 20 },
		{ 21, 50 }, { 51, 100 }, { 1001, 2000 }, { 4999999, 5000000 } };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		assert_int_equal(chart_axis_end(t[i].most), t[i].want);
}

static unsigned
count(const char *text, const char *what)
{
	unsigned n = 0;
	for (const char *s = text; (s = strstr(s, what)) != NULL; s++)
		n++;
	return n;
}

/* The chart as text; static, until the next. */
static const char *
drawn(const struct chart *c)
{
	static char text[CHART_BYTES + 1];
	struct buf b;
	buf_init(&b, CHART_BYTES);
	chart_draw(c, &b);
	assert_true(buf_ok(&b));
	memcpy(text, b.p, b.bytes);
	text[b.bytes] = '\0';
	buf_done(&b);
	return text;
}

static void
each_number_is_a_bar_on_the_one_below(void **state)
{
	static const int64_t one[] = { 4, 0 }, two[] = { 6, 3 };
	static const char *const labels[] = { "11/1", "<b>&\"" };
	const struct chart_series series[] = { { "a", "#111111", one }, { "b", "#222222", two } };
	const struct chart c = {
		.title = "<title>", .labels = labels, .n_bars = 2, .series = series, .n_series = 2
	};
	(void)state;
	const char *s = drawn(&c);
	/* The axis ends at 10 over 240 units: four are 96, on them six are 144. */
	assert_non_null(strstr(s, "y=\"204.0\" width=\"349.6\" height=\"96.0\" fill=\"#111111\""));
	assert_non_null(strstr(s, "y=\"60.0\" width=\"349.6\" height=\"144.0\" fill=\"#222222\""));
	assert_non_null(strstr(s, "height=\"72.0\" fill=\"#222222\""));
	assert_int_equal(
	    count(s, "fill=\"#111111\""), 2); /* one bar and the legend: nothing for 0 */
	assert_non_null(strstr(s, "&lt;title>"));
	assert_non_null(strstr(s, ">&lt;b>&amp;&quot;<"));
	assert_null(strstr(s, "<b>"));
	assert_int_equal(count(s, "<svg"), count(s, "</svg>"));
	assert_int_equal(count(s, "<text"), count(s, "</text>"));
}

static void
the_largest_chart_fits_and_stays_readable(void **state)
{
	static int64_t values[CHART_MAX_BARS];
	static const char *labels[CHART_MAX_BARS];
	struct chart_series series[CHART_MAX_SERIES];
	(void)state;
	for (unsigned i = 0; i < CHART_MAX_BARS; i++) {
		values[i] = 1000000000000;
		labels[i] = "2026/11";
	}
	for (unsigned s = 0; s < CHART_MAX_SERIES; s++)
		series[s] = (struct chart_series){ "x", "#000000", values };
	const struct chart c = { "t", labels, CHART_MAX_BARS, series, CHART_MAX_SERIES };
	const char *s = drawn(&c);
	assert_int_equal(
	    count(s, "<rect"), CHART_MAX_BARS * CHART_MAX_SERIES + CHART_MAX_SERIES + 1);
	assert_true(count(s, ">2026/11<") <= 16);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_axis_ends_at_a_round_number_that_holds_all),
		cmocka_unit_test(each_number_is_a_bar_on_the_one_below),
		cmocka_unit_test(the_largest_chart_fits_and_stays_readable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
