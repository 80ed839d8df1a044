/* SPDX-License-Identifier: Apache-2.0 */
#include "shape.h"

#include "base/text.h"

#include <string.h>

bool
shape_is_space(uint32_t cp)
{
	return cp == 0x20 || cp == 0xA0 || cp == 0x3000 || (cp >= 0x2000 && cp <= 0x200A);
}

bool
shape_is_selector(uint32_t cp)
{
	return (cp >= 0xFE00 && cp <= 0xFE0F) || (cp >= 0xE0100 && cp <= 0xE01EF);
}

bool
shape_is_mark(uint32_t cp)
{
	return (cp >= 0x300 && cp <= 0x36F) || cp == 0x3099 || cp == 0x309A;
}

static bool
is_ideograph(uint32_t cp)
{
	return (cp >= 0x3400 && cp <= 0x9FFF) || (cp >= 0xF900 && cp <= 0xFAFF) ||
	    (cp >= 0x20000 && cp <= 0x3FFFF);
}

/* What a font may be asked for; the selectors of other collections than Moji_Joho never match. */
static bool
font_may_print(const struct fontset_font *f, const struct shape_glyph *u)
{
	bool private = gaiji_is_private(u->cps[0]);
	switch (f->use) {
	case FONTSET_MAIN:
		return !private;
	case FONTSET_ADDITIONAL:
		return true;
	case FONTSET_SYMBOLS:
		return !private && !is_ideograph(u->cps[0]) &&
		    !(u->n_cps > 1 && shape_is_selector(u->cps[1]));
	case FONTSET_GAIJI:
		return private && u->n_cps == 1;
	default:
		return false;
	}
}

/* ccmp alone: everything else (vertical forms, ligatures, kerning) would change what is printed. */
static uint32_t
shape_marks(struct render_fonts *set, const struct fontset_font *f, const struct shape_glyph *u)
{
	static const hb_feature_t off[] = {
		{ HB_TAG('l', 'i', 'g', 'a'), 0, 0, (unsigned)-1 },
		{ HB_TAG('c', 'l', 'i', 'g'), 0, 0, (unsigned)-1 },
		{ HB_TAG('c', 'a', 'l', 't'), 0, 0, (unsigned)-1 },
		{ HB_TAG('k', 'e', 'r', 'n'), 0, 0, (unsigned)-1 },
	};
	unsigned n = 0;
	hb_buffer_t *b = set->hb_buffer;
	hb_buffer_clear_contents(b);
	hb_buffer_add_utf32(b, u->cps, u->n_cps, 0, u->n_cps);
	hb_buffer_set_direction(b, HB_DIRECTION_LTR);
	hb_buffer_set_language(b, hb_language_from_string("ja", -1)); /* never the locale's */
	hb_buffer_guess_segment_properties(b);
	hb_shape(f->hb_font, b, off, N_ELEMENTS(off));
	const hb_glyph_info_t *info = hb_buffer_get_glyph_infos(b, &n);
	return n == 1 ? info[0].codepoint : 0; /* a mark that did not join is not printed apart */
}

static uint32_t
font_find(struct render_fonts *set, const struct fontset_font *f, const struct shape_glyph *u)
{
	if (u->n_cps == 1)
		return sfnt_find_glyph(&f->sfnt, u->cps[0]);
	if (u->n_cps == 2 && shape_is_selector(u->cps[1]))
		return sfnt_find_variant(&f->sfnt, u->cps[0], u->cps[1]);
	for (unsigned i = 0; i < u->n_cps; i++) {
		uint32_t cp = u->cps[i];
		if (shape_is_selector(cp) ? sfnt_find_variant(&f->sfnt, u->cps[i - 1], cp) == 0
					  : sfnt_find_glyph(&f->sfnt, cp) == 0)
			return 0;
	}
	return shape_marks(set, f, u);
}

/* Where the character stands in what was learned, or would. */
static struct fontset_unit *
unit_slot(const struct render_fonts *set, uint32_t cp)
{
	return &set->units[(cp * 2654435761U) >> 16 & (FONTSET_UNITS - 1)];
}

static bool
unit_known(const struct render_fonts *set, struct shape_glyph *u)
{
	const struct fontset_unit *k = unit_slot(set, u->cps[0]);
	if (u->n_cps != 1 || k->cp != u->cps[0])
		return false;
	u->font = 0;
	u->gid = k->gid;
	u->advance = k->advance;
	return true;
}

