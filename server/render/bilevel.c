/* SPDX-License-Identifier: Apache-2.0 */
#include "bilevel.h"

#include "backside/paint.h"

enum {
	STAMP_MAX_PX = (PROFILE_SEAL_MAX_PX + 1) / 2,
	STAMP_MAX_ROW_BYTES = (STAMP_MAX_PX + 7) / 8,
};
_Static_assert((int)SEAL_MAX_PX <= (int)PROFILE_SEAL_MAX_PX, "a seal is a stamp");

static int32_t
floor_px(int64_t v, int64_t unit)
{
	int64_t q = v / unit;
	return (int32_t)(v % unit < 0 ? q - 1 : q);
}

static int
walk_text(struct render_fonts *f, const struct dlist_item *t, const struct bilevel_sink *sink,
    bool *goes_on, struct err *err)
{
	int64_t pen = (int64_t)t->x * 1000; /* thousandths of a unit: exact */
	int32_t y = floor_px(t->y, DLIST_PX);
	for (unsigned i = 0; i < t->run.n && *goes_on; i++) {
		const struct shape_glyph *g = &t->run.glyphs[i];
		const struct fontset_glyph *b = NULL;
		int r = fontset_raster(f, g->font, g->gid, t->px, &b, err);
		if (r)
			return err_trace(err, r, "text");
		const struct bilevel_symbol s = { b->key, b->bits, b->w, b->h, b->row_bytes,
			floor_px(pen, INT64_C(1000) * DLIST_PX) + b->left, y - b->top, NULL };
		if (b->w > 0 && b->h > 0)
			*goes_on = sink->symbol(sink->arg, &s);
		pen += (int64_t)g->advance * t->px * DLIST_PX;
	}
	return 0;
}

static unsigned
clamp(int32_t v, int32_t max)
{
	if (v < 0)
		return 0;
	return (unsigned)(v < max ? v : max);
}

static bool
walk_bar(const struct dlist_item *i, const struct bilevel_sink *sink)
{
	unsigned x0 = clamp(i->x / DLIST_PX, RENDER_W);
	unsigned x1 = clamp((i->x + i->w) / DLIST_PX, RENDER_W);
	unsigned y0 = clamp(i->y / DLIST_PX, RENDER_H);
	unsigned y1 = clamp((i->y + i->h) / DLIST_PX, RENDER_H);
	return x0 >= x1 || y0 >= y1 || sink->bar(sink->arg, x0, y0, x1, y1);
}

/* Two rows of eight dots as four pixels (in the upper bits): ink where half of four dots have. */
static unsigned
halved(unsigned upper, unsigned lower)
{
	unsigned u = upper >> 1,
		 l = lower >> 1; /* a pixel's left dots, at its right ones' places */
	unsigned two = (u & upper) | (l & lower) | ((u | upper) & (l | lower));
	two &= 0x55;
	two = (two | two >> 1) & 0x33;
	return ((two | two >> 2) & 0x0F) << 4;
}

/* At half its size; the spare bits behind a row's last dot are taken for paper. */
static int
walk_stencil(
    const struct dlist_item *i, const struct bilevel_sink *sink, bool *goes_on, struct err *err)
{
	uint8_t bits[STAMP_MAX_PX * STAMP_MAX_ROW_BYTES] = { 0 };
	struct bilevel_symbol s = { 0, bits, (uint16_t)((i->w_px + 1) / 2),
		(uint16_t)((i->h_px + 1) / 2), 0, i->x / DLIST_PX, i->y / DLIST_PX, i };
	size_t from_bytes = (i->w_px + 7U) / 8;
	uint8_t spare = (uint8_t)(i->w_px % 8 != 0 ? 0xFF >> (i->w_px % 8) : 0);
	s.row_bytes = (uint16_t)((s.w_px + 7) / 8);
	if (s.w_px == 0 || s.w_px > STAMP_MAX_PX || s.h_px == 0 || s.h_px > STAMP_MAX_PX)
		return err_raise(err, FAULT_INTERNAL, "size of a stamp", (long)i->w_px);
	for (unsigned y = 0; y < i->h_px && !sink->boxes; y += 2) {
		const uint8_t *upper = i->bits + y * from_bytes;
		const uint8_t *lower = y + 1 < i->h_px ? upper + from_bytes : NULL;
		uint8_t *row = bits + (size_t)(y / 2) * s.row_bytes;
		for (size_t k = 0; k < from_bytes; k++) {
			uint8_t keep = k + 1 == from_bytes ? (uint8_t)~spare : 0xFF;
			unsigned four =
			    halved(upper[k] & keep, lower != NULL ? lower[k] & keep : 0U);
			row[k / 2] |= (uint8_t)(k % 2 == 0 ? four : four >> 4);
		}
	}
	*goes_on = sink->symbol(sink->arg, &s);
	return 0;
}

int
bilevel_walk(
    struct render_fonts *f, const struct dlist *l, const struct bilevel_sink *sink, struct err *err)
{
	bool goes_on = true;
	for (unsigned i = 0; i < l->n && goes_on; i++) {
		int r = 0;
		if (l->items[i].what == DLIST_TEXT)
			r = walk_text(f, &l->items[i], sink, &goes_on, err);
		else if (l->items[i].what == DLIST_RECT)
			goes_on = walk_bar(&l->items[i], sink);
		else
			r = walk_stencil(&l->items[i], sink, &goes_on, err);
		if (r)
			return err_trace(err, r, "page");
	}
	return 0;
}

static bool
draw_symbol(void *arg, const struct bilevel_symbol *s)
{
	const struct paint_page page = { arg, RENDER_W, RENDER_H, RENDER_ROW_BYTES };
	const struct bilevel b = { s->bits, s->w_px, s->h_px, s->row_bytes };
	paint_symbol(&page, &b, s->x, s->y);
	return true;
}

static bool
draw_bar(void *arg, unsigned x0, unsigned y0, unsigned x1, unsigned y1)
{
	const struct paint_page page = { arg, RENDER_W, RENDER_H, RENDER_ROW_BYTES };
	paint_bar(&page, x0, y0, x1, y1);
	return true;
}

int
bilevel_draw(struct render_fonts *f, const struct dlist *l, uint8_t *raster, struct err *err)
{
	const struct bilevel_sink sink = { draw_symbol, draw_bar, raster };
	return bilevel_walk(f, l, &sink, err);
}
