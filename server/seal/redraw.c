/* SPDX-License-Identifier: Apache-2.0 */
#include "server/seal/redraw.h"
#include "base/text.h"
#include "server/issue/render_wire.h"
#include "server/render/bilevel.h"
#include "server/render/qr.h"
#include "server/render/subset.h"
#include "server/seal/demand_int.h"
#include "server/seal/pdfobj.h"
#include <string.h>

enum { QR_BOX_PX = 1200 };

struct edges { /* in units, from the upper left */
	int32_t x0, y0, x1, y1;
};

struct redraw {
	struct arena *a;
	const struct demand *d;
	struct fontset_stack stack;
	const struct pdfread *pdf;
	struct render_doc *doc;
	struct shape_glyph *glyphs; /* by the PDF's numbers */
	unsigned n_glyphs;
	struct dlist qr; /* as it ought to be, at any size */
	int32_t qr_modules;
	struct edges *fields_in, *fields_around; /* of doc's: a slack within, and without */
};

/* ---- the font ---- */

static unsigned
utf16_of(const struct shape_glyph *g, uint16_t out[SUBSET_MAX_TEXT])
{
	unsigned n = 0;
	for (unsigned i = 0; i < g->n_cps && n + 2 <= SUBSET_MAX_TEXT; i++) {
		uint32_t cp = g->cps[i];
		if (cp >= 0x10000) {
			out[n++] = (uint16_t)(0xD800 + ((cp - 0x10000) >> 10));
			cp = 0xDC00 + ((cp - 0x10000) & 0x3FF);
		}
		out[n++] = (uint16_t)cp;
	}
	return n;
}

/* The glyph that our fonts have for each text of the PDF's font, and a subset of all of them. */
static int
glyphs_of_texts(struct redraw *r, struct subset *s, struct err *err)
{
	const struct pdfread_font *font = r->pdf->font;
	unsigned n = 1;
	while (n < SUBSET_MAX_SLOTS && font->text[n] != NULL)
		n++;
	r->glyphs = arena_zero_n(r->a, n, sizeof(*r->glyphs));
	for (n = 1; n < SUBSET_MAX_SLOTS && font->text[n] != NULL; n++) {
		struct shape_run run;
		uint16_t text[SUBSET_MAX_TEXT];
		if (shape_text(r->a, &r->stack, font->text[n], &run) != 0 || run.n != 1)
			return demand_differs(err, "text of a glyph", n);
		r->glyphs[n] = run.glyphs[0];
		const struct sfnt *f = &r->d->fonts->fonts[run.glyphs[0].font].sfnt;
		if (subset_add(s, f, run.glyphs[0].gid, text, utf16_of(&run.glyphs[0], text)) != n)
			return demand_differs(err, "glyph twice", n);
	}
	r->n_glyphs = n;
	_Static_assert((int)PDFREAD_MAX_GLYPHS == (int)SUBSET_MAX_SLOTS - 1, "glyphs of a font");
	for (; n <= PDFREAD_MAX_GLYPHS; n++)
		if (font->text[n] != NULL)
			return demand_differs(err, "glyph out of order", n);
	return 0;
}

/* 1000 where the array says nothing: [first [w w w] first [w]], as the renderer writes it. */
static bool
widths_hold(const struct pdfread_font *font, const struct subset *s)
{
	const struct pdfobj *all = font->widths;
	size_t at = 0;
	for (unsigned i = 1; i < s->n;) {
		if (subset_advance_1000(s->slots[i].font, s->slots[i].gid) == 1000) {
			i++;
			continue;
		}
		if (all->n_items - at < 2 || !all->items[at].is_int ||
		    all->items[at].n != (int64_t)i * PDFOBJ_SCALE ||
		    all->items[at + 1].type != PDFOBJ_ARRAY)
			return false;
		const struct pdfobj *run = &all->items[at + 1];
		at += 2;
		for (size_t k = 0; k < run->n_items; k++, i++)
			if (i >= s->n || !run->items[k].is_int ||
			    run->items[k].n !=
				(int64_t)subset_advance_1000(s->slots[i].font, s->slots[i].gid) *
				    PDFOBJ_SCALE)
				return false;
	}
	return at == all->n_items;
}

