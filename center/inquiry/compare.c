/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/compare.h"

#include <string.h>

enum {
	TILE = 248, /* thresholds are local: a tenth of the page's width */
	TILES_X = FRONT_W / TILE,
	TILES_Y = (FRONT_H + TILE - 1) / TILE,
	PAGE_BYTES = FRONT_ROW_BYTES * FRONT_H
};
static const double MIN_CONTRAST = 40;
static const double COARSE_DPI = 180;

static void
set_ink(uint8_t *page, unsigned x, unsigned y)
{
	page[(size_t)y * FRONT_ROW_BYTES + x / 8] |= (uint8_t)(0x80 >> (x & 7));
}

/* Mean grey of paper and of ink in one tile, told apart by the reference. */
struct levels {
	double paper, ink;
	unsigned n_paper, n_ink;
};

static struct levels
tile_levels(const uint8_t *grey, const uint8_t *front, unsigned tx, unsigned ty)
{
	double paper = 0;
	double ink = 0;
	struct levels l = { 0 };
	unsigned y1 = (ty + 1) * TILE < FRONT_H ? (ty + 1) * TILE : FRONT_H;
	for (unsigned y = ty * TILE; y < y1; y++)
		for (unsigned x = tx * TILE; x < (tx + 1) * TILE; x++) {
			uint8_t v = grey[(size_t)y * FRONT_W + x];
			if (front_ink(front, x, y)) {
				ink += v;
				l.n_ink++;
			} else {
				paper += v;
				l.n_paper++;
			}
		}
	l.paper = l.n_paper ? paper / l.n_paper : 255;
	l.ink = l.n_ink ? ink / l.n_ink : 0;
	return l;
}

/*
 * Writes two pages: @ink, what is darker than half way between this tile's
 * paper and ink, and @faint, what is darker than a quarter of the way: a thin
 * line may fade in a coarse scan without being gone. Returns the contrast.
 */
static double
threshold_page(const uint8_t *grey, const uint8_t *front, uint8_t *strong, uint8_t *faint)
{
	double ink = 0;
	double paper = 0;
	unsigned n = 0;
	struct levels l[TILES_Y][TILES_X];
	for (unsigned j = 0; j < TILES_Y; j++)
		for (unsigned i = 0; i < TILES_X; i++) {
			l[j][i] = tile_levels(grey, front, i, j);
			if (l[j][i].n_ink < 200)
				continue;
			ink += l[j][i].ink;
			paper += l[j][i].paper;
			n++;
		}
	if (n == 0)
		return 0;
	ink /= n;
	paper /= n;
	for (unsigned y = 0; y < FRONT_H; y++)
		for (unsigned x = 0; x < FRONT_W; x++) {
			const struct levels *t = &l[y / TILE][x / TILE];
			double here = t->n_ink < 200 ? ink : t->ink;
			/* A wholly altered tile has no ink where the reference has: trust the page.
			 */
			if (t->paper - here < (paper - ink) / 2)
				here = ink;
			double v = grey[(size_t)y * FRONT_W + x];
			if (v < (t->paper + here) / 2)
				set_ink(strong, x, y);
			if (v < t->paper - (t->paper - here) / 4)
				set_ink(faint, x, y);
		}
	return paper - ink;
}

/* Ink grown by the tolerance: or of the shifted rows, then of the shifted columns. */
static uint8_t *
dilate(struct arena *a, const uint8_t *in)
{
	uint8_t *wide = arena_zero(a, PAGE_BYTES);
	uint8_t *out = arena_zero(a, PAGE_BYTES);
	for (unsigned y = 0; y < FRONT_H; y++) {
		const uint8_t *s = in + (size_t)y * FRONT_ROW_BYTES;
		uint8_t *d = wide + (size_t)y * FRONT_ROW_BYTES;
		for (unsigned b = 0; b < FRONT_ROW_BYTES; b++) {
			unsigned v = (b ? (unsigned)s[b - 1] : 0) << 16 | (unsigned)s[b] << 8 |
			    (b + 1 < FRONT_ROW_BYTES ? s[b + 1] : 0u);
			unsigned o = v;
			for (unsigned k = 1; k <= COMPARE_TOLERANCE_PX; k++)
				o |= v << k | v >> k;
			d[b] = (uint8_t)(o >> 8);
		}
	}
	for (int y = 0; y < FRONT_H; y++)
		for (int k = -COMPARE_TOLERANCE_PX; k <= COMPARE_TOLERANCE_PX; k++) {
			if (y + k < 0 || y + k >= FRONT_H)
				continue;
			uint8_t *d = out + (size_t)y * FRONT_ROW_BYTES;
			const uint8_t *s = wide + (size_t)(y + k) * FRONT_ROW_BYTES;
			for (unsigned b = 0; b < FRONT_ROW_BYTES; b++)
				d[b] |= s[b];
		}
	return out;
}

static uint8_t *
without(struct arena *a, const uint8_t *p, const uint8_t *q)
{
	uint8_t *out = arena_zero(a, PAGE_BYTES);
	for (size_t i = 0; i < PAGE_BYTES; i++)
		out[i] = (uint8_t)(p[i] & ~q[i]);
	return out;
}

