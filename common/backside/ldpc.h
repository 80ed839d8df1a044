/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ldpc - quasi-cyclic irregular repeat-accumulate code words with soft decoding.
 *
 * 180 block columns of 359 bits. The information columns' degrees follow the
 * profile of EN 302 307 (DVB-S2); the shifts are our own, drawn from a fixed
 * seed without cycles of length four. Part of the format.
 */
#pragma once
#include "base/attr.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LDPC_Z = 359,                /* bits of a block */
	LDPC_COLS = 180,             /* blocks of a word */
	LDPC_N = LDPC_Z * LDPC_COLS, /* bits of a word: 64620 */
	LDPC_MAX_EDGES = 450,        /* information blocks named in all rows together */
	LDPC_MAX_INFO_COLS = 90,
	LDPC_MAX_ROWS = 135,
	LDPC_MAX_ROW_EDGES = 7,  /* with the two of the accumulator */
	LDPC_MAX_MESSAGES = 648, /* rows * row edges, over all profiles */
	LDPC_LLR_ONE = 16,       /* fixed-point scale of a soft value */
	LDPC_LLR_MAX = 480,
	LDPC_MAX_WORDS = 16, /* encoded together */
};

enum ldpc_profile { LDPC_1_4, LDPC_1_3, LDPC_2_5, LDPC_1_2, LDPC_N_PROFILES };

struct ldpc {
	unsigned info_cols;
	unsigned rows;
	unsigned row_edges; /* information edges of each row */
	unsigned scale;     /* of the min-sum, in sixteenths */
	uint8_t col[LDPC_MAX_EDGES];
	uint16_t shift[LDPC_MAX_EDGES];
};

/* Messages and totals of one decoding; about 600 kB, for reuse from word to word. */
struct ldpc_work;

/* Always the same code for a profile. */
void ldpc_init(struct ldpc *c, enum ldpc_profile profile);
/* The same, made at the first call of the process; threads may call it at once. */
const struct ldpc *ldpc_code(enum ldpc_profile profile);
static inline unsigned
ldpc_info_bits(const struct ldpc *c)
{
	return c->info_cols * LDPC_Z;
}

/*
 * LDPC_MAX_WORDS words at once: bit w of each element is of word w. The first ldpc_info_bits()
 * elements are given, the others filled.
 */
void ldpc_encode(const struct ldpc *c, uint16_t words[static LDPC_N]);

size_t ldpc_work_bytes(void);
/*
 * @llr: LDPC_N soft values in 1/LDPC_LLR_ONE, positive for 0. Fills
 * ldpc_info_bits() of @info. Returns the iterations used, 1..max_iterations, or
 * 0 when no code word was found.
 */
MUST_USE unsigned ldpc_decode(const struct ldpc *c, const int16_t llr[static LDPC_N],
    struct ldpc_work *w, uint8_t *info, unsigned max_iterations);
