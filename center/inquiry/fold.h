/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fold - where a sheet was folded: lines from edge to edge, upright or lying,
 * along which the paper is a little darker than on both sides. Toner breaks off
 * there, so missing ink says less.
 */
#pragma once
#include "center/inquiry/register.h"

enum {
	FOLD_LANES_X = 5, /* a fold's place is looked for in lanes: it need not be quite straight */
	FOLD_LANES_Y = 7,
	FOLD_LANE_W = FRONT_W / FOLD_LANES_X,
	FOLD_LANE_H = (FRONT_H + FOLD_LANES_Y - 1) / FOLD_LANES_Y
};
struct folds {
	uint8_t lying[FOLD_LANES_X][FRONT_H];   /* 1: row y of that lane is in a fold */
	uint8_t upright[FOLD_LANES_Y][FRONT_W]; /* 1: column x of that lane is */
	unsigned n_lanes;                       /* in which one was seen */
};
/*
 * @darkness: FRONT_W x FRONT_H, 0 paper .. 256 ink. @front: ink that is not
 * looked at, nor what lies within three pixels of it.
 */
void folds_find(struct arena *a, const int16_t *darkness, const uint8_t *front, struct folds *ret);
static inline bool
folds_at(const struct folds *f, unsigned x, unsigned y)
{
	return f->lying[x / FOLD_LANE_W][y] | f->upright[y / FOLD_LANE_H][x];
}
