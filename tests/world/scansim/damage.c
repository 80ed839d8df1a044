/* SPDX-License-Identifier: Apache-2.0 */
#include "paper.h"

#include "base/mem.h"
#include <math.h>
#include <string.h>

enum { ERASE_STEP = 8, N_TEAR = 24, N_FLECKS = 900, N_PEN_POINTS = 60, PUNCHES = 2 };

static const double MM = SCANSIM_DPI / 25.4;
static const double A4_W = 210, A4_H = 297;

static void
ring(struct field *f, double x, double y, double r, double width, float keep)
{
	for (int j = (int)(y - r - width); j <= (int)(y + r + width); j++)
		for (int i = (int)(x - r - width); i <= (int)(x + r + width); i++)
			if (i >= 0 && j >= 0 && i < f->w && j < f->h &&
			    fabs(hypot(i - x, j - y) - r) < width / 2)
				field_row(f, j)[i] *= keep;
}

static void
stamp(struct field *f, const struct scansim_damage *m, struct dice *d)
{
	double x = m->a * MM, y = m->b * MM, r = m->c * MM;
	float keep = (float)m->d;
	ring(f, x, y, r, 1.2 * MM, keep);
	ring(f, x, y, 0.82 * r, 0.5 * MM, keep);
	for (int i = 0; i < 10; i++) { /* strokes of characters */
		double a = dice_range(d, 0, 2 * M_PI), q = dice_range(d, 0, 0.6 * r);
		double b = dice_range(d, 0, 2 * M_PI), l = dice_range(d, 0.2, 0.5) * r;
		double x0 = x + q * cos(a), y0 = y + q * sin(a);
		field_line(f, x0, y0, x0 + l * cos(b), y0 + l * sin(b),
		    dice_range(d, 0.8, 2.0) * MM, keep, 0);
	}
}

static void
stain(struct field *f, const struct scansim_damage *m, struct dice *d)
{
	double x = m->a * MM, y = m->b * MM, r = m->c * MM;
	struct noise *n = noise_new(d, 48);
	for (int j = (int)(y - r) - 40; j < (int)(y + r) + 40; j++)
		for (int i = (int)(x - r) - 40; i < (int)(x + r) + 40; i++) {
			if (i < 0 || j < 0 || i >= f->w || j >= f->h)
				continue;
			double far = hypot(i - x, j - y) - r;
			double v = far < 0 ? 0.22 : 0;
			v = fabs(far) < 18 ? 0.45 : v; /* the rim dries last */
			v *= 1 + 0.35 * (double)noise_at(n, i, j);
			field_row(f, j)[i] *= (float)(1 - fmin(0.7, fmax(0, v)));
		}
	mem_free(n);
}

static void
pen(struct field *f, const struct scansim_damage *m, struct dice *d)
{
	for (int k = 0; k < (int)m->a; k++) {
		double x = dice_range(d, 30, 150), y = dice_range(d, 40, 250);
		for (int i = 0; i < N_PEN_POINTS; i++) {
			double u = x + dice_range(d, -1.5, 3.2), v = y + dice_range(d, -3.5, 3.5);
			field_line(f, x * MM, y * MM, u * MM, v * MM, 0.6 * MM, 0, 0.1f);
			x = u;
			y = v;
		}
	}
}

static void
marker(struct field *f, const struct scansim_damage *m, struct dice *d)
{
	for (int k = 0; k < (int)m->a; k++) {
		double x = dice_range(d, 20, 80), y = dice_range(d, 30, 260);
		field_line(f, x * MM, y * MM, (x + dice_range(d, 40, 100)) * MM,
		    (y + dice_range(d, -6, 6)) * MM, 8 * MM, (float)m->b, 0);
	}
}

