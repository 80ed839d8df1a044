/* SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include "base/text.h"
#include "qr.h"

#include <string.h>

enum { RULE_PX = 2, FRAME_PX = 4, RULER_MM100 = 2500 };

/* A cell on its page, with its text. */
struct placed {
	const struct form_cell *cell;
	unsigned page;
	bool back;
	struct fit_box box; /* the whole cell */
	const char *text;   /* NULL: nothing to print */
	const char *name;   /* of the item, for a refusal */
};

struct engine {
	struct arena *arena;
	const struct fontset_stack *fonts;
	const struct form *form;
	const struct render_input *in;
	struct engine_doc *doc;
	struct placed *placed;
	unsigned n_placed;
};

static int32_t
edge_px(uint16_t origin_mm100, uint16_t unit_mm100, unsigned n)
{
	return dlist_px_from_mm100((int32_t)(origin_mm100 + n * unit_mm100));
}

static struct fit_box
cell_box(const struct form_block *b, const struct form_cell *c, uint16_t y_mm100)
{
	int32_t x0 = edge_px(b->x_mm100, b->col_mm100, c->col);
	int32_t x1 = edge_px(b->x_mm100, b->col_mm100, c->col + (unsigned)c->cols);
	int32_t y0 = edge_px(y_mm100, b->row_mm100, c->row);
	int32_t y1 = edge_px(y_mm100, b->row_mm100, c->row + (unsigned)c->rows);
	return (struct fit_box){ x0, y0, x1 - x0, y1 - y0 };
}

static const char *
absent_mark(enum form_absent absent)
{
	switch (absent) {
	case FORM_KURAN:
		return "【空欄】";
	case FORM_STARS:
		return "＊＊＊";
	default:
		return NULL;
	}
}

static bool
is_from_input(const struct form_cell *c)
{
	return c->what == FORM_ITEM || c->what == FORM_VALUE || c->what == FORM_DATA;
}

static const char *
data_text(const struct render_input *in, const char *key)
{
	for (unsigned i = 0; i < in->n_data; i++)
		if (strcmp(in->data[i].key, key) == 0)
			return in->data[i].text;
	return NULL;
}

static const char *
cell_text(struct engine *e, const struct form_cell *c, const struct value_place *at)
{
	const char *text = NULL;
	if (c->what == FORM_LABEL)
		return c->text;
	if (!is_from_input(c))
		return NULL;
	if ((c->option & ~e->in->options) != 0)
		return "省略"; /* 標準仕様書 5.1: left out unless asked for */
	if (c->what == FORM_ITEM)
		text = at->person != NULL ? at->person->item[c->item - 1] : NULL;
	else if (c->what == FORM_DATA)
		text = data_text(e->in, c->text);
	else
		text = value_text(e->arena, c->value, at);
	if (text == at->digest)
		return text; /* still empty: it is filled in last */
	if (text == NULL || text[0] == '\0')
		return absent_mark(c->absent);
	return text;
}

static uint16_t
tenth_mm(int32_t px)
{
	return (uint16_t)((px * 254 + 150) / 300);
}

static bool
is_field(const struct form_cell *c)
{
	return is_from_input(c) && c->text[0] != '\0';
}

/* @person: its number in the document from 1 on, 0 in head and foot. */
static bool
field_add(struct engine *e, const struct placed *p, unsigned person)
{
	struct engine_doc *d = e->doc;
	if (p->back || p->text == NULL || !is_field(p->cell))
		return true;
	if (d->n_fields == RENDER_MAX_FIELDS)
		return false;
	const char *key = p->cell->text;
	if (person != 0)
		key = arena_printf(e->arena, "p%u.%s", person, key);
	d->fields[d->n_fields++] = (struct render_field){
		.page = p->page,
		.key = key,
		.value = p->text,
		.x = tenth_mm(p->box.x),
		.y = tenth_mm(p->box.y),
		.w = tenth_mm(p->box.w),
		.h = tenth_mm(p->box.h),
	};
	return true;
}

