/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drawing - a page as it was drawn: symbols (symbol.h) that come again and again,
 * and bars. Version 3 of a coded page (bilevel.h): behind the head
 *   length     (4 bytes) of
 *   a stream   of the MQ coder with adaptive models: the number of symbols, of
 *              bars and of places; each bar from where the last one stood; each
 *              place from the last one's end, with a symbol that stood before or
 *              the next new one, then its size and how many bytes it has
 *   symbols    their bytes in that order, and nothing behind them
 * Whoever knows the drawing need not look for what is alike in its pixels, and
 * a symbol's bytes can be kept from page to page.
 */
#pragma once
#include "backside/bilevel.h"
#include "backside/symbol.h"

enum {
	DRAWING_MAX_SYMBOLS = 4096,
	DRAWING_MAX_PLACES = 30000,
	DRAWING_MAX_BARS = 30000,
	DRAWING_MAX_PICTURE_BYTES = 4 << 20, /* all symbols, not coded */
	DRAWING_MAX_PAINT_BYTES = 64 << 20,  /* all places, not coded */
};

struct drawing_symbol {
	uint16_t w_px, h_px;
	const uint8_t *coded; /* of symbol_encode() */
	size_t coded_bytes;
};
struct drawing_place { /* its upper left corner; all of it on the page */
	uint16_t symbol, x, y;
};
struct drawing_bar { /* as it, 1 or more wide and high */
	uint16_t x, y, w, h;
};
struct drawing {
	unsigned w_px, h_px;
	struct drawing_symbol *symbols; /* in the order of their first places */
	struct drawing_place *places;
	struct drawing_bar *bars;
	unsigned n_symbols, n_places, n_bars;
};

/* In @a, with room for so many of each, none of them there yet; sides in pixels. */
struct drawing *drawing_new(struct arena *a, unsigned w_px, unsigned h_px, unsigned max_symbols,
    unsigned max_places, unsigned max_bars) NEVER_NULL;

/*
 * Appends the coded page to @out, head and all. Returns 0, or FAULT_BAD_INPUT for
 * a drawing that drawing_decode() would refuse. Where it does not fit @out's limit,
 * @out is failed. That symbols are coded as they ought to be is not looked into.
 */
MUST_USE int drawing_encode(const struct drawing *d, struct buf *out, struct err *err);

/*
 * Draws what stands behind the head, @r's rest, on @rows (@img->p, all white). False for bytes that
 * drawing_encode() would not have written.
 */
MUST_USE bool drawing_decode(struct rd *r, const struct bilevel *img, uint8_t *rows);
