/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shuffle - the page's permutation (tilemap.h) of all data bits at once. Each of its rounds turns
 * columns (a place in all tiles), then rows (a tile): bits lie as a matrix, and are turned by
 * words.
 */
#pragma once
#include "backside/tilemap.h"

enum {
	SHUFFLE_ROW_WORDS = (TILEMAP_TILE_DATA + 63) / 64,
	SHUFFLE_COLUMN_WORDS = (TILEMAP_N_TILES + 63) / 64,
	/* Of the bits in order, and what is read past their end. */
	SHUFFLE_STREAM_WORDS = TILEMAP_N_DATA / 64 + 2,
};
struct shuffle {
	/* A tile's data modules in order, the first is the highest bit; a word of zeros behind. */
	uint64_t row[SHUFFLE_COLUMN_WORDS * 64][SHUFFLE_ROW_WORDS + 1];
	uint64_t column[SHUFFLE_ROW_WORDS * 64][SHUFFLE_COLUMN_WORDS]; /* working memory */
};

/* Fills @s->row; @s is all zeros before. Data index d is bit d % 64 of word d / 64 of @stream. */
void shuffle_stream(const uint64_t stream[static SHUFFLE_STREAM_WORDS], struct shuffle *s);
