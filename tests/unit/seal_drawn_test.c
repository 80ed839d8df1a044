/* SPDX-License-Identifier: Apache-2.0 */
/* Fronts coded of what they were drawn: the raster comes back, whatever glyphs were kept. */
#include "unit.h"

#include "backside/bilevel.h"
#include "backside/drawing.h"
#include "base/mem.h"
#include "tests/golden/sample.h"
#include "server/issue/render_wire.h"
#include "server/render/bilevel.h"
#include "server/seal/drawn.h"

#include <string.h>

enum { ARENA_BYTES = 64 << 20, GLYPH_PX = 20, A_LINE = 100, N_PAGES = 3 };
_Static_assert(N_PAGES *DRAWING_MAX_SYMBOLS > DRAWN_MAX_GLYPHS / 2, "some are forgotten");

struct desk {
	struct render_fonts *fonts;
	struct drawn_glyphs *glyphs;
};

static int
setup(void **state)
{
	struct desk *k = mem_zero(sizeof(*k));
	struct err err = { 0 };
	assert_int_equal(render_fonts_open(FONT_MANIFEST, &k->fonts, &err), 0);
	k->glyphs = drawn_glyphs_new();
	*state = k;
	return 0;
}

static int
teardown(void **state)
{
	struct desk *k = *state;
	drawn_glyphs_free(k->glyphs);
	render_fonts_free(k->fonts);
	mem_free(k);
	return 0;
}

static int
encode_of(struct desk *k, const struct dlist *l, const struct profile *p, struct buf *ret)
{
	struct err err = { 0 };
	buf_init(ret, BILEVEL_MAX_CODED_BYTES);
	return drawn_encode(k->glyphs, k->fonts, l, p, ret, &err);
}

static int
encode(struct desk *k, const struct dlist *l, struct buf *ret)
{
	return encode_of(k, l, NULL, ret);
}

static void
assert_is_its_raster(
    struct desk *k, struct arena *a, const struct dlist *l, const struct buf *coded)
{
	struct bilevel ret = { 0 };
	struct err err = { 0 };
	uint8_t *raster = arena_zero(a, RENDER_RASTER_BYTES);
	assert_int_equal(bilevel_draw(k->fonts, l, raster, &err), 0);
	assert_int_equal(bilevel_decode(a, coded->p, coded->bytes, &ret, &err), 0);
	assert_int_equal(ret.stride_bytes, RENDER_ROW_BYTES);
	assert_memory_equal(ret.p, raster, RENDER_RASTER_BYTES);
}

static void
a_front_is_coded_the_same_whether_its_glyphs_are_known_or_new(void **state)
{
	struct desk *k = *state;
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	struct render_input in = sample_input(a, DOC_INKAN, PROFILE_RENKI, 1);
	struct render_doc doc = { 0 };
	struct err err = { 0 };
	struct buf first, again;
	assert_int_equal(render_doc(a, k->fonts, &in, &doc, &err), 0);
	assert_int_equal(encode_of(k, doc.pages[0].drawn, in.profile, &first), 0);
	assert_int_equal(encode_of(k, doc.pages[0].drawn, in.profile, &again), 0);
	assert_int_equal(first.bytes, again.bytes);
	assert_memory_equal(first.p, again.p, first.bytes);
	assert_is_its_raster(k, a, doc.pages[0].drawn, &first);
	buf_done(&first);
	buf_done(&again);
}

/*
 * Seals of as many municipalities as are kept, one more, and the first again: one pixel each, at
 * a place of its own. What is kept of one must not be taken for another.
 */
static void
each_municipality_keeps_its_own_seal(void **state)
{
	enum { SIDE = 40, PIXELS = SIDE / 2, ROW_BYTES = SIDE / 8, N = DRAWN_MAX_STAMPS + 2 };
	struct desk *k = *state;
	for (unsigned i = 0; i < N; i++) {
		AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
		const unsigned dot = i % (DRAWN_MAX_STAMPS + 1);
		uint8_t bits[SIDE * ROW_BYTES];
		struct dlist_item item = { .what = DLIST_STENCIL,
			.x = 100 * DLIST_PX,
			.y = 100 * DLIST_PX,
			.w = SIDE * DLIST_DOT,
			.h = SIDE * DLIST_DOT,
			.bits = bits,
			.w_px = SIDE,
			.h_px = SIDE };
		const struct dlist l = { .items = &item, .n = 1 };
		const struct profile p = { .koin_width_px = SIDE,
			.koin_height_px = SIDE,
			.koin_bits = bits };
		memset(bits, 0, sizeof(bits));
		for (unsigned row = 0; row < 2; row++)
			bits[(2 * (dot / PIXELS) + row) * ROW_BYTES + dot % PIXELS / 4] =
			    (uint8_t)(0xC0 >> dot % 4 * 2);
		for (unsigned again = 0; again < 2; again++) {
			struct buf coded;
			assert_int_equal(encode_of(k, &l, &p, &coded), 0);
			assert_is_its_raster(k, a, &l, &coded);
			buf_done(&coded);
		}
	}
}

