/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/screen.h"

#include "backside/ground.h"

static bool
is_clear(const struct screen_clear *c, unsigned n, unsigned x, unsigned y)
{
	for (unsigned i = 0; i < n; i++)
		if (x >= c[i].x && y >= c[i].y && x < c[i].x + c[i].w && y < c[i].y + c[i].h)
			return true;
	return false;
}

/* How many of a pixel's four dots are inked. */
static unsigned
dots_in(const uint8_t *tile, unsigned x, unsigned y)
{
	const uint8_t *row = tile + (size_t)(2 * y % GROUND_H) * GROUND_ROW_BYTES;
	const unsigned u = 2 * x % GROUND_W;
	const unsigned shift = 6 - u % 8;
	unsigned n = 0;
	for (unsigned j = 0; j < 2; j++)
		n += (unsigned)__builtin_popcount(row[j * GROUND_ROW_BYTES + u / 8] >> shift & 3U);
	return n;
}

/* Is this pixel's ink a letter's? Coarse dots stand on even dots, a pixel has no other. */
static bool
is_coarse(unsigned x, unsigned y)
{
	const unsigned step = GROUND_STEP / 2;
	const unsigned dot = (GROUND_COARSE + 1) / 2;
	return x % step < dot && y % step < dot &&
	    ground_has_coarse(x / step % GROUND_STEPS_X, y / step % GROUND_STEPS_Y);
}

const struct screen *
screen_new(struct arena *a, const uint8_t *front, int balance, const struct screen_clear *clears,
    unsigned n_clears)
{
	const size_t bytes = (size_t)FRONT_ROW_BYTES * FRONT_H;
	uint8_t *tile = arena_zero(a, GROUND_BYTES);
	uint8_t *all = arena_memdup(a, front, bytes);
	uint8_t *coarse = arena_zero_n(a, FRONT_W, FRONT_H);
	uint8_t *fine = arena_zero_n(a, FRONT_W, FRONT_H);
	uint8_t *tint = arena_zero(a, bytes);
	ground_tile(balance, tile);
	for (unsigned y = 0; y < FRONT_H; y++)
		for (unsigned x = 0; x < FRONT_W; x++) {
			const size_t at = (size_t)y * FRONT_ROW_BYTES + x / 8;
			const uint8_t bit = (uint8_t)(0x80 >> (x & 7));
			if (is_clear(clears, n_clears, x, y))
				continue;
			if (!ground_is_word(2 * x, 2 * y))
				tint[at] |= bit;
			unsigned n = front_ink(front, x, y) ? 0 : dots_in(tile, x, y);
			if (n == 0)
				continue;
			const bool letter = is_coarse(x, y);
			(letter ? coarse : fine)[(size_t)y * FRONT_W + x] = (uint8_t)n;
			if (letter && n >= SCREEN_FULL / 2)
				all[at] |= bit;
		}
	struct screen *s = arena_zero(a, sizeof(*s));
	*s = (struct screen){ all, coarse, fine, tint };
	return s;
}
