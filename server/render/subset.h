/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subset - the glyphs of one document, from any of its fonts, as one TrueType
 * font with new numbers in the order of first use.
 *
 * A slot is a glyph together with the text it stands for, so that two
 * characters that share a glyph are still told apart when the text is
 * extracted. Slot 0 is .notdef, empty. Hint programs are dropped.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "sfnt.h"

enum {
	SUBSET_MAX_SLOTS = 4096,
	SUBSET_HASH = 8192,
	SUBSET_MAX_TEXT = 8, /* UTF-16 units of one slot */
};

struct subset_slot {
	const struct sfnt *font;
	uint16_t gid;
	uint8_t n_text; /* 0: only a part of another glyph */
	uint16_t text[SUBSET_MAX_TEXT];
};

struct subset {
	struct subset_slot slots[SUBSET_MAX_SLOTS];
	uint16_t hash[SUBSET_HASH];
	unsigned n;
};

struct subset *subset_new(struct arena *a);
/* The slot of this glyph and text, a new one if need be; 0 = no room left. */
unsigned subset_add(
    struct subset *s, const struct sfnt *font, uint32_t gid, const uint16_t *text, unsigned n_text);
/*
 * Reads the glyph with all its parts to their ends. Returns 0 or FAULT_BAD_INPUT
 * (damaged, too many parts, or a composite that contains itself).
 */
MUST_USE int subset_check_glyph(const struct sfnt *font, uint32_t gid, struct err *err);
/* Rounded as /W has it: thousandths of the em. */
unsigned subset_advance_1000(const struct sfnt *font, uint32_t gid);

struct subset_font {
	const uint8_t *p;
	size_t bytes;
};
/*
 * Writes the font (glyf, head, hhea, hmtx, loca, maxp). Parts of composite
 * glyphs become further slots. All fonts must have one units_per_em.
 * Returns 0 or FAULT_BAD_INPUT (an outline that cannot be read, too many parts).
 */
MUST_USE int subset_write(
    struct arena *a, struct subset *s, struct subset_font *ret, struct err *err);
