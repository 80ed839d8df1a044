/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "base/arena.h"
#include "server/render/sfnt.h"
#include "server/render/subset.h"
#include "tests/golden/tiny_font.h"

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_OUTLINE_H
#include <string.h>

static struct buf font;
static struct sfnt f;

static int
setup(void **state)
{
	struct err err = { 0 };
	(void)state;
	buf_init(&font, TINY_FONT_MAX_BYTES);
	tiny_font_build(&font);
	return sfnt_open(font.p, font.bytes, &f, &err);
}

static int
teardown(void **state)
{
	(void)state;
	buf_done(&font);
	return 0;
}

static void
characters_find_their_glyphs_in_all_planes(void **state)
{
	static const struct {
		uint32_t cp, gid;
	} t[] = { { 'A', 2 }, { 0x20, 4 }, { 0xE000, 1 }, { 0xE001, 3 }, { 0x20BB7, 2 }, { 'B', 0 },
		{ 0, 0 }, { 0xFFFF, 0 }, { 0x10FFFF, 0 }, { 0xFFFFFFFF, 0 } };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		assert_int_equal(sfnt_find_glyph(&f, t[i].cp), t[i].gid);
	struct sfnt bmp = f;
	bmp.cmap12 = (struct sfnt_table){ 0 };
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		assert_int_equal(sfnt_find_glyph(&bmp, t[i].cp), t[i].cp == 0x20BB7 ? 0 : t[i].gid);
}

static void
a_selector_gives_its_own_glyph_the_default_or_none(void **state)
{
	(void)state;
	assert_int_equal(sfnt_find_variant(&f, 0x845B, 0xE0102), 2);
	assert_int_equal(sfnt_find_variant(&f, 0x845B, 0xE0103), 1);
	assert_int_equal(sfnt_find_variant(&f, 0x845B, 0xE0100), 0); /* Adobe-Japan1 */
	assert_int_equal(sfnt_find_variant(&f, 'A', 0xE0102), 0);
	assert_int_equal(sfnt_find_variant(&f, 'A', 0xE0103), 0);
}

static void
outlines_are_simple_composite_or_empty(void **state)
{
	struct err err = { 0 };
	struct sfnt_outline o;
	struct sfnt_component c;
	(void)state;
	assert_int_equal(sfnt_outline(&f, 1, &o, &err), 0);
	assert_false(o.composite);
	assert_int_equal(o.n_points, 4);
	assert_int_equal(o.hints_bytes, 3);
	assert_int_equal(sfnt_outline(&f, 3, &o, &err), 0);
	assert_true(o.composite);
	assert_int_equal(sfnt_component(&f, &o, SFNT_COMPONENT_FIRST_AT, &c, &err), 0);
	assert_int_equal(c.gid, 1);
	assert_true(c.more);
	assert_int_equal(sfnt_component(&f, &o, c.at + c.bytes, &c, &err), 0);
	assert_int_equal(c.gid, 2);
	assert_false(c.more);
	assert_int_equal(sfnt_outline(&f, 4, &o, &err), 0);
	assert_int_equal(o.bytes, 0);
	assert_int_equal(sfnt_outline(&f, TINY_FONT_GLYPHS, &o, &err), FAULT_BAD_INPUT);
}

/* A copy of the font with two bytes of a table replaced. */
static uint8_t *
damaged(struct arena *a, const char *tag, size_t at, unsigned v)
{
	uint8_t *p = arena_memdup(a, font.p, font.bytes);
	size_t t = tag[0] != '\0' ? tiny_font_table(p, tag) : 0;
	p[t + at] = (uint8_t)(v >> 8);
	p[t + at + 1] = (uint8_t)v;
	return p;
}

