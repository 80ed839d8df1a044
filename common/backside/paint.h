/* SPDX-License-Identifier: Apache-2.0 */
/* paint - ink on a page of one bit a pixel; what lies outside the page is cut. */
#pragma once
#include "backside/bilevel.h"

/* Whose rows are written to. */
struct paint_page {
	uint8_t *rows;
	unsigned w_px, h_px;
	size_t stride_bytes; /* (w_px + 7) / 8 */
};

/* The ink of @b, whose bits past its width are 0, its upper left corner at @x, @y. */
void paint_symbol(const struct paint_page *p, const struct bilevel *b, int32_t x, int32_t y);
/* Pixels x0 .. x1 - 1 of rows y0 .. y1 - 1; all on the page. */
void paint_bar(const struct paint_page *p, unsigned x0, unsigned y0, unsigned x1, unsigned y1);
