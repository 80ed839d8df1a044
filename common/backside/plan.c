/* SPDX-License-Identifier: Apache-2.0 */
/* What the encoder chooses: lines, which marks stay, which model each repeat has. */
#include "backside/known.h"

#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

enum {
	BAND_PX = 48,   /* tops of the marks of one line of text lie within so many rows */
	MAX_AHEAD = 24, /* marks that are looked at to see how far a model goes on */
	MAX_MODELS_TRIED = REPEATS_MAX_MODELS,
	PLACE_SLOTS = 1 << 16, /* 4 * MARKS_MAX */
};

struct target {
	uint64_t key;  /* reading order */
	uint32_t mark; /* in all.list */
};

struct plan {
	struct marks all;
	struct marks kept; /* a view: the runs are all's; at the end they are the repeats' */
	struct target *order;
	unsigned n_targets;
	uint32_t *kept_shape; /* of each of all's shapes: its number among those that are kept */
	struct known known;
	struct {
		uint32_t key;
		uint32_t known; /* + 1 */
	} * places;             /* what is known, by its corner */
	struct repeats *r;
};

static int
by_top(const void *a, const void *b)
{
	const uint16_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* A band begins at the first top that the one before does not reach. */
static void
find_bands(struct plan *p)
{
	uint16_t *top = mem_zero_n(p->all.n + 1U, sizeof(*top));
	unsigned n = 0, from = 0;
	for (unsigned i = 0; i < p->all.n; i++)
		top[i] = p->all.list[i].y;
	qsort(top, p->all.n, sizeof(*top), by_top);
	for (unsigned i = 0; i < p->all.n && n + 1 < REPEATS_MAX_BANDS; i++)
		if (i == 0 || top[i] >= from + BAND_PX) {
			if (i > 0)
				p->r->band_h[n - 1] = (uint16_t)(top[i] - (n == 1 ? 0 : from));
			from = top[i];
			n++;
		}
	p->r->n_bands = n;
	mem_free(top);
}

static int
by_key(const void *a, const void *b)
{
	const struct target *x = a, *y = b;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->mark < y->mark ? -1 : x->mark > y->mark;
}

static void
put_in_order(struct plan *p)
{
	unsigned band = 0, end = p->r->n_bands > 1 ? p->r->band_h[0] : UINT16_MAX;
	p->order = mem_zero_n(p->all.n + 1U, sizeof(*p->order));
	for (unsigned i = 0; i < p->all.n; i++) { /* tops never fall */
		const struct mark *m = &p->all.list[i];
		while (m->y >= end) {
			band++;
			end = band + 1 < p->r->n_bands ? end + p->r->band_h[band] : UINT16_MAX + 1U;
		}
		p->order[i] =
		    (struct target){ (uint64_t)band << 32 | (uint64_t)m->x << 16 | m->y, i };
	}
	qsort(p->order, p->all.n, sizeof(*p->order), by_key);
}

/* The first mark of each shape stays; the others are what order[0 .. n_targets - 1] then has. */
static void
choose_kept(struct plan *p, uint8_t *rows, size_t stride_bytes)
{
	bool *stays = mem_zero_n(p->all.n + 1U, sizeof(*stays));
	bool *seen = mem_zero_n(p->all.n_shapes + 1U, sizeof(*seen));
	for (unsigned i = 0; i < p->all.n; i++) {
		const struct mark *m = &p->all.list[p->order[i].mark];
		if (seen[m->shape])
			p->order[p->n_targets++] = p->order[i];
		else
			stays[p->order[i].mark] = seen[m->shape] = true;
	}
	p->kept.runs = p->all.runs;
	p->kept.list = mem_zero_n(p->all.n + 1U, sizeof(*p->kept.list));
	p->kept_shape = mem_zero_n(p->all.n_shapes + 1U, sizeof(*p->kept_shape));
	for (unsigned i = 0; i < p->all.n; i++) {
		const struct mark *m = &p->all.list[i];
		if (!stays[i]) {
			mark_paint(&p->all, m, rows, stride_bytes, m->x, m->y, false);
			continue;
		}
		p->kept_shape[m->shape] = p->kept.n_shapes;
		p->kept.list[p->kept.n] = *m;
		p->kept.list[p->kept.n++].shape = p->kept.n_shapes++;
	}
	mem_free(stays);
	mem_free(seen);
}

static uint32_t
place_key(unsigned x, unsigned y)
{
	return (uint32_t)y << 16 | x;
}

static size_t
place_slot(const struct plan *p, uint32_t key)
{
	size_t at = (key * 2654435761U) >> 16;
	while (p->places[at].known != 0 && p->places[at].key != key)
		at = (at + 1) % PLACE_SLOTS;
	return at;
}

/* Of two marks with one corner the first is remembered. */
static void
place_note(struct plan *p, uint32_t i)
{
	const struct known_mark *m = &p->known.list[i];
	uint32_t key = place_key(m->x, m->y);
	size_t at = place_slot(p, key);
	if (p->places[at].known == 0) {
		p->places[at].key = key;
		p->places[at].known = i + 1;
	}
}

/* What is known with its corner there and of that shape; KNOWN_NONE. */
static uint32_t
place_find(const struct plan *p, int x, int y, uint32_t shape)
{
	if (x < 0 || y < 0 || x >= BILEVEL_MAX_SIDE_PX || y >= BILEVEL_MAX_SIDE_PX)
		return KNOWN_NONE;
	size_t at = place_slot(p, place_key((unsigned)x, (unsigned)y));
	uint32_t i = p->places[at].known;
	return i != 0 && p->known.list[i - 1].shape == shape ? i - 1 : KNOWN_NONE;
}

static const struct mark *
target_mark(const struct plan *p, unsigned i)
{
	return &p->all.list[p->order[i].mark];
}

/* How many repeats from @i on the model's neighbours could go on with. */
static unsigned
reach(const struct plan *p, unsigned i, uint32_t model)
{
	int dx = target_mark(p, i)->x - p->known.list[model].x;
	int dy = target_mark(p, i)->y - p->known.list[model].y;
	unsigned n = 1;
	while (n < MAX_AHEAD && i + n < p->n_targets) {
		const struct mark *t = target_mark(p, i + n);
		if (place_find(p, t->x - dx, t->y - dy, p->kept_shape[t->shape]) == KNOWN_NONE)
			break;
		n++;
	}
	return n;
}

/* The model of repeat @i: the neighbour of the last one's, else the one that goes on farthest. */
static uint32_t
choose_model(const struct plan *p, unsigned i, uint32_t last_model, const struct repeat *last)
{
	const struct mark *t = target_mark(p, i);
	uint32_t shape = p->kept_shape[t->shape], best = KNOWN_NONE;
	unsigned longest = 0, n = 0;
	if (last_model != KNOWN_NONE) {
		const struct known_mark *m = &p->known.list[last_model];
		uint32_t on = place_find(p, t->x - last->x + m->x, t->y - last->y + m->y, shape);
		uint32_t k = m->next;
		for (n = 0; on != KNOWN_NONE && n < REPEATS_MAX_STEPS && k != KNOWN_NONE; n++) {
			if (k == on)
				return on;
			k = p->known.list[k].next;
		}
	}
	uint32_t k = p->known.newest[shape];
	for (n = 0; n < MAX_MODELS_TRIED && k != KNOWN_NONE; n++, k = p->known.list[k].older) {
		unsigned far = reach(p, i, k);
		if (far > longest) {
			longest = far;
			best = k;
		}
	}
	return best;
}

static void
choose_models(struct plan *p, unsigned h_px)
{
	struct repeat last = { 0 };
	uint32_t last_model = KNOWN_NONE;
	p->r->list = mem_zero_n(p->n_targets + 1U, sizeof(*p->r->list));
	p->places = mem_zero_n(PLACE_SLOTS, sizeof(*p->places));
	known_init(&p->known, &p->kept, p->r, h_px, p->n_targets);
	for (uint32_t i = 0; i < p->known.n; i++)
		place_note(p, i);
	for (unsigned i = 0; i < p->n_targets; i++) {
		const struct mark *t = target_mark(p, i);
		last_model = choose_model(p, i, last_model, &last);
		last = (struct repeat){ last_model, t->x, t->y };
		p->r->list[p->r->n++] = last;
		place_note(p, known_add(&p->known, last_model, t->x, t->y));
	}
	known_done(&p->known);
	mem_wipe(p->places, PLACE_SLOTS * sizeof(*p->places));
	mem_free(p->places);
}

void
repeats_find(const struct bilevel *img, uint8_t *rows, struct repeats *ret)
{
	struct plan p = { .r = ret };
	*ret = (struct repeats){ .n = 0 };
	if (!marks_find(img, &p.all))
		return;
	find_bands(&p);
	put_in_order(&p);
	choose_kept(&p, rows, img->stride_bytes);
	choose_models(&p, img->h_px);
	mem_wipe(p.order, p.all.n * sizeof(*p.order));
	mem_free(p.order);
	mem_free(p.kept_shape);
	ret->left = p.kept;
	ret->left.n_runs = p.all.n_runs;
	p.all.runs = NULL; /* went with them */
	marks_done(&p.all);
}