static void
a_damaged_font_is_refused_by_name(void **state)
{
	/* cmap: format 4 at 28, format 12 at 28+80, format 14 at 28+80+112 */
	static const struct {
		const char *tag;
		size_t at;
		unsigned v;
		const char *what;
	} t[] = {
		{ "", 0, 0x4F54, "font version" }, /* OTTO: CFF outlines */
		{ "", 4, 0, "number of font tables" },
		{ "", 4, 65, "number of font tables" },
		{ "", 12 + 8, 0x7FFF, "font table's place" },
		{ "", 12 + 12, 0x7FFF, "font table's place" },
		{ "head", 12, 0, "head" },
		{ "head", 18, 0, "head values" },
		{ "head", 18, 16385, "head values" },
		{ "head", 50, 2, "head values" },
		{ "hhea", 34, 0, "number of metrics" },
		{ "hhea", 34, 6, "number of metrics" },
		{ "maxp", 4, 0, "number of metrics" },
		{ "maxp", 4, 200, "hmtx" },
		{ "loca", 4, 0xFFFF, "loca entry" },
		{ "", 12 + 16 + 2, 0x6170, "loca" }, /* no glyf */
		{ "loca", 14, 4, "loca entry" },
		{ "cmap", 2, 65, "cmap" },
		{ "cmap", 2, 0, "no Unicode cmap" },
		{ "cmap", 28 + 6, 0, "cmap 4" },
		{ "cmap", 28 + 6, 200, "cmap 4" },
		{ "cmap", 28 + 14, 0, "cmap 4 segment" },
		{ "cmap", 108 + 12, 0x7FFF, "cmap 12" },
		{ "cmap", 108 + 16 + 2, 0xFFFF, "cmap 12 group" },
		{ "cmap", 108 + 16 + 10, 5, "cmap 12 group" },
		{ "cmap", 220 + 8, 600, "cmap 14" },
		{ "cmap", 220 + 8, 40, "cmap 14" },
		{ "cmap", 220 + 21 + 1, 0, "cmap 14 selector" },
		{ "cmap", 220 + 10 + 9, 0x7FFF, "cmap 14 list" },
		{ "cmap", 220 + 40 + 2, 0x7FFF, "cmap 14 list" },
		{ "cmap", 220 + 40 + 7, 0x05FF, "cmap 14 entry" },
	};
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct err err = { 0 };
		struct sfnt s;
		int r = sfnt_open(damaged(a, t[i].tag, t[i].at, t[i].v), font.bytes, &s, &err);
		if (r == 0)
			print_error("row %zu passed\n", i);
		assert_int_equal(r, FAULT_BAD_INPUT);
		assert_string_equal(err.trail[0].what, t[i].what);
	}
}

static void
a_font_cut_anywhere_is_refused(void **state)
{
	(void)state;
	for (size_t n = 0; n + 3 < font.bytes; n++) {
		struct err err = { 0 };
		struct sfnt s;
		assert_int_equal(sfnt_open(font.p, n, &s, &err), FAULT_BAD_INPUT);
	}
}

static void
damaged_outlines_are_refused(void **state)
{
	static const struct {
		size_t at;
		unsigned v;
	} t[] = {
		{ 0, 200 },     /* contours */
		{ 10, 0xFFFE }, /* last point */
		{ 12, 0x7FFF }, /* hint program */
		{ 17, 0x09FF }, /* a flag repeated 255 times */
	};
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct sfnt_outline o;
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct err err = { 0 };
		struct sfnt s;
		uint8_t *p = damaged(a, "glyf", t[i].at, t[i].v);
		assert_int_equal(sfnt_open(p, font.bytes, &s, &err), 0);
		assert_int_equal(sfnt_outline(&s, 1, &o, &err), FAULT_BAD_INPUT);
	}
}

/* The composite's first part is itself: as deep as one likes. */
static void
a_glyph_that_contains_itself_is_refused(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct err err = { 0 };
	struct subset_font out;
	struct sfnt s;
	struct sfnt_outline o;
	(void)state;
	assert_int_equal(sfnt_outline(&f, 3, &o, &err), 0);
	size_t at = (size_t)(o.p - font.p) + SFNT_COMPONENT_FIRST_AT + 2;
	uint8_t *p = arena_memdup(a, font.p, font.bytes);
	p[at + 1] = 3;
	assert_int_equal(sfnt_open(p, font.bytes, &s, &err), 0);
	struct subset *set = subset_new(a);
	const uint16_t text = 'A';
	assert_int_equal(subset_add(set, &s, 3, &text, 1), 1);
	assert_int_equal(subset_write(a, set, &out, &err), FAULT_BAD_INPUT);
}

