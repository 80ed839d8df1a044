/* SPDX-License-Identifier: Apache-2.0 */
/* bilevel - a display list as the 300 dpi raster of its page. */
#pragma once
#include "dlist.h"

enum { RENDER_RASTER_BYTES = RENDER_ROW_BYTES * RENDER_H };

/* A picture to be painted: a glyph, or a stamp. */
struct bilevel_symbol {
	uint64_t key; /* the same for the same glyph at the same size; 0: a stamp */
	const uint8_t *bits;
	uint16_t w_px, h_px, row_bytes;
	int32_t x, y; /* of its upper left corner, which may lie outside the page */
	const struct dlist_item *stamp; /* whose half size it is; NULL: a glyph */
};
/* Who takes what a page is painted of; the bits live until it returns. False ends the walk. */
struct bilevel_sink {
	bool (*symbol)(void *arg, const struct bilevel_symbol *s);
	/* Pixels x0 .. x1 - 1 of rows y0 .. y1 - 1: at least one, all on the page. */
	bool (*bar)(void *arg, unsigned x0, unsigned y0, unsigned x1, unsigned y1);
	void *arg;
	bool boxes; /* only where pictures lie is asked for: those of stamps are white */
};

/*
 * All that is on a page, in whole pixels. Returns 0 (also where the sink ended it)
 * or FAULT_INTERNAL.
 */
MUST_USE int bilevel_walk(struct render_fonts *f, const struct dlist *l,
    const struct bilevel_sink *sink, struct err *err);
/*
 * Draws into @raster: RENDER_H rows of RENDER_ROW_BYTES, zeroed by the caller.
 * What lies outside the page is cut. Returns 0 or FAULT_INTERNAL.
 */
MUST_USE int bilevel_draw(
    struct render_fonts *f, const struct dlist *l, uint8_t *raster, struct err *err);
