/* SPDX-License-Identifier: Apache-2.0 */
/* form_file - a description's JSON becomes a form; docs/FORMS.md says what it may hold. */
#include "form.h"

#include "base/text.h"
#include "wire/js.h"

#include <string.h>

/* What is at hand while one description is read. */
struct file {
	struct arena *arena;
	const json_t *parts; /* NULL: none */
	bool *used;          /* which of them a block has taken */
	const json_t *styles;
	struct fit_style *own; /* what @styles became, in its order */
};
/* What a block says for its cells that do not say it themselves. */
struct defaults {
	const struct fit_style *label;
	uint8_t rules;
};

static const char *const rules_names[] = {
	[FORM_BARE] = "none", [FORM_TOP] = "top", [FORM_BOX] = "box"
};
static const char *const absent_names[] = { "kuran", "stars", "nothing", "needed" };
static const char *const on_names[] = { "every", "last", "not-last" };
static const char *const align_names[] = { "left", "center", "right" };
static const char *const place_names[] = { "middle", "top" };
static const char *const picture_names[] = {
	[FORM_QR] = "qr", [FORM_KOIN] = "koin", [FORM_SEAL] = "seal", [FORM_RULER] = "ruler"
};

/* A member that is one of a list of names; *ret stays as it is when there is no such member. */
static bool
one_of(const json_t *o, const char *key, const char *const *names, size_t n, unsigned *ret)
{
	const json_t *v = json_object_get(o, key);
	const char *s = json_string_value(v);
	for (unsigned i = 0; s != NULL && i < n; i++)
		if (names[i] != NULL && strcmp(names[i], s) == 0) {
			*ret = i;
			return true;
		}
	return v == NULL;
}
#define ONE_OF(o, key, names, ret) one_of((o), (key), (names), N_ELEMENTS(names), (ret))

/* A clean text of 1..max bytes, or NULL. */
static const char *
text_of(const json_t *v, size_t max_bytes)
{
	const char *s = json_string_value(v);
	size_t n = json_string_length(v);
	return s != NULL && n > 0 && n <= max_bytes && text_is_clean_utf8(s, n) ? s : NULL;
}

/* A name of our own kind: a-z, 0-9, _. */
static const char *
name_of(const json_t *v)
{
	const char *s = text_of(v, FORM_MAX_NAME);
	if (s == NULL || strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(s))
		return NULL;
	return s;
}

/* An array of exactly @n whole numbers of min..max. */
static bool
numbers(const json_t *list, size_t n, int64_t min, int64_t max, uint16_t *ret)
{
	if (!json_is_array(list) || json_array_size(list) != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(list, i);
		if (!json_is_integer(v) || json_integer_value(v) < min ||
		    json_integer_value(v) > max)
			return false;
		ret[i] = (uint16_t)json_integer_value(v);
	}
	return true;
}

static const struct fit_style *
style_of(const struct file *f, const json_t *v)
{
	const char *name = name_of(v);
	const char *key = NULL;
	const json_t *style = NULL;
	size_t i = 0;
	if (name == NULL)
		return NULL;
	/* jansson's iteration wants a mutable object; nothing is changed. */
	json_object_foreach((json_t *)(uintptr_t)f->styles, key, style)
	{
		if (strcmp(key, name) == 0)
			return &f->own[i];
		i++;
	}
	return form_style_find(name);
}

