/* SPDX-License-Identifier: Apache-2.0 */
#include "copier.h"

#include "base/mem.h"
#include <math.h>

static const double UM_A_DOT = 25400.0 / 600, SPREAD_UM = 25, COPY_GAIN_UM = 8;
static const float WHITE = 0.90F, DENSITY = 0.92F;

/* Toner where the charge is over a threshold, which the gain moves; edges are a little ragged. */
static void
develop(struct field *f, double gain_um, uint64_t seed)
{
	struct dice dice = { seed };
	struct noise *ragged = noise_new(&dice, 1);
	double middle = 0.5 * (1 + erf(-gain_um / SPREAD_UM / sqrt(2)));
	field_blur(f, SPREAD_UM / UM_A_DOT);
	for (int y = 0; y < f->h; y++) {
		float *row = field_row(f, y);
		for (int x = 0; x < f->w; x++) {
			float v = row[x] + 0.05F * noise_at(ragged, x, y);
			v = (v - (float)middle) / 0.40F + 0.5F;
			row[x] = WHITE * (1 - DENSITY * fminf(1, fmaxf(0, v)));
		}
	}
	mem_free(ragged);
}

struct field
copier_print(const uint8_t *bits, int w, int h, double gain_um, uint64_t seed)
{
	struct field f = field_new(w, h);
	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++)
			field_row(&f, y)[x] =
			    (float)(bits[(long)y * ((w + 7) / 8) + x / 8] >> (7 - x % 8) & 1);
	develop(&f, gain_um, seed);
	return f;
}

/* 133 lines an inch at 45 degrees. */
static float
screen_at(int x, int y)
{
	const double period = 600 / 133.0 * sqrt(2);
	double a = cos(2 * M_PI * (x + y) / period) + cos(2 * M_PI * (x - y) / period);
	return (float)(0.98 * (0.5 + 0.25 * a) + 0.01);
}

struct field
copier_copy(const struct field *print, const struct copier *c, uint64_t seed)
{
	const float slope = 1.6F;
	struct dice dice = { seed };
	struct noise *grain = noise_new(&dice, 0);
	struct field f = field_new(print->w, print->h);
	for (int y = 0; y < f.h; y++)
		for (int x = 0; x < f.w; x++)
			field_row(&f, y)[x] = field_row(print, y)[x];
	field_blur(&f, c->blur_um / UM_A_DOT);
	for (int y = 0; y < f.h; y++) {
		float *row = field_row(&f, y);
		for (int x = 0; x < f.w; x++) {
			float seen = (row[x] + 0.01F * noise_at(grain, x, y)) / WHITE;
			float ink = 1 - fminf(1, fmaxf(0, seen));
			ink = (ink - (1 - (float)c->background)) * slope / (float)c->background;
			ink = fminf(1, fmaxf(0, ink));
			row[x] = ink > (c->text ? 0.25F : screen_at(x, y));
		}
	}
	mem_free(grain);
	develop(&f, COPY_GAIN_UM, seed + 1);
	return f;
}

void
copier_look(struct field *f)
{
	field_blur(f, 200 / UM_A_DOT);
	for (int y = 0; y < f->h; y++) {
		float *row = field_row(f, y);
		for (int x = 0; x < f->w; x++)
			row[x] = 116 * cbrtf(fmaxf(row[x], 1e-4F)) - 16;
	}
}
