/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/grow.h"
#include "backside/tilemap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	N_NODES = GROW_SIDE * GROW_SIDE,
	MIDDLE = GROW_SIDE / 2,
	MAX_QUEUED = 4 * N_NODES,
	OUTSIDE_MISSES = 3, /* a step out of the picture counts as so many */
};

static const float SCORE_SEEN = 0.62f;     /* of a mark next to one that was found */
static const float DISTANCE_COST = 0.012f; /* of the score, per squared module off */

enum node_state { NODE_NEW, NODE_QUEUED, NODE_DONE };

struct node {
	float x, y;
	float ax, ay;
	float bx, by;
	float score;
	enum node_state state;
	int misses; /* tiles since the last one that was seen */
	float priority;
};

struct queued {
	float priority;
	int id;
};

struct grow_work {
	const struct pixel_image *m;
	struct node node[N_NODES];
	struct queued heap[MAX_QUEUED];
	int n_heap;
};

/* How far around the expected place a mark is looked for, and how sure it must be. */
static const struct reach {
	float radius, step, need;
} reaches[] = {
	{ 1.4f, 0.5f, SCORE_SEEN },
	{ 2.6f, 0.5f, 0.7f },
	{ 4.5f, 0.75f, 0.78f },
};

static const int8_t side_i[4] = { 1, -1, 0, 0 };
static const int8_t side_j[4] = { 0, 0, 1, -1 };

size_t
grow_work_bytes(void)
{
	return sizeof(struct grow_work);
}

static void
heap_push(struct grow_work *w, int id, float priority)
{
	if (w->n_heap >= MAX_QUEUED)
		return;
	int i = w->n_heap++;
	w->heap[i] = (struct queued){ priority, id };
	for (int up = (i - 1) / 2; i > 0 && w->heap[up].priority < w->heap[i].priority;
	     i = up, up = (i - 1) / 2) {
		struct queued t = w->heap[i];
		w->heap[i] = w->heap[up];
		w->heap[up] = t;
	}
}

static int
heap_pop(struct grow_work *w)
{
	int id = w->heap[0].id;
	w->heap[0] = w->heap[--w->n_heap];
	for (int i = 0;;) {
		int m = i;
		for (int k = 2 * i + 1; k <= 2 * i + 2; k++)
			if (k < w->n_heap && w->heap[k].priority > w->heap[m].priority)
				m = k;
		if (m == i)
			return id;
		struct queued t = w->heap[i];
		w->heap[i] = w->heap[m];
		w->heap[m] = t;
		i = m;
	}
}

static struct node *
node_at(struct grow_work *w, int i, int j)
{
	if (i < 0 || j < 0 || i >= GROW_SIDE || j >= GROW_SIDE)
		return NULL;
	return &w->node[j * GROW_SIDE + i];
}

/* The mark's score at (u, v) modules from (x, y), in the node's own directions. */
static float
node_score(const struct grow_work *w, const struct node *n, float x, float y, float u, float v)
{
	const float k = 1.0f / BACKSIDE_TILE;
	float ax = n->ax * k, ay = n->ay * k, bx = n->bx * k, by = n->by * k;
	return acquire_mark(w->m, x + u * ax + v * bx, y + u * ay + v * by, ax, ay, bx, by);
}

static float
vertex(float l, float m, float r)
{
	float d = l - 2 * m + r;
	float t = d < -1e-4f ? 0.5f * (l - r) / d : 0;
	return fminf(1, fmaxf(-1, t));
}

/* The best place around the expected one; parabolas make it finer than the steps. */
static float
node_search(const struct grow_work *w, const struct node *n, const struct reach *r, float *ret_u,
    float *ret_v)
{
	float best = -2, u = 0, v = 0;
	for (float q = -r->radius; q <= r->radius; q += r->step)
		for (float p = -r->radius; p <= r->radius; p += r->step) {
			float s =
			    node_score(w, n, n->x, n->y, p, q) - DISTANCE_COST * (p * p + q * q);
			if (s > best) {
				best = s;
				u = p;
				v = q;
			}
		}
	if (best < 0.5f * r->need) { /* nothing there: no finer */
		*ret_u = *ret_v = 0;
		return best;
	}
	for (float d = 0.25f; d > 0.1f; d *= 0.5f) {
		best = node_score(w, n, n->x, n->y, u, v);
		float du = vertex(node_score(w, n, n->x, n->y, u - d, v), best,
		    node_score(w, n, n->x, n->y, u + d, v));
		float dv = vertex(node_score(w, n, n->x, n->y, u, v - d), best,
		    node_score(w, n, n->x, n->y, u, v + d));
		u += d * du;
		v += d * dv;
	}
	*ret_u = u;
	*ret_v = v;
	return best;
}

static void
node_locate(const struct grow_work *w, struct node *n)
{
	const struct reach *r = &reaches[n->misses > 2 ? 2 : n->misses];
	const float k = 1.0f / BACKSIDE_TILE;
	float u, v;
	float s = node_search(w, n, r, &u, &v);
	if (s <= r->need) {
		n->score = s < SCORE_SEEN - 0.02f ? s : SCORE_SEEN - 0.02f;
		n->misses++;
		return;
	}
	n->score = s;
	n->misses = 0;
	n->x += (u * n->ax + v * n->bx) * k;
	n->y += (u * n->ay + v * n->by) * k;
}

