/* SPDX-License-Identifier: Apache-2.0 */
#include "jpeg.h"
#include "paper.h"
#include "scansim.h"

#include "base/mem.h"
#include <math.h>
#include <string.h>

enum { MAX_SLIPS = 3, MAX_FOLDS = SCANSIM_MAX_DAMAGE, CRUMPLE_STEP = 4, TONES = 4096, N_PIECES = 4, N_BLURS = 4 };

static const double MM = SCANSIM_DPI / 25.4;
static const double A4_W = 210, A4_H = 297;
static const double UM_A_DOT = 25400.0 / SCANSIM_DPI;

struct fold_line {
	bool across;
	double at, lift;
};

/* A quarter of the sheet, torn off and laid back beside its place. */
struct piece {
	double dx, dy, turn;
};

/* Where a pixel of the scan looks at the sheet. */
struct geometry {
	double c, s;
	double left, top, pixel; /* mm */
	double *feed;            /* mm at each line, along the feed */
	double *side;            /* mm at each line, across */
	struct fold_line fold[MAX_FOLDS];
	int n_folds;
	struct piece piece[N_PIECES];
	struct noise *bump_x, *bump_y;
	const struct scansim_profile *p;
};

struct slip {
	double at, by;
};

/* Uneven feed: a sine of the rollers, a random walk, slips. */
static void
feed_lines(struct geometry *g, int h, struct dice *d)
{
	const struct scansim_profile *p = g->p;
	struct slip slip[MAX_SLIPS];
	double period = dice_range(d, 6, 14), phase = dice_range(d, 0, 2 * M_PI);
	double slow = dice_range(d, 60, 140), fast = dice_range(d, 8, 20);
	double *walk = mem_zero_n((size_t)h, sizeof(*walk));
	double sum = 0, squares = 0;
	for (int i = 0; i < MAX_SLIPS; i++)
		slip[i] = (struct slip){ dice_range(d, -A4_H / 2, A4_H / 2),
			p->slip * dice_range(d, -1, 1) };
	for (int y = 0; y < h; y++)
		walk[y] = sum += dice_normal(d);
	for (int y = 0; y < h; y++) {
		walk[y] -= sum * y / h;
		squares += walk[y] * walk[y];
	}
	double k = 1.5 * p->jitter / (sqrt(squares / h) + 1e-6);
	for (int y = 0; y < h; y++) {
		double v = g->top + (y + 0.5) * g->pixel;
		g->feed[y] =
		    v * p->stretch_y + p->jitter * sin(2 * M_PI * v / period + phase) + k * walk[y];
		for (int i = 0; i < MAX_SLIPS; i++)
			g->feed[y] += v > slip[i].at ? slip[i].by : 0;
		g->side[y] = p->wander * sin(2 * M_PI * v / slow + phase) +
		    0.3 * p->wander * sin(2 * M_PI * v / fast);
	}
	mem_free(walk);
}

static void
folds_find(struct geometry *g, struct dice *d)
{
	for (int i = 0; i < SCANSIM_MAX_DAMAGE; i++) {
		const struct scansim_damage *m = &g->p->damage[i];
		if (m->kind != SCANSIM_FOLD_H && m->kind != SCANSIM_FOLD_V)
			continue;
		g->fold[g->n_folds++] = (struct fold_line){ m->kind == SCANSIM_FOLD_H, m->a,
			g->p->fold * (dice_unit(d) < 0.5 ? -1 : 1) };
	}
}

