/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tilemap - where things stand on the page: marks, addresses, data modules,
 * the order of the data and its whitening. All of it is part of the format:
 * a change needs another TILEMAP_VERSION.
 */
#pragma once
#include "backside/code.h"

enum {
	TILEMAP_VERSION = 1,
	TILEMAP_MIDDLE = BACKSIDE_TILE / 2,          /* the mark's centre, in x and in y */
	TILEMAP_N_TILES = BACKSIDE_NX * BACKSIDE_NY, /* 2898 */
	TILEMAP_MARK_HALF = 2,                       /* 5 x 5: 3 x 3 black in a white ring */
	TILEMAP_N_ADDRESS = 8,                       /* address modules of a tile */
	TILEMAP_N_KNOWN = 25 + TILEMAP_N_ADDRESS,    /* modules of a tile that carry no data */
	TILEMAP_TILE_DATA = BACKSIDE_TILE * BACKSIDE_TILE - TILEMAP_N_KNOWN, /* 223 */
	TILEMAP_N_DATA = TILEMAP_N_TILES * TILEMAP_TILE_DATA,                /* 646254 */
};

enum tilemap_cell { TILEMAP_DATA = 0, TILEMAP_WHITE = 1, TILEMAP_BLACK = 2 };

/* Address module k stands here, seen from the mark; k + 2 is k turned by 90 degrees. */
extern const int8_t tilemap_address_x[TILEMAP_N_ADDRESS];
extern const int8_t tilemap_address_y[TILEMAP_N_ADDRESS];

/* The eight address bits of a tile (bit k: module k is black), different for every rate. */
uint8_t tilemap_address(unsigned row, unsigned col, enum backside_rate rate);

/* What stands at (x, y) of a tile, 0..15 each, whose address is @address. */
enum tilemap_cell tilemap_cell_at(unsigned x, unsigned y, uint8_t address);

/* A tile with the address 0, row by row, and where its address modules stand in it. */
struct tilemap_blank {
	uint8_t cell[BACKSIDE_TILE * BACKSIDE_TILE]; /* enum tilemap_cell */
	uint8_t address[TILEMAP_N_ADDRESS];
};
void tilemap_blank_init(struct tilemap_blank *t);

/* The places of a tile's data modules in order: y * 16 + x each. */
void tilemap_data_places(uint8_t ret[static TILEMAP_TILE_DATA]);

/*
 * The page-wide permutation: data index d is data module ret[d], counted tile
 * by tile, row-wise, in the order of tilemap_data_places().
 */
void tilemap_permutation(uint32_t ret[static TILEMAP_N_DATA]);
/* Of one data index, below TILEMAP_N_DATA. */
uint32_t tilemap_data_at(uint32_t d);
/*
 * What it is made of: at each of the turns a module goes on by so many tiles, by its place, then by
 * so many places, by the tile it has come to, both around the end. Threads may call it at once.
 */
enum { TILEMAP_N_TURNS = 2 };
struct tilemap_turns {
	uint16_t tile_by_place[TILEMAP_N_TURNS][TILEMAP_TILE_DATA];
	uint16_t place_by_tile[TILEMAP_N_TURNS][TILEMAP_N_TILES];
};
const struct tilemap_turns *tilemap_turns(void);

/* 32 whitening bits: data index d takes bit d % 32 of word d / 32. */
uint32_t tilemap_whitening(uint32_t word);
