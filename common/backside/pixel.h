/* SPDX-License-Identifier: Apache-2.0 */
/* pixel - reading grey pictures: between pixels, and smaller. */
#pragma once
#include "backside/code.h"

enum { PIXEL_PAPER = 235 }; /* what stands outside of the picture */

struct pixel_image {
	const uint8_t *p;
	size_t stride;
	int w;
	int h;
};

/* The picture @factor times smaller (1: the picture itself); its pixels live in @a. */
struct pixel_image pixel_reduce(struct arena *a, const struct pixel_image *src, int factor);

/* The grey at (x, y) between the four pixels around; (0.5, 0.5) is the middle of the first. */
static inline float
pixel_at(const struct pixel_image *m, float x, float y)
{
	x -= 0.5f;
	y -= 0.5f;
	if (!(x >= 0 && y >= 0 && x < (float)(m->w - 1) && y < (float)(m->h - 1)))
		return PIXEL_PAPER;
	int ix = (int)x;
	int iy = (int)y;
	float fx = x - (float)ix;
	float fy = y - (float)iy;
	const uint8_t *q = m->p + (size_t)iy * m->stride + ix;
	const uint8_t *n = q + m->stride;
	float top = (float)q[0] + (float)(q[1] - q[0]) * fx;
	float low = (float)n[0] + (float)(n[1] - n[0]) * fx;
	return top + (low - top) * fy;
}
