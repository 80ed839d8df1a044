/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/compare.h"
#include "center/inquiry/expect.h"
#include "center/inquiry/screen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	TILE = 248, /* thresholds are local: a tenth of the page's width */
	TILES_X = FRONT_W / TILE,
	TILES_Y = (FRONT_H + TILE - 1) / TILE,
	PAGE_BYTES = FRONT_ROW_BYTES * FRONT_H
};
static const double MIN_CONTRAST = 40;

/* ---- paper and ink ---- */

/* Mean grey of paper and of ink in one tile, told apart by the reference. */
struct levels {
	double paper, ink;
	unsigned n_paper, n_ink;
};

static struct levels
tile_levels(
    const uint8_t *grey, const uint8_t *front, const uint8_t *dark, unsigned tx, unsigned ty)
{
	uint32_t all = 0;
	uint32_t ink = 0;
	uint32_t beside = 0; /* dark, but no ink of the front */
	unsigned n_beside = 0;
	struct levels l = { 0 };
	unsigned y1 = (ty + 1) * TILE < FRONT_H ? (ty + 1) * TILE : FRONT_H;
	for (unsigned y = ty * TILE; y < y1; y++) {
		const uint8_t *g = grey + (size_t)y * FRONT_W + (size_t)tx * TILE;
		const uint8_t *f = front + (size_t)y * FRONT_ROW_BYTES + (size_t)tx * TILE / 8;
		const uint8_t *k = dark + (size_t)y * FRONT_ROW_BYTES + (size_t)tx * TILE / 8;
		for (unsigned x = 0; x < TILE; x++)
			all += g[x];
		for (unsigned b = 0; b < TILE / 8 && k != f; b++)
			for (unsigned v = (unsigned)k[b] & ~(unsigned)f[b]; v != 0; v &= v - 1) {
				beside += g[b * 8 + 7 - (unsigned)__builtin_ctz(v)];
				n_beside++;
			}
		for (unsigned b = 0; b < TILE / 8; b++)
			for (unsigned v = f[b]; v != 0; v &= v - 1) {
				ink += g[b * 8 + 7 - (unsigned)__builtin_ctz(v)];
				l.n_ink++;
			}
	}
	l.n_paper = TILE * (y1 - ty * TILE) - l.n_ink - n_beside;
	l.paper = l.n_paper ? (double)(all - ink - beside) / l.n_paper : 255;
	l.ink = l.n_ink ? (double)ink / l.n_ink : 0;
	return l;
}

/* One row of one tile: @below as bits. TILE / 8 bytes. */
static void
threshold_row(const uint8_t *g, uint8_t below, uint8_t *out)
{
	for (unsigned b = 0; b < TILE / 8; b++, g += 8) {
		unsigned v = 0;
		for (unsigned k = 0; k < 8; k++)
			v = v << 1 | (g[k] < below);
		out[b] = (uint8_t)v;
	}
}

/* The grey of which half of a tile's pixels without the front's ink are darker. */
static double
median_paper(const uint8_t *grey, const uint8_t *front, unsigned tx, unsigned ty)
{
	uint32_t count[2][256] = { { 0 } };
	unsigned n = 0;
	unsigned y1 = (ty + 1) * TILE < FRONT_H ? (ty + 1) * TILE : FRONT_H;
	for (unsigned y = ty * TILE; y < y1; y++) {
		const uint8_t *g = grey + (size_t)y * FRONT_W + (size_t)tx * TILE;
		const uint8_t *f = front + (size_t)y * FRONT_ROW_BYTES + (size_t)tx * TILE / 8;
		for (unsigned b = 0; b < TILE / 8; b++, g += 8) {
			if (f[b] != 0)
				continue;
			n += 8;
			for (unsigned k = 0; k < 8; k++)
				count[k & 1][g[k]]++;
		}
	}
	unsigned v = 0;
	for (unsigned below = 0; v < 255; v++) {
		unsigned here = count[0][v] + count[1][v];
		if (2 * (below + here) > n) /* and how far into this grey */
			return here > 0 ? v - 0.5 + (n / 2.0 - below) / here : v;
		below += here;
	}
	return v;
}

struct look {
	const uint8_t *grey;
	uint8_t *strong;   /* darker than half way between this tile's paper and ink */
	uint8_t *faint;    /* darker than a quarter of the way: faded, but not gone */
	int16_t *darkness; /* 0 paper .. 256 ink */
};

