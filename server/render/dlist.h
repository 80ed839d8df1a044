/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dlist - what is on one page, in printing order; two back ends draw it.
 *
 * One unit is 1/7200 inch: 1/24 pixel of the 300 dpi raster, 1/12 dot of a
 * 600 dpi printer and 1/100 of a PDF's point, so that both back ends have the
 * same whole numbers. The origin is the top left corner, y grows downwards.
 * Rectangles stand on whole pixels, pens in the middle of one: no rounding can
 * then move a stroke apart in the two.
 */
#pragma once
#include "base/arena.h"
#include "shape.h"
#include <stdint.h>

enum {
	DLIST_PX = 24,  /* units of a pixel at 300 dpi */
	DLIST_DOT = 12, /* of a dot at 600 dpi */
	/* A4, as whole pixels: a unit short of 2480 wide, since readers round it up. */
	DLIST_PAGE_W = 59519,
	DLIST_PAGE_H = 84192,
	DLIST_MAX_ITEMS = 20000,
	DLIST_MAX_CLEARS = 4,
};

enum dlist_what { DLIST_TEXT = 1, DLIST_RECT = 2, DLIST_STENCIL = 3 };

struct dlist_item {
	enum dlist_what what;
	int32_t x, y; /* text: the pen on the base line; else the top left corner */
	int32_t w, h; /* rectangle; stencil: w_px * DLIST_DOT ... */
	unsigned px;  /* text: pixels an em at 300 dpi */
	struct shape_run run;
	const uint8_t *bits; /* stencil: 600 dpi, 1 = ink, first pixel in the top bit */
	uint16_t w_px, h_px;
};

/* Where the ground must leave the paper white, pixels at 300 dpi: around codes and seals. */
struct dlist_clear {
	uint16_t x, y, w, h;
};

struct dlist {
	struct arena *arena;
	struct dlist_item *items;
	unsigned n;
	unsigned room;
	struct dlist_clear clears[DLIST_MAX_CLEARS];
	unsigned n_clears;
};

void dlist_init(struct dlist *l, struct arena *a);
/* Both are moved to the middle of their pixel. */
void dlist_text(struct dlist *l, int32_t x, int32_t y, unsigned px, struct shape_run run);
void dlist_rect_px(struct dlist *l, int32_t x, int32_t y, int32_t w, int32_t h);
/* As dlist_rect_px, but a rule that continues another becomes one with it. */
void dlist_rule_px(struct dlist *l, int32_t x, int32_t y, int32_t w, int32_t h);
/* Its corner is moved to a whole pixel; its size is true: one bit, one dot of 600 dpi. */
void dlist_stencil(
    struct dlist *l, int32_t x, int32_t y, uint16_t w_px, uint16_t h_px, const uint8_t *bits);
/* In pixels. False when there is no room for it left. */
bool dlist_clear(struct dlist *l, int32_t x, int32_t y, int32_t w, int32_t h);
/* Hundredths of a millimetre in pixels, rounded. */
int32_t dlist_px_from_mm100(int32_t mm100);
