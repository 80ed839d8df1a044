/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/code.h"
#include "backside/codeframe.h"
#include "backside/ldpc.h"
#include "backside/tilemap.h"

#include "base/mem.h"

/* Working memory of one page. */
struct encoder {
	uint8_t info[CODEFRAME_N_WORDS * LDPC_MAX_INFO_COLS * LDPC_Z];
	uint16_t words[LDPC_N];                    /* bit w of each is of word w */
	uint32_t bits[(TILEMAP_N_DATA + 31) / 32]; /* data index d is bit d % 32 of word d / 32 */
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
	for (size_t at = 0; at < N_ELEMENTS(e->bits); at++) {
		for (; n_held < 32; n_held += words) {
			held |= (uint64_t)e->words[bit] << n_held;
			bit = bit + 1 < LDPC_N ? bit + 1 : 0;
		}
		e->bits[at] = (uint32_t)held ^ tilemap_whitening((uint32_t)at);
		held >>= 32;
		n_held -= 32;
	}
}

/* What all tiles share. A line's first column is its highest bit. */
struct tile_form {
	uint16_t line[BACKSIDE_TILE]; /* the mark */
	uint16_t data[BACKSIDE_TILE]; /* where data is */
	struct tilemap_blank blank;
};

static void
tile_form_init(struct tile_form *f)
{
	*f = (struct tile_form){ .line = { 0 } };
	tilemap_blank_init(&f->blank);
	for (unsigned i = 0; i < BACKSIDE_TILE * BACKSIDE_TILE; i++) {
		uint16_t at = (uint16_t)(1U << (BACKSIDE_TILE - 1 - i % BACKSIDE_TILE));
		if (f->blank.cell[i] == TILEMAP_BLACK)
			f->line[i / BACKSIDE_TILE] |= at;
		if (f->blank.cell[i] == TILEMAP_DATA)
			f->data[i / BACKSIDE_TILE] |= at;
	}
}

static inline unsigned
bit_at(const uint32_t *bits, uint32_t at)
{
	return bits[at / 32] >> at % 32 & 1U;
}

/* The line's data, where @data has it. */
static unsigned
line_of(unsigned data, const uint32_t *bits, const uint32_t **from)
{
	const uint32_t *d = *from;
	unsigned line = 0;
	if (data == 0xFFFF) {
		for (unsigned x = 0; x < BACKSIDE_TILE; x++)
			line = line << 1 | bit_at(bits, d[x]);
		*from = d + BACKSIDE_TILE;
		return line;
	}
	for (unsigned at = 1U << (BACKSIDE_TILE - 1); at != 0; at >>= 1)
		if ((data & at) != 0 && bit_at(bits, *d++) != 0)
			line |= at;
	*from = d;
	return line;
}

/* @from: the data index of each of the tile's modules. */
static void
paint_tile(uint8_t *out, const struct tile_form *f, uint8_t address, const uint32_t *bits,
    const uint32_t *from)
{
	unsigned line[BACKSIDE_TILE];
	for (unsigned y = 0; y < BACKSIDE_TILE; y++)
		line[y] = f->line[y] | line_of(f->data[y], bits, &from);
	for (unsigned k = 0; k < TILEMAP_N_ADDRESS; k++) {
		unsigned at = f->blank.address[k], bit = (unsigned)address >> k & 1U;
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
	const uint32_t *from = tilemap_permutation_back();
	struct tile_form form;
	tile_form_init(&form);
	for (unsigned r = 0; r < BACKSIDE_NY; r++)
		for (unsigned c = 0; c < BACKSIDE_NX; c++, from += TILEMAP_TILE_DATA) {
			uint8_t *out =
			    modules + (size_t)r * BACKSIDE_TILE * BACKSIDE_ROW_BYTES + c * 2;
			paint_tile(out, &form, tilemap_address(r, c, rate), e->bits, from);
		}
}

void
backside_encode_warm(void)
{
	(void)tilemap_permutation_back();
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
	encoder_paint(e, (enum backside_rate)rate, modules);
	mem_free(e);
	return 0;
}