/* The sheet does not lie flat beside a fold, nor where it was crumpled. */
static void
relief(const struct geometry *g, double *x, double *y)
{
	double dx = 0, dy = 0;
	for (int i = 0; i < g->n_folds; i++) {
		const struct fold_line *f = &g->fold[i];
		double t = (f->across ? *y : *x) - f->at;
		double off = f->lift * tanh(t / 1.2) * exp(-fabs(t) / 25);
		if (f->across)
			dy += off;
		else
			dx += off;
	}
	if (g->p->crumple > 0) {
		int i = (int)floor(*x * CRUMPLE_STEP), j = (int)floor(*y * CRUMPLE_STEP);
		double u = *x * CRUMPLE_STEP - i, v = *y * CRUMPLE_STEP - j;
		const struct noise *n[2] = { g->bump_x, g->bump_y };
		double off[2];
		for (int k = 0; k < 2; k++) {
			double top = (double)noise_at(n[k], i, j) * (1 - u) +
			    (double)noise_at(n[k], i + 1, j) * u;
			double low = (double)noise_at(n[k], i, j + 1) * (1 - u) +
			    (double)noise_at(n[k], i + 1, j + 1) * u;
			off[k] = g->p->crumple * (top * (1 - v) + low * v);
		}
		dx += off[0];
		dy += off[1];
	}
	*x += dx;
	*y += dy;
}

static int
piece_at(double x, double y)
{
	return (x > A4_W / 2 + 1.5 * sin(y / 7)) + 2 * (y > A4_H / 2 + 1.5 * sin(x / 5));
}

static void
pieces_lay(struct geometry *g, struct dice *d)
{
	double k = g->p->pieces;
	for (int i = 0; i < N_PIECES && k > 0; i++)
		g->piece[i] = (struct piece){ k * dice_range(d, -2, 2), k * dice_range(d, -2, 2),
			k * dice_range(d, -1, 1) * M_PI / 180 };
}

/* False between two pieces, where the bed shows. */
static bool
piece_find(const struct geometry *g, double *x, double *y)
{
	int q = piece_at(*x, *y);
	const struct piece *c = &g->piece[q];
	double mx = A4_W * (q % 2 ? 0.75 : 0.25), my = A4_H * (q / 2 ? 0.75 : 0.25);
	double u = *x - mx, v = *y - my;
	*x = mx + u - c->turn * v + c->dx;
	*y = my + v + c->turn * u + c->dy;
	return piece_at(*x, *y) == q;
}

/* A sheet that rises to the spine of a binding: narrower there, and darker. */
static double
bent_by(const struct scansim_profile *p, double x)
{
	return p->bent * exp(-fmax(0, x) / 20);
}

static float
sheet_at(const struct field *f, double x, double y, float bed)
{
	x = x * MM - 0.5;
	y = y * MM - 0.5;
	if (!(x >= 0 && y >= 0 && x < f->w - 1 && y < f->h - 1))
		return bed;
	int i = (int)x, j = (int)y;
	float u = (float)(x - i), v = (float)(y - j);
	const float *a = field_row(f, j) + i, *b = a + f->w;
	float top = a[0] + (a[1] - a[0]) * u, low = b[0] + (b[1] - b[0]) * u;
	return top + (low - top) * v;
}

static void
geometry_row(const struct geometry *g, const struct field *sheet, struct field *out, int line)
{
	const struct scansim_profile *p = g->p;
	float *row = field_row(out, line);
	for (int i = 0; i < out->w; i++) {
		double u = g->left + (i + 0.5) * g->pixel;
		double y = g->feed[line];
		double x = (p->mirrored ? -u : u) * p->stretch_x + g->side[line] + p->shear * y;
		double z = 1 + p->keystone * y / p->bed_h + 0.5 * p->keystone * x / p->bed_w;
		x /= z;
		y /= z;
		double far = 1 + p->lens * (x * x + y * y) / (A4_W * A4_W / 4);
		x *= far;
		y *= far;
		double px = g->c * x + g->s * y + A4_W / 2, py = -g->s * x + g->c * y + A4_H / 2;
		double bent = bent_by(p, px);
		px -= 4 * bent;
		relief(g, &px, &py);
		bool on = p->pieces <= 0 || piece_find(g, &px, &py);
		row[i] = on ? sheet_at(sheet, px, py, (float)p->bed_white) : (float)p->bed_white;
		row[i] *= (float)(1 - 0.5 * bent);
	}
}

