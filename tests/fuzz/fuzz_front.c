/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pictures laid over a front: any size, turn, scale, tone and blots, whole or
 * noise. A named outcome and finite figures inside the page, or the process ends.
 */
#include "center/inquiry/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 12, LEAST = 390, STEPS = 256, ARENA_BYTES = 1 << 30 };

static void
box(uint8_t *page, unsigned x, unsigned y, unsigned w, unsigned h)
{
	for (unsigned v = y; v < y + h && v < FRONT_H; v++)
		for (unsigned u = x; u < x + w && u < FRONT_W; u++)
			page[(size_t)v * FRONT_ROW_BYTES + u / 8] |= (uint8_t)(0x80 >> (u & 7));
}

/* Ruled lines and rows of strokes. */
static const uint8_t *
a_front(void)
{
	static uint8_t page[FRONT_ROW_BYTES * FRONT_H];
	uint32_t s = 7;
	if (page[(size_t)300 * FRONT_ROW_BYTES + 30] != 0)
		return page;
	for (unsigned row = 0; row < 24; row++) {
		box(page, 200, 300 + row * 110, 2080, 4);
		for (unsigned i = 0; i < 12 + row % 9; i++)
			for (unsigned k = 0; k < 8; k++) {
				s = s * 1664525u + 1013904223u;
				box(page, 240 + i * 60 + (s >> 8) % 20,
				    330 + row * 110 + (s >> 16) % 36, k % 2 ? 3 : 18,
				    k % 2 ? 18 : 3);
			}
	}
	return page;
}

/* The front as the head's bytes have it seen, then the other bytes as blots. */
static struct scan_image
picture(struct arena *a, const uint8_t *front, const uint8_t *d, size_t size)
{
	const unsigned w = LEAST + d[0] * 2u;
	const unsigned h = LEAST + d[1] * 2u;
	const double turn = (d[2] * STEPS + d[3]) * 2 * M_PI / (STEPS * STEPS);
	const double scale = FRONT_H * (0.5 + d[4] / 128.0) / (w > h ? w : h);
	const double x0 = FRONT_W / 2.0 + (d[5] - 128) * 8;
	const double y0 = FRONT_H / 2.0 + (d[6] - 128) * 8;
	uint8_t *p = arena_zero(a, (size_t)w * h);
	for (unsigned y = 0; y < h; y++)
		for (unsigned x = 0; x < w; x++) {
			double u = (x - w / 2.0) * scale;
			double v = (y - h / 2.0) * scale;
			double fx = x0 + u * cos(turn) - v * sin(turn);
			double fy = y0 + u * sin(turn) + v * cos(turn);
			bool in = fx >= 0 && fy >= 0 && fx < FRONT_W && fy < FRONT_H;
			bool ink = in && front_ink(front, (unsigned)fx, (unsigned)fy);
			p[(size_t)y * w + x] = in ? ink ? d[7] : d[8] : d[9];
		}
	for (size_t i = HEAD; i + 4 < size; i += 5) {
		unsigned bx = d[i] * w / STEPS;
		unsigned by = d[i + 1] * h / STEPS;
		for (unsigned y = by; y < by + d[i + 3] && y < h; y++)
			memset(p + (size_t)y * w + bx, d[i + 4],
			    bx + d[i + 2] < w ? d[i + 2] : w - bx);
	}
	return (struct scan_image){ p, w, h, w };
}

static void
check_comparison(const struct comparison *k, const struct compare_area *areas, size_t n)
{
	if (!isfinite(k->worst) || !isfinite(k->noise) || !isfinite(k->contrast))
		abort();
	if (k->n_differing_windows > 0 && (k->first.x >= FRONT_W || k->first.y >= FRONT_H))
		abort();
	for (size_t i = 0; i < n; i++)
		if (!isfinite(areas[i].worst) || areas[i].differs != (areas[i].worst > 1))
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct registration g;
	struct comparison k = { 0 };
	struct err err = { 0 };
	struct compare_area areas[] = { { .box = { 0, 0, FRONT_W - 1, FRONT_H - 1 } },
		{ .box = { 230, 1300, 1300, 60 } }, { .box = { FRONT_W - 1, FRONT_H - 1, 1, 1 } } };
	if (size < HEAD)
		return 0;
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	const uint8_t *front = a_front();
	struct scan_image s = picture(a, front, data, size);
	int r = register_front(a, &s, front, NULL, data[10] * 3, &g, &err);
	if (r == REGISTER_E_NO_MATCH || r == REGISTER_E_SIZE)
		return 0;
	if (r != 0 || !isfinite(g.map.a) || !isfinite(g.map.c) || !isfinite(g.dpi))
		abort();
	r = compare_front(a, &g, &s, front, NULL, areas, N_ELEMENTS(areas), &k);
	if (r != 0 && r != COMPARE_E_FAINT && r != COMPARE_E_COARSE && r != COMPARE_E_CUT)
		abort();
	check_comparison(&k, areas, r == COMPARE_E_FAINT ? 0 : N_ELEMENTS(areas));
	return 0;
}
