/* SPDX-License-Identifier: Apache-2.0 */
#include "fit.h"

/* JIS X 4051 4.3: 行頭禁則 and 行末禁則. */
static const uint32_t not_first[] = { 0x2019, 0x201D, 0x3001, 0x3002, 0x3005, 0x3009, 0x300B,
	0x300D, 0x300F, 0x3011, 0x3015, 0x303B, 0x3041, 0x3043, 0x3045, 0x3047, 0x3049, 0x3063,
	0x3083, 0x3085, 0x3087, 0x308E, 0x3095, 0x3096, 0x309D, 0x309E, 0x30A1, 0x30A3, 0x30A5,
	0x30A7, 0x30A9, 0x30C3, 0x30E3, 0x30E5, 0x30E7, 0x30EE, 0x30F5, 0x30F6, 0x30FB, 0x30FC,
	0x30FD, 0x30FE, 0xFF01, 0xFF05, 0xFF09, 0xFF0C, 0xFF0D, 0xFF0E, 0xFF1A, 0xFF1B, 0xFF1F,
	0xFF3D, 0xFF5D };
static const uint32_t not_last[] = { 0x2018, 0x201C, 0x3008, 0x300A, 0x300C, 0x300E, 0x3010, 0x3014,
	0xFF08, 0xFF3B, 0xFF5B, 0xFFE5 };

static bool
is_listed(const uint32_t *list, size_t n, uint32_t cp)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == cp)
			return true;
	return false;
}

static bool
is_digit(uint32_t cp)
{
	return (cp >= '0' && cp <= '9') || (cp >= 0xFF10 && cp <= 0xFF19);
}

static bool
is_small_katakana(uint32_t cp)
{
	return cp >= 0x31F0 && cp <= 0x31FF;
}

/* Joins digits into one number: 12-3, １２－３, 1,000. */
static bool
is_in_number(uint32_t cp)
{
	static const uint32_t joins[] = { '-', ',', '.', 0x2010, 0x2011, 0x2212, 0xFF0D, 0xFF0E };
	return is_digit(cp) || is_listed(joins, N_ELEMENTS(joins), cp);
}

static bool
is_in_word(uint32_t cp)
{
	return cp > 0x20 && cp < 0x3000 && !is_digit(cp);
}

bool
fit_may_break(const struct shape_glyph *before, const struct shape_glyph *after)
{
	uint32_t a = before->cps[0];
	uint32_t b = after->cps[0];
	if (shape_is_space(b))
		return false; /* spaces stay at the end of their line */
	if (shape_is_space(a))
		return true;
	if (is_listed(not_first, N_ELEMENTS(not_first), b) || is_small_katakana(b) ||
	    is_listed(not_last, N_ELEMENTS(not_last), a))
		return false;
	if (is_in_number(a) && is_in_number(b) && (is_digit(a) || is_digit(b)))
		return false;
	return !((is_in_word(a) || is_digit(a)) && (is_in_word(b) || is_digit(b)));
}

struct fit_line {
	unsigned from, n;
	int64_t width; /* without the spaces at its end; thousandths of the em */
};

/* All that is left as one line, however long. */
static struct fit_line
fit_rest(const struct shape_run *run, unsigned from)
{
	struct fit_line all = { .from = from, .n = run->n - from };
	int64_t width = 0;
	for (unsigned i = from; i < run->n; i++) {
		width += run->glyphs[i].advance;
		if (!shape_is_space(run->glyphs[i].cps[0]))
			all.width = width;
	}
	return all;
}

/* The longest line that begins at @from; n = 0 when not even one unit may stand alone. */
static struct fit_line
fit_line(const struct shape_run *run, unsigned from, int64_t room)
{
	struct fit_line all = fit_rest(run, from);
	if (all.width <= room)
		return all; /* nearly always, and without asking where it may break */
	struct fit_line best = { .from = from };
	int64_t width = 0;
	int64_t inked = 0;
	for (unsigned i = from; i < run->n; i++) {
		width += run->glyphs[i].advance;
		if (!shape_is_space(run->glyphs[i].cps[0]))
			inked = width;
		if (inked > room)
			break;
		if (i + 1 == run->n || fit_may_break(&run->glyphs[i], &run->glyphs[i + 1])) {
			best.n = i + 1 - from;
			best.width = inked;
		}
	}
	return best;
}

/* Returns the number of lines, 0 when it takes more than @max. */
static unsigned
fit_wrap(const struct shape_run *run, int64_t room, unsigned max, struct fit_line *lines)
{
	unsigned n = 0;
	for (unsigned at = 0; at < run->n; n++) {
		if (n == max)
			return 0;
		lines[n] = fit_line(run, at, room);
		if (lines[n].n == 0)
			return 0;
		at += lines[n].n;
	}
	return n;
}

static int32_t
line_pitch(unsigned px)
{
	return (int32_t)(px + px / 16);
}

static void
fit_draw(struct dlist *l, const struct shape_run *run, const struct fit_box *box,
    const struct fit_style *style, unsigned px, const struct fit_line *lines, unsigned n)
{
	int32_t high = (int32_t)px + ((int32_t)n - 1) * line_pitch(px);
	int32_t top = box->y + (style->place == FIT_TOP ? 0 : (box->h - high) / 2);
	for (unsigned i = 0; i < n; i++) {
		int32_t width = (int32_t)((lines[i].width * px + 999) / 1000);
		int32_t x = box->x;
		if (style->align == FIT_CENTER)
			x += (box->w - width) / 2;
		else if (style->align == FIT_RIGHT)
			x += box->w - width;
		/* The em box stands in the middle, not the ink: ascent 0.88. */
		int32_t base = top + ((int32_t)px * 88 + 50) / 100;
		struct shape_run part = { .glyphs = run->glyphs + lines[i].from, .n = lines[i].n };
		dlist_text(l, x * DLIST_PX, base * DLIST_PX, px, part);
		top += line_pitch(px);
	}
}

static struct fit_box
inside(const struct fit_box *b, const struct fit_style *style)
{
	int32_t pad = style->pad_px;
	int32_t edge = b->h / 28; /* keeps ink off the rules: 1 pixel in a row, 4 in a tall cell */
	int32_t above = style->place == FIT_TOP ? pad : edge;
	return (struct fit_box){ b->x + pad, b->y + above, b->w - 2 * pad, b->h - above - edge };
}

int
fit_text(struct dlist *l, const struct shape_run *run, const struct fit_box *cell,
    const struct fit_style *style)
{
	struct fit_box free_box = inside(cell, style);
	const struct fit_box *box = &free_box;
	struct fit_line lines[FIT_MAX_LINES];
	if (run->n == 0)
		return 0;
	for (unsigned px = style->max_px; px >= style->min_px; px -= FIT_STEP_PX) {
		unsigned max = 0;
		while (max < style->max_lines && max < FIT_MAX_LINES &&
		    (int32_t)px + (int32_t)max * line_pitch(px) <= box->h)
			max++;
		unsigned n = fit_wrap(run, (int64_t)box->w * 1000 / px, max, lines);
		if (n > 0) {
			fit_draw(l, run, box, style, px, lines, n);
			return 0;
		}
	}
	return RENDER_E_OVERFLOW;
}
