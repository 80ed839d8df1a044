/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/plane.h"

#include <math.h>

enum {
	TAPS = 7, /* of the ink's filter, each way */
	HALF_TAPS = TAPS / 2,
	COARSE_TAPS = 5,
	FINE_TAPS = 3,
	GAP_TAPS = 3,
	/*
	 * The unknowns: three filters, the paper's rest of grey, the tint of the fine dots;
	 * the filter of gaps in the ink that toner fills.
	 */
	AT_COARSE = TAPS * TAPS,
	AT_FINE = AT_COARSE + COARSE_TAPS * COARSE_TAPS,
	AT_PAPER = AT_FINE + FINE_TAPS * FINE_TAPS,
	AT_TINT,
	AT_GAP,
	N_UNKNOWN = AT_GAP + GAP_TAPS * GAP_TAPS,
	FIT_EVERY = 37, /* of the pixels beside ink */
	MARGIN = PLANE_MARGIN,
	CELLS_X = REGISTER_CELLS_X,
	CELLS_Y = REGISTER_CELLS_Y
};

struct work {
	struct plane out;
	uint8_t rows[PLANE_H][PLANE_W]; /* the TAPS bits of the front around a pixel, a row */
	float tap[TAPS][1 << TAPS];     /* a row's share, by its bits */
	const struct screen *screen;
	uint8_t *gaps; /* SCREEN_FULL where there is one, FRONT_W a row */
	double a[N_UNKNOWN][N_UNKNOWN], b[N_UNKNOWN];
};

static void
fill_rows(struct work *w, const uint8_t *front)
{
	for (unsigned y = 0; y < FRONT_H; y++) {
		unsigned bits = 0;
		uint8_t *out = w->rows[y + MARGIN] + MARGIN - HALF_TAPS;
		const uint8_t *row = front + (size_t)y * FRONT_ROW_BYTES;
		for (unsigned x = 0; x < FRONT_W + TAPS; x++) {
			bits = bits << 1 & ((1U << TAPS) - 1);
			if (x < FRONT_W)
				bits |= row[x / 8] >> (7 - (x & 7)) & 1U;
			out[x] = (uint8_t)bits;
		}
	}
}

/* White pixels with ink on five sides or more: print spreads over them, as no filter does. */
static void
find_gaps(struct work *w)
{
	const unsigned sides = 5;
	const unsigned mid = HALF_TAPS; /* the bit of the row that is the pixel */
	for (unsigned y = 0; y < FRONT_H; y++)
		for (unsigned x = 0; x < FRONT_W; x++) {
			const uint8_t *r = w->rows[y + MARGIN] + x + MARGIN;
			if (r[0] == 0 || r[0] >> mid & 1)
				continue;
			unsigned n = 0;
			for (int k = -1; k <= 1; k++)
				n += (unsigned)__builtin_popcount(
				    *(r + k * PLANE_W) >> (mid - 1) & 7U);
			if (n >= sides)
				w->gaps[(size_t)y * FRONT_W + x] = SCREEN_FULL;
		}
}

/* ---- the filters, by least squares ---- */

/* What one pixel of the scan is made of. */
struct parts {
	unsigned n, on[N_UNKNOWN];
	double share[N_UNKNOWN];
};

static void
part_add(struct parts *p, unsigned on, double share)
{
	p->on[p->n] = on;
	p->share[p->n++] = share;
}

/* The dots of @cover that a filter of @taps each way sees from (x, y). */
static void
parts_of_dots(
    struct parts *p, const uint8_t *cover, unsigned x, unsigned y, unsigned taps, unsigned first)
{
	for (unsigned i = 0; i < taps * taps; i++) {
		unsigned u = x + taps / 2 - i % taps; /* below 0: past every limit */
		unsigned v = y + i / taps - taps / 2;
		if (u >= FRONT_W || v >= FRONT_H)
			continue;
		unsigned c = cover[(size_t)v * FRONT_W + u];
		if (c != 0)
			part_add(p, first + i, (double)c / SCREEN_FULL);
	}
}

