/* SPDX-License-Identifier: Apache-2.0 */
/* What kofu-seal sees when raster, PDF, fonts and QR code of a paper do not agree. */
#include "unit.h"

#include "base/bytes.h"
#include "base/log.h"
#include "pki/hash.h"
#include "server/issue/render_wire.h"
#include "server/render/dlist.h"
#include "server/seal/pdfobj.h"
#include "server/seal/redraw.h"
#include "tests/golden/sample.h"

#include <string.h>

struct paper {
	struct arena *a;
	struct demand d;
	struct profile profile;
	struct seal_copy copy;
	struct render_doc doc;
	struct pdfread *pdf;
};

static struct render_fonts *fonts;

static int
up(void **state)
{
	struct err err = { 0 };
	(void)state;
	return render_fonts_open(FONT_MANIFEST, &fonts, &err);
}

static int
down(void **state)
{
	(void)state;
	render_fonts_free(fonts);
	return 0;
}

static struct paper *
paper_new(enum doc_kind kind, enum profile_form form, unsigned n, const struct resident *one)
{
	struct arena *a = arena_new((size_t)512 << 20);
	struct paper *p = arena_zero(a, sizeof(*p));
	struct err err = { 0 };
	struct render_input in = sample_input(a, kind, form, n);
	if (one != NULL)
		in.persons = arena_memdup(a, &one, sizeof(one));
	p->a = a;
	p->profile = *in.profile;
	p->d.profile = &p->profile;
	p->d.fonts = fonts;
	p->d.order.kind = kind;
	memcpy(p->copy.number, in.issue_number, strlen(in.issue_number));
	memcpy(p->copy.front_code, in.front_code, strlen(in.front_code));
	assert_int_equal(render_doc(a, fonts, &in, &p->doc, &err), 0);
	for (unsigned i = 0; i < p->doc.n_pages; i++) /* to be altered */
		p->doc.pages[i].raster =
		    arena_memdup(a, p->doc.pages[i].raster, RENDER_RASTER_BYTES);
	assert_int_equal(pdfread(a, p->doc.pdf, p->doc.pdf_bytes, &p->pdf, &err), 0);
	return p;
}

/* The renderer told the digest of what it had drawn; the raster is the check's own. */
static int
check(struct paper *p)
{
	struct err err = { 0 };
	for (unsigned i = 0; i < p->doc.n_pages; i++)
		render_front_digest(p->doc.pages[i].raster, p->doc.pages[i].front);
	return redraw_check(p->a, &p->d, &p->copy, p->pdf, &p->doc, &err);
}

static void
papers_of_every_kind_and_form_agree_with_themselves(void **state)
{
	static const struct {
		enum doc_kind kind;
		enum profile_form form;
		unsigned n;
		const struct resident *one;
	} t[] = {
		{ DOC_JUMINHYO, PROFILE_RENKI, 1, NULL },
		{ DOC_JUMINHYO, PROFILE_RENKI, SAMPLE_N_PERSONS, NULL },
		{ DOC_JUMINHYO, PROFILE_RENKI, 1, &sample_long },
		{ DOC_JUMINHYO, PROFILE_KOJIN, SAMPLE_N_PERSONS, NULL },
		{ DOC_JUMINHYO, PROFILE_KOJIN, 1, &sample_long },
		{ DOC_KISAI, PROFILE_RENKI, 2, NULL },
		{ DOC_KISAI, PROFILE_KOJIN, 1, NULL },
		{ DOC_INKAN, PROFILE_RENKI, 1, NULL },
		{ DOC_INKAN, PROFILE_RENKI, 1, &sample_long },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct paper *p = paper_new(t[i].kind, t[i].form, t[i].n, t[i].one);
		int r = check(p);
		arena_free(p->a);
		if (r)
			fail_msg("row %zu gave %d", i, r);
	}
}

static uint8_t *
raster_of(struct paper *p)
{
	return (uint8_t *)(uintptr_t)p->doc.pages[0].raster; /* a copy, see paper_new() */
}

static struct pdfread_side *
front_of(struct paper *p)
{
	return &p->pdf->sides[0];
}

/* The run that begins with this text. */
static struct pdfread_run *
run_of(struct paper *p, const char *text)
{
	for (unsigned i = 0; i < front_of(p)->n_runs; i++)
		if (strncmp(front_of(p)->runs[i].text, text, strlen(text)) == 0)
			return &front_of(p)->runs[i];
	fail();
	return NULL;
}

static const struct render_field *
field_of(const struct paper *p, const char *key)
{
	for (unsigned i = 0; i < p->doc.n_fields; i++)
		if (strcmp(p->doc.fields[i].key, key) == 0)
			return &p->doc.fields[i];
	fail();
	return NULL;
}