static bool
cell_is_on(const struct form_cell *c, const struct value_place *at)
{
	bool last = at->page + 1 == at->n_pages;
	return c->on == FORM_EVERY || last == (c->on == FORM_LAST);
}

/* Takes all cells of a block. Returns 0, RENDER_E_TOO_MANY or RENDER_E_MISSING. */
static int
block_place(struct engine *e, const struct form_block *b, uint16_t y_mm100,
    const struct value_place *at, unsigned person)
{
	for (unsigned i = 0; i < b->n_cells; i++) {
		const struct form_cell *c = &b->cells[i];
		if (!cell_is_on(c, at))
			continue;
		struct placed *p = &e->placed[e->n_placed++];
		*p = (struct placed){
			.cell = c,
			.page = at->page,
			.back = b == &form_back,
			.box = cell_box(b, c, y_mm100),
			.text = cell_text(e, c, at),
			.name = c->what == FORM_LABEL ? "label" : c->text,
		};
		if (p->text == NULL && is_from_input(c) && c->absent == FORM_NEEDED) {
			e->doc->failed_item = c->text;
			return RENDER_E_MISSING;
		}
		if (!field_add(e, p, person)) {
			e->doc->failed_item = "fields";
			return RENDER_E_TOO_MANY;
		}
	}
	return 0;
}

/* Does every text of a block fit its cell? What has no glyph is told when it is drawn. */
static bool
block_fits(struct engine *e, const struct form_block *b, const struct value_place *at)
{
	struct dlist unused;
	dlist_init(&unused, e->arena);
	for (unsigned i = 0; i < b->n_cells; i++) {
		const struct form_cell *c = &b->cells[i];
		struct fit_box box = cell_box(b, c, b->y_mm100);
		struct shape_run run;
		const char *text = cell_is_on(c, at) ? cell_text(e, c, at) : NULL;
		if (text != NULL && shape_text(e->arena, e->fonts, text, &run) == 0 &&
		    fit_text(&unused, &run, &box, c->style) == RENDER_E_OVERFLOW)
			return false;
	}
	return true;
}

static const struct form_block *
head_block(struct engine *e, const struct value_place *at)
{
	const struct form *f = e->form;
	if (f->head_long.n_cells == 0 || block_fits(e, &f->head, at))
		return &f->head;
	return &f->head_long;
}

static void
block_frame(struct dlist *l, const struct form_block *b, uint16_t y_mm100)
{
	struct form_cell whole = { .cols = b->cols, .rows = b->rows };
	struct fit_box x = cell_box(b, &whole, y_mm100);
	int32_t half = FRAME_PX / 2;
	dlist_rect_px(l, x.x - half, x.y - half, x.w + FRAME_PX, FRAME_PX);
	dlist_rect_px(l, x.x - half, x.y + x.h - half, x.w + FRAME_PX, FRAME_PX);
	dlist_rect_px(l, x.x - half, x.y + half, FRAME_PX, x.h - FRAME_PX);
	dlist_rect_px(l, x.x + x.w - half, x.y + half, FRAME_PX, x.h - FRAME_PX);
}

static const struct form_block *
slot_block(const struct engine *e, unsigned person)
{
	if (person >= e->in->n_persons)
		return &e->form->unused;
	if (e->in->persons[person]->class_ == RESIDENT_FOREIGN)
		return &e->form->foreign;
	return &e->form->person;
}

static int
slots_place(struct engine *e, struct value_place *at)
{
	int r = 0;
	for (unsigned i = 0; r == 0 && i < e->form->slots; i++) {
		unsigned person = at->page * e->form->slots + i;
		const struct form_block *b = slot_block(e, person);
		uint16_t y = (uint16_t)(b->y_mm100 + i * e->form->slot_mm100);
		bool used = person < e->in->n_persons;
		at->person = used ? e->in->persons[person] : NULL;
		at->slot = i + 1;
		if (b->framed)
			block_frame(&e->doc->fronts[at->page], b, y);
		/* 以下余白 stands once, in the first slot that is free. */
		if (used || person == e->in->n_persons)
			r = block_place(e, b, y, at, used ? person + 1 : 0);
	}
	at->person = NULL;
	return r;
}

