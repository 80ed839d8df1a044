/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates of drawn people, kinds, forms and lengths, each made twice and
 * judged: the same bytes, PDF/A's rules, kofu-seal's reader, and no complaint from
 * qpdf, pdfinfo, mutool and pdffonts. KOFU_CERTIFICATES says how many (20); the
 * same number gives the same certificates.
 */
#include "tests/unit/unit.h"

#include "base/mem.h"
#include "base/text.h"
#include "pages.h"
#include "pdfa.h"
#include "sample.h"
#include "server/render/fontset.h"
#include "server/render/shape.h"
#include "server/seal/pdfread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_N = 20, NAME_BYTES = 400 };

static struct render_fonts *fonts;
static uint64_t seed = 20261121;

static uint32_t
draw(uint32_t below)
{
	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(seed >> 33) % below;
}

static int
setup(void **state)
{
	struct err err = { 0 };
	(void)state;
	return render_fonts_open(FONT_MANIFEST, &fonts, &err) != 0 || !pages_init();
}

static int
teardown(void **state)
{
	(void)state;
	pages_done();
	render_fonts_free(fonts);
	return 0;
}

/* A character of the main font: mostly common ones, some beyond the BMP, some variations. */
static size_t
put_character(struct arena *a, const struct fontset_stack *stack, bool own, char *out)
{
	for (;;) {
		struct shape_run run;
		uint32_t which = draw(20), cp = 0x4E00 + draw(0x51A0);
		if (which < 3)
			cp = 0x20000 + draw(0xA6D0);
		else if (which < 6)
			cp = 0x30A1 + draw(80);
		if (own && which == 6)
			cp = draw(2) == 0 ? 0xE000 : 0xE010;
		size_t n = text_utf8_put(cp, out);
		if (which == 7)
			n += text_utf8_put(0xE0102 + draw(4), out + n);
		out[n] = '\0';
		if (n > 0 && shape_text(a, stack, out, &run) == 0)
			return n;
	}
}

static const char *
drawn_text(struct arena *a, const struct fontset_stack *stack, bool own, unsigned chars)
{
	char text[NAME_BYTES + 16] = "";
	size_t n = 0;
	for (unsigned i = 0; i < chars && n < NAME_BYTES; i++)
		n += put_character(a, stack, own, text + n);
	return arena_strndup(a, text, n);
}

static struct resident *
drawn_person(struct arena *a, const struct fontset_stack *stack, bool own)
{
	struct resident *r = arena_memdup(a, &sample_persons[draw(SAMPLE_N_PERSONS)], sizeof(*r));
	if (draw(12) == 0)
		*r = sample_long;
	r->name = drawn_text(a, stack, own, 2 + draw(draw(6) == 0 ? 40 : 8));
	r->address = drawn_text(a, stack, own, 10 + draw(50));
	if (draw(3) == 0)
		r->honseki = drawn_text(a, stack, own, 10 + draw(30));
	if (draw(4) == 0)
		r->katagaki = NULL;
	if (draw(6) == 0)
		r->name_latin = "MIHON MARIA JOSEFINA ALEXANDRA DE LA MI";
	return r;
}

static struct render_input
drawn_input(struct arena *a)
{
	static const enum doc_kind kinds[] = { DOC_JUMINHYO, DOC_JUMINHYO, DOC_INKAN, DOC_KISAI };
	enum doc_kind kind = kinds[draw(N_ELEMENTS(kinds))];
	enum profile_form form = draw(2) == 0 ? PROFILE_RENKI : PROFILE_KOJIN;
	unsigned n = kind == DOC_INKAN ? 1 : 1 + draw(draw(5) == 0 ? 10 : 4);
	struct render_input in = sample_input(a, kind, form, n);
	struct profile *p = arena_memdup(a, in.profile, sizeof(*p));
	const struct resident **persons = arena_zero_n(a, n, sizeof(*persons));
	struct fontset_stack stack;
	struct err err = { 0 };
	bool own = draw(2) == 0;
	if (own)
		p->muni = (struct muni_code){ "991023" };
	assert_int_equal(fontset_stack(fonts, p->muni, &stack, &err), 0);
	for (unsigned i = 0; i < n; i++)
		persons[i] = drawn_person(a, &stack, own);
	if (draw(3) == 0)
		p->ground = sample_ground(a);
	in.profile = p;
	in.persons = persons;
	in.whole_household = draw(2) == 0;
	in.options = kind == DOC_INKAN ? 0 : draw(ORDER_OPTIONS_ALL + 1);
	if (kind == DOC_INKAN)
		in.seal = sample_seal(a, (uint16_t)(SEAL_MIN_PX + draw(SEAL_MAX_PX - SEAL_MIN_PX)));
	in.issue_number = arena_printf(a, "20261121-%s-K001-%06u", p->muni.s, draw(1000000));
	return in;
}

