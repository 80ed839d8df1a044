/* SPDX-License-Identifier: Apache-2.0 */
/* locate - which tiles of the page the islands are, and a position for every tile. */
#pragma once
#include "backside/grow.h"
#include "backside/tilemap.h"

/* The page's marks in the picture, row by row. */
struct locate_grid {
	float x[TILEMAP_N_TILES];
	float y[TILEMAP_N_TILES];
	float score[TILEMAP_N_TILES]; /* 0 where the position is only computed */
	unsigned found;
	enum backside_rate rate;
	bool mirrored;
};

/*
 * How the page lies: (x0, y0) is tile 0, 0; a step to the right is (ax, ay), one
 * down (bx, by). Returns false without enough marks.
 */
struct locate_pose {
	double x0, y0, ax, ay, bx, by;
};
bool locate_pose_of(const struct locate_grid *g, struct locate_pose *ret);

struct locate_work;
size_t locate_work_bytes(void);
/* Makes the votes' tables; @g becomes empty. */
void locate_init(struct locate_work *w, struct locate_grid *g);

/*
 * Put the @n tiles of an island to their places. The first island decides
 * rate and mirroring, later ones must agree with what is there; of @t only
 * tiles that are new to @g stay. Tiles whose addresses disagree with their
 * places, as on the far side of a tear, are left out. Returns false, and
 * leaves @g as it was, when the addresses name no place.
 */
bool locate_island(struct locate_work *w, struct grow_tile *t, unsigned n, struct locate_grid *g);

/* Is a mark known within @tile_px of (x, y)? */
bool locate_is_known(const struct locate_grid *g, float x, float y, float tile_px);

/*
 * Drop marks that do not fit their neighbours and compute those that are
 * missing. Returns false when too few are left.
 */
bool locate_fill(struct locate_work *w, struct locate_grid *g);
