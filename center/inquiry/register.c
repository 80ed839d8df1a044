/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/register.h"
#include "center/inquiry/place.h"
#include "center/inquiry/screen.h"
#include "center/inquiry/warp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	PATCH = 96, /* reference pixels a side of what must be telling */
	MAX_PATCHES = 4096,
	HALF_MAX = 36, /* pixels, of whatever level */
	REACH_MAX = 12,
	REGION = 2 * (HALF_MAX + REACH_MAX)
};
static const double MIN_PLACE = 0.35; /* below it this is another page */
static const double MIN_PATCH = 0.45;

struct patch {
	double x, y;   /* centre in the reference */
	double dx, dy; /* where its ink was found, from where the map put it, in reference pixels */
	double score;  /* correlation there, below 0: not looked at */
};

/* ---- one page and its scan, at one size ---- */

/*
 * Searching goes from small pictures to large ones: where 1/4 of the size has
 * brought all patches within a few pixels, the next size has little to search.
 */
struct level {
	unsigned shrink;
	unsigned half, reach; /* pixels of this level */
	unsigned n_patches;   /* about so many are looked at */
	const uint8_t *front; /* ink, 0..255 */
	const uint8_t *scan;  /* grey */
	unsigned w, h;
};

/* Ink of squares of @n reference pixels, 0..255. */
static uint8_t *
shrink_front(struct arena *a, const uint8_t *front, unsigned n)
{
	unsigned w = FRONT_W / n;
	unsigned h = FRONT_H / n;
	uint8_t *out = arena_zero(a, (size_t)w * h);
	const unsigned mask = (1U << n) - 1;
	const unsigned unit = 255 / (n * n);
	for (unsigned y = 0; y < h * n; y++) {
		const uint8_t *row = front + (size_t)y * FRONT_ROW_BYTES;
		uint8_t *o = out + (size_t)(y / n) * w;
		for (unsigned x = 0; x < w; x++) {
			unsigned bit = x * n;
			unsigned v = (unsigned)row[bit / 8] >> (8 - n - (bit & 7)) & mask;
			if (v != 0)
				o[x] = (uint8_t)(o[x] + unit * (unsigned)__builtin_popcount(v));
		}
	}
	return out;
}

/* A patch's ink less its mean, and the scan's ink around it; white beyond the page. */
struct pair {
	int16_t front[2 * HALF_MAX][2 * HALF_MAX];
	int16_t scan[REGION][REGION];
	uint32_t sum[REGION + 1][REGION + 1], square[REGION + 1][REGION + 1];
	double norm;
};

static unsigned
pixel(const uint8_t *p, const struct level *l, int x, int y, unsigned white)
{
	return x < 0 || y < 0 || x >= (int)l->w || y >= (int)l->h
	    ? white
	    : p[(size_t)y * l->w + (unsigned)x];
}

static void
pair_fill(struct pair *k, const struct level *l, int cx, int cy)
{
	const int half = (int)l->half;
	const int wide = half + (int)l->reach;
	int total = 0;
	for (int y = -half; y < half; y++)
		for (int x = -half; x < half; x++) {
			int v = (int)pixel(l->front, l, cx + x, cy + y, 0);
			k->front[y + half][x + half] = (int16_t)v;
			total += v;
		}
	int mean = total / (4 * half * half);
	k->norm = 0;
	for (int y = 0; y < 2 * half; y++)
		for (int x = 0; x < 2 * half; x++) {
			k->front[y][x] = (int16_t)(k->front[y][x] - mean);
			k->norm += k->front[y][x] * k->front[y][x];
		}
	for (int y = 0; y < 2 * wide; y++) {
		uint32_t sum = 0;
		uint32_t square = 0;
		for (int x = 0; x < 2 * wide; x++) {
			unsigned v = 255 - pixel(l->scan, l, cx + x - wide, cy + y - wide, 255);
			k->scan[y][x] = (int16_t)v;
			sum += v;
			square += v * v;
			k->sum[y + 1][x + 1] = k->sum[y][x + 1] + sum;
			k->square[y + 1][x + 1] = k->square[y][x + 1] + square;
		}
	}
}