/* Black both on paper and raster: the two agree, but it does not belong there. */
static void
black(struct paper *p, int x, int y, int w, int h)
{
	struct pdfread_side *s = front_of(p);
	struct pdfread_place *more = arena_zero_n(p->a, s->n_rects + 1U, sizeof(*more));
	memcpy(more, s->rects, s->n_rects * sizeof(*more));
	more[s->n_rects++] = (struct pdfread_place){ x * DLIST_PX,
		DLIST_PAGE_H - (y + h) * DLIST_PX, w * DLIST_PX, h * DLIST_PX };
	s->rects = more;
	for (int v = y; v < y + h; v++)
		for (int u = x; u < x + w; u++)
			raster_of(p)[v * RENDER_ROW_BYTES + u / 8] |= (uint8_t)(0x80 >> u % 8);
}

static int
px(unsigned tenth_mm)
{
	return (int)(tenth_mm * 300 / 254);
}

static void
nothing(struct paper *p)
{
	(void)p;
}
static void
raster_pixel(struct paper *p)
{
	raster_of(p)[700 * RENDER_ROW_BYTES + 100] ^= 0x10;
}
static void
raster_character(struct paper *p) /* the first character of the name painted over by its second */
{
	const struct render_field *f = field_of(p, "p1.name");
	for (int y = px(f->y); y < px(f->y + f->h); y++) {
		uint8_t *row = raster_of(p) + (size_t)y * RENDER_ROW_BYTES + px(f->x) / 8 + 2;
		memcpy(row, row + 8, 7);
	}
}
static void
pdf_glyph(struct paper *p) /* the PDF has one character twice, the raster not */
{
	uint16_t *g = (uint16_t *)(uintptr_t)run_of(p, "見本")->glyphs;
	g[0] = g[1];
}
static void
pdf_pen(struct paper *p)
{
	run_of(p, "見本")->pen.x += DLIST_PX;
}
static void
pdf_size(struct paper *p)
{
	run_of(p, "見本")->pen.h += DLIST_PX;
}
static void
pdf_finer_pen(struct paper *p) /* half a pixel: the same raster, but another picture in a reader */
{
	run_of(p, "見本")->pen.h += DLIST_PX / 2;
}
static void
pdf_stamp(struct paper *p)
{
	front_of(p)->stencils[0].place.x += DLIST_PX;
}
static void
pdf_no_rule(struct paper *p)
{
	front_of(p)->n_rects--;
}
static struct pdfread_font *
font_of(struct paper *p)
{
	p->pdf->font = arena_memdup(p->a, p->pdf->font, sizeof(*p->pdf->font));
	return (struct pdfread_font *)(uintptr_t)p->pdf->font;
}
static void
font_byte(struct paper *p)
{
	struct pdfread_font *f = font_of(p);
	uint8_t *file = arena_memdup(p->a, f->file, f->file_bytes);
	file[f->file_bytes / 2] ^= 1;
	f->file = file;
}
static void
font_texts(struct paper *p) /* two outlines change places: the text says otherwise than the eye */
{
	struct pdfread_font *f = font_of(p);
	const char *first = f->text[1];
	f->text[1] = f->text[2];
	f->text[2] = first;
}
static void
font_more(struct paper *p)
{
	font_of(p)->text[4000] = "字";
}
static void
font_width(struct paper *p)
{
	struct pdfobj *w = (struct pdfobj *)(uintptr_t)p->pdf->font->widths;
	assert_true(w->n_items >= 2);
	w->items[1].items[0].n += PDFOBJ_SCALE;
}
static void
qr_of_another(struct paper *p)
{
	p->copy.front_code[3] = p->copy.front_code[3] == 'A' ? 'B' : 'A';
}
static void
qr_of_another_number(struct paper *p)
{
	p->copy.number[strlen(p->copy.number) - 1] ^= 1;
}
static void
qr_of_another_site(struct paper *p)
{
	p->profile.inquiry_url = "https://inquiry.evil.example/q";
}
static void
qr_painted_over(struct paper *p)
{
	const struct pdfread_place *first = NULL;
	for (unsigned i = 0; first == NULL; i++)
		if (front_of(p)->rects[i].w == 7 * front_of(p)->rects[i].h)
			first = &front_of(p)->rects[i];
	black(p, first->x / DLIST_PX + 90, (DLIST_PAGE_H - first->y) / DLIST_PX + 60, 40, 4);
}
static void
rule_through_a_name(struct paper *p)
{
	const struct render_field *f = field_of(p, "p1.name");
	black(p, px(f->x) + 20, px(f->y) + px(f->h) / 2, 200, 2);
}
static void
black_on_a_margin(struct paper *p)
{
	black(p, 40, 40, 60, 60);
}
static void
label_over_a_field(struct paper *p)
{
	const struct render_field *f = field_of(p, "p1.name");
	struct pdfread_run *label = run_of(p, "発行番号");
	/* It begins left of the field; the raster would have it too. */
	label->pen.x = (px(f->x) - 30) * DLIST_PX + DLIST_PX / 2;
	label->pen.y = DLIST_PAGE_H - px(f->y + f->h / 2u) * DLIST_PX - DLIST_PX / 2;
}