static void
look_tile(struct look *k, const struct levels *t, double ink, unsigned tx, unsigned ty)
{
	unsigned y1 = (ty + 1) * TILE < FRONT_H ? (ty + 1) * TILE : FRONT_H;
	for (unsigned y = ty * TILE; y < y1; y++) {
		const uint8_t *g = k->grey + (size_t)y * FRONT_W + (size_t)tx * TILE;
		size_t at = (size_t)y * FRONT_ROW_BYTES + (size_t)tx * TILE / 8;
		threshold_row(g, (uint8_t)((t->paper + ink) / 2), k->strong + at);
		threshold_row(g, (uint8_t)(t->paper - (t->paper - ink) / 4), k->faint + at);
	}
}

/* Which two of @n tiles' middles a pixel lies between, and how far from the first. */
static unsigned
between(unsigned at, unsigned n, double *ret_share)
{
	double u = (at + 0.5) / TILE - 0.5;
	u = u < 0 ? 0 : u > n - 1 ? n - 1 : u;
	unsigned i = (unsigned)u < n - 1 ? (unsigned)u : n - 2;
	*ret_share = u - i;
	return i;
}

/*
 * The paper's grey goes over from tile to tile, so that no stroke has a step in it. Ink is
 * as much darker as on the whole page: how thick the strokes of a tile are is no contrast.
 */
static void
fill_darkness(struct look *k, double paper[TILES_Y][TILES_X], double page_paper, double contrast)
{
	for (unsigned y = 0; y < FRONT_H; y++) {
		const uint8_t *g = k->grey + (size_t)y * FRONT_W;
		int16_t *d = k->darkness + (size_t)y * FRONT_W;
		double v;
		const unsigned j = between(y, TILES_Y, &v);
		for (unsigned x = 0; x < FRONT_W; x += 8) {
			double u;
			const unsigned i = between(x + 4, TILES_X, &u);
			const double top = paper[j][i] * (1 - u) + paper[j][i + 1] * u;
			const double low = paper[j + 1][i] * (1 - u) + paper[j + 1][i + 1] * u;
			const double here = top * (1 - v) + low * v;
			const int scale = (int)(256 * 64 * page_paper / (here * contrast));
			const int white = (int)(here * 64);
			for (unsigned b = x; b < x + 8; b++)
				d[b] = (int16_t)((white - g[b] * 64) * scale / 4096);
		}
	}
}

/*
 * @dark: the front and its ground, where it has one. Returns the contrast; below MIN_CONTRAST
 * nothing is filled.
 */
static double
look_at(struct look *k, const uint8_t *front, const uint8_t *dark)
{
	double ink = 0;
	double paper = 0;
	unsigned n = 0;
	struct levels l[TILES_Y][TILES_X];
	double around[TILES_Y][TILES_X];
	for (unsigned j = 0; j < TILES_Y; j++)
		for (unsigned i = 0; i < TILES_X; i++) {
			l[j][i] = tile_levels(k->grey, front, dark, i, j);
			around[j][i] =
			    dark == front ? median_paper(k->grey, front, i, j) : l[j][i].paper;
			if (l[j][i].n_ink < 200)
				continue;
			ink += l[j][i].ink;
			paper += around[j][i];
			n++;
		}
	if (n == 0 || (paper - ink) / n < MIN_CONTRAST)
		return 0;
	ink /= n;
	paper /= n;
	for (unsigned j = 0; j < TILES_Y; j++)
		for (unsigned i = 0; i < TILES_X; i++) {
			struct levels *t = &l[j][i];
			double here = t->n_ink < 200 ? ink : t->ink;
			/* A wholly altered tile has no ink where the reference has: trust the page.
			 */
			if (t->paper - here < (paper - ink) / 2)
				here = ink;
			if (t->paper - here < MIN_CONTRAST / 2) /* black beyond the paper */
				t->paper = here + (paper - ink);
			if (around[j][i] < paper / 2) /* most of it is not paper at all */
				around[j][i] = paper;
			look_tile(k, t, here, i, j);
		}
	fill_darkness(k, around, paper, paper - ink);
	return paper - ink;
}

/* ---- ink that is gone, ink that came in ---- */

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

/* ---- verdicts ---- */

/* From which rest and which peak on a window differs. */
struct borders {
	double least_rest, rest;       /* on a good scan; on this one */
	double same, altered;          /* peaks */
	double end;                    /* the least peak of a stroke's end in this scan */
	double telling;                /* a peak of which the noise's is taken as a share */
	double rest_noise, peak_noise; /* what one window of a hundred has that nobody changed */
};

