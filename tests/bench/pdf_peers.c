/* SPDX-License-Identifier: Apache-2.0 */
#include "pdf_peers.h"

#include <cairo-ft.h>
#include <cairo-pdf.h>
#include <hpdf.h>
#include <stdlib.h>
#include <string.h>

enum { RUN_MAX = 1024, TEXT_MAX = 4 * RUN_MAX * SHAPE_MAX_CPS };
static const double PAGE_W_PT = DLIST_PAGE_W / 100.0, PAGE_H_PT = DLIST_PAGE_H / 100.0;

static double
pt(int32_t units)
{
	return units / 100.0;
}

static size_t
put_utf8(char *out, uint32_t cp)
{
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	size_t n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
	for (size_t i = n; i-- > 1; cp >>= 6)
		out[i] = (char)(0x80 | (cp & 0x3F));
	out[0] = (char)(0xF00U >> n | cp);
	return n;
}

/* ---- cairo ---- */

struct sink {
	size_t bytes;
	uint8_t *p;
	size_t room;
};

static cairo_status_t
sink_cb(void *user, const unsigned char *p, unsigned bytes)
{
	struct sink *s = user;
	if (s->bytes + bytes > s->room) {
		s->room = 2 * (s->bytes + bytes);
		s->p = realloc(s->p, s->room);
		if (s->p == NULL)
			return CAIRO_STATUS_WRITE_ERROR;
	}
	memcpy(s->p + s->bytes, p, bytes);
	s->bytes += bytes;
	return CAIRO_STATUS_SUCCESS;
}

/* The faces are made once: cairo is given what a server would keep warm. */
static cairo_font_face_t *
cairo_face(const struct render_fonts *f, unsigned font)
{
	static cairo_font_face_t *faces[FONTSET_MAX];
	if (faces[font] == NULL)
		faces[font] = cairo_ft_font_face_create_for_ft_face(
		    f->fonts[font].ft_face, FT_LOAD_NO_HINTING);
	return faces[font];
}

/* Glyphs @from .. @to - 1 of a run, all of one font. Returns where the pen is then. */
static double
cairo_piece(cairo_t *c, const struct render_fonts *f, const struct dlist_item *t, unsigned from,
    unsigned to, double x)
{
	cairo_glyph_t glyphs[RUN_MAX];
	cairo_text_cluster_t clusters[RUN_MAX];
	char text[TEXT_MAX];
	size_t bytes = 0;
	double size = t->px * DLIST_PX / 100.0;
	for (unsigned i = from; i < to; i++) {
		const struct shape_glyph *g = &t->run.glyphs[i];
		size_t was = bytes;
		for (unsigned k = 0; k < g->n_cps; k++)
			bytes += put_utf8(text + bytes, g->cps[k]);
		glyphs[i - from] = (cairo_glyph_t){ g->gid, x, pt(t->y) };
		clusters[i - from] = (cairo_text_cluster_t){ (int)(bytes - was), 1 };
		x += g->advance * size / 1000;
	}
	cairo_set_font_face(c, cairo_face(f, t->run.glyphs[from].font));
	cairo_set_font_size(c, size);
	cairo_show_text_glyphs(c, text, (int)bytes, glyphs, (int)(to - from), clusters,
	    (int)(to - from), (cairo_text_cluster_flags_t)0);
	return x;
}

static void
cairo_text(cairo_t *c, const struct render_fonts *f, const struct dlist_item *t)
{
	double x = pt(t->x);
	for (unsigned from = 0, to = 0; from < t->run.n && t->run.n <= RUN_MAX; from = to) {
		while (to < t->run.n && t->run.glyphs[to].font == t->run.glyphs[from].font)
			to++;
		x = cairo_piece(c, f, t, from, to, x);
	}
}

static uint8_t
mirrored(uint8_t v)
{
	uint8_t out = 0;
	for (unsigned i = 0; i < 8; i++)
		out |= (uint8_t)((v >> i & 1) << (7 - i));
	return out;
}

static void
cairo_stencil(cairo_t *c, const struct dlist_item *i)
{
	cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_A1, i->w_px, i->h_px);
	size_t row_bytes = (i->w_px + 7U) / 8;
	uint8_t *p = cairo_image_surface_get_data(s);
	for (size_t y = 0; y < i->h_px; y++)
		for (size_t x = 0; x < row_bytes; x++)
			p[y * (size_t)cairo_image_surface_get_stride(s) + x] =
			    mirrored(i->bits[y * row_bytes + x]);
	cairo_surface_mark_dirty(s);
	cairo_save(c);
	cairo_translate(c, pt(i->x), pt(i->y));
	cairo_scale(c, pt(DLIST_DOT), pt(DLIST_DOT));
	cairo_mask_surface(c, s, 0, 0);
	cairo_restore(c);
	cairo_surface_destroy(s);
}

