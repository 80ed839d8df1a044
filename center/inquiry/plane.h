/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plane - the front as this very scan ought to show it: the front's ink, and the
 * dots of its ground, through the linear filters that make them most like the
 * scan. The printer's spread and the scanner's blur are in them. Ink, coarse and
 * fine dots have a filter each: a printer makes more of a lone dot than of a
 * line, and less of a dot of two.
 */
#pragma once
#include "center/inquiry/register.h"
#include "center/inquiry/screen.h"

enum {
	PLANE_MARGIN = 8, /* pixels around the page */
	PLANE_W = FRONT_W + 2 * PLANE_MARGIN,
	PLANE_H = FRONT_H + 2 * PLANE_MARGIN
};
struct plane {
	float v[PLANE_H][PLANE_W]; /* 0 paper .. 1 ink; pixel (x, y) has PLANE_MARGIN added */
	/* What the end of a stroke, 4 x 3 pixels, makes of the darkest 3 x 3 in this scan. */
	float end;
};
/*
 * @darkness: FRONT_W x FRONT_H, 0 paper .. 256 ink. Only cells of @active are
 * filled, and fitted where not @unseen. In the arena.
 */
const struct plane *plane_new(struct arena *a, const uint8_t *front, const struct screen *screen,
    const int16_t *darkness, const struct register_cells *active,
    const struct register_cells *unseen);