static double
pair_correlation(const struct pair *k, const struct level *l, int dx, int dy)
{
	const unsigned side = 2 * l->half;
	const unsigned x = (unsigned)(dx + (int)l->reach);
	const unsigned y = (unsigned)(dy + (int)l->reach);
	int32_t product = 0; /* 72 * 72 * 255 * 255 fits */
	for (unsigned j = 0; j < side; j++) {
		const int16_t *f = k->front[j];
		const int16_t *g = k->scan[y + j] + x;
		int32_t row = 0;
		for (unsigned i = 0; i < side; i++)
			row += f[i] * g[i];
		product += row;
	}
#define BOX(t) ((t)[y + side][x + side] - (t)[y][x + side] - (t)[y + side][x] + (t)[y][x])
	double sum = BOX(k->sum);
	double square = BOX(k->square);
#undef BOX
	double norm = k->norm * (square - sum * sum / (side * side));
	return norm <= 0 ? 0 : product / sqrt(norm);
}

/* Where between -0.5 and 0.5 a parabola through three values has its top. */
static double
parabola_top(double left, double mid, double right)
{
	double bend = left - 2 * mid + right;
	double at = bend < 0 ? 0.5 * (left - right) / bend : 0;
	return at < -0.5 ? -0.5 : at > 0.5 ? 0.5 : at;
}

/* Every second pixel of the reach, the neighbours of the best, then between the pixels. */
static void
patch_search(struct pair *k, const struct level *l, struct patch *p)
{
	const int reach = (int)l->reach;
	double best = -2;
	int bx = 0;
	int by = 0;
	pair_fill(k, l, (int)(p->x / l->shrink), (int)(p->y / l->shrink));
	for (int pass = 0; pass < 2; pass++) {
		int cx = pass ? bx : 0;
		int cy = pass ? by : 0;
		int far = pass ? 1 : reach;
		for (int y = cy - far; y <= cy + far; y += 2 - pass)
			for (int x = cx - far; x <= cx + far; x += 2 - pass) {
				if (abs(x) > reach || abs(y) > reach)
					continue;
				double c = pair_correlation(k, l, x, y);
				if (c > best) {
					best = c;
					bx = x;
					by = y;
				}
			}
	}
	p->score = best;
	p->dx = bx;
	p->dy = by;
	if (abs(bx) < reach && abs(by) < reach) {
		p->dx += parabola_top(
		    pair_correlation(k, l, bx - 1, by), best, pair_correlation(k, l, bx + 1, by));
		p->dy += parabola_top(
		    pair_correlation(k, l, bx, by - 1), best, pair_correlation(k, l, bx, by + 1));
	}
	p->dx *= l->shrink;
	p->dy *= l->shrink;
}

/*
 * A patch must have edges in both directions: one that sees only a ruled line
 * slides along it and tells nothing of its place.
 */
static bool
patch_is_telling(const uint8_t *front, unsigned x, unsigned y)
{
	unsigned across = 0;
	unsigned down = 0;
	for (unsigned v = y - PATCH / 2; v < y + PATCH / 2; v += 2) {
		const uint8_t *row = front + (size_t)v * FRONT_ROW_BYTES + (x - PATCH / 2) / 8;
		const uint8_t *next = row + (size_t)2 * FRONT_ROW_BYTES;
		for (unsigned b = 0; b < PATCH / 8; b++) {
			unsigned here = (unsigned)row[b] << 8 | row[b + 1];
			across += (unsigned)__builtin_popcount((here ^ here << 2) & 0xAA00);
			down += (unsigned)__builtin_popcount((unsigned)(row[b] ^ next[b]) & 0xAA);
		}
	}
	unsigned less = across < down ? across : down;
	unsigned more = across < down ? down : across;
	return less > 90 && less * 4 > more;
}

