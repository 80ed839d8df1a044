/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shape - a text as glyphs of the font stack, one glyph a unit.
 *
 * A unit is a character with its variation selector and combining marks. It
 * becomes exactly the one glyph that a font has for it, or nothing at all: no
 * default glyph for an unknown selector, no substitute for a missing character,
 * no blank where ink was meant.
 */
#pragma once
#include "base/arena.h"
#include "fontset.h"

enum { SHAPE_MAX_CPS = 4, SHAPE_MAX_UNITS = 1024 };

struct shape_glyph {
	uint16_t font;    /* index in render_fonts.fonts */
	uint16_t advance; /* thousandths of the em, as the PDF's /W has it */
	uint8_t n_cps;    /* characters of this unit, SHAPE_MAX_CPS at most */
	uint32_t gid;
	uint32_t cps[SHAPE_MAX_CPS];
};
struct shape_run {
	const struct shape_glyph *glyphs;
	unsigned n;
	unsigned advance; /* all of it, thousandths of the em */
};

/* Returns 0 or RENDER_E_NO_GLYPH (also for what is not clean UTF-8 or over SHAPE_MAX_UNITS). */
MUST_USE int shape_text(
    struct arena *a, const struct fontset_stack *stack, const char *text, struct shape_run *ret);

/*
 * Why shape_text() refuses @text: a literal that says what is wrong, and in *ret_at
 * the number of the character (from 1 on), 0 for the whole text.
 */
const char *shape_why(const struct fontset_stack *stack, const char *text, unsigned *ret_at);

/* True for U+0020, U+00A0, U+3000 and the like: characters without ink. */
bool shape_is_space(uint32_t cp);
/* True for the selectors of variation sequences. */
bool shape_is_selector(uint32_t cp);
/* True for the combining marks that join the character before them. */
bool shape_is_mark(uint32_t cp);
