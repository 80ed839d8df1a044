/* SPDX-License-Identifier: Apache-2.0 */
#include "pdf_doc.h"

#include "backside/ground.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "ground_cache.h"
#include "ground_name.h"
#include "pdf_back.h"
#include "pdf_font.h"
#include "pdf_ground.h"
#include "pdf_meta.h"
#include "pdf_sample.h"
#include "pki/hash.h"
#include "stencil_cache.h"

#include <string.h>

enum { CONTENT_MAX_BYTES = 8 << 20 };

/* What is shared by the pages while the document is made. */
struct job {
	struct arena *arena;
	struct pdf pdf;
	struct subset *subset;
	struct render_fonts *fonts;
	HPDF_Dict hairlines; /* one grid for all backs */
	struct ground_name ground_name;
	bool has_ground;
	HPDF_Dict ground_tile, ground_mask; /* for all sides */
	struct shape_run sample;            /* 見本; none on a paper */
	HPDF_Dict backs[RENDER_MAX_PAGES];
	HPDF_Dict pages[2 * RENDER_MAX_PAGES];
	unsigned n_pages;
	uint8_t hash[SHA256_BYTES]; /* of all parts so far: becomes the document's ID */
	bool full;                  /* more glyphs than a font has room for */
};

/* Units as points and a space: "123.45 ". By hand, since a page has some thousand of them. */
static void
put_units(struct buf *b, int32_t v)
{
	char s[16];
	size_t at = sizeof(s);
	uint32_t u = v < 0 ? 0U - (uint32_t)v : (uint32_t)v;
	uint32_t whole = u / 100;
	s[--at] = ' ';
	if (u % 100 != 0) {
		s[--at] = (char)('0' + u % 10);
		s[--at] = (char)('0' + u / 10 % 10);
		s[--at] = '.';
	}
	do {
		s[--at] = (char)('0' + whole % 10);
		whole /= 10;
	} while (whole != 0);
	if (v < 0)
		s[--at] = '-';
	buf_put(b, s + at, sizeof(s) - at);
}

static unsigned
utf16_of(const uint32_t *cps, unsigned n_cps, uint16_t *out)
{
	unsigned n = 0;
	for (unsigned i = 0; i < n_cps; i++) {
		uint32_t cp = cps[i];
		if (cp >= 0x10000) {
			out[n++] = (uint16_t)(0xD800 + ((cp - 0x10000) >> 10));
			cp = 0xDC00 + ((cp - 0x10000) & 0x3FF);
		}
		out[n++] = (uint16_t)cp;
	}
	return n;
}

static unsigned
glyph_slot(struct job *j, const struct shape_glyph *g)
{
	uint16_t text[SUBSET_MAX_TEXT];
	unsigned n = utf16_of(g->cps, g->n_cps, text);
	unsigned slot = subset_add(j->subset, &j->fonts->fonts[g->font].sfnt, g->gid, text, n);
	j->full = j->full || slot == 0;
	return slot;
}

static void
put_cid(struct job *j, struct buf *b, const struct shape_glyph *g)
{
	static const char hex[] = "0123456789ABCDEF";
	unsigned s = glyph_slot(j, g);
	const char digits[4] = { hex[s >> 12 & 15], hex[s >> 8 & 15], hex[s >> 4 & 15],
		hex[s & 15] };
	buf_put(b, digits, sizeof(digits));
}

/* What the list says a gaiji may be taken for; NULL when it says nothing. */
static const struct gaiji *
substitute_of(const struct job *j, const struct shape_glyph *g)
{
	const struct fontset_font *f = &j->fonts->fonts[g->font];
	const struct gaiji *e = f->use == FONTSET_GAIJI ? gaiji_find(&f->gaiji, g->cps[0]) : NULL;
	return e != NULL && e->n_substitute > 0 ? e : NULL;
}

/* Ends the string before and begins the one behind, so that the pen goes on by itself. */
static void
put_substituted(struct job *j, struct buf *b, const struct shape_glyph *g, const struct gaiji *e)
{
	uint16_t text[2 * GAIJI_MAX_SUBSTITUTE];
	unsigned n = utf16_of(e->substitute, e->n_substitute, text);
	buf_text(b, "/Span <</ActualText <FEFF");
	for (unsigned i = 0; i < n; i++)
		buf_printf(b, "%04X", text[i]);
	buf_text(b, ">>> BDC <");
	put_cid(j, b, g);
	buf_text(b, "> Tj EMC ");
}

