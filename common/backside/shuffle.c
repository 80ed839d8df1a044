/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/shuffle.h"

#include <string.h>

enum {
	SIDE = 64, /* of a block that is turned at once */
	ROW_REST = TILEMAP_TILE_DATA % 64,
	COLUMN_REST = TILEMAP_N_TILES % 64,
};
/* A block of each of a row's words. */
typedef uint64_t blocks[SIDE][SHUFFLE_ROW_WORDS];

/* Bit i of m[k] and bit k of m[i] change places (Hacker's Delight 7-3). */
static void
transpose(blocks m)
{
	uint64_t mask = 0xFFFFFFFFU;
	for (unsigned j = SIDE / 2; j != 0; j >>= 1, mask ^= mask << j)
		for (unsigned from = 0; from < SIDE; from += 2 * j)
			for (unsigned k = from; k < from + j; k++)
				for (unsigned w = 0; w < SHUFFLE_ROW_WORDS; w++) {
					uint64_t t = (m[k][w] >> j ^ m[k + j][w]) & mask;
					m[k + j][w] ^= t;
					m[k][w] ^= t << j;
				}
}

/* Where bit @k of a row's word @w stands. */
static unsigned
place_of(unsigned w, unsigned k)
{
	return w * 64 + 63 - k;
}

static void
rows_to_columns(struct shuffle *s)
{
	blocks m;
	for (unsigned b = 0; b < SHUFFLE_COLUMN_WORDS; b++) {
		for (unsigned i = 0; i < SIDE; i++)
			memcpy(m[i], s->row[b * SIDE + i], sizeof(m[i]));
		transpose(m);
		for (unsigned k = 0; k < SIDE; k++)
			for (unsigned w = 0; w < SHUFFLE_ROW_WORDS; w++)
				s->column[place_of(w, k)][b] = m[k][w];
	}
}

static void
columns_to_rows(struct shuffle *s)
{
	blocks m;
	for (unsigned b = 0; b < SHUFFLE_COLUMN_WORDS; b++) {
		for (unsigned k = 0; k < SIDE; k++)
			for (unsigned w = 0; w < SHUFFLE_ROW_WORDS; w++)
				m[k][w] = s->column[place_of(w, k)][b];
		transpose(m);
		for (unsigned i = 0; i < SIDE; i++)
			memcpy(s->row[b * SIDE + i], m[i], sizeof(m[i]));
	}
}

/* The bits of the stream, a row's lowest first. */
static void
stream_to_columns(const uint64_t *stream, struct shuffle *s)
{
	blocks m;
	for (unsigned b = 0; b < SHUFFLE_COLUMN_WORDS; b++) {
		for (unsigned i = 0; i < SIDE; i++)
			for (unsigned w = 0; w < SHUFFLE_ROW_WORDS; w++) {
				size_t at = (size_t)(b * SIDE + i) * TILEMAP_TILE_DATA + w * 64;
				const uint64_t *p = &stream[at / 64];
				m[i][w] = at / 64 + 1 < SHUFFLE_STREAM_WORDS
				    ? p[0] >> at % 64 | p[1] << 1 << (63 - at % 64)
				    : 0;
			}
		transpose(m);
		for (unsigned k = 0; k < SIDE; k++)
			for (unsigned w = 0; w < SHUFFLE_ROW_WORDS; w++)
				s->column[w * 64 + k][b] = m[k][w];
	}
	for (unsigned place = 0; place < TILEMAP_TILE_DATA; place++)
		s->column[place][SHUFFLE_COLUMN_WORDS - 1] &= (UINT64_C(1) << COLUMN_REST) - 1;
	memset(s->column[TILEMAP_TILE_DATA], 0, /* there the rows behind lay */
	    (SHUFFLE_ROW_WORDS * 64 - TILEMAP_TILE_DATA) * sizeof(*s->column));
}

/* The bit of tile t goes to tile t + @by. The column twice, one behind the other, from its end on.
 */
static void
turn_column(uint64_t *column, unsigned by)
{
	enum { N = SHUFFLE_COLUMN_WORDS };
	uint64_t twice[2 * N];
	memcpy(twice, column, N * sizeof(*twice));
	twice[N - 1] |= column[0] << COLUMN_REST;
	for (unsigned i = 1; i < N; i++)
		twice[N - 1 + i] = column[i - 1] >> (64 - COLUMN_REST) | column[i] << COLUMN_REST;
	twice[2 * N - 1] = 0;
	const unsigned from = TILEMAP_N_TILES - by, shift = from % 64;
	for (unsigned i = 0; i < N; i++) {
		const uint64_t *p = &twice[from / 64 + i];
		column[i] = p[0] >> shift | p[1] << 1 << (63 - shift);
	}
	column[N - 1] &= (UINT64_C(1) << COLUMN_REST) - 1;
}

/* The bit of place p goes to place p + @by. */
static void
turn_row(uint64_t *row, unsigned by)
{
	enum { N = SHUFFLE_ROW_WORDS };
	uint64_t twice[2 * N];
	memcpy(twice, row, N * sizeof(*twice));
	twice[N - 1] |= row[0] >> ROW_REST;
	for (unsigned i = 1; i < N; i++)
		twice[N - 1 + i] = row[i - 1] << (64 - ROW_REST) | row[i] >> ROW_REST;
	twice[2 * N - 1] = 0;
	const unsigned from = TILEMAP_TILE_DATA - by, shift = from % 64;
	for (unsigned i = 0; i < N; i++) {
		const uint64_t *p = &twice[from / 64 + i];
		row[i] = p[0] << shift | p[1] >> 1 >> (63 - shift);
	}
	row[N - 1] &= UINT64_MAX << (64 - ROW_REST);
}

void
shuffle_stream(const uint64_t stream[static SHUFFLE_STREAM_WORDS], struct shuffle *s)
{
	const struct tilemap_turns *t = tilemap_turns();
	stream_to_columns(stream, s);
	for (unsigned k = 0; k < TILEMAP_N_TURNS; k++) {
		if (k > 0)
			rows_to_columns(s);
		for (unsigned place = 0; place < TILEMAP_TILE_DATA; place++)
			turn_column(s->column[place], t->tile_by_place[k][place]);
		columns_to_rows(s);
		for (unsigned tile = 0; tile < TILEMAP_N_TILES; tile++)
			turn_row(s->row[tile], t->place_by_tile[k][tile]);
	}
}
