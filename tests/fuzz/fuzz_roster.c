/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the staff's roster: who is read has an id of ours, once, and is found. */
#include "server/console/roster_file.h"
#include "server/console/staff.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena) struct arena *a = arena_new(8 << 20);
	struct roster r = { .n = 0 };
	unsigned line = 0;
	char *text = arena_strndup(a, (const char *)data, size);
	int e = roster_parse(a, text, &r, &line);
	if (e != 0) {
		if (e < ROSTER_E_EMPTY || e > ROSTER_E_QUOTE || r.n != 0)
			abort();
		return 0;
	}
	if (r.n == 0 || r.n > ROSTER_MAX_LINES || line != 0)
		abort();
	for (unsigned i = 0; i < r.n; i++)
		if (!staff_id_ok(r.ids[i]) || strstr(text, r.ids[i]) == NULL ||
		    !roster_has(&r, r.ids[i]) || (i > 0 && strcmp(r.ids[i - 1], r.ids[i]) >= 0))
			abort();
	return 0;
}