/* No word on stderr, status 0. */
static void
no_complaint(struct arena *a, const char *command)
{
	size_t n = 0;
	int r = pages_run(a, arena_printf(a, "%s d.pdf 2>out >/dev/null", command));
	const char *said = (const char *)pages_read(a, "out", &n);
	if (r != 0 || n != 0)
		fail_msg("%s: %d %.200s", command, r, said);
}

/* Every line below the heads: embedded, a subset, with Unicode. */
static void
fonts_are_embedded(struct arena *a)
{
	size_t bytes = 0;
	unsigned n = 0;
	assert_int_equal(pages_run(a, "pdffonts d.pdf >out 2>&1"), 0);
	char *line = (char *)pages_read(a, "out", &bytes);
	for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1, n++) {
		*end = '\0';
		if (n >= 2 &&
		    strstr(line, "CID TrueType      Identity-H       yes yes yes") == NULL)
			fail_msg("pdffonts: %s", line);
	}
	assert_int_equal(n, 3);
}

static void
judge(struct arena *a, const struct render_doc *d)
{
	struct pdfread *read = NULL;
	struct err err = { 0 };
	const char *broken = pdfa_judge(a, d->pdf, d->pdf_bytes);
	if (broken != NULL)
		fail_msg("PDF/A: %s", broken);
	assert_int_equal(pdfread(a, d->pdf, d->pdf_bytes, &read, &err), 0);
	assert_int_equal(read->n_sides, 2 * d->n_pages);
	pages_write(a, d->pdf, d->pdf_bytes);
	assert_int_equal(pages_run(a, "qpdf --check d.pdf >out 2>&1"), 0);
	no_complaint(a, "pdfinfo");
	no_complaint(a, "mutool info");
	fonts_are_embedded(a);
}

static void
every_certificate_is_clean_and_the_same_twice(void **state)
{
	const char *text = getenv("KOFU_CERTIFICATES");
	unsigned long n = text != NULL ? strtoul(text, NULL, 10) : DEFAULT_N;
	unsigned long made = 0, pages = 0, refused = 0, bytes = 0;
	(void)state;
	assert_in_range(n, 1, 1000000);
	for (unsigned long i = 0; made < n; i++) {
		AUTO(arena) struct arena *a = arena_new(6 * (size_t)RENDER_ARENA_BYTES);
		struct render_input in = drawn_input(a);
		struct render_doc d = { 0 }, again = { 0 };
		struct err err = { 0 };
		int r = render_doc(a, fonts, &in, &d, &err);
		/* Some texts are drawn too long for their cell: those are refused by name. */
		if (r == RENDER_E_OVERFLOW && d.failed_item != NULL && refused < n + 20) {
			refused++;
			continue;
		}
		assert_int_equal(r, 0);
		assert_int_equal(render_doc(a, fonts, &in, &again, &err), 0);
		assert_int_equal(d.pdf_bytes, again.pdf_bytes);
		assert_memory_equal(d.pdf, again.pdf, d.pdf_bytes);
		judge(a, &d);
		made++;
		pages += d.n_pages;
		bytes += d.pdf_bytes;
	}
	printf("# %lu certificates of %lu sheets, %lu kB; %lu drawn too long and refused by name\n",
	    made, pages, bytes / 1024, refused);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_certificate_is_clean_and_the_same_twice),
	};
	return cmocka_run_group_tests_name("many", tests, setup, teardown);
}
