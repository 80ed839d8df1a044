/* SPDX-License-Identifier: Apache-2.0 */
#include "jpeg.h"

#include <math.h>

enum { SIDE = 8 };

/* ITU-T T.81 table K.1 */
static const uint8_t luminance[SIDE][SIDE] = {
	{ 16, 11, 10, 16, 24, 40, 51, 61 },
	{ 12, 12, 14, 19, 26, 58, 60, 55 },
	{ 14, 13, 16, 24, 40, 57, 69, 56 },
	{ 14, 17, 22, 29, 51, 87, 80, 62 },
	{ 18, 22, 37, 56, 68, 109, 103, 77 },
	{ 24, 35, 55, 64, 81, 104, 113, 92 },
	{ 49, 64, 78, 87, 103, 121, 120, 101 },
	{ 72, 92, 95, 98, 112, 100, 103, 99 },
};

struct plan {
	float cosine[SIDE][SIDE]; /* frequency, place */
	float step[SIDE][SIDE];
};

static void
plan_init(struct plan *p, unsigned quality)
{
	unsigned scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
	for (int u = 0; u < SIDE; u++)
		for (int x = 0; x < SIDE; x++) {
			double k = u ? 0.5 : sqrt(0.125);
			unsigned q = (luminance[u][x] * scale + 50) / 100;
			p->cosine[u][x] = (float)(k * cos((2 * x + 1) * u * M_PI / 16));
			p->step[u][x] = (float)(q < 1 ? 1 : q > 255 ? 255 : q);
		}
}

/* out = m in, or its transpose, then turned; twice gives both directions. */
static void
pass(const float m[SIDE][SIDE], int transposed, float in[SIDE][SIDE], float out[SIDE][SIDE])
{
	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++) {
			float sum = 0;
			for (int k = 0; k < SIDE; k++)
				sum += (transposed ? m[k][i] : m[i][k]) * in[k][j];
			out[j][i] = sum;
		}
}

static void
block(const struct plan *p, float b[SIDE][SIDE])
{
	float t[SIDE][SIDE];
	pass(p->cosine, 0, b, t);
	pass(p->cosine, 0, t, b);
	for (int u = 0; u < SIDE; u++)
		for (int v = 0; v < SIDE; v++)
			b[u][v] = rintf(b[u][v] / p->step[u][v]) * p->step[u][v];
	pass(p->cosine, 1, b, t);
	pass(p->cosine, 1, t, b);
}

void
jpeg_degrade(uint8_t *p, size_t w, size_t h, unsigned quality)
{
	struct plan plan;
	plan_init(&plan, quality);
	for (size_t y = 0; y < h; y += SIDE)
		for (size_t x = 0; x < w; x += SIDE) {
			float b[SIDE][SIDE];
			for (size_t j = 0; j < SIDE; j++)
				for (size_t i = 0; i < SIDE; i++) {
					size_t v = y + j < h ? y + j : h - 1;
					size_t u = x + i < w ? x + i : w - 1;
					b[j][i] = (float)p[v * w + u] - 128;
				}
			block(&plan, b);
			for (size_t j = 0; j < SIDE && y + j < h; j++)
				for (size_t i = 0; i < SIDE && x + i < w; i++) {
					float v = fminf(255, fmaxf(0, rintf(b[j][i] + 128)));
					p[(y + j) * w + x + i] = (uint8_t)v;
				}
		}
}
