/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/acquire.h"
#include "backside/fft.h"
#include "backside/filter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	WINDOWS_X = 3,
	WINDOWS_Y = 4,
	BACKGROUND_RADIUS = 12, /* larger than a mark, smaller than a tile */
	LAG_MIN = 16,
	LAG_MAX = 105,
	LAG_SIDE = 110,
	LAG_FAR = 220, /* multiples of the pitch are followed this far */
	MAX_MULTIPLE = 5,
	MIN_WINDOW = 96, /* pixels of picture that a window must hold */
};

static const float LAG_NEAR_BEST = 0.72f; /* a shorter lag this good is the pitch itself */
static const float SEED_FIRST_ROW = 0.6f; /* sum over three marks, else not looked at further */
static const float SEED_MIN = 0.35f;      /* mean over nine */
static const float MARK_STD = 0.48f;      /* of the template: 9 of 25 black */

struct acquirer {
	struct fft_plan plan;
	struct fft_field field;
	float power[FFT_N][FFT_N];
	float mean[FFT_N][FFT_N];
	float tmp[FFT_N][FFT_N];
	float window[FFT_N];
	float lag[LAG_SIDE][LAG_SIDE];
};

/* One window into @out, less its background, under a Hann window. */
static void
window_load(
    struct acquirer *q, const struct pixel_image *m, int wx, int wy, float out[FFT_N][FFT_N])
{
	for (int y = 0; y < FFT_N; y++)
		for (int x = 0; x < FFT_N; x++) {
			bool in = wx + x < m->w && wy + y < m->h;
			out[y][x] = in ? m->p[(size_t)(wy + y) * m->stride + (size_t)(wx + x)]
				       : PIXEL_PAPER;
		}
	filter_mean(out[0], q->mean[0], q->tmp[0], FFT_N, FFT_N, BACKGROUND_RADIUS);
	for (int y = 0; y < FFT_N; y++)
		for (int x = 0; x < FFT_N; x++)
			out[y][x] = (out[y][x] - q->mean[y][x]) * q->window[y] * q->window[x];
}

static void
window_place(const struct pixel_image *m, int k, int *ret_x, int *ret_y)
{
	int rx = m->w > FFT_N ? m->w - FFT_N : 0;
	int ry = m->h > FFT_N ? m->h - FFT_N : 0;
	*ret_x = (int)((float)rx * (0.2f + 0.3f * (float)(k % WINDOWS_X)));
	*ret_y = (int)((float)ry * (0.14f + 0.24f * (float)(k / WINDOWS_X)));
}

/*
 * Two windows go through one transform, as real and imaginary part: what they
 * have in common is odd and falls out of the real part of the autocorrelation.
 */
static void
power_sum(struct acquirer *q, const struct pixel_image *m)
{
	for (int k = 0; k < WINDOWS_X * WINDOWS_Y; k += 2) {
		int x, y;
		window_place(m, k, &x, &y);
		window_load(q, m, x, y, q->field.re);
		window_place(m, k + 1, &x, &y);
		window_load(q, m, x, y, q->field.im);
		fft_forward(&q->plan, &q->field);
		for (int i = 0; i < FFT_N; i++)
			for (int j = 0; j < FFT_N; j++)
				q->power[i][j] += q->field.re[i][j] * q->field.re[i][j] +
				    q->field.im[i][j] * q->field.im[i][j];
	}
}

static float
correlation(const struct acquirer *q, int x, int y)
{
	return q->field.re[y & (FFT_N - 1)][x & (FFT_N - 1)];
}

/* How well a square lattice with the side (x, y) repeats. */
static float
lag_score(const struct acquirer *q, int x, int y)
{
	return correlation(q, x, y) + correlation(q, -y, x) +
	    0.5f * (correlation(q, x - y, x + y) + correlation(q, x + y, y - x));
}

static bool
lag_is_peak(const struct acquirer *q, int x, int y)
{
	for (int j = y - 1; j <= y + 1; j++)
		for (int i = x - 1; i <= x + 1; i++)
			if (i >= 0 && j >= 0 && i < LAG_SIDE && j < LAG_SIDE &&
			    q->lag[j][i] > q->lag[y][x])
				return false;
	return true;
}

