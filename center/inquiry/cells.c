/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/cells.h"

#include <string.h>

enum {
	CELLS_X = REGISTER_CELLS_X,
	CELLS_Y = REGISTER_CELLS_Y,
	MARK_LEAST_CELLS = 12 /* in the margin: less is no stamp from which one could reach in */
};

static void
mark_ink(const uint8_t *page, struct register_cells *ret)
{
	for (unsigned y = 0; y < CELLS_Y * REGISTER_CELL; y++)
		for (unsigned b = 0; b < FRONT_ROW_BYTES; b++) {
			unsigned v = page[(size_t)y * FRONT_ROW_BYTES + b];
			if (v == 0)
				continue;
			unsigned first = b * 8 + (unsigned)__builtin_clz(v) - 24;
			unsigned last = b * 8 + 7 - (unsigned)__builtin_ctz(v);
			if (first / REGISTER_CELL < CELLS_X)
				ret->on[y / REGISTER_CELL][first / REGISTER_CELL] = 1;
			if (last / REGISTER_CELL < CELLS_X)
				ret->on[y / REGISTER_CELL][last / REGISTER_CELL] = 1;
		}
}

/* And each cell beside one that is marked. */
static void
grow_cells(const struct register_cells *in, struct register_cells *out)
{
	for (int y = 0; y < CELLS_Y; y++)
		for (int x = 0; x < CELLS_X; x++)
			for (int k = 0; k < 9 && in->on[y][x]; k++) {
				int v = y + k / 3 - 1;
				int u = x + k % 3 - 1;
				if (u >= 0 && v >= 0 && u < CELLS_X && v < CELLS_Y)
					out->on[v][u] = 1;
			}
}

/* Nearly all of a cell is dark, and not because the front is. */
static bool
cell_is_dark(const int16_t *darkness, const uint8_t *front, unsigned cx, unsigned cy)
{
	const unsigned all = REGISTER_CELL * REGISTER_CELL;
	unsigned dark = 0;
	unsigned ink = 0;
	for (unsigned y = cy * REGISTER_CELL; y < (cy + 1) * REGISTER_CELL; y++)
		for (unsigned x = cx * REGISTER_CELL; x < (cx + 1) * REGISTER_CELL; x++)
			dark += darkness[(size_t)y * FRONT_W + x] > 128;
	if (dark * 10 <= all * 9)
		return false;
	for (unsigned y = cy * REGISTER_CELL; y < (cy + 1) * REGISTER_CELL; y++)
		for (unsigned x = cx * REGISTER_CELL; x < (cx + 1) * REGISTER_CELL; x++)
			ink += front_ink(front, x, y);
	return ink * 2 < all;
}

/* What the black of a scanner's bed hides: dark cells that hang together with the page's edge. */
static void
mark_bed(
    struct arena *a, const int16_t *darkness, const uint8_t *front, struct register_cells *unseen)
{
	uint32_t *stack = arena_zero_n(a, (size_t)CELLS_X * CELLS_Y, sizeof(*stack));
	struct register_cells *dark = arena_zero(a, sizeof(*dark));
	unsigned n = 0;
	for (unsigned y = 0; y < CELLS_Y; y++)
		for (unsigned x = 0; x < CELLS_X; x++) {
			bool edge = x == 0 || y == 0 || x == CELLS_X - 1 || y == CELLS_Y - 1;
			dark->on[y][x] = cell_is_dark(darkness, front, x, y);
			if (unseen->on[y][x] || (edge && dark->on[y][x])) {
				stack[n++] = y * CELLS_X + x;
				dark->on[y][x] = 0;
			}
		}
	while (n > 0) {
		unsigned at = stack[--n];
		unsigned y = at / CELLS_X;
		unsigned x = at % CELLS_X;
		unseen->on[y][x] = 1;
		for (unsigned k = 0; k < 4; k++) {
			unsigned v = y + (k == 0) - (k == 1); /* below 0: past every limit */
			unsigned u = x + (k == 2) - (k == 3);
			if (v >= CELLS_Y || u >= CELLS_X || !dark->on[v][u])
				continue;
			dark->on[v][u] = 0;
			stack[n++] = v * CELLS_X + u;
		}
	}
}

/* Has the front ink on all four sides, as inside a ruled frame? There, a blank is part of the form.
 */
