/* SPDX-License-Identifier: Apache-2.0 */
#include "pdf_ground.h"

#include "backside/ground.h"
#include "pdf_back.h"

enum {
	PAGE_W_DOTS = 4960,
	PAGE_H_DOTS = 7016,
	/* On a back the tiles begin so that a row of words stands whole below the image. */
	BACK_SHIFT_DOTS = -426,
	NAME_X_DOTS = 284, /* 12 mm */
	NAME_Y_DOTS = 118, /* 5 mm */
	NAME_GAP_DOTS = 142,
	/*
	 * An image ends a hair, a twelfth of a dot, before its last dot's edge on each
	 * side. One that ends on the very edge is drawn by poppler on a dot more, with
	 * one column and row of the tile twice.
	 */
	HAIR = 1,
};

/* Units, never below 0, as points. */
static void
put(struct buf *b, int32_t v)
{
	if (v < 0)
		buf_text(b, "-");
	v = v < 0 ? -v : v;
	if (v % 100 != 0)
		buf_printf(b, "%d.%02d ", v / 100, v % 100);
	else
		buf_printf(b, "%d ", v / 100);
}

/* In units from the upper left corner. */
static void
put_rect(struct buf *b, int32_t x, int32_t y, int32_t w, int32_t h)
{
	put(b, x);
	put(b, DLIST_PAGE_H - y - h);
	put(b, w);
	put(b, h);
	buf_text(b, "re\n");
}

static void
put_image(struct buf *b, const char *name, int x_dots, int y_dots, unsigned w, unsigned h)
{
	buf_text(b, "q ");
	put(b, (int32_t)w * DLIST_DOT - 2 * HAIR);
	buf_text(b, "0 0 ");
	put(b, (int32_t)h * DLIST_DOT - 2 * HAIR);
	put(b, x_dots * DLIST_DOT + HAIR);
	put(b, DLIST_PAGE_H - (y_dots + (int)h) * DLIST_DOT + HAIR);
	buf_printf(b, "cm /%s Do Q\n", name);
}

void
pdf_ground_put(struct buf *b, bool back, const struct dlist_clear *clears, unsigned n_clears,
    unsigned name_w_px, unsigned name_h_px)
{
	const int32_t quiet = PDF_GROUND_QUIET_PX * DLIST_PX;
	int shift = back ? BACK_SHIFT_DOTS : 0;
	buf_text(b, PDF_GROUND_BEGIN);
	for (unsigned i = 0; i < n_clears; i++)
		put_rect(b, clears[i].x * DLIST_PX, clears[i].y * DLIST_PX, clears[i].w * DLIST_PX,
		    clears[i].h * DLIST_PX);
	if (back)
		put_rect(b, PDF_BACK_X - quiet, PDF_BACK_Y - quiet, PDF_BACK_W + 2 * quiet,
		    PDF_BACK_H + 2 * quiet);
	buf_text(b, "W* n\n"); /* even-odd: the page without what stands in it */
	for (int y = shift; y < PAGE_H_DOTS; y += GROUND_H)
		for (int x = 0; x < PAGE_W_DOTS; x += GROUND_W)
			put_image(b, "G", x, y, GROUND_W, GROUND_H);
	int step = (int)name_w_px + NAME_GAP_DOTS;
	for (int x = NAME_X_DOTS; x + (int)name_w_px <= PAGE_W_DOTS - NAME_X_DOTS; x += step)
		put_image(b, "N", x, NAME_Y_DOTS, name_w_px, name_h_px);
	buf_text(b, "Q\n");
}