/* A fifth of a degree more or less, as papers lie. */
static struct field
scan_geometry(const struct field *sheet, const struct scansim_profile *p, struct dice *d)
{
	double a = (p->angle_deg + dice_range(d, -0.15, 0.15)) * M_PI / 180;
	bool lying = fabs(sin(a)) > 0.8 && p->bed_w < p->bed_h && p->bed_w < 220;
	double bw = lying ? p->bed_h : p->bed_w, bh = lying ? p->bed_w + 3 : p->bed_h;
	struct geometry g = { .c = cos(a),
		.s = sin(a),
		.left = p->crop_left - bw / 2,
		.top = p->crop_top - bh / 2,
		.pixel = 25.4 / p->dpi,
		.p = p };
	struct field out = field_new((int)((bw - p->crop_left - p->crop_right) / g.pixel),
	    (int)((bh - p->crop_top - p->crop_bottom) / g.pixel));
	g.feed = mem_zero_n((size_t)out.h, sizeof(*g.feed));
	g.side = mem_zero_n((size_t)out.h, sizeof(*g.side));
	g.bump_x = noise_new(d, 30);
	g.bump_y = noise_new(d, 30);
	feed_lines(&g, out.h, d);
	folds_find(&g, d);
	pieces_lay(&g, d);
	for (int y = 0; y < out.h; y++)
		geometry_row(&g, sheet, &out, y);
	mem_free(g.feed);
	mem_free(g.side);
	mem_free(g.bump_x);
	mem_free(g.bump_y);
	return out;
}

/* v to the power of gamma, from a table: between two entries the curve is straight. */
static void
tone_fill(float tone[TONES + 2], double gamma)
{
	for (int i = 0; i < TONES + 2; i++)
		tone[i] = (float)pow((double)i / TONES, gamma);
}

static float
tone_at(const float tone[TONES + 2], double v)
{
	int i = (int)(v * TONES);
	float u = (float)(v * TONES - i);
	return tone[i] + (tone[i + 1] - tone[i]) * u;
}

static void
light(struct field *f, const struct scansim_profile *p, struct dice *d)
{
	struct noise *n = noise_new(d, 0);
	float tone[TONES + 2];
	double gx = p->shade * dice_range(d, -1, 1), gy = p->shade * dice_range(d, -1, 1);
	int dx = (int)(dice_next(d) % NOISE_SIDE);
	tone_fill(tone, p->gamma);
	for (unsigned i = 0; i < p->streaks; i++) {
		double x = dice_range(d, 0.1, 0.9) * f->w;
		float add = dice_unit(d) < 0.5 ? 0 : 0.35f;
		field_line(f, x, 0, x, f->h, dice_range(d, 1, 2), 0.55f, add);
	}
	for (int y = 0; y < f->h; y++) {
		float *row = field_row(f, y);
		double sy = gy * (2.0 * y / f->h - 1);
		for (int x = 0; x < f->w; x++) {
			double v = (double)row[x] * (1 + gx * (2.0 * x / f->w - 1) + sy);
			/* the tile's period must not be a lattice */
			v += p->noise *
			    (double)noise_at(n, x + dx + 37 * (y >> 10), y + 91 * (x >> 10));
			v = fmin(1, fmax(0, (v - p->low) / (p->high - p->low)));
			row[x] = p->gamma == 1 ? (float)v : tone_at(tone, v);
		}
	}
	mem_free(n);
}

static void
sharpen(struct field *f, double amount)
{
	struct field soft = field_new(f->w, f->h);
	size_t n = (size_t)f->w * (size_t)f->h;
	if (amount > 0) {
		memcpy(soft.p, f->p, n * sizeof(*f->p));
		field_blur(&soft, 1);
		for (size_t i = 0; i < n; i++)
			f->p[i] += (float)amount * (f->p[i] - soft.p[i]);
	}
	field_free(&soft);
}

/* Floyd and Steinberg: the error goes on to the neighbours. */
static void
dither(struct scansim_scan *s)
{
	size_t w = s->w;
	int *err = mem_zero_n(w + 2, sizeof(*err));
	for (size_t y = 0; y < s->h; y++) {
		int right = 0, corner = 0;
		for (size_t x = 0; x < w; x++) {
			int v = s->p[y * w + x] + right + err[x + 1] / 16;
			int black = v < 128;
			int e = black ? v : v - 255;
			s->p[y * w + x] = black ? 0 : 255;
			right = e * 7 / 16;
			err[x] += e * 3;
			err[x + 1] = e * 5 + corner;
			corner = e;
		}
	}
	mem_free(err);
}

