/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/register.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	COARSE = 32, /* reference pixels a side of a coarse cell */
	COARSE_W = FRONT_W / COARSE,
	COARSE_H = FRONT_H / COARSE,
	COARSE_SHIFT = 24, /* cells searched to each side */
	PATCH = 96,        /* reference pixels a side of a matched patch */
	PATCH_STEP = 4,    /* every n-th pixel of a patch is compared */
	MAX_PATCHES = 1024,
	MAX_POINTS = 60000
};
static const double MIN_COARSE = 0.35; /* below it this is another page */
static const double MIN_PATCH = 0.45;

static float
scan_at(const struct scan_image *s, double x, double y)
{
	double fx = floor(x);
	double fy = floor(y);
	if (fx < 0 || fy < 0 || fx >= (double)s->w - 1 || fy >= (double)s->h - 1)
		return 255.0f;
	const uint8_t *q = s->p + (size_t)fy * s->stride + (size_t)fx;
	float u = (float)(x - fx);
	float v = (float)(y - fy);
	float top = (float)q[0] + ((float)q[1] - (float)q[0]) * u;
	const uint8_t *n = q + s->stride;
	float low = (float)n[0] + ((float)n[1] - (float)n[0]) * u;
	return top + (low - top) * v;
}

static void
affine_apply(const struct affine *m, double x, double y, double *ret_x, double *ret_y)
{
	*ret_x = m->a * x + m->b * y + m->c;
	*ret_y = m->d * x + m->e * y + m->f;
}

float
register_sample(const struct registration *r, const struct scan_image *scan, double x, double y)
{
	double sx;
	double sy;
	affine_apply(&r->map, x, y, &sx, &sy);
	double gx = x / REGISTER_BLOCK - 0.5;
	double gy = y / REGISTER_BLOCK - 0.5;
	gx = gx < 0 ? 0 : gx > REGISTER_NX - 1.001 ? REGISTER_NX - 1.001 : gx;
	gy = gy < 0 ? 0 : gy > REGISTER_NY - 1.001 ? REGISTER_NY - 1.001 : gy;
	int i = (int)gx;
	int j = (int)gy;
	double u = gx - i;
	double v = gy - j;
	for (int k = 0; k < 2; k++) {
		double top = r->shift[j][i][k] * (1 - u) + r->shift[j][i + 1][k] * u;
		double low = r->shift[j + 1][i][k] * (1 - u) + r->shift[j + 1][i + 1][k] * u;
		*(k ? &sy : &sx) += top * (1 - v) + low * v;
	}
	return scan_at(scan, sx, sy);
}

/* ---- the angle, from the ruled lines ---- */

struct points {
	float (*xy)[2];
	unsigned n;
};

/* Dark pixels of a thinned scan: darker than most of their neighbourhood. */
static void
collect_points(const struct scan_image *s, struct points *pts)
{
	unsigned step = (s->w > s->h ? s->w : s->h) / 1200 + 1;
	unsigned seen = 0;
	for (unsigned y = step; y + step < s->h; y += step)
		for (unsigned x = step; x + step < s->w; x += step) {
			const uint8_t *q = s->p + (size_t)y * s->stride + x;
			int around = q[-(int)step] + q[step] + *(q - step * s->stride) +
			    *(q + step * s->stride);
			if (q[0] > 140 || around / 4 - q[0] < 20)
				continue;
			unsigned at = seen++ < MAX_POINTS ? pts->n++ : seen % MAX_POINTS;
			pts->xy[at][0] = (float)x;
			pts->xy[at][1] = (float)y;
		}
}

/* How sharply the points fall on lines when the page is turned back by @deg. */
static double
line_score(const struct points *pts, double deg, double scale, uint32_t *bins, size_t n_bins)
{
	double c = cos(deg * M_PI / 180) * scale;
	double s = sin(deg * M_PI / 180) * scale;
	double sum = 0;
	for (int axis = 0; axis < 2; axis++) {
		memset(bins, 0, n_bins * sizeof(*bins));
		for (unsigned i = 0; i < pts->n; i++) {
			double x = pts->xy[i][0];
			double y = pts->xy[i][1];
			double p = axis ? x * c + y * s : y * c - x * s;
			size_t b = (size_t)(p + (double)n_bins / 2);
			if (b < n_bins)
				bins[b]++;
		}
		for (size_t i = 0; i < n_bins; i++)
			sum += (double)bins[i] * bins[i];
	}
	return sum;
}

