/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tiny_font - a TrueType font of five glyphs, written here byte for byte:
 *   0 .notdef (no ink), 1 a square (U+E000), 2 a triangle ('A', U+20BB7),
 *   3 both together as a composite (U+E001), 4 no ink (U+0020, U+3000, U+E002)
 * cmap formats 4, 12 and 14; 葛 U+845B with U+E0102 is glyph 2, with U+E0103
 * the default (glyph 1). Glyphs 1 and 2 carry a hint program of three bytes.
 */
#pragma once
#include "base/bytes.h"

enum { TINY_FONT_MAX_BYTES = 4096, TINY_FONT_EM = 2048, TINY_FONT_GLYPHS = 5 };

/* Appends the font to @b. */
void tiny_font_build(struct buf *b);
/* Offset of a table in a font of ours; 0 = it has none. */
size_t tiny_font_table(const uint8_t *font, const char tag[static 4]);
