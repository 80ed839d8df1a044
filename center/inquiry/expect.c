/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/cells.h"
#include "center/inquiry/expect.h"
#include "center/inquiry/fold.h"
#include "center/inquiry/plane.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	MARGIN = PLANE_MARGIN,
	CELLS_X = REGISTER_CELLS_X,
	CELLS_Y = REGISTER_CELLS_Y,
	RULE_PX = 150, /* 13 mm without a gap: no stroke of a character is so long */
	RULE_NEAR = 3  /* pixels to which a rule's blur reaches */
};

/*
 * Of what is missing in a fold; its square counts. A stroke that is all in a fold still
 * differs. A gap in a ruled line says nothing there.
 */
static const float FOLDED = 0.5F;

/* What may explain a window's difference. */
enum { SHIFT_X, SHIFT_Y, FADING, TINT, SPREAD_X, SPREAD_Y, N_WAYS };

struct work {
	const struct plane *expected;
	const int16_t *darkness;
	const uint8_t *front;
	struct page_cells cells;
	struct folds folds;
	struct moments {
		float rr, r[N_WAYS], x[N_WAYS * (N_WAYS + 1) / 2]; /* products with what is left */
	} cell[CELLS_Y][CELLS_X];
};

/* ---- what is left ---- */

static bool
ink_at(const struct work *w, unsigned x, unsigned y)
{
	return x < FRONT_W && y < FRONT_H && front_ink(w->front, x, y);
}

/* A ruled line of the front goes through (x, y), along (dx, dy). */
static bool
is_on_rule(const struct work *w, unsigned x, unsigned y, unsigned dx, unsigned dy)
{
	unsigned n = 0;
	for (unsigned k = 0; k < RULE_PX && ink_at(w, x + k * dx, y + k * dy); k++)
		n++;
	/* below 0: past every limit */
	for (unsigned k = 1; k < RULE_PX && n > 0 && ink_at(w, x - k * dx, y - k * dy); k++)
		n++;
	return n >= RULE_PX;
}

/* How much of what is missing here counts. */
static float
weight_of_fold(const struct work *w, unsigned x, unsigned y)
{
	if (!folds_at(&w->folds, x, y))
		return 1;
	for (unsigned k = 0; k <= 2 * RULE_NEAR; k++)
		if (is_on_rule(w, x + k - RULE_NEAR, y, 0, 1) ||
		    is_on_rule(w, x, y + k - RULE_NEAR, 1, 0))
			return 0;
	return FOLDED;
}

/* What is expected of some pixels: the plane itself, or a piece of it that was shifted. */
struct piece {
	const float *v;
	size_t stride;
};

static struct piece
piece_at(const struct work *w, unsigned x, unsigned y)
{
	return (struct piece){ w->expected->v[y + MARGIN] + MARGIN + x, PLANE_W };
}

/* The ways a pixel may go, and how far the scan is from @p, what is expected there. */
static float
pixel_ways(const struct work *w, struct piece e, unsigned x, unsigned y, float way[N_WAYS])
{
	const float *p = e.v;
	float v = p[0];
	float left = *(p - 1);
	float right = p[1];
	float up = *(p - e.stride);
	float down = *(p + e.stride);
	float r = (float)w->darkness[(size_t)y * FRONT_W + x] / 256 - v;
	way[SHIFT_X] = (right - left) / 2;
	way[SHIFT_Y] = (down - up) / 2;
	way[FADING] = v;
	way[TINT] = 1;
	way[SPREAD_X] = right - 2 * v + left;
	way[SPREAD_Y] = down - 2 * v + up;
	return r < 0 ? r * weight_of_fold(w, x, y) : r;
}

