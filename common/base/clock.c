/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { JAPAN_OFFSET_S = 9 * 3600, DAY_S = 86400 };

static int64_t
clock_read_ms(clockid_t id)
{
	struct timespec t = { 0 };
	(void)clock_gettime(id, &t); /* cannot fail for these two clocks */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
clock_now_ms(void)
{
	return clock_read_ms(CLOCK_REALTIME);
}

int64_t
clock_mono_ms(void)
{
	return clock_read_ms(CLOCK_BOOTTIME);
}

/* Days since 1970-01-01 of a Gregorian date; March starts the year, so leap days come last. */
static int64_t
days_from_civil(struct civil_date d)
{
	int64_t y = d.month <= 2 ? d.year - 1 : d.year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + doe - 719468;
}

static struct civil_date
civil_from_days(int64_t z)
{
	z += 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	int month = (int)(mp < 10 ? mp + 3 : mp - 9);
	return (struct civil_date){ .year = (int)(yoe + era * 400 + (month <= 2)),
		.month = month,
		.day = (int)(doy - (153 * mp + 2) / 5 + 1) };
}

struct civil_time
clock_japan(int64_t at_ms)
{
	int64_t s = at_ms / 1000 - (at_ms % 1000 < 0) + JAPAN_OFFSET_S;
	int64_t days = s / DAY_S - (s % DAY_S < 0);
	int64_t left = s - days * DAY_S;
	return (struct civil_time){ .on = civil_from_days(days),
		.hour = (int)(left / 3600),
		.minute = (int)(left / 60 % 60),
		.second = (int)(left % 60) };
}

int64_t
clock_from_japan_ms(struct civil_time t)
{
	int64_t s = days_from_civil(t.on) * DAY_S + t.hour * 3600 + t.minute * 60 + t.second;
	return (s - JAPAN_OFFSET_S) * 1000;
}

void
clock_format_rfc3339(int64_t at_ms, char out[26])
{
	struct civil_time t = clock_japan(at_ms);
	char wide[96]; /* a year past 9999 is cut, never written past the end */
	(void)snprintf(wide, sizeof(wide), "%04d-%02d-%02dT%02d:%02d:%02d+09:00", t.on.year,
	    t.on.month, t.on.day, t.hour, t.minute, t.second);
	memcpy(out, wide, 25);
	out[25] = '\0';
}

static bool
digits(const char *s, int n, int *ret)
{
	int v = 0;
	for (int i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = v * 10 + (s[i] - '0');
	}
	*ret = v;
	return true;
}

static bool
offset_parse(const char *s, int *ret_minutes)
{
	int h = 0;
	int m = 0;
	if (strcmp(s, "Z") == 0) {
		*ret_minutes = 0;
		return true;
	}
	if ((s[0] != '+' && s[0] != '-') || strlen(s) != 6 || s[3] != ':')
		return false;
	if (!digits(s + 1, 2, &h) || !digits(s + 4, 2, &m) || h > 23 || m > 59)
		return false;
	*ret_minutes = (s[0] == '-' ? -1 : 1) * (h * 60 + m);
	return true;
}

bool
clock_parse_rfc3339(const char *s, int64_t *ret_ms)
{
	struct civil_time t = { 0 };
	int offset_minutes = 0;
	if (strnlen(s, 26) < 20 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' ||
	    s[16] != ':')
		return false;
	if (!digits(s, 4, &t.on.year) || !digits(s + 5, 2, &t.on.month) ||
	    !digits(s + 8, 2, &t.on.day) || !digits(s + 11, 2, &t.hour) ||
	    !digits(s + 14, 2, &t.minute) || !digits(s + 17, 2, &t.second))
		return false;
	if (t.on.month < 1 || t.on.month > 12 || t.on.day < 1 || t.hour > 23 || t.minute > 59 ||
	    t.second > 59 || !offset_parse(s + 19, &offset_minutes))
		return false;
	struct civil_date back = civil_from_days(days_from_civil(t.on));
	if (back.day != t.on.day) /* 30 February */
		return false;
	*ret_ms = clock_from_japan_ms(t) + (JAPAN_OFFSET_S - offset_minutes * 60) * 1000LL;
	return true;
}