static int
style_parse(const json_t *o, struct fit_style *ret, struct err *err)
{
	static const char *const members[] = { "px", "lines", "align?", "place?", "pad?", NULL };
	uint16_t px[2] = { 0 };
	int64_t lines = 0;
	int64_t pad = 0;
	unsigned align = FIT_LEFT;
	unsigned place = FIT_MIDDLE;
	if (js_members(o, members, err) != 0)
		return err_raise(err, FAULT_CONFIG, "style's members", 0);
	if (!numbers(json_object_get(o, "px"), 2, FORM_LEAST_LABEL_PX, FORM_MAX_PX, px) ||
	    px[0] % FIT_STEP_PX != 0 || px[1] % FIT_STEP_PX != 0 || px[0] < px[1])
		return err_raise(err, FAULT_CONFIG, "style's sizes", px[0]);
	if (js_int(o, "lines", 1, FIT_MAX_LINES, &lines, err) != 0)
		return err_raise(err, FAULT_CONFIG, "style's lines", 0);
	if (json_object_get(o, "pad") != NULL &&
	    js_int(o, "pad", 0, FORM_MAX_PAD_PX, &pad, err) != 0)
		return err_raise(err, FAULT_CONFIG, "style's margin", 0);
	if (!ONE_OF(o, "align", align_names, &align) || !ONE_OF(o, "place", place_names, &place))
		return err_raise(err, FAULT_CONFIG, "style's place", 0);
	*ret = (struct fit_style){ .max_px = (uint8_t)px[0],
		.min_px = (uint8_t)px[1],
		.max_lines = (uint8_t)lines,
		.align = (enum fit_align)align,
		.place = (enum fit_place)place,
		.pad_px = (uint8_t)pad };
	return 0;
}

static int
styles_parse(struct file *f, struct err *err)
{
	const char *key = NULL;
	const json_t *style = NULL;
	size_t i = 0;
	if (f->styles == NULL)
		return 0;
	if (!json_is_object(f->styles) || json_object_size(f->styles) > FORM_MAX_STYLES)
		return err_raise(err, FAULT_CONFIG, "number of styles", FORM_MAX_STYLES);
	f->own = arena_zero_n(f->arena, FORM_MAX_STYLES, sizeof(*f->own));
	json_object_foreach((json_t *)(uintptr_t)f->styles, key, style)
	{
		if (strlen(key) > FORM_MAX_NAME || form_style_find(key) != NULL)
			return err_raise(err, FAULT_CONFIG, "style's name", (long)i);
		int r = style_parse(style, &f->own[i++], err);
		if (r)
			return err_trace(err, r, "styles");
	}
	return 0;
}

/* Which of the members that say what a cell is it has; 0 unless exactly one. */
static enum form_what
cell_what(const json_t *o)
{
	static const char *const names[] = { [FORM_LABEL] = "label",
		[FORM_ITEM] = "item",
		[FORM_VALUE] = "value",
		[FORM_DATA] = "data",
		[FORM_QR] = "picture",
		[FORM_FRAME] = "frame" };
	enum form_what what = (enum form_what)0;
	for (unsigned i = 0; i < N_ELEMENTS(names); i++) {
		if (names[i] == NULL || json_object_get(o, names[i]) == NULL)
			continue;
		if (what != 0)
			return (enum form_what)0;
		what = (enum form_what)i;
	}
	return what;
}

/* The member that says what it is, by its kind. False when it is none we know. */
static bool
cell_subject(struct arena *a, const json_t *o, struct form_cell *c)
{
	unsigned picture = 0;
	const char *s = NULL;
	switch (c->what) {
	case FORM_LABEL:
		s = text_of(json_object_get(o, "label"), FORM_MAX_TEXT_BYTES);
		c->text = s != NULL ? arena_strdup(a, s) : NULL;
		return s != NULL;
	case FORM_ITEM:
		s = name_of(json_object_get(o, "item"));
		c->item = (uint8_t)(s != NULL ? resident_item_find(s) : 0);
		c->text = s != NULL ? arena_strdup(a, s) : NULL;
		return c->item != 0;
	case FORM_VALUE:
		s = name_of(json_object_get(o, "value"));
		c->value = s != NULL ? value_find(s) : VALUE_NONE;
		c->text = value_key(c->value);
		return c->value != VALUE_NONE;
	case FORM_DATA:
		s = name_of(json_object_get(o, "data"));
		c->text = s != NULL ? arena_strdup(a, s) : NULL;
		return s != NULL;
	case FORM_FRAME:
		c->text = "";
		return json_is_true(json_object_get(o, "frame"));
	default:
		c->text = "";
		if (!ONE_OF(o, "picture", picture_names, &picture))
			return false;
		c->what = (enum form_what)picture;
		return true;
	}
}

