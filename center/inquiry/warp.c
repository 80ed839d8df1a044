/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/warp.h"

#include <math.h>

enum { FRACTION = 16, ONE = 1 << FRACTION };

/* Out of this range no scan has pixels, and what follows cannot overflow. */
static int64_t
fixed(double v)
{
	const double most = 1e6;
	return (int64_t)((v > most ? most : v < -most ? -most : v) * ONE);
}

unsigned
warp_line(
    const struct scan_image *s, double x, double y, double dx, double dy, unsigned n, uint8_t *out)
{
	int64_t px = fixed(x);
	int64_t py = fixed(y);
	const int64_t sx = fixed(dx);
	const int64_t sy = fixed(dy);
	const uint64_t w = s->w - 1;
	const uint64_t h = s->h - 1;
	unsigned outside = 0;
	for (unsigned i = 0; i < n; i++, px += sx, py += sy) {
		uint64_t ix = (uint64_t)(px >> FRACTION); /* below 0: beyond every width */
		uint64_t iy = (uint64_t)(py >> FRACTION);
		if (ix >= w || iy >= h) {
			out[i] = WARP_OUTSIDE;
			outside++;
			continue;
		}
		const uint8_t *q = s->p + iy * s->stride + ix;
		int u = (int)(px >> (FRACTION - 8)) & 255;
		int v = (int)(py >> (FRACTION - 8)) & 255;
		int top = q[0] * 256 + (q[1] - q[0]) * u;
		q += s->stride;
		int low = q[0] * 256 + (q[1] - q[0]) * u;
		out[i] = (uint8_t)((top * 256 + (low - top) * v) >> 16);
	}
	return outside;
}

uint8_t *
warp_page(struct arena *a, const struct scan_image *s, const struct affine *m, unsigned shrink)
{
	unsigned w = FRONT_W / shrink;
	unsigned h = FRONT_H / shrink;
	uint8_t *out = arena_zero(a, (size_t)w * h);
	for (unsigned y = 0; y < h; y++) {
		double x0;
		double y0;
		affine_apply(m, 0.5 * shrink, (y + 0.5) * shrink, &x0, &y0);
		(void)warp_line(s, x0, y0, m->a * shrink, m->d * shrink, w, out + (size_t)y * w);
	}
	return out;
}

struct scan_image
warp_halve(struct arena *a, const struct scan_image *s)
{
	unsigned w = s->w / 2;
	unsigned h = s->h / 2;
	uint8_t *out = arena_zero(a, (size_t)w * h);
	for (unsigned y = 0; y < h; y++) {
		const uint8_t *q = s->p + (size_t)(2 * y) * s->stride;
		const uint8_t *n = q + s->stride;
		uint8_t *o = out + (size_t)y * w;
		for (unsigned x = 0; x < w; x++)
			o[x] = (uint8_t)((q[2 * x] + q[2 * x + 1] + n[2 * x] + n[2 * x + 1]) / 4);
	}
	return (struct scan_image){ out, w, h, w };
}

unsigned
warp_paper_grey(const struct scan_image *s)
{
	unsigned count[256] = { 0 };
	unsigned seen = 0;
	for (unsigned y = 0; y < s->h; y += 7)
		for (unsigned x = 0; x < s->w; x += 7, seen++)
			count[s->p[(size_t)y * s->stride + x]]++;
	unsigned below = 0;
	unsigned v = 0;
	while (v < 255 && (below += count[v]) < seen - seen / 4)
		v++;
	return v;
}
