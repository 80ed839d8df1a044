/* SPDX-License-Identifier: Apache-2.0 */
/* A municipality's own characters: what an import takes, who prints them, what is read of them. */
#include "unit.h"

#include "base/file.h"
#include "base/text.h"
#include "server/render/fontset.h"
#include "server/render/shape.h"
#include "server/seal/pdfobj.h"
#include "server/seal/pdfread.h"
#include "tests/golden/gaiji_font.h"
#include "tests/golden/pages.h"
#include "tests/golden/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWN "991023"
#define HASH_LINE                                                                                  \
	"#gaiji.ttf sha256 0000000000000000000000000000000000000000000000000000000000000000\n"
#define COLUMNS "code,mj,substitute,reading\n"

static struct render_fonts *fonts;
static char folder[] = "/tmp/kofu-gaiji-XXXXXX";
static const struct gaiji_font_fault no_fault;

static int
setup(void **state)
{
	struct err err = { 0 };
	(void)state;
	return render_fonts_open(FONT_MANIFEST, &fonts, &err) != 0 || !pages_init() ||
	    mkdtemp(folder) == NULL;
}

static int
teardown(void **state)
{
	static const char *const files[] = { "gaiji.ttf", "gaiji.csv" };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(files); i++) {
		char path[100];
		(void)snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		(void)unlink(path);
	}
	(void)rmdir(folder);
	pages_done();
	render_fonts_free(fonts);
	return 0;
}

static int
list_parse(struct arena *a, const char *text, struct gaiji_list *ret)
{
	struct err err = { 0 };
	return gaiji_list_parse(a, text, strlen(text), ret, &err);
}

static void
a_list_that_breaks_its_rules_is_refused(void **state)
{
	static const struct {
		const char *text;
		int want;
	} t[] = {
		{ COLUMNS "U+E000,,外,ガイ\n", 0 },
		{ "\xEF\xBB\xBF" COLUMNS "U+E000,,外,ガイ\r\n", 0 }, /* as spreadsheets write it */
		{ HASH_LINE COLUMNS "U+E000,MJ099999,葛\U000E0102,ガイ\n", 0 },
		{ COLUMNS "U+E000,,,", 0 },
		{ COLUMNS "U+F8FF,,,\nU+F0000,,,\nU+10FFFD,,,\n", 0 },
		{ COLUMNS "U+E000,,一二三四,\n", 0 },
		{ COLUMNS "U+E000,,一二三四五,\n", FAULT_BAD_INPUT },
		{ "", FAULT_BAD_INPUT },
		{ COLUMNS, FAULT_BAD_INPUT },
		{ "U+E000,,外,ガイ\n", FAULT_BAD_INPUT },
		{ "#something else\n" COLUMNS "U+E000,,,\n", FAULT_BAD_INPUT },
		{ "#gaiji.ttf sha256 00\n" COLUMNS "U+E000,,,\n", FAULT_BAD_INPUT },
		{ COLUMNS "U+E000,,外\n", FAULT_BAD_INPUT },
		{ COLUMNS "U+E000,,外,ガイ,\n", FAULT_BAD_INPUT },
		{ COLUMNS "U+E000,,\"外\",ガイ\n", FAULT_BAD_INPUT },
		{ COLUMNS "\nU+E000,,外,ガイ\n", FAULT_BAD_INPUT },
		{ COLUMNS "E000,,外,ガイ\n", FAULT_BAD_INPUT },
		{ COLUMNS "U+e000,,外,ガイ\n", FAULT_BAD_INPUT },
		{ COLUMNS "U+DFFF,,外,ガイ\n", FAULT_BAD_INPUT },
		{ COLUMNS "U+F900,,外,ガイ\n", FAULT_BAD_INPUT },
		{ COLUMNS "U+FFFFE,,外,ガイ\n", FAULT_BAD_INPUT },
		{ COLUMNS "U+110000,,外,ガイ\n", FAULT_BAD_INPUT },
		{ COLUMNS "U+845B,,外,ガイ\n", FAULT_BAD_INPUT },
		{ COLUMNS "U+E000,,外,\nU+E000,,外,\n", FAULT_BAD_INPUT },
		{ COLUMNS "U+E001,,外,\nU+E000,,外,\n", FAULT_BAD_INPUT },
		{ COLUMNS "U+E000,,\uE001,ガイ\n", FAULT_BAD_INPUT },
		{ COLUMNS "U+E000,,\U000E0102,ガイ\n", FAULT_BAD_INPUT },
		{ COLUMNS "U+E000,, ,ガイ\n", FAULT_BAD_INPUT },
		{ COLUMNS "U+E000,MJ012345678901234,,\n", FAULT_BAD_INPUT },
		{ COLUMNS "U+E000,,\xC0\x80,\n", FAULT_BAD_INPUT },
		{ COLUMNS "U+E000,,a\tb,\n", FAULT_BAD_INPUT },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(arena) struct arena *a = arena_new(4 << 20);
		struct gaiji_list l;
		if (list_parse(a, t[i].text, &l) != t[i].want)
			fail_msg("row %zu", i);
	}
}