/* The tile's vectors: what was expected, averaged with what the neighbours show. */
static void
node_bend(struct grow_work *w, struct node *n, int i, int j)
{
	float ax = 2 * n->ax, ay = 2 * n->ay, bx = 2 * n->bx, by = 2 * n->by;
	float na = 2, nb = 2;
	for (int k = 0; k < 4; k++) {
		const struct node *o = node_at(w, i + side_i[k], j + side_j[k]);
		if (o == NULL || o->state != NODE_DONE || o->score <= SCORE_SEEN)
			continue;
		float dx = o->x - n->x, dy = o->y - n->y;
		if (side_i[k]) {
			ax += side_i[k] * dx;
			ay += side_i[k] * dy;
			na++;
		} else {
			bx += side_j[k] * dx;
			by += side_j[k] * dy;
			nb++;
		}
	}
	n->ax = ax / na;
	n->ay = ay / na;
	n->bx = bx / nb;
	n->by = by / nb;
}

static void
node_spread(struct grow_work *w, const struct node *n, int i, int j)
{
	float priority = n->misses ? 0.3f - 0.05f * (float)n->misses : n->score;
	for (int k = 0; k < 4; k++) {
		struct node *o = node_at(w, i + side_i[k], j + side_j[k]);
		if (o == NULL || o->state == NODE_DONE ||
		    (o->state == NODE_QUEUED && o->priority >= priority))
			continue;
		float fi = side_i[k], fj = side_j[k];
		*o = (struct node){ .x = n->x + fi * n->ax + fj * n->bx,
			.y = n->y + fi * n->ay + fj * n->by,
			.ax = n->ax,
			.ay = n->ay,
			.bx = n->bx,
			.by = n->by,
			.state = NODE_QUEUED,
			.misses = n->misses,
			.priority = priority };
		heap_push(w, (int)(o - w->node), priority);
	}
}

static bool
node_is_outside(const struct grow_work *w, const struct node *n)
{
	return !(
	    n->x >= 2 && n->y >= 2 && n->x <= (float)w->m->w - 2 && n->y <= (float)w->m->h - 2);
}

static void
node_visit(struct grow_work *w, int id)
{
	struct node *n = &w->node[id];
	int i = id % GROW_SIDE, j = id / GROW_SIDE;
	if (n->state == NODE_DONE)
		return;
	n->state = NODE_DONE;
	if (node_is_outside(w, n)) {
		n->misses += OUTSIDE_MISSES;
		if (n->misses > OUTSIDE_MISSES + 1)
			return;
	}
	node_locate(w, n);
	if (n->misses > GROW_MAX_MISSES)
		return;
	if (n->misses == 0)
		node_bend(w, n, i, j);
	node_spread(w, n, i, j);
}

/* The eight modules around the mark, black below the middle of the mark's own two greys. */
static uint8_t
node_address(const struct grow_work *w, const struct node *n)
{
	const float k = 1.0f / BACKSIDE_TILE;
	float ax = n->ax * k, ay = n->ay * k, bx = n->bx * k, by = n->by * k;
	float black = 0, white = 0;
	uint8_t bits = 0;
	for (int v = -2; v <= 2; v++)
		for (int u = -2; u <= 2; u++) {
			float fu = (float)u, fv = (float)v;
			float g =
			    pixel_at(w->m, n->x + fu * ax + fv * bx, n->y + fu * ay + fv * by);
			if (abs(u) <= 1 && abs(v) <= 1)
				black += g / 9;
			else
				white += g / 16;
		}
	for (unsigned b = 0; b < TILEMAP_N_ADDRESS; b++) {
		float fu = tilemap_address_x[b], fv = tilemap_address_y[b];
		float g = pixel_at(w->m, n->x + fu * ax + fv * bx, n->y + fu * ay + fv * by);
		bits |= (uint8_t)((g < 0.5f * (black + white)) << b);
	}
	return bits;
}

static unsigned
tiles_collect(const struct grow_work *w, struct grow_tile *ret)
{
	unsigned n_ret = 0;
	for (int id = 0; id < N_NODES && n_ret < GROW_MAX_TILES; id++) {
		const struct node *n = &w->node[id];
		if (n->state != NODE_DONE || n->score <= SCORE_SEEN)
			continue;
		ret[n_ret++] = (struct grow_tile){ .x = n->x,
			.y = n->y,
			.ax = n->ax,
			.ay = n->ay,
			.bx = n->bx,
			.by = n->by,
			.score = n->score,
			.i = (int16_t)(id % GROW_SIDE - MIDDLE),
			.j = (int16_t)(id / GROW_SIDE - MIDDLE),
			.bits = node_address(w, n) };
	}
	return n_ret;
}

unsigned
grow_island(struct grow_work *w, const struct pixel_image *m, const struct acquire_lattice *l,
    float x, float y, struct grow_tile ret[static GROW_MAX_TILES])
{
	struct node *seed = &w->node[MIDDLE * GROW_SIDE + MIDDLE];
	memset(w->node, 0, sizeof(w->node));
	w->m = m;
	w->n_heap = 0;
	*seed = (struct node){ .x = x,
		.y = y,
		.ax = l->ax,
		.ay = l->ay,
		.bx = -l->ay,
		.by = l->ax,
		.state = NODE_QUEUED,
		.priority = 1 };
	heap_push(w, (int)(seed - w->node), 1);
	while (w->n_heap > 0)
		node_visit(w, heap_pop(w));
	return tiles_collect(w, ret);
}