/* Place, style, rules, pages: what any cell may say. */
static int
cell_looks(const struct file *f, const struct defaults *d, const json_t *o, struct form_cell *c,
    long number, struct err *err)
{
	uint16_t at[4] = { 0 };
	unsigned rules = d->rules;
	unsigned on = FORM_EVERY;
	if (!numbers(json_object_get(o, "at"), 4, 0, FORM_MAX_GRID, at))
		return err_raise(err, FAULT_CONFIG, "cell's place", number);
	c->col = at[0];
	c->row = at[1];
	c->cols = at[2];
	c->rows = at[3];
	if (!ONE_OF(o, "rules", rules_names, &rules))
		return err_raise(err, FAULT_CONFIG, "cell's rules", number);
	if (!ONE_OF(o, "on", on_names, &on))
		return err_raise(err, FAULT_CONFIG, "cell's pages", number);
	c->rules = (uint8_t)rules;
	c->on = (enum form_on)on;
	bool is_text = c->what <= FORM_DATA;
	if (!is_text && c->what != FORM_FRAME && json_object_get(o, "rules") == NULL)
		c->rules = c->what == FORM_SEAL ? d->rules : FORM_BARE;
	if (c->what == FORM_LABEL)
		c->style = d->label;
	if (json_object_get(o, "style") != NULL)
		c->style = style_of(f, json_object_get(o, "style"));
	if (is_text != (c->style != NULL))
		return err_raise(err, FAULT_CONFIG, "cell's style", number);
	return 0;
}

/* Option and what stands for nothing: only for what may be a field. */
static int
cell_field(const json_t *o, struct form_cell *c, long number, struct err *err)
{
	bool may = c->what == FORM_ITEM || c->what == FORM_VALUE || c->what == FORM_DATA;
	unsigned absent = c->absent;
	if (!may && (json_object_get(o, "option") != NULL || json_object_get(o, "absent") != NULL))
		return err_raise(err, FAULT_CONFIG, "cell is no field", number);
	if (json_object_get(o, "option") != NULL) {
		const char *name = name_of(json_object_get(o, "option"));
		c->option = name != NULL ? order_option_find(name) : 0;
		if (c->option == 0)
			return err_raise(err, FAULT_CONFIG, "cell's option", number);
	}
	if (!ONE_OF(o, "absent", absent_names, &absent))
		return err_raise(err, FAULT_CONFIG, "cell's mark", number);
	c->absent = (enum form_absent)absent;
	return 0;
}

static int
cell_parse(const struct file *f, const struct defaults *d, const json_t *o, struct form_cell *ret,
    long number, struct err *err)
{
	static const char *const members[] = { "at", "label?", "item?", "value?", "data?",
		"picture?", "frame?", "style?", "option?", "absent?", "on?", "rules?", NULL };
	struct form_cell c = { 0 };
	if (js_members(o, members, err) != 0)
		return err_raise(err, FAULT_CONFIG, "cell's members", number);
	c.what = cell_what(o);
	if (c.what == 0)
		return err_raise(err, FAULT_CONFIG, "cell is not one thing", number);
	if (!cell_subject(f->arena, o, &c))
		return err_raise(err, FAULT_CONFIG, "cell's subject", number);
	int r = cell_looks(f, d, o, &c, number, err);
	if (r == 0)
		r = cell_field(o, &c, number, err);
	if (r == 0)
		*ret = c;
	return r;
}

/* The part that "@name" stands for; NULL when there is none. */
static const json_t *
part_take(const struct file *f, const char *at_name)
{
	const char *key = NULL;
	const json_t *part = NULL;
	size_t i = 0;
	if (at_name[0] != '@' || f->parts == NULL)
		return NULL;
	json_object_foreach((json_t *)(uintptr_t)f->parts, key, part)
	{
		if (strcmp(key, at_name + 1) == 0) {
			f->used[i] = true;
			return part;
		}
		i++;
	}
	return NULL;
}