static int
font_check(struct redraw *r, struct err *err)
{
	struct subset *s = subset_new(r->a);
	struct subset_font ours;
	int e = glyphs_of_texts(r, s, err);
	if (e)
		return e;
	e = subset_write(r->a, s, &ours, err);
	if (e)
		return err_fold(err, e, "subset");
	if (ours.bytes != r->pdf->font->file_bytes ||
	    memcmp(ours.p, r->pdf->font->file, ours.bytes) != 0)
		return demand_differs(err, "font program", (long)r->pdf->font->file_bytes);
	if (!widths_hold(r->pdf->font, s))
		return demand_differs(err, "widths", 0);
	return 0;
}

/* ---- a front as a display list ---- */

static bool
text_item(const struct redraw *r, const struct pdfread_run *t, struct shape_glyph *g,
    struct dlist_item *i)
{
	if (t->pen.h <= 0 || t->pen.h % DLIST_PX != 0 || t->pen.h / DLIST_PX > REDRAW_MAX_EM_PX)
		return false;
	for (unsigned k = 0; k < t->n_glyphs; k++) {
		if (t->glyphs[k] == 0 || t->glyphs[k] >= r->n_glyphs)
			return false;
		g[k] = r->glyphs[t->glyphs[k]];
	}
	*i = (struct dlist_item){ .what = DLIST_TEXT,
		.x = t->pen.x,
		.y = DLIST_PAGE_H - t->pen.y,
		.px = (unsigned)(t->pen.h / DLIST_PX),
		.run = { g, t->n_glyphs, 0 } };
	return true;
}

static bool
is_whole_px(const struct pdfread_place *p)
{
	return p->w > 0 && p->h > 0 && p->x % DLIST_PX == 0 && p->w % DLIST_PX == 0 &&
	    (DLIST_PAGE_H - p->y) % DLIST_PX == 0 && p->h % DLIST_PX == 0;
}

static bool
stencil_item(const struct pdfread_stencil *s, struct dlist_item *i)
{
	const struct pdfread_place *p = &s->place;
	*i = (struct dlist_item){ .what = DLIST_STENCIL,
		.x = p->x,
		.y = DLIST_PAGE_H - p->y - p->h,
		.w = p->w,
		.h = p->h,
		.bits = s->bits,
		.w_px = (uint16_t)s->w_px,
		.h_px = (uint16_t)s->h_px };
	return p->w == (int32_t)s->w_px * DLIST_DOT && p->h == (int32_t)s->h_px * DLIST_DOT &&
	    i->x % DLIST_PX == 0 && i->y % DLIST_PX == 0;
}

/* All that is on the side, as the display list it was made from. */
static int
side_list(struct redraw *r, const struct pdfread_side *s, struct dlist *ret, struct err *err)
{
	struct dlist l = { .arena = r->a };
	l.items = arena_zero_n(r->a, s->n_runs + s->n_rects + s->n_stencils + 1U, sizeof(*l.items));
	for (unsigned i = 0; i < s->n_runs; i++) {
		struct shape_glyph *g = arena_zero_n(r->a, s->runs[i].n_glyphs, sizeof(*g));
		if (!text_item(r, &s->runs[i], g, &l.items[l.n++]))
			return demand_differs(err, "text off the grid", i);
	}
	for (unsigned i = 0; i < s->n_rects; i++) {
		const struct pdfread_place *p = &s->rects[i];
		if (!is_whole_px(p))
			return demand_differs(err, "rule off the grid", i);
		l.items[l.n++] = (struct dlist_item){ .what = DLIST_RECT,
			.x = p->x,
			.y = DLIST_PAGE_H - p->y - p->h,
			.w = p->w,
			.h = p->h };
	}
	for (unsigned i = 0; i < s->n_stencils; i++)
		if (!stencil_item(&s->stencils[i], &l.items[l.n++]))
			return demand_differs(err, "stamp off the grid", i);
	*ret = l;
	return 0;
}

/* ---- the QR code ---- */

/* As it ought to be, in some size; qr_modules: a row of it. */
static int
qr_expect(struct redraw *r, const struct seal_copy *copy, struct err *err)
{
	const struct fit_box box = { 0, 0, QR_BOX_PX, QR_BOX_PX };
	const char *text =
	    qr_content(r->a, r->d->profile->inquiry_url, copy->number, copy->front_code);
	dlist_init(&r->qr, r->a);
	if (qr_draw(&r->qr, text, &box) != 0 || r->qr.n == 0)
		return err_raise(err, FAULT_INTERNAL, "QR code", (long)r->qr.n);
	const struct dlist_item *first = &r->qr.items[0];
	int32_t module = first->h, width = 0; /* its first row begins with the corner's bar */
	for (unsigned i = 0; i < r->qr.n; i++) {
		int32_t end = r->qr.items[i].x + r->qr.items[i].w - first->x;
		width = end > width ? end : width;
	}
	r->qr_modules = width / module;
	return 0;
}