static bool
lag_is_new(const struct acquire_lattice *l, unsigned n, int x, int y)
{
	for (unsigned i = 0; i < n; i++)
		if (fabsf(l[i].ax - (float)x) < 3 && fabsf(l[i].ay - (float)y) < 3)
			return false;
	return true;
}

/* The best peaks that are not in the list yet, best first; returns how many there are then. */
static unsigned
lag_find_more(const struct acquirer *q, struct acquire_lattice *l, unsigned n)
{
	for (; n < ACQUIRE_MAX_LATTICES; n++) {
		float best = 0;
		for (int y = 0; y < LAG_SIDE; y++)
			for (int x = 1; x < LAG_SIDE; x++)
				if (q->lag[y][x] > best && lag_is_peak(q, x, y) &&
				    lag_is_new(l, n, x, y)) {
					best = q->lag[y][x];
					l[n] = (struct acquire_lattice){ (float)x, (float)y };
				}
		if (best <= 0)
			break;
	}
	return n;
}

/* The shortest lag that is nearly as good as the best one. */
static bool
lag_find(struct acquirer *q, float *ret_x, float *ret_y)
{
	float best = 0;
	float shortest = 1e9f;
	for (int y = 0; y < LAG_SIDE; y++)
		for (int x = 1; x < LAG_SIDE; x++) {
			float r = hypotf((float)x, (float)y);
			if (r < LAG_MIN || r > LAG_MAX)
				continue;
			q->lag[y][x] = lag_score(q, x, y);
			best = q->lag[y][x] > best ? q->lag[y][x] : best;
		}
	if (best <= 0)
		return false;
	for (int y = 0; y < LAG_SIDE; y++)
		for (int x = 1; x < LAG_SIDE; x++) {
			float r = hypotf((float)x, (float)y);
			if (q->lag[y][x] < LAG_NEAR_BEST * best || r > shortest - 2 ||
			    !lag_is_peak(q, x, y))
				continue;
			shortest = r;
			*ret_x = (float)x;
			*ret_y = (float)y;
		}
	return shortest < 1e8f;
}

/* Where a parabola through three neighbours is highest: within a pixel, or they are no peak. */
static float
vertex(float l, float m, float r)
{
	float d = l - 2 * m + r;
	float t = d < 0 ? 0.5f * (l - r) / d : 0;
	return fminf(1, fmaxf(-1, t));
}

/* Move (x, y) to the highest correlation within @radius and between its neighbours. */
static float
peak_refine(const struct acquirer *q, float *x, float *y, int radius)
{
	int cx = (int)lrintf(*x);
	int cy = (int)lrintf(*y);
	int bx = cx;
	int by = cy;
	for (int j = cy - radius; j <= cy + radius; j++)
		for (int i = cx - radius; i <= cx + radius; i++)
			if (correlation(q, i, j) > correlation(q, bx, by)) {
				bx = i;
				by = j;
			}
	float m = correlation(q, bx, by);
	*x = (float)bx + vertex(correlation(q, bx - 1, by), m, correlation(q, bx + 1, by));
	*y = (float)by + vertex(correlation(q, bx, by - 1), m, correlation(q, bx, by + 1));
	return m;
}

/* Peaks further out tell the pitch more exactly. */
static void
lag_sharpen(const struct acquirer *q, struct acquire_lattice *l)
{
	float first = peak_refine(q, &l->ax, &l->ay, 1);
	for (int k = 2; k <= MAX_MULTIPLE; k++) {
		float n = (float)k;
		float x = l->ax * n, y = l->ay * n;
		float u = -l->ay * n, v = l->ax * n;
		if (hypotf(x, y) > LAG_FAR)
			break;
		if (peak_refine(q, &x, &y, 2) < 0.04f * first ||
		    peak_refine(q, &u, &v, 2) < 0.04f * first)
			break;
		l->ax = (x + v) / (2 * n);
		l->ay = (y - u) / (2 * n);
	}
}

static bool
lattice_is_legal(const struct acquire_lattice *l)
{
	float tile = hypotf(l->ax, l->ay);
	return tile >= ACQUIRE_MIN_TILE_PX && tile <= ACQUIRE_MAX_TILE_PX;
}

