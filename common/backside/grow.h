/* SPDX-License-Identifier: Apache-2.0 */
/* grow - follow a lattice of tiles from a seed, over jitter, folds and holes. */
#pragma once
#include "backside/acquire.h"

enum {
	GROW_SIDE = 160, /* tiles that an island may reach across, seed in the middle */
	GROW_MAX_TILES = 4096,
	GROW_MAX_MISSES = 6, /* tiles of a hole that is bridged */
};

/* A tile that was seen: where its mark is, one tile's vectors there, its address modules. */
struct grow_tile {
	float x, y;
	float ax, ay;
	float bx, by;
	float score;
	int16_t i, j; /* place in the island, the seed is 0, 0 */
	uint8_t bits; /* address modules as seen in the island's orientation */
};

struct grow_work; /* nodes and queue, about 2.5 MB, for reuse */
size_t grow_work_bytes(void);

/*
 * The island around (x, y) of @m, whose tiles measure @l. Returns the number
 * of tiles, row by row.
 */
unsigned grow_island(struct grow_work *w, const struct pixel_image *m,
    const struct acquire_lattice *l, float x, float y, struct grow_tile ret[static GROW_MAX_TILES]);
