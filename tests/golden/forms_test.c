/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The papers: every kind and form, one to four pages, as poppler shows them.
 * Each text cell is compared with what was drawn and said, each page with an
 * approved picture; and faults put into the PDF are seen.
 * forms-test MANIFEST FOLDER [approve]: FOLDER holds the approved pictures, which
 * "approve" writes anew (README.md).
 */
#include "tests/unit/unit.h"

#include "cells.h"
#include "sample.h"
#include "server/render/bilevel.h"
#include "server/render/engine.h"
#include "server/render/pdf_doc.h"

#include <stdio.h>
#include <string.h>

enum { ARENA_BYTES = 512 << 20, HOUSEHOLD_OF_13 = 13 };

static const char *manifest, *approved_folder;
static bool approving;
static struct render_fonts *fonts;

static int
setup(void **state)
{
	struct err err = { 0 };
	(void)state;
	return render_fonts_open(manifest, &fonts, &err) != 0 || !pages_init();
}

static int
teardown(void **state)
{
	(void)state;
	pages_done();
	render_fonts_free(fonts);
	return 0;
}

/* What a case has beyond kind, form and number of persons. */
enum who {
	HOUSEHOLD = 0,
	PART,     /* some of the household: another 認証文 */
	FOREIGN,  /* the sample's foreign resident alone */
	LONGEST,  /* sample_long */
	NAMES,    /* characters that other systems lose */
	THIRTEEN, /* a household of 13 */
	DAIRI,    /* while a 職務代理者 holds the office */
	KAZEI,
};
static const struct golden {
	const char *name;
	enum doc_kind kind;
	enum profile_form form;
	unsigned n, options;
	enum who who;
	unsigned pages;
} cases[] = {
	{ "juminhyo-renki-1", DOC_JUMINHYO, PROFILE_RENKI, 1, 0, HOUSEHOLD, 1 },
	{ "juminhyo-renki-6", DOC_JUMINHYO, PROFILE_RENKI, 6, ORDER_OPTIONS_ALL, HOUSEHOLD, 2 },
	{ "juminhyo-renki-9", DOC_JUMINHYO, PROFILE_RENKI, 9, ORDER_HONSEKI, PART, 3 },
	{ "juminhyo-renki-foreign", DOC_JUMINHYO, PROFILE_RENKI, 1, ORDER_KOKUSEKI, FOREIGN, 1 },
	{ "juminhyo-renki-13", DOC_JUMINHYO, PROFILE_RENKI, 13, ORDER_OPTIONS_ALL, THIRTEEN, 4 },
	{ "juminhyo-renki-names", DOC_JUMINHYO, PROFILE_RENKI, 4, 0, NAMES, 1 },
	{ "juminhyo-renki-longest", DOC_JUMINHYO, PROFILE_RENKI, 1, ORDER_OPTIONS_ALL, LONGEST, 1 },
	{ "juminhyo-kojin-1", DOC_JUMINHYO, PROFILE_KOJIN, 1, ORDER_OPTIONS_ALL, HOUSEHOLD, 1 },
	{ "juminhyo-kojin-3", DOC_JUMINHYO, PROFILE_KOJIN, 3, ORDER_SETAINUSHI, PART, 3 },
	{ "juminhyo-kojin-foreign", DOC_JUMINHYO, PROFILE_KOJIN, 1, ORDER_OPTIONS_ALL, FOREIGN, 1 },
	{ "juminhyo-kojin-longest", DOC_JUMINHYO, PROFILE_KOJIN, 1, ORDER_OPTIONS_ALL, LONGEST, 1 },
	{ "kisai-renki-4", DOC_KISAI, PROFILE_RENKI, 4, ORDER_SETAINUSHI | ORDER_HONSEKI, HOUSEHOLD,
	    1 },
	{ "kisai-renki-5", DOC_KISAI, PROFILE_RENKI, 5, 0, PART, 2 },
	{ "kisai-kojin-2", DOC_KISAI, PROFILE_KOJIN, 2, ORDER_HONSEKI, PART, 2 },
	{ "inkan", DOC_INKAN, PROFILE_RENKI, 1, 0, HOUSEHOLD, 1 },
	{ "inkan-dairi", DOC_INKAN, PROFILE_RENKI, 1, 0, DAIRI, 1 },
	{ "inkan-foreign", DOC_INKAN, PROFILE_RENKI, 1, 0, FOREIGN, 1 },
	{ "inkan-longest", DOC_INKAN, PROFILE_RENKI, 1, 0, LONGEST, 1 },
	{ "kazei", (enum doc_kind)0, PROFILE_KOJIN, 1, 0, KAZEI, 1 },
};

