/* SPDX-License-Identifier: Apache-2.0 */
/*
 * screen - the copy-evident ground of a front (backside/ground.h) as it stands in
 * the reference's frame, so that a comparison expects its dots and does not take
 * them for ink that somebody added. The coarse dots are expected one by one, the
 * fine ones, which no scan at 300 dpi tells apart, as a tint.
 */
#pragma once
#include "center/inquiry/register.h"

enum {
	SCREEN_FULL = 4,      /* a pixel that a coarse dot covers wholly */
	SCREEN_NAME_Y = 52,   /* the strip with the municipality's name, pixels */
	SCREEN_NAME_END = 104 /* 8.8 mm */
};

struct screen_clear { /* reference pixels, on the page */
	uint16_t x, y, w, h;
};
struct screen {
	const uint8_t *all; /* the front's ink and the coarse dots, FRONT_ROW_BYTES a row */
	/* How much of each pixel a coarse dot inks, 0..SCREEN_FULL; 0 on the front's ink. */
	const uint8_t *cover;
	const uint8_t *fine; /* 1 where the fine dots are, FRONT_ROW_BYTES a row */
};

/* In the arena. @clears: where the front is left without a ground. */
const struct screen *screen_new(
    struct arena *a, const uint8_t *front, const struct screen_clear *clears, unsigned n_clears);