static void
a_list_of_the_limit_is_read_and_one_more_is_refused(void **state)
{
	AUTO(arena) struct arena *a = arena_new(16 << 20);
	struct buf b;
	struct gaiji_list l;
	struct err err = { 0 };
	(void)state;
	buf_init(&b, GAIJI_CSV_MAX_BYTES);
	buf_text(&b, COLUMNS);
	for (unsigned i = 0; i < GAIJI_MAX; i++)
		buf_printf(&b, "U+%X,,,\n", 0xF0000 + i);
	assert_int_equal(gaiji_list_parse(a, (char *)b.p, b.bytes, &l, &err), 0);
	assert_int_equal(l.n, GAIJI_MAX);
	assert_false(l.in_use);
	assert_non_null(gaiji_find(&l, 0xF0000 + GAIJI_MAX - 1));
	assert_null(gaiji_find(&l, 0xF0000 + GAIJI_MAX));
	buf_printf(&b, "U+%X,,,\n", 0xF0000 + GAIJI_MAX);
	assert_int_equal(gaiji_list_parse(a, (char *)b.p, b.bytes, &l, &err), FAULT_BAD_INPUT);
	buf_done(&b);
}

/* What an import says of this font with this list, and at which character or line. */
static int
import(const uint8_t *font, size_t bytes, const char *list, long *ret_number)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct muni_code muni = { OWN };
	struct err err = { 0 };
	unsigned n = 0;
	const char *ttf = arena_printf(a, "%s/gaiji.ttf", folder);
	const char *csv = arena_printf(a, "%s/gaiji.csv", folder);
	assert_int_equal(file_write_atomic(ttf, font, bytes, 0600, &err), 0);
	assert_int_equal(file_write_atomic(csv, list, strlen(list), 0600, &err), 0);
	int r = render_gaiji_check(FONT_MANIFEST, muni, ttf, csv, &n, &err);
	*ret_number = err.depth > 0 ? err.trail[0].number : (long)n;
	return r;
}

static int
import_built(const struct gaiji_font_fault *fault, const char *list, long *ret_number)
{
	struct buf b;
	buf_init(&b, GAIJI_FONT_BYTES_MAX);
	gaiji_font_build(&b, fault);
	int r = import(b.p, b.bytes, list, ret_number);
	buf_done(&b);
	return r;
}

static void
a_font_with_one_bad_glyph_is_refused_and_the_glyph_named(void **state)
{
	static const struct {
		struct gaiji_font_fault fault;
		int want;
		long number;
	} t[] = {
		{ { 0 }, 0, 3 },
		{ { .blank = true }, FAULT_BAD_INPUT, 0xE010 },
		{ { .outside = true }, FAULT_BAD_INPUT, 0xE010 },
		{ { .extra = true }, FAULT_BAD_INPUT, 0xE011 },
		{ { .endless = true }, FAULT_BAD_INPUT, 0xE001 },
		{ { .units_per_em = 1000 }, FAULT_BAD_INPUT, 3 },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		long number = 0;
		int r = import_built(&t[i].fault, gaiji_font_list, &number);
		if (r != t[i].want || number != t[i].number)
			fail_msg("row %zu: %d, %lX", i, r, (unsigned long)number);
	}
}