static void
put_text(struct job *j, struct buf *b, const struct dlist_item *t)
{
	bool open = false;
	buf_text(b, "BT /F1 ");
	put_units(b, (int32_t)t->px * DLIST_PX);
	buf_text(b, "Tf ");
	put_units(b, t->x);
	put_units(b, DLIST_PAGE_H - t->y);
	buf_text(b, "Td ");
	for (unsigned i = 0; i < t->run.n; i++) {
		const struct shape_glyph *g = &t->run.glyphs[i];
		const struct gaiji *e = substitute_of(j, g);
		if (open != (e == NULL))
			buf_text(b, open ? "> Tj " : "<");
		open = e == NULL;
		if (e == NULL)
			put_cid(j, b, g);
		else
			put_substituted(j, b, g, e);
	}
	buf_text(b, open ? "> Tj ET\n" : "ET\n");
}

static void
put_place(struct buf *b, int32_t x, int32_t y, int32_t w, int32_t h)
{
	buf_text(b, "q ");
	put_units(b, w);
	buf_text(b, "0 0 ");
	put_units(b, h);
	put_units(b, x);
	put_units(b, DLIST_PAGE_H - y - h);
	buf_text(b, "cm ");
}

static void
put_rect(struct buf *b, const struct dlist_item *i)
{
	put_units(b, i->x);
	put_units(b, DLIST_PAGE_H - i->y - i->h);
	put_units(b, i->w);
	put_units(b, i->h);
	buf_text(b, "re f\n"); /* each alone: readers then snap its edges to pixels */
}

/* Everything that makes this document another one goes into its ID. */
static void
id_take(struct job *j, const void *p, size_t bytes)
{
	const struct sha256_part parts[] = { { j->hash, sizeof(j->hash) }, { p, bytes } };
	sha256_parts(parts, N_ELEMENTS(parts), j->hash);
}

static void
id_take_stream(struct job *j, HPDF_Dict stream)
{
	size_t bytes = 0;
	const uint8_t *p = pdf_stream_data(&j->pdf, stream, &bytes);
	if (p != NULL)
		id_take(j, p, bytes); /* deflated: a third of the work, and says the same */
}

/* A mask of a stream: ink where its bits are 1, nothing where they are 0. */
static HPDF_Dict
mask_object(struct job *j, HPDF_Dict d, unsigned w_px, unsigned h_px)
{
	static const int decode[2] = { 1, 0 };
	id_take_stream(j, d);
	pdf_set_name(&j->pdf, d, "Type", "XObject");
	pdf_set_name(&j->pdf, d, "Subtype", "Image");
	pdf_set_int(&j->pdf, d, "Width", (int)w_px);
	pdf_set_int(&j->pdf, d, "Height", (int)h_px);
	pdf_set_int(&j->pdf, d, "BitsPerComponent", 1);
	pdf_set_bool(&j->pdf, d, "ImageMask", true);
	pdf_set_ints(&j->pdf, d, "Decode", decode, 2);
	return d;
}

static HPDF_Dict
stencil_object(struct job *j, unsigned w_px, unsigned h_px, const uint8_t *bits)
{
	size_t bytes = 0;
	const uint8_t *z = stencil_cache_find(j->fonts, w_px, h_px, bits, &bytes);
	HPDF_Dict d = z != NULL ? pdf_stream_deflated(&j->pdf, z, bytes)
				: pdf_stream(&j->pdf, bits, (size_t)((w_px + 7) / 8) * h_px);
	return mask_object(j, d, w_px, h_px);
}

/* The objects of the ground. Returns 0 or a fault. */
static int
ground_add(struct job *j, const struct profile *p, struct err *err)
{
	const uint8_t *z = NULL;
	size_t bytes = 0;
	struct ground_name *n = &j->ground_name;
	int r = ground_cache_get(j->fonts, p->ground->balance, &z, &bytes, err);
	if (r == 0)
		r = ground_name_draw(j->arena, j->fonts, p, n, err);
	if (r)
		return err_trace(err, r, "ground");
	HPDF_Dict tile = pdf_stream_deflated(&j->pdf, z, bytes);
	j->has_ground = true;
	j->ground_tile = mask_object(j, tile, GROUND_W, GROUND_H);
	j->ground_mask = stencil_object(j, n->w_px, n->h_px, n->bits);
	return 0;
}

/* Below everything else. */
static void
put_ground(struct job *j, struct buf *b, const struct dlist *l, HPDF_Dict xobjects, bool back)
{
	if (!j->has_ground)
		return;
	pdf_set(&j->pdf, xobjects, "G", j->ground_tile);
	pdf_set(&j->pdf, xobjects, "N", j->ground_mask);
	pdf_ground_put(b, back, l->clears, l->n_clears, j->ground_name.w_px, j->ground_name.h_px);
}