/* Ideographs of the main font from *@at on, @n of them. */
static void
page_of_glyphs(struct desk *k, struct arena *a, uint32_t *at, unsigned n, struct dlist *l)
{
	dlist_init(l, a);
	for (unsigned i = 0; i < n; i++) {
		struct shape_glyph *g = arena_zero(a, sizeof(*g));
		while ((g->gid = sfnt_find_glyph(&k->fonts->fonts[0].sfnt, *at)) == 0)
			++*at;
		*g = (struct shape_glyph){ .gid = g->gid, .n_cps = 1, .cps = { (*at)++ } };
		dlist_text(l, (int32_t)(50 + i % A_LINE * 22) * DLIST_PX,
		    (int32_t)(50 + i / A_LINE * 24) * DLIST_PX, GLYPH_PX,
		    (struct shape_run){ g, 1, 1000 });
	}
}

static void
more_glyphs_than_are_kept_are_coded_all_the_same(void **state)
{
	struct desk *k = *state;
	uint32_t at = 0x4e00;
	for (unsigned i = 0; i < N_PAGES; i++) {
		AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
		struct dlist l;
		struct buf coded;
		page_of_glyphs(k, a, &at, DRAWING_MAX_SYMBOLS, &l);
		assert_int_equal(encode(k, &l, &coded), 0);
		assert_is_its_raster(k, a, &l, &coded);
		buf_done(&coded);
	}
}

static void
a_page_of_too_many_glyphs_or_bars_is_too_large(void **state)
{
	struct desk *k = *state;
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	struct dlist l;
	struct buf coded;
	uint32_t at = 0x4e00;
	page_of_glyphs(k, a, &at, DRAWING_MAX_SYMBOLS + 1, &l);
	assert_int_equal(encode(k, &l, &coded), SEAL_E_TOO_LARGE);
	buf_done(&coded);
	for (unsigned more = 0; more <= 1; more++) {
		struct dlist bars = { .n = DRAWING_MAX_BARS + more };
		bars.items = arena_zero_n(a, bars.n, sizeof(*bars.items));
		for (unsigned i = 0; i < bars.n; i++)
			bars.items[i] = (struct dlist_item){ .what = DLIST_RECT,
				.x = (int32_t)(i % 2000) * DLIST_PX,
				.y = (int32_t)(i / 2000) * DLIST_PX,
				.w = DLIST_PX,
				.h = DLIST_PX };
		assert_int_equal(encode(k, &bars, &coded), more ? SEAL_E_TOO_LARGE : 0);
		buf_done(&coded);
	}
}

static void
ink_off_the_page_is_no_paper(void **state)
{
	static const struct {
		int32_t x, y; /* of the pen, pixels */
		int want;
	} t[] = {
		{ 100, 100, 0 },
		{ -8, 100, SEAL_E_PAPER },
		{ RENDER_W - 8, 100, SEAL_E_PAPER },
		{ 100, 3, SEAL_E_PAPER },
		{ 100, RENDER_H + 8, SEAL_E_PAPER },
	};
	struct desk *k = *state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
		struct dlist l;
		struct buf coded;
		uint32_t at = 0x4e01;
		page_of_glyphs(k, a, &at, 1, &l);
		l.items[0].x = t[i].x * DLIST_PX;
		l.items[0].y = t[i].y * DLIST_PX;
		assert_int_equal(encode(k, &l, &coded), t[i].want);
		buf_done(&coded);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_front_is_coded_the_same_whether_its_glyphs_are_known_or_new),
		cmocka_unit_test(each_municipality_keeps_its_own_seal),
		cmocka_unit_test(more_glyphs_than_are_kept_are_coded_all_the_same),
		cmocka_unit_test(a_page_of_too_many_glyphs_or_bars_is_too_large),
		cmocka_unit_test(ink_off_the_page_is_no_paper),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