static void
a_list_that_does_not_fit_its_font_is_refused(void **state)
{
	static const struct {
		const char *list;
		int want;
		long number;
	} t[] = {
		{ COLUMNS "U+E000,,,\nU+E001,,,\n", FAULT_BAD_INPUT, 0xE010 },
		{ COLUMNS "U+E000,,,\nU+E001,,,\nU+E010,,,\nU+E012,,,\n", FAULT_BAD_INPUT, 0xE012 },
		{ COLUMNS "U+E000,,,\nU+E001,,,\nU+E010,,,\nU+F0000,,,\n", FAULT_BAD_INPUT,
		    0xF0000 },
		/* Adobe-Japan1's selector: what is said in its place must be printable. */
		{ COLUMNS "U+E000,,葛\U000E0100,\nU+E001,,,\nU+E010,,,\n", FAULT_BAD_INPUT,
		    0xE000 },
		{ HASH_LINE COLUMNS "U+E000,,,\nU+E001,,,\nU+E010,,,\n", FAULT_INTEGRITY, 3 },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		long number = 0;
		int r = import_built(&no_fault, t[i].list, &number);
		if (r != t[i].want || number != t[i].number)
			fail_msg("row %zu: %d, %lX", i, r, (unsigned long)number);
	}
}

/* A glyph's outline may be damaged in ways that change nothing; none may harm the reader. */
static void
a_damaged_font_is_refused_or_read_without_harm(void **state)
{
	struct buf b;
	long number = 0;
	unsigned refused = 0;
	(void)state;
	buf_init(&b, GAIJI_FONT_BYTES_MAX);
	gaiji_font_build(&b, &no_fault);
	for (size_t at = 0; at < b.bytes; at += 29) {
		uint8_t was = b.p[at];
		b.p[at] ^= 0xA5;
		refused += import(b.p, b.bytes, gaiji_font_list, &number) != 0;
		b.p[at] = was;
	}
	for (size_t cut = 0; cut + 120 < b.bytes; cut += 120)
		assert_int_not_equal(import(b.p, cut + 1, gaiji_font_list, &number), 0);
	assert_true(refused > 5);
	buf_done(&b);
}

static void
the_sample_in_the_folder_is_the_one_drawn_here(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct err err = { 0 };
	struct buf b;
	uint8_t *p = NULL;
	size_t n = 0;
	(void)state;
	buf_init(&b, GAIJI_FONT_BYTES_MAX);
	gaiji_font_build(&b, &no_fault);
	const char *beside = strrchr(FONT_MANIFEST, '/');
	const char *path =
	    arena_printf(a, "%.*s/" OWN "/gaiji.ttf", (int)(beside - FONT_MANIFEST), FONT_MANIFEST);
	assert_int_equal(file_read(a, path, GAIJI_FONT_BYTES_MAX, &p, &n, &err), 0);
	assert_int_equal(n, b.bytes);
	assert_memory_equal(p, b.p, n);
	buf_done(&b);
}

static void
a_gaiji_font_serves_its_municipality_alone(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct err err = { 0 };
	struct fontset_stack own, other;
	struct shape_run run;
	(void)state;
	assert_int_equal(fontset_stack(fonts, (struct muni_code){ OWN }, &own, &err), 0);
	assert_int_equal(fontset_stack(fonts, (struct muni_code){ "991015" }, &other, &err), 0);
	assert_int_equal(own.n, other.n + 1);
	assert_int_equal(fonts->fonts[own.index[0]].use, FONTSET_GAIJI);
	assert_int_equal(shape_text(a, &own, "\uE001見本", &run), 0);
	assert_int_equal(fonts->fonts[run.glyphs[0].font].use, FONTSET_GAIJI);
	assert_int_equal(fonts->fonts[run.glyphs[1].font].use, FONTSET_MAIN);
	assert_int_equal(shape_text(a, &own, "\uE002", &run), RENDER_E_NO_GLYPH);
	assert_int_equal(shape_text(a, &own, "\uE000\U000E0102", &run), RENDER_E_NO_GLYPH);
	assert_int_equal(shape_text(a, &other, "\uE001", &run), RENDER_E_NO_GLYPH);
}

