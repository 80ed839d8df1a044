/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/code.h"
#include "backside/codeframe.h"
#include "backside/ldpc.h"
#include "backside/tilemap.h"

#include "base/mem.h"

/* Working memory of one page. */
struct encoder {
	struct ldpc code;
	uint8_t info[CODEFRAME_N_WORDS * LDPC_MAX_INFO_COLS * LDPC_Z];
	uint8_t words[CODEFRAME_N_WORDS][LDPC_N];
	uint32_t order[TILEMAP_N_DATA];
	uint8_t module[TILEMAP_N_DATA]; /* tile by tile */
};

/* Data index d carries bit d / words of word d % words; past the end it starts anew. */
static void
encoder_spread(struct encoder *e, unsigned words)
{
	unsigned word = 0;
	unsigned bit = 0;
	uint32_t white = 0;
	for (unsigned d = 0; d < TILEMAP_N_DATA; d++) {
		if (d % 32 == 0)
			white = tilemap_whitening(d / 32);
		e->module[e->order[d]] = (uint8_t)(e->words[word][bit] ^ (white >> d % 32 & 1));
		if (++word < words)
			continue;
		word = 0;
		bit = bit + 1 < LDPC_N ? bit + 1 : 0;
	}
}

static void
paint_tile(uint8_t *out, const struct tilemap_blank *blank, uint8_t address, const uint8_t *data)
{
	unsigned line[BACKSIDE_TILE] = { 0 };
	const uint8_t *cell = blank->cell;
	for (unsigned y = 0; y < BACKSIDE_TILE; y++)
		for (unsigned x = 0; x < BACKSIDE_TILE; x++, cell++) {
			unsigned black = *cell == TILEMAP_BLACK;
			if (*cell == TILEMAP_DATA)
				black = (unsigned)*data++;
			line[y] = line[y] << 1 | black;
		}
	for (unsigned k = 0; k < TILEMAP_N_ADDRESS; k++) {
		unsigned at = blank->address[k];
		unsigned bit = (unsigned)address >> k & 1u;
		line[at / BACKSIDE_TILE] |= bit << (BACKSIDE_TILE - 1 - at % BACKSIDE_TILE);
	}
	for (unsigned y = 0; y < BACKSIDE_TILE; y++, out += BACKSIDE_ROW_BYTES) {
		out[0] = (uint8_t)(line[y] >> 8);
		out[1] = (uint8_t)line[y];
	}
}

static void
encoder_paint(const struct encoder *e, enum backside_rate rate, uint8_t *modules)
{
	const uint8_t *data = e->module;
	struct tilemap_blank blank;
	tilemap_blank_init(&blank);
	for (unsigned r = 0; r < BACKSIDE_NY; r++)
		for (unsigned c = 0; c < BACKSIDE_NX; c++, data += TILEMAP_TILE_DATA) {
			uint8_t *out =
			    modules + (size_t)r * BACKSIDE_TILE * BACKSIDE_ROW_BYTES + c * 2;
			paint_tile(out, &blank, tilemap_address(r, c, rate), data);
		}
}

int
backside_encode(
    const void *payload, size_t bytes, uint8_t modules[static BACKSIDE_BYTES], struct err *err)
{
	int rate = backside_rate_for(bytes);
	if (bytes == 0)
		return err_raise(err, FAULT_BAD_INPUT, "empty payload", 0);
	if (rate < 0)
		return BACKSIDE_E_TOO_LARGE;
	const struct codeframe_shape *shape = codeframe_shape_of((enum backside_rate)rate);
	struct encoder *e = mem_zero(sizeof(*e));
	ldpc_init(&e->code, shape->profile);
	unsigned k = ldpc_info_bits(&e->code);
	codeframe_format(
	    (enum backside_rate)rate, payload, bytes, e->info, (size_t)k * shape->words);
	for (unsigned w = 0; w < shape->words; w++)
		ldpc_encode(&e->code, e->info + (size_t)k * w, e->words[w]);
	tilemap_permutation(e->order);
	encoder_spread(e, shape->words);
	encoder_paint(e, (enum backside_rate)rate, modules);
	mem_free(e);
	return 0;
}