/* Are the rectangles from @at on this code, at the first one's place and size? */
static bool
qr_is_at(const struct redraw *r, const struct dlist *l, unsigned at)
{
	const struct dlist_item *want = r->qr.items, *is = &l->items[at];
	for (unsigned i = 0; i < r->qr.n; i++) {
		int32_t module = want[0].h, size = is[0].h;
		if (at + i >= l->n || is[i].what != DLIST_RECT || is[i].h != size ||
		    is[i].w != want[i].w / module * size ||
		    is[i].x != is[0].x + (want[i].x - want[0].x) / module * size ||
		    is[i].y != is[0].y + (want[i].y - want[0].y) / module * size)
			return false;
	}
	return true;
}

/* The code with its quiet zone, in pixels, and whether anything else lies there. */
struct zone {
	int64_t x0, y0, x1, y1;
	bool alone;
};

static bool
zone_leave(struct zone *z, int64_t x0, int64_t y0, int64_t x1, int64_t y1)
{
	z->alone = x1 <= z->x0 || x0 >= z->x1 || y1 <= z->y0 || y0 >= z->y1;
	return z->alone;
}

static bool
zone_symbol(void *arg, const struct bilevel_symbol *s)
{
	return zone_leave(arg, s->x, s->y, (int64_t)s->x + s->w_px, (int64_t)s->y + s->h_px);
}

static bool
zone_bar(void *arg, unsigned x0, unsigned y0, unsigned x1, unsigned y1)
{
	return zone_leave(arg, x0, y0, x1, y1);
}

/* Within its quiet zone the page shows the code and nothing else. */
static int
qr_alone(const struct redraw *r, const struct dlist *l, unsigned at, struct err *err)
{
	const struct dlist others[] = { { .items = l->items, .n = at },
		{ .items = l->items + at + r->qr.n, .n = l->n - at - r->qr.n } };
	const int64_t px = l->items[at].h / DLIST_PX, quiet = QR_QUIET * px;
	const int64_t x = l->items[at].x / DLIST_PX - quiet, y = l->items[at].y / DLIST_PX - quiet;
	const int64_t side = r->qr_modules * px + 2 * quiet;
	struct zone z = { x, y, x + side, y + side, true };
	const struct bilevel_sink sink = { zone_symbol, zone_bar, &z, .boxes = true };
	for (unsigned i = 0; i < N_ELEMENTS(others) && z.alone; i++) {
		int e = bilevel_walk(r->d->fonts, &others[i], &sink, err);
		if (e)
			return err_fold(err, e, "QR code");
	}
	return z.alone ? 0 : demand_differs(err, "ink on the QR code", 0);
}

/* Finds it; *ret_at is its first rectangle. */
static int
qr_find(struct redraw *r, const struct dlist *l, unsigned *ret_at, struct err *err)
{
	unsigned n = 0;
	for (unsigned i = 0; i < l->n; i++)
		if (l->items[i].what == DLIST_RECT && qr_is_at(r, l, i)) {
			*ret_at = i;
			n++;
		}
	return n == 1 ? 0 : demand_differs(err, "QR code", n);
}

/* ---- what may stand where ---- */

static int32_t
units_of(unsigned tenth_mm)
{
	return (int32_t)(tenth_mm * 7200U / 254);
}

static struct edges
field_edges(const struct render_field *f, int32_t slack)
{
	return (struct edges){ units_of(f->x) + slack, units_of(f->y) + slack,
		units_of(f->x + (unsigned)f->w) - slack, units_of(f->y + (unsigned)f->h) - slack };
}

/* Texts and rules are each held against all of them. */
static void
fields_measure(struct redraw *r)
{
	const int32_t slack = REDRAW_SLACK_PX * DLIST_PX;
	unsigned n = r->doc->n_fields;
	r->fields_in = arena_zero_n(r->a, n, sizeof(*r->fields_in));
	r->fields_around = arena_zero_n(r->a, n, sizeof(*r->fields_around));
	for (unsigned i = 0; i < n; i++) {
		r->fields_in[i] = field_edges(&r->doc->fields[i], slack);
		r->fields_around[i] = field_edges(&r->doc->fields[i], -slack);
	}
}