static void
put_items(struct job *j, struct buf *b, const struct dlist *l, HPDF_Dict xobjects)
{
	unsigned n_stencils = 0;
	for (unsigned k = 0; k < l->n; k++) {
		const struct dlist_item *i = &l->items[k];
		if (i->what == DLIST_TEXT) {
			put_text(j, b, i);
		} else if (i->what == DLIST_RECT) {
			put_rect(b, i);
		} else {
			const char *name = arena_printf(j->arena, "S%u", ++n_stencils);
			pdf_set(
			    &j->pdf, xobjects, name, stencil_object(j, i->w_px, i->h_px, i->bits));
			put_place(b, i->x, i->y, i->w, i->h);
			buf_printf(b, "/%s Do Q\n", name);
		}
	}
}

static HPDF_Dict
back_image(struct job *j)
{
	static const uint8_t white[RENDER_BACK_BYTES];
	static const int decode[2] = { 1, 0 };
	HPDF_Dict d = pdf_stream_kept(&j->pdf, white, sizeof(white));
	pdf_set_name(&j->pdf, d, "Type", "XObject");
	pdf_set_name(&j->pdf, d, "Subtype", "Image");
	pdf_set_int(&j->pdf, d, "Width", RENDER_BACK_W);
	pdf_set_int(&j->pdf, d, "Height", RENDER_BACK_H);
	pdf_set_name(&j->pdf, d, "ColorSpace", "DeviceGray");
	pdf_set_int(&j->pdf, d, "BitsPerComponent", 1);
	pdf_set_ints(&j->pdf, d, "Decode", decode, 2);
	pdf_set_bool(&j->pdf, d, "Interpolate", false);
	return d;
}

static HPDF_Array
box_array(struct pdf *p, double w, double h)
{
	HPDF_Array a = pdf_array(p);
	pdf_push_int(p, a, 0);
	pdf_push_int(p, a, 0);
	if (!p->failed &&
	    (HPDF_Array_AddReal(a, (HPDF_REAL)w) != HPDF_OK ||
		HPDF_Array_AddReal(a, (HPDF_REAL)h) != HPDF_OK))
		p->failed = true;
	return a;
}

static HPDF_Dict
hairlines_form(struct job *j)
{
	struct pdf *p = &j->pdf;
	HPDF_Dict d = pdf_stream_deflated(p, j->fonts->hairlines, j->fonts->hairlines_bytes);
	pdf_set_name(p, d, "Type", "XObject");
	pdf_set_name(p, d, "Subtype", "Form");
	pdf_set(p, d, "BBox", box_array(p, PDF_BACK_W / 100.0, PDF_BACK_H / 100.0));
	return d;
}

static void
put_back_image(struct job *j, struct buf *b, HPDF_Dict xobjects, unsigned sheet)
{
	if (j->hairlines == NULL)
		j->hairlines = hairlines_form(j);
	j->backs[sheet] = back_image(j);
	pdf_set(&j->pdf, xobjects, "B", j->backs[sheet]);
	pdf_set(&j->pdf, xobjects, "H", j->hairlines);
	put_place(b, PDF_BACK_X, PDF_BACK_Y, PDF_BACK_W, PDF_BACK_H);
	buf_text(b, "/B Do Q\nq 1 0 0 1 ");
	put_units(b, PDF_BACK_X);
	put_units(b, DLIST_PAGE_H - PDF_BACK_Y - PDF_BACK_H);
	buf_text(b, "cm /H Do Q\n");
}

/* On a front below its texts, on a back over its white image: to be seen on both. */
static void
put_sample(struct job *j, struct buf *b)
{
	if (j->sample.n == 0)
		return;
	buf_text(b, PDF_SAMPLE_BEGIN);
	for (unsigned k = 0; k < PDF_SAMPLE_LINES; k++) {
		pdf_sample_place(b, k, &j->sample);
		for (unsigned i = 0; i < j->sample.n; i++)
			put_cid(j, b, &j->sample.glyphs[i]);
		buf_text(b, "> Tj ET\n");
	}
	buf_text(b, "Q\n");
}

