/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the modules' greys, and the black and white that is usual around each. */
#include "backside/filter.h"
#include "backside/soft.h"

#include <math.h>
#include <string.h>

enum {
	EXTREME_RADIUS = 3, /* a window that holds black and white */
	MEAN_RADIUS = 4,
	SMOOTH_RADIUS = 2,
	CONTRAST_SKIP = 5,
	CONTRAST_MIN = 4,
};

static const float SPOT = 0.22f; /* four samples stand this far from a module's middle */

static void
known_tile(uint8_t *out, const struct tilemap_blank *blank, uint8_t address)
{
	for (unsigned y = 0; y < BACKSIDE_TILE; y++)
		memcpy(out + y * SOFT_W, blank->cell + y * BACKSIDE_TILE, BACKSIDE_TILE);
	for (unsigned k = 0; k < TILEMAP_N_ADDRESS; k++) {
		unsigned at = blank->address[k];
		if (address >> k & 1)
			out[at / BACKSIDE_TILE * SOFT_W + at % BACKSIDE_TILE] = TILEMAP_BLACK;
	}
}

void
soft_init(struct soft_page *p, enum backside_rate rate)
{
	struct tilemap_blank blank;
	tilemap_blank_init(&blank);
	for (unsigned r = 0; r < BACKSIDE_NY; r++)
		for (unsigned c = 0; c < BACKSIDE_NX; c++)
			known_tile(
			    p->known + (size_t)r * BACKSIDE_TILE * SOFT_W + c * BACKSIDE_TILE,
			    &blank, tilemap_address(r, c, rate));
	p->block = 0;
}

static int
clamp_int(int v, int low, int high)
{
	v = v < low ? low : v;
	return v > high ? high : v;
}

static float
clamp_unit(float v)
{
	v = v < 0 ? 0 : v;
	return v > 1 ? 1 : v;
}

/* The shift at a module, between those of the four blocks around. */
static struct soft_shift
shift_at(const struct soft_page *p, float x, float y)
{
	int w = SOFT_W / p->block, h = SOFT_H / p->block;
	float u = x / (float)p->block - 0.5f, v = y / (float)p->block - 0.5f;
	int i = clamp_int((int)floorf(u), 0, w - 2), j = clamp_int((int)floorf(v), 0, h - 2);
	float fu = clamp_unit(u - (float)i), fv = clamp_unit(v - (float)j);
	const struct soft_shift *a = &p->shift[j * w + i];
	const struct soft_shift *b = a + w;
	float top = a[0].x + (a[1].x - a[0].x) * fu, low = b[0].x + (b[1].x - b[0].x) * fu;
	float left = a[0].y + (a[1].y - a[0].y) * fu, right = b[0].y + (b[1].y - b[0].y) * fu;
	return (struct soft_shift){ top + (low - top) * fv, left + (right - left) * fv };
}

/* Where module coordinates (x, y) lie between four marks. */
static float
module_grey(const struct pixel_image *m, const struct locate_grid *g, float x, float y)
{
	float u = (x - TILEMAP_MIDDLE) / BACKSIDE_TILE, v = (y - TILEMAP_MIDDLE) / BACKSIDE_TILE;
	int c = clamp_int((int)floorf(u), 0, BACKSIDE_NX - 2);
	int r = clamp_int((int)floorf(v), 0, BACKSIDE_NY - 2);
	int i = r * BACKSIDE_NX + c, k = i + BACKSIDE_NX;
	u -= (float)c;
	v -= (float)r;
	float x0 = g->x[i] + (g->x[i + 1] - g->x[i]) * u;
	float y0 = g->y[i] + (g->y[i + 1] - g->y[i]) * u;
	float x1 = g->x[k] + (g->x[k + 1] - g->x[k]) * u;
	float y1 = g->y[k] + (g->y[k + 1] - g->y[k]) * u;
	const float q = SPOT / BACKSIDE_TILE;
	float ax = (g->x[i + 1] - g->x[i]) * q, ay = (g->y[i + 1] - g->y[i]) * q;
	float bx = (g->x[k] - g->x[i]) * q, by = (g->y[k] - g->y[i]) * q;
	float px = x0 + (x1 - x0) * v, py = y0 + (y1 - y0) * v;
	return 0.25f *
	    (pixel_at(m, px + ax + bx, py + ay + by) + pixel_at(m, px + ax - bx, py + ay - by) +
		pixel_at(m, px - ax + bx, py - ay + by) + pixel_at(m, px - ax - bx, py - ay - by));
}

static void
greys_read(struct soft_page *p, const struct pixel_image *m, const struct locate_grid *g)
{
	for (int y = 0; y < SOFT_H; y++)
		for (int x = 0; x < SOFT_W; x++) {
			float fx = (float)x, fy = (float)y;
			struct soft_shift d = { 0 };
			if (p->block)
				d = shift_at(p, fx + 0.5f, fy + 0.5f);
			p->grey[y * SOFT_W + x] = module_grey(m, g, fx + d.x, fy + d.y);
		}
}

/* The contrast that three modules of five reach. */
static float
usual_contrast(const float *contrast)
{
	unsigned histogram[256] = { 0 };
	unsigned all = 0;
	for (int i = 0; i < SOFT_N; i += CONTRAST_SKIP, all++)
		histogram[clamp_int((int)contrast[i], 0, 255)]++;
	unsigned sum = 0;
	int v = 0;
	while (v < 255 && (sum += histogram[v]) * 5 < all * 3)
		v++;
	return (float)(v < CONTRAST_MIN ? CONTRAST_MIN : v);
}

void
soft_sample(struct soft_page *p, const struct pixel_image *m, const struct locate_grid *g)
{
	greys_read(p, m, g);
	filter_extremes(p->grey, p->middle, p->contrast, p->tmp, SOFT_W, SOFT_H, EXTREME_RADIUS);
	for (int i = 0; i < SOFT_N; i++) {
		float low = p->middle[i], high = p->contrast[i];
		p->middle[i] = 0.5f * (low + high);
		p->contrast[i] = 0.5f * (high - low);
	}
	filter_mean(p->middle, p->middle, p->tmp, SOFT_W, SOFT_H, SMOOTH_RADIUS);
	filter_mean(p->contrast, p->contrast, p->tmp, SOFT_W, SOFT_H, SMOOTH_RADIUS);
	filter_mean(p->grey, p->mean, p->tmp, SOFT_W, SOFT_H, MEAN_RADIUS);
	float k = 1 / usual_contrast(p->contrast);
	for (int i = 0; i < SOFT_N; i++)
		p->contrast[i] *= k;
}