static void
a_glyph_with_two_texts_has_two_slots_and_one_text_one(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct subset *s = subset_new(a);
	const uint16_t a_text = 'A', pair[] = { 0xD842, 0xDFB7 };
	(void)state;
	assert_int_equal(subset_add(s, &f, 2, &a_text, 1), 1);
	assert_int_equal(subset_add(s, &f, 2, pair, 2), 2);
	assert_int_equal(subset_add(s, &f, 2, &a_text, 1), 1);
	assert_int_equal(s->n, 3);
}

static void
a_subset_takes_its_limit_of_slots_and_not_one_more(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct subset *s = subset_new(a);
	(void)state;
	for (uint16_t i = 1; i < SUBSET_MAX_SLOTS; i++)
		assert_int_equal(subset_add(s, &f, 1, &i, 1), i);
	const uint16_t more = 0xFFFF;
	assert_int_equal(subset_add(s, &f, 1, &more, 1), 0);
}

static void
outline_points(FT_Library ft, const uint8_t *p, size_t bytes, unsigned gid, FT_Outline *ret)
{
	FT_Face face;
	assert_int_equal(FT_New_Memory_Face(ft, p, (FT_Long)bytes, 0, &face), 0);
	assert_int_equal(FT_Load_Glyph(face, gid, FT_LOAD_NO_SCALE), 0);
	assert_int_equal(FT_Outline_New(ft, (FT_UInt)face->glyph->outline.n_points,
			     face->glyph->outline.n_contours, ret),
	    0);
	assert_int_equal(FT_Outline_Copy(&face->glyph->outline, ret), 0);
	assert_int_equal(FT_Done_Face(face), 0);
}

static void
a_subset_draws_the_same_points_for_every_glyph(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct subset *s = subset_new(a);
	struct subset_font out;
	struct err err = { 0 };
	FT_Library ft;
	const uint16_t text[] = { 1, 2, 3 };
	static const unsigned order[] = { 3, 1, 2 };
	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(subset_add(s, &f, order[i], &text[i], 1), i + 1);
	assert_int_equal(subset_write(a, s, &out, &err), 0);
	assert_int_equal(s->n, 6); /* .notdef, three glyphs, two parts of the composite */
	assert_int_equal(FT_Init_FreeType(&ft), 0);
	for (size_t i = 0; i < 3; i++) {
		FT_Outline was, is;
		outline_points(ft, font.p, font.bytes, order[i], &was);
		outline_points(ft, out.p, out.bytes, (unsigned)i + 1, &is);
		assert_int_equal(was.n_points, is.n_points);
		assert_memory_equal(
		    was.points, is.points, (size_t)was.n_points * sizeof(FT_Vector));
		FT_Outline_Done(ft, &was);
		FT_Outline_Done(ft, &is);
	}
	assert_int_equal(FT_Done_FreeType(ft), 0);
}

static void
hint_programs_do_not_reach_the_subset(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct subset *s = subset_new(a);
	struct subset_font out;
	struct err err = { 0 };
	const uint16_t text = 'A';
	(void)state;
	assert_int_equal(subset_add(s, &f, 1, &text, 1), 1);
	assert_int_equal(subset_write(a, s, &out, &err), 0);
	assert_non_null(memmem(font.p, font.bytes, "\x2C\x2D\x2E", 3));
	assert_null(memmem(out.p, out.bytes, "\x2C\x2D\x2E", 3));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(characters_find_their_glyphs_in_all_planes),
		cmocka_unit_test(a_selector_gives_its_own_glyph_the_default_or_none),
		cmocka_unit_test(outlines_are_simple_composite_or_empty),
		cmocka_unit_test(a_damaged_font_is_refused_by_name),
		cmocka_unit_test(a_font_cut_anywhere_is_refused),
		cmocka_unit_test(damaged_outlines_are_refused),
		cmocka_unit_test(a_glyph_that_contains_itself_is_refused),
		cmocka_unit_test(a_glyph_with_two_texts_has_two_slots_and_one_text_one),
		cmocka_unit_test(a_subset_takes_its_limit_of_slots_and_not_one_more),
		cmocka_unit_test(a_subset_draws_the_same_points_for_every_glyph),
		cmocka_unit_test(hint_programs_do_not_reach_the_subset),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