/* Thirteen who are not the same, in the register's order. */
static void
thirteen(struct arena *a, const struct resident **list)
{
	static const char *const names[] = { "一郎", "二葉", "三郎", "四季", "五月", "六郎", "七海",
		"八重", "九重", "十和子", "百恵", "千歳", "万里" };
	_Static_assert(N_ELEMENTS(names) == HOUSEHOLD_OF_13, "a name each");
	for (unsigned i = 0; i < HOUSEHOLD_OF_13; i++) {
		struct resident *r =
		    arena_memdup(a, &sample_persons[i % (SAMPLE_N_PERSONS - 1)], sizeof(*r));
		r->narabi = i + 1;
		r->name = arena_printf(a, "見本　%s", names[i]);
		list[i] = r;
	}
}

/* 𠮷, 𩸽, 葛 with a selector, 渡 and 𮞽; 40 Latin letters and a 通称 stand in
 * sample_long.
 */
static void
hard_names(struct arena *a, const struct resident **list)
{
	static const char *const names[] = { "\U00020BB7田　\U00029E3D助",
		"\u845B\U000E0102飾　花子", "\u6E21\U0002E7BD　見本",
		"\u845B\U000E0102\U00020BB7　\U00029E3D\U0002E7BD" };
	for (unsigned i = 0; i < N_ELEMENTS(names); i++) {
		struct resident *r = arena_memdup(a, &sample_persons[i], sizeof(*r));
		r->name = names[i];
		r->kyu_uji = names[N_ELEMENTS(names) - 1 - i];
		list[i] = r;
	}
}

static struct render_input
case_input(struct arena *a, const struct golden *g)
{
	if (g->who == KAZEI)
		return sample_kazei(a);
	struct render_input in = sample_input(a, g->kind, g->form, g->n);
	const struct resident **list = arena_zero_n(a, ORDER_MAX_PERSONS, sizeof(*list));
	struct profile *p = arena_memdup(a, in.profile, sizeof(*p));
	memcpy(list, in.persons, g->n * sizeof(*list));
	in.options = g->options;
	in.whole_household = g->who != PART;
	if (g->who == FOREIGN)
		list[0] = &sample_persons[SAMPLE_N_PERSONS - 1];
	if (g->who == LONGEST)
		list[0] = &sample_long;
	if (g->who == THIRTEEN)
		thirteen(a, list);
	if (g->who == NAMES)
		hard_names(a, list);
	if (g->who == DAIRI) {
		p->dairi = "見本　二郎";
		p->dairi_from = in.issued_on;
		p->dairi_to = in.issued_on;
	}
	in.persons = list;
	in.profile = p;
	return in;
}

static struct render_doc
rendered(struct arena *a, const struct render_input *in)
{
	struct render_doc d = { 0 };
	struct err err = { 0 };
	int r = render_doc(a, fonts, in, &d, &err);
	if (r)
		fail_msg("outcome %d item %s", r, d.failed_item ? d.failed_item : "-");
	return d;
}

static void
every_text_cell_is_there_as_drawn_and_as_said(void **state)
{
	unsigned cells = 0, pages = 0;
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
		struct render_input in = case_input(a, &cases[i]);
		struct render_doc d = rendered(a, &in);
		assert_int_equal(d.n_pages, cases[i].pages);
		pages_write(a, d.pdf, d.pdf_bytes);
		for (unsigned page = 0; page < d.n_pages; page++) {
			struct cells_verdict v =
			    cells_compare(a, &d, page, sample_raster(a, fonts, &d, page));
			if (v.first != NULL)
				fail_msg("%s page %u: %u texts and %u inks differ, first %s",
				    cases[i].name, page + 1, v.bad_text, v.bad_ink, v.first);
			cells += v.n;
			pages++;
		}
	}
	print_message("# %u cells on %u pages: text exact, ink within a pixel\n", cells, pages);
	assert_true(cells > 600);
}

