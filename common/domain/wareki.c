/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/wareki.h"

#include <stddef.h>
#include <stdio.h>

/* 元号を改める政令. A new era is one line more. */
static const struct era {
	const char *name;
	struct civil_date from;
} eras[] = {
	{ "令和", { 2019, 5, 1 } },
	{ "平成", { 1989, 1, 8 } },
	{ "昭和", { 1926, 12, 25 } },
	{ "大正", { 1912, 7, 30 } },
	{ "明治", { 1868, 1, 25 } },
};

static bool
is_before(struct civil_date a, struct civil_date b)
{
	if (a.year != b.year)
		return a.year < b.year;
	return a.month != b.month ? a.month < b.month : a.day < b.day;
}

static const char *
wide_number(struct arena *a, int n)
{
	static const char *const digit[] = { "０", "１", "２", "３", "４", "５", "６", "７", "８",
		"９" };
	const char *s = "";
	do {
		s = arena_printf(a, "%s%s", digit[n % 10], s);
		n /= 10;
	} while (n > 0);
	return s;
}

char *
wareki_format(struct arena *a, struct civil_date on)
{
	for (size_t i = 0; i < N_ELEMENTS(eras); i++) {
		if (is_before(on, eras[i].from))
			continue;
		int year = on.year - eras[i].from.year + 1;
		return arena_printf(a, "%s%s年%s月%s日", eras[i].name,
		    year == 1 ? "元" : wide_number(a, year), wide_number(a, on.month),
		    wide_number(a, on.day));
	}
	return NULL;
}
