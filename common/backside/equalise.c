/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Least squares: 25 taps around a module, two local means and a constant,
 * trained on the modules that are known and on a share of confident decisions.
 */
#include "backside/soft.h"
#include "backside/solve.h"

#include <math.h>
#include <string.h>

enum {
	N_TAPS = SOFT_TAPS * SOFT_TAPS,
	F_MEAN = N_TAPS, /* features after the taps */
	F_MIDDLE,
	F_ONE,
	N_FEATURES,
	STRIDE = 32, /* N_FEATURES, rounded up for vectors */
	PASSES = 2,
	ONE = 30, /* the constant feature, of the size of the others */
};

struct trainer {
	float a[N_FEATURES][STRIDE]; /* sums of one row of modules */
	float b[STRIDE];
	double sum_a[N_FEATURES * N_FEATURES];
	double sum_b[N_FEATURES];
	float threshold; /* below it a decision teaches nothing */
	uint32_t state;
};

/* The greys with a border, so that the window may hang over. */
static void
pad_fill(struct soft_page *p)
{
	for (int y = 0; y < SOFT_PAD_H; y++) {
		int from = y < SOFT_PAD ? 0 : y - SOFT_PAD;
		from = from >= SOFT_H ? SOFT_H - 1 : from;
		bool inside = from == y - SOFT_PAD;
		const float *row = (inside ? p->grey : p->middle) + from * SOFT_W;
		memcpy(p->pad[y] + SOFT_PAD, row, SOFT_W * sizeof(*row));
		for (int k = 0; k < SOFT_PAD; k++) {
			p->pad[y][k] = p->middle[from * SOFT_W];
			p->pad[y][SOFT_PAD + SOFT_W + k] = p->middle[from * SOFT_W + SOFT_W - 1];
		}
	}
}

static void
features_at(const struct soft_page *p, int x, int y, float f[static STRIDE])
{
	float middle = p->middle[y * SOFT_W + x];
	int k = 0;
	for (int v = 0; v < SOFT_TAPS; v++)
		for (int u = 0; u < SOFT_TAPS; u++)
			f[k++] = p->pad[y + v][x + u] - middle;
	f[F_MEAN] = p->mean[y * SOFT_W + x] - middle;
	f[F_MIDDLE] = middle - 128;
	f[F_ONE] = ONE;
}

/* What module @id should become, or 0 when it is not to be learned from. */
static float
teacher(struct trainer *t, const struct soft_page *p, int id)
{
	t->state = t->state * 1664525u + 1013904223u;
	unsigned draw = t->state >> 28; /* half of the known ones, a sixteenth of the others */
	if (p->known[id] != TILEMAP_DATA && draw < 8)
		return p->known[id] == TILEMAP_BLACK ? -1.0f : 1.0f;
	if (p->known[id] != TILEMAP_DATA || draw > 0 || fabsf(p->value[id]) < t->threshold)
		return 0;
	return p->value[id] > 0 ? 1.0f : -1.0f;
}

static void
learn(struct trainer *t, const float *f, float want)
{
	for (int i = 0; i < N_FEATURES; i++)
		for (int k = 0; k < STRIDE; k++)
			t->a[i][k] += f[i] * f[k];
	for (int k = 0; k < STRIDE; k++)
		t->b[k] += f[k] * want;
}

static void
learn_row(struct trainer *t, const struct soft_page *p, int y)
{
	float f[STRIDE] = { 0 };
	memset(t->a, 0, sizeof(t->a));
	memset(t->b, 0, sizeof(t->b));
	for (int x = 0; x < SOFT_W; x++) {
		float want = teacher(t, p, y * SOFT_W + x);
		if (want == 0)
			continue;
		features_at(p, x, y, f);
		learn(t, f, want);
	}
	for (int i = 0; i < N_FEATURES; i++) {
		for (int k = 0; k < N_FEATURES; k++)
			t->sum_a[i * N_FEATURES + k] += (double)t->a[i][k];
		t->sum_b[i] += (double)t->b[i];
	}
}

static bool
train(struct trainer *t, const struct soft_page *p, float ret[static N_FEATURES])
{
	memset(t->sum_a, 0, sizeof(t->sum_a));
	memset(t->sum_b, 0, sizeof(t->sum_b));
	t->state = 1;
	for (int y = 0; y < SOFT_H; y++)
		learn_row(t, p, y);
	for (int i = 0; i < N_FEATURES; i++) {
		double *d = &t->sum_a[i * N_FEATURES + i];
		*d = *d * 1.0001 + 1;
	}
	if (!solve_linear(t->sum_a, t->sum_b, N_FEATURES))
		return false;
	for (int i = 0; i < N_FEATURES; i++)
		ret[i] = (float)t->sum_b[i];
	return true;
}

static void
tap_add(float *restrict out, const float *restrict in, float weight)
{
	for (int x = 0; x < SOFT_W; x++)
		out[x] += weight * in[x];
}

static void
apply_row(struct soft_page *p, const float *w, float tap_sum, int y)
{
	float *restrict out = p->value + y * SOFT_W;
	const float *restrict middle = p->middle + y * SOFT_W;
	const float *restrict mean = p->mean + y * SOFT_W;
	for (int x = 0; x < SOFT_W; x++)
		out[x] = w[F_MEAN] * (mean[x] - middle[x]) + w[F_MIDDLE] * (middle[x] - 128) +
		    w[F_ONE] * ONE - tap_sum * middle[x];
	for (int v = 0; v < SOFT_TAPS; v++)
		for (int u = 0; u < SOFT_TAPS; u++)
			tap_add(out, p->pad[y + v] + u, w[v * SOFT_TAPS + u]);
}

static void
apply(struct soft_page *p, const float *w)
{
	float tap_sum = 0;
	for (int i = 0; i < N_TAPS; i++)
		tap_sum += w[i];
	for (int y = 0; y < SOFT_H; y++)
		apply_row(p, w, tap_sum, y);
}

void
soft_equalise(struct soft_page *p)
{
	struct trainer t = { 0 };
	float w[N_FEATURES];
	double size = 0;
	pad_fill(p);
	for (int i = 0; i < SOFT_N; i++) {
		p->value[i] = p->grey[i] - p->middle[i];
		size += fabs((double)p->value[i]);
	}
	size = size / SOFT_N + 1e-3;
	t.threshold = 0.5f * (float)size;
	for (int pass = 0; pass < PASSES; pass++) {
		if (!train(&t, p, w))
			break;
		apply(p, w);
		t.threshold = 0.25f;
	}
}