/* A list of cells; in a block's own an "@name" stands for the cells of a part. */
static int
cells_parse(const struct file *f, const struct defaults *d, const json_t *list, bool in_part,
    struct form_cell *cells, unsigned *n, struct err *err)
{
	if (!json_is_array(list) || json_array_size(list) == 0)
		return err_raise(err, FAULT_CONFIG, "block's cells", 0);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);
		const char *part = json_string_value(o);
		int r = 0;
		if (part != NULL) {
			const json_t *of = part_take(f, part);
			if (in_part || of == NULL)
				return err_raise(err, FAULT_CONFIG, "cells' part", (long)*n);
			r = cells_parse(f, d, of, true, cells, n, err);
		} else {
			if (*n == FORM_MAX_CELLS)
				return err_raise(err, FAULT_CONFIG, "number of cells", (long)*n);
			r = cell_parse(f, d, o, &cells[*n], (long)*n, err);
			*n += 1;
		}
		if (r)
			return r;
	}
	return 0;
}

static int
block_place(const json_t *o, struct form_block *b, struct err *err)
{
	uint16_t at[2], unit[2], grid[2];
	if (!numbers(json_object_get(o, "at_mm100"), 2, 0, FORM_PAGE_H_MM100, at))
		return err_raise(err, FAULT_CONFIG, "block's place", 0);
	if (!numbers(json_object_get(o, "unit_mm100"), 2, 1, FORM_MAX_UNIT_MM100, unit) ||
	    !numbers(json_object_get(o, "grid"), 2, 1, FORM_MAX_GRID, grid))
		return err_raise(err, FAULT_CONFIG, "block's grid", 0);
	if (at[0] + unit[0] * grid[0] > FORM_PAGE_W_MM100 ||
	    at[1] + unit[1] * grid[1] > FORM_PAGE_H_MM100)
		return err_raise(err, FAULT_CONFIG, "block over the edge of the page", at[0]);
	b->x_mm100 = at[0];
	b->y_mm100 = at[1];
	b->col_mm100 = unit[0];
	b->row_mm100 = unit[1];
	b->cols = grid[0];
	b->rows = grid[1];
	return 0;
}

static int
block_parse(const struct file *f, const json_t *o, struct form_block *ret, struct err *err)
{
	static const char *const members[] = { "at_mm100", "unit_mm100", "grid", "framed?",
		"rules?", "label_style?", "cells", NULL };
	struct form_cell cells[FORM_MAX_CELLS];
	struct form_block b = { 0 };
	struct defaults d = { .label = form_style_find("label") };
	const json_t *framed = json_object_get(o, "framed");
	unsigned rules = FORM_BARE;
	if (js_members(o, members, err) != 0)
		return err_raise(err, FAULT_CONFIG, "block's members", 0);
	int r = block_place(o, &b, err);
	if (r)
		return r;
	if (framed != NULL && !json_is_boolean(framed))
		return err_raise(err, FAULT_CONFIG, "block's frame", 0);
	if (!ONE_OF(o, "rules", rules_names, &rules))
		return err_raise(err, FAULT_CONFIG, "block's rules", 0);
	if (json_object_get(o, "label_style") != NULL)
		d.label = style_of(f, json_object_get(o, "label_style"));
	if (d.label == NULL)
		return err_raise(err, FAULT_CONFIG, "block's style", 0);
	d.rules = (uint8_t)rules;
	b.framed = json_is_true(framed);
	r = cells_parse(f, &d, json_object_get(o, "cells"), false, cells, &b.n_cells, err);
	if (r)
		return r;
	b.cells = arena_memdup(f->arena, cells, b.n_cells * sizeof(*cells));
	*ret = b;
	return 0;
}

static int
slots_parse(const json_t *o, struct form *form, struct err *err)
{
	int64_t slots = 0;
	int64_t slot = 0;
	if (js_int(o, "slots", 1, FORM_MAX_SLOTS, &slots, err) != 0)
		return err_raise(err, FAULT_CONFIG, "number of slots", 0);
	if ((slots > 1) != (json_object_get(o, "slot_mm100") != NULL) ||
	    (slots > 1 && js_int(o, "slot_mm100", 1, FORM_PAGE_H_MM100, &slot, err) != 0))
		return err_raise(err, FAULT_CONFIG, "height of a slot", 0);
	form->slots = (unsigned)slots;
	form->slot_mm100 = (uint16_t)slot;
	return 0;
}

