/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/marks.h"

#include "base/mem.h"
#include <string.h>

enum { FIRST_RUNS = 1 << 14 };

/* Runs in scan order and the patch each belongs to: a forest, each tree's root is its first run. */
struct finder {
	struct marks_run *runs;
	uint32_t *parent;
	size_t n, room;
};

static uint32_t
root_of(struct finder *f, uint32_t i)
{
	while (f->parent[i] != i) {
		f->parent[i] = f->parent[f->parent[i]];
		i = f->parent[i];
	}
	return i;
}

static void
join(struct finder *f, uint32_t a, uint32_t b)
{
	a = root_of(f, a);
	b = root_of(f, b);
	if (a < b)
		f->parent[b] = a;
	else
		f->parent[a] = b;
}

/* The pixels from byte @b on, less than 64, white past the end. */
static uint64_t
last_word(const uint8_t *row, size_t b, size_t bytes)
{
	uint64_t w = 0;
	if (bytes >= 8) {
		memcpy(&w, row + bytes - 8, 8);
		return __builtin_bswap64(w) << 8 * (b + 8 - bytes);
	}
	for (size_t i = 0; i < 8; i++)
		w = w << 8 | (i < bytes ? row[i] : 0U);
	return w;
}

/* Twice as much of it; what was there is wiped. */
static void
grow(struct finder *f)
{
	size_t room = f->room == 0 ? (size_t)FIRST_RUNS : 2 * f->room;
	f->runs = mem_grow(f->runs, f->room * sizeof(*f->runs), room * sizeof(*f->runs));
	f->parent = mem_grow(f->parent, f->room * sizeof(*f->parent), room * sizeof(*f->parent));
	f->room = room;
}

static bool
add_run(struct finder *f, unsigned y, unsigned x0, unsigned x1)
{
	if (f->n == MARKS_MAX_RUNS)
		return false;
	if (f->n == f->room)
		grow(f);
	f->parent[f->n] = (uint32_t)f->n;
	f->runs[f->n++] =
	    (struct marks_run){ .y = (uint16_t)y, .x0 = (uint16_t)x0, .x1 = (uint16_t)x1 };
	return true;
}

/* Where black and white change in the 64 pixels @w from @x on. *@ink: what went before, since
 * *@from. */
static bool
word_runs(struct finder *f, uint64_t w, unsigned y, unsigned x, bool *ink, unsigned *from)
{
	uint64_t changes = w ^ (w >> 1 | (uint64_t)*ink << 63);
	while (changes != 0) {
		unsigned k = (unsigned)__builtin_clzll(changes);
		changes &= ~(UINT64_C(1) << (63 - k));
		*ink = !*ink;
		if (*ink)
			*from = x + k;
		else if (!add_run(f, y, *from, x + k))
			return false;
	}
	return true;
}

/* The runs of one row. */
static bool
row_runs(struct finder *f, const uint8_t *row, unsigned y, unsigned w_px)
{
	size_t bytes = (w_px + 7) / 8, b = 0;
	unsigned from = 0;
	bool ink = false;
	for (uint64_t w; b + 8 <= bytes; b += 8) {
		memcpy(&w, row + b, 8);
		if (w != 0 - (uint64_t)ink && /* all as before: in any order of its bytes */
		    !word_runs(f, __builtin_bswap64(w), y, (unsigned)(8 * b), &ink, &from))
			return false;
	}
	if (b < bytes && !word_runs(f, last_word(row, b, bytes), y, (unsigned)(8 * b), &ink, &from))
		return false;
	return !ink || add_run(f, y, from, w_px);
}

/* Joins the runs from @from on with those of the row above, from @above on. */
static void
row_join(struct finder *f, size_t above, size_t from)
{
	size_t a = above;
	for (size_t i = from; i < f->n; i++) {
		while (a < from && f->runs[a].x1 < f->runs[i].x0)
			a++;
		for (size_t k = a; k < from && f->runs[k].x0 <= f->runs[i].x1; k++) {
			if (f->parent[i] == i)
				f->parent[i] = root_of(f, (uint32_t)k);
			else
				join(f, (uint32_t)k, (uint32_t)i);
		}
	}
}

static bool
find_runs(struct finder *f, const struct bilevel *img)
{
	size_t above = 0;
	for (unsigned y = 0; y < img->h_px; y++) {
		size_t from = f->n;
		if (!row_runs(f, img->p + (size_t)y * img->stride_bytes, y, img->w_px))
			return false;
		if (from > above)
			row_join(f, above, from);
		above = from;
	}
	return true;
}

static void
mark_take(struct mark *k, const struct marks_run *r)
{
	unsigned x1 = (unsigned)k->x + k->w;
	if (k->n_runs++ == 0) {
		k->x = r->x0;
		k->y = r->y;
		k->w = (uint16_t)(r->x1 - r->x0);
	} else {
		k->x = r->x0 < k->x ? r->x0 : k->x;
		k->w = (uint16_t)((r->x1 > x1 ? r->x1 : x1) - k->x);
	}
	k->h = (uint16_t)(r->y - k->y + 1);
}

static bool
is_small(const struct mark *k)
{
	return k->w <= MARKS_MAX_SIDE_PX && k->h <= MARKS_MAX_SIDE_PX &&
	    k->n_runs <= MARKS_MAX_SIZE_RUNS;
}

