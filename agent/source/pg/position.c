/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/source/pg/pg.h"

#include <stdio.h>
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
pg_position_parse(const char *s, uint64_t *ret)
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

void
pg_position_format(uint64_t lsn, char out[SOURCE_MAX_POSITION_BYTES + 1])
{
	(void)snprintf(out, SOURCE_MAX_POSITION_BYTES + 1, "%X/%X", (unsigned)(lsn >> 32),
	    (unsigned)(lsn & 0xFFFFFFFF));
}
