/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far a value is to be trusted: amplitude and spread of each tile's known
 * modules, smoothed over the tiles around, and the contrast where it stands.
 */
#include "backside/ldpc.h"
#include "backside/soft.h"

#include <math.h>

static const float KNOWN_CLIP = 3, VALUE_CLIP = 2.5f, LLR_CLIP = 14;
static const float VARIANCE_MIN = 0.03f;
static const float TRUST = 0.9f;          /* neighbouring modules err together a little */
static const float CONTRAST_NONE = 0.22f; /* of the usual: below it a value says nothing */
static const float CONTRAST_SLOPE = 3;

struct moments {
	float mean;
	float square;
};

static struct moments
tile_moments(const struct soft_page *p, int col, int row)
{
	struct moments m = { 0 };
	for (int y = row * BACKSIDE_TILE; y < (row + 1) * BACKSIDE_TILE; y++)
		for (int x = col * BACKSIDE_TILE; x < (col + 1) * BACKSIDE_TILE; x++) {
			int id = y * SOFT_W + x;
			if (p->known[id] == TILEMAP_DATA)
				continue;
			float v = fminf(KNOWN_CLIP, fmaxf(-KNOWN_CLIP, p->value[id]));
			m.mean += p->known[id] == TILEMAP_BLACK ? -v : v;
			m.square += v * v;
		}
	m.mean /= TILEMAP_N_KNOWN;
	m.square /= TILEMAP_N_KNOWN;
	return m;
}

/* 2 a / sigma^2 of a tile, from itself and its neighbours. */
static float
tile_trust(const struct moments *all, int col, int row)
{
	static const float weight[3] = { 3, 0.7f, 0.3f }; /* itself, beside, across */
	float sum = 0, mean = 0, square = 0;
	for (int v = -1; v <= 1; v++)
		for (int u = -1; u <= 1; u++) {
			int c = col + u, r = row + v;
			if (c < 0 || r < 0 || c >= BACKSIDE_NX || r >= BACKSIDE_NY)
				continue;
			float k = weight[(u != 0) + (v != 0)];
			sum += k;
			mean += k * all[r * BACKSIDE_NX + c].mean;
			square += k * all[r * BACKSIDE_NX + c].square;
		}
	mean /= sum;
	float variance = fmaxf(VARIANCE_MIN, square / sum - mean * mean);
	return 2 * fmaxf(0, mean) / variance;
}

static int16_t
module_llr(const struct soft_page *p, int id, float trust)
{
	float c = (p->contrast[id] - CONTRAST_NONE) * CONTRAST_SLOPE;
	float v = fminf(VALUE_CLIP, fmaxf(-VALUE_CLIP, p->value[id]));
	v *= trust * TRUST * fminf(1, fmaxf(0, c));
	v = fminf(LLR_CLIP, fmaxf(-LLR_CLIP, v));
	return (int16_t)lrintf(v * LDPC_LLR_ONE);
}

void
soft_llr(struct soft_page *p, int16_t ret[static TILEMAP_N_DATA])
{
	struct moments m[TILEMAP_N_TILES];
	uint8_t place[TILEMAP_TILE_DATA];
	tilemap_data_places(place);
	for (int t = 0; t < TILEMAP_N_TILES; t++)
		m[t] = tile_moments(p, t % BACKSIDE_NX, t / BACKSIDE_NX);
	for (int t = 0; t < TILEMAP_N_TILES; t++) {
		int col = t % BACKSIDE_NX, row = t / BACKSIDE_NX;
		float trust = tile_trust(m, col, row);
		for (int k = 0; k < TILEMAP_TILE_DATA; k++) {
			int y = row * BACKSIDE_TILE + place[k] / BACKSIDE_TILE;
			int x = col * BACKSIDE_TILE + place[k] % BACKSIDE_TILE;
			*ret++ = module_llr(p, y * SOFT_W + x, trust);
		}
	}
}