static void
fit_pixel(struct work *w, unsigned x, unsigned y, double value)
{
	struct parts p = { .n = 0 };
	for (unsigned j = 0; j < TAPS; j++) {
		unsigned bits = w->rows[y + MARGIN + j - HALF_TAPS][x + MARGIN];
		for (unsigned i = 0; i < TAPS; i++)
			if (bits >> i & 1)
				part_add(&p, j * TAPS + i, 1);
	}
	if (w->screen != NULL) {
		parts_of_dots(&p, w->screen->coarse, x, y, COARSE_TAPS, AT_COARSE);
		parts_of_dots(&p, w->screen->fine, x, y, FINE_TAPS, AT_FINE);
	}
	parts_of_dots(&p, w->gaps, x, y, GAP_TAPS, AT_GAP);
	part_add(&p, AT_PAPER, 1);
	if (w->screen != NULL && front_ink(w->screen->tint, x, y))
		part_add(&p, AT_TINT, 1);
	for (unsigned i = 0; i < p.n; i++) {
		w->b[p.on[i]] += p.share[i] * value;
		for (unsigned k = 0; k <= i; k++)
			w->a[p.on[i]][p.on[k]] += p.share[i] * p.share[k];
	}
}

/* Cholesky, in place; the ridge keeps it positive definite. */
static void
fit_solve(struct work *w)
{
	for (int i = 0; i < N_UNKNOWN; i++) {
		w->a[i][i] += 20;
		for (int j = 0; j <= i; j++) {
			double s = w->a[i][j];
			for (int k = 0; k < j; k++)
				s -= w->a[i][k] * w->a[j][k];
			w->a[i][j] = i == j ? sqrt(s) : s / w->a[j][j];
		}
	}
	for (int i = 0; i < N_UNKNOWN; i++) {
		for (int k = 0; k < i; k++)
			w->b[i] -= w->a[i][k] * w->b[k];
		w->b[i] /= w->a[i][i];
	}
	for (int i = N_UNKNOWN - 1; i >= 0; i--) {
		for (int k = i + 1; k < N_UNKNOWN; k++)
			w->b[i] -= w->a[k][i] * w->b[k];
		w->b[i] /= w->a[i][i];
	}
	for (int i = 0; i < N_UNKNOWN; i++)
		w->b[i] /= 256;
}

static void
fit_filters(struct work *w, const int16_t *darkness, const struct register_cells *active,
    const struct register_cells *unseen)
{
	unsigned count = 0;
	for (unsigned y = 0; y < CELLS_Y * REGISTER_CELL; y++)
		for (unsigned x = 0; x < CELLS_X * REGISTER_CELL; x++) {
			if (!active->on[y / REGISTER_CELL][x / REGISTER_CELL] ||
			    unseen->on[y / REGISTER_CELL][x / REGISTER_CELL]) {
				x += REGISTER_CELL - 1;
				continue;
			}
			if (count++ % FIT_EVERY == 0)
				fit_pixel(w, x, y, darkness[(size_t)y * FRONT_W + x]);
		}
	fit_solve(w);
}

/* ---- what is expected ---- */

static void
put_ink(struct work *w, const struct register_cells *active)
{
	for (unsigned j = 0; j < TAPS; j++)
		for (unsigned bits = 0; bits < 1U << TAPS; bits++)
			for (unsigned i = 0; i < TAPS; i++)
				if (bits >> i & 1)
					w->tap[j][bits] += (float)w->b[j * TAPS + i];
	for (unsigned y = 0; y < CELLS_Y * REGISTER_CELL; y++)
		for (unsigned c = 0; c < CELLS_X; c++) {
			if (!active->on[y / REGISTER_CELL][c])
				continue;
			unsigned at = MARGIN + c * REGISTER_CELL;
			float *out = w->out.v[y + MARGIN] + at;
			for (unsigned x = 0; x < REGISTER_CELL; x++) {
				float v = (float)w->b[AT_PAPER];
				for (unsigned j = 0; j < TAPS; j++)
					v += w->tap[j][w->rows[y + MARGIN + j - HALF_TAPS][at + x]];
				out[x] = v;
			}
		}
}