static void
staples(struct field *f, struct dice *d)
{
	for (int k = 0; k < 2; k++) {
		double x = dice_range(d, 10, 22) * MM, y = dice_range(d, 8, 22) * MM;
		field_disc(f, x, y, 0.7 * MM, 0, 0.05f);
		field_disc(f, x + 11 * MM, y + 2 * MM, 0.7 * MM, 0, 0.05f);
		field_line(f, x, y, x + 11 * MM, y + 2 * MM, 0.6 * MM, 0, 0.75f);
	}
}

/* The corner under a ragged line from the right edge to the lower one. */
static void
tear(struct field *f, const struct scansim_damage *m, float bed, struct dice *d)
{
	double ragged[N_TEAR];
	for (int i = 0; i < N_TEAR; i++)
		ragged[i] = dice_normal(d);
	for (int j = (int)((A4_H - m->b - 5) * MM); j < f->h; j++)
		for (int i = (int)((A4_W - m->a - 5) * MM); i < f->w; i++) {
			double u = (A4_W - i / MM) / m->a, v = (A4_H - j / MM) / m->b;
			int k = (int)fmin(N_TEAR - 1, fmax(0, v * N_TEAR));
			if (u + v < 1 + ragged[k] / m->a)
				field_row(f, j)[i] = bed;
		}
}

/* Toner breaks along a fold, and the crease is dark. @share of the flecks of a hard one. */
static void
crease(struct field *f, bool across, double at, double share, struct dice *d)
{
	double length = across ? f->w : f->h;
	for (int i = 0; i < (int)(N_FLECKS * share); i++) {
		double q = dice_range(d, 0, length), w = dice_normal(d) * 0.22 * MM;
		double r = 1 + dice_exponential(d, 2.5);
		field_disc(f, across ? q : at * MM + w, across ? at * MM + w : q, r, 0, 0.88f);
	}
	double y = at * MM;
	if (across)
		field_line(f, 0, y, f->w, y, MM, 0.9f, 0);
	else
		field_line(f, y, 0, y, f->h, MM, 0.9f, 0);
}

/* Opaque discs until they cover the share; light or dark, one kind a sheet. */
static void
erase(struct field *f, double share, struct dice *d)
{
	int w = f->w / ERASE_STEP, h = f->h / ERASE_STEP;
	struct field mask = field_new(w, h);
	float value = dice_unit(d) < 0.5 ? 0.08f : 0.9f;
	double covered = 0;
	while (covered < share) {
		field_disc(&mask, dice_range(d, 0, w), dice_range(d, 0, h),
		    dice_range(d, 8, 28) * MM / ERASE_STEP, 0, 1);
		covered = 0;
		for (long i = 0; i < (long)w * h; i++)
			covered += (double)mask.p[i];
		covered /= (double)w * h;
	}
	for (int y = 0; y < f->h; y++)
		for (int x = 0; x < f->w; x++) {
			int u = x / ERASE_STEP, v = y / ERASE_STEP;
			if (u < w && v < h && field_row(&mask, v)[u] > 0)
				field_row(f, y)[x] = value;
		}
	field_free(&mask);
}

static void
cut(struct field *f, double mm, float bed)
{
	for (int y = (int)((A4_H - mm) * MM); y < f->h; y++)
		for (int x = 0; x < f->w; x++)
			field_row(f, y)[x] = bed;
}

static void
triangle(struct field *f, double legs, float bed)
{
	for (int y = 0; y < (int)(legs * MM); y++)
		for (int x = 0; x < (int)(legs * MM) - y && x < f->w; x++)
			field_row(f, y)[x] = bed;
}

/* Opaque tape from edge to edge: what is left hangs together nowhere. */
static void
bars(struct field *f, const struct scansim_damage *m, struct dice *d)
{
	float value = dice_unit(d) < 0.5 ? 0.08f : 0.9f;
	for (int k = 0; k < (int)m->a; k++) {
		double y = A4_H * (k + dice_range(d, 0.4, 0.6)) / (int)m->a * MM;
		field_line(f, -m->b * MM, y, f->w + m->b * MM, y + dice_range(d, -5, 5) * MM,
		    m->b * MM, 0, value);
	}
	double x = A4_W * dice_range(d, 0.4, 0.6) * MM;
	field_line(f, x, -m->b * MM, x, f->h + m->b * MM, m->b * MM, 0, value);
}