static void
quantise(const struct field *f, const struct scansim_profile *p, struct scansim_scan *ret)
{
	size_t n = (size_t)f->w * (size_t)f->h;
	*ret = (struct scansim_scan){ mem_zero(n), (size_t)f->w, (size_t)f->h };
	for (size_t i = 0; i < n; i++) {
		float v = field_limit(f->p[i] * 255 + 0.5f, 0, 255);
		ret->p[i] = (uint8_t)v;
		if (p->threshold > 0)
			ret->p[i] = (double)v > p->threshold * 255 ? 255 : 0;
	}
	if (p->dithered)
		dither(ret);
	if (p->jpeg)
		jpeg_degrade(ret->p, ret->w, ret->h, p->jpeg);
}

/* Sharp at the right edge, ever less so towards the left: the sheet lay on something. */
static void
defocus(struct field *f, double um)
{
	double step = um / UM_A_DOT / N_BLURS;
	struct field soft = field_new(f->w, f->h);
	size_t bytes = (size_t)f->w * sizeof(float);
	for (int y = 0; y < f->h && um > 0; y++)
		memcpy(field_row(&soft, y), field_row(f, y), bytes);
	for (int k = 0; k < N_BLURS && um > 0; k++) { /* each from the one before */
		field_blur(&soft, step * sqrt((k + 1) * (k + 1) - k * k));
		for (int y = 0; y < f->h; y++)
			for (int x = 0; x < f->w; x++) {
				float t = N_BLURS * (1 - (float)x / (float)f->w) - (float)k;
				float *v = field_row(f, y) + x;
				if (t > 0)
					*v += (t < 1 ? t : 1) * (field_row(&soft, y)[x] - *v);
			}
	}
	field_free(&soft);
}

struct scansim_sheet {
	struct field f;
	struct dice d; /* goes on where the printer left off */
};

bool
scansim_prints_alike(const struct scansim_profile *a, const struct scansim_profile *b)
{
	const double x[] = { a->print_scale, a->spread_um, a->gain_um, a->ragged, a->density,
		a->voids, a->splats, a->banding, a->mottle, a->white, a->texture, a->copies };
	const double y[] = { b->print_scale, b->spread_um, b->gain_um, b->ragged, b->density,
		b->voids, b->splats, b->banding, b->mottle, b->white, b->texture, b->copies };
	return memcmp(x, y, sizeof(x)) == 0;
}

struct scansim_sheet *
scansim_print(const uint8_t *dots, const struct scansim_profile *p, uint64_t seed)
{
	struct scansim_sheet *s = mem_zero(sizeof(*s));
	s->d.state = seed * 0x9e3779b97f4a7c15u + 17;
	s->f = paper_print(dots, p, &s->d);
	return s;
}

void
scansim_sheet_free(struct scansim_sheet *s)
{
	if (s != NULL)
		field_free(&s->f);
	mem_free(s);
}

void
scansim_scan(
    const struct scansim_sheet *s, const struct scansim_profile *p, struct scansim_scan *ret)
{
	struct dice d = s->d;
	struct field sheet = field_new(s->f.w, s->f.h);
	memcpy(sheet.p, s->f.p, (size_t)sheet.w * (size_t)sheet.h * sizeof(*sheet.p));
	paper_damage(&sheet, p, &d);
	field_soften(&sheet, p->optics_um / UM_A_DOT, SCANSIM_DPI / p->dpi);
	defocus(&sheet, p->defocus_um);
	struct field scan = scan_geometry(&sheet, p, &d);
	field_free(&sheet);
	light(&scan, p, &d);
	sharpen(&scan, p->sharpen);
	quantise(&scan, p, ret);
	field_free(&scan);
}

void
scansim_run(
    const uint8_t *dots, const struct scansim_profile *p, uint64_t seed, struct scansim_scan *ret)
{
	struct scansim_sheet *s = scansim_print(dots, p, seed);
	scansim_scan(s, p, ret);
	scansim_sheet_free(s);
}