static void
every_page_is_as_approved(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
		struct render_input in = case_input(a, &cases[i]);
		struct render_doc d = rendered(a, &in);
		pages_write(a, d.pdf, d.pdf_bytes);
		for (unsigned page = 1; page <= d.n_pages; page++) {
			struct bitmap now = pages_poppler(a, 2 * page - 1, APPROVED_DPI);
			if (approving)
				approved_write(a, approved_folder, cases[i].name, page, &now);
			struct bitmap was = approved_read(a, approved_folder, cases[i].name, page);
			if (was.p == NULL)
				fail_msg("no approved picture of %s, page %u", cases[i].name, page);
			unsigned n = approved_differs(&now, &was);
			if (n != 0)
				fail_msg("%s page %u: %u pixels are not as approved", cases[i].name,
				    page, n);
		}
	}
}

/* ---- faults put into the PDF ---- */

/* A paper, its display lists and the field of a name to spoil. */
struct spoiled {
	struct arena *a;
	struct render_input in;
	struct engine_doc *e;
	struct render_doc d;     /* what should be there */
	struct dlist_item *name; /* of the first person, on the first page */
};

static bool
in_field(const struct dlist_item *t, const struct render_field *f)
{
	long x = (long)t->x * 254 / 7200, y = (long)t->y * 254 / 7200;
	return t->what == DLIST_TEXT && x >= f->x && x <= f->x + f->w && y >= f->y &&
	    y <= f->y + f->h;
}

static struct spoiled *
spoil_begin(struct arena *a)
{
	struct spoiled *s = arena_zero(a, sizeof(*s));
	struct fontset_stack stack;
	struct err err = { 0 };
	s->a = a;
	s->in = case_input(a, &cases[5]);
	s->d = rendered(a, &s->in);
	s->e = arena_zero(a, sizeof(*s->e));
	assert_int_equal(fontset_stack(fonts, s->in.profile->muni, &stack, &err), 0);
	assert_int_equal(
	    engine_run(a, &stack, form_find(s->in.kind, s->in.profile), &s->in, s->e, &err), 0);
	for (unsigned k = 0; k < s->d.n_fields; k++)
		for (unsigned i = 0; i < s->e->fronts[0].n; i++) {
			struct dlist_item *t = &s->e->fronts[0].items[i];
			if (in_field(t, &s->d.fields[k]) && !strcmp(s->d.fields[k].key, "p1.name"))
				s->name = t;
		}
	assert_non_null(s->name);
	assert_true(s->name->run.n >= 4);
	return s;
}

/* A run of its own that may be changed. */
static struct shape_glyph *
own_run(struct spoiled *s)
{
	struct shape_glyph *g =
	    arena_memdup(s->a, s->name->run.glyphs, s->name->run.n * sizeof(*g));
	s->name->run.glyphs = g;
	return g;
}

/* The changed lists as d.pdf. */
static void
spoil_write(struct spoiled *s)
{
	struct pdf_doc pdf = { 0 };
	struct err err = { 0 };
	const struct pdf_doc_input in = { .title = engine_title(&s->in),
		.n_pages = s->e->n_pages,
		.fronts = s->e->fronts,
		.backs = s->e->backs };
	assert_int_equal(pdf_doc_write(s->a, fonts, &in, &pdf, &err), 0);
	pages_write(s->a, pdf.pdf, pdf.bytes);
}

/* Both comparisons of the spoiled PDF: the name alone is found, and the page is not the approved.
 */
static void
spoil_is_seen(struct spoiled *s, unsigned bad_text)
{
	struct cells_verdict v =
	    cells_compare(s->a, &s->d, 0, sample_raster(s->a, fonts, &s->d, 0));
	assert_non_null(v.first);
	assert_string_equal(v.first, "p1.name");
	assert_int_equal(v.bad_text, bad_text);
	assert_int_equal(v.bad_ink, 1);
	struct bitmap now = pages_poppler(s->a, 1, APPROVED_DPI);
	struct bitmap was = approved_read(s->a, approved_folder, cases[5].name, 1);
	assert_non_null(was.p);
	assert_true(approved_differs(&now, &was) > 0);
}

static void
the_comparison_itself_finds_nothing_in_a_sound_pdf(void **state)
{
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	struct spoiled *s = spoil_begin(a);
	(void)state;
	spoil_write(s);
	struct cells_verdict v = cells_compare(a, &s->d, 0, sample_raster(a, fonts, &s->d, 0));
	assert_null(v.first);
	assert_true(v.n > 40);
}

