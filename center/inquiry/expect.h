/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expect - how the issued front ought to look in this very scan, and how far
 * the scan is from that.
 *
 * The printer's spread and the scanner's blur are measured on the page itself:
 * the linear filter that makes the front most like the scan. In windows of half
 * a character, what a small shift, a fading or a tint explains is taken off.
 * What is left is the window's rest: about the number of pixels that are ink
 * and should be paper, or the other way round.
 */
#pragma once
#include "center/inquiry/register.h"

enum {
	EXPECT_WINDOW = 2 * REGISTER_CELL, /* windows step by a cell */
	EXPECT_NX = REGISTER_CELLS_X - 1,
	EXPECT_NY = REGISTER_CELLS_Y - 1
};
enum expect_state {
	EXPECT_BLANK = 0, /* neither the front nor the scan has ink */
	EXPECT_JUDGED,
	EXPECT_MARGIN, /* ink of the scan where no form is: stamps, notes */
	EXPECT_UNSEEN, /* the scan does not show what the front has here */
};
/* What one window of a hundred has, and one of ten. */
struct expect_noise {
	double hundredth, tenth;
};
struct expectation {
	/* Window (i, j) starts at pixel (i, j) * REGISTER_CELL. */
	float rest[EXPECT_NY][EXPECT_NX]; /* pixels, where it is judged */
	/* What is left in the worst 3 x 3 pixels of its middle, 0..1: a changed end of a stroke. */
	float peak[EXPECT_NY][EXPECT_NX];
	/*
	 * Where a mark reaches in from the margin (cells.h), rest and peak are of what is
	 * missing; these are of what came in, too. 0 elsewhere.
	 */
	float marked_rest[EXPECT_NY][EXPECT_NX], marked_peak[EXPECT_NY][EXPECT_NX];
	uint8_t state[EXPECT_NY][EXPECT_NX];
	double end; /* the peak that a stroke's end would have (plane.h) */
	struct expect_noise rest_noise, peak_noise;
};
/*
 * @darkness: FRONT_W x FRONT_H, 0 paper .. 256 ink. @extra: ink of the scan
 * beside the front's, FRONT_ROW_BYTES a row. @screen: the front's ground, NULL = none. @unseen: of
 * register_flatten().
 */
void expect_compare(struct arena *a, const int16_t *darkness, const uint8_t *front,
    const struct screen *screen, const uint8_t *extra, const struct register_cells *unseen,
    struct expectation *ret);
