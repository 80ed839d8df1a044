/* SPDX-License-Identifier: Apache-2.0 */
#include "paper.h"

#include "base/mem.h"
#include <math.h>
#include <string.h>

enum { MODULE_DOTS = 6, COLS = 736, ROWS = 1008, BAND_DOTS = 60, MOTTLE_SIGMA = 20 };

static const double UM_A_DOT = 25400.0 / SCANSIM_DPI;

void
scansim_paint(const uint8_t *modules, unsigned inked, uint8_t *dots)
{
	int x0 = (SCANSIM_W - COLS * MODULE_DOTS) / 2, y0 = (SCANSIM_H - ROWS * MODULE_DOTS) / 2;
	memset(dots, 0, (size_t)SCANSIM_W * SCANSIM_H);
	for (int y = 0; y < ROWS * MODULE_DOTS; y++)
		for (int x = 0; x < COLS * MODULE_DOTS; x++) {
			int c = x / MODULE_DOTS, r = y / MODULE_DOTS;
			bool on = (unsigned)(x % MODULE_DOTS) < inked &&
			    (unsigned)(y % MODULE_DOTS) < inked &&
			    (modules[r * (COLS / 8) + c / 8] >> (7 - c % 8) & 1);
			dots[(size_t)(y0 + y) * SCANSIM_W + (size_t)(x0 + x)] = on;
		}
}

/* The page as the driver sends it: "fit to page" takes the nearest dot. */
static struct field
driver_scale(const uint8_t *dots, double scale)
{
	struct field f = field_new(SCANSIM_W, SCANSIM_H);
	int *from = mem_zero_n((size_t)f.w, sizeof(*from));
	for (int x = 0; x < f.w; x++)
		from[x] = (int)floor((x + 0.5 - f.w / 2.0) / scale + f.w / 2.0);
	for (int y = 0; y < f.h; y++) {
		int v = (int)floor((y + 0.5 - f.h / 2.0) / scale + f.h / 2.0);
		float *row = field_row(&f, y);
		for (int x = 0; x < f.w && v >= 0 && v < f.h; x++)
			if (from[x] >= 0 && from[x] < f.w)
				row[x] = dots[(size_t)v * SCANSIM_W + (size_t)from[x]];
	}
	mem_free(from);
	return f;
}

static void
specks(struct field *f, double share, float value, struct dice *d)
{
	int n = (int)(share * f->w * f->h);
	for (int i = 0; i < n; i++)
		field_disc(f, dice_range(d, 0, f->w), dice_range(d, 0, f->h),
		    1 + dice_exponential(d, 1.6), 0, value);
}

/* Toner where the charge is over a threshold, which the dot gain moves. */
static void
develop(struct field *f, const struct scansim_profile *p, struct dice *d)
{
	struct noise *edge = noise_new(d, 1);
	double spread = fmax(p->spread_um, 1);
	double middle = 0.5 * (1 + erf(-p->gain_um / spread / sqrt(2)));
	for (int y = 0; y < f->h; y++) {
		float *row = field_row(f, y);
		for (int x = 0; x < f->w; x++) {
			float v = row[x] + (float)p->ragged * noise_at(edge, x, y);
			v = (v - (float)middle) / 0.40f + 0.5f;
			row[x] = field_limit(v, 0, 1);
		}
	}
	mem_free(edge);
}

/* Toner's density: bands across the feed and blotches. Leaves the sheet's reflectance. */
static void
reflect(struct field *f, const struct scansim_profile *p, struct dice *d)
{
	struct noise *mottle = noise_new(d, MOTTLE_SIGMA), *texture = noise_new(d, 1.5);
	double from = dice_normal(d), to = dice_normal(d);
	for (int y = 0; y < f->h; y++) {
		float *row = field_row(f, y);
		if (y % BAND_DOTS == 0) {
			from = to;
			to = dice_normal(d);
		}
		double t = (double)(y % BAND_DOTS) / BAND_DOTS;
		float band = (float)(p->density * (1 + p->banding * (from + (to - from) * t)));
		for (int x = 0; x < f->w; x++) {
			float ink = band * (1 + (float)p->mottle * noise_at(mottle, x, y));
			ink = row[x] * field_limit(ink, 0, 0.97f);
			row[x] = (float)p->white * (1 - ink) *
			    (1 + (float)p->texture * noise_at(texture, x, y));
		}
	}
	mem_free(mottle);
	mem_free(texture);
}

/* A copier reads the sheet softly, drops the background and prints dots again. */
static void
photocopy(struct field *f, const struct scansim_profile *p, struct dice *d)
{
	field_blur(f, 50 / UM_A_DOT);
	for (int y = 0; y < f->h; y++) {
		float *row = field_row(f, y);
		for (int x = 0; x < f->w; x++)
			row[x] = row[x] < 0.55f * (float)p->white;
	}
	field_blur(f, p->spread_um / UM_A_DOT);
	develop(f, p, d);
	reflect(f, p, d);
}

struct field
paper_print(const uint8_t *dots, const struct scansim_profile *p, struct dice *d)
{
	struct field f = driver_scale(dots, p->print_scale);
	field_blur(&f, fmax(0.2, p->spread_um / UM_A_DOT));
	if (p->voids > 0 || p->splats > 0) {
		specks(&f, p->voids, 0, d);
		specks(&f, p->splats, 1, d);
		field_blur(&f, 0.5);
	}
	develop(&f, p, d);
	reflect(&f, p, d);
	for (unsigned i = 0; i < p->copies; i++)
		photocopy(&f, p, d);
	return f;
}