static int
page_place(struct engine *e, unsigned page)
{
	struct value_place at = { .in = e->in,
		.page = page,
		.n_pages = e->doc->n_pages,
		.title = engine_title(e->in),
		.ninsho = e->form->ninsho,
		.digest = e->doc->digest };
	const struct form_block *head = head_block(e, &at);
	int r = block_place(e, head, head->y_mm100, &at, 0);
	if (r == 0)
		r = slots_place(e, &at);
	if (r == 0)
		r = block_place(e, &e->form->foot, e->form->foot.y_mm100, &at, 0);
	if (r == 0)
		r = block_place(e, &form_back, form_back.y_mm100, &at, 0);
	return r;
}

static unsigned
most_cells(const struct form *f)
{
	unsigned slot = f->person.n_cells;
	if (f->foreign.n_cells > slot)
		slot = f->foreign.n_cells;
	if (f->unused.n_cells > slot)
		slot = f->unused.n_cells;
	return f->head.n_cells + f->slots * slot + f->foot.n_cells + form_back.n_cells;
}

static void
draw_rules(struct dlist *l, const struct fit_box *b, unsigned rules)
{
	int32_t half = RULE_PX / 2;
	if ((rules & FORM_TOP) != 0)
		dlist_rule_px(l, b->x - half, b->y - half, b->w + RULE_PX, RULE_PX);
	if ((rules & FORM_BOTTOM) != 0)
		dlist_rule_px(l, b->x - half, b->y + b->h - half, b->w + RULE_PX, RULE_PX);
	if ((rules & FORM_LEFT) != 0)
		dlist_rule_px(l, b->x - half, b->y - half, RULE_PX, b->h + RULE_PX);
	if ((rules & FORM_RIGHT) != 0)
		dlist_rule_px(l, b->x + b->w - half, b->y - half, RULE_PX, b->h + RULE_PX);
}

/* Bits in the middle of a box, one dot a bit. */
static int
draw_stencil(
    struct dlist *l, const struct fit_box *b, uint16_t w_px, uint16_t h_px, const uint8_t *bits)
{
	int32_t x = b->x * DLIST_PX + (b->w * DLIST_PX - w_px * DLIST_DOT) / 2;
	int32_t y = b->y * DLIST_PX + (b->h * DLIST_PX - h_px * DLIST_DOT) / 2;
	if (w_px * DLIST_DOT > b->w * DLIST_PX + DLIST_PX ||
	    h_px * DLIST_DOT > b->h * DLIST_PX + DLIST_PX)
		return RENDER_E_OVERFLOW;
	dlist_stencil(l, x, y, w_px, h_px, bits);
	return 0;
}

/* |--------| of 25 mm between the outer edges of its ends. */
static void
draw_ruler(struct dlist *l, const struct fit_box *b)
{
	int32_t w = dlist_px_from_mm100(RULER_MM100);
	int32_t x = b->x + (b->w - w) / 2;
	dlist_rect_px(l, x, b->y, RULE_PX, b->h);
	dlist_rect_px(l, x + w - RULE_PX, b->y, RULE_PX, b->h);
	dlist_rect_px(l, x + RULE_PX, b->y + b->h / 2, w - 2 * RULE_PX, RULE_PX);
}

static int
draw_text(struct engine *e, struct dlist *l, const struct placed *p)
{
	struct shape_run run;
	int r = shape_text(e->arena, e->fonts, p->text, &run);
	return r ? r : fit_text(l, &run, &p->box, p->cell->style);
}

static int
draw_qr(struct engine *e, struct dlist *l, const struct fit_box *b)
{
	const struct render_input *in = e->in;
	return qr_draw(
	    l, qr_content(e->arena, in->profile->inquiry_url, in->issue_number, in->front_code), b);
}

