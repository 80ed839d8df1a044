/* SPDX-License-Identifier: Apache-2.0 */
#include "server/seal/drawn.h"
#include "backside/drawing.h"
#include "base/mem.h"
#include "server/render/bilevel.h"
#include "server/seal/demand_int.h"

enum {
	SLOTS = 1 << 15,
	KEPT_ARENA_BYTES = DRAWN_MAX_BYTES + (1 << 20),
	PAGE_ARENA_BYTES = 32 << 20,
	PAGE_SLOTS = 2 * DRAWING_MAX_SYMBOLS,
	GLYPH_MAX_BYTES = 4096, /* of one that is kept */
};
_Static_assert(DRAWN_MAX_GLYPHS < SLOTS / 4 * 3 + 1, "open addressing");

struct kept {
	uint64_t key; /* 0: free */
	const uint8_t *p;
	size_t bytes;
};
struct drawn_glyphs {
	struct arena *arena;
	unsigned n;
	struct kept slot[SLOTS];
};

struct drawn_glyphs *
drawn_glyphs_new(void)
{
	struct drawn_glyphs *g = mem_zero(sizeof(*g));
	g->arena = arena_new(KEPT_ARENA_BYTES);
	return g;
}

void
drawn_glyphs_free(struct drawn_glyphs *g)
{
	if (g != NULL)
		arena_free(g->arena);
	mem_free(g);
}

/* What is full is emptied, between two pages: a page's drawing points into it. */
static void
glyphs_make_room(struct drawn_glyphs *g)
{
	if (g->n < DRAWN_MAX_GLYPHS / 2 && arena_used_bytes(g->arena) < DRAWN_MAX_BYTES / 2)
		return;
	arena_reset(g->arena);
	mem_wipe(g->slot, sizeof(g->slot));
	g->n = 0;
}

static unsigned
slot_of(uint64_t key, unsigned n_slots)
{
	return (unsigned)(key * UINT64_C(0x9E3779B97F4A7C15) >> 40) % n_slots;
}

/* The glyph, or the free slot for it. */
static struct kept *
glyphs_find(struct drawn_glyphs *g, uint64_t key)
{
	unsigned at = slot_of(key, SLOTS);
	while (g->slot[at].key != 0 && g->slot[at].key != key)
		at = (at + 1) % SLOTS;
	return &g->slot[at];
}

/* A front in the making. */
struct drawn {
	struct drawn_glyphs *glyphs;
	struct arena *arena; /* the page's */
	struct drawing *drawing;
	struct {
		uint64_t key;
		uint16_t symbol;
	} known[PAGE_SLOTS]; /* the page's symbols */
	int outcome;
	struct err *err;
};

/* The picture coded, from what is kept or into it. */
static bool
picture_code(struct drawn *w, const struct bilevel_symbol *s, struct drawing_symbol *ret)
{
	const struct bilevel b = { s->bits, s->w_px, s->h_px, s->row_bytes };
	struct kept *k = s->key != 0 ? glyphs_find(w->glyphs, s->key) : NULL;
	*ret = (struct drawing_symbol){ .w_px = s->w_px, .h_px = s->h_px };
	if (k != NULL && k->key != 0) {
		ret->coded = k->p;
		ret->coded_bytes = k->bytes;
		return true;
	}
	struct buf coded;
	buf_init(&coded, SYMBOL_MAX_BYTES);
	w->outcome = symbol_encode(&b, &coded, w->err);
	if (w->outcome == 0 && !buf_ok(&coded))
		w->outcome = SEAL_E_TOO_LARGE;
	bool keep = k != NULL && coded.bytes <= GLYPH_MAX_BYTES &&
	    w->glyphs->n < DRAWN_MAX_GLYPHS && arena_used_bytes(w->glyphs->arena) < DRAWN_MAX_BYTES;
	ret->coded_bytes = coded.bytes;
	ret->coded = arena_memdup(keep ? w->glyphs->arena : w->arena, coded.p, coded.bytes);
	buf_done(&coded);
	if (w->outcome == 0 && keep) {
		*k = (struct kept){ s->key, ret->coded, ret->coded_bytes };
		w->glyphs->n++;
	}
	return w->outcome == 0;
}

