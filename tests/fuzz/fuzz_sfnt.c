/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a font: what opens can be searched by both its maps and its
 * sequences, its glyphs (composites too) copied into a subset, and the subset
 * reads back with the outlines it was given. Two fonts of one file are merged
 * as a certificate merges IPAmj and a gaiji font.
 */
#include "base/arena.h"
#include "server/render/gaiji.h"
#include "server/render/sfnt.h"
#include "server/render/subset.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_GLYPHS = 8, MAX_WALK = 1000, ARENA_BYTES = 32 << 20 };

/* What was written is a font again: as many glyphs, the same ink and widths. */
static void
check_subset(struct arena *a, struct subset *s)
{
	struct err err = { 0 };
	struct subset_font out;
	struct sfnt again;
	if (s->n < 2 || subset_write(a, s, &out, &err) != 0)
		return;
	if (sfnt_open_bare(out.p, out.bytes, &again, &err) != 0 || again.n_glyphs != s->n)
		abort();
	for (unsigned i = 1; i < s->n; i++) {
		const struct subset_slot *slot = &s->slots[i];
		struct sfnt_outline was, is;
		if (sfnt_outline(slot->font, slot->gid, &was, &err) != 0 ||
		    sfnt_outline(&again, i, &is, &err) != 0)
			abort(); /* it was copied, so it can be read */
		if (was.bytes != 0 &&
		    (was.composite != is.composite || was.n_points != is.n_points ||
			was.n_contours != is.n_contours || is.hints_bytes != 0))
			abort();
		if (sfnt_advance(&again, i) != sfnt_advance(slot->font, slot->gid) ||
		    sfnt_left_bearing(&again, i) != sfnt_left_bearing(slot->font, slot->gid))
			abort();
		if (subset_check_glyph(slot->font, slot->gid, &err) == 0 &&
		    subset_check_glyph(&again, i, &err) != 0)
			abort();
	}
}

/* One character by every way there is to it. */
static void
take(struct subset *s, const struct sfnt *f, uint32_t cp, uint16_t text)
{
	static const uint32_t selectors[] = { 0xFE00, 0xE0100, 0xE0102, 0xE0103, 0xE01EF };
	uint32_t gid = sfnt_find_glyph(f, cp);
	if (gid >= f->n_glyphs)
		abort();
	(void)sfnt_has_ink(f, gid);
	(void)subset_add(s, f, gid, &text, 1);
	for (size_t i = 0; i < N_ELEMENTS(selectors); i++) {
		uint32_t variant = sfnt_find_variant(f, cp, selectors[i]);
		if (variant >= f->n_glyphs)
			abort();
		if (variant != 0)
			(void)subset_add(s, f, variant, &text, 1);
	}
}

static void
check_gaiji(struct arena *a, const struct sfnt *f)
{
	static const char list[] = "code,mj,substitute,reading\nU+E000,,,\nU+E001,,,\n";
	struct gaiji_list l;
	struct err err = { 0 };
	if (gaiji_list_parse(a, list, sizeof(list) - 1, &l, &err) != 0)
		abort();
	if (gaiji_check(&l, f, &err) == 0 &&
	    (sfnt_find_glyph(f, 0xE000) == 0 || sfnt_find_glyph(f, 0xE002) != 0))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t cps[] = { 0, 0x20, 'A', 0x3042, 0x845B, 0xE000, 0xE001, 0xF8FF,
		0xFFFF, 0x10000, 0x20BB7, 0x2E7BD, 0xF0000, 0x10FFFF, 0xFFFFFFFF };
	struct err err = { 0 };
	struct sfnt f, bare;
	if (size > 65536)
		return 0;
	int r = sfnt_open(data, size, &f, &err);
	if (r == 0 && sfnt_open_bare(data, size, &bare, &err) != 0)
		abort(); /* asks for less */
	if (r != 0)
		return 0;
	struct arena *a = arena_new(ARENA_BYTES);
	struct subset *s = subset_new(a);
	for (uint32_t cp = sfnt_next_mapped(&f, 0), n = 0; cp < SFNT_NO_MORE && n < MAX_WALK; n++) {
		uint32_t next = sfnt_next_mapped(&f, cp + 1);
		if (next <= cp)
			abort();
		cp = next;
	}
	for (size_t i = 0; i < N_ELEMENTS(cps); i++)
		if (sfnt_find_glyph(&f, cps[i]) != 0 && sfnt_next_mapped(&f, cps[i]) != cps[i])
			abort(); /* walked past it */
	for (size_t i = 0; i < N_ELEMENTS(cps); i++)
		take(s, &f, cps[i], (uint16_t)(i + 1));
	check_subset(a, s);
	/* All glyphs from either end, without their characters; one by one, so that one bad one
	 * hides no other. */
	for (uint32_t i = 0; i < f.n_glyphs && i < MAX_GLYPHS; i++) {
		struct arena *b = arena_new(ARENA_BYTES);
		struct subset *one = subset_new(b);
		const uint16_t text[] = { 0xD842, 0xDFB7 };
		(void)subset_add(one, &f, f.n_glyphs - 1 - i, text, 2);
		(void)subset_add(one, &bare, i, text, 1);
		check_subset(b, one);
		arena_free(b);
	}
	check_gaiji(a, &f);
	arena_free(a);
	return 0;
}
