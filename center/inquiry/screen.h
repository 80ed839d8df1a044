/* SPDX-License-Identifier: Apache-2.0 */
/*
 * screen - the copy-evident ground of a front (backside/ground.h) as it stands in
 * the reference's frame, so that a comparison expects its dots and does not take
 * them for ink that somebody added. Each is expected where it is: a scan at 300 dpi
 * shows the fine dots as a tint with some beat in it, a reader's own picture of
 * the page shows them one by one.
 */
#pragma once
#include "center/inquiry/register.h"

enum {
	SCREEN_FULL = 4,      /* a pixel that is inked wholly: its dots of 600 dpi */
	SCREEN_NAME_Y = 52,   /* the strip with the municipality's name, pixels */
	SCREEN_NAME_END = 104 /* 8.8 mm */
};

struct screen_clear { /* reference pixels, on the page */
	uint16_t x, y, w, h;
};
struct screen {
	const uint8_t *all; /* the front's ink and the coarse dots, FRONT_ROW_BYTES a row */
	/* How much of each pixel a coarse dot inks, 0..SCREEN_FULL; 0 on the front's ink. */
	const uint8_t *coarse;
	const uint8_t *fine; /* and the fine dots */
	const uint8_t *tint; /* 1 where the fine dots are, FRONT_ROW_BYTES a row */
};

/*
 * In the arena. @balance: as the municipality's ground has it (ground.h). @clears: where the
 * front is left without a ground.
 */
const struct screen *screen_new(struct arena *a, const uint8_t *front, int balance,
    const struct screen_clear *clears, unsigned n_clears);