/* Runs put together by mark: each patch's runs behind each other, patches by their first run. */
static bool
gather(struct finder *f, struct marks *m)
{
	uint32_t n_all = 0;
	uint32_t *of = mem_zero_n(f->n + 1, sizeof(*of)); /* a run's patch */
	struct mark *all = NULL;
	for (size_t i = 0; i < f->n; i++) {
		uint32_t up = f->parent[i]; /* an earlier run, but of the first one of a patch */
		of[i] = up == i ? n_all++ : of[up];
	}
	all = mem_zero_n(n_all + 1U, sizeof(*all));
	for (size_t i = 0; i < f->n; i++)
		mark_take(&all[of[i]], &f->runs[i]);
	uint32_t at = 0;
	unsigned n = 0;
	for (uint32_t i = 0; i < n_all; i++) {
		all[i].first_run = at;
		at += all[i].n_runs;
		n += is_small(&all[i]);
	}
	bool ok = n <= MARKS_MAX;
	if (ok) {
		m->runs = mem_zero_n(f->n + 1, sizeof(*m->runs));
		m->n_runs = f->n;
		m->list = mem_zero_n(n + 1U, sizeof(*m->list));
		for (size_t i = 0; i < f->n; i++) {
			struct mark *k = &all[of[i]];
			m->runs[k->first_run + k->shape++] = f->runs[i]; /* shape: counts here */
		}
		for (uint32_t i = 0; i < n_all; i++)
			if (is_small(&all[i]))
				m->list[m->n++] = all[i];
	}
	mem_wipe(all, (n_all + 1U) * sizeof(*all));
	mem_free(all);
	mem_free(of);
	return ok;
}

static uint64_t
shape_hash(const struct marks *m, const struct mark *k)
{
	const struct marks_run *r = &m->runs[k->first_run];
	uint64_t h = (uint64_t)k->w << 32 | k->h;
	for (uint32_t i = 0; i < k->n_runs; i++) {
		uint64_t v = (uint64_t)(r[i].y - k->y) << 32 | (uint64_t)(r[i].x0 - k->x) << 16 |
		    (uint64_t)(r[i].x1 - k->x);
		h = (h ^ v) * 0x9E3779B97F4A7C15U;
		h ^= h >> 29;
	}
	return h;
}

static bool
same_shape(const struct marks *m, const struct mark *a, const struct mark *b)
{
	const struct marks_run *ra = &m->runs[a->first_run], *rb = &m->runs[b->first_run];
	if (a->w != b->w || a->h != b->h || a->n_runs != b->n_runs)
		return false;
	for (uint32_t i = 0; i < a->n_runs; i++)
		if (ra[i].y - a->y != rb[i].y - b->y || ra[i].x0 - a->x != rb[i].x0 - b->x ||
		    ra[i].x1 - a->x != rb[i].x1 - b->x)
			return false;
	return true;
}

/* Numbers the shapes: a table of the first mark of each. */
static void
find_shapes(struct marks *m)
{
	struct slot {
		uint64_t hash;
		uint32_t mark; /* + 1 */
	} * slots;
	const size_t n_slots = 2U * m->n + 1;
	slots = mem_zero_n(n_slots, sizeof(*slots));
	for (unsigned i = 0; i < m->n; i++) {
		struct mark *k = &m->list[i];
		uint64_t h = shape_hash(m, k);
		size_t at = h % n_slots;
		while (slots[at].mark != 0 &&
		    (slots[at].hash != h || !same_shape(m, &m->list[slots[at].mark - 1], k)))
			at = (at + 1) % n_slots;
		if (slots[at].mark == 0) {
			slots[at] = (struct slot){ h, i + 1 };
			k->shape = m->n_shapes++;
		} else {
			k->shape = m->list[slots[at].mark - 1].shape;
		}
	}
	mem_wipe(slots, n_slots * sizeof(*slots));
	mem_free(slots);
}

bool
marks_find(const struct bilevel *img, struct marks *ret)
{
	struct finder f = { .n = 0 };
	struct marks m = { .n = 0 };
	bool ok = find_runs(&f, img) && gather(&f, &m);
	if (f.n > 0)
		mem_wipe(f.runs, f.n * sizeof(*f.runs));
	mem_free(f.runs);
	mem_free(f.parent);
	if (!ok)
		return false;
	find_shapes(&m);
	*ret = m;
	return true;
}

void
marks_done(struct marks *m)
{
	if (m->runs != NULL)
		mem_wipe(m->runs, m->n_runs * sizeof(*m->runs));
	if (m->list != NULL)
		mem_wipe(m->list, m->n * sizeof(*m->list));
	mem_free(m->runs);
	mem_free(m->list);
	*m = (struct marks){ .n = 0 };
}

static void
paint_run(uint8_t *row, unsigned x0, unsigned x1, bool ink)
{
	for (unsigned b = x0 / 8; b * 8 < x1; b++) {
		unsigned left = x0 > b * 8 ? x0 - b * 8 : 0;
		unsigned right = x1 < b * 8 + 8 ? b * 8 + 8 - x1 : 0;
		uint8_t mask = (uint8_t)(0xFFU >> left & 0xFFU << right);
		row[b] = (uint8_t)(ink ? row[b] | mask : row[b] & ~mask);
	}
}

void
mark_paint(const struct marks *m, const struct mark *k, uint8_t *rows, size_t stride_bytes,
    unsigned x, unsigned y, bool ink)
{
	const struct marks_run *r = &m->runs[k->first_run];
	for (uint32_t i = 0; i < k->n_runs; i++)
		paint_run(rows + (size_t)(y + r[i].y - k->y) * stride_bytes, x + r[i].x0 - k->x,
		    x + r[i].x1 - k->x, ink);
}
