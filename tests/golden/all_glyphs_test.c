/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every code point and every variation sequence of the main font, drawn as a
 * certificate draws them: extracted exactly, and the same ink in both back ends.
 */
#include "tests/unit/unit.h"

#include "base/bytes.h"
#include "base/text.h"
#include "pages.h"
#include "server/render/bilevel.h"
#include "server/render/pdf_doc.h"

#include <stdio.h>
#include <string.h>

enum { PER_LINE = 40, LINES = 50, PX = 44, PAGES = 2, PER_DOC = PER_LINE * LINES * PAGES };

static struct render_fonts *fonts;
static struct fontset_stack stack;

static struct {
	uint32_t cp, selector;
} all[80000];
static unsigned n_all;
static unsigned n_mapped, n_plain, n_sequences;
static unsigned n_blank; /* refused: the font has nothing to print */
static unsigned n_alone; /* refused: a mark, which is printed with what it belongs to */
static unsigned n_lost;  /* refused, and it has ink: a fault */

/* As text; refused ones are counted and left out. */
static bool
take(uint32_t cp, uint32_t selector)
{
	AUTO(arena) struct arena *a = arena_new(1 << 16);
	char text[9] = "";
	struct shape_run run;
	size_t n = text_utf8_put(cp, text);
	if (selector != 0)
		n += text_utf8_put(selector, text + n);
	text[n] = '\0';
	if (shape_text(a, &stack, text, &run) != 0) {
		const struct sfnt *f = &fonts->fonts[0].sfnt;
		if (selector == 0 && !sfnt_has_ink(f, sfnt_find_glyph(f, cp)))
			n_blank++;
		else if (selector == 0 && shape_is_mark(cp))
			n_alone++;
		else
			n_lost++;
		return false;
	}
	assert_int_equal(run.n, 1);
	all[n_all].cp = cp;
	all[n_all++].selector = selector;
	return true;
}

static int
setup(void **state)
{
	struct err err = { 0 };
	(void)state;
	if (render_fonts_open(FONT_MANIFEST, &fonts, &err) != 0 || !pages_init() ||
	    fontset_stack(fonts, (struct muni_code){ "" }, &stack, &err) != 0)
		return 1;
	const struct sfnt *f = &fonts->fonts[0].sfnt;
	stack.n = 1; /* the main font alone */
	for (uint32_t cp = 0; cp < SFNT_NO_MORE; cp++)
		if (sfnt_find_glyph(f, cp) != 0) {
			n_mapped++;
			n_plain += take(cp, 0);
		}
	for (uint32_t s = 0xE0100; s <= 0xE01EF; s++)
		for (uint32_t cp = 0; cp < SFNT_NO_MORE; cp++)
			if (sfnt_find_variant(f, cp, s) != 0)
				n_sequences += take(cp, s);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	printf("# %u code points: %u printed, %u without ink refused, %u marks refused alone;\n"
	       "# %u variation sequences printed\n",
	    n_mapped, n_plain, n_blank, n_alone, n_sequences);
	pages_done();
	render_fonts_free(fonts);
	return 0;
}

/* One line of at most PER_LINE characters from @from on; returns how many. */
static unsigned
put_line(struct arena *a, struct dlist *l, unsigned from, unsigned line, struct buf *text)
{
	struct buf b;
	struct shape_run run;
	unsigned n = 0;
	buf_init(&b, 1024);
	for (; n < PER_LINE && from + n < n_all; n++) {
		char c[4];
		buf_put(&b, c, text_utf8_put(all[from + n].cp, c));
		if (all[from + n].selector != 0)
			buf_put(&b, c, text_utf8_put(all[from + n].selector, c));
	}
	assert_int_equal(shape_text(a, &stack, arena_strndup(a, (char *)b.p, b.bytes), &run), 0);
	assert_int_equal(run.n, n);
	dlist_text(l, 200 * DLIST_PX, (int32_t)(200 + 62 * line) * DLIST_PX, PX, run);
	buf_put(text, b.p, b.bytes);
	buf_done(&b);
	return n;
}

/* Spaces and what poppler adds between lines and pages. */
static size_t
without_spaces(char *s, size_t bytes)
{
	size_t n = 0;
	for (size_t i = 0; i < bytes;) {
		static const char *const out[] = { " ", "\n", "\f", "\u3000", "\u00A0", "\u2002",
			"\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009",
			"\u200A", "\u2000", "\u2001" };
		size_t skip = 0;
		for (size_t k = 0; k < N_ELEMENTS(out); k++)
			if (strncmp(s + i, out[k], strlen(out[k])) == 0)
				skip = strlen(out[k]);
		i += skip;
		if (skip == 0)
			s[n++] = s[i++];
	}
	s[n] = '\0';
	return n;
}

static void
check_text(struct arena *a, struct buf *want)
{
	size_t n = 0;
	assert_int_equal(pages_run(a, "pdftotext -raw d.pdf out"), 0);
	char *got = (char *)pages_read(a, "out", &n);
	n = without_spaces(got, n);
	char *expected = arena_strndup(a, (char *)want->p, want->bytes);
	size_t m = without_spaces(expected, want->bytes);
	for (size_t i = 0; i < n && i < m; i++)
		if (got[i] != expected[i])
			fail_msg(
			    "text differs at byte %zu: %.12s, %.12s", i, got + i, expected + i);
	assert_int_equal(n, m);
}

static void
check_page(struct arena *a, const struct dlist *l, unsigned page)
{
	static const int none[4];
	struct err err = { 0 };
	uint8_t *raster = arena_zero(a, (size_t)RENDER_ROW_BYTES * RENDER_H);
	assert_int_equal(bilevel_draw(fonts, l, raster, &err), 0);
	struct bitmap ours = { raster, RENDER_W, RENDER_H, RENDER_ROW_BYTES };
	struct bitmap theirs = pages_poppler(a, page, RENDER_DPI);
	assert_int_equal(bitmap_stray(&ours, &theirs, none), 0);
	assert_int_equal(bitmap_stray(&theirs, &ours, none), 0);
}

static void
check_doc(unsigned from)
{
	AUTO(arena) struct arena *a = arena_new(256 << 20);
	struct dlist fronts[PAGES], backs[PAGES];
	struct pdf_doc doc = { 0 };
	struct err err = { 0 };
	struct buf text;
	unsigned at = from;
	buf_init(&text, 1 << 20);
	for (unsigned p = 0; p < PAGES; p++) {
		dlist_init(&fronts[p], a);
		dlist_init(&backs[p], a);
		for (unsigned line = 0; line < LINES && at < n_all; line++)
			at += put_line(a, &fronts[p], at, line, &text);
	}
	const struct pdf_doc_input in = { "all", PAGES, fronts, backs };
	assert_int_equal(pdf_doc_write(a, fonts, &in, &doc, &err), 0);
	pages_write(a, doc.pdf, doc.bytes);
	check_text(a, &text);
	for (unsigned p = 0; p < PAGES; p++)
		check_page(a, &fronts[p], 2 * p + 1);
	buf_done(&text);
}

static void
every_code_point_and_sequence_is_extracted_and_inked_exactly(void **state)
{
	(void)state;
	/* What fonts/PROVENANCE.md says of IPAmj明朝 005.01, counted by another reader. */
	assert_int_equal(n_mapped, 54578);
	assert_int_equal(n_sequences, 11385);
	assert_int_equal(n_lost, 0);
	for (unsigned from = 0; from < n_all; from += PER_DOC)
		check_doc(from);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_point_and_sequence_is_extracted_and_inked_exactly),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
