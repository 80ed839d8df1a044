/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/known.h"

#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

static void
bands_init(struct known *k, const struct repeats *r, unsigned h_px)
{
	unsigned y = 0;
	k->band_of = mem_zero_n(h_px + 1U, sizeof(*k->band_of));
	for (unsigned b = 0; b < r->n_bands; b++) {
		unsigned end = b + 1 == r->n_bands ? h_px : y + r->band_h[b];
		k->band_y[b] = (uint16_t)y;
		while (y < end && y < h_px)
			k->band_of[y++] = (uint16_t)b;
	}
	for (unsigned b = 0; b < REPEATS_MAX_BANDS; b++)
		k->first[b] = KNOWN_NONE;
}

struct in_order {
	uint64_t key;
	uint32_t index;
};

static int
by_key(const void *a, const void *b)
{
	const struct in_order *x = a, *y = b;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static void
link_in(struct known *k, uint32_t after, uint32_t i)
{
	uint32_t *from = after == KNOWN_NONE ? &k->first[k->list[i].band] : &k->list[after].next;
	k->list[i].next = *from;
	*from = i;
}

/* The marks of the page that is left, band by band from left to right. */
static void
link_all(struct known *k)
{
	struct in_order *o = mem_zero_n(k->n + 1U, sizeof(*o));
	uint32_t last = KNOWN_NONE;
	for (unsigned i = 0; i < k->n; i++)
		o[i] = (struct in_order){ (uint64_t)k->list[i].band << 32 |
			    (uint64_t)k->list[i].x << 16 | k->list[i].y,
			i };
	qsort(o, k->n, sizeof(*o), by_key);
	for (unsigned i = 0; i < k->n; i++) {
		bool same = last != KNOWN_NONE && k->list[last].band == k->list[o[i].index].band;
		link_in(k, same ? last : KNOWN_NONE, o[i].index);
		last = o[i].index;
	}
	mem_wipe(o, (k->n + 1U) * sizeof(*o));
	mem_free(o);
}

void
known_init(
    struct known *k, const struct marks *m, const struct repeats *r, unsigned h_px, unsigned more)
{
	*k = (struct known){ .room = m->n + more, .n_shapes = m->n_shapes, .last = KNOWN_NONE };
	k->list = mem_zero_n(k->room + 1U, sizeof(*k->list));
	k->newest = mem_zero_n(k->n_shapes + 1U, sizeof(*k->newest));
	bands_init(k, r, h_px);
	for (unsigned i = 0; i < k->n_shapes; i++)
		k->newest[i] = KNOWN_NONE;
	for (unsigned i = 0; i < m->n; i++) {
		const struct mark *s = &m->list[i];
		k->list[k->n++] = (struct known_mark){ .x = s->x,
			.y = s->y,
			.w = s->w,
			.band = k->band_of[s->y],
			.shape = s->shape,
			.pixels = i,
			.next = KNOWN_NONE,
			.older = k->newest[s->shape] };
		k->newest[s->shape] = i;
	}
	link_all(k);
}

void
known_done(struct known *k)
{
	mem_wipe(k->list, k->room * sizeof(*k->list));
	mem_free(k->list);
	mem_free(k->newest);
	mem_free(k->band_of);
	*k = (struct known){ .n = 0 };
}

uint32_t
known_add(struct known *k, uint32_t model, unsigned x, unsigned y)
{
	uint32_t i = k->n++;
	struct known_mark *m = &k->list[i];
	*m = k->list[model];
	m->x = (uint16_t)x;
	m->y = (uint16_t)y;
	m->band = k->band_of[y];
	m->older = k->newest[m->shape];
	k->newest[m->shape] = i;
	/* Left to right: the search goes on where the last one ended. */
	uint32_t after =
	    k->last != KNOWN_NONE && k->list[k->last].band == m->band ? k->last : KNOWN_NONE;
	uint32_t next = after == KNOWN_NONE ? k->first[m->band] : k->list[after].next;
	while (next != KNOWN_NONE && k->list[next].x <= x) {
		after = next;
		next = k->list[next].next;
	}
	link_in(k, after, i);
	k->last = i;
	return i;
}
