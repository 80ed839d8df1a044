/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/pixel.h"

static void
reduce_row(const struct pixel_image *src, int factor, int y, uint32_t *sum, uint8_t *out, int w)
{
	unsigned area = (unsigned)(factor * factor);
	for (int x = 0; x < w; x++)
		sum[x] = area / 2;
	for (int k = 0; k < factor; k++) {
		const uint8_t *p = src->p + (size_t)(y * factor + k) * src->stride;
		for (int x = 0; x < w; x++)
			for (int i = 0; i < factor; i++)
				sum[x] += *p++;
	}
	for (int x = 0; x < w; x++)
		out[x] = (uint8_t)(sum[x] / area);
}

struct pixel_image
pixel_reduce(struct arena *a, const struct pixel_image *src, int factor)
{
	if (factor <= 1)
		return *src;
	struct pixel_image m = { .w = src->w / factor, .h = src->h / factor };
	uint8_t *p = arena_zero_n(a, (size_t)m.w, (size_t)m.h);
	uint32_t *sum = arena_zero_n(a, (size_t)m.w, sizeof(*sum));
	for (int y = 0; y < m.h; y++)
		reduce_row(src, factor, y, sum, p + (size_t)y * (size_t)m.w, m.w);
	m.p = p;
	m.stride = (size_t)m.w;
	return m;
}