unsigned
acquire_lattices(struct arena *a, const struct pixel_image *m,
    struct acquire_lattice ret[static ACQUIRE_MAX_LATTICES])
{
	struct acquire_lattice found[ACQUIRE_MAX_LATTICES];
	unsigned n = 0;
	if (m->w < MIN_WINDOW || m->h < MIN_WINDOW)
		return 0;
	struct acquirer *q = arena_zero(a, sizeof(*q));
	fft_plan_init(&q->plan);
	for (int i = 0; i < FFT_N; i++)
		q->window[i] = 0.5f - 0.5f * (float)cos(2 * M_PI * i / FFT_N);
	power_sum(q, m);
	memcpy(q->field.re, q->power, sizeof(q->power));
	memset(q->field.im, 0, sizeof(q->field.im));
	fft_forward(&q->plan, &q->field);
	if (!lag_find(q, &found[0].ax, &found[0].ay))
		return 0;
	unsigned n_found = lag_find_more(q, found, 1);
	for (unsigned i = 0; i < n_found; i++) {
		lag_sharpen(q, &found[i]);
		if (lattice_is_legal(&found[i]))
			ret[n++] = found[i];
	}
	return n;
}

float
acquire_mark(const struct pixel_image *m, float x, float y, float ax, float ay, float bx, float by)
{
	float sum = 0, squares = 0, middle = 0;
	for (int j = -2; j <= 2; j++)
		for (int i = -2; i <= 2; i++) {
			float fi = (float)i, fj = (float)j;
			float v = pixel_at(m, x + fi * ax + fj * bx, y + fi * ay + fj * by);
			sum += v;
			squares += v * v;
			if (abs(i) <= 1 && abs(j) <= 1)
				middle += v;
		}
	float mean = sum / 25;
	float variance = squares / 25 - mean * mean;
	if (variance < 9) /* paper, or ink, or nothing */
		return 0;
	return (9 * mean - middle) / (25 * sqrtf(variance) * MARK_STD);
}

/* The mean of nine marks around (x, y), or 0 once the first row disappoints. */
static float
patch_score(const struct pixel_image *m, const struct acquire_lattice *l, float x, float y)
{
	float ax = l->ax / BACKSIDE_TILE, ay = l->ay / BACKSIDE_TILE;
	float sum = 0;
	for (int j = -1; j <= 1; j++) {
		for (int i = -1; i <= 1; i++) {
			float fi = (float)i, fj = (float)j;
			sum += acquire_mark(m, x + fi * l->ax - fj * l->ay,
			    y + fi * l->ay + fj * l->ax, ax, ay, -ay, ax);
		}
		if (j == -1 && sum < SEED_FIRST_ROW)
			return 0;
	}
	return sum / 9;
}

/* Every offset within one tile of (x, y), a pixel apart. */
static struct acquire_seed
patch_search(const struct pixel_image *m, const struct acquire_lattice *l, float x, float y)
{
	struct acquire_seed best = { 0 };
	int n = (int)ceilf(hypotf(l->ax, l->ay));
	for (int j = 0; j < n; j++)
		for (int i = 0; i < n; i++) {
			float fi = (float)i / (float)n, fj = (float)j / (float)n;
			float px = x + fi * l->ax - fj * l->ay;
			float py = y + fi * l->ay + fj * l->ax;
			float s = patch_score(m, l, px, py);
			if (s > best.score)
				best = (struct acquire_seed){ px, py, s };
		}
	return best;
}

static int
by_score(const void *a, const void *b)
{
	const struct acquire_seed *x = a;
	const struct acquire_seed *y = b;
	return (x->score < y->score) - (x->score > y->score);
}

unsigned
acquire_seeds(const struct pixel_image *m, const struct acquire_lattice *l, unsigned nx,
    unsigned ny, struct acquire_seed ret[static ACQUIRE_MAX_SEEDS])
{
	unsigned n = 0;
	for (unsigned k = 0; k < nx * ny && k < ACQUIRE_MAX_SEEDS; k++) {
		float x = (float)m->w * ((float)(k % nx) + 0.7f) / ((float)nx + 0.4f);
		float y = (float)m->h * ((float)(k / nx) + 0.7f) / ((float)ny + 0.4f);
		struct acquire_seed s = patch_search(m, l, x, y);
		if (s.score >= SEED_MIN)
			ret[n++] = s;
	}
	qsort(ret, n, sizeof(*ret), by_score);
	return n;
}