/* Title and sentence of a form that belongs to no kind of enum doc_kind. */
static int
texts_parse(struct arena *a, const json_t *o, struct form *form, struct err *err)
{
	const json_t *title = json_object_get(o, "title");
	const json_t *ninsho = json_object_get(o, "ninsho");
	const char *s = text_of(title, FORM_MAX_TEXT_BYTES);
	const char *t = text_of(ninsho, FORM_MAX_TEXT_BYTES);
	if ((title != NULL && s == NULL) || (ninsho != NULL && t == NULL))
		return err_raise(err, FAULT_CONFIG, "title or sentence", 0);
	if ((s == NULL) != (t == NULL))
		return err_raise(err, FAULT_CONFIG, "title without a sentence", 0);
	form->title = s != NULL ? arena_strdup(a, s) : NULL;
	form->ninsho = t != NULL ? arena_strdup(a, t) : NULL;
	return 0;
}

static int
file_parse(struct file *f, const json_t *o, struct form *form, struct err *err)
{
	static const char *const members[] = { "form", "title?", "ninsho?", "slots", "slot_mm100?",
		"styles?", "parts?", "head", "head_long?", "person", "foreign", "unused?", "foot", NULL };
	if (js_members(o, members, err) != 0 || name_of(json_object_get(o, "form")) == NULL)
		return err_raise(err, FAULT_CONFIG, "form's members", 0);
	f->parts = json_object_get(o, "parts");
	f->styles = json_object_get(o, "styles");
	if (f->parts != NULL &&
	    (!json_is_object(f->parts) || json_object_size(f->parts) > FORM_MAX_PARTS))
		return err_raise(err, FAULT_CONFIG, "number of parts", FORM_MAX_PARTS);
	int r = styles_parse(f, err);
	if (r == 0)
		r = slots_parse(o, form, err);
	if (r == 0)
		r = texts_parse(f->arena, o, form, err);
	if (r == 0)
		r = err_trace(
		    err, block_parse(f, json_object_get(o, "head"), &form->head, err), "head");
	if (r == 0 && json_object_get(o, "head_long") != NULL)
		r = err_trace(err,
		    block_parse(f, json_object_get(o, "head_long"), &form->head_long, err),
		    "head_long");
	if (r == 0)
		r = err_trace(err, block_parse(f, json_object_get(o, "person"), &form->person, err),
		    "person");
	if (r == 0)
		r = err_trace(err,
		    block_parse(f, json_object_get(o, "foreign"), &form->foreign, err), "foreign");
	if (r == 0 && json_object_get(o, "unused") != NULL)
		r = err_trace(err, block_parse(f, json_object_get(o, "unused"), &form->unused, err),
		    "unused");
	if (r == 0)
		r = err_trace(
		    err, block_parse(f, json_object_get(o, "foot"), &form->foot, err), "foot");
	for (size_t i = 0; r == 0 && i < json_object_size(f->parts); i++)
		if (!f->used[i])
			return err_raise(err, FAULT_CONFIG, "part that no block takes", (long)i);
	return r;
}

int
form_parse(struct arena *a, const void *json, size_t bytes, struct form *ret, struct err *err)
{
	AUTO(json_t) json_t *o = NULL;
	bool used[FORM_MAX_PARTS] = { false };
	struct file f = { .arena = a, .used = used };
	struct form form = { 0 };
	if (bytes > FORM_MAX_BYTES)
		return err_raise(err, FAULT_CONFIG, "form over its limit", (long)bytes);
	if (js_parse(json, bytes, &o, err) != 0)
		return err_raise(err, FAULT_CONFIG, "form is no JSON", (long)bytes);
	int r = file_parse(&f, o, &form, err);
	if (r == 0)
		r = form_check(&form, err);
	if (r)
		return err_trace(err, r, "form");
	*ret = form;
	return 0;
}