/* Private use of the additional font is asked for behind the municipality's, IPAmj's never. */
static void
an_additional_font_gives_what_the_main_one_lacks(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct fontset_font *f = &fonts->fonts[1];
	enum fontset_use was = f->use;
	struct fontset_stack stack;
	struct shape_run run;
	struct err err = { 0 };
	uint32_t lacks = 0;
	char text[5] = "";
	(void)state;
	for (uint32_t cp = 0xA1; cp < 0x3300 && lacks == 0; cp++)
		if (sfnt_find_glyph(&fonts->fonts[0].sfnt, cp) == 0 && !shape_is_mark(cp) &&
		    sfnt_find_glyph(&f->sfnt, cp) != 0 && !shape_is_selector(cp))
			lacks = cp;
	text[text_utf8_put(lacks, text)] = '\0';
	f->use = FONTSET_ADDITIONAL;
	assert_int_equal(fontset_stack(fonts, (struct muni_code){ OWN }, &stack, &err), 0);
	assert_int_equal(shape_text(a, &stack, text, &run), 0);
	assert_int_equal(run.glyphs[0].font, 1);
	assert_int_equal(shape_text(a, &stack, "見", &run), 0);
	assert_int_equal(run.glyphs[0].font, 0);
	assert_int_equal(shape_text(a, &stack, "\uE000", &run), 0);
	assert_int_equal(fonts->fonts[run.glyphs[0].font].use, FONTSET_GAIJI);
	f->use = was;
}

static struct render_doc
certificate(struct arena *a, const char *name, struct profile *p)
{
	struct render_doc d = { 0 };
	struct err err = { 0 };
	struct render_input in = sample_input(a, DOC_JUMINHYO, PROFILE_RENKI, 1);
	struct resident *r = arena_memdup(a, in.persons[0], sizeof(*r));
	const struct resident *one = r;
	*p = *in.profile;
	p->muni = (struct muni_code){ OWN };
	r->name = name;
	in.persons = &one;
	in.profile = p;
	assert_int_equal(render_doc(a, fonts, &in, &d, &err), 0);
	return d;
}

static void
a_gaiji_is_printed_and_read_as_its_substitute(void **state)
{
	AUTO(arena) struct arena *a = arena_new(3 * (size_t)RENDER_ARENA_BYTES);
	struct profile p;
	struct err err = { 0 };
	struct pdfread *read = NULL;
	size_t n = 0;
	bool found = false;
	(void)state;
	struct render_doc d = certificate(a, "\uE000\uE010見\uE001本", &p);
	pages_write(a, d.pdf, d.pdf_bytes);
	assert_int_equal(pages_run(a, "qpdf --check d.pdf > out 2>&1"), 0);
	assert_int_equal(pages_run(a, "pdftotext -raw d.pdf out"), 0);
	const char *text = (char *)pages_read(a, "out", &n);
	assert_non_null(strstr(text, "外井見外本"));
	/* kofu-seal reads the character itself, which is what the row has. */
	assert_int_equal(pdfread(a, d.pdf, d.pdf_bytes, &read, &err), 0);
	for (unsigned i = 0; i < read->sides[0].n_runs; i++)
		found = found || text_equal(read->sides[0].runs[i].text, "\uE000\uE010見\uE001本");
	assert_true(found);
	/* The same ink in both back ends. */
	struct bitmap theirs = pages_poppler(a, 1, RENDER_DPI);
	struct bitmap ours = { sample_raster(a, fonts, &d, 0), RENDER_W, RENDER_H, RENDER_ROW_BYTES };
	const int koin[] = { 1771, 2244, RENDER_W, RENDER_H };
	assert_int_equal(bitmap_stray(&ours, &theirs, koin), 0);
	assert_int_equal(bitmap_stray(&theirs, &ours, koin), 0);
}

