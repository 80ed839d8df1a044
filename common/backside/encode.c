/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/code.h"
#include "backside/codeframe.h"
#include "backside/ldpc.h"
#include "backside/shuffle.h"

#include "base/mem.h"
#include <string.h>

/* Working memory of one page. */
struct encoder {
	uint8_t info[CODEFRAME_N_WORDS * LDPC_MAX_INFO_COLS * LDPC_Z];
	uint16_t words[LDPC_N]; /* bit w of each is of word w */
	uint64_t stream[SHUFFLE_STREAM_WORDS];
	struct shuffle shuffled;
};
_Static_assert((int)CODEFRAME_N_WORDS <= (int)LDPC_MAX_WORDS, "coded at once");

/* The frame's bits, @k for each word, one behind the other: put where ldpc_encode() has them. */
static void
encoder_take(struct encoder *e, unsigned words, unsigned k)
{
	for (unsigned w = 0; w < words; w++)
		for (unsigned i = 0; i < k; i++)
			e->words[i] |= (uint16_t)(e->info[(size_t)k * w + i] << w);
}

/* Data index d carries bit d / words of word d % words; past the end it starts anew. */
static void
encoder_spread(struct encoder *e, unsigned words)
{
	uint64_t held = 0;
	unsigned n_held = 0, bit = 0;
	for (uint32_t at = 0; at < (TILEMAP_N_DATA + 31) / 32; at++) {
		for (; n_held < 32; n_held += words) {
			held |= (uint64_t)e->words[bit] << n_held;
			bit = bit + 1 < LDPC_N ? bit + 1 : 0;
		}
		e->stream[at / 2] |= (uint64_t)((uint32_t)held ^ tilemap_whitening(at))
		    << at % 2 * 32;
		held >>= 32;
		n_held -= 32;
	}
}

/* What all tiles share. A line's first column is its highest bit. */
enum { MAX_PIECES = 4 };
struct line_form {
	uint8_t n_data;         /* modules with data */
	uint8_t at, shift;      /* word of the tile's row where they begin, and bits of it before */
	uint8_t n_pieces;       /* of data next to each other; from right to left */
	uint8_t up[MAX_PIECES]; /* how far each moves from the end of the line's data */
	uint16_t mask[MAX_PIECES];
};
struct tile_form {
	struct line_form line[BACKSIDE_TILE];
	uint16_t known[256][BACKSIDE_TILE]; /* mark and address, by the address */
};

/* @data: where the line has data; @before: data modules of the lines above. */
static void
line_form_init(struct line_form *l, unsigned data, unsigned before)
{
	unsigned up = 0;
	*l = (struct line_form){ .n_data = (uint8_t)__builtin_popcount(data),
		.at = (uint8_t)(before / 64),
		.shift = (uint8_t)(before % 64) };
	for (unsigned x = 0; x < BACKSIDE_TILE; x++) {
		if ((data >> x & 1) == 0) {
			up++;
			continue;
		}
		if (x == 0 || (data >> (x - 1) & 1) == 0)
			l->up[l->n_pieces++] = (uint8_t)up;
		l->mask[l->n_pieces - 1] |= (uint16_t)(1U << x);
	}
}

static void
tile_form_init(struct tile_form *f)
{
	struct tilemap_blank blank;
	uint16_t data[BACKSIDE_TILE] = { 0 };
	unsigned before = 0;
	tilemap_blank_init(&blank);
	memset(f->known, 0, sizeof(f->known));
	for (unsigned i = 0; i < BACKSIDE_TILE * BACKSIDE_TILE; i++) {
		uint16_t at = (uint16_t)(1U << (BACKSIDE_TILE - 1 - i % BACKSIDE_TILE));
		for (unsigned a = 0; a < 256 && blank.cell[i] == TILEMAP_BLACK; a++)
			f->known[a][i / BACKSIDE_TILE] |= at;
		if (blank.cell[i] == TILEMAP_DATA)
			data[i / BACKSIDE_TILE] |= at;
	}
	for (unsigned a = 0; a < 256; a++)
		for (unsigned k = 0; k < TILEMAP_N_ADDRESS; k++)
			f->known[a][blank.address[k] / BACKSIDE_TILE] |= (uint16_t)((a >> k & 1U)
			    << (BACKSIDE_TILE - 1 - blank.address[k] % BACKSIDE_TILE));
	for (unsigned y = 0; y < BACKSIDE_TILE; y++) {
		line_form_init(&f->line[y], data[y], before);
		before += f->line[y].n_data;
	}
}

/* @row: the tile's data modules in order (backside/shuffle.h). */
static void
paint_tile(uint8_t *out, const struct tile_form *f, uint8_t address, const uint64_t *row)
{
	for (unsigned y = 0; y < BACKSIDE_TILE; y++, out += BACKSIDE_ROW_BYTES) {
		const struct line_form *l = &f->line[y];
		uint64_t from = row[l->at] << l->shift | row[l->at + 1] >> 1 >> (63 - l->shift);
		unsigned data = (unsigned)(from >> (64 - l->n_data)), line = f->known[address][y];
		for (unsigned i = 0; i < l->n_pieces; i++)
			line |= data << l->up[i] & l->mask[i];
		out[0] = (uint8_t)(line >> 8);
		out[1] = (uint8_t)line;
	}
}

static void
encoder_paint(const struct encoder *e, enum backside_rate rate, uint8_t *modules)
{
	struct tile_form form;
	tile_form_init(&form);
	for (unsigned r = 0, tile = 0; r < BACKSIDE_NY; r++)
		for (unsigned c = 0; c < BACKSIDE_NX; c++, tile++) {
			uint8_t *out =
			    modules + (size_t)r * BACKSIDE_TILE * BACKSIDE_ROW_BYTES + c * 2;
			paint_tile(out, &form, tilemap_address(r, c, rate), e->shuffled.row[tile]);
		}
}

void
backside_encode_warm(void)
{
	(void)tilemap_turns();
	for (int p = 0; p < LDPC_N_PROFILES; p++)
		(void)ldpc_code((enum ldpc_profile)p);
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
	const struct ldpc *code = ldpc_code(shape->profile);
	const unsigned k = ldpc_info_bits(code);
	codeframe_format(
	    (enum backside_rate)rate, payload, bytes, e->info, (size_t)k * shape->words);
	encoder_take(e, shape->words, k);
	ldpc_encode(code, e->words);
	encoder_spread(e, shape->words);
	shuffle_stream(e->stream, &e->shuffled);
	encoder_paint(e, (enum backside_rate)rate, modules);
	mem_free(e);
	return 0;
}