static unsigned
choose_patches(const uint8_t *front, struct patch *ret)
{
	unsigned n = 0;
	for (unsigned y = PATCH; y + PATCH < FRONT_H; y += PATCH / 2)
		for (unsigned x = PATCH; x + PATCH < FRONT_W; x += PATCH / 2)
			if (n < MAX_PATCHES && patch_is_telling(front, x, y))
				ret[n++] = (struct patch){ .x = x, .y = y };
	return n;
}

/*
 * shift(x, y) = (p + xx x + xy y, q + yx x + yy y); x, y from the page's middle.
 * Not a turn and a scale alone: a feeder stretches the page one way.
 */
struct drift {
	double p, q, xx, xy, yx, yy;
};

static void
drift_at(const struct drift *f, const struct patch *k, double *ret_dx, double *ret_dy)
{
	double x = k->x - FRONT_W / 2.0;
	double y = k->y - FRONT_H / 2.0;
	*ret_dx = f->p + f->xx * x + f->xy * y;
	*ret_dy = f->q + f->yx * x + f->yy * y;
}

static double
residual(const struct drift *f, const struct patch *k)
{
	double dx;
	double dy;
	drift_at(f, k, &dx, &dy);
	return hypot(k->dx - dx, k->dy - dy);
}

/* What a patch is off by once the map has moved by @f. */
static void
take_off(const struct drift *f, struct patch *k)
{
	double dx;
	double dy;
	drift_at(f, k, &dx, &dy);
	k->dx -= dx;
	k->dy -= dy;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;
	return (x > y) - (x < y);
}

static bool
has_vote(const struct drift *f, const struct patch *k, double limit)
{
	return k->score >= MIN_PATCH && residual(f, k) <= limit;
}

/* Least squares over the good patches within @limit of the last fit. False with too few. */
static bool
fit_drift(const struct patch *k, unsigned n, double limit, struct drift *f)
{
	double w = 0, mx = 0, my = 0, mu = 0, mv = 0;
	for (unsigned i = 0; i < n; i++)
		if (has_vote(f, &k[i], limit)) {
			w += 1;
			mx += k[i].x - FRONT_W / 2.0;
			my += k[i].y - FRONT_H / 2.0;
			mu += k[i].dx;
			mv += k[i].dy;
		}
	if (w < 6)
		return false;
	mx /= w;
	my /= w;
	mu /= w;
	mv /= w;
	/* A little weight on no drift: text in one line says nothing of the other way. */
	double xx = 1e6, xy = 0, yy = 1e6, ux = 0, uy = 0, vx = 0, vy = 0;
	for (unsigned i = 0; i < n; i++)
		if (has_vote(f, &k[i], limit)) {
			double x = k[i].x - FRONT_W / 2.0 - mx;
			double y = k[i].y - FRONT_H / 2.0 - my;
			xx += x * x;
			xy += x * y;
			yy += y * y;
			ux += (k[i].dx - mu) * x;
			uy += (k[i].dx - mu) * y;
			vx += (k[i].dy - mv) * x;
			vy += (k[i].dy - mv) * y;
		}
	double det = xx * yy - xy * xy;
	f->xx = (ux * yy - uy * xy) / det;
	f->xy = (uy * xx - ux * xy) / det;
	f->yx = (vx * yy - vy * xy) / det;
	f->yy = (vy * xx - vx * xy) / det;
	f->p = mu - f->xx * mx - f->xy * my;
	f->q = mv - f->yx * mx - f->yy * my;
	return true;
}

/* The median patch's distance from a fit; @work has room for n. */
static double
median_residual(const struct patch *k, unsigned n, const struct drift *f, double *work)
{
	unsigned m = 0;
	for (unsigned i = 0; i < n; i++)
		if (k[i].score >= MIN_PATCH)
			work[m++] = residual(f, &k[i]);
	if (m == 0)
		return 0;
	qsort(work, m, sizeof(*work), by_value);
	return work[m / 2];
}