static void
a_paper_whose_parts_disagree_is_refused(void **state)
{
	static const struct {
		const char *name;
		void (*change)(struct paper *p);
		int want;
	} t[] = {
#define ROW(f, want) { #f, f, want }
		ROW(nothing, 0),
		ROW(raster_pixel, SEAL_E_PAPER),
		ROW(raster_character, SEAL_E_PAPER),
		ROW(pdf_glyph, SEAL_E_PAPER),
		ROW(pdf_pen, SEAL_E_PAPER),
		ROW(pdf_size, SEAL_E_PAPER),
		ROW(pdf_finer_pen, SEAL_E_PAPER),
		ROW(pdf_stamp, SEAL_E_PAPER),
		ROW(pdf_no_rule, SEAL_E_PAPER),
		ROW(font_byte, SEAL_E_PAPER),
		ROW(font_texts, SEAL_E_PAPER),
		ROW(font_more, SEAL_E_PAPER),
		ROW(font_width, SEAL_E_PAPER),
		ROW(qr_of_another, SEAL_E_PAPER),
		ROW(qr_of_another_number, SEAL_E_PAPER),
		ROW(qr_of_another_site, SEAL_E_PAPER),
		ROW(qr_painted_over, SEAL_E_PAPER),
		ROW(rule_through_a_name, SEAL_E_PAPER),
		ROW(black_on_a_margin, SEAL_E_PAPER),
		ROW(label_over_a_field, SEAL_E_PAPER),
#undef ROW
	};
	(void)state;
	log_fd = -1;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct paper *p = paper_new(DOC_JUMINHYO, PROFILE_RENKI, 2, NULL);
		t[i].change(p);
		int r = check(p);
		arena_free(p->a);
		if (r != t[i].want)
			fail_msg("%s gave %d", t[i].name, r);
	}
}

/* As the header says it, without haste. */
static void
digest_plainly(const uint8_t *raster, uint8_t ret[SHA256_BYTES])
{
	struct buf b;
	buf_init(&b, (size_t)4 << 20);
	buf_text(&b, "KOFU-RASTER-1");
	for (unsigned y = 0; y < RENDER_H; y++) {
		const uint8_t *row = raster + (size_t)y * RENDER_ROW_BYTES;
		uint64_t inked = 0;
		for (unsigned i = 0; i < RENDER_ROW_BYTES; i++)
			inked |= row[i] != 0 ? UINT64_C(1) << i / 8 : 0;
		if (inked == 0)
			continue;
		buf_u64(&b, y);
		buf_u64(&b, inked);
		for (unsigned i = 0; i < (RENDER_ROW_BYTES + 7) / 8 * 8; i++)
			if ((inked >> i / 8 & 1) != 0)
				buf_u8(&b, i < RENDER_ROW_BYTES ? row[i] : 0);
	}
	assert_true(buf_ok(&b));
	sha256(b.p, b.bytes, ret);
	buf_done(&b);
}

static void
a_raster_has_the_digest_that_the_protocol_names(void **state)
{
	static const size_t at[] = { 0, 7, 8, 303, 304, 309, 310, 310 * 5 + 8, 310 * 3507 + 309 };
	AUTO(arena) struct arena *a = arena_new(8 << 20);
	uint8_t *raster = arena_zero(a, RENDER_RASTER_BYTES);
	uint8_t is[N_ELEMENTS(at) + 1][RENDER_FRONT_BYTES], want[SHA256_BYTES];
	(void)state;
	for (size_t i = 0; i <= N_ELEMENTS(at); i++) {
		if (i > 0)
			raster[at[i - 1]] = 0x20; /* stays: one more each time */
		if (i > 4)
			raster[at[i - 2]] = 0; /* and some go on: the same byte elsewhere */
		render_front_digest(raster, is[i]);
		digest_plainly(raster, want);
		assert_memory_equal(is[i], want, sizeof(want));
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(is[i], is[k], sizeof(is[i]));
	}
}

/* Every pixel of a page counts: one of each byte's is changed, here and there. */
static void
no_pixel_of_the_raster_is_free(void **state)
{
	struct paper *p = paper_new(DOC_INKAN, PROFILE_RENKI, 1, NULL);
	(void)state;
	log_fd = -1;
	for (size_t i = 0; i < RENDER_RASTER_BYTES; i += RENDER_RASTER_BYTES / 37) {
		raster_of(p)[i] ^= (uint8_t)(1u << i % 8);
		assert_int_equal(check(p), SEAL_E_PAPER);
		raster_of(p)[i] ^= (uint8_t)(1u << i % 8);
	}
	assert_int_equal(check(p), 0);
	arena_free(p->a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(papers_of_every_kind_and_form_agree_with_themselves),
		cmocka_unit_test(a_paper_whose_parts_disagree_is_refused),
		cmocka_unit_test(a_raster_has_the_digest_that_the_protocol_names),
		cmocka_unit_test(no_pixel_of_the_raster_is_free),
	};
	return cmocka_run_group_tests_name("seal-redraw", tests, up, down);
}
