/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form_check - what every certificate must have and may not have, whatever its
 * description says (住民記録システム標準仕様書 5.1, 5.4, 5.6; 住民基本台帳法 第12条).
 */
#include "form.h"

#include <string.h>

static const char black_seal[] = "この印は黒色です";

/* Items that stand on a certificate only when they were asked for (標準仕様書 5.1). */
static const struct {
	enum resident_item item;
	unsigned option;
} asked_for[] = {
	{ RESIDENT_ITEM_zokugara, ORDER_SETAINUSHI },
	{ RESIDENT_ITEM_setainushi, ORDER_SETAINUSHI },
	{ RESIDENT_ITEM_honseki, ORDER_HONSEKI },
	{ RESIDENT_ITEM_hittosha, ORDER_HONSEKI },
	{ RESIDENT_ITEM_kojin_no, ORDER_KOJIN_NO },
	{ RESIDENT_ITEM_jumin_code, ORDER_JUMIN_CODE },
	{ RESIDENT_ITEM_kokuseki, ORDER_KOKUSEKI },
	{ RESIDENT_ITEM_ho30_45, ORDER_ZAIRYU },
	{ RESIDENT_ITEM_zairyu_shikaku, ORDER_ZAIRYU },
	{ RESIDENT_ITEM_zairyu_kikan, ORDER_ZAIRYU },
	{ RESIDENT_ITEM_zairyu_manryo, ORDER_ZAIRYU },
	{ RESIDENT_ITEM_zairyu_no, ORDER_ZAIRYU },
};

/* Never on a paper by itself: the office's own numbers, what is past, and half an address. */
static const enum resident_item never[] = { RESIDENT_ITEM_atena_no, RESIDENT_ITEM_setai_no,
	RESIDENT_ITEM_address, RESIDENT_ITEM_katagaki, RESIDENT_ITEM_name, RESIDENT_ITEM_name_latin,
	RESIDENT_ITEM_ido_jiyu, RESIDENT_ITEM_ido_on, RESIDENT_ITEM_shojo_jiyu,
	RESIDENT_ITEM_shojo_on };

static unsigned
option_needed(const struct form_cell *c)
{
	if (c->what == FORM_VALUE && c->value == VALUE_HEAD)
		return ORDER_SETAINUSHI;
	for (size_t i = 0; c->what == FORM_ITEM && i < N_ELEMENTS(asked_for); i++)
		if (asked_for[i].item == c->item)
			return asked_for[i].option;
	return 0;
}

/* True for what is a resident's: never in smaller type than FIT_LEAST_PX. */
static bool
is_of_resident(const struct form_cell *c)
{
	return c->what == FORM_ITEM || c->what == FORM_DATA ||
	    (c->what == FORM_VALUE &&
		(c->value == VALUE_NAME || c->value == VALUE_ADDRESS ||
		    c->value == VALUE_HEAD_ADDRESS || c->value == VALUE_HEAD));
}

/* Values that a block of persons has, and those that head and foot have. */
static bool
value_belongs(enum value v, bool of_person)
{
	switch (v) {
	case VALUE_SLOT:
	case VALUE_NAME:
	case VALUE_ADDRESS:
		return of_person;
	case VALUE_STARS:
		return true;
	default:
		return !of_person;
	}
}

static int
cell_check(const struct form_cell *c, bool of_person, long number, struct err *err)
{
	if (c->what == FORM_ITEM && !of_person)
		return err_raise(err, FAULT_CONFIG, "item outside a person's block", number);
	if (c->what == FORM_VALUE && !value_belongs(c->value, of_person))
		return err_raise(err, FAULT_CONFIG, "value of another block", number);
	for (size_t i = 0; c->what == FORM_ITEM && i < N_ELEMENTS(never); i++)
		if (never[i] == c->item)
			return err_raise(err, FAULT_CONFIG, "item that is never printed", number);
	if (option_needed(c) != c->option)
		return err_raise(err, FAULT_CONFIG, "item with the wrong option", number);
	if (is_of_resident(c) && c->style->min_px < FIT_LEAST_PX)
		return err_raise(err, FAULT_CONFIG, "type too small for an item", number);
	if (of_person && c->on != FORM_EVERY)
		return err_raise(err, FAULT_CONFIG, "person's cell on some pages", number);
	return 0;
}