static double
median_shift(const struct patch *k, unsigned n, int axis, double *work)
{
	unsigned m = 0;
	for (unsigned i = 0; i < n; i++)
		if (k[i].score >= MIN_PATCH)
			work[m++] = axis ? k[i].dy : k[i].dx;
	if (m == 0)
		return 0;
	qsort(work, m, sizeof(*work), by_value);
	return work[m / 2];
}

/* Moves the map by what most patches agree on: they start at the medians, outliers never count. */
static bool
refine_map(struct registration *r, struct patch *k, unsigned n, double *work)
{
	struct drift f = { .p = median_shift(k, n, 0, work), .q = median_shift(k, n, 1, work) };
	for (int round = 0; round < 6; round++) {
		double limit = 2.5 * median_residual(k, n, &f, work) + 1.0;
		if (!fit_drift(k, n, limit, &f))
			return false;
	}
	/* reference -> reference + shift -> scan */
	struct affine s = { .a = 1 + f.xx, .b = f.xy, .d = f.yx, .e = 1 + f.yy };
	s.c = f.p - f.xx * FRONT_W / 2 - f.xy * FRONT_H / 2;
	s.f = f.q - f.yx * FRONT_W / 2 - f.yy * FRONT_H / 2;
	struct affine m = r->map;
	r->map = (struct affine){ .a = m.a * s.a + m.b * s.d,
		.b = m.a * s.b + m.b * s.e,
		.c = m.a * s.c + m.b * s.f + m.c,
		.d = m.d * s.a + m.e * s.d,
		.e = m.d * s.b + m.e * s.e,
		.f = m.d * s.c + m.e * s.f + m.f };
	for (unsigned i = 0; i < n; i++)
		take_off(&f, &k[i]);
	return true;
}

/* What is left after the fit: patches far from their neighbours' opinion lose their vote. */
static void
drop_outliers(struct patch *k, unsigned n, double *work)
{
	struct drift f = { .p = 0 };
	double limit = 3 * median_residual(k, n, &f, work) + 1.5;
	for (unsigned i = 0; i < n; i++)
		if (residual(&f, &k[i]) > limit)
			k[i].score = -1;
}

/* Each grid point takes the weighted mean of the good patches around it. */
static void
local_shifts(struct registration *r, const struct patch *p, unsigned n)
{
	const double reach = 130;
	for (int j = 0; j < REGISTER_NY; j++)
		for (int i = 0; i < REGISTER_NX; i++) {
			double x = (i + 0.5) * REGISTER_BLOCK;
			double y = (j + 0.5) * REGISTER_BLOCK;
			double sw = 0.2; /* a little weight on no shift at all */
			double sx = 0;
			double sy = 0;
			for (unsigned k = 0; k < n; k++) {
				double d2 =
				    (p[k].x - x) * (p[k].x - x) + (p[k].y - y) * (p[k].y - y);
				if (p[k].score < MIN_PATCH || d2 > 9 * reach * reach)
					continue;
				double w = exp(-d2 / (reach * reach)) * p[k].score;
				sw += w;
				sx += w * p[k].dx;
				sy += w * p[k].dy;
			}
			r->shift[j][i][0] = (float)((r->map.a * sx + r->map.b * sy) / sw);
			r->shift[j][i][1] = (float)((r->map.d * sx + r->map.e * sy) / sw);
		}
}

/* ---- from the rough place to the pixel ---- */

/* A patch that the scan's edge cuts is pulled to the edge: it has no vote. */
static bool
patch_is_seen(const struct patch *p, const struct affine *m, const struct scan_image *s)
{
	for (int i = 0; i < 4; i++) {
		double u;
		double v;
		affine_apply(m, p->x + (i & 1 ? PATCH / 2 : -PATCH / 2),
		    p->y + (i & 2 ? PATCH / 2 : -PATCH / 2), &u, &v);
		if (u < 0 || v < 0 || u >= s->w || v >= s->h)
			return false;
	}
	return true;
}

