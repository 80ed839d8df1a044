/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a list of gaiji: what is taken is in order, in private use, and found again. */
#include "server/render/gaiji.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena) struct arena *a = arena_new(4 << 20);
	struct err err = { 0 };
	struct gaiji_list l;
	if (gaiji_list_parse(a, (const char *)data, size, &l, &err) != 0)
		return 0;
	if (l.n == 0 || l.n > GAIJI_MAX)
		abort();
	for (unsigned i = 0; i < l.n; i++) {
		const struct gaiji *g = &l.list[i];
		if (!gaiji_is_private(g->cp) || (i > 0 && l.list[i - 1].cp >= g->cp) ||
		    gaiji_find(&l, g->cp) != g || g->n_substitute > GAIJI_MAX_SUBSTITUTE)
			abort();
		for (unsigned k = 0; k < g->n_substitute; k++)
			if (gaiji_is_private(g->substitute[k]) || g->substitute[k] < 0x20)
				abort();
	}
	return 0;
}
