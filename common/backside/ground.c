/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/ground.h"

#include <string.h>

/* Where the two words of a tile begin; the second is cut by the edge and goes on at the other. */
static const struct {
	unsigned x, y;
} words[] = { { 60, 60 }, { 60 + GROUND_W / 2, 60 + GROUND_H / 2 } };

bool
ground_is_word(unsigned x, unsigned y)
{
	for (unsigned i = 0; i < N_ELEMENTS(words); i++) {
		unsigned u = (x + GROUND_W - words[i].x) % GROUND_W / GROUND_WORD_UNIT;
		unsigned v = (y + GROUND_H - words[i].y) % GROUND_H / GROUND_WORD_UNIT;
		if (u < GROUND_WORD_W && v < GROUND_WORD_H)
			return ground_word[v][u / 8] >> (7 - u % 8) & 1;
	}
	return false;
}

bool
ground_has_coarse(unsigned i, unsigned j)
{
	const unsigned middle = GROUND_COARSE / 2;
	return (i + j) % 2 == 0 &&
	    ground_is_word(i * GROUND_STEP + middle, j * GROUND_STEP + middle);
}

/* The square of the distance of two points that repeat every GROUND_CELL dots, in 1/n dots. */
static unsigned
cell_distance2(unsigned dx, unsigned dy, unsigned n)
{
	const unsigned all = n * GROUND_CELL;
	dx = dx > all / 2 ? all - dx : dx;
	dy = dy > all / 2 ? all - dy : dy;
	return dx * dx + dy * dy;
}

/*
 * The lattice (k / n, k g / n) of a cell whose points lie farthest apart: nearly
 * hexagonal, and turned against the letters' screen.
 */
static unsigned
best_generator(unsigned n)
{
	unsigned best = 1, most = 0;
	for (unsigned g = 1; g < n; g++) {
		unsigned least = UINT32_MAX;
		for (unsigned k = 1; k < n; k++) {
			unsigned d = cell_distance2(k * GROUND_CELL, k * g % n * GROUND_CELL, n);
			least = d < least ? d : least;
		}
		if (least > most) {
			most = least;
			best = g;
		}
	}
	return best;
}

static void
cell_fill(unsigned n, bool cell[GROUND_CELL][GROUND_CELL])
{
	unsigned g = best_generator(n);
	memset(cell, 0, sizeof(bool[GROUND_CELL][GROUND_CELL]));
	for (unsigned k = 0; k < n; k++) {
		unsigned x = (k * GROUND_CELL + n / 2) / n % GROUND_CELL;
		unsigned y = (k * g % n * GROUND_CELL + n / 2) / n % GROUND_CELL;
		cell[y][x] = true;
	}
}

static void
put_dot(uint8_t *tile, unsigned x, unsigned y)
{
	x %= GROUND_W;
	y %= GROUND_H;
	tile[(size_t)y * GROUND_ROW_BYTES + x / 8] |= (uint8_t)(0x80 >> x % 8);
}

static bool
has_dot(const uint8_t *tile, unsigned x, unsigned y)
{
	x %= GROUND_W;
	y %= GROUND_H;
	return tile[(size_t)y * GROUND_ROW_BYTES + x / 8] >> (7 - x % 8) & 1;
}

/* Neither on ink nor beside it: two that touch print as more than two. */
static bool
is_free(const uint8_t *tile, unsigned x, unsigned y)
{
	for (unsigned v = y + GROUND_H - 1; v <= y + GROUND_H + 2; v++)
		for (unsigned u = x + GROUND_W - 1; u <= x + GROUND_W + 1; u++)
			if (has_dot(tile, u, v))
				return false;
	return true;
}

void
ground_tile(int balance, uint8_t tile[static GROUND_BYTES])
{
	bool cell[GROUND_CELL][GROUND_CELL];
	memset(tile, 0, GROUND_BYTES);
	for (unsigned j = 0; j < GROUND_STEPS_Y; j++)
		for (unsigned i = 0; i < GROUND_STEPS_X; i++)
			for (unsigned k = 0;
			     ground_has_coarse(i, j) && k < GROUND_COARSE * GROUND_COARSE; k++)
				put_dot(tile, i * GROUND_STEP + k % GROUND_COARSE,
				    j * GROUND_STEP + k / GROUND_COARSE);
	cell_fill((unsigned)(GROUND_FINE + balance), cell);
	for (unsigned y = 0; y < GROUND_H; y++)
		for (unsigned x = 0; x < GROUND_W; x++) {
			if (!cell[y % GROUND_CELL][x % GROUND_CELL] || ground_is_word(x, y + 1) ||
			    !is_free(tile, x, y))
				continue;
			put_dot(tile, x, y);
			put_dot(tile, x, y + 1);
		}
}
