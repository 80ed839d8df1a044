/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/fold.h"

#include <string.h>

enum {
	NEAR = 5,          /* half a crease's width, pixels: 0.8 mm in all */
	FAR = 14,          /* beside it the paper is judged from here ... */
	WIDE = 34,         /* ... to here */
	REACH = 16,        /* toner breaks so far from the line */
	DRIFT = 14,        /* from lane to lane a fold may move so much */
	LEAST_PIXELS = 60, /* of paper in a lane's row */
	DARKEST = 110      /* more than a tint: ink, or the bed */
};
/* A crease is a tenth darker in the simulator; noise of a row's mean is some 0.3. */
static const float LEAST_TINT = 4;

struct profile { /* of one lane, along the other axis */
	float sum;
	unsigned n;
};

struct search {
	struct profile lying[FOLD_LANES_X][FRONT_H + 1], upright[FOLD_LANES_Y][FRONT_W + 1];
	float tint[FRONT_H];
	uint8_t near_ink[FRONT_H][FRONT_ROW_BYTES];
};

/* The front's ink grown by some three pixels. */
static void
grow(const uint8_t *front, struct search *w)
{
	const int reach = 3;
	for (int y = 0; y < FRONT_H; y++)
		for (int k = -reach; k <= reach; k++) {
			if (y + k < 0 || y + k >= FRONT_H)
				continue;
			const uint8_t *s = front + (size_t)(y + k) * FRONT_ROW_BYTES;
			uint8_t *d = w->near_ink[y];
			for (unsigned b = 0; b < FRONT_ROW_BYTES; b++) {
				unsigned v = (b ? (unsigned)s[b - 1] : 0) << 16 |
				    (unsigned)s[b] << 8 | (b + 1 < FRONT_ROW_BYTES ? s[b + 1] : 0u);
				v |= v << 1 | v >> 1;
				d[b] |= (uint8_t)((v | v << 2 | v >> 2) >> 8);
			}
		}
}

static void
collect(const int16_t *darkness, struct search *w)
{
	for (unsigned y = 0; y < FRONT_H; y++) {
		struct profile *across = w->upright[y / FOLD_LANE_H];
		const int16_t *d = darkness + (size_t)y * FRONT_W;
		for (unsigned lane = 0; lane < FOLD_LANES_X; lane++) {
			struct profile *along = &w->lying[lane][y];
			for (unsigned x = lane * FOLD_LANE_W; x < (lane + 1) * FOLD_LANE_W; x++) {
				if (d[x] > DARKEST || (w->near_ink[y][x / 8] & 0x80 >> (x & 7)))
					continue;
				along->sum += d[x];
				along->n++;
				across[x].sum += d[x];
				across[x].n++;
			}
		}
	}
}

/* Mean of the rows from @from to @to; false where there is too little paper. */
static bool
mean_of(const struct profile *p, int from, int to, int n, float *ret)
{
	float sum = 0;
	unsigned seen = 0;
	for (int i = from < 0 ? 0 : from; i <= to && i < n; i++) {
		sum += p[i].sum;
		seen += p[i].n;
	}
	*ret = seen > 0 ? sum / (float)seen : 0;
	return seen >= LEAST_PIXELS * (unsigned)(to - from + 1) / 2;
}

/* How much darker each line is than both sides of it; 0 where it is not. */
static void
tint_of(const struct profile *p, int n, float *ret)
{
	for (int i = 0; i < n; i++) {
		float here, before, behind;
		ret[i] = 0;
		if (!mean_of(p, i - NEAR, i + NEAR, n, &here) ||
		    !mean_of(p, i - WIDE, i - FAR, n, &before) ||
		    !mean_of(p, i + FAR, i + WIDE, n, &behind))
			continue;
		float less = here - (before > behind ? before : behind);
		ret[i] = less > 0 ? less : 0;
	}
}

/* The lane's best lines, each the darkest of its neighbourhood. */
static void
peaks_of(const struct profile *p, int n, float *tint, uint8_t *ret)
{
	tint_of(p, n, tint);
	for (int i = 0; i < n; i++) {
		bool top = tint[i] >= LEAST_TINT;
		for (int k = i - FAR; top && k <= i + FAR; k++)
			top =
			    k < 0 || k >= n || tint[k] < tint[i] || (tint[k] == tint[i] && k <= i);
		ret[i] = top;
	}
}

/* Where the lane beside has its line; -1 when none is near. */
static int
follow(const uint8_t *lane, int at, int n)
{
	for (int k = 0; k <= DRIFT; k++) {
		if (at + k < n && lane[at + k])
			return at + k;
		if (at - k >= 0 && lane[at - k])
			return at - k;
	}
	return -1;
}

/* Keeps what goes through nearly all lanes, and widens it to the reach of broken toner. */
static unsigned
join_lanes(const uint8_t *peaks, int lanes, int n, uint8_t *ret)
{
	unsigned found = 0;
	for (int lane = 0; lane < lanes; lane++)
		for (int i = 0; i < n; i++) {
			if (!peaks[lane * n + i])
				continue;
			int seen = 1;
			for (int way = -1; way <= 1; way += 2) {
				int at = i;
				for (int k = lane + way; k >= 0 && k < lanes; k += way) {
					int next = follow(peaks + k * n, at, n);
					seen += next >= 0;
					at = next >= 0 ? next : at;
				}
			}
			if (seen < lanes - 1)
				continue;
			found++;
			for (int k = i - REACH; k <= i + REACH; k++)
				if (k >= 0 && k < n)
					ret[lane * n + k] = 1;
		}
	return found;
}

void
folds_find(struct arena *a, const int16_t *darkness, const uint8_t *front, struct folds *ret)
{
	struct search *w = arena_zero(a, sizeof(*w));
	uint8_t *lying = arena_zero_n(a, FOLD_LANES_X, FRONT_H);
	uint8_t *upright = arena_zero_n(a, FOLD_LANES_Y, FRONT_W);
	memset(ret, 0, sizeof(*ret));
	grow(front, w);
	collect(darkness, w);
	for (size_t i = 0; i < FOLD_LANES_X; i++)
		peaks_of(w->lying[i], FRONT_H, w->tint, lying + i * FRONT_H);
	for (size_t i = 0; i < FOLD_LANES_Y; i++)
		peaks_of(w->upright[i], FRONT_W, w->tint, upright + i * FRONT_W);
	ret->n_lanes = join_lanes(lying, FOLD_LANES_X, FRONT_H, ret->lying[0]);
	ret->n_lanes += join_lanes(upright, FOLD_LANES_Y, FRONT_W, ret->upright[0]);
}
