/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/terms.h"

#include <string.h>

enum { DAY_MS = 86400000, JAPAN_MS = 9 * 3600000, EPOCH_WEEKDAY = 3 /* 1970-01-01: Thursday */ };

/* "06:30-23:00" or "-"; @bytes of it. */
static bool
day_parse(const char *text, size_t bytes, struct profile_hours *ret)
{
	char open[6] = "", close[6] = "";
	*ret = (struct profile_hours){ 0 };
	if (bytes == 1 && text[0] == '-')
		return true;
	if (bytes != 11 || text[5] != '-')
		return false;
	memcpy(open, text, 5);
	memcpy(close, text + 6, 5);
	return profile_hours_parse(open, close, ret);
}

bool
terms_week_parse(const char *text, struct terms_week *ret)
{
	struct terms_week week = { .closed_year_end = ret->closed_year_end };
	bool any = false;
	for (unsigned i = 0; i < TERMS_DAYS; i++) {
		struct profile_hours h;
		size_t n = strcspn(text, ",");
		if (!day_parse(text, n, &h) || (text[n] == ',') != (i + 1 < TERMS_DAYS))
			return false;
		week.days[i].open_minute = h.open_minute;
		week.days[i].close_minute = h.close_minute;
		any = any || h.open_minute < h.close_minute;
		text += n + 1; /* behind the last one nothing is read */
	}
	if (any)
		*ret = week;
	return any;
}

int
terms_weekday(int64_t at_ms)
{
	return (int)(((at_ms + JAPAN_MS) / DAY_MS + EPOCH_WEEKDAY) % TERMS_DAYS);
}

struct profile_hours
terms_hours(const struct terms *t, const struct profile *p, enum doc_kind kind, int64_t now_ms)
{
	const struct terms_kind *k = &t->kinds[kind];
	int day = terms_weekday(now_ms);
	if (!k->has_week)
		return p->kinds[kind].hours;
	return (struct profile_hours){ .open_minute = k->week.days[day].open_minute,
		.close_minute = k->week.days[day].close_minute,
		.closed_year_end = k->week.closed_year_end };
}

bool
terms_are_open(const struct terms *t, const struct profile *p, enum doc_kind kind, int64_t now_ms)
{
	struct profile_hours h = terms_hours(t, p, kind, now_ms);
	return p->kinds[kind].offered && !t->kinds[kind].closed &&
	    profile_hours_are_open(&h, now_ms);
}

unsigned
terms_fee_yen(const struct terms *t, const struct profile *p, enum doc_kind kind)
{
	const struct terms_kind *k = &t->kinds[kind];
	return k->has_fee ? k->fee_yen : p->kinds[kind].fee_yen;
}
