/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/source/pg/pg.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Upper-case hex without leading zeros, 1..8 digits. */
static bool
half_parse(const char *s, size_t bytes, uint64_t *ret)
{
	uint64_t v = 0;
	if (bytes == 0 || bytes > 8 || (s[0] == '0' && bytes > 1))
		return false;
	for (size_t i = 0; i < bytes; i++) {
		bool digit = s[i] >= '0' && s[i] <= '9';
		if (!digit && (s[i] < 'A' || s[i] > 'F'))
			return false;
		v = v << 4 | (uint64_t)(digit ? s[i] - '0' : s[i] - 'A' + 10);
	}
	*ret = v;
	return true;
}

bool
pg_lsn_parse(const char *s, uint64_t *ret)
{
	uint64_t high = 0;
	uint64_t low = 0;
	const char *slash = strchr(s, '/');
	if (slash == NULL || !half_parse(s, (size_t)(slash - s), &high) ||
	    !half_parse(slash + 1, strlen(slash + 1), &low))
		return false;
	*ret = high << 32 | low;
	return true;
}

bool
pg_position_parse(const char *s, struct pg_position *ret)
{
	struct pg_position p = { 0 };
	size_t digits = strspn(s, "0123456789");
	if (s[digits] == ':') {
		if (digits == 0 || digits > 15 || s[0] == '0')
			return false;
		p.load = strtoull(s, NULL, 10);
		s += digits + 1;
	}
	if (!pg_lsn_parse(s, &p.lsn))
		return false;
	*ret = p;
	return true;
}

void
pg_position_format(struct pg_position p, char out[SOURCE_MAX_POSITION_BYTES + 1])
{
	int n = 0;
	if (p.load != 0)
		n = snprintf(out, SOURCE_MAX_POSITION_BYTES + 1, "%" PRIu64 ":", p.load);
	(void)snprintf(out + n, SOURCE_MAX_POSITION_BYTES + 1 - (size_t)n, "%X/%X",
	    (unsigned)(p.lsn >> 32), (unsigned)(p.lsn & 0xFFFFFFFF));
}

void
pg_slot_name(const char *base, uint64_t load, char out[PG_SLOT_MAX + 1])
{
	if (load == 0)
		(void)snprintf(out, PG_SLOT_MAX + 1, "%s", base);
	else
		(void)snprintf(out, PG_SLOT_MAX + 1, "%s_load_%" PRIu64, base, load);
}