/* @sheet: the back of which sheet this is, or -1 for a front. */
static void
page_add(struct job *j, const struct dlist *l, int sheet)
{
	struct pdf *p = &j->pdf;
	HPDF_Page page = p->failed ? NULL : HPDF_AddPage(p->doc);
	HPDF_Dict xobjects = pdf_dict(p);
	if (page == NULL || xobjects == NULL) {
		p->failed = true;
		return;
	}
	struct buf b;
	buf_init(&b, CONTENT_MAX_BYTES);
	put_ground(j, &b, l, xobjects, sheet >= 0);
	if (sheet >= 0)
		put_back_image(j, &b, xobjects, (unsigned)sheet);
	put_sample(j, &b);
	put_items(j, &b, l, xobjects);
	p->failed = p->failed || !buf_ok(&b);
	pdf_set(p, page, "MediaBox", box_array(p, DLIST_PAGE_W / 100.0, DLIST_PAGE_H / 100.0));
	HPDF_Dict resources =
	    p->failed ? NULL : HPDF_Dict_GetItem(page, "Resources", HPDF_OCLASS_DICT);
	p->failed = p->failed || resources == NULL;
	pdf_set(p, resources, "XObject", xobjects);
	HPDF_Dict contents = p->failed ? NULL : ((HPDF_PageAttr)page->attr)->contents;
	if (contents != NULL)
		pdf_fill(p, contents, b.p, b.bytes);
	id_take_stream(j, contents);
	buf_done(&b);
	j->pages[j->n_pages++] = page;
}

static void
set_font(struct job *j, HPDF_Dict font)
{
	struct pdf *p = &j->pdf;
	for (unsigned i = 0; i < j->n_pages && !p->failed; i++) {
		HPDF_Dict r = HPDF_Dict_GetItem(j->pages[i], "Resources", HPDF_OCLASS_DICT);
		HPDF_Dict fonts = pdf_dict(p);
		pdf_set(p, fonts, "F1", font);
		pdf_set(p, r, "Font", fonts);
	}
}

static int
save(struct job *j, struct pdf_doc *ret, struct err *err)
{
	if (!pdf_save(&j->pdf, &ret->pdf, &ret->bytes))
		return err_raise(err, FAULT_INTERNAL, "libharu refused", 0);
	return 0;
}

/* Where the samples of a back image begin: behind the first "stream" of its object. */
static int
find_back(struct job *j, unsigned sheet, struct pdf_doc *ret, struct err *err)
{
	static const char key[] = "stream\r\n", end[] = "\nendstream";
	/* Its GetEntryByObjectId refuses every number there is (2.3.0). */
	HPDF_XrefEntry e =
	    HPDF_Xref_GetEntry(j->pdf.doc->xref, j->backs[sheet]->header.obj_id & 0x00FFFFFF);
	size_t from = e != NULL ? e->byte_offset : ret->bytes;
	const uint8_t *at =
	    from < ret->bytes ? memmem(ret->pdf + from, ret->bytes - from, key, 8) : NULL;
	if (at == NULL)
		return err_raise(err, FAULT_INTERNAL, "back image", (long)sheet);
	size_t back_at = (size_t)(at - ret->pdf) + 8;
	size_t left = ret->bytes - back_at;
	if (left < RENDER_BACK_BYTES + 10 ||
	    memcmp(ret->pdf + back_at + RENDER_BACK_BYTES, end, 10) != 0)
		return err_raise(err, FAULT_INTERNAL, "back image's end", (long)sheet);
	ret->back_at[sheet] = back_at;
	return 0;
}

static int
write_all(struct job *j, const struct pdf_doc_input *in, struct pdf_doc *ret, struct err *err)
{
	HPDF_Dict font = NULL;
	const bool has = in->profile != NULL && in->profile->ground != NULL;
	int r = has ? ground_add(j, in->profile, err) : 0;
	if (r == 0 && in->sample)
		r = pdf_sample_shape(j->arena, j->fonts, in->profile, &j->sample, err);
	if (r)
		return err_trace(err, r, "write");
	for (unsigned i = 0; i < in->n_pages; i++) {
		page_add(j, &in->fronts[i], -1);
		page_add(j, &in->backs[i], (int)i);
	}
	if (j->full)
		return err_raise(err, FAULT_INTERNAL, "glyphs of one document", SUBSET_MAX_SLOTS);
	uint8_t font_hash[SHA256_BYTES];
	r = pdf_font_add(j->arena, &j->pdf, j->subset, &font, font_hash, err);
	if (r)
		return err_trace(err, r, "font");
	id_take(j, font_hash, sizeof(font_hash));
	set_font(j, font);
	pdf_meta_set(&j->pdf, in->title, j->hash);
	r = save(j, ret, err);
	for (unsigned i = 0; r == 0 && i < in->n_pages; i++)
		r = find_back(j, i, ret, err);
	return err_trace(err, r, "write");
}

int
pdf_doc_write(struct arena *a, struct render_fonts *f, const struct pdf_doc_input *in,
    struct pdf_doc *ret, struct err *err)
{
	struct pdf_doc doc = { 0 };
	struct job j = { .arena = a, .fonts = f, .subset = subset_new(a) };
	pdf_init(&j.pdf, a, f->deflate);
	int r = write_all(&j, in, &doc, err);
	pdf_done(&j.pdf);
	if (r == 0)
		*ret = doc;
	return err_trace(err, r, "pdf");
}