/* What the copy-evident ground must not touch: a code to be read, seals to be compared. */
static bool
is_picture(const struct form_cell *c)
{
	return c->what == FORM_QR || c->what == FORM_KOIN || c->what == FORM_SEAL;
}

static int
placed_draw(struct engine *e, const struct placed *p)
{
	struct dlist *l = p->back ? &e->doc->backs[p->page] : &e->doc->fronts[p->page];
	const struct profile *profile = e->in->profile;
	draw_rules(l, &p->box, p->cell->rules);
	if (is_picture(p->cell) && !dlist_clear(l, p->box.x, p->box.y, p->box.w, p->box.h))
		return RENDER_E_OVERFLOW;
	switch (p->cell->what) {
	case FORM_QR:
		return draw_qr(e, l, &p->box);
	case FORM_KOIN:
		return draw_stencil(l, &p->box, profile->koin_width_px, profile->koin_height_px,
		    profile->koin_bits);
	case FORM_SEAL:
		return draw_stencil(
		    l, &p->box, e->in->seal->width_px, e->in->seal->height_px, e->in->seal->bits);
	case FORM_RULER:
		draw_ruler(l, &p->box);
		return 0;
	default:
		return p->text != NULL ? draw_text(e, l, p) : 0;
	}
}

static const char *
placed_name(const struct placed *p)
{
	switch (p->cell->what) {
	case FORM_QR:
		return "qr";
	case FORM_KOIN:
		return "koin";
	case FORM_SEAL:
		return "seal";
	default:
		return p->name;
	}
}

const char *
engine_title(const struct render_input *in)
{
	return in->form != NULL && in->form->title != NULL ? in->form->title
							   : doc_kind_title(in->kind);
}

/* Notes what cannot be printed and why, each item once. */
static void
survey_note(struct engine *e, const struct placed *p, int outcome)
{
	struct engine_survey *s = e->doc->survey;
	struct render_trouble t = { .item = placed_name(p), .outcome = outcome, .why = "too long" };
	if (outcome == RENDER_E_NO_GLYPH && p->text != NULL)
		t.why = shape_why(e->fonts, p->text, &t.at);
	for (unsigned i = 0; i < s->n; i++)
		if (text_equal(s->list[i].item, t.item))
			return;
	if (s->n < s->room)
		s->list[s->n++] = t;
}

int
engine_run(struct arena *a, const struct fontset_stack *fonts, const struct form *form,
    const struct render_input *in, struct engine_doc *ret, struct err *err)
{
	struct engine e = { .arena = a, .fonts = fonts, .form = form, .in = in, .doc = ret };
	(void)err;
	ret->n_pages = (in->n_persons + form->slots - 1) / form->slots;
	if (ret->n_pages > RENDER_MAX_PAGES) {
		ret->failed_item = "persons";
		return RENDER_E_TOO_MANY;
	}
	e.placed = arena_zero_n(a, (size_t)ret->n_pages * most_cells(form), sizeof(*e.placed));
	ret->fields = arena_zero_n(a, RENDER_MAX_FIELDS, sizeof(*ret->fields));
	int r = 0;
	for (unsigned i = 0; i < ret->n_pages; i++) {
		dlist_init(&ret->fronts[i], a);
		dlist_init(&ret->backs[i], a);
	}
	for (unsigned i = 0; r == 0 && i < ret->n_pages; i++)
		r = page_place(&e, i);
	if (r == 0)
		render_digest(ret->fields, ret->n_fields, in->seal, ret->digest);
	for (unsigned i = 0; r == 0 && i < e.n_placed; i++) {
		r = placed_draw(&e, &e.placed[i]);
		if (r > 0 && ret->survey != NULL) {
			survey_note(&e, &e.placed[i], r);
			r = 0;
		} else if (r) {
			ret->failed_item = placed_name(&e.placed[i]);
		}
	}
	return r;
}
