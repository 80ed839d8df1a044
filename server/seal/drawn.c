/* SPDX-License-Identifier: Apache-2.0 */
#include "server/seal/drawn.h"
#include "backside/drawing.h"
#include "base/mem.h"
#include "server/render/bilevel.h"
#include "server/seal/demand_int.h"

#include <string.h>

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
/* A municipality's seal. */
struct kept_stamp {
	uint16_t w_px, h_px;
	uint8_t *bits; /* as it is printed; NULL: free */
	uint8_t *p;    /* coded */
	size_t bytes;
};
struct drawn_glyphs {
	struct arena *arena;
	unsigned n;
	struct kept slot[SLOTS];
	struct kept_stamp stamp[DRAWN_MAX_STAMPS];
	unsigned next_stamp;
};

struct drawn_glyphs *
drawn_glyphs_new(void)
{
	struct drawn_glyphs *g = mem_zero(sizeof(*g));
	g->arena = arena_new(KEPT_ARENA_BYTES);
	return g;
}

static void
stamp_forget(struct kept_stamp *k)
{
	mem_free(k->bits);
	mem_free(k->p);
	*k = (struct kept_stamp){ 0 };
}

void
drawn_glyphs_free(struct drawn_glyphs *g)
{
	if (g == NULL)
		return;
	for (unsigned i = 0; i < DRAWN_MAX_STAMPS; i++)
		stamp_forget(&g->stamp[i]);
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
	const struct profile *profile; /* whose 公印 is kept; NULL: nobody's */
	struct {
		uint64_t key;
		uint16_t symbol;
	} known[PAGE_SLOTS]; /* the page's symbols */
	int outcome;
	struct err *err;
};

static size_t
stamp_bytes(unsigned w_px, unsigned h_px)
{
	return (size_t)((w_px + 7) / 8) * h_px;
}

static const struct kept_stamp *
stamp_find(const struct drawn_glyphs *g, const struct dlist_item *i)
{
	for (unsigned k = 0; k < DRAWN_MAX_STAMPS; k++) {
		const struct kept_stamp *s = &g->stamp[k];
		if (s->bits != NULL && s->w_px == i->w_px && s->h_px == i->h_px &&
		    memcmp(s->bits, i->bits, stamp_bytes(i->w_px, i->h_px)) == 0)
			return s;
	}
	return NULL;
}

static void
stamp_keep(struct drawn_glyphs *g, const struct dlist_item *i, const struct buf *coded)
{
	struct kept_stamp *k = &g->stamp[g->next_stamp];
	size_t bytes = stamp_bytes(i->w_px, i->h_px);
	g->next_stamp = (g->next_stamp + 1) % DRAWN_MAX_STAMPS;
	stamp_forget(k);
	*k = (struct kept_stamp){ .w_px = i->w_px,
		.h_px = i->h_px,
		.bits = mem_raw(bytes),
		.p = mem_raw(coded->bytes),
		.bytes = coded->bytes };
	memcpy(k->bits, i->bits, bytes);
	memcpy(k->p, coded->p, coded->bytes);
}

static bool
is_koin(const struct profile *p, const struct dlist_item *i)
{
	return p != NULL && p->koin_bits != NULL && p->koin_width_px == i->w_px &&
	    p->koin_height_px == i->h_px &&
	    memcmp(p->koin_bits, i->bits, stamp_bytes(i->w_px, i->h_px)) == 0;
}

/* The picture coded, where nothing is kept of it. */
static void
picture_new(struct drawn *w, const struct bilevel_symbol *s, struct buf *coded)
{
	const struct bilevel b = { s->bits, s->w_px, s->h_px, s->row_bytes };
	w->outcome = symbol_encode(&b, coded, w->err);
	if (w->outcome == 0 && !buf_ok(coded))
		w->outcome = SEAL_E_TOO_LARGE;
}

static bool
stamp_code(struct drawn *w, const struct bilevel_symbol *s, struct drawing_symbol *ret)
{
	const struct kept_stamp *k = stamp_find(w->glyphs, s->stamp);
	if (k != NULL) {
		ret->coded = k->p;
		ret->coded_bytes = k->bytes;
		return true;
	}
	struct buf coded;
	buf_init(&coded, SYMBOL_MAX_BYTES);
	picture_new(w, s, &coded);
	if (w->outcome == 0) {
		ret->coded = arena_memdup(w->arena, coded.p, coded.bytes);
		ret->coded_bytes = coded.bytes;
		if (is_koin(w->profile, s->stamp))
			stamp_keep(w->glyphs, s->stamp, &coded);
	}
	buf_done(&coded);
	return w->outcome == 0;
}

static bool
glyph_code(struct drawn *w, const struct bilevel_symbol *s, struct drawing_symbol *ret)
{
	struct drawn_glyphs *g = w->glyphs;
	struct kept *k = glyphs_find(g, s->key);
	if (k->key == 0) {
		struct buf coded;
		buf_init(&coded, SYMBOL_MAX_BYTES);
		picture_new(w, s, &coded);
		bool keep = w->outcome == 0 && coded.bytes <= GLYPH_MAX_BYTES &&
		    g->n < DRAWN_MAX_GLYPHS && arena_used_bytes(g->arena) < DRAWN_MAX_BYTES;
		ret->coded_bytes = coded.bytes;
		ret->coded = arena_memdup(keep ? g->arena : w->arena, coded.p, coded.bytes);
		buf_done(&coded);
		if (keep) {
			*k = (struct kept){ s->key, ret->coded, ret->coded_bytes };
			g->n++;
		}
		return w->outcome == 0;
	}
	ret->coded = k->p;
	ret->coded_bytes = k->bytes;
	return true;
}

/* The picture coded, from what is kept or into it. */
static bool
picture_code(struct drawn *w, const struct bilevel_symbol *s, struct drawing_symbol *ret)
{
	*ret = (struct drawing_symbol){ .w_px = s->w_px, .h_px = s->h_px };
	return s->stamp != NULL ? stamp_code(w, s, ret) : glyph_code(w, s, ret);
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
drawn_encode(struct drawn_glyphs *g, struct render_fonts *f, const struct dlist *l,
    const struct profile *p, struct buf *out, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(PAGE_ARENA_BYTES);
	struct drawn *w = arena_zero(a, sizeof(*w));
	*w = (struct drawn){
		.glyphs = g, .arena = a, .drawing = drawing_for(a, l), .profile = p, .err = err
	};
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