static double
best_angle(const struct points *pts, double from, double to, double step, double scale,
    uint32_t *bins, size_t n_bins)
{
	double best = -1;
	double at = 0;
	for (double d = from; d <= to; d += step) {
		double s = line_score(pts, d, scale, bins, n_bins);
		if (s > best) {
			best = s;
			at = d;
		}
	}
	return at;
}

/* The scan's turn in degrees, modulo 90: in -45..45. */
static double
find_angle(struct arena *a, const struct scan_image *s)
{
	enum { BINS = 8192 };
	struct points pts = { .xy = arena_zero_n(a, MAX_POINTS, sizeof(*pts.xy)) };
	uint32_t *bins = arena_zero_n(a, BINS, sizeof(*bins));
	double scale = 2400.0 / (s->w > s->h ? s->w : s->h);
	collect_points(s, &pts);
	double d = best_angle(&pts, -45, 45, 0.5, scale / 2, bins, BINS);
	d = best_angle(&pts, d - 0.6, d + 0.6, 0.1, scale, bins, BINS);
	return best_angle(&pts, d - 0.1, d + 0.1, 0.02, scale, bins, BINS);
}

/* ---- the coarse place, by correlation of ink densities ---- */

struct grid {
	float v[COARSE_H][COARSE_W];
};

static void
front_grid(const uint8_t *front, struct grid *g)
{
	for (unsigned j = 0; j < COARSE_H; j++)
		for (unsigned i = 0; i < COARSE_W; i++) {
			unsigned n = 0;
			for (unsigned y = j * COARSE; y < (j + 1) * COARSE; y++)
				for (unsigned b = i * COARSE / 8; b < (i + 1) * COARSE / 8; b++)
					n += (unsigned)__builtin_popcount(
					    front[(size_t)y * FRONT_ROW_BYTES + b]);
			g->v[j][i] = sqrtf((float)n);
		}
}

/* Ink of the scan, seen through @m, in the reference's coarse cells with a margin on each side. */
enum { WIDE_W = COARSE_W + 2 * COARSE_SHIFT, WIDE_H = COARSE_H + 2 * COARSE_SHIFT };
struct wide_grid {
	float v[WIDE_H][WIDE_W];
};

static void
scan_grid(const struct scan_image *s, const struct affine *m, struct wide_grid *g)
{
	enum { SUB = 8 };
	for (int j = 0; j < WIDE_H; j++)
		for (int i = 0; i < WIDE_W; i++) {
			double ink = 0;
			for (int k = 0; k < SUB * SUB; k++) {
				double x = ((i - COARSE_SHIFT) + (k % SUB + 0.5) / SUB) * COARSE;
				double y = ((j - COARSE_SHIFT) + (k / SUB + 0.5) / SUB) * COARSE;
				double sx;
				double sy;
				affine_apply(m, x, y, &sx, &sy);
				float v = 255 - scan_at(s, sx, sy);
				ink += v > 60 ? v : 0; /* paper is not ink */
			}
			g->v[j][i] = (float)sqrt(ink);
		}
}