static void
glare(struct field *f, const struct scansim_damage *m)
{
	double x = m->a * MM, y = m->b * MM, r = m->c * MM;
	for (int j = (int)(y - 2 * r); j < (int)(y + 2 * r); j++)
		for (int i = (int)(x - 2 * r); i < (int)(x + 2 * r); i++) {
			if (i < 0 || j < 0 || i >= f->w || j >= f->h)
				continue;
			double t = ((i - x) * (i - x) + (j - y) * (j - y)) / (r * r);
			field_row(f, j)[i] += (float)(1.2 * exp(-t * t));
		}
}

/* Lines of strokes as a front has them, in the margins of a page of ours. */
static void
show(struct field *f, double strength, struct dice *d)
{
	for (double y = 25; y < A4_H - 25; y += 9)
		for (double x = 18; x < A4_W - 18; x += 4.5)
			for (int k = 0; k < 4; k++) {
				double u = x + dice_range(d, 0, 3.5), v = y + dice_range(d, 0, 3.5);
				double l = dice_range(d, 0.8, 3.2);
				double a = k % 2 ? l : 0, b = k % 2 ? 0 : l;
				field_line(f, u * MM, v * MM, (u + a) * MM, (v + b) * MM, 0.4 * MM,
				    (float)(1 - strength), 0);
			}
}

static void
scratches(struct field *f, int n, struct dice *d)
{
	for (int k = 0; k < n; k++) {
		double x = dice_range(d, 10, A4_W - 10) * MM;
		field_line(f, x, 0, x, f->h, dice_range(d, 0.15, 0.9) * MM, 0, 0.86f);
	}
}

static void
damage(struct field *f, const struct scansim_damage *m, float bed, struct dice *d)
{
	switch (m->kind) {
	case SCANSIM_NONE:
		break;
	case SCANSIM_STAMP:
		stamp(f, m, d);
		break;
	case SCANSIM_STAIN:
		stain(f, m, d);
		break;
	case SCANSIM_PEN:
		pen(f, m, d);
		break;
	case SCANSIM_STAPLE:
		staples(f, d);
		break;
	case SCANSIM_PUNCH:
		for (int k = 0; k < PUNCHES; k++)
			field_disc(f, 12 * MM, (A4_H / 2 - 40 + 80 * k) * MM, 3 * MM, 0, bed);
		break;
	case SCANSIM_TEAR:
		tear(f, m, bed, d);
		break;
	case SCANSIM_FOLD_H:
	case SCANSIM_FOLD_V:
		crease(f, m->kind == SCANSIM_FOLD_H, m->a, m->b > 0 ? m->b : 1, d);
		break;
	case SCANSIM_ERASE:
		erase(f, m->a, d);
		break;
	case SCANSIM_MARKER:
		marker(f, m, d);
		break;
	case SCANSIM_CUT:
		cut(f, m->a, bed);
		break;
	case SCANSIM_TORN_TRIANGLE:
		triangle(f, m->a, bed);
		break;
	case SCANSIM_BARS:
		bars(f, m, d);
		break;
	case SCANSIM_GLARE:
		glare(f, m);
		break;
	case SCANSIM_SHOW:
		show(f, m->a, d);
		break;
	case SCANSIM_SCRATCHES:
		scratches(f, (int)m->a, d);
		break;
	}
}

void
paper_damage(struct field *f, const struct scansim_profile *p, struct dice *d)
{
	for (int i = 0; i < SCANSIM_MAX_DAMAGE; i++)
		damage(f, &p->damage[i], (float)p->bed_white, d);
}
