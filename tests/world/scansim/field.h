/* SPDX-License-Identifier: Apache-2.0 */
/* field - the simulator's pictures: rows of floats, with blurs and repeatable noise. */
#pragma once
#include <stdint.h>

struct field {
	float *p;
	int w;
	int h;
};

struct field field_new(int w, int h);
void field_free(struct field *f);
static inline float
field_limit(float v, float low, float high) /* fminf and fmaxf are calls */
{
	v = v < low ? low : v;
	return v > high ? high : v;
}
static inline float *
field_row(const struct field *f, int y)
{
	return f->p + (long)y * f->w;
}

/* Gaussian of @sigma pixels, in place; under a fifth of a pixel nothing. */
void field_blur(struct field *f, double sigma);
/* A Gaussian, then the mean over a box of @side pixels, which need not be whole, in place. */
void field_soften(struct field *f, double sigma, double side);
/* Opaque or partly covering shapes: every pixel of the disc becomes v = v * keep + add. */
void field_disc(struct field *f, double x, double y, double r, float keep, float add);
void field_line(struct field *f, double x0, double y0, double x1, double y1, double width,
    float keep, float add);

struct dice {
	uint64_t state;
};
uint64_t dice_next(struct dice *d);
double dice_unit(struct dice *d); /* 0..1 */
double dice_range(struct dice *d, double a, double b);
double dice_normal(struct dice *d);
double dice_exponential(struct dice *d, double mean);

enum { NOISE_SIDE = 1024 };
/* A tile of noise of unit variance, smooth over @sigma pixels, that repeats. */
struct noise {
	float v[NOISE_SIDE][NOISE_SIDE];
};
struct noise *noise_new(struct dice *d, double sigma); /* mem_free() */
static inline float
noise_at(const struct noise *n, int x, int y)
{
	return n->v[y & (NOISE_SIDE - 1)][x & (NOISE_SIDE - 1)];
}
