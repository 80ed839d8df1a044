/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/place.h"
#include "center/inquiry/warp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	CELL = 32, /* reference pixels a side of a cell */
	CELLS_W = FRONT_W / CELL,
	CELLS_H = FRONT_H / CELL,
	ROW = 80,   /* CELLS_W and a few zeros, for whole vector registers */
	REACH = 24, /* cells searched to each side */
	WIDE_W = CELLS_W + 2 * REACH,
	WIDE_ROW = ROW + 2 * REACH,
	WIDE_H = CELLS_H + 2 * REACH,
	SUB = 4, /* a cell's samples a side: of a picture with pixels of CELL / SUB */
	MAX_POINTS = 60000
};

/* ---- the turn, from the ruled lines ---- */

struct points {
	float (*xy)[2];
	unsigned n;
};

/*
 * Two fifths of the square around a pixel are dark: so it is on a line and in text,
 * not on a ground, of whose area an eighth is dots. @reach: half a dot's pitch.
 */
static bool
is_no_dot(const struct scan_image *s, unsigned x, unsigned y, unsigned paper, unsigned reach)
{
	unsigned sum = 0;
	if (x < reach || y < reach || x + reach >= s->w || y + reach >= s->h)
		return false;
	for (unsigned v = y - reach; v <= y + reach; v++)
		for (unsigned u = x - reach; u <= x + reach; u++)
			sum += s->p[(size_t)v * s->stride + u];
	unsigned mean = sum / ((2 * reach + 1) * (2 * reach + 1));
	return mean * 10 < paper * 7;
}

/* Dark pixels of a thinned scan: darker than most of their neighbourhood. */
static void
collect_points(const struct scan_image *s, unsigned paper, bool screened, struct points *pts)
{
	const unsigned reach = (s->w > s->h ? s->w : s->h) / 1500;
	unsigned step = (s->w > s->h ? s->w : s->h) / 1200 + 1;
	unsigned dark = paper > 115 ? paper - 90 : 25;
	unsigned seen = 0;
	for (unsigned y = step; y + step < s->h; y += step)
		for (unsigned x = step; x + step < s->w; x += step) {
			const uint8_t *q = s->p + (size_t)y * s->stride + x;
			if (q[0] > dark)
				continue;
			int around = q[-(int)step] + q[step] + *(q - step * s->stride) +
			    *(q + step * s->stride);
			if (around / 4 - q[0] < 20)
				continue;
			if (screened && !is_no_dot(s, x, y, paper, reach > 0 ? reach : 1))
				continue;
			unsigned at = seen++ < MAX_POINTS ? pts->n++ : seen % MAX_POINTS;
			pts->xy[at][0] = (float)x;
			pts->xy[at][1] = (float)y;
		}
}

enum { BINS = 8192 };
struct turn_search {
	struct points pts;
	uint32_t bins[BINS];
};

/* How sharply every @every-th point falls on lines when the page is turned back by @deg. */
static double
line_score(struct turn_search *t, double deg, double scale, unsigned every)
{
	float c = (float)(cos(deg * M_PI / 180) * scale);
	float s = (float)(sin(deg * M_PI / 180) * scale);
	double sum = 0;
	for (int axis = 0; axis < 2; axis++) {
		float u = axis ? c : -s;
		float v = axis ? s : c;
		memset(t->bins, 0, sizeof(t->bins));
		for (unsigned i = 0; i < t->pts.n; i += every) {
			float p = t->pts.xy[i][0] * u + t->pts.xy[i][1] * v;
			unsigned b = (unsigned)((int)p + BINS / 2);
			if (b < BINS)
				t->bins[b]++;
		}
		for (unsigned i = 0; i < BINS; i++)
			sum += (double)t->bins[i] * t->bins[i];
	}
	return sum;
}

static double
best_turn(struct turn_search *t, double from, double to, double step, double scale, unsigned every)
{
	double best = -1;
	double at = 0;
	for (double d = from; d <= to; d += step) {
		double s = line_score(t, d, scale, every);
		if (s > best) {
			best = s;
			at = d;
		}
	}
	return at;
}

/* The scan's turn in degrees, modulo 90: in -45..45. */
static double
find_turn(struct arena *a, const struct scan_image *s, unsigned paper, bool screened)
{
	struct turn_search *t = arena_zero(a, sizeof(*t));
	double scale = 2400.0 / (s->w > s->h ? s->w : s->h);
	t->pts.xy = arena_zero_n(a, MAX_POINTS, sizeof(*t->pts.xy));
	collect_points(s, paper, screened, &t->pts);
	unsigned every = t->pts.n / 20000 + 1;
	double d = best_turn(t, -45, 45, 0.5, scale / 2, every);
	d = best_turn(t, d - 0.6, d + 0.6, 0.1, scale, every);
	return best_turn(t, d - 0.1, d + 0.1, 0.02, scale, 1);
}

/* ---- place and scale, by correlation of ink densities ---- */

