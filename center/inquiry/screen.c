/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/screen.h"

#include "backside/ground.h"

enum { STEP = GROUND_STEP / 2, DOT = 3 }; /* in pixels of 300 dpi; a dot is 2.5 of them */

struct planes {
	uint8_t *all, *cover, *fine;
};

static bool
is_clear(const struct screen_clear *c, unsigned n, unsigned x, unsigned y)
{
	for (unsigned i = 0; i < n; i++)
		if (x >= c[i].x && y >= c[i].y && x < c[i].x + c[i].w && y < c[i].y + c[i].h)
			return true;
	return false;
}

/* Two and a half pixels each way: the third column and row are covered by half. */
static void
put_coarse(const struct planes *p, const uint8_t *front, const struct screen_clear *clears,
    unsigned n_clears, unsigned x, unsigned y)
{
	static const uint8_t share[DOT][DOT] = { { 4, 4, 2 }, { 4, 4, 2 }, { 2, 2, 1 } };
	for (unsigned j = 0; j < DOT && y + j < FRONT_H; j++)
		for (unsigned i = 0; i < DOT && x + i < FRONT_W; i++) {
			if (front_ink(front, x + i, y + j) ||
			    is_clear(clears, n_clears, x + i, y + j))
				continue;
			p->cover[(size_t)(y + j) * FRONT_W + x + i] = share[j][i];
			if (share[j][i] >= SCREEN_FULL / 2)
				p->all[(size_t)(y + j) * FRONT_ROW_BYTES + (x + i) / 8] |=
				    (uint8_t)(0x80 >> ((x + i) & 7));
		}
}

const struct screen *
screen_new(
    struct arena *a, const uint8_t *front, const struct screen_clear *clears, unsigned n_clears)
{
	const size_t bytes = (size_t)FRONT_ROW_BYTES * FRONT_H;
	struct planes p = { .all = arena_memdup(a, front, bytes),
		.cover = arena_zero_n(a, FRONT_W, FRONT_H),
		.fine = arena_zero(a, bytes) };
	for (unsigned y = 0; y < FRONT_H; y += STEP)
		for (unsigned x = 0; x < FRONT_W; x += STEP)
			if (ground_has_coarse(x / STEP, y / STEP))
				put_coarse(&p, front, clears, n_clears, x, y);
	for (unsigned y = 0; y < FRONT_H; y++)
		for (unsigned x = 0; x < FRONT_W; x++)
			if (!ground_is_word(2 * x, 2 * y) && !is_clear(clears, n_clears, x, y))
				p.fine[(size_t)y * FRONT_ROW_BYTES + x / 8] |=
				    (uint8_t)(0x80 >> (x & 7));
	struct screen *s = arena_zero(a, sizeof(*s));
	*s = (struct screen){ p.all, p.cover, p.fine };
	return s;
}