/* How far above what one window of a hundred has the worst of them may be: the tail falls so. */
static double
tail(double hundredth, double tenth, unsigned hundredths)
{
	return hundredth + (hundredth - tenth) * hundredths / 100;
}

/* Where that is far from what one of ten has, it is no noise: a whole line was changed. */
static double
noise_of(const struct expect_noise *n, double far)
{
	return fmin(n->hundredth, n->tenth * far);
}

static struct borders
borders_plain(const struct expectation *e, bool fine, bool drawn)
{
	const bool loose = drawn && !fine;
	const unsigned share = loose ? COMPARE_DRAWN_SAME_OF_NOISE : COMPARE_SAME_OF_NOISE;
	const unsigned most = loose ? COMPARE_DRAWN_PEAK_MILLI : COMPARE_PEAK_MILLI;
	const unsigned same = drawn && fine ? COMPARE_DRAWN_SAME_MILLI : COMPARE_PEAK_SAME_MILLI;
	const double rest_far = 6, peak_far = 3; /* the most that genuine scans have */
	const double least = fine ? COMPARE_BORDER_PX : COMPARE_BORDER_LOW_PX;
	const double noise = noise_of(&e->peak_noise, peak_far);
	return (struct borders){ .least_rest = least,
		.rest = least,
		.same = fmax(same / 1000.0, noise * share / 100),
		.altered = fmax(most / 1000.0, noise * COMPARE_PEAK_OF_NOISE / 100),
		.end = loose ? INFINITY : e->end * COMPARE_PEAK_OF_END_MILLI / 1000,
		.telling =
		    (fine ? COMPARE_PEAK_COARSE_MILLI : COMPARE_PEAK_COARSE_LOW_MILLI) / 1000.0,
		.rest_noise = noise_of(&e->rest_noise, rest_far),
		.peak_noise = noise };
}

static struct borders
borders_screened(const struct expectation *e, bool fine, bool drawn)
{
	const unsigned peak = drawn && !fine ? COMPARE_DRAWN_PEAK_MILLI : COMPARE_SCREEN_PEAK_MILLI;
	const double rest_far = 3, peak_far = 2.2; /* measured are up to 2.5 and 1.8 */
	const double least = fine ? COMPARE_BORDER_PX : COMPARE_BORDER_LOW_PX;
	const double rests = noise_of(&e->rest_noise, rest_far);
	const double noisy = rests * COMPARE_REST_OF_NOISE / 10;
	const double most = noise_of(&e->peak_noise, peak_far);
	const double tenth = e->peak_noise.tenth;
	const double end = e->end * COMPARE_PEAK_OF_END_MILLI / 1000;
	return (struct borders){ .least_rest = least,
		.rest = fmax(least, fmin(noisy, least * COMPARE_REST_MAX_TIMES / 10)),
		.same =
		    fmax(COMPARE_SCREEN_SAME_MILLI / 1000.0, tail(most, tenth, COMPARE_SAME_TAIL)),
		.altered = fmax(peak / 1000.0, tail(most, tenth, COMPARE_ALTERED_TAIL)),
		.end = end,
		.telling = end,
		.rest_noise = rests,
		.peak_noise = most };
}

/* 1 is the border. */
static double
window_over(const struct expectation *e, const struct borders *b, unsigned i, unsigned j)
{
	return fmax((double)e->rest[j][i] / b->rest, (double)e->peak[j][i] / b->altered);
}

static void
judge_area(const struct expectation *e, const struct borders *border, struct compare_area *area)
{
	const struct compare_box b = area->box;
	area->worst = area->rest = area->peak = 0;
	for (unsigned j = 0; j < EXPECT_NY; j++)
		for (unsigned i = 0; i < EXPECT_NX; i++) {
			/* a window belongs where its middle is */
			unsigned x = (i + 1) * REGISTER_CELL;
			unsigned y = (j + 1) * REGISTER_CELL;
			if (x < b.x || x > b.x + b.w || y < b.y || y > b.y + b.h)
				continue;
			double over = window_over(e, border, i, j);
			area->worst = over > area->worst ? over : area->worst;
			area->rest = fmax(area->rest, (double)e->rest[j][i]);
			area->peak = fmax(area->peak, (double)e->peak[j][i]);
		}
	area->differs = area->worst > 1;
}