struct search {
	int16_t front[CELLS_H][ROW]; /* less its mean */
	double front_norm;
	int16_t scan[WIDE_H][WIDE_ROW];
	uint32_t sum[WIDE_H + 1][WIDE_W + 1], square[WIDE_H + 1][WIDE_W + 1];
	struct scan_image ink; /* the scan's ink, small */
	double small;          /* scan pixels a pixel of ink */
};

static void
front_cells(const uint8_t *front, struct search *w)
{
	float v[CELLS_H][CELLS_W];
	double mean = 0;
	for (unsigned j = 0; j < CELLS_H; j++)
		for (unsigned i = 0; i < CELLS_W; i++) {
			unsigned n = 0;
			for (unsigned y = j * CELL; y < (j + 1) * CELL; y++)
				for (unsigned b = i * CELL / 8; b < (i + 1) * CELL / 8; b++)
					n += (unsigned)__builtin_popcount(
					    front[(size_t)y * FRONT_ROW_BYTES + b]);
			v[j][i] = sqrtf((float)n) * 8;
			mean += v[j][i] / (CELLS_W * CELLS_H);
		}
	w->front_norm = 0;
	for (unsigned j = 0; j < CELLS_H; j++)
		for (unsigned i = 0; i < CELLS_W; i++) {
			w->front[j][i] = (int16_t)lrint(v[j][i] - mean);
			w->front_norm += (double)w->front[j][i] * w->front[j][i];
		}
}

/* Means of ink over squares of @n pixels; what is nearly as light as paper is none. */
static struct scan_image
small_ink(struct arena *a, const struct scan_image *s, unsigned n, unsigned paper)
{
	unsigned w = s->w / n;
	unsigned h = s->h / n;
	uint8_t ink_of[256];
	uint32_t *sum = arena_zero_n(a, w + 1, sizeof(*sum));
	uint8_t *out = arena_zero(a, (size_t)w * h);
	for (unsigned v = 0; v < 256; v++)
		ink_of[v] = (uint8_t)(v + 45 < paper ? paper - v : 0);
	for (unsigned y = 0; y < h; y++) {
		memset(sum, 0, w * sizeof(*sum));
		for (unsigned k = 0; k < n; k++) {
			const uint8_t *q = s->p + (size_t)(y * n + k) * s->stride;
			for (unsigned x = 0; x < w; x++)
				for (unsigned i = 0; i < n; i++)
					sum[x] += ink_of[q[x * n + i]];
		}
		for (unsigned x = 0; x < w; x++)
			out[(size_t)y * w + x] = (uint8_t)(sum[x] / (n * n));
	}
	return (struct scan_image){ out, w, h, w };
}

/* Takes off what most of the page has: a ground's tint. */
static void
drop_tint(struct arena *a, struct scan_image *s)
{
	const size_t all = (size_t)s->w * s->h;
	uint8_t *out = arena_memdup(a, s->p, all);
	const unsigned darkest = 96; /* a scanner's bed is no tint */
	size_t count[256] = { 0 };
	size_t light = 0;
	size_t below = 0;
	unsigned tint = 0;
	for (size_t i = 0; i < all; i++) {
		count[out[i]]++;
		light += out[i] <= darkest;
	}
	while (tint < darkest && (below += count[tint]) < light / 2)
		tint++;
	tint += tint / 4; /* the tint's own noise */
	for (size_t i = 0; i < all; i++)
		out[i] = (uint8_t)(out[i] > tint ? out[i] - tint : 0);
	s->p = out;
}

/* The scan's ink in the reference's cells as @m sees it, with a margin on each side. */
static void
scan_cells(struct search *w, const struct affine *m)
{
	const struct scan_image *s = &w->ink;
	const float a = (float)(m->a * CELL / SUB / w->small);
	const float d = (float)(m->d * CELL / SUB / w->small);
	for (int j = 0; j < WIDE_H; j++) {
		unsigned row[WIDE_W] = { 0 };
		for (int k = 0; k < SUB; k++) {
			double x0;
			double y0;
			affine_apply(m, (0.5 / SUB - REACH) * CELL,
			    (j - REACH + (k + 0.5) / SUB) * CELL, &x0, &y0);
			float x = (float)(x0 / w->small);
			float y = (float)(y0 / w->small);
			for (int i = 0; i < WIDE_W * SUB; i++, x += a, y += d)
				if (x >= 0 && y >= 0 && x < (float)s->w && y < (float)s->h)
					row[i / SUB] += s->p[(size_t)y * s->stride + (size_t)x];
		}
		uint32_t sum = 0;
		uint32_t square = 0;
		for (int i = 0; i < WIDE_W; i++) {
			/* at most 16 * sqrt(255): a square and a whole page's products fit */
			int v = (int)lrintf(sqrtf((float)row[i]) * 4);
			w->scan[j][i] = (int16_t)v;
			sum += (uint32_t)v;
			square += (uint32_t)(v * v);
			w->sum[j + 1][i + 1] = w->sum[j][i + 1] + sum;
			w->square[j + 1][i + 1] = w->square[j][i + 1] + square;
		}
	}
}

