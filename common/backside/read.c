/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/code.h"
#include "backside/codeframe.h"
#include "backside/ldpc.h"
#include "backside/tilemap.h"

#include <pthread.h>

enum { MAX_INFO_BITS = CODEFRAME_N_WORDS * LDPC_MAX_INFO_COLS * LDPC_Z };

/* Which module of the page carries a data index: row by row. Of those that a page carries once. */
static uint32_t module_of[MAX_INFO_BITS];

static unsigned
place_on_page(unsigned tile, unsigned place)
{
	unsigned x = tile % BACKSIDE_NX * BACKSIDE_TILE + place % BACKSIDE_TILE;
	unsigned y = tile / BACKSIDE_NX * BACKSIDE_TILE + place / BACKSIDE_TILE;
	return y * BACKSIDE_COLS + x;
}

static void
modules_make(void)
{
	uint8_t place[TILEMAP_TILE_DATA];
	tilemap_data_places(place);
	for (uint32_t d = 0; d < MAX_INFO_BITS; d++) {
		uint32_t at = tilemap_data_at(d);
		module_of[d] = place_on_page(at / TILEMAP_TILE_DATA, place[at % TILEMAP_TILE_DATA]);
	}
}

static inline unsigned
module_at(const uint8_t *modules, unsigned at)
{
	return modules[at / 8] >> (7 - at % 8) & 1U;
}

/* Mark and address of a tile are those of this rate. */
static bool
tile_stands(const uint8_t *modules, const struct tilemap_blank *blank, unsigned tile,
    enum backside_rate rate)
{
	unsigned address = tilemap_address(tile / BACKSIDE_NX, tile % BACKSIDE_NX, rate);
	unsigned wrong = 0;
	for (unsigned k = 0; k < TILEMAP_N_ADDRESS; k++)
		wrong |=
		    module_at(modules, place_on_page(tile, blank->address[k])) ^ (address >> k & 1);
	for (int v = -TILEMAP_MARK_HALF; v <= TILEMAP_MARK_HALF; v++)
		for (int u = -TILEMAP_MARK_HALF; u <= TILEMAP_MARK_HALF; u++) {
			unsigned at =
			    (unsigned)((TILEMAP_MIDDLE + v) * BACKSIDE_TILE + TILEMAP_MIDDLE + u);
			wrong |= module_at(modules, place_on_page(tile, at)) ^
			    (blank->cell[at] == TILEMAP_BLACK);
		}
	return wrong == 0;
}

static int
rate_of(const uint8_t *modules)
{
	struct tilemap_blank blank;
	tilemap_blank_init(&blank);
	for (int rate = 0; rate < BACKSIDE_N_RATES; rate++) {
		unsigned tile = 0;
		while (tile < TILEMAP_N_TILES &&
		    tile_stands(modules, &blank, tile, (enum backside_rate)rate))
			tile++;
		if (tile == TILEMAP_N_TILES)
			return rate;
	}
	return -1;
}

/* The information bits of all words, where they stand first: @k of each, word by word. */
static void
info_read(const uint8_t *modules, unsigned words, size_t k, uint8_t *info)
{
	uint32_t d = 0, white = 0;
	for (size_t bit = 0; bit < k; bit++)
		for (unsigned word = 0; word < words; word++, d++) {
			if (d % 32 == 0)
				white = tilemap_whitening(d / 32);
			info[k * word + bit] =
			    (uint8_t)(module_at(modules, module_of[d]) ^ (white >> d % 32 & 1));
		}
}

int
backside_read(
    const uint8_t modules[static BACKSIDE_BYTES], struct arena *a, uint8_t **ret, size_t *ret_bytes)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	int rate = rate_of(modules);
	if (rate < 0)
		return BACKSIDE_E_NOT_FOUND;
	(void)pthread_once(&once, modules_make);
	const struct codeframe_shape *shape = codeframe_shape_of((enum backside_rate)rate);
	const size_t k = ldpc_info_bits(ldpc_code(shape->profile));
	const size_t n_bits = k * shape->words;
	AUTO(arena) struct arena *work = arena_new(n_bits + 64);
	uint8_t *info = arena_raw(work, n_bits);
	info_read(modules, shape->words, k, info);
	return codeframe_parse((enum backside_rate)rate, info, n_bits, a, ret, ret_bytes)
	    ? 0
	    : BACKSIDE_E_DAMAGED;
}
