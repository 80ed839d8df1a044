/* SPDX-License-Identifier: Apache-2.0 */
/* Draws a code's shifts. Slow and simple: who codes page after page keeps what it drew. */
#include "backside/ldpc.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_DEGREE = 12,
	MAX_DRAWS = 4000, /* for one edge, before the whole draw starts anew */
	MAX_STARTS = 64,
	SEED = 7,
};

static const struct profile {
	uint8_t info_cols, n_heavy, heavy, light, scale;
} profiles[LDPC_N_PROFILES] = {
	[LDPC_1_4] = { 45, 15, 12, 3, 15 },
	[LDPC_1_3] = { 60, 20, 12, 3, 15 },
	[LDPC_2_5] = { 72, 24, 12, 3, 15 },
	[LDPC_1_2] = { 90, 36, 8, 3, 14 },
};

struct edge {
	unsigned row;
	unsigned shift;
};

struct draw {
	struct ldpc *c;
	uint32_t state;
	unsigned fill[LDPC_MAX_ROWS];
	unsigned degree[LDPC_MAX_INFO_COLS];
	struct edge edge[LDPC_MAX_INFO_COLS][MAX_DEGREE];
};

static unsigned
draw_below(struct draw *d, unsigned n)
{
	d->state ^= d->state << 13;
	d->state ^= d->state >> 17;
	d->state ^= d->state << 5;
	return d->state % n;
}

/* The least filled of four rows drawn. */
static unsigned
draw_row(struct draw *d)
{
	unsigned r = draw_below(d, d->c->rows);
	for (int i = 0; i < 3; i++) {
		unsigned other = draw_below(d, d->c->rows);
		if (d->fill[other] < d->fill[r])
			r = other;
	}
	return r;
}

static unsigned
turn(unsigned a, unsigned b)
{
	return (a + LDPC_Z - b) % LDPC_Z;
}

/* Would (row, shift) close a cycle of four with an edge of the column and the accumulator? */
static bool
closes_with_accumulator(const struct ldpc *c, struct edge had, struct edge e)
{
	unsigned apart = had.row > e.row ? had.row - e.row : e.row - had.row;
	unsigned t = turn(had.shift, e.shift);
	if (apart == 1 && t == 0)
		return true;
	return apart == c->rows - 1 && (t == 1 || t == LDPC_Z - 1);
}

/* ... or with an earlier column @q that also stands in e.row? */
static bool
closes_with_column(
    const struct draw *d, unsigned q, const struct edge *mine, unsigned n, struct edge e)
{
	const struct edge *his = d->edge[q];
	const struct edge *shared = NULL;
	for (unsigned i = 0; i < d->degree[q]; i++)
		if (his[i].row == e.row)
			shared = &his[i];
	if (shared == NULL)
		return false;
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < d->degree[q]; k++)
			if (his[k].row == mine[i].row &&
			    turn(mine[i].shift, e.shift) == turn(his[k].shift, shared->shift))
				return true;
	return false;
}

static bool
edge_is_free(const struct draw *d, unsigned column, unsigned n, struct edge e)
{
	const struct edge *mine = d->edge[column];
	for (unsigned i = 0; i < n; i++)
		if (mine[i].row == e.row || closes_with_accumulator(d->c, mine[i], e))
			return false;
	for (unsigned q = 0; q < column; q++)
		if (closes_with_column(d, q, mine, n, e))
			return false;
	return true;
}

static bool
draw_edge(struct draw *d, unsigned column, unsigned n)
{
	for (unsigned tries = 0; tries < MAX_DRAWS; tries++) {
		struct edge e = { .row = draw_row(d) };
		if (d->fill[e.row] >= d->c->row_edges)
			continue;
		e.shift = draw_below(d, LDPC_Z);
		if (!edge_is_free(d, column, n, e))
			continue;
		unsigned at = e.row * d->c->row_edges + d->fill[e.row]++;
		d->c->col[at] = (uint8_t)column;
		d->c->shift[at] = (uint16_t)e.shift;
		d->edge[column][n] = e;
		return true;
	}
	return false;
}

static bool
draw_all(struct draw *d, const struct profile *p)
{
	memset(d->fill, 0, sizeof(d->fill));
	for (unsigned column = 0; column < p->info_cols; column++) {
		d->degree[column] = column < p->n_heavy ? p->heavy : p->light;
		for (unsigned n = 0; n < d->degree[column]; n++)
			if (!draw_edge(d, column, n))
				return false;
	}
	return true;
}

void
ldpc_init(struct ldpc *c, enum ldpc_profile profile)
{
	const struct profile *p = &profiles[profile];
	struct draw d = { .c = c, .state = SEED * 2654435761u + 12345u };
	memset(c, 0, sizeof(*c));
	c->info_cols = p->info_cols;
	c->rows = LDPC_COLS - c->info_cols;
	c->scale = p->scale;
	c->row_edges =
	    ((unsigned)p->n_heavy * p->heavy + (unsigned)(p->info_cols - p->n_heavy) * p->light) /
	    c->rows;
	for (unsigned i = 0; i < MAX_STARTS; i++)
		if (draw_all(&d, p))
			return;
	abort(); /* the seed is fixed: a test has seen each profile come out */
}

static struct ldpc codes[LDPC_N_PROFILES];

static void
make_1_4(void)
{
	ldpc_init(&codes[LDPC_1_4], LDPC_1_4);
}

static void
make_1_3(void)
{
	ldpc_init(&codes[LDPC_1_3], LDPC_1_3);
}

static void
make_2_5(void)
{
	ldpc_init(&codes[LDPC_2_5], LDPC_2_5);
}

static void
make_1_2(void)
{
	ldpc_init(&codes[LDPC_1_2], LDPC_1_2);
}

const struct ldpc *
ldpc_code(enum ldpc_profile profile)
{
	static struct {
		pthread_once_t once;
		void (*make)(void);
	} made[LDPC_N_PROFILES] = {
		[LDPC_1_4] = { PTHREAD_ONCE_INIT, make_1_4 },
		[LDPC_1_3] = { PTHREAD_ONCE_INIT, make_1_3 },
		[LDPC_2_5] = { PTHREAD_ONCE_INIT, make_2_5 },
		[LDPC_1_2] = { PTHREAD_ONCE_INIT, make_1_2 },
	};
	(void)pthread_once(&made[profile].once, made[profile].make);
	return &codes[profile];
}
