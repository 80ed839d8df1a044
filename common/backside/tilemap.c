/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/tilemap.h"

#include <pthread.h>
#include <stdlib.h>

const int8_t tilemap_address_x[TILEMAP_N_ADDRESS] = { 4, 4, 0, -4, -4, -4, 0, 4 };
const int8_t tilemap_address_y[TILEMAP_N_ADDRESS] = { 0, 4, 4, 4, 0, -4, -4, -4 };

enum {
	SEED_ADDRESS = 0x5eed0000,
	SEED_WHITE = 0x3a110000,
	SEED_PERM = 0x2545f491,
};

/* A 32-bit mixer with full avalanche (the constants of "lowbias32"). */
static uint32_t
mix32(uint32_t v)
{
	v ^= v >> 16;
	v *= 0x7feb352du;
	v ^= v >> 15;
	v *= 0x846ca68bu;
	return v ^ v >> 16;
}

uint8_t
tilemap_address(unsigned row, unsigned col, enum backside_rate rate)
{
	uint32_t seed = mix32((uint32_t)SEED_ADDRESS + TILEMAP_VERSION * 16u + (uint32_t)rate);
	return (uint8_t)(mix32(seed + row * 977u + col * 131071u) >> 11);
}

enum tilemap_cell
tilemap_cell_at(unsigned x, unsigned y, uint8_t address)
{
	int dx = (int)x - TILEMAP_MIDDLE;
	int dy = (int)y - TILEMAP_MIDDLE;
	if (abs(dx) <= 1 && abs(dy) <= 1)
		return TILEMAP_BLACK;
	if (abs(dx) <= TILEMAP_MARK_HALF && abs(dy) <= TILEMAP_MARK_HALF)
		return TILEMAP_WHITE;
	for (unsigned k = 0; k < TILEMAP_N_ADDRESS; k++)
		if (tilemap_address_x[k] == dx && tilemap_address_y[k] == dy)
			return (address >> k & 1) ? TILEMAP_BLACK : TILEMAP_WHITE;
	return TILEMAP_DATA;
}

void
tilemap_blank_init(struct tilemap_blank *t)
{
	for (unsigned i = 0; i < BACKSIDE_TILE * BACKSIDE_TILE; i++)
		t->cell[i] = (uint8_t)tilemap_cell_at(i % BACKSIDE_TILE, i / BACKSIDE_TILE, 0);
	for (unsigned k = 0; k < TILEMAP_N_ADDRESS; k++)
		t->address[k] = (uint8_t)((TILEMAP_MIDDLE + tilemap_address_y[k]) * BACKSIDE_TILE +
		    TILEMAP_MIDDLE + tilemap_address_x[k]);
}

void
tilemap_data_places(uint8_t ret[static TILEMAP_TILE_DATA])
{
	unsigned n = 0;
	for (unsigned y = 0; y < BACKSIDE_TILE; y++)
		for (unsigned x = 0; x < BACKSIDE_TILE; x++)
			if (tilemap_cell_at(x, y, 0) == TILEMAP_DATA && n < TILEMAP_TILE_DATA)
				ret[n++] = (uint8_t)(y * BACKSIDE_TILE + x);
}

/*
 * A Feistel network over (tile, place): each round turns one half by a random
 * amount that depends on the other, so every round can be undone and the
 * whole is a permutation. Computed, it is faster than a shuffled table.
 */
static struct tilemap_turns turns;

static void
turns_make(void)
{
	uint32_t s = (uint32_t)SEED_PERM + TILEMAP_VERSION;
	for (unsigned k = 0; k < TILEMAP_N_TURNS; k++) {
		for (unsigned i = 0; i < TILEMAP_TILE_DATA; i++)
			turns.tile_by_place[k][i] = (uint16_t)(mix32(s++) % TILEMAP_N_TILES);
		for (unsigned i = 0; i < TILEMAP_N_TILES; i++)
			turns.place_by_tile[k][i] = (uint16_t)(mix32(s++) % TILEMAP_TILE_DATA);
	}
}

const struct tilemap_turns *
tilemap_turns(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	(void)pthread_once(&once, turns_make);
	return &turns;
}

/* v mod n for v < 2n; a branch would be mispredicted every other time. */
static inline unsigned
wrapped(unsigned v, unsigned n)
{
	return v - (n & (0u - (unsigned)(v >= n)));
}

static uint32_t
perm_at(const struct tilemap_turns *t, unsigned tile, unsigned place)
{
	for (unsigned k = 0; k < TILEMAP_N_TURNS; k++) {
		tile += t->tile_by_place[k][place];
		tile = wrapped(tile, TILEMAP_N_TILES);
		place += t->place_by_tile[k][tile];
		place = wrapped(place, TILEMAP_TILE_DATA);
	}
	return tile * TILEMAP_TILE_DATA + place;
}

void
tilemap_permutation(uint32_t ret[static TILEMAP_N_DATA])
{
	const struct tilemap_turns *t = tilemap_turns();
	for (unsigned tile = 0, d = 0; tile < TILEMAP_N_TILES; tile++)
		for (unsigned place = 0; place < TILEMAP_TILE_DATA; place++)
			ret[d++] = perm_at(t, tile, place);
}

uint32_t
tilemap_data_at(uint32_t d)
{
	return perm_at(tilemap_turns(), d / TILEMAP_TILE_DATA, d % TILEMAP_TILE_DATA);
}

uint32_t
tilemap_whitening(uint32_t word)
{
	return mix32((uint32_t)SEED_WHITE + TILEMAP_VERSION + word * 0x9e3779b9u);
}
