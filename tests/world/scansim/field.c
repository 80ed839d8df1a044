/* SPDX-License-Identifier: Apache-2.0 */
#include "field.h"

#include "base/mem.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TAPS = 129, NOISE_SUM = 4 };

struct field
field_new(int w, int h)
{
	return (struct field){ mem_zero_n((size_t)w * (size_t)h, sizeof(float)), w, h };
}

void
field_free(struct field *f)
{
	mem_free(f->p);
	f->p = NULL;
}

static int
clamp(int v, int n)
{
	v = v < 0 ? 0 : v;
	return v >= n ? n - 1 : v;
}

/* out = the sum of k[t] * in[t]; the kernel is symmetric. */
static void
rows_weigh(float *restrict out, float *const *in, int w, const float *k, int taps)
{
	int r = taps / 2;
	const float *restrict middle = in[r];
	for (int x = 0; x < w; x++)
		out[x] = k[r] * middle[x];
	for (int t = 0; t < r; t++) {
		const float *restrict a = in[t];
		const float *restrict b = in[taps - 1 - t];
		for (int x = 0; x < w; x++)
			out[x] += k[t] * (a[x] + b[x]);
	}
}

/* All columns, row by row, in place: a ring keeps the rows as they were. */
static void
columns_convolve(struct field *f, const float *k, int taps)
{
	int r = taps / 2;
	float *in[MAX_TAPS];
	size_t bytes = (size_t)f->w * sizeof(float);
	float *ring = mem_zero_n((size_t)taps, bytes);
	for (int y = -r; y < f->h; y++) {
		int next = y + r;
		if (next < f->h)
			memcpy(ring + (long)(next % taps) * f->w, field_row(f, next), bytes);
		for (int t = 0; t < taps && y >= 0; t++)
			in[t] = ring + (long)(clamp(y + t - r, f->h) % taps) * f->w;
		if (y >= 0)
			rows_weigh(field_row(f, y), in, f->w, k, taps);
	}
	mem_free(ring);
}

static void
convolve(struct field *f, const float *k, int taps)
{
	float *tmp = mem_zero_n((size_t)(f->w + taps), sizeof(*tmp));
	float *in[MAX_TAPS];
	int r = taps / 2;
	for (int t = 0; t < taps; t++)
		in[t] = tmp + t;
	for (int y = 0; y < f->h; y++) {
		float *row = field_row(f, y);
		for (int x = 0; x < r; x++) {
			tmp[x] = row[0];
			tmp[r + f->w + x] = row[f->w - 1];
		}
		memcpy(tmp + r, row, (size_t)f->w * sizeof(*row));
		rows_weigh(row, in, f->w, k, taps);
	}
	mem_free(tmp);
	columns_convolve(f, k, taps);
}

/* Half a kernel: [0] is its middle. Returns the number of entries. */
static int
gauss_half(double sigma, double k[static MAX_TAPS / 2 + 1])
{
	int r = sigma < 0.2 ? 0 : (int)ceil(3 * sigma);
	double sum = 0;
	r = r > MAX_TAPS / 2 ? MAX_TAPS / 2 : r;
	for (int i = 0; i <= r; i++) {
		k[i] = sigma < 0.2 ? 1 : exp(-i * i / (2 * sigma * sigma));
		sum += i ? 2 * k[i] : k[i];
	}
	for (int i = 0; i <= r; i++)
		k[i] /= sum;
	return r + 1;
}

/* Gaussian and box in one: kernels that follow one another are one kernel. */
void
field_soften(struct field *f, double sigma, double side)
{
	double g[MAX_TAPS / 2 + 1], box[MAX_TAPS / 2 + 1] = { 1 };
	float k[MAX_TAPS];
	double sum = 0;
	int n = gauss_half(sigma, g), m = 1;
	if (side > 1.01)
		for (m = 0; m <= MAX_TAPS / 4 && m - 0.5 < side / 2; m++) /* the last one in part */
			box[m] = fmin(1, side / 2 - m + 0.5) / side;
	int r = n + m - 2 > MAX_TAPS / 2 ? MAX_TAPS / 2 : n + m - 2;
	if (r == 0)
		return;
	for (int i = -r; i <= r; i++) {
		double v = 0;
		for (int j = 1 - m; j < m; j++)
			v += abs(i - j) < n ? box[abs(j)] * g[abs(i - j)] : 0;
		k[i + r] = (float)v;
		sum += v;
	}
	for (int i = 0; i <= 2 * r; i++)
		k[i] /= (float)sum;
	convolve(f, k, 2 * r + 1);
}