/* One operator of a page's content, as kofu-seal reads it. */
static int
content(struct arena *a, const char *text)
{
	const struct pdffile f = { .arena = a };
	struct pdfread_font *font = arena_zero(a, sizeof(*font));
	const struct pdfread_resources res = { .font = font };
	struct pdfread_side side = { 0 };
	struct err err = { 0 };
	font->text[1] = "\uE000";
	font->text[2] = font->text[PDFREAD_MAX_GLYPHS] = "見";
	return pdfread_contents(&f, &res, (const uint8_t *)text, strlen(text), &side, &err);
}

static void
kofu_seal_lets_only_a_gaiji_have_a_substitute(void **state)
{
#define TEXT(middle) "BT /F1 10 Tf 10 10 Td " middle " ET\n"
#define SPAN(text, glyphs) "/Span <</ActualText <" text ">>> BDC <" glyphs "> Tj EMC"
	static const struct {
		const char *text;
		int want;
	} t[] = {
		{ TEXT("<0002> Tj"), 0 },
		{ TEXT("<0002> Tj " SPAN("FEFF5916", "0001") " <0002> Tj"), 0 },
		{ TEXT(SPAN("FEFF5916", "0001") " " SPAN("FEFF5916", "0001")), 0 },
		{ TEXT(SPAN("FEFF5916", "0002")), FAULT_BAD_INPUT },     /* no gaiji */
		{ TEXT(SPAN("FEFF5916", "00010001")), FAULT_BAD_INPUT }, /* two */
		{ TEXT(SPAN("FEFFE001", "0001")), FAULT_BAD_INPUT },     /* another gaiji */
		{ TEXT(SPAN("FEFFDB80DC00", "0001")), FAULT_BAD_INPUT }, /* the same, plane 15 */
		{ TEXT(SPAN("FEFF", "0001")), FAULT_BAD_INPUT },
		{ TEXT(SPAN("5916", "0001")), FAULT_BAD_INPUT },
		{ TEXT(SPAN("FEFF000A", "0001")), FAULT_BAD_INPUT },
		{ TEXT(SPAN("FEFF591659165916591659165916591659165916", "0001")), FAULT_BAD_INPUT },
		{ TEXT("/Span <</Alt <FEFF5916>>> BDC <0001> Tj EMC"), FAULT_BAD_INPUT },
		{ TEXT("/Spam <</ActualText <FEFF5916>>> BDC <0001> Tj EMC"), FAULT_BAD_INPUT },
		{ TEXT("/Span <</ActualText <FEFF5916>>> BDC <0001> Tj"), FAULT_BAD_INPUT },
		{ "BT /F1 10 Tf 10 10 Td ET\n", FAULT_BAD_INPUT },
		{ TEXT("<0FFF> Tj"), 0 }, /* PDFREAD_MAX_GLYPHS */
		{ TEXT("<00021000> Tj"), FAULT_BAD_INPUT },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(arena) struct arena *a = arena_new(4 << 20);
		if (content(a, t[i].text) != t[i].want)
			fail_msg("row %zu", i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_that_breaks_its_rules_is_refused),
		cmocka_unit_test(a_list_of_the_limit_is_read_and_one_more_is_refused),
		cmocka_unit_test(a_font_with_one_bad_glyph_is_refused_and_the_glyph_named),
		cmocka_unit_test(a_list_that_does_not_fit_its_font_is_refused),
		cmocka_unit_test(a_damaged_font_is_refused_or_read_without_harm),
		cmocka_unit_test(the_sample_in_the_folder_is_the_one_drawn_here),
		cmocka_unit_test(a_gaiji_font_serves_its_municipality_alone),
		cmocka_unit_test(an_additional_font_gives_what_the_main_one_lacks),
		cmocka_unit_test(a_gaiji_is_printed_and_read_as_its_substitute),
		cmocka_unit_test(kofu_seal_lets_only_a_gaiji_have_a_substitute),
	};
	return cmocka_run_group_tests_name("render-gaiji", tests, setup, teardown);
}
