/* SPDX-License-Identifier: Apache-2.0 */
#include "bilevel.h"

static int32_t
floor_px(int64_t v, int64_t unit)
{
	int64_t q = v / unit;
	return (int32_t)(v % unit < 0 ? q - 1 : q);
}

/* One row of a bitmap, shifted to its place; bits past either edge fall away. */
static void
draw_row(uint8_t *row, const uint8_t *bits, unsigned n_bytes, int32_t x)
{
	int32_t at = floor_px(x, 8);
	unsigned shift = (unsigned)(x - at * 8);
	for (unsigned i = 0; i < n_bytes; i++, at++) {
		unsigned v = (unsigned)bits[i] << (8 - shift);
		if (at >= 0 && at < RENDER_ROW_BYTES)
			row[at] |= (uint8_t)(v >> 8);
		if (at + 1 >= 0 && at + 1 < RENDER_ROW_BYTES)
			row[at + 1] |= (uint8_t)v;
	}
}

static void
draw_glyph(uint8_t *raster, const struct fontset_glyph *g, int32_t x, int32_t y)
{
	for (unsigned i = 0; i < g->h; i++) {
		int32_t at = y - g->top + (int32_t)i;
		if (at >= 0 && at < RENDER_H)
			draw_row(raster + (size_t)at * RENDER_ROW_BYTES,
			    g->bits + (size_t)i * g->row_bytes, g->row_bytes, x + g->left);
	}
}

static int
draw_text(struct render_fonts *f, const struct dlist_item *t, uint8_t *raster, struct err *err)
{
	int64_t pen = (int64_t)t->x * 1000; /* thousandths of a unit: exact */
	int32_t y = floor_px(t->y, DLIST_PX);
	for (unsigned i = 0; i < t->run.n; i++) {
		const struct shape_glyph *g = &t->run.glyphs[i];
		const struct fontset_glyph *bitmap = NULL;
		int r = fontset_raster(f, g->font, g->gid, t->px, &bitmap, err);
		if (r)
			return err_trace(err, r, "text");
		draw_glyph(raster, bitmap, floor_px(pen, 1000 * DLIST_PX), y);
		pen += (int64_t)g->advance * t->px * DLIST_PX;
	}
	return 0;
}

static int32_t
clamp(int32_t v, int32_t max)
{
	if (v < 0)
		return 0;
	return v < max ? v : max;
}

static void
draw_rect(const struct dlist_item *i, uint8_t *raster)
{
	int32_t x0 = clamp(i->x / DLIST_PX, RENDER_W);
	int32_t x1 = clamp((i->x + i->w) / DLIST_PX, RENDER_W);
	int32_t y1 = clamp((i->y + i->h) / DLIST_PX, RENDER_H);
	for (int32_t y = clamp(i->y / DLIST_PX, RENDER_H); y < y1; y++) {
		uint8_t *row = raster + (size_t)y * RENDER_ROW_BYTES;
		for (int32_t x = x0; x < x1; x++)
			row[x >> 3] |= (uint8_t)(0x80 >> (x & 7));
	}
}

static unsigned
stencil_dot(const struct dlist_item *i, unsigned x, unsigned y)
{
	size_t row_bytes = (i->w_px + 7U) / 8;
	if (x >= i->w_px || y >= i->h_px)
		return 0;
	return i->bits[y * row_bytes + x / 8] >> (7 - x % 8) & 1U;
}

/* A pixel has ink when half of its four dots have. */
static void
draw_stencil(const struct dlist_item *i, uint8_t *raster)
{
	int32_t x0 = i->x / DLIST_PX, y0 = i->y / DLIST_PX;
	for (unsigned y = 0; y < i->h_px; y += 2) {
		int32_t py = y0 + (int32_t)(y / 2);
		for (unsigned x = 0; py >= 0 && py < RENDER_H && x < i->w_px; x += 2) {
			int32_t px = x0 + (int32_t)(x / 2);
			unsigned n = stencil_dot(i, x, y) + stencil_dot(i, x + 1, y) +
			    stencil_dot(i, x, y + 1) + stencil_dot(i, x + 1, y + 1);
			if (n >= 2 && px >= 0 && px < RENDER_W)
				raster[(size_t)py * RENDER_ROW_BYTES + (size_t)(px >> 3)] |=
				    (uint8_t)(0x80 >> (px & 7));
		}
	}
}

int
bilevel_draw(struct render_fonts *f, const struct dlist *l, uint8_t *raster, struct err *err)
{
	for (unsigned i = 0; i < l->n; i++) {
		int r = 0;
		if (l->items[i].what == DLIST_TEXT)
			r = draw_text(f, &l->items[i], raster, err);
		else if (l->items[i].what == DLIST_RECT)
			draw_rect(&l->items[i], raster);
		else
			draw_stencil(&l->items[i], raster);
		if (r)
			return err_trace(err, r, "page");
	}
	return 0;
}