static void
judge_page(const struct expectation *e, const struct borders *border, struct comparison *c)
{
	for (unsigned j = 0; j < EXPECT_NY; j++)
		for (unsigned i = 0; i < EXPECT_NX; i++) {
			double over = window_over(e, border, i, j);
			c->worst = over > c->worst ? over : c->worst;
			c->rest = fmax(c->rest, (double)e->rest[j][i]);
			c->peak = fmax(c->peak, (double)e->peak[j][i]);
			c->n_unseen_windows += e->state[j][i] == EXPECT_UNSEEN;
			c->n_margin_windows += e->state[j][i] == EXPECT_MARGIN;
			c->n_marked_windows += (double)e->marked_rest[j][i] > border->rest ||
			    (double)e->marked_peak[j][i] > fmin(border->same, border->altered);
			if (over > 1 && c->n_differing_windows++ == 0)
				c->first = (struct compare_box){ i * REGISTER_CELL,
					j * REGISTER_CELL, EXPECT_WINDOW, EXPECT_WINDOW };
		}
	c->rest_noise = border->rest_noise;
	c->peak_noise = border->peak_noise;
	c->end = e->end;
	c->noise = fmax(c->rest_noise / border->least_rest, c->peak_noise / border->telling);
	c->doubtful = c->peak > border->same;
	c->hides = border->same > border->end;
}

/* Black and white alone: what is between was taken for the one or the other. */
static bool
is_bilevel(const struct scan_image *s)
{
	unsigned grey = 0, seen = 0;
	for (unsigned y = 0; y < s->h; y += 7)
		for (unsigned x = 0; x < s->w; x += 5, seen++) {
			unsigned v = s->p[(size_t)y * s->stride + x];
			grey += v > 24 && v < 231;
		}
	return grey * 50 < seen;
}

/* ---- is it altered, or does it lie wrongly? ---- */

enum { SPOT = 48, SPOT_REACH = 16, MAX_SPOTS = 60, FEW_WINDOWS = 40 };
static const double MOST_DISPLACED = 0.3; /* genuine: 0.45 or more; altered fronts: up to 0.12 */

/* The correlation of @front's ink around (x, y) with the scan's @dx, @dy from there. */
static double
spot_likeness(const uint8_t *front, const int16_t *darkness, int x, int y, int dx, int dy)
{
	double f = 0, d = 0, ff = 0, dd = 0, fd = 0;
	const int half = SPOT / 2;
	unsigned n = 0;
	for (int v = y - half; v < y + half; v += 2)
		for (int u = x - half; u < x + half; u += 2) {
			if (u < 0 || v < 0 || u + dx < 0 || v + dy < 0 || u >= FRONT_W ||
			    v >= FRONT_H || u + dx >= FRONT_W || v + dy >= FRONT_H)
				continue;
			const double a = front_ink(front, (unsigned)u, (unsigned)v);
			const double b = darkness[(size_t)(v + dy) * FRONT_W + (size_t)(u + dx)];
			f += a;
			d += b;
			ff += a * a;
			dd += b * b;
			fd += a * b;
			n++;
		}
	if (n == 0)
		return 0;
	const double norm = (ff - f * f / n) * (dd - d * d / n);
	return norm <= 0 ? 0 : (fd - f * d / n) / sqrt(norm);
}

/* What the front has there stands in the scan, too, but further off than text is ever set. */
static bool
spot_is_displaced(const uint8_t *front, const int16_t *darkness, int x, int y)
{
	const int near = 2;
	const double like = 0.55, more = 1.15;
	double here = 0, off = 0;
	for (int dy = -SPOT_REACH; dy <= SPOT_REACH; dy += 2)
		for (int dx = -SPOT_REACH; dx <= SPOT_REACH; dx += 2) {
			double c = spot_likeness(front, darkness, x, y, dx, dy);
			if (abs(dx) <= near && abs(dy) <= near)
				here = fmax(here, c);
			else
				off = fmax(off, c);
		}
	return off > like && off > here * more;
}

/*
 * A sheet that lies wrongly (a photograph, a slip of the feeder) differs over much of the
 * page, in things that are there all the same; a seal's pattern alone may look so, too.
 */
static bool
is_displaced(const struct expectation *e, const struct borders *b, unsigned n_differing,
    const uint8_t *front, const int16_t *darkness)
{
	const unsigned every = n_differing / MAX_SPOTS + 1;
	unsigned at = 0, seen = 0, displaced = 0;
	unsigned x0 = EXPECT_NX, x1 = 0, y0 = EXPECT_NY, y1 = 0;
	for (unsigned j = 0; j < EXPECT_NY; j++)
		for (unsigned i = 0; i < EXPECT_NX; i++) {
			if (window_over(e, b, i, j) <= 1)
				continue;
			x0 = i < x0 ? i : x0;
			x1 = i > x1 ? i : x1;
			y0 = j < y0 ? j : y0;
			y1 = j > y1 ? j : y1;
			if (at++ % every != 0)
				continue;
			seen++;
			displaced += spot_is_displaced(front, darkness,
			    (int)(i + 1) * REGISTER_CELL, (int)(j + 1) * REGISTER_CELL);
		}
	return at > FEW_WINDOWS && displaced > seen * MOST_DISPLACED &&
	    (x1 - x0) * (y1 - y0) * 4 > EXPECT_NX * EXPECT_NY;
}