/* The first font is asked before all others but a municipality's, which has private ones alone. */
static void
unit_learn(struct render_fonts *set, const struct shape_glyph *u)
{
	struct fontset_unit *k = unit_slot(set, u->cps[0]);
	if (!set->knows && k->cp == 0 && u->n_cps == 1 && u->font == 0 &&
	    !gaiji_is_private(u->cps[0]))
		*k = (struct fontset_unit){ u->cps[0], u->gid, u->advance };
}

static bool
unit_find(const struct fontset_stack *stack, struct shape_glyph *u)
{
	if (unit_known(stack->set, u))
		return true;
	for (unsigned i = 0; i < stack->n; i++) {
		const struct fontset_font *f = &stack->set->fonts[stack->index[i]];
		if (!font_may_print(f, u))
			continue;
		uint32_t gid = font_find(stack->set, f, u);
		if (gid == 0 || gid >= f->sfnt.n_glyphs)
			continue;
		if (!shape_is_space(u->cps[0]) && !sfnt_has_ink(&f->sfnt, gid))
			continue;
		unsigned em = f->sfnt.units_per_em;
		u->font = stack->index[i];
		u->gid = gid;
		u->advance = (uint16_t)((sfnt_advance(&f->sfnt, gid) * 1000U + em / 2) / em);
		unit_learn(stack->set, u);
		return true;
	}
	return false;
}

/* Takes the next unit off the text. */
static bool
unit_next(const char **s, size_t *bytes, struct shape_glyph *ret)
{
	struct shape_glyph u = { .n_cps = 1 };
	int32_t first = text_utf8_next(s, bytes);
	if (first < 0x20 || shape_is_selector((uint32_t)first) || shape_is_mark((uint32_t)first))
		return false;
	u.cps[0] = (uint32_t)first;
	while (*bytes > 0) {
		const char *q = *s;
		size_t left = *bytes;
		int32_t cp = text_utf8_next(&q, &left);
		if (cp < 0)
			return false;
		if (!shape_is_selector((uint32_t)cp) && !shape_is_mark((uint32_t)cp))
			break;
		if (u.n_cps == SHAPE_MAX_CPS)
			return false;
		u.cps[u.n_cps++] = (uint32_t)cp;
		*s = q;
		*bytes = left;
	}
	*ret = u;
	return true;
}

int
shape_text(
    struct arena *a, const struct fontset_stack *stack, const char *text, struct shape_run *ret)
{
	size_t bytes = strlen(text);
	long count = text_is_clean_utf8(text, bytes) ? text_utf8_count(text, bytes) : -1;
	if (count < 0 || count > SHAPE_MAX_UNITS)
		return RENDER_E_NO_GLYPH;
	struct shape_run run = { 0 };
	struct shape_glyph *g = arena_zero_n(a, (size_t)count + 1, sizeof(*g));
	while (bytes > 0) {
		struct shape_glyph *u = &g[run.n++];
		if (!unit_next(&text, &bytes, u) || !unit_find(stack, u))
			return RENDER_E_NO_GLYPH;
		run.advance += u->advance;
	}
	run.glyphs = g;
	*ret = run;
	return 0;
}

static const char *
unit_why(const struct shape_glyph *u)
{
	if (gaiji_is_private(u->cps[0]))
		return "no gaiji font has it";
	for (unsigned i = 1; i < u->n_cps; i++)
		if (shape_is_selector(u->cps[i]))
			return "no font has this variation";
	return u->n_cps > 1 ? "the mark joins no glyph" : "no font has it";
}

const char *
shape_why(const struct fontset_stack *stack, const char *text, unsigned *ret_at)
{
	size_t bytes = strlen(text);
	unsigned n = 0;
	*ret_at = 0;
	if (!text_is_clean_utf8(text, bytes))
		return "not clean UTF-8";
	while (bytes > 0 && ++n <= SHAPE_MAX_UNITS) {
		struct shape_glyph u;
		*ret_at = n;
		if (!unit_next(&text, &bytes, &u))
			return "a mark or selector behind nothing";
		if (!unit_find(stack, &u))
			return unit_why(&u);
	}
	*ret_at = 0;
	return "too long";
}
