/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PNG, JPEG, TIFF and PGM as they are uploaded: pages within the limits, or a
 * named refusal; the second time the same. (PDF goes through poppler, in the
 * decoder's own child: tests/hostile.)
 */
#include "center/inquiry/load.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_BYTES = 1 << 30, MAX_FUZZ_PIXELS = 4 << 20 };

/* A header may promise 140 megapixels of one colour: allowed, but no use of this hour. */
static bool
is_large(const uint8_t *p, size_t bytes)
{
	if (load_format_of(p, bytes) != LOAD_PNG || bytes < 24)
		return false;
	uint64_t w = 0, h = 0;
	for (unsigned i = 0; i < 4; i++) {
		w = w << 8 | p[16 + i];
		h = h << 8 | p[20 + i];
	}
	return w <= SCAN_MAX_SIDE && h <= SCAN_MAX_SIDE && w * h > MAX_FUZZ_PIXELS;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct load_pages pages = { .n = 0 };
	uint64_t pixels = 0;
	unsigned sum = 0;
	if (load_format_of(data, size) == LOAD_UNKNOWN || is_large(data, size))
		return 0;
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	int r = load_file(a, data, size, &pages);
	if (r != 0 && r != LOAD_E_NO_PICTURE && r != LOAD_E_TOO_MANY_PIXELS &&
	    r != LOAD_E_TOO_MANY_PAGES)
		abort();
	if (pages.n > LOAD_MAX_PAGES || (r == 0 && pages.n == 0))
		abort();
	for (unsigned i = 0; i < pages.n; i++) {
		const struct scan_image *s = &pages.page[i];
		if (s->w == 0 || s->h == 0 || s->w > SCAN_MAX_SIDE || s->h > SCAN_MAX_SIDE ||
		    s->stride < s->w)
			abort();
		pixels += (uint64_t)s->w * s->h;
		sum += s->p[0] + s->p[(size_t)(s->h - 1) * s->stride + s->w - 1] + 0U;
	}
	if (pixels != pages.pixels || pixels > LOAD_MAX_PIXELS)
		abort();
	return sum > LOAD_MAX_PAGES * 512;
}