static double
grid_correlation(const struct grid *f, const struct wide_grid *g, int dx, int dy)
{
	double sf = 0, sg = 0, sff = 0, sgg = 0, sfg = 0;
	for (int j = 0; j < COARSE_H; j++)
		for (int i = 0; i < COARSE_W; i++) {
			double u = f->v[j][i];
			double v = g->v[j + dy + COARSE_SHIFT][i + dx + COARSE_SHIFT];
			sf += u;
			sg += v;
			sff += u * u;
			sgg += v * v;
			sfg += u * v;
		}
	double n = (double)COARSE_W * COARSE_H;
	double var = (sff - sf * sf / n) * (sgg - sg * sg / n);
	return var <= 0 ? 0 : (sfg - sf * sg / n) / sqrt(var);
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

static void
shift_map(struct affine *m, double dx, double dy)
{
	m->c += m->a * dx + m->b * dy;
	m->f += m->d * dx + m->e * dy;
}

struct coarse_work {
	struct grid front;
	struct wide_grid scan;
};

static double
coarse_try(
    const struct scan_image *s, struct coarse_work *w, double deg, double scale, struct affine *ret)
{
	struct affine m = centred_map(s, deg, scale);
	double best = -1;
	int bx = 0;
	int by = 0;
	scan_grid(s, &m, &w->scan);
	for (int dy = -COARSE_SHIFT; dy <= COARSE_SHIFT; dy++)
		for (int dx = -COARSE_SHIFT; dx <= COARSE_SHIFT; dx++) {
			/* Far corners first would cost the most and are the least likely. */
			if ((dx & 1 || dy & 1) && best > 0 &&
			    (abs(dx - bx) > 2 || abs(dy - by) > 2))
				continue;
			double q = grid_correlation(&w->front, &w->scan, dx, dy);
			if (q > best) {
				best = q;
				bx = dx;
				by = dy;
			}
		}
	shift_map(&m, (double)bx * COARSE, (double)by * COARSE);
	*ret = m;
	return best;
}

/* The best of the four turns; a coarse scale is enough to tell them apart. */
static double
coarse_turn(const struct scan_image *s, struct coarse_work *w, double turn, double scale,
    struct affine *ret, double *ret_deg)
{
	static const double stretch[] = { 1.0, 0.94, 1.06 };
	double best = -1;
	for (unsigned k = 0; k < N_ELEMENTS(stretch); k++)
		for (int q = 0; q < 4; q++) {
			struct affine m;
			double c = coarse_try(s, w, turn + 90.0 * q, scale * stretch[k], &m);
			if (c > best) {
				best = c;
				*ret = m;
				*ret_deg = turn + 90.0 * q;
			}
		}
	return best;
}

/* Then the scale: a cropped page or a driver's "fit to page" hides it from the page's size. */
static double
coarse_place(struct arena *a, const struct scan_image *s, const uint8_t *front, double dpi_hint,
    struct affine *ret, double *ret_deg)
{
	struct coarse_work *w = arena_zero(a, sizeof(*w));
	double turn = find_angle(a, s);
	double side = s->w > s->h ? s->w : s->h;
	double scale = dpi_hint > 0 ? dpi_hint / 300 : side / FRONT_H;
	front_grid(front, &w->front);
	double best = coarse_turn(s, w, turn, scale, ret, ret_deg);
	for (int k = -7; k <= 7; k++) {
		struct affine m;
		double c = coarse_try(s, w, *ret_deg, scale * (1 + 0.015 * k), &m);
		if (c > best) {
			best = c;
			*ret = m;
		}
	}
	return best;
}

/* ---- the fine map, by matching patches ---- */

struct patch {
	double x, y;   /* centre in the reference */
	double dx, dy; /* where its ink was found, from where the map put it, in reference pixels */
	double score;
};

static double
patch_correlation(const struct registration *r, const struct scan_image *s, const uint8_t *front,
    const struct patch *p, int half, double dx, double dy)
{
	int step = half / 12; /* 24 x 24 samples, whatever the size */
	double sf = 0, sg = 0, sff = 0, sgg = 0, sfg = 0;
	int n = 0;
	for (int y = -half; y < half; y += step)
		for (int x = -half; x < half; x += step) {
			double px = p->x + x;
			double py = p->y + y;
			if (px < 0 || py < 0 || px >= FRONT_W || py >= FRONT_H)
				continue;
			double u = front_ink(front, (unsigned)px, (unsigned)py);
			double v = 255 - register_sample(r, s, px + 0.5 + dx, py + 0.5 + dy);
			sf += u;
			sg += v;
			sff += u * u;
			sgg += v * v;
			sfg += u * v;
			n++;
		}
	double var = (sff - sf * sf / n) * (sgg - sg * sg / n);
	return var <= 0 ? 0 : (sfg - sf * sg / n) / sqrt(var);
}

static void
patch_search(const struct registration *r, const struct scan_image *s, const uint8_t *front,
    struct patch *p, int half, double reach, double step)
{
	double best = -2;
	double bx = 0;
	double by = 0;
	for (double dy = -reach; dy <= reach; dy += step)
		for (double dx = -reach; dx <= reach; dx += step) {
			double c = patch_correlation(r, s, front, p, half, dx, dy);
			if (c > best) {
				best = c;
				bx = dx;
				by = dy;
			}
		}
	p->dx = bx;
	p->dy = by;
	p->score = best;
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
	for (unsigned v = y - PATCH / 2; v < y + PATCH / 2; v += 2)
		for (unsigned u = x - PATCH / 2; u < x + PATCH / 2; u += 2) {
			bool here = front_ink(front, u, v);
			across += here != front_ink(front, u + 2, v);
			down += here != front_ink(front, u, v + 2);
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

/* shift(x, y) = (p + s x - t y, q + t x + s y): moved, stretched, turned; x, y from the page's
 * middle. */
struct similarity {
	double p, q, s, t;
};

static double
residual(const struct similarity *f, const struct patch *k)
{
	double x = k->x - FRONT_W / 2.0;
	double y = k->y - FRONT_H / 2.0;
	return hypot(k->dx - (f->p + f->s * x - f->t * y), k->dy - (f->q + f->t * x + f->s * y));
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Least squares over the good patches within @limit of the last fit. False with too few. */
static bool
fit_similarity(const struct patch *k, unsigned n, double limit, struct similarity *f)
{
	double w = 0, mx = 0, my = 0, mu = 0, mv = 0;
	for (unsigned i = 0; i < n; i++) {
		if (k[i].score < MIN_PATCH || residual(f, &k[i]) > limit)
			continue;
		w += 1;
		mx += k[i].x - FRONT_W / 2.0;
		my += k[i].y - FRONT_H / 2.0;
		mu += k[i].dx;
		mv += k[i].dy;
	}
	if (w < 6)
		return false;
	double dot = 0, cross = 0, norm = 1;
	for (unsigned i = 0; i < n; i++) {
		if (k[i].score < MIN_PATCH || residual(f, &k[i]) > limit)
			continue;
		double x = k[i].x - FRONT_W / 2.0 - mx / w;
		double y = k[i].y - FRONT_H / 2.0 - my / w;
		double u = k[i].dx - mu / w;
		double v = k[i].dy - mv / w;
		dot += x * u + y * v;
		cross += x * v - y * u;
		norm += x * x + y * y;
	}
	f->s = dot / norm;
	f->t = cross / norm;
	f->p = mu / w - f->s * mx / w + f->t * my / w;
	f->q = mv / w - f->t * mx / w - f->s * my / w;
	return true;
}

/* The median patch's distance from a fit; @work has room for n. */
static double
median_residual(const struct patch *k, unsigned n, const struct similarity *f, double *work)
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
refine_map(struct registration *r, const struct patch *k, unsigned n, double *work)
{
	struct similarity f = { .p = median_shift(k, n, 0, work),
		.q = median_shift(k, n, 1, work) };
	for (int round = 0; round < 6; round++) {
		double limit = 2.5 * median_residual(k, n, &f, work) + 1.0;
		if (!fit_similarity(k, n, limit, &f))
			return false;
	}
	/* reference -> reference + shift -> scan */
	struct affine s = { .a = 1 + f.s, .b = -f.t, .d = f.t, .e = 1 + f.s };
	s.c = f.p - f.s * FRONT_W / 2 + f.t * FRONT_H / 2;
	s.f = f.q - f.t * FRONT_W / 2 - f.s * FRONT_H / 2;
	struct affine m = r->map;
	r->map = (struct affine){ .a = m.a * s.a + m.b * s.d,
		.b = m.a * s.b + m.b * s.e,
		.c = m.a * s.c + m.b * s.f + m.c,
		.d = m.d * s.a + m.e * s.d,
		.e = m.d * s.b + m.e * s.e,
		.f = m.d * s.c + m.e * s.f + m.f };
	return true;
}

/* What is left after the map: patches far from their neighbours' opinion lose their vote. */
static void
drop_outliers(struct patch *k, unsigned n, double *work)
{
	struct similarity f = { .p = 0 };
	double limit = 3 * median_residual(k, n, &f, work) + 1.5;
	for (unsigned i = 0; i < n; i++)
		if (residual(&f, &k[i]) > limit)
			k[i].score = -1;
}

/* Each grid point takes the weighted mean of the good patches around it. */
static void
local_shifts(struct registration *r, const struct patch *p, unsigned n)
{
	const double reach = 260;
	for (int j = 0; j < REGISTER_NY; j++)
		for (int i = 0; i < REGISTER_NX; i++) {
			double x = (i + 0.5) * REGISTER_BLOCK;
			double y = (j + 0.5) * REGISTER_BLOCK;
			double sw = 0.5; /* a little weight on no shift at all */
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

/*
 * Searching goes from large patches to small ones, and from the
 * densest ink outwards: an error of scale grows with the distance, and a patch that is
 * farther off than the search reaches would only mislead the fit.
 */
struct search_pass {
	unsigned radius; /* around the densest ink, reference pixels */
	unsigned every;  /* n-th patch only */
	int half;        /* of a patch, reference pixels */
	double reach, step;
};
static const struct search_pass passes[] = { { 500, 3, 120, 48, 6 }, { 700, 4, 72, 16, 4 },
	{ 1100, 3, 60, 14, 2 }, { 2000, 4, 48, 12, 2 }, { 4000, 4, 48, 8, 2 },
	{ 4000, 3, 48, 4, 1 } };
static const struct search_pass last_pass = { 4000, 2, 48, 4, 1 };

/* The patch with the most others around it: where searching starts. */
static struct patch
densest_patch(const struct patch *p, unsigned n)
{
	unsigned best = 0;
	unsigned at = 0;
	for (unsigned i = 0; i < n; i++) {
		unsigned near = 0;
		for (unsigned k = 0; k < n; k++)
			near += hypot(p[i].x - p[k].x, p[i].y - p[k].y) <= passes[0].radius;
		if (near > best) {
			best = near;
			at = i;
		}
	}
	return p[at];
}

static void
search_all(const struct registration *r, const struct scan_image *s, const uint8_t *front,
    struct patch *p, unsigned n, const struct patch *start, const struct search_pass *w)
{
	for (unsigned i = 0; i < n; i++) {
		p[i].score = -1;
		if (i % w->every == 0 && hypot(p[i].x - start->x, p[i].y - start->y) <= w->radius)
			patch_search(r, s, front, &p[i], w->half, w->reach, w->step);
	}
}

int
register_front(struct arena *a, const struct scan_image *scan, const uint8_t *front,
    double dpi_hint, struct registration *ret, struct err *err)
{
	struct registration r = { .score = 0 };
	if (scan->w < SCAN_MIN_SIDE || scan->h < SCAN_MIN_SIDE || scan->w > SCAN_MAX_SIDE ||
	    scan->h > SCAN_MAX_SIDE)
		return REGISTER_E_SIZE;
	double coarse = coarse_place(a, scan, front, dpi_hint, &r.map, &r.angle_deg);
	if (coarse < MIN_COARSE)
		return REGISTER_E_NO_MATCH;
	struct patch *p = arena_zero_n(a, MAX_PATCHES, sizeof(*p));
	unsigned n = choose_patches(front, p);
	double *work = arena_zero_n(a, MAX_PATCHES, sizeof(*work));
	if (n < 12)
		return err_raise(err, FAULT_INTEGRITY, "front without ink", (long)n);
	const struct patch start = densest_patch(p, n);
	for (unsigned i = 0; i < N_ELEMENTS(passes); i++) {
		search_all(&r, scan, front, p, n, &start, &passes[i]);
		if (!refine_map(&r, p, n, work))
			return REGISTER_E_NO_MATCH;
	}
	search_all(&r, scan, front, p, n, &start, &last_pass);
	for (unsigned i = 0; i < n; i++)
		r.score += p[i].score > 0 ? p[i].score * last_pass.every / n : 0;
	drop_outliers(p, n, work);
	local_shifts(&r, p, n);
	r.dpi = 300 * sqrt(fabs(r.map.a * r.map.e - r.map.b * r.map.d));
	if (r.score < MIN_PATCH)
		return REGISTER_E_NO_MATCH;
	*ret = r;
	return 0;
}