static int
cell_size(const struct form_block *b, const struct form_cell *c, long number, struct err *err)
{
	if (c->col + c->cols > b->cols || c->row + c->rows > b->rows)
		return err_raise(err, FAULT_CONFIG, "cell over the edge of its block", number);
	if (c->what != FORM_FRAME && (c->cols == 0 || c->rows == 0))
		return err_raise(err, FAULT_CONFIG, "cell without room", number);
	unsigned w = (unsigned)c->cols * b->col_mm100;
	unsigned h = (unsigned)c->rows * b->row_mm100;
	bool has_stamp = c->what == FORM_KOIN || c->what == FORM_SEAL;
	if ((has_stamp && (w < FORM_KOIN_MM100 || h < FORM_KOIN_MM100)) ||
	    (c->what == FORM_RULER && w < FORM_KOIN_MM100))
		return err_raise(err, FAULT_CONFIG, "no room for 25 mm", number);
	return 0;
}

static bool
on_one_page(enum form_on a, enum form_on b)
{
	return a == b || a == FORM_EVERY || b == FORM_EVERY;
}

/* Frames may lie around others; nothing else may lie on another. */
static bool
cells_overlap(const struct form_cell *a, const struct form_cell *b)
{
	return a->what != FORM_FRAME && b->what != FORM_FRAME && on_one_page(a->on, b->on) &&
	    a->col < b->col + b->cols && b->col < a->col + a->cols && a->row < b->row + b->rows &&
	    b->row < a->row + a->rows;
}

static bool
same_field(const struct form_cell *a, const struct form_cell *b)
{
	bool fields = a->what >= FORM_ITEM && a->what <= FORM_DATA && b->what >= FORM_ITEM &&
	    b->what <= FORM_DATA;
	return fields && a->text[0] != '\0' && strcmp(a->text, b->text) == 0;
}

static int
block_check(const struct form_block *b, bool of_person, struct err *err)
{
	for (unsigned i = 0; i < b->n_cells; i++) {
		const struct form_cell *c = &b->cells[i];
		int r = cell_size(b, c, (long)i, err);
		if (r == 0)
			r = cell_check(c, of_person, (long)i, err);
		if (r)
			return r;
		for (unsigned k = 0; k < i; k++) {
			if (cells_overlap(&b->cells[k], c))
				return err_raise(err, FAULT_CONFIG, "cells overlap", (long)i);
			if (same_field(&b->cells[k], c))
				return err_raise(err, FAULT_CONFIG, "field twice", (long)i);
		}
	}
	return 0;
}

/* The only cell of a block that is @what and, for a value or an item, which. NULL: none, or two. */
static const struct form_cell *
only(const struct form_block *b, enum form_what what, unsigned which)
{
	const struct form_cell *found = NULL;
	for (unsigned i = 0; i < b->n_cells; i++) {
		const struct form_cell *c = &b->cells[i];
		bool is = c->what == what && (what != FORM_VALUE || c->value == which) &&
		    (what != FORM_ITEM || c->item == which);
		if (is && found != NULL)
			return NULL;
		if (is)
			found = c;
	}
	return found;
}

/* In the head or in the foot, once, on the pages where it must stand. */
static bool
stands_once(const struct form *f, enum form_what what, unsigned which, enum form_on on)
{
	const struct form_cell *head = only(&f->head, what, which);
	const struct form_cell *foot = only(&f->foot, what, which);
	if ((head == NULL) == (foot == NULL))
		return false;
	return (head != NULL ? head : foot)->on == on;
}

static bool
has_label(const struct form_block *b, const char *text, enum form_on on)
{
	for (unsigned i = 0; i < b->n_cells; i++)
		if (b->cells[i].what == FORM_LABEL && b->cells[i].on == on &&
		    strcmp(b->cells[i].text, text) == 0)
			return true;
	return false;
}

