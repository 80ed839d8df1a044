/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cells - which cells of a page are looked at, and as what: where the front has
 * ink, where a form is, what the scan does not show, and what lies over it from
 * outside the form.
 */
#pragma once
#include "center/inquiry/register.h"

struct page_cells {
	struct register_cells ink;      /* the front's */
	struct register_cells beside;   /* ink, or a cell beside it */
	struct register_cells enclosed; /* ink on all four sides, as in a frame: a form's blank */
	struct register_cells extra;    /* ink of the scan beside the front's */
	struct register_cells active;   /* any ink, or a cell beside it */
	struct register_cells unseen;   /* the scan does not show it, or a cell beside it */
	/*
	 * A stamp or a stain that hangs together with a large mark in the margin, and
	 * the cells beside it. What is printed under it is still looked for.
	 */
	struct register_cells marked;
};
/*
 * @darkness: FRONT_W x FRONT_H, 0 paper .. 256 ink. @front, @extra: FRONT_ROW_BYTES
 * a row. @unseen: of register_flatten().
 */
void cells_find(struct arena *a, const int16_t *darkness, const uint8_t *front,
    const uint8_t *extra, const struct register_cells *unseen, struct page_cells *ret);
/* How many of the four cells of window (i, j) are on. */
static inline int
cells_in_window(const struct register_cells *c, unsigned i, unsigned j)
{
	return c->on[j][i] + c->on[j][i + 1] + c->on[j + 1][i] + c->on[j + 1][i + 1];
}