/* One pixel with dots, spread by their filter. */
static void
spread(struct work *w, unsigned x, unsigned y, float share, unsigned taps, unsigned first)
{
	const double *tap = w->b + first;
	for (unsigned j = 0; j < taps; j++) {
		float *out = w->out.v[y + MARGIN + taps / 2 - j] + x + MARGIN - taps / 2;
		for (unsigned i = 0; i < taps; i++)
			out[i] += share * (float)tap[j * taps + i];
	}
}

static void
put_gaps(struct work *w)
{
	for (unsigned y = 0; y < FRONT_H; y++)
		for (unsigned x = 0; x < FRONT_W; x++)
			if (w->gaps[(size_t)y * FRONT_W + x] != 0)
				spread(w, x, y, 1, GAP_TAPS, AT_GAP);
}

/* The ground; what falls outside the active cells is not looked at. */
static void
put_ground(struct work *w)
{
	const struct screen *s = w->screen;
	for (unsigned y = 0; y < FRONT_H; y++)
		for (unsigned x = 0; x < FRONT_W; x++) {
			const size_t at = (size_t)y * FRONT_W + x;
			if (s->coarse[at] != 0)
				spread(w, x, y, (float)s->coarse[at] / SCREEN_FULL, COARSE_TAPS,
				    AT_COARSE);
			else if (s->fine[at] != 0)
				spread(
				    w, x, y, (float)s->fine[at] / SCREEN_FULL, FINE_TAPS, AT_FINE);
			if (front_ink(s->tint, x, y))
				w->out.v[y + MARGIN][x + MARGIN] += (float)w->b[AT_TINT];
		}
}

/* The largest mean of 3 x 3 pixels of what the ink's filter makes of a stroke's end. */
static float
end_of_stroke(const struct work *w)
{
	enum { LONG = 4, THICK = 3, SIDE = TAPS + LONG + 1, N = 3 };
	double v[SIDE][SIDE] = { 0 };
	double most = 0;
	for (unsigned k = 0; k < LONG * THICK; k++)
		for (unsigned i = 0; i < TAPS * TAPS; i++)
			v[k / LONG + i / TAPS][k % LONG + i % TAPS] +=
			    w->b[(TAPS - 1 - i / TAPS) * TAPS + i % TAPS];
	for (unsigned y = 0; y + N <= SIDE; y++)
		for (unsigned x = 0; x + N <= SIDE; x++) {
			double sum = 0;
			for (unsigned k = 0; k < N * N; k++)
				sum += v[y + k / N][x + k % N];
			most = sum > most ? sum : most;
		}
	return (float)most / (N * N);
}

/* ---- how dark the print is, here and there ---- */

enum {
	AREA = 20, /* cells a side */
	AREAS_X = (CELLS_X + AREA - 1) / AREA,
	AREAS_Y = (CELLS_Y + AREA - 1) / AREA
};
struct likeness {
	double dv, vv; /* sums of the products of what is seen and expected, and of that squared */
};
static const double MOST_FADED = 0.7, LEAST_SEEN = 300;

static void
add_cell(
    const struct work *w, const int16_t *darkness, unsigned cx, unsigned cy, struct likeness *ret)
{
	for (unsigned y = cy * REGISTER_CELL; y < (cy + 1) * REGISTER_CELL; y++) {
		const float *v = w->out.v[y + MARGIN] + MARGIN + cx * REGISTER_CELL;
		const int16_t *d = darkness + (size_t)y * FRONT_W + (size_t)cx * REGISTER_CELL;
		float dv = 0, vv = 0;
		for (unsigned x = 0; x < REGISTER_CELL; x++) {
			dv += (float)d[x] * v[x];
			vv += v[x] * v[x];
		}
		ret->dv += (double)dv / 256;
		ret->vv += (double)vv;
	}
}