static double
correlation(const struct search *w, int dx, int dy)
{
	const unsigned x = (unsigned)(dx + REACH);
	const unsigned y = (unsigned)(dy + REACH);
	int64_t product = 0;
	for (unsigned j = 0; j < CELLS_H; j++) {
		const int16_t *f = w->front[j];
		const int16_t *g = w->scan[y + j] + x;
		int32_t row = 0;
		for (unsigned i = 0; i < ROW; i++)
			row += f[i] * g[i];
		product += row;
	}
#define BOX(t)                                                                                     \
	((t)[y + CELLS_H][x + CELLS_W] - (t)[y][x + CELLS_W] - (t)[y + CELLS_H][x] + (t)[y][x])
	double sum = BOX(w->sum);
	double square = BOX(w->square);
#undef BOX
	double norm = w->front_norm * (square - sum * sum / (CELLS_W * CELLS_H));
	return norm <= 0 ? 0 : (double)product / sqrt(norm);
}

/* The map of a page turned by @deg, @scale scan pixels a reference pixel, centre on centre. */
static struct affine
centred_map(const struct scan_image *s, double deg, double scale)
{
	double c = cos(deg * M_PI / 180) * scale;
	double n = sin(deg * M_PI / 180) * scale;
	struct affine m = { .a = c, .b = -n, .d = n, .e = c };
	m.c = s->w / 2.0 - (m.a * FRONT_W / 2 + m.b * FRONT_H / 2);
	m.f = s->h / 2.0 - (m.d * FRONT_W / 2 + m.e * FRONT_H / 2);
	return m;
}

struct placed {
	double score, deg, scale;
	struct affine map;
};

/* One turn and scale: every second cell of shift, then the neighbours of the best. */
static void
place_try(
    const struct scan_image *s, struct search *w, double deg, double scale, struct placed *best)
{
	struct affine m = centred_map(s, deg, scale);
	double top = -1;
	int bx = 0;
	int by = 0;
	scan_cells(w, &m);
	for (int pass = 0; pass < 2; pass++) {
		int cx = pass ? bx : 0;
		int cy = pass ? by : 0;
		int reach = pass ? 1 : REACH;
		for (int dy = cy - reach; dy <= cy + reach; dy += 2 - pass)
			for (int dx = cx - reach; dx <= cx + reach; dx += 2 - pass) {
				if (abs(dx) > REACH || abs(dy) > REACH)
					continue;
				double q = correlation(w, dx, dy);
				if (q > top) {
					top = q;
					bx = dx;
					by = dy;
				}
			}
	}
	if (top <= best->score)
		return;
	m.c += (m.a * bx + m.b * by) * CELL;
	m.f += (m.d * bx + m.e * by) * CELL;
	*best = (struct placed){ top, deg, scale, m };
}

/*
 * The scale from the scan's size: a page on a larger glass, a cropped one and a
 * driver's "fit to page" make it a guess only. Wider guesses are tried while
 * nothing fits.
 */
static void
place_turn(
    const struct scan_image *s, struct search *w, double turn, double dpi_hint, struct placed *best)
{
	static const double stretch[] = { 1.0, 0.94, 1.06, 0.88, 0.82, 0.77, 0.72, 0.67, 1.12 };
	const double sure = 0.6;
	double side = s->w > s->h ? s->w : s->h;
	double guess[] = { dpi_hint / 300, side / FRONT_H };
	for (unsigned g = dpi_hint > 0 ? 0 : 1; g < 2; g++)
		for (unsigned k = 0; k < N_ELEMENTS(stretch) && best->score < sure; k++) {
			if (g == 0 && k >= 3)
				break;
			for (int q = 0; q < 4; q++)
				place_try(s, w, turn + 90.0 * q, guess[g] * stretch[k], best);
		}
	double scale = best->scale;
	for (int k = -7; k <= 7; k++)
		if (k != 0)
			place_try(s, w, best->deg, scale * (1 + 0.009 * k), best);
}

double
place_front(struct arena *a, const struct scan_image *s, const uint8_t *front, bool screened,
    double dpi_hint, struct affine *ret, double *ret_deg)
{
	struct search *w = arena_zero(a, sizeof(*w));
	struct placed best = { .score = -1 };
	unsigned paper = warp_paper_grey(s);
	double turn = find_turn(a, s, paper, screened);
	double side = s->w > s->h ? s->w : s->h;
	unsigned n = (unsigned)(side / (FRONT_H * SUB / (double)CELL) + 0.5);
	w->small = n > 0 ? n : 1;
	w->ink = small_ink(a, s, (unsigned)w->small, paper);
	if (screened)
		drop_tint(a, &w->ink);
	front_cells(front, w);
	place_turn(s, w, turn, dpi_hint, &best);
	*ret = best.map;
	*ret_deg = best.deg;
	return best.score;
}
