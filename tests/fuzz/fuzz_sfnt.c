/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a font: what opens can be searched, copied into a subset and read again. */
#include "base/arena.h"
#include "server/render/sfnt.h"
#include "server/render/subset.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_subset(struct arena *a, struct subset *s)
{
	struct err err = { 0 };
	struct subset_font out;
	if (s->n < 2 || subset_write(a, s, &out, &err) != 0)
		return;
	if (out.bytes < 12 || out.p[0] != 0 || out.p[1] != 1)
		abort(); /* a font was written that is none */
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t cps[] = { 0x20, 'A', 0x845B, 0xE000, 0xE001, 0x20BB7, 0x10FFFF };
	struct err err = { 0 };
	struct sfnt f;
	if (size > 65536 || sfnt_open(data, size, &f, &err) != 0)
		return 0;
	struct arena *a = arena_new(16 << 20);
	struct subset *s = subset_new(a);
	for (size_t i = 0; i < N_ELEMENTS(cps); i++) {
		uint32_t gid = sfnt_find_glyph(&f, cps[i]);
		uint32_t variant = sfnt_find_variant(&f, cps[i], 0xE0102);
		if (gid >= f.n_glyphs || variant >= f.n_glyphs)
			abort();
		(void)sfnt_left_bearing(&f, gid);
		const uint16_t text = (uint16_t)(i + 1);
		(void)subset_add(s, &f, gid, &text, 1);
		(void)subset_add(s, &f, variant, &text, 1);
	}
	check_subset(a, s);
	arena_free(a);
	return 0;
}