/* The page's number of the symbol; a stamp has no key and is always a new one. */
static bool
symbol_number(struct drawn *w, const struct bilevel_symbol *s, uint16_t *ret)
{
	struct drawing *d = w->drawing;
	unsigned at = slot_of(s->key, PAGE_SLOTS);
	while (s->key != 0 && w->known[at].key != 0) {
		if (w->known[at].key == s->key) {
			*ret = w->known[at].symbol;
			return true;
		}
		at = (at + 1) % PAGE_SLOTS;
	}
	if (d->n_symbols == DRAWING_MAX_SYMBOLS) {
		w->outcome = SEAL_E_TOO_LARGE;
		return false;
	}
	if (!picture_code(w, s, &d->symbols[d->n_symbols]))
		return false;
	*ret = (uint16_t)d->n_symbols++;
	if (s->key != 0) {
		w->known[at].key = s->key;
		w->known[at].symbol = *ret;
	}
	return true;
}

static bool
add_symbol(void *arg, const struct bilevel_symbol *s)
{
	struct drawn *w = arg;
	struct drawing *d = w->drawing;
	struct drawing_place *p = &d->places[d->n_places];
	if (s->x < 0 || s->y < 0 || s->x + s->w_px > RENDER_W || s->y + s->h_px > RENDER_H) {
		w->outcome = demand_differs(w->err, "ink off the page", (long)d->n_places);
		return false;
	}
	if (!symbol_number(w, s, &p->symbol))
		return false;
	p->x = (uint16_t)s->x;
	p->y = (uint16_t)s->y;
	d->n_places++;
	return true;
}

static bool
add_bar(void *arg, unsigned x0, unsigned y0, unsigned x1, unsigned y1)
{
	struct drawn *w = arg;
	struct drawing *d = w->drawing;
	d->bars[d->n_bars++] = (struct drawing_bar){ (uint16_t)x0, (uint16_t)y0,
		(uint16_t)(x1 - x0), (uint16_t)(y1 - y0) };
	return true;
}

/* An empty drawing with room for all that is on the page; NULL: for too much. */
static struct drawing *
drawing_for(struct arena *a, const struct dlist *l)
{
	size_t n_places = 0, n_bars = 0;
	for (unsigned i = 0; i < l->n; i++) {
		if (l->items[i].what == DLIST_RECT)
			n_bars++;
		else
			n_places += l->items[i].what == DLIST_TEXT ? l->items[i].run.n : 1;
	}
	if (n_places > DRAWING_MAX_PLACES || n_bars > DRAWING_MAX_BARS)
		return NULL;
	unsigned n_symbols =
	    n_places < DRAWING_MAX_SYMBOLS ? (unsigned)n_places : DRAWING_MAX_SYMBOLS;
	return drawing_new(a, RENDER_W, RENDER_H, n_symbols, (unsigned)n_places, (unsigned)n_bars);
}

int
drawn_encode(struct drawn_glyphs *g, struct render_fonts *f, const struct dlist *l, struct buf *out,
    struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(PAGE_ARENA_BYTES);
	struct drawn *w = arena_zero(a, sizeof(*w));
	*w = (struct drawn){ .glyphs = g, .arena = a, .drawing = drawing_for(a, l), .err = err };
	const struct bilevel_sink sink = { add_symbol, add_bar, w };
	if (w->drawing == NULL)
		return SEAL_E_TOO_LARGE;
	glyphs_make_room(g);
	int r = bilevel_walk(f, l, &sink, err);
	if (r == 0)
		r = w->outcome;
	if (r == 0)
		r = drawing_encode(w->drawing, out, err);
	if (r == 0 && !buf_ok(out))
		r = SEAL_E_TOO_LARGE;
	return err_trace(err, r, "front coded");
}
