/* SPDX-License-Identifier: Apache-2.0 */
/*
 * soft - from a picture and the marks' positions to a soft value a data module.
 *
 * Per round: soft_sample(), soft_equalise(), soft_llr(); before another round
 * soft_align() finds small shifts from what was read so far.
 */
#pragma once
#include "backside/locate.h"

enum {
	SOFT_W = BACKSIDE_COLS,
	SOFT_H = BACKSIDE_ROWS,
	SOFT_N = SOFT_W * SOFT_H,
	SOFT_TAPS = 5, /* the equaliser's window, across and down */
	SOFT_PAD = SOFT_TAPS / 2,
	SOFT_PAD_W = SOFT_W + 2 * SOFT_PAD,
	SOFT_PAD_H = SOFT_H + 2 * SOFT_PAD,
	SOFT_MIN_BLOCK = 4, /* of the shifts, in modules */
	SOFT_MAX_SHIFTS = SOFT_N / (SOFT_MIN_BLOCK * SOFT_MIN_BLOCK),
	SOFT_MAX_ROUNDS = 4,
	SOFT_REGIONS_X = 6, /* parts of the page that learn an equaliser of their own */
	SOFT_REGIONS_Y = 8,
	SOFT_FEATURES = SOFT_TAPS * SOFT_TAPS + 3,
};

/* Normal equations of the least squares. */
struct soft_normal {
	double a[SOFT_FEATURES * SOFT_FEATURES];
	double b[SOFT_FEATURES];
};

struct soft_shift {
	float x; /* modules, along the page's own axes */
	float y;
};

struct soft_page {
	uint8_t known[SOFT_N];  /* enum tilemap_cell */
	float grey[SOFT_N];     /* as sampled */
	float middle[SOFT_N];   /* local middle between black and white */
	float mean[SOFT_N];     /* local mean */
	float contrast[SOFT_N]; /* 1 = as the page usually has */
	float value[SOFT_N];    /* equalised: about +1 white, -1 black */
	float tmp[SOFT_N];
	float pad[SOFT_PAD_H][SOFT_PAD_W];
	struct soft_shift shift[SOFT_MAX_SHIFTS];
	struct soft_shift next[SOFT_MAX_SHIFTS];
	struct soft_shift after[SOFT_MAX_SHIFTS];
	float weight[SOFT_MAX_SHIFTS];
	struct soft_normal normal[SOFT_REGIONS_Y][SOFT_REGIONS_X];
	float taps[SOFT_REGIONS_Y][SOFT_REGIONS_X][SOFT_FEATURES];
	int block; /* modules a shift holds for, 0: there are none */
};

void soft_init(struct soft_page *p, enum backside_rate rate);
void soft_sample(struct soft_page *p, const struct pixel_image *m, const struct locate_grid *g);
void soft_equalise(struct soft_page *p);
/* @round: 0 for the first; later ones use smaller blocks. */
void soft_align(struct soft_page *p, unsigned round);
/* One value a data module, tile by tile, in 1/LDPC_LLR_ONE, positive for white. */
void soft_llr(struct soft_page *p, int16_t ret[static TILEMAP_N_DATA]);

/* What is known or decided of a module: +1 white, -1 black, between where unsure. */
static inline float
soft_decision(const struct soft_page *p, int id)
{
	if (p->known[id] != TILEMAP_DATA)
		return p->known[id] == TILEMAP_BLACK ? -1.0f : 1.0f;
	float v = p->value[id];
	v = v > 1 ? 1 : v;
	return v < -1 ? -1 : v;
}