static int
whole_check(const struct form *f, struct err *err)
{
	static const struct {
		enum value value;
		enum form_on on;
	} must[] = { { VALUE_TITLE, FORM_EVERY }, { VALUE_ISSUE_NUMBER, FORM_EVERY },
		{ VALUE_FRONT_CODE, FORM_EVERY }, { VALUE_DIGEST, FORM_EVERY },
		{ VALUE_NINSHO, FORM_LAST }, { VALUE_ISSUED_ON, FORM_LAST },
		{ VALUE_MAYOR, FORM_LAST } };
	for (size_t i = 0; i < N_ELEMENTS(must); i++)
		if (!stands_once(f, FORM_VALUE, must[i].value, must[i].on))
			return err_raise(
			    err, FAULT_CONFIG, "value that must stand once", (long)must[i].value);
	for (unsigned i = 0; i < f->head.n_cells; i++)
		for (unsigned k = 0; k < f->foot.n_cells; k++)
			if (same_field(&f->head.cells[i], &f->foot.cells[k]))
				return err_raise(err, FAULT_CONFIG, "field twice", (long)k);
	if (!stands_once(f, FORM_QR, 0, FORM_EVERY))
		return err_raise(err, FAULT_CONFIG, "code that must stand once", 0);
	if (!stands_once(f, FORM_KOIN, 0, FORM_LAST))
		return err_raise(err, FAULT_CONFIG, "official seal that must stand once", 0);
	/* 標準仕様書 5.6 */
	if (!has_label(&f->foot, black_seal, FORM_LAST) &&
	    !has_label(&f->head, black_seal, FORM_LAST))
		return err_raise(err, FAULT_CONFIG, "seal without the words on its colour", 0);
	return 0;
}

static int
persons_check(const struct form *f, struct err *err)
{
	const struct form_block *blocks[] = { &f->person, &f->foreign };
	bool in_head = only(&f->head, FORM_VALUE, VALUE_HEAD_ADDRESS) != NULL;
	for (size_t i = 0; i < N_ELEMENTS(blocks); i++) {
		if (only(blocks[i], FORM_VALUE, VALUE_NAME) == NULL ||
		    only(blocks[i], FORM_ITEM, RESIDENT_ITEM_birth) == NULL)
			return err_raise(
			    err, FAULT_CONFIG, "person without name or birth", (long)i);
		bool in_block = only(blocks[i], FORM_VALUE, VALUE_ADDRESS) != NULL;
		if (in_head == in_block)
			return err_raise(err, FAULT_CONFIG, "person without address", (long)i);
	}
	return 0;
}

/* A person's slot is as high as the next one lets it be, and the last stands on the page. */
static int
slots_check(const struct form *f, struct err *err)
{
	const struct form_block *blocks[] = { &f->person, &f->foreign, &f->unused };
	for (size_t i = 0; i < N_ELEMENTS(blocks); i++) {
		const struct form_block *b = blocks[i];
		unsigned high = (unsigned)b->rows * b->row_mm100;
		unsigned end = b->y_mm100 + (f->slots - 1) * f->slot_mm100 + high;
		if ((f->slots > 1 && high > f->slot_mm100) || end > FORM_PAGE_H_MM100)
			return err_raise(err, FAULT_CONFIG, "slots over one another", (long)i);
	}
	return 0;
}

static bool
same_cell(const struct form_cell *a, const struct form_cell *b)
{
	bool texts = a->text == NULL || b->text == NULL ? a->text == b->text
							: strcmp(a->text, b->text) == 0;
	return texts && a->what == b->what && a->value == b->value && a->item == b->item &&
	    a->absent == b->absent && a->on == b->on && a->option == b->option;
}

/* What stands in one head stands in the other, whichever is printed. */
static int
heads_check(const struct form *f, struct err *err)
{
	const struct form_block *b = &f->head_long;
	if (b->n_cells == 0)
		return 0;
	if (b->n_cells != f->head.n_cells)
		return err_raise(err, FAULT_CONFIG, "heads of other cells", (long)b->n_cells);
	for (unsigned i = 0; i < b->n_cells; i++)
		if (!same_cell(&f->head.cells[i], &b->cells[i]))
			return err_raise(err, FAULT_CONFIG, "heads of other cells", (long)i);
	return err_trace(err, block_check(b, false, err), "head_long");
}

int
form_check(const struct form *f, struct err *err)
{
	int r = err_trace(err, block_check(&f->head, false, err), "head");
	if (r == 0)
		r = heads_check(f, err);
	if (r == 0)
		r = err_trace(err, block_check(&f->person, true, err), "person");
	if (r == 0)
		r = err_trace(err, block_check(&f->foreign, true, err), "foreign");
	if (r == 0)
		r = err_trace(err, block_check(&f->unused, true, err), "unused");
	if (r == 0)
		r = err_trace(err, block_check(&f->foot, false, err), "foot");
	if (r == 0)
		r = whole_check(f, err);
	if (r == 0)
		r = persons_check(f, err);
	if (r == 0)
		r = slots_check(f, err);
	return err_trace(err, r, "form_check");
}
