/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a form's description: what is accepted lies on the page, has
 * every field once and no cell on another.
 */
#include "base/arena.h"
#include "server/render/form.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
need(bool ok)
{
	if (!ok)
		abort();
}

static void
cell_holds(const struct form_block *b, const struct form_cell *c)
{
	bool is_text = c->what >= FORM_LABEL && c->what <= FORM_DATA;
	need(c->what >= FORM_LABEL && c->what <= FORM_FRAME && c->text != NULL);
	need(c->col + c->cols <= b->cols && c->row + c->rows <= b->rows);
	need(is_text == (c->style != NULL));
	need(c->what != FORM_ITEM || resident_item_info(c->item) != NULL);
	need(c->what != FORM_VALUE || (c->value > VALUE_NONE && c->value <= VALUE_TITLE));
	if (!is_text)
		return;
	need(c->style->min_px >= FORM_LEAST_LABEL_PX && c->style->min_px <= c->style->max_px);
	need(c->style->max_px <= FORM_MAX_PX && c->style->max_lines >= 1);
	need(c->style->max_lines <= FIT_MAX_LINES && strlen(c->text) <= FORM_MAX_TEXT_BYTES);
	need(c->what != FORM_ITEM || c->item != RESIDENT_ITEM_kojin_no ||
	    c->option == ORDER_KOJIN_NO);
}

static unsigned
block_holds(const struct form *f, const struct form_block *b, unsigned slots)
{
	unsigned end = b->y_mm100 + (slots - 1) * f->slot_mm100 + (unsigned)b->rows * b->row_mm100;
	unsigned mayors = 0;
	need(b->x_mm100 + (unsigned)b->cols * b->col_mm100 <= FORM_PAGE_W_MM100);
	need(end <= FORM_PAGE_H_MM100 && b->n_cells <= FORM_MAX_CELLS);
	for (unsigned i = 0; i < b->n_cells; i++) {
		cell_holds(b, &b->cells[i]);
		mayors += b->cells[i].what == FORM_VALUE && b->cells[i].value == VALUE_MAYOR;
	}
	return mayors;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(8 << 20);
	struct form f = { 0 };
	struct err err = { 0 };
	if (form_parse(a, data, size, &f, &err) == 0) {
		need(f.slots >= 1 && f.slots <= FORM_MAX_SLOTS);
		unsigned mayors = block_holds(&f, &f.head, 1) + block_holds(&f, &f.foot, 1);
		mayors += block_holds(&f, &f.person, f.slots) +
		    block_holds(&f, &f.foreign, f.slots) + block_holds(&f, &f.unused, f.slots);
		need(mayors == 1);
	} else {
		need(err.fault == FAULT_CONFIG && err.depth > 0 && f.slots == 0);
	}
	arena_free(a);
	return 0;
}