void
field_blur(struct field *f, double sigma)
{
	field_soften(f, sigma, 1);
}

void
field_disc(struct field *f, double x, double y, double r, float keep, float add)
{
	for (int j = (int)floor(y - r); j <= (int)ceil(y + r); j++)
		for (int i = (int)floor(x - r); i <= (int)ceil(x + r); i++) {
			if (i < 0 || j < 0 || i >= f->w || j >= f->h ||
			    (i - x) * (i - x) + (j - y) * (j - y) > r * r)
				continue;
			float *v = field_row(f, j) + i;
			*v = *v * keep + add;
		}
}

/* The pixels whose distance to the segment is less than half the width, each once. */
void
field_line(struct field *f, double x0, double y0, double x1, double y1, double width, float keep,
    float add)
{
	double dx = x1 - x0, dy = y1 - y0, len2 = dx * dx + dy * dy + 1e-9, r = width / 2;
	for (int j = (int)floor(fmin(y0, y1) - r); j <= (int)ceil(fmax(y0, y1) + r); j++)
		for (int i = (int)floor(fmin(x0, x1) - r); i <= (int)ceil(fmax(x0, x1) + r); i++) {
			if (i < 0 || j < 0 || i >= f->w || j >= f->h)
				continue;
			double t = ((i - x0) * dx + (j - y0) * dy) / len2;
			t = fmin(1, fmax(0, t));
			double ex = i - x0 - t * dx, ey = j - y0 - t * dy;
			if (ex * ex + ey * ey > r * r)
				continue;
			float *v = field_row(f, j) + i;
			*v = *v * keep + add;
		}
}

/* splitmix64 */
uint64_t
dice_next(struct dice *d)
{
	uint64_t v = d->state += 0x9e3779b97f4a7c15u;
	v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9u;
	v = (v ^ v >> 27) * 0x94d049bb133111ebu;
	return v ^ v >> 31;
}

double
dice_unit(struct dice *d)
{
	return (double)(dice_next(d) >> 11) * 0x1p-53;
}

double
dice_range(struct dice *d, double a, double b)
{
	return a + (b - a) * dice_unit(d);
}

double
dice_normal(struct dice *d)
{
	double u = dice_unit(d), v = dice_unit(d);
	return sqrt(-2 * log(u + 1e-300)) * cos(2 * M_PI * v);
}

double
dice_exponential(struct dice *d, double mean)
{
	return -mean * log(1 - dice_unit(d));
}

/* The tile's borders meet, so the blur goes around. */
static void
noise_smooth(struct noise *n, double sigma)
{
	int pad = (int)ceil(3 * sigma) + 1;
	int side = NOISE_SIDE + 2 * pad;
	struct field f = field_new(side, side);
	for (int y = 0; y < side; y++)
		for (int x = 0; x < side; x++)
			field_row(&f, y)[x] = noise_at(n, x - pad, y - pad);
	field_blur(&f, sigma);
	for (int y = 0; y < NOISE_SIDE; y++)
		memcpy(n->v[y], field_row(&f, y + pad) + pad, sizeof(n->v[y]));
	field_free(&f);
}

struct noise *
noise_new(struct dice *d, double sigma)
{
	struct noise *n = mem_zero(sizeof(*n));
	double sum = 0;
	for (int y = 0; y < NOISE_SIDE; y++)
		for (int x = 0; x < NOISE_SIDE; x++) {
			uint64_t bits = dice_next(d); /* four uniform values: nearly normal */
			int v = 0;
			for (int k = 0; k < NOISE_SUM; k++)
				v += (int)(bits >> 16 * k & 0xffff);
			n->v[y][x] = (float)(v - NOISE_SUM * 32768);
		}
	if (sigma >= 0.2)
		noise_smooth(n, sigma);
	for (int y = 0; y < NOISE_SIDE; y++)
		for (int x = 0; x < NOISE_SIDE; x++)
			sum += (double)(n->v[y][x] * n->v[y][x]);
	float k = (float)(1 / sqrt(sum / NOISE_SIDE / NOISE_SIDE));
	for (int y = 0; y < NOISE_SIDE; y++)
		for (int x = 0; x < NOISE_SIDE; x++)
			n->v[y][x] *= k;
	return n;
}