/* Most of it is white without a trace of paper, and there are greys: a reader's picture. */
static bool
is_drawn(const struct scan_image *s)
{
	unsigned white = 0, grey = 0, seen = 0;
	for (unsigned y = 0; y < s->h; y += 7)
		for (unsigned x = 0; x < s->w; x += 5, seen++) {
			unsigned v = s->p[(size_t)y * s->stride + x];
			white += v == 255;
			grey += v > 24 && v < 231;
		}
	return white * 2 > seen && grey * 1000 > seen;
}

/*
 * Differences that stand out of a coarse scan's noise are still differences. A
 * threshold makes blots of some of a ground's fine dots and drops others: there,
 * less noise makes a scan coarse. What is between the same and a difference is
 * neither.
 */
static int
outcome_of(const struct comparison *c, bool screened, bool blotted, bool loose)
{
	const double blots = 0.3;
	const double coarse = 0.57;
	const double rests = c->rest_noise / COMPARE_BORDER_PX;
	const double stands_out = 5;
	const bool differs = c->n_differing_windows > 0;
	const bool surely = differs && c->worst >= stands_out * c->noise && !c->displaced;
	if (differs && (c->displaced || (loose && c->worst < COMPARE_DRAWN_TIMES)))
		return COMPARE_E_COARSE;
	if ((c->hides || (screened ? rests : c->noise) > coarse) && !surely)
		return COMPARE_E_COARSE;
	if (blotted && c->noise > blots && differs && !surely)
		return COMPARE_E_COARSE;
	if (!differs && c->doubtful)
		return COMPARE_E_COARSE;
	if (!differs && c->n_marked_windows > 0)
		return COMPARE_E_MARKED;
	if (!differs && c->n_unseen_windows > 0)
		return COMPARE_E_CUT;
	return 0;
}

int
compare_front(struct arena *a, const struct registration *r, const struct scan_image *scan,
    const uint8_t *front, const struct screen *screen, struct compare_area *areas, size_t n_areas,
    struct comparison *ret)
{
	struct comparison c = { 0 };
	struct register_cells *unseen = arena_zero(a, sizeof(*unseen));
	struct look k = { .grey = register_flatten(a, r, scan, unseen),
		.strong = arena_zero(a, PAGE_BYTES),
		.faint = arena_zero(a, PAGE_BYTES),
		.darkness = arena_zero_n(a, (size_t)FRONT_W * FRONT_H, sizeof(int16_t)) };
	struct expectation *e = arena_zero(a, sizeof(*e));
	const uint8_t *dark = screen != NULL ? screen->all : front;
	c.contrast = look_at(&k, front, dark);
	if (c.contrast < MIN_CONTRAST)
		return COMPARE_E_FAINT;
	c.missing = without(a, front, dilate(a, k.faint));
	uint8_t *extra = without(a, k.strong, dilate(a, dark));
	if (screen != NULL) /* the municipality's name stands there */
		memset(extra + (size_t)SCREEN_NAME_Y * FRONT_ROW_BYTES, 0,
		    (size_t)(SCREEN_NAME_END - SCREEN_NAME_Y) * FRONT_ROW_BYTES);
	c.extra = extra;
	c.scan = k.strong;
	c.grey = k.grey;
	expect_compare(a, k.darkness, front, screen, c.extra, unseen, e);
	const bool fine = r->dpi >= COMPARE_FINE_DPI;
	const bool bilevel = is_bilevel(scan);
	const bool drawn = is_drawn(scan);
	const struct borders border =
	    screen != NULL ? borders_screened(e, fine, drawn) : borders_plain(e, fine, drawn);
	for (size_t i = 0; i < n_areas; i++)
		judge_area(e, &border, &areas[i]);
	judge_page(e, &border, &c);
	c.displaced = is_displaced(e, &border, c.n_differing_windows, front, k.darkness);
	*ret = c;
	return outcome_of(&c, screen != NULL, screen != NULL && bilevel, drawn && !fine);
}
