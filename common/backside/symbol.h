/* SPDX-License-Identifier: Apache-2.0 */
/*
 * symbol - a small picture, such as a glyph, coded by itself: its bytes are the
 * same on whichever page it stands, so that they can be kept.
 *
 * The generic region of ITU-T T.88 with template 2 and its nominal adaptive
 * pixel, without typical prediction. Each context begins in the state that it
 * has learned from a font (symbol_states.c; tests/golden/symbol_learn.c): a
 * kanji of a certificate has some thirty bytes.
 */
#pragma once
#include "backside/bilevel.h"
#include "backside/mq.h"
#include <stdbool.h>

enum {
	SYMBOL_MAX_SIDE_PX = 512, /* the 公印 has 296 at most, a character 100 */
	SYMBOL_N_CONTEXTS = 1024,
	SYMBOL_MAX_BYTES = 60000, /* coded */
};
/* mq_context.at, by context: part of the format, never changed. */
extern const uint8_t symbol_states[SYMBOL_N_CONTEXTS];

/* The context of pixel @x of row @y: ten pixels before it, white outside the symbol. */
unsigned symbol_context(const struct bilevel *b, unsigned x, unsigned y);

/*
 * Appends the symbol, whose bits past its width are 0, to @out. Returns 0, or FAULT_BAD_INPUT for a
 * side of 0 or over SYMBOL_MAX_SIDE_PX. Where it does not fit @out's limit, @out is failed.
 */
MUST_USE int symbol_encode(const struct bilevel *b, struct buf *out, struct err *err);
/*
 * Reads a symbol of the size in @b into @rows, which is b->p and all white. False for bytes that
 * symbol_encode() would not have written.
 */
MUST_USE bool symbol_decode(const uint8_t *p, size_t bytes, const struct bilevel *b, uint8_t *rows);