/* @s: NULL, or the scan outside of which nothing votes. */
static void
search_all(struct pair *k, const struct level *l, const struct affine *m,
    const struct scan_image *s, struct patch *p, unsigned n)
{
	unsigned every = n / l->n_patches + 1;
	for (unsigned i = 0; i < n; i++) {
		p[i].score = -1;
		if (i % every == 0 && (s == NULL || patch_is_seen(&p[i], m, s)))
			patch_search(k, l, &p[i]);
	}
}

static double
mean_score(const struct patch *p, unsigned n)
{
	double sum = 0;
	unsigned seen = 0;
	for (unsigned i = 0; i < n; i++)
		if (p[i].score > -1) {
			sum += p[i].score > 0 ? p[i].score : 0;
			seen++;
		}
	return seen ? sum / seen : 0;
}

/* The scan with pixels not much smaller than @shrink reference pixels: sampling it aliases less. */
static struct scan_image
reduced(struct arena *a, const struct scan_image *s, const struct affine *m, unsigned shrink,
    double *ret_factor)
{
	struct scan_image out = *s;
	double pitch = sqrt(fabs(m->a * m->e - m->b * m->d)) * shrink;
	for (*ret_factor = 1; pitch / *ret_factor > 1.6; *ret_factor *= 2)
		out = warp_halve(a, &out);
	return out;
}

/* At full size a ground's dots say more of the place than text does. */
static void
put_dots(const struct screen *s, uint8_t *ink)
{
	const unsigned most = 255;
	for (size_t i = 0; i < (size_t)FRONT_W * FRONT_H; i++) {
		unsigned v = ink[i] + (s->coarse[i] + s->fine[i]) * (most / SCREEN_FULL);
		ink[i] = (uint8_t)(v < most ? v : most);
	}
}

static void
level_fill(struct arena *a, struct level *l, const struct scan_image *s, const uint8_t *front,
    const struct screen *screen, const struct affine *map)
{
	double factor = 1;
	struct scan_image small = reduced(a, s, map, l->shrink, &factor);
	struct affine m = { map->a / factor, map->b / factor, (map->c + 0.5) / factor - 0.5,
		map->d / factor, map->e / factor, (map->f + 0.5) / factor - 0.5 };
	l->w = FRONT_W / l->shrink;
	l->h = FRONT_H / l->shrink;
	uint8_t *ink = shrink_front(a, front, l->shrink);
	if (screen != NULL && l->shrink == 1)
		put_dots(screen, ink);
	l->front = ink;
	l->scan = warp_page(a, &small, &m, l->shrink);
}

int
register_front(struct arena *a, const struct scan_image *scan, const uint8_t *front,
    const struct screen *screen, double dpi_hint, struct registration *ret, struct err *err)
{
	static const struct level levels[] = {
		{ .shrink = 4, .half = 30, .reach = 12, .n_patches = 200 },
		{ .shrink = 4, .half = 18, .reach = 5, .n_patches = 250 },
		{ .shrink = 2, .half = 28, .reach = 6, .n_patches = 300 },
		{ .shrink = 1, .half = 36, .reach = 8, .n_patches = 600 },
		/* For dots once more: a place between pixels is best measured when nearly 0. */
		{ .shrink = 1, .half = 36, .reach = 2, .n_patches = 600 },
	};
	struct registration r = { .score = 0 };
	const uint8_t *look = screen != NULL ? screen->all : front;
	if (scan->w < SCAN_MIN_SIDE || scan->h < SCAN_MIN_SIDE || scan->w > SCAN_MAX_SIDE ||
	    scan->h > SCAN_MAX_SIDE)
		return REGISTER_E_SIZE;
	if (place_front(a, scan, front, screen != NULL, dpi_hint, &r.map, &r.angle_deg) < MIN_PLACE)
		return REGISTER_E_NO_MATCH;
	struct patch *p = arena_zero_n(a, MAX_PATCHES, sizeof(*p));
	struct pair *k = arena_zero(a, sizeof(*k));
	double *work = arena_zero_n(a, MAX_PATCHES, sizeof(*work));
	unsigned n = choose_patches(front, p);
	if (n < 12)
		return err_raise(err, FAULT_INTEGRITY, "front without ink", (long)n);
	const size_t n_levels = N_ELEMENTS(levels) - (screen != NULL ? 0 : 1);
	for (unsigned i = 0; i < n_levels; i++) {
		struct level l = levels[i];
		level_fill(a, &l, scan, l.shrink > 1 ? look : front, screen, &r.map);
		search_all(k, &l, &r.map, screen != NULL ? scan : NULL, p, n);
		if (!refine_map(&r, p, n, work))
			return REGISTER_E_NO_MATCH;
	}
	r.score = mean_score(p, n);
	drop_outliers(p, n, work);
	local_shifts(&r, p, n);
	r.dpi = 300 * sqrt(fabs(r.map.a * r.map.e - r.map.b * r.map.d));
	if (r.score < MIN_PATCH)
		return REGISTER_E_NO_MATCH;
	*ret = r;
	return 0;
}