static void
glyphs_in_the_wrong_order_are_seen(void **state)
{
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	struct spoiled *s = spoil_begin(a);
	struct shape_glyph *g = own_run(s);
	const struct shape_glyph first = g[0];
	(void)state;
	g[0] = g[1];
	g[1] = first;
	spoil_write(s);
	spoil_is_seen(s, 1);
}

static void
glyphs_in_the_wrong_order_under_the_right_text_are_seen(void **state)
{
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	struct spoiled *s = spoil_begin(a);
	struct shape_glyph *g = own_run(s);
	const uint32_t first = g[0].gid;
	(void)state;
	g[0].gid = g[1].gid;
	g[1].gid = first;
	spoil_write(s);
	spoil_is_seen(s, 0); /* a copy of the text would not tell */
}

static void
a_blank_glyph_under_the_right_text_is_seen(void **state)
{
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	struct spoiled *s = spoil_begin(a);
	struct shape_glyph *g = own_run(s);
	struct fontset_stack stack;
	struct shape_run space;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(fontset_stack(fonts, s->in.profile->muni, &stack, &err), 0);
	assert_int_equal(shape_text(a, &stack, "\u3000", &space), 0);
	g[1].gid = space.glyphs[0].gid;
	g[1].font = space.glyphs[0].font;
	spoil_write(s);
	spoil_is_seen(s, 0);
}

static void
a_text_cut_short_is_seen(void **state)
{
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	struct spoiled *s = spoil_begin(a);
	(void)state;
	s->name->run.n -= 1;
	spoil_write(s);
	spoil_is_seen(s, 1);
}

/* A clip in the page's content takes half of the last glyph; the text stays as it is. */
static void
a_clipped_text_is_seen(void **state)
{
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	struct spoiled *s = spoil_begin(a);
	const struct dlist_item *t = s->name;
	size_t n = 0;
	(void)state;
	spoil_write(s);
	assert_int_equal(pages_run(a, "qpdf --qdf --object-streams=disable d.pdf out"), 0);
	const uint8_t *p = pages_read(a, "out", &n);
	const uint8_t *at = memmem(p, n, "\nstream\n", 8);
	while (
	    at != NULL && memmem(at, 200, " Tf ", 4) == NULL && memmem(at, 200, " re", 3) == NULL)
		at = memmem(at + 8, n - (size_t)(at + 8 - p), "\nstream\n", 8);
	assert_non_null(at);
	/* Everything but a strip from the middle of the last glyph on: even-odd. */
	double em = t->px * DLIST_PX / 100.0;
	double x = t->x / 100.0 + (t->run.n - 0.5) * em;
	double y = (DLIST_PAGE_H - t->y) / 100.0 - 0.12 * em; /* its em box */
	const char *clip =
	    arena_printf(a, "0 0 596 842 re %.2f %.2f %.2f %.2f re W* n\n", x, y, em, em);
	struct buf b;
	buf_init(&b, 64 << 20);
	buf_put(&b, p, (size_t)(at + 8 - p));
	buf_text(&b, clip);
	buf_put(&b, at + 8, n - (size_t)(at + 8 - p));
	pages_write(a, b.p, b.bytes);
	buf_done(&b);
	assert_int_equal(pages_run(a, "fix-qdf d.pdf > out && cp out d.pdf"), 0);
	spoil_is_seen(s, 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_page_is_as_approved),
		cmocka_unit_test(every_text_cell_is_there_as_drawn_and_as_said),
		cmocka_unit_test(the_comparison_itself_finds_nothing_in_a_sound_pdf),
		cmocka_unit_test(glyphs_in_the_wrong_order_are_seen),
		cmocka_unit_test(glyphs_in_the_wrong_order_under_the_right_text_are_seen),
		cmocka_unit_test(a_blank_glyph_under_the_right_text_is_seen),
		cmocka_unit_test(a_text_cut_short_is_seen),
		cmocka_unit_test(a_clipped_text_is_seen),
	};
	if (argc < 3) {
		fprintf(stderr, "usage: forms-test MANIFEST FOLDER [approve]\n");
		return 2;
	}
	manifest = argv[1];
	approved_folder = argv[2];
	approving = argc > 3 && strcmp(argv[3], "approve") == 0;
	return cmocka_run_group_tests(tests, setup, teardown);
}