/* Of @side x @side pixels from (x0, y0); @e is what is expected of the first. */
static struct moments
moments_of(const struct work *w, struct piece e, unsigned x0, unsigned y0, unsigned side, bool ink)
{
	struct moments m = { 0 };
	for (unsigned y = 0; y < side; y++)
		for (unsigned x = 0; x < side; x++) {
			const struct piece at = { e.v + y * e.stride + x, e.stride };
			float way[N_WAYS];
			float r = pixel_ways(w, at, x0 + x, y0 + y, way);
			unsigned n = 0;
			if (!ink && r > 0)
				r = 0;
			m.rr += r * r;
			for (unsigned i = 0; i < N_WAYS; i++) {
				m.r[i] += r * way[i];
				for (unsigned k = 0; k <= i; k++)
					m.x[n++] += way[i] * way[k];
			}
		}
	return m;
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

/*
 * The largest mean of 3 x 3 pixels in the middle quarter of window (i, j), @how taken
 * off; @e is what is expected of the window's first pixel. @ink: of what came in, too.
 */
static float
peak_of(
    const struct work *w, struct piece e, unsigned i, unsigned j, const float how[N_WAYS], bool ink)
{
	enum { SIDE = REGISTER_CELL + 2, FROM = REGISTER_CELL / 2 - 1 };
	float left[SIDE][SIDE];
	float most = 0;
	const unsigned x0 = i * REGISTER_CELL + FROM;
	const unsigned y0 = j * REGISTER_CELL + FROM;
	for (unsigned y = 0; y < SIDE; y++)
		for (unsigned x = 0; x < SIDE; x++) {
			const struct piece at = { e.v + (y + FROM) * e.stride + x + FROM,
				e.stride };
			float way[N_WAYS];
			float r = pixel_ways(w, at, x0 + x, y0 + y, way);
			/* one flake of toner is as large as a stroke's end */
			if (r < 0)
				r *= weight_of_fold(w, x0 + x, y0 + y);
			for (unsigned k = 0; k < N_WAYS; k++)
				r -= how[k] * way[k];
			left[y][x] = !ink && r > 0 ? 0 : r;
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

/* ---- windows ---- */

/* From which on a window is looked at more closely: well below every border. */
static const float CLOSE_REST = 15, CLOSE_PEAK = 0.25F;
/*
 * The sheet is off by so many pixels at most, and beside a fold by more: what was shortened
 * by as much is the same to us there.
 */
static const float MOST_SHIFT = 0.8F, MOST_SHIFT_FOLDED = 2.5F;
enum { FOLD_NEAR = 24 };              /* pixels */
static const float SHIFT_COST = 0.7F; /* rest_of() */

enum { PATCH = EXPECT_WINDOW + 4, PATCH_EDGE = 2 };
struct patch {
	float v[PATCH][PATCH];
};

/* Between four values, u of the way from b to c (Catmull and Rom). */
static float
cubic(float a, float b, float c, float d, float u)
{
	return b + u / 2 * (c - a + u * (2 * a - 5 * b + 4 * c - d + u * (3 * (b - c) + d - a)));
}

/* What is expected of window (i, j) when all of it is @dx and @dy to the left and above. */
static struct piece
shifted(const struct work *w, unsigned i, unsigned j, float dx, float dy, struct patch *ret)
{
	const float fx = floorf(dx);
	const float fy = floorf(dy);
	float row[PATCH + 3][PATCH];
	for (unsigned y = 0; y < PATCH + 3; y++) {
		const float *p =
		    w->expected
			->v[(int)(j * REGISTER_CELL + y + MARGIN) - PATCH_EDGE - 1 + (int)fy];
		p += (int)(i * REGISTER_CELL + MARGIN) - PATCH_EDGE + (int)fx;
		for (unsigned x = 0; x < PATCH; x++, p++)
			row[y][x] = cubic(*(p - 1), p[0], p[1], p[2], dx - fx);
	}
	for (unsigned y = 0; y < PATCH; y++)
		for (unsigned x = 0; x < PATCH; x++)
			ret->v[y][x] =
			    cubic(row[y][x], row[y + 1][x], row[y + 2][x], row[y + 3][x], dy - fy);
	return (struct piece){ &ret->v[PATCH_EDGE][PATCH_EDGE], PATCH };
}

static float
within(float v, float most)
{
	return v < -most ? -most : v > most ? most : v;
}

/* Is the middle of window (i, j) so near a fold? */
static bool
is_beside_fold(const struct work *w, unsigned i, unsigned j)
{
	const unsigned x = (i + 1) * REGISTER_CELL;
	const unsigned y = (j + 1) * REGISTER_CELL;
	for (unsigned k = 0; k <= 2 * FOLD_NEAR; k += 4) {
		unsigned u = x + k - FOLD_NEAR; /* below 0: past every limit */
		unsigned v = y + k - FOLD_NEAR;
		if ((u < FRONT_W && folds_at(&w->folds, u, y)) ||
		    (v < FRONT_H && folds_at(&w->folds, x, v)))
			return true;
	}
	return false;
}

struct finding {
	float rest, peak;
};

/* Step by step to where the window lies: a shift of more than a pixel is no slope. */
static struct finding
look_closely(const struct work *w, unsigned i, unsigned j, bool ink, struct finding f)
{
	const float most = is_beside_fold(w, i, j) ? MOST_SHIFT_FOLDED : MOST_SHIFT;
	float dx = 0, dy = 0;
	for (int step = 0; step < 4; step++) {
		struct patch patch;
		float how[N_WAYS] = { 0 };
		struct piece e = shifted(w, i, j, dx, dy, &patch);
		struct moments m =
		    moments_of(w, e, i * REGISTER_CELL, j * REGISTER_CELL, EXPECT_WINDOW, ink);
		float rest = rest_of(&m, how) + SHIFT_COST * (dx * dx + dy * dy);
		if (step > 0 && rest < f.rest) {
			f.rest = rest;
			f.peak = fminf(f.peak, peak_of(w, e, i, j, how, ink));
		}
		dx = within(dx + within(how[SHIFT_X], 1), most);
		dy = within(dy + within(how[SHIFT_Y], 1), most);
	}
	return f;
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

/* @ink: what came in counts, too. */
static struct finding
look_at(const struct work *w, unsigned i, unsigned j, bool ink)
{
	const struct piece e = piece_at(w, i * REGISTER_CELL, j * REGISTER_CELL);
	struct moments m = ink
	    ? window_moments(w, i, j)
	    : moments_of(w, e, i * REGISTER_CELL, j * REGISTER_CELL, EXPECT_WINDOW, false);
	float how[N_WAYS] = { 0 };
	struct finding f = { .rest = rest_of(&m, how) };
	f.peak = peak_of(w, e, i, j, how, ink);
	return f.rest > CLOSE_REST || f.peak > CLOSE_PEAK ? look_closely(w, i, j, ink, f) : f;
}

static enum expect_state
window_state(const struct page_cells *c, unsigned i, unsigned j)
{
	bool ink = cells_in_window(&c->ink, i, j) > 0;
	bool extra = cells_in_window(&c->extra, i, j) > 0;
	if (cells_in_window(&c->unseen, i, j) > 0)
		return ink ? EXPECT_UNSEEN : EXPECT_BLANK;
	if (!ink && !extra)
		return EXPECT_BLANK;
	/* Half of it or more in the open, with no ink of the front near: no form. */
	if (cells_in_window(&c->enclosed, i, j) < 4 && cells_in_window(&c->beside, i, j) == 0)
		return EXPECT_MARGIN;
	return EXPECT_JUDGED;
}

static void
fill_windows(struct arena *a, struct work *w, struct expectation *ret)
{
	float *all = arena_zero_n(a, (size_t)EXPECT_NX * EXPECT_NY, sizeof(*all));
	float *peaks = arena_zero_n(a, (size_t)EXPECT_NX * EXPECT_NY, sizeof(*peaks));
	unsigned n = 0;
	for (unsigned j = 0; j < EXPECT_NY; j++)
		for (unsigned i = 0; i < EXPECT_NX; i++) {
			ret->state[j][i] = (uint8_t)window_state(&w->cells, i, j);
			if (ret->state[j][i] != EXPECT_JUDGED)
				continue;
			struct finding f = look_at(w, i, j, true);
			if (cells_in_window(&w->cells.marked, i, j) > 0) {
				ret->marked_rest[j][i] = f.rest;
				ret->marked_peak[j][i] = f.peak;
				f = look_at(w, i, j, false);
			}
			ret->rest[j][i] = f.rest;
			ret->peak[j][i] = f.peak;
			if (cells_in_window(&w->cells.ink, i, j) > 0) {
				all[n] = f.rest;
				peaks[n++] = f.peak;
			}
		}
	ret->rest_noise = noise_of(all, n);
	ret->peak_noise = noise_of(peaks, n);
}

void
expect_compare(struct arena *a, const int16_t *darkness, const uint8_t *front,
    const struct screen *screen, const uint8_t *extra, const struct register_cells *unseen,
    struct expectation *ret)
{
	struct work *w = arena_zero(a, sizeof(*w));
	struct register_cells *unfit = arena_zero(a, sizeof(*unfit));
	w->darkness = darkness;
	w->front = front;
	cells_find(a, darkness, front, extra, unseen, &w->cells);
	for (unsigned j = 0; j < CELLS_Y; j++)
		for (unsigned i = 0; i < CELLS_X; i++)
			unfit->on[j][i] = w->cells.unseen.on[j][i] | w->cells.marked.on[j][i];
	w->expected = plane_new(a, front, screen, darkness, &w->cells.active, unfit);
	if (screen ==
	    NULL) /* the ground's dots are as large as a stroke's end, its word as wide as a fold */
		folds_find(a, darkness, front, &w->folds);
	for (unsigned j = 0; j < CELLS_Y; j++)
		for (unsigned i = 0; i < CELLS_X; i++)
			if (w->cells.active.on[j][i])
				w->cell[j][i] =
				    moments_of(w, piece_at(w, i * REGISTER_CELL, j * REGISTER_CELL),
					i * REGISTER_CELL, j * REGISTER_CELL, REGISTER_CELL, true);
	fill_windows(a, w, ret);
	ret->end = (double)w->expected->end;
}