/* ---- the scan in the reference's place ---- */

/* Between four grid points; @x and @y in grid steps. */
static void
shift_at(const struct registration *r, double x, double y, double ret[2])
{
	x = x < 0 ? 0 : x > REGISTER_NX - 1.001 ? REGISTER_NX - 1.001 : x;
	y = y < 0 ? 0 : y > REGISTER_NY - 1.001 ? REGISTER_NY - 1.001 : y;
	int i = (int)x;
	int j = (int)y;
	double u = x - i;
	double v = y - j;
	for (int k = 0; k < 2; k++) {
		double top = r->shift[j][i][k] * (1 - u) + r->shift[j][i + 1][k] * u;
		double low = r->shift[j + 1][i][k] * (1 - u) + r->shift[j + 1][i + 1][k] * u;
		ret[k] = top * (1 - v) + low * v;
	}
}

/* Along a row the shift is linear from grid point to grid point, so each piece is a line. */
static unsigned
flatten_piece(const struct registration *r, const struct scan_image *scan, unsigned x, unsigned y,
    unsigned n, uint8_t *out)
{
	double from[2];
	double to[2];
	double x0, y0, x1, y1;
	double v = (y + 0.5) / REGISTER_BLOCK - 0.5;
	shift_at(r, (x + 0.5) / REGISTER_BLOCK - 0.5, v, from);
	shift_at(r, (x + n + 0.5) / REGISTER_BLOCK - 0.5, v, to);
	affine_apply(&r->map, x + 0.5, y + 0.5, &x0, &y0);
	affine_apply(&r->map, x + n + 0.5, y + 0.5, &x1, &y1);
	return warp_line(scan, x0 + from[0], y0 + from[1], (x1 + to[0] - x0 - from[0]) / n,
	    (y1 + to[1] - y0 - from[1]) / n, n, out);
}

const uint8_t *
register_flatten(struct arena *a, const struct registration *r, const struct scan_image *scan,
    struct register_cells *unseen)
{
	const unsigned n = REGISTER_BLOCK / 4;
	uint8_t *g = arena_zero(a, (size_t)FRONT_W * FRONT_H);
	for (unsigned y = 0; y < FRONT_H; y++)
		for (unsigned x = 0; x < FRONT_W; x += n) {
			unsigned row = y / REGISTER_CELL;
			if (flatten_piece(r, scan, x, y, n, g + (size_t)y * FRONT_W + x) == 0)
				continue;
			for (unsigned i = x / REGISTER_CELL; i <= (x + n - 1) / REGISTER_CELL; i++)
				if (row < REGISTER_CELLS_Y && i < REGISTER_CELLS_X)
					unseen->on[row][i] = 1;
		}
	return g;
}