/* An area takes its neighbours' opinion too, and a little of none: nobody can fade one word. */
static void
gains(struct likeness of[AREAS_Y][AREAS_X], float ret[AREAS_Y][AREAS_X])
{
	for (int j = 0; j < AREAS_Y; j++)
		for (int i = 0; i < AREAS_X; i++) {
			struct likeness s = { LEAST_SEEN, LEAST_SEEN };
			for (int k = 0; k < 9; k++) {
				int v = j + k / 3 - 1;
				int u = i + k % 3 - 1;
				if (u < 0 || v < 0 || u >= AREAS_X || v >= AREAS_Y)
					continue;
				s.dv += of[v][u].dv;
				s.vv += of[v][u].vv;
			}
			double g = s.dv / s.vv;
			ret[j][i] = (float)fmax(MOST_FADED, fmin(1 / MOST_FADED, g));
		}
}

/* Between the middles of four areas; @x and @y in areas. */
static float
gain_at(float gain[AREAS_Y][AREAS_X], float x, float y)
{
	x = fmaxf(0, fminf(x - 0.5F, AREAS_X - 1.001F));
	y = fmaxf(0, fminf(y - 0.5F, AREAS_Y - 1.001F));
	unsigned i = (unsigned)x;
	unsigned j = (unsigned)y;
	float u = x - (float)i;
	float v = y - (float)j;
	return (gain[j][i] * (1 - u) + gain[j][i + 1] * u) * (1 - v) +
	    (gain[j + 1][i] * (1 - u) + gain[j + 1][i + 1] * u) * v;
}

/* A print fades slowly over the page: so does what is expected. */
static void
follow_fading(struct work *w, struct arena *a, const int16_t *darkness,
    const struct register_cells *active, const struct register_cells *unseen)
{
	struct likeness(*of)[AREAS_X] = arena_zero_n(a, AREAS_Y, sizeof(*of));
	float(*gain)[AREAS_X] = arena_zero_n(a, AREAS_Y, sizeof(*gain));
	for (unsigned y = 0; y < CELLS_Y; y++)
		for (unsigned x = 0; x < CELLS_X; x++)
			if (active->on[y][x] && !unseen->on[y][x])
				add_cell(w, darkness, x, y, &of[y / AREA][x / AREA]);
	gains(of, gain);
	for (unsigned y = 0; y < CELLS_Y * REGISTER_CELL; y++)
		for (unsigned c = 0; c < CELLS_X; c++) {
			if (!active->on[y / REGISTER_CELL][c])
				continue;
			const float v = ((float)y + 0.5F) / (AREA * REGISTER_CELL);
			const float g = gain_at(gain, (float)c / AREA, v);
			const float step = gain_at(gain, (float)(c + 1) / AREA, v) - g;
			float *out = w->out.v[y + MARGIN] + MARGIN + (size_t)c * REGISTER_CELL;
			for (unsigned x = 0; x < REGISTER_CELL; x++)
				out[x] *= g + step * ((float)x + 0.5F) / REGISTER_CELL;
		}
}

const struct plane *
plane_new(struct arena *a, const uint8_t *front, const struct screen *screen,
    const int16_t *darkness, const struct register_cells *active,
    const struct register_cells *unseen)
{
	struct work *w = arena_zero(a, sizeof(*w));
	w->screen = screen;
	fill_rows(w, front);
	w->gaps = arena_zero_n(a, FRONT_W, FRONT_H);
	if (screen == NULL) /* on a ground its dots are in them */
		find_gaps(w);
	fit_filters(w, darkness, active, unseen);
	put_ink(w, active);
	put_gaps(w);
	w->out.end = end_of_stroke(w);
	if (screen != NULL)
		put_ground(w);
	follow_fading(w, a, darkness, active, unseen);
	return &w->out;
}