/* Sums over any box in four reads. */
struct sums {
	uint32_t *v; /* (FRONT_W + 1) x (FRONT_H + 1) */
};

static struct sums
sums_of(struct arena *a, const uint8_t *page)
{
	struct sums s = { arena_zero_n(
	    a, (size_t)(FRONT_W + 1) * (FRONT_H + 1), sizeof(uint32_t)) };
	for (unsigned y = 0; y < FRONT_H; y++) {
		uint32_t row = 0;
		const uint32_t *up = s.v + (size_t)y * (FRONT_W + 1);
		uint32_t *at = s.v + (size_t)(y + 1) * (FRONT_W + 1);
		for (unsigned x = 0; x < FRONT_W; x++) {
			row += front_ink(page, x, y);
			at[x + 1] = up[x + 1] + row;
		}
	}
	return s;
}

static unsigned
sum_box(const struct sums *s, struct compare_box b)
{
	const uint32_t *top = s->v + (size_t)b.y * (FRONT_W + 1);
	const uint32_t *low = s->v + (size_t)(b.y + b.h) * (FRONT_W + 1);
	return low[b.x + b.w] - low[b.x] - top[b.x + b.w] + top[b.x];
}

struct evidence {
	struct sums front, missing, extra;
	unsigned slack; /* 2 for coarse scans, in which small letters fade */
};

/* One window: enough of its ink is gone, or enough ink came in beside it. */
static bool
window_differs(
    const struct evidence *e, struct compare_box b, unsigned *ret_missing, unsigned *ret_extra)
{
	unsigned ink = sum_box(&e->front, b);
	unsigned missing = sum_box(&e->missing, b);
	unsigned extra = sum_box(&e->extra, b);
	*ret_missing = missing;
	*ret_extra = extra;
	/*
	 * Behind the tolerance a clean scan leaves nothing; a kanji that replaces
	 * another of like density leaves about 25 pixels of 36 x 36.
	 */
	unsigned most_missing = (ink * 6 / 100 > 10 ? ink * 6 / 100 : 10) * e->slack;
	unsigned most_extra = (ink * 8 / 100 > 12 ? ink * 8 / 100 : 12) * e->slack;
	return missing > most_missing || extra > most_extra;
}

static void
judge_area(const struct evidence *e, struct compare_area *area)
{
	struct compare_box b = area->box;
	unsigned x1 = b.x + b.w < FRONT_W ? b.x + b.w : FRONT_W;
	unsigned y1 = b.y + b.h < FRONT_H ? b.y + b.h : FRONT_H;
	area->differs = false;
	area->missing = 0;
	area->extra = 0;
	for (unsigned y = b.y; y < y1; y += COMPARE_STEP_PX)
		for (unsigned x = b.x; x < x1; x += COMPARE_STEP_PX) {
			unsigned missing = 0;
			unsigned extra = 0;
			struct compare_box w = { x, y,
				x1 - x < COMPARE_WINDOW_PX ? x1 - x : COMPARE_WINDOW_PX,
				y1 - y < COMPARE_WINDOW_PX ? y1 - y : COMPARE_WINDOW_PX };
			if (window_differs(e, w, &missing, &extra))
				area->differs = true;
			area->missing = missing > area->missing ? missing : area->missing;
			area->extra = extra > area->extra ? extra : area->extra;
		}
}

/* The whole page where the reference has ink: labels, omission marks, texts of no field. */
static void
judge_page(const struct evidence *e, struct comparison *c)
{
	for (unsigned y = 0; y + COMPARE_WINDOW_PX <= FRONT_H; y += COMPARE_STEP_PX)
		for (unsigned x = 0; x + COMPARE_WINDOW_PX <= FRONT_W; x += COMPARE_STEP_PX) {
			unsigned missing = 0;
			unsigned extra = 0;
			struct compare_box w = { x, y, COMPARE_WINDOW_PX, COMPARE_WINDOW_PX };
			if (sum_box(&e->front, w) < 20 || !window_differs(e, w, &missing, &extra))
				continue;
			if (c->n_differing_windows++ == 0)
				c->first = w;
		}
}

int
compare_front(struct arena *a, const struct registration *r, const struct scan_image *scan,
    const uint8_t *front, struct compare_area *areas, size_t n_areas, struct comparison *ret)
{
	struct comparison c = { 0 };
	uint8_t *strong = arena_zero(a, PAGE_BYTES);
	uint8_t *faint = arena_zero(a, PAGE_BYTES);
	c.contrast = threshold_page(register_flatten(a, r, scan), front, strong, faint);
	if (c.contrast < MIN_CONTRAST)
		return COMPARE_E_FAINT;
	uint8_t *missing = without(a, front, dilate(a, faint));
	uint8_t *extra = without(a, strong, dilate(a, front));
	const struct evidence e = { sums_of(a, front), sums_of(a, missing), sums_of(a, extra),
		r->dpi < COARSE_DPI ? 2 : 1 };
	for (size_t i = 0; i < n_areas; i++)
		judge_area(&e, &areas[i]);
	judge_page(&e, &c);
	c.scan = strong;
	c.missing = missing;
	c.extra = extra;
	*ret = c;
	return 0;
}
