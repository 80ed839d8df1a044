/* SPDX-License-Identifier: Apache-2.0 */
/* What kofu-seal sees when what was drawn, PDF, fonts and QR code of a paper do not agree. */
#include "unit.h"

#include "base/log.h"
#include "pki/hash.h"
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
	struct dlist
	    told[RENDER_MAX_PAGES]; /* what the renderer says that it drew; to be altered */
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
	for (unsigned i = 0; i < p->doc.n_pages; i++) {
		struct dlist *l = &p->told[i];
		*l = *p->doc.pages[i].drawn;
		l->items = arena_zero_n(a, l->n + 1U, sizeof(*l->items)); /* and one more */
		memcpy(l->items, p->doc.pages[i].drawn->items, l->n * sizeof(*l->items));
	}
	assert_int_equal(pdfread(a, p->doc.pdf, p->doc.pdf_bytes, &p->pdf, &err), 0);
	return p;
}

/* The renderer tells the digest of what it drew. */
static int
check(struct paper *p)
{
	struct err err = { 0 };
	for (unsigned i = 0; i < p->doc.n_pages; i++)
		assert_true(render_front_digest(&p->told[i], p->doc.pages[i].front));
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

/* Black both on paper and in the list: the two agree, but it does not belong there. */
static void
black(struct paper *p, int x, int y, int w, int h)
{
	struct pdfread_side *s = front_of(p);
	struct pdfread_place *more = arena_zero_n(p->a, s->n_rects + 1U, sizeof(*more));
	memcpy(more, s->rects, s->n_rects * sizeof(*more));
	more[s->n_rects++] = (struct pdfread_place){ x * DLIST_PX,
		DLIST_PAGE_H - (y + h) * DLIST_PX, w * DLIST_PX, h * DLIST_PX };
	s->rects = more;
	p->told[0].items[p->told[0].n++] = (struct dlist_item){ .what = DLIST_RECT,
		.x = x * DLIST_PX,
		.y = y * DLIST_PX,
		.w = w * DLIST_PX,
		.h = h * DLIST_PX };
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
pdf_glyph(struct paper *p) /* the PDF has one character twice, the list not */
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
pdf_finer_pen(struct paper *p) /* half a pixel: the same pixels, but another picture in a reader */
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
	/* It begins left of the field; the renderer says so too. */
	struct dlist_item *told = NULL;
	for (unsigned i = 0; told == NULL; i++)
		if (p->told[0].items[i].x == label->pen.x &&
		    p->told[0].items[i].y == DLIST_PAGE_H - label->pen.y)
			told = &p->told[0].items[i];
	label->pen.x = (px(f->x) - 30) * DLIST_PX + DLIST_PX / 2;
	label->pen.y = DLIST_PAGE_H - px(f->y + f->h / 2u) * DLIST_PX - DLIST_PX / 2;
	told->x = label->pen.x;
	told->y = DLIST_PAGE_H - label->pen.y;
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

/* Two texts, a rule and a stamp in another order than they are hashed in. */
static void
a_front_has_the_digest_that_the_header_names(void **state)
{
	static const uint8_t bits[2] = { 0xA0, 0x40 };
	static const struct shape_glyph one[] = { { .n_cps = 1, .cps = { 0x898B } },
		{ .n_cps = 2, .cps = { 0x8FBB, 0xE0100 } } };
	static const uint8_t want[] = "KOFU-DRAWN-1"
				      "\1\0\0\0\7\0\0\0\10\0\0\0\54\0\0\0\2"
				      "\1\0\0\x89\x8B\2\0\0\x8F\xBB\0\x0E\1\0"
				      "\1\xff\xff\xff\xff\0\0\0\1\0\0\0\36\0\0\0\1\1\0\0\x89\x8B"
				      "\2\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4"
				      "\3\0\0\0\5\0\0\0\6\0\0\0\44\0\0\0\30\0\3\0\2\xA0\x40";
	struct dlist_item items[] = {
		{ .what = DLIST_STENCIL,
		    .x = 5,
		    .y = 6,
		    .w = 36,
		    .h = 24,
		    .w_px = 3,
		    .h_px = 2,
		    .bits = bits },
		{ .what = DLIST_TEXT, .x = 7, .y = 8, .px = 44, .run = { one, 2, 2000 } },
		{ .what = DLIST_RECT, .x = 1, .y = 2, .w = 3, .h = 4 },
		{ .what = DLIST_TEXT, .x = -1, .y = 1, .px = 30, .run = { one, 1, 1000 } },
	};
	const struct dlist l = { .items = items, .n = N_ELEMENTS(items) };
	uint8_t is[RENDER_FRONT_BYTES], hash[SHA256_BYTES];
	(void)state;
	assert_true(render_front_digest(&l, is));
	sha256(want, sizeof(want) - 1, hash);
	assert_memory_equal(is, hash, sizeof(hash));
}

static void
refused(struct paper *p, const char *what, unsigned item)
{
	if (check(p) != SEAL_E_PAPER)
		fail_msg("%s of item %u is free", what, item);
}

/* Each number of the item by one, and its first character or dot. */
static void
alter(struct paper *p, unsigned n)
{
	struct dlist_item *i = &p->told[0].items[n], was = *i;
	struct shape_glyph *g = NULL;
	i->x++;
	refused(p, "x", n);
	*i = was;
	i->y--;
	refused(p, "y", n);
	*i = was;
	if (i->what == DLIST_TEXT) {
		i->px++;
		refused(p, "size", n);
		*i = was;
		i->run.n--;
		refused(p, "length", n);
		*i = was;
		g = arena_memdup(p->a, was.run.glyphs, was.run.n * sizeof(*g));
		g[was.run.n - 1].cps[0] ^= 1;
		i->run.glyphs = g;
		refused(p, "character", n);
	} else {
		i->w += DLIST_PX;
		refused(p, "width", n);
		*i = was;
		i->h -= DLIST_PX;
		refused(p, "height", n);
		*i = was;
	}
	if (i->what == DLIST_STENCIL) {
		uint8_t *bits = arena_memdup(p->a, was.bits, (was.w_px + 7) / 8U * was.h_px);
		bits[was.h_px / 2U * ((was.w_px + 7) / 8U)] ^= 0x10;
		i->bits = bits;
		refused(p, "dot", n);
	}
	*i = was;
}

static void
nothing_that_was_drawn_is_free(void **state)
{
	struct paper *p = paper_new(DOC_INKAN, PROFILE_RENKI, 1, NULL);
	struct dlist *l = &p->told[0];
	(void)state;
	log_fd = -1;
	for (unsigned i = 0; i < l->n; i += l->items[i].what == DLIST_RECT ? 17 : 1)
		alter(p, i);
	l->n--;
	refused(p, "the last", l->n);
	l->n++;
	l->items[l->n] = l->items[l->n - 1];
	l->n++;
	refused(p, "one more", l->n);
	l->n--;
	assert_int_equal(check(p), 0);
	arena_free(p->a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(papers_of_every_kind_and_form_agree_with_themselves),
		cmocka_unit_test(a_paper_whose_parts_disagree_is_refused),
		cmocka_unit_test(a_front_has_the_digest_that_the_header_names),
		cmocka_unit_test(nothing_that_was_drawn_is_free),
	};
	return cmocka_run_group_tests_name("seal-redraw", tests, up, down);
}
