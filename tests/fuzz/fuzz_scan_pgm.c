/* SPDX-License-Identifier: Apache-2.0 */
/* PGM as pdftoppm writes it: pages within the limits, or a named refusal. */
#include "center/inquiry/load.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct load_pages pages = { .n = 0 };
	unsigned sum = 0;
	if (load_format_of(data, size) != LOAD_PGM)
		return 0; /* the other formats are Leptonica's */
	AUTO(arena) struct arena *a = arena_new(1 << 26);
	int r = load_file(a, data, size, &pages);
	if (r != 0 && r != LOAD_E_NO_PICTURE && r != LOAD_E_TOO_MANY_PIXELS &&
	    r != LOAD_E_TOO_MANY_PAGES)
		abort();
	if (pages.n > LOAD_MAX_PAGES || pages.pixels > size)
		abort();
	for (unsigned i = 0; i < pages.n; i++) {
		const struct scan_image *s = &pages.page[i];
		if (s->w == 0 || s->h == 0 || s->w > SCAN_MAX_SIDE || s->h > SCAN_MAX_SIDE)
			abort();
		sum += s->p[0] + s->p[(size_t)(s->h - 1) * s->stride + s->w - 1] + 0U;
	}
	return sum > LOAD_MAX_PAGES * 512;
}