static bool
overlap(const struct edges *a, const struct edges *b)
{
	return a->x0 < b->x1 && b->x0 < a->x1 && a->y0 < b->y1 && b->y0 < a->y1;
}

static bool
contains(const struct edges *e, int32_t x, int32_t y)
{
	return x >= e->x0 && x < e->x1 && y >= e->y0 && y < e->y1;
}

/* From the pen to the end of its last ink; an em high at most. */
static struct edges
text_edges(const struct dlist_item *t)
{
	int32_t em = (int32_t)t->px * DLIST_PX;
	unsigned advance = 0, n = t->run.n;
	while (n > 0 && shape_is_space(t->run.glyphs[n - 1].cps[0]))
		n--; /* a line may end with a space that has no room */
	for (unsigned i = 0; i < n; i++)
		advance += t->run.glyphs[i].advance;
	int32_t w = (int32_t)((int64_t)advance * em / 1000);
	return (struct edges){ t->x, t->y - em * 3 / 4, t->x + w, t->y };
}

/* A text that begins in a field ends there; one that does not keeps out of all. */
static int
text_keeps(const struct redraw *r, unsigned page, const struct dlist_item *t, unsigned index,
    struct err *err)
{
	struct edges is = text_edges(t);
	bool within = false, over = false;
	for (unsigned i = 0; i < r->doc->n_fields && !within; i++) {
		const struct edges *around = &r->fields_around[i];
		if (r->doc->fields[i].page != page)
			continue;
		within = contains(around, t->x, t->y) && is.x1 <= around->x1;
		over = over || overlap(&is, &r->fields_in[i]);
	}
	return within || !over ? 0 : demand_differs(err, "text over a field", index);
}

static int
rule_keeps(const struct redraw *r, unsigned page, const struct dlist_item *t, unsigned index,
    struct err *err)
{
	const struct edges is = { t->x, t->y, t->x + t->w, t->y + t->h };
	if ((t->w < t->h ? t->w : t->h) > REDRAW_RULE_PX * DLIST_PX)
		return demand_differs(err, "black area", index);
	for (unsigned i = 0; i < r->doc->n_fields; i++)
		if (r->doc->fields[i].page == page && overlap(&is, &r->fields_in[i]))
			return demand_differs(err, "rule over a field", index);
	return 0;
}

static int
places_check(
    const struct redraw *r, unsigned page, const struct dlist *l, unsigned qr, struct err *err)
{
	int e = 0;
	for (unsigned i = 0; i < l->n && e == 0; i++) {
		if (l->items[i].what == DLIST_TEXT)
			e = text_keeps(r, page, &l->items[i], i, err);
		else if (l->items[i].what == DLIST_RECT && (i < qr || i >= qr + r->qr.n))
			e = rule_keeps(r, page, &l->items[i], i, err);
	}
	return e;
}

static int
front_check(struct redraw *r, unsigned page, struct err *err)
{
	struct dlist *l = arena_zero(r->a, sizeof(*l));
	unsigned qr = 0;
	uint8_t front[RENDER_FRONT_BYTES];
	int e = side_list(r, &r->pdf->sides[2 * page], l, err);
	if (e)
		return e;
	if (!render_front_digest(l, front) ||
	    memcmp(front, r->doc->pages[page].front, sizeof(front)) != 0)
		return demand_differs(err, "front", page);
	e = qr_find(r, l, &qr, err);
	if (e == 0)
		e = qr_alone(r, l, qr, err);
	if (e == 0)
		e = places_check(r, page, l, qr, err);
	if (e == 0)
		r->doc->pages[page].drawn = l;
	return e;
}

int
redraw_check(struct arena *a, const struct demand *d, const struct seal_copy *copy,
    const struct pdfread *pdf, struct render_doc *doc, struct err *err)
{
	struct redraw r = { .a = a, .d = d, .pdf = pdf, .doc = doc };
	int e = fontset_stack(d->fonts, d->profile->muni, &r.stack, err);
	if (e)
		return err_fold(err, e, "fonts");
	e = font_check(&r, err);
	if (e == 0)
		e = qr_expect(&r, copy, err);
	fields_measure(&r);
	for (unsigned i = 0; i < doc->n_pages && e == 0; i++)
		e = front_check(&r, i, err);
	return e;
}
