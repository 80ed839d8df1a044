/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/expect.h"
#include "center/inquiry/fold.h"
#include "center/inquiry/plane.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MARGIN = PLANE_MARGIN, CELLS_X = REGISTER_CELLS_X, CELLS_Y = REGISTER_CELLS_Y };

/* Of what is missing in a fold; its square counts. A stroke that is all in a fold still differs. */
static const float FOLDED = 0.5F;

/* What may explain a window's difference. */
enum { SHIFT_X, SHIFT_Y, FADING, TINT, SPREAD_X, SPREAD_Y, N_WAYS };

struct work {
	const struct plane *expected;
	struct register_cells ink, extra, active;
	struct folds folds;
	struct moments {
		float rr, r[N_WAYS], x[N_WAYS * (N_WAYS + 1) / 2]; /* products with what is left */
	} cell[CELLS_Y][CELLS_X];
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

/* ---- what is left ---- */

/* The ways a pixel may go, and how far the scan is from what is expected there. */
static float
pixel_ways(const struct work *w, const int16_t *darkness, unsigned x, unsigned y, float way[N_WAYS])
{
	const float *p = w->expected->v[y + MARGIN] + MARGIN + x;
	float v = p[0];
	float left = *(p - 1);
	float right = p[1];
	float up = *(p - PLANE_W);
	float down = *(p + PLANE_W);
	float r = (float)darkness[(size_t)y * FRONT_W + x] / 256 - v;
	way[SHIFT_X] = (right - left) / 2;
	way[SHIFT_Y] = (down - up) / 2;
	way[FADING] = v;
	way[TINT] = 1;
	way[SPREAD_X] = right - 2 * v + left;
	way[SPREAD_Y] = down - 2 * v + up;
	return r < 0 && folds_at(&w->folds, x, y) ? r * FOLDED : r;
}

static void
cell_moments(
    const struct work *w, const int16_t *darkness, unsigned cx, unsigned cy, struct moments *ret)
{
	struct moments m = { 0 };
	for (unsigned y = cy * REGISTER_CELL; y < (cy + 1) * REGISTER_CELL; y++) {
		for (unsigned x = cx * REGISTER_CELL; x < (cx + 1) * REGISTER_CELL; x++) {
			float way[N_WAYS];
			float r = pixel_ways(w, darkness, x, y, way);
			unsigned at = 0;
			m.rr += r * r;
			for (unsigned i = 0; i < N_WAYS; i++) {
				m.r[i] += r * way[i];
				for (unsigned k = 0; k <= i; k++)
					m.x[at++] += way[i] * way[k];
			}
		}
	}
	*ret = m;
}

static void
add_moments(struct moments *m, const struct moments *c)
{
	m->rr += c->rr;
	for (unsigned i = 0; i < N_WAYS; i++)
		m->r[i] += c->r[i];
	for (unsigned i = 0; i < N_ELEMENTS(m->x); i++)
		m->x[i] += c->x[i];
}

/*
 * The least rest when the window may shift, fade, take a tint, and its lines may
 * be thicker or thinner; each costs by how unlikely it is, so that a stroke that
 * is gone is no fading.
 */
static float
rest_of(const struct moments *m, float ret_how[N_WAYS])
{
	/* 1 over the square of what is usual: 1.2 px, 0.06, 0.05, 0.3 */
	static const float cost[N_WAYS] = { 0.7F, 0.7F, 300, 400, 10, 10 };
	float a[N_WAYS][N_WAYS];
	float b[N_WAYS];
	unsigned at = 0;
	for (unsigned i = 0; i < N_WAYS; i++)
		for (unsigned j = 0; j <= i; j++)
			a[i][j] = m->x[at++];
	float rest = m->rr;
	for (unsigned i = 0; i < N_WAYS; i++) {
		a[i][i] += cost[i];
		for (unsigned j = 0; j <= i; j++) {
			float s = a[i][j];
			for (unsigned k = 0; k < j; k++)
				s -= a[i][k] * a[j][k];
			a[i][j] = i == j ? sqrtf(s > 1e-6f ? s : 1e-6f) : s / a[j][j];
		}
		b[i] = m->r[i];
		for (unsigned k = 0; k < i; k++)
			b[i] -= a[i][k] * b[k];
		b[i] /= a[i][i];
		rest -= b[i] * b[i]; /* what this one explains */
	}
	for (int i = N_WAYS - 1; i >= 0; i--) {
		for (unsigned k = (unsigned)i + 1; k < N_WAYS; k++)
			b[i] -= a[k][i] * ret_how[k];
		ret_how[i] = b[i] / a[i][i];
	}
	return rest > 0 ? rest : 0;
}

/* The largest mean of 3 x 3 pixels in the middle quarter of window (i, j), @how taken off. */
static float
peak_of(
    const struct work *w, const int16_t *darkness, unsigned i, unsigned j, const float how[N_WAYS])
{
	enum { SIDE = REGISTER_CELL + 2 };
	float left[SIDE][SIDE];
	float most = 0;
	const unsigned x0 = i * REGISTER_CELL + REGISTER_CELL / 2 - 1;
	const unsigned y0 = j * REGISTER_CELL + REGISTER_CELL / 2 - 1;
	for (unsigned y = 0; y < SIDE; y++)
		for (unsigned x = 0; x < SIDE; x++) {
			float way[N_WAYS];
			float r = pixel_ways(w, darkness, x0 + x, y0 + y, way);
			/* one flake of toner is as large as a stroke's end */
			if (r < 0 && folds_at(&w->folds, x0 + x, y0 + y))
				r *= FOLDED;
			for (unsigned k = 0; k < N_WAYS; k++)
				r -= how[k] * way[k];
			left[y][x] = r;
		}
	for (unsigned y = 1; y + 1 < SIDE; y++)
		for (unsigned x = 1; x + 1 < SIDE; x++) {
			float sum = 0;
			for (unsigned v = y - 1; v <= y + 1; v++)
				sum += left[v][x - 1] + left[v][x] + left[v][x + 1];
			most = fabsf(sum) > most ? fabsf(sum) : most;
		}
	return most / 9;
}

static int
by_value(const void *p, const void *q)
{
	float x = *(const float *)p;
	float y = *(const float *)q;
	return (x > y) - (x < y);
}

/* They are put in order. */
static struct expect_noise
noise_of(float *all, unsigned n)
{
	if (n == 0)
		return (struct expect_noise){ 0 };
	qsort(all, n, sizeof(*all), by_value);
	return (struct expect_noise){ (double)all[n * 99UL / 100], (double)all[n * 9UL / 10] };
}

static struct moments
window_moments(const struct work *w, unsigned i, unsigned j)
{
	struct moments m = w->cell[j][i];
	add_moments(&m, &w->cell[j][i + 1]);
	add_moments(&m, &w->cell[j + 1][i]);
	add_moments(&m, &w->cell[j + 1][i + 1]);
	return m;
}

/* ---- which windows are judged ---- */

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

static int
in_window(const struct register_cells *c, unsigned i, unsigned j)
{
	return c->on[j][i] + c->on[j][i + 1] + c->on[j + 1][i] + c->on[j + 1][i + 1];
}

static enum expect_state
window_state(const struct work *w, const struct register_cells *beside_ink,
    const struct register_cells *enclosed, const struct register_cells *unseen, unsigned i,
    unsigned j)
{
	bool ink = in_window(&w->ink, i, j) > 0;
	bool extra = in_window(&w->extra, i, j) > 0;
	if (in_window(unseen, i, j) > 0)
		return ink ? EXPECT_UNSEEN : EXPECT_BLANK;
	if (!ink && !extra)
		return EXPECT_BLANK;
	/* Half of it or more in the open, with no ink of the front near: no form. */
	if (in_window(enclosed, i, j) < 4 && in_window(beside_ink, i, j) == 0)
		return EXPECT_MARGIN;
	return EXPECT_JUDGED;
}

void
expect_compare(struct arena *a, const int16_t *darkness, const uint8_t *front,
    const struct screen *screen, const uint8_t *extra, const struct register_cells *unseen_by_scan,
    struct expectation *ret)
{
	struct work *w = arena_zero(a, sizeof(*w));
	struct register_cells *mark = arena_zero_n(a, 4, sizeof(*mark));
	struct register_cells *beside = &mark[0], *enclosed = &mark[1], *unseen = &mark[2];
	float *all = arena_zero_n(a, (size_t)EXPECT_NX * EXPECT_NY, sizeof(*all));
	float *peaks = arena_zero_n(a, (size_t)EXPECT_NX * EXPECT_NY, sizeof(*peaks));
	unsigned n = 0;
	mark_ink(front, &w->ink);
	mark_ink(extra, &w->extra);
	*unseen = *unseen_by_scan;
	mark_bed(a, darkness, front, unseen);
	mark[3] = *unseen;
	grow_cells(&mark[3], unseen);
	grow_cells(&w->ink, beside);
	mark_enclosed(&w->ink, enclosed);
	grow_cells(&w->extra, &w->active);
	grow_cells(&w->ink, &w->active);
	w->expected = plane_new(a, front, screen, darkness, &w->active, unseen);
	if (screen ==
	    NULL) /* the ground's dots are as large as a stroke's end, its word as wide as a fold */
		folds_find(a, darkness, front, &w->folds);
	for (unsigned j = 0; j < CELLS_Y; j++)
		for (unsigned i = 0; i < CELLS_X; i++)
			if (w->active.on[j][i])
				cell_moments(w, darkness, i, j, &w->cell[j][i]);
	for (unsigned j = 0; j < EXPECT_NY; j++)
		for (unsigned i = 0; i < EXPECT_NX; i++) {
			ret->state[j][i] = (uint8_t)window_state(w, beside, enclosed, unseen, i, j);
			if (ret->state[j][i] != EXPECT_JUDGED)
				continue;
			struct moments m = window_moments(w, i, j);
			float how[N_WAYS] = { 0 };
			ret->rest[j][i] = rest_of(&m, how);
			ret->peak[j][i] = peak_of(w, darkness, i, j, how);
			if (in_window(&w->ink, i, j) > 0) {
				all[n] = ret->rest[j][i];
				peaks[n++] = ret->peak[j][i];
			}
		}
	ret->rest_noise = noise_of(all, n);
	ret->end = (double)w->expected->end;
	ret->peak_noise = noise_of(peaks, n);
}
