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
	if (at >= 0 && at + (int32_t)n_bytes < RENDER_ROW_BYTES) { /* no edge is near */
		unsigned rest = 0;
		for (unsigned i = 0; i < n_bytes; i++) {
			unsigned v = (unsigned)bits[i] << (8 - shift);
			row[at++] |= (uint8_t)(v >> 8 | rest);
			rest = v & 0xFF;
		}
		row[at] |= (uint8_t)rest;
		return;
	}
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
		draw_glyph(raster, bitmap, floor_px(pen, INT64_C(1000) * DLIST_PX), y);
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

/* Bits x0 .. x1 - 1 of a row. */
static void
fill_row(uint8_t *row, int32_t x0, int32_t x1)
{
	uint8_t first = (uint8_t)(0xFF >> (x0 & 7));
	uint8_t last = (uint8_t) ~(0xFF >> (x1 & 7));
	int32_t from = x0 >> 3, to = x1 >> 3;
	if (from == to) {
		row[from] |= first & last;
		return;
	}
	row[from] |= first;
	for (int32_t i = from + 1; i < to; i++)
		row[i] = 0xFF;
	if (last != 0)
		row[to] |= last;
}

static void
draw_rect(const struct dlist_item *i, uint8_t *raster)
{
	int32_t x0 = clamp(i->x / DLIST_PX, RENDER_W);
	int32_t x1 = clamp((i->x + i->w) / DLIST_PX, RENDER_W);
	int32_t y1 = clamp((i->y + i->h) / DLIST_PX, RENDER_H);
	for (int32_t y = clamp(i->y / DLIST_PX, RENDER_H); x0 < x1 && y < y1; y++)
		fill_row(raster + (size_t)y * RENDER_ROW_BYTES, x0, x1);
}

/* Two rows of eight dots as four pixels (in the upper bits): ink where half of four dots have. */
static unsigned
halved(unsigned upper, unsigned lower)
{
	unsigned out = 0;
	for (unsigned i = 0; (upper | lower) != 0 && i < 4; i++) {
		unsigned four = (upper >> (6 - 2 * i) & 3U) << 2 | (lower >> (6 - 2 * i) & 3U);
		if ((0xFEE8U >> four & 1) != 0) /* the numbers of at least two bits */
			out |= 0x80U >> i;
	}
	return out;
}

/* At half its size; the spare bits behind a row's last dot are taken for paper. */
static void
draw_stencil(const struct dlist_item *i, uint8_t *raster)
{
	size_t row_bytes = (i->w_px + 7U) / 8;
	uint8_t spare = (uint8_t)(i->w_px % 8 != 0 ? 0xFF >> (i->w_px % 8) : 0);
	int32_t x0 = i->x / DLIST_PX, y0 = i->y / DLIST_PX;
	for (unsigned y = 0; y < i->h_px; y += 2) {
		int32_t at = y0 + (int32_t)(y / 2);
		const uint8_t *upper = i->bits + y * row_bytes;
		const uint8_t *lower = y + 1 < i->h_px ? upper + row_bytes : NULL;
		for (size_t k = 0; at >= 0 && at < RENDER_H && k < row_bytes; k++) {
			uint8_t keep = k + 1 == row_bytes ? (uint8_t)~spare : 0xFF;
			uint8_t four =
			    (uint8_t)halved(upper[k] & keep, lower != NULL ? lower[k] & keep : 0U);
			if (four != 0)
				draw_row(raster + (size_t)at * RENDER_ROW_BYTES, &four, 1,
				    x0 + (int32_t)(4 * k));
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
