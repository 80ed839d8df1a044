/* SPDX-License-Identifier: Apache-2.0 */
#include "dlist.h"

#include <stdlib.h>
#include <string.h>

void
dlist_init(struct dlist *l, struct arena *a)
{
	*l = (struct dlist){ .arena = a };
}

static struct dlist_item *
dlist_add(struct dlist *l, enum dlist_what what)
{
	if (l->n == l->room) {
		unsigned room = l->room != 0 ? 2 * l->room : 128;
		if (room > 2 * DLIST_MAX_ITEMS)
			abort(); /* forms are finite: only a bug draws without end */
		struct dlist_item *items = arena_zero_n(l->arena, room, sizeof(*items));
		if (l->n != 0)
			memcpy(items, l->items, l->n * sizeof(*items));
		l->items = items;
		l->room = room;
	}
	l->items[l->n] = (struct dlist_item){ .what = what };
	return &l->items[l->n++];
}

/* The whole pixel at or before @v, in units. */
static int32_t
whole_px(int32_t v)
{
	int32_t rest = v % DLIST_PX;
	return v - (rest < 0 ? rest + DLIST_PX : rest);
}

void
dlist_text(struct dlist *l, int32_t x, int32_t y, unsigned px, struct shape_run run)
{
	struct dlist_item *i = dlist_add(l, DLIST_TEXT);
	i->x = whole_px(x) + DLIST_PX / 2;
	i->y = whole_px(y) + DLIST_PX / 2;
	i->px = px;
	i->run = run;
}

/* True when b's span starts inside or at the end of a's. */
static bool
touches(int32_t a_at, int32_t a_len, int32_t b_at)
{
	return b_at >= a_at && b_at <= a_at + a_len;
}

static int32_t
longer(int32_t a_at, int32_t a_len, int32_t b_at, int32_t b_len)
{
	int32_t end = a_at + a_len > b_at + b_len ? a_at + a_len : b_at + b_len;
	return end - a_at;
}

void
dlist_rect_px(struct dlist *l, int32_t x, int32_t y, int32_t w, int32_t h)
{
	struct dlist_item *i = dlist_add(l, DLIST_RECT);
	i->x = x * DLIST_PX;
	i->y = y * DLIST_PX;
	i->w = w * DLIST_PX;
	i->h = h * DLIST_PX;
}

void
dlist_rule_px(struct dlist *l, int32_t x, int32_t y, int32_t w, int32_t h)
{
	int32_t at_x = x * DLIST_PX, at_y = y * DLIST_PX;
	int32_t len_x = w * DLIST_PX, len_y = h * DLIST_PX;
	for (unsigned k = l->n; k > 0; k--) {
		struct dlist_item *o = &l->items[k - 1];
		if (o->what != DLIST_RECT)
			continue;
		if (w >= h && o->y == at_y && o->h == len_y && touches(o->x, o->w, at_x)) {
			o->w = longer(o->x, o->w, at_x, len_x);
			return;
		}
		if (h > w && o->x == at_x && o->w == len_x && touches(o->y, o->h, at_y)) {
			o->h = longer(o->y, o->h, at_y, len_y);
			return;
		}
	}
	dlist_rect_px(l, x, y, w, h);
}

void
dlist_stencil(
    struct dlist *l, int32_t x, int32_t y, uint16_t w_px, uint16_t h_px, const uint8_t *bits)
{
	struct dlist_item *i = dlist_add(l, DLIST_STENCIL);
	i->x = whole_px(x);
	i->y = whole_px(y);
	i->w = w_px * DLIST_DOT;
	i->h = h_px * DLIST_DOT;
	i->w_px = w_px;
	i->h_px = h_px;
	i->bits = bits;
}

bool
dlist_clear(struct dlist *l, int32_t x, int32_t y, int32_t w, int32_t h)
{
	if (l->n_clears == DLIST_MAX_CLEARS || x < 0 || y < 0 || w <= 0 || h <= 0 ||
	    x + w > RENDER_W || y + h > RENDER_H)
		return false;
	l->clears[l->n_clears++] =
	    (struct dlist_clear){ (uint16_t)x, (uint16_t)y, (uint16_t)w, (uint16_t)h };
	return true;
}

int32_t
dlist_px_from_mm100(int32_t mm100)
{
	return (mm100 * 300 + 1270) / 2540;
}
