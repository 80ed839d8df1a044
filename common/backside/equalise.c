/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Least squares: 25 taps around a module, two local means and a constant,
 * trained on the modules that are known and on a share of confident decisions.
 * Sheets do not lie flat: each region of the page learns from itself, somewhat
 * from the regions around and a little from the whole, and between the middles
 * of the regions the taps go over into one another.
 */
#include "backside/soft.h"
#include "backside/solve.h"

#include <math.h>
#include <string.h>

enum {
	N_TAPS = SOFT_TAPS * SOFT_TAPS,
	F_MEAN = N_TAPS, /* features after the taps */
	F_MIDDLE,
	F_ONE,
	N_FEATURES = SOFT_FEATURES,
	STRIDE = 32, /* N_FEATURES, rounded up for vectors */
	PASSES = 2,
	ONE = 30, /* the constant feature, of the size of the others */
};

/* Samples that the whole page counts for in each region. */
static const double PRIOR_SAMPLES = 300;
static const float CONTRAST_NONE = 0.15f; /* of the usual: nothing is to be learned there */

struct trainer {
	float a[N_FEATURES][STRIDE]; /* sums of a region's part of one row of modules */
	float b[STRIDE];
	float threshold; /* below it a decision teaches nothing */
	uint32_t state;
};

/* The greys with a border, so that the window may hang over. */
static void
pad_fill(struct soft_page *p)
{
	for (int y = 0; y < SOFT_PAD_H; y++) {
		int from = y < SOFT_PAD ? 0 : y - SOFT_PAD;
		from = from >= SOFT_H ? SOFT_H - 1 : from;
		bool inside = from == y - SOFT_PAD;
		const float *row = (inside ? p->grey : p->middle) + from * SOFT_W;
		memcpy(p->pad[y] + SOFT_PAD, row, SOFT_W * sizeof(*row));
		for (int k = 0; k < SOFT_PAD; k++) {
			p->pad[y][k] = p->middle[from * SOFT_W];
			p->pad[y][SOFT_PAD + SOFT_W + k] = p->middle[from * SOFT_W + SOFT_W - 1];
		}
	}
}

static void
features_at(const struct soft_page *p, int x, int y, float f[static STRIDE])
{
	float middle = p->middle[y * SOFT_W + x];
	int k = 0;
	for (int v = 0; v < SOFT_TAPS; v++)
		for (int u = 0; u < SOFT_TAPS; u++)
			f[k++] = p->pad[y + v][x + u] - middle;
	f[F_MEAN] = p->mean[y * SOFT_W + x] - middle;
	f[F_MIDDLE] = middle - 128;
	f[F_ONE] = ONE;
}

/* What module @id should become, or 0 when it is not to be learned from. */
static float
teacher(struct trainer *t, const struct soft_page *p, int id)
{
	t->state = t->state * 1664525u + 1013904223u;
	unsigned draw = t->state >> 28; /* half of the known ones, a sixteenth of the others */
	if (p->contrast[id] < CONTRAST_NONE)
		return 0;
	if (p->known[id] != TILEMAP_DATA && draw < 8)
		return p->known[id] == TILEMAP_BLACK ? -1.0f : 1.0f;
	if (p->known[id] != TILEMAP_DATA || draw > 0 || fabsf(p->value[id]) < t->threshold)
		return 0;
	return p->value[id] > 0 ? 1.0f : -1.0f;
}

static void
learn(struct trainer *t, const float *f, float want)
{
	for (int i = 0; i < N_FEATURES; i++)
		for (int k = 0; k < STRIDE; k++)
			t->a[i][k] += f[i] * f[k];
	for (int k = 0; k < STRIDE; k++)
		t->b[k] += f[k] * want;
}

static int
region_start(int region, int regions, int modules)
{
	return region * modules / regions;
}

static void
learn_row(
    struct trainer *t, const struct soft_page *p, int y, int from, int to, struct soft_normal *sum)
{
	float f[STRIDE] = { 0 };
	memset(t->a, 0, sizeof(t->a));
	memset(t->b, 0, sizeof(t->b));
	for (int x = from; x < to; x++) {
		float want = teacher(t, p, y * SOFT_W + x);
		if (want == 0)
			continue;
		features_at(p, x, y, f);
		learn(t, f, want);
	}
	for (int i = 0; i < N_FEATURES; i++) {
		for (int k = 0; k < N_FEATURES; k++)
			sum->a[i * N_FEATURES + k] += (double)t->a[i][k];
		sum->b[i] += (double)t->b[i];
	}
}

static void
normal_add(struct soft_normal *sum, const struct soft_normal *n, double weight)
{
	for (int i = 0; i < N_FEATURES * N_FEATURES; i++)
		sum->a[i] += weight * n->a[i];
	for (int i = 0; i < N_FEATURES; i++)
		sum->b[i] += weight * n->b[i];
}

static double
normal_samples(const struct soft_normal *n)
{
	return n->a[F_ONE * N_FEATURES + F_ONE] / (ONE * ONE);
}