static void
cairo_side(cairo_t *c, const struct render_fonts *f, const struct dlist *l)
{
	for (unsigned k = 0; k < l->n; k++) {
		const struct dlist_item *i = &l->items[k];
		if (i->what == DLIST_TEXT) {
			cairo_text(c, f, i);
		} else if (i->what == DLIST_RECT) {
			cairo_rectangle(c, pt(i->x), pt(i->y), pt(i->w), pt(i->h));
			cairo_fill(c);
		} else {
			cairo_stencil(c, i);
		}
	}
	cairo_show_page(c);
}

size_t
peer_cairo(const struct render_fonts *f, const struct engine_doc *d)
{
	struct sink out = { 0 };
	cairo_surface_t *s =
	    cairo_pdf_surface_create_for_stream(sink_cb, &out, PAGE_W_PT, PAGE_H_PT);
	cairo_t *c = cairo_create(s);
	for (unsigned i = 0; i < d->n_pages; i++) {
		cairo_side(c, f, &d->fronts[i]);
		cairo_side(c, f, &d->backs[i]);
	}
	bool ok = cairo_status(c) == CAIRO_STATUS_SUCCESS;
	cairo_destroy(c);
	cairo_surface_finish(s);
	ok = ok && cairo_surface_status(s) == CAIRO_STATUS_SUCCESS;
	cairo_surface_destroy(s);
	free(out.p);
	return ok ? out.bytes : 0;
}

/* ---- libharu as it comes ---- */

static void
stock_text(HPDF_Page page, HPDF_Font font, const struct dlist_item *t)
{
	char text[TEXT_MAX + 1];
	size_t bytes = 0;
	for (unsigned i = 0; i < t->run.n && i < RUN_MAX; i++)
		for (unsigned k = 0; k < t->run.glyphs[i].n_cps; k++)
			if (t->run.glyphs[i].cps[k] < 0x10000)
				bytes += put_utf8(text + bytes, t->run.glyphs[i].cps[k]);
	text[bytes] = '\0';
	HPDF_Page_BeginText(page);
	HPDF_Page_SetFontAndSize(page, font, (HPDF_REAL)t->px * DLIST_PX / 100);
	HPDF_Page_TextOut(page, (HPDF_REAL)pt(t->x), (HPDF_REAL)(PAGE_H_PT - pt(t->y)), text);
	HPDF_Page_EndText(page);
}

static void
stock_stencil(HPDF_Doc doc, HPDF_Page page, const struct dlist_item *i)
{
	HPDF_Image image = HPDF_Image_LoadRaw1BitImageFromMem(
	    doc, i->bits, i->w_px, i->h_px, (i->w_px + 7U) / 8, HPDF_TRUE, HPDF_TRUE);
	HPDF_Page_DrawImage(page, image, (HPDF_REAL)pt(i->x),
	    (HPDF_REAL)(PAGE_H_PT - pt(i->y + i->h)), (HPDF_REAL)pt(i->w), (HPDF_REAL)pt(i->h));
}

static void
stock_side(HPDF_Doc doc, HPDF_Font font, const struct dlist *l)
{
	HPDF_Page page = HPDF_AddPage(doc);
	HPDF_Page_SetWidth(page, (HPDF_REAL)PAGE_W_PT);
	HPDF_Page_SetHeight(page, (HPDF_REAL)PAGE_H_PT);
	for (unsigned k = 0; k < l->n; k++) {
		const struct dlist_item *i = &l->items[k];
		if (i->what == DLIST_TEXT) {
			stock_text(page, font, i);
		} else if (i->what == DLIST_RECT) {
			HPDF_Page_Rectangle(page, (HPDF_REAL)pt(i->x),
			    (HPDF_REAL)(PAGE_H_PT - pt(i->y + i->h)), (HPDF_REAL)pt(i->w),
			    (HPDF_REAL)pt(i->h));
			HPDF_Page_Fill(page);
		} else {
			stock_stencil(doc, page, i);
		}
	}
}

size_t
peer_stock(const char *font_path, const struct engine_doc *d)
{
	size_t bytes = 0;
	HPDF_Doc doc = HPDF_New(NULL, NULL);
	HPDF_SetCompressionMode(doc, HPDF_COMP_ALL);
	HPDF_UseUTFEncodings(doc);
	const char *name = HPDF_LoadTTFontFromFile(doc, font_path, HPDF_TRUE);
	HPDF_Font font = name != NULL ? HPDF_GetFont(doc, name, "UTF-8") : NULL;
	for (unsigned i = 0; font != NULL && i < d->n_pages; i++) {
		stock_side(doc, font, &d->fronts[i]);
		stock_side(doc, font, &d->backs[i]);
	}
	if (font != NULL && HPDF_SaveToStream(doc) == HPDF_OK && HPDF_GetError(doc) == HPDF_OK) {
		HPDF_UINT32 n = HPDF_GetStreamSize(doc), got = n;
		uint8_t *p = malloc(n);
		if (p != NULL)
			(void)HPDF_ReadFromStream(doc, p, &got);
		bytes = got;
		free(p);
	}
	HPDF_Free(doc);
	return bytes;
}
