/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ground - the copy-evident ground (けん制文字): two screens of one tint, of which a
 * copier keeps one. The letters of 複写 are coarse dots, 5 x 5 of 600 dpi, that
 * every copier sees; around them stand dots of 1 x 2 that it loses. On the
 * original both look alike, in a copy the word stands out.
 *
 * All of it is one tile of exact 600 dpi dots, repeated from a page's corner on.
 * The coarse dots stand on even dots, so that they are where they are at 300 dpi
 * too, and whoever compares a scan with its record can expect them there.
 *
 * Pure functions: the same input gives the same output.
 */
#pragma once
#include "base/attr.h"
#include <stdbool.h>
#include <stdint.h>

enum {
	GROUND_W = 1040, /* dots at 600 dpi: 44.0 mm, two words, one below and beside the other */
	GROUND_H = 1120, /* 47.4 mm */
	GROUND_ROW_BYTES = GROUND_W / 8,
	GROUND_BYTES = GROUND_ROW_BYTES * GROUND_H,
	GROUND_COARSE = 5, /* dots a side of a coarse dot */
	GROUND_STEP = 10,  /* coarse dots stand at (10 i, 10 j), i + j even: 45 degrees, 42 lpi */
	GROUND_STEPS_X = GROUND_W / GROUND_STEP,
	GROUND_STEPS_Y = GROUND_H / GROUND_STEP,
	GROUND_CELL = 40, /* the fine screen repeats after as many dots */
	GROUND_FINE = 90, /* fine dots in a cell, at balance 0 */
	GROUND_MAX_BALANCE = 6,
	GROUND_WORD_UNIT = 4, /* dots a bit of the word */
	GROUND_WORD_W = 192,
	GROUND_WORD_H = 95,
};

/* First bit in the top bit, 1 = letter. */
extern const uint8_t ground_word[GROUND_WORD_H][GROUND_WORD_W / 8];

/* Is this dot of a page (600 dpi, from the corner where the tiles begin) within a letter? */
bool ground_is_word(unsigned x, unsigned y);
/* Does a coarse dot begin at (GROUND_STEP * i, GROUND_STEP * j)? */
bool ground_has_coarse(unsigned i, unsigned j);
/*
 * The tile: GROUND_H rows of GROUND_ROW_BYTES, first dot in the top bit, 1 = ink.
 * @balance: fine dots more (or, below 0, less) in each cell, for a printer on which
 * the word shows light (or dark) on originals: -GROUND_MAX_BALANCE..GROUND_MAX_BALANCE.
 */
void ground_tile(int balance, uint8_t tile[static GROUND_BYTES]);