/* The region, its neighbours, and a little of the whole. */
static bool
region_solve(const struct soft_page *p, const struct soft_normal *whole, int rx, int ry, float *ret)
{
	static const double weight[3] = { 1, 0.4, 0.16 }; /* itself, beside, across */
	struct soft_normal n = { 0 };
	for (int y = ry - 1; y <= ry + 1; y++)
		for (int x = rx - 1; x <= rx + 1; x++)
			if (x >= 0 && y >= 0 && x < SOFT_REGIONS_X && y < SOFT_REGIONS_Y)
				normal_add(&n, &p->normal[y][x], weight[(x != rx) + (y != ry)]);
	normal_add(&n, whole, PRIOR_SAMPLES / (normal_samples(whole) + 1));
	for (int i = 0; i < N_FEATURES; i++) {
		double *d = &n.a[i * N_FEATURES + i];
		*d = *d * 1.0001 + 1;
	}
	if (!solve_linear(n.a, n.b, N_FEATURES))
		return false;
	for (int i = 0; i < N_FEATURES; i++)
		ret[i] = (float)n.b[i];
	return true;
}

static bool
train(struct trainer *t, struct soft_page *p)
{
	struct soft_normal whole = { 0 };
	memset(p->normal, 0, sizeof(p->normal));
	t->state = 1;
	for (int y = 0; y < SOFT_H; y++)
		for (int rx = 0; rx < SOFT_REGIONS_X; rx++)
			learn_row(t, p, y, region_start(rx, SOFT_REGIONS_X, SOFT_W),
			    region_start(rx + 1, SOFT_REGIONS_X, SOFT_W),
			    &p->normal[y * SOFT_REGIONS_Y / SOFT_H][rx]);
	for (int r = 0; r < SOFT_REGIONS_X * SOFT_REGIONS_Y; r++)
		normal_add(&whole, &p->normal[r / SOFT_REGIONS_X][r % SOFT_REGIONS_X], 1);
	for (int r = 0; r < SOFT_REGIONS_X * SOFT_REGIONS_Y; r++)
		if (!region_solve(p, &whole, r % SOFT_REGIONS_X, r / SOFT_REGIONS_X,
			p->taps[r / SOFT_REGIONS_X][r % SOFT_REGIONS_X]))
			return false;
	return true;
}

/* Where a tile's middle lies between the regions' middles. */
static float
region_between(int tile, int tiles, int regions, int *ret)
{
	float at = ((float)tile + 0.5f) * (float)regions / (float)tiles - 0.5f;
	int i = at < 0 ? 0 : (int)at;
	i = i > regions - 2 ? regions - 2 : i;
	at -= (float)i;
	*ret = i;
	at = at < 0 ? 0 : at;
	return at > 1 ? 1 : at;
}

static void
tile_taps(const struct soft_page *p, int col, int row, float w[static N_FEATURES])
{
	int rx, ry;
	float u = region_between(col, BACKSIDE_NX, SOFT_REGIONS_X, &rx);
	float v = region_between(row, BACKSIDE_NY, SOFT_REGIONS_Y, &ry);
	for (int i = 0; i < N_FEATURES; i++) {
		float top = p->taps[ry][rx][i] + u * (p->taps[ry][rx + 1][i] - p->taps[ry][rx][i]);
		float low = p->taps[ry + 1][rx][i] +
		    u * (p->taps[ry + 1][rx + 1][i] - p->taps[ry + 1][rx][i]);
		w[i] = top + v * (low - top);
	}
}

static void
tap_add(float *restrict out, const float *restrict in, float weight)
{
	for (int x = 0; x < BACKSIDE_TILE; x++)
		out[x] += weight * in[x];
}

/* One tile's part of row @y, which starts at column @x. */
static void
apply_part(struct soft_page *p, const float *w, float tap_sum, int x, int y)
{
	float out[BACKSIDE_TILE];
	const float *restrict middle = p->middle + y * SOFT_W + x;
	const float *restrict mean = p->mean + y * SOFT_W + x;
	for (int i = 0; i < BACKSIDE_TILE; i++)
		out[i] = w[F_MEAN] * (mean[i] - middle[i]) + w[F_MIDDLE] * (middle[i] - 128) +
		    w[F_ONE] * ONE - tap_sum * middle[i];
	for (int v = 0; v < SOFT_TAPS; v++)
		for (int u = 0; u < SOFT_TAPS; u++)
			tap_add(out, p->pad[y + v] + x + u, w[v * SOFT_TAPS + u]);
	memcpy(p->value + y * SOFT_W + x, out, sizeof(out));
}

static void
apply(struct soft_page *p)
{
	for (int row = 0; row < BACKSIDE_NY; row++)
		for (int col = 0; col < BACKSIDE_NX; col++) {
			float w[N_FEATURES], tap_sum = 0;
			tile_taps(p, col, row, w);
			for (int i = 0; i < N_TAPS; i++)
				tap_sum += w[i];
			for (int y = 0; y < BACKSIDE_TILE; y++)
				apply_part(
				    p, w, tap_sum, col * BACKSIDE_TILE, row * BACKSIDE_TILE + y);
		}
}

void
soft_equalise(struct soft_page *p)
{
	struct trainer t = { 0 };
	double size = 0;
	pad_fill(p);
	for (int i = 0; i < SOFT_N; i++) {
		p->value[i] = p->grey[i] - p->middle[i];
		size += fabs((double)p->value[i]);
	}
	size = size / SOFT_N + 1e-3;
	t.threshold = 0.5f * (float)size;
	for (int pass = 0; pass < PASSES; pass++) {
		if (!train(&t, p))
			break;
		apply(p);
		t.threshold = 0.25f;
	}
}
