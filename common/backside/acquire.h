/* SPDX-License-Identifier: Apache-2.0 */
/* acquire - is there a lattice of tiles in a picture, how large, how turned, where? */
#pragma once
#include "backside/pixel.h"

enum {
	ACQUIRE_MAX_SEEDS = 96,
	ACQUIRE_MAX_LATTICES = 6,
	ACQUIRE_MIN_TILE_PX = 15, /* of the picture that the lattice is sought in */
	ACQUIRE_MAX_TILE_PX = 107,
};

/* A vector across one tile, in pixels; the other is it turned by 90 degrees. */
struct acquire_lattice {
	float ax;
	float ay;
};

/* A place where a patch of marks was seen; score is the mean correlation, at most 1. */
struct acquire_seed {
	float x;
	float y;
	float score;
};

/* Normalised correlation, -1..1, of the mark at (x, y); (ax, ay), (bx, by): one module. */
float acquire_mark(
    const struct pixel_image *m, float x, float y, float ax, float ay, float bx, float by);

/*
 * From the autocorrelation of up to twelve windows of @m: what may be the page's
 * lattice, likeliest first; its tiles measure ACQUIRE_MIN_TILE_PX to _MAX_. The
 * hair lines between the modules can repeat more strongly than the marks do, so
 * the marks must choose (acquire_seeds). Returns how many, 0 when nothing repeats.
 */
unsigned acquire_lattices(struct arena *a, const struct pixel_image *m,
    struct acquire_lattice ret[static ACQUIRE_MAX_LATTICES]);

/*
 * The best patch of nine marks in each of nx * ny places of @m, best first.
 * Returns their number, at most ACQUIRE_MAX_SEEDS; poor ones are left out.
 */
unsigned acquire_seeds(const struct pixel_image *m, const struct acquire_lattice *l, unsigned nx,
    unsigned ny, struct acquire_seed ret[static ACQUIRE_MAX_SEEDS]);
