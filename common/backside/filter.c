/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/filter.h"

#include <string.h>

/* Running sums in single precision drift by far less than one grey over a page. */
static void
mean_row(const float *in, float *out, int w, int radius)
{
	float sum = 0;
	int n = 0;
	for (; n < radius && n < w; n++)
		sum += in[n];
	for (int x = 0; x < w; x++) {
		if (x + radius < w) {
			sum += in[x + radius];
			n++;
		}
		if (x - radius - 1 >= 0) {
			sum -= in[x - radius - 1];
			n--;
		}
		out[x] = sum / (float)n;
	}
}

static void
row_add(float *restrict sum, const float *restrict row, float factor, int w)
{
	for (int x = 0; x < w; x++)
		sum[x] += factor * row[x];
}

void
filter_mean(const float *in, float *out, float *tmp, int w, int h, int radius)
{
	float sum[FILTER_MAX_W] = { 0 };
	int n = 0;
	for (int y = 0; y < h; y++)
		mean_row(in + y * w, tmp + y * w, w, radius);
	for (; n < radius && n < h; n++)
		row_add(sum, tmp + n * w, 1, w);
	for (int y = 0; y < h; y++) {
		if (y + radius < h) {
			row_add(sum, tmp + (y + radius) * w, 1, w);
			n++;
		}
		if (y - radius - 1 >= 0) {
			row_add(sum, tmp + (y - radius - 1) * w, -1, w);
			n--;
		}
		for (int x = 0; x < w; x++)
			out[y * w + x] = sum[x] / (float)n;
	}
}

static void
row_min(float *restrict acc, const float *restrict row, int w)
{
	for (int x = 0; x < w; x++)
		acc[x] = row[x] < acc[x] ? row[x] : acc[x];
}

static void
row_max(float *restrict acc, const float *restrict row, int w)
{
	for (int x = 0; x < w; x++)
		acc[x] = row[x] > acc[x] ? row[x] : acc[x];
}

/* One side of the window: @pick is row_min or row_max. The border value repeats. */
static void
extreme(const float *in, float *out, float *tmp, int w, int h, int radius,
    void (*pick)(float *restrict, const float *restrict, int))
{
	float line[FILTER_MAX_W + 2 * FILTER_MAX_RADIUS];
	for (int y = 0; y < h; y++) {
		const float *p = in + y * w;
		memcpy(line + radius, p, (size_t)w * sizeof(*line));
		for (int k = 0; k < radius; k++) {
			line[k] = p[0];
			line[radius + w + k] = p[w - 1];
		}
		memcpy(tmp + y * w, p, (size_t)w * sizeof(*tmp));
		for (int k = 0; k <= 2 * radius; k++)
			pick(tmp + y * w, line + k, w);
	}
	for (int y = 0; y < h; y++) {
		memcpy(out + y * w, tmp + y * w, (size_t)w * sizeof(*out));
		for (int k = y - radius; k <= y + radius; k++)
			if (k >= 0 && k < h)
				pick(out + y * w, tmp + k * w, w);
	}
}

void
filter_extremes(const float *in, float *low, float *high, float *tmp, int w, int h, int radius)
{
	extreme(in, low, tmp, w, h, radius, row_min);
	extreme(in, high, tmp, w, h, radius, row_max);
}