static void
mark_enclosed(const struct register_cells *ink, struct register_cells *ret)
{
	uint8_t side[CELLS_Y][CELLS_X] = { 0 };
	for (unsigned y = 0; y < CELLS_Y; y++) {
		unsigned left = 0, right = 0;
		for (unsigned x = 0; x < CELLS_X; x++) {
			side[y][x] |= (left |= ink->on[y][x]) ? 1 : 0;
			side[y][CELLS_X - 1 - x] |= (right |= ink->on[y][CELLS_X - 1 - x]) ? 2 : 0;
		}
	}
	for (unsigned x = 0; x < CELLS_X; x++) {
		unsigned up = 0, down = 0;
		for (unsigned y = 0; y < CELLS_Y; y++) {
			side[y][x] |= (up |= ink->on[y][x]) ? 4 : 0;
			side[CELLS_Y - 1 - y][x] |= (down |= ink->on[CELLS_Y - 1 - y][x]) ? 8 : 0;
		}
	}
	for (unsigned y = 0; y < CELLS_Y; y++)
		for (unsigned x = 0; x < CELLS_X; x++)
			ret->on[y][x] = side[y][x] == 15;
}

/* ---- marks from the margin ---- */

struct walk {
	uint32_t *stack, *seen; /* cells of the mark that is walked over */
	struct register_cells todo;
};

/* All cells that hang together with (x, y), corners too. Returns how many, those in the margin. */
static unsigned
walk_over(struct walk *w, const struct page_cells *c, unsigned x, unsigned y, unsigned *ret_outside)
{
	unsigned n = 0, top = 0;
	*ret_outside = 0;
	w->stack[top++] = y * CELLS_X + x;
	w->todo.on[y][x] = 0;
	while (top > 0) {
		const unsigned at = w->stack[--top];
		w->seen[n++] = at;
		y = at / CELLS_X;
		x = at % CELLS_X;
		*ret_outside += !c->enclosed.on[y][x] && !c->beside.on[y][x];
		for (unsigned k = 0; k < 9; k++) {
			unsigned v = y + k / 3 - 1; /* below 0: past every limit */
			unsigned u = x + k % 3 - 1;
			if (v >= CELLS_Y || u >= CELLS_X || !w->todo.on[v][u])
				continue;
			w->todo.on[v][u] = 0;
			w->stack[top++] = v * CELLS_X + u;
		}
	}
	return n;
}

/* A mark of which a quarter or more lies in the margin, and not a little. */
static void
mark_marks(struct arena *a, struct page_cells *c)
{
	struct walk *w = arena_zero(a, sizeof(*w));
	struct register_cells *marks = arena_zero(a, sizeof(*marks));
	w->stack = arena_zero_n(a, (size_t)CELLS_X * CELLS_Y, sizeof(*w->stack));
	w->seen = arena_zero_n(a, (size_t)CELLS_X * CELLS_Y, sizeof(*w->seen));
	w->todo = c->extra;
	for (unsigned y = 0; y < CELLS_Y; y++)
		for (unsigned x = 0; x < CELLS_X; x++) {
			unsigned outside;
			if (!w->todo.on[y][x])
				continue;
			unsigned n = walk_over(w, c, x, y, &outside);
			if (outside < MARK_LEAST_CELLS || outside * 4 < n)
				continue;
			for (unsigned k = 0; k < n; k++)
				marks->on[w->seen[k] / CELLS_X][w->seen[k] % CELLS_X] = 1;
		}
	grow_cells(marks, &c->marked);
}

void
cells_find(struct arena *a, const int16_t *darkness, const uint8_t *front, const uint8_t *extra,
    const struct register_cells *unseen, struct page_cells *ret)
{
	struct register_cells *hidden = arena_memdup(a, unseen, sizeof(*hidden));
	memset(ret, 0, sizeof(*ret));
	mark_ink(front, &ret->ink);
	mark_ink(extra, &ret->extra);
	mark_bed(a, darkness, front, hidden);
	grow_cells(hidden, &ret->unseen);
	grow_cells(&ret->ink, &ret->beside);
	mark_enclosed(&ret->ink, &ret->enclosed);
	grow_cells(&ret->extra, &ret->active);
	grow_cells(&ret->ink, &ret->active);
	mark_marks(a, ret);
}
