/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small shifts, from decisions: a 3 x 3 model predicts each grey from the
 * modules around it; what it misses, regressed on the slopes of the greys,
 * tells how far a block stands beside where it was sampled.
 */
#include "backside/soft.h"
#include "backside/solve.h"

#include <math.h>
#include <string.h>

enum { N_MODEL = 10, SAMPLE_SHIFT = 29 /* one module of eight teaches */ };

static const float SHIFT_MAX = 0.6f;

struct model {
	float tap[9];
	float one;
};

static void
window_decisions(const struct soft_page *p, int x, int y, float v[static 9])
{
	for (int j = -1, k = 0; j <= 1; j++)
		for (int i = -1; i <= 1; i++)
			v[k++] = soft_decision(p, (y + j) * SOFT_W + x + i);
}

static bool
model_fit(const struct soft_page *p, struct model *ret)
{
	double a[N_MODEL * N_MODEL] = { 0 }, b[N_MODEL] = { 0 };
	uint32_t state = 7;
	for (int y = 1; y < SOFT_H - 1; y++)
		for (int x = 1; x < SOFT_W - 1; x++) {
			float v[N_MODEL];
			state = state * 1664525u + 1013904223u;
			if (state >> SAMPLE_SHIFT)
				continue;
			window_decisions(p, x, y, v);
			v[9] = 1;
			int id = y * SOFT_W + x;
			float grey = p->grey[id] - p->middle[id];
			for (int i = 0; i < N_MODEL; i++) {
				for (int k = 0; k < N_MODEL; k++)
					a[i * N_MODEL + k] += (double)(v[i] * v[k]);
				b[i] += (double)(v[i] * grey);
			}
		}
	for (int i = 0; i < N_MODEL; i++)
		a[i * N_MODEL + i] += 1;
	if (!solve_linear(a, b, N_MODEL))
		return false;
	for (int i = 0; i < 9; i++)
		ret->tap[i] = (float)b[i];
	ret->one = (float)b[9];
	return true;
}

struct slopes {
	double xx, xy, yy, ex, ey, ee;
};

static void
slopes_add(struct slopes *s, const struct soft_page *p, const struct model *m, int x, int y)
{
	float v[9];
	int id = y * SOFT_W + x;
	float e = p->grey[id] - p->middle[id] - m->one;
	window_decisions(p, x, y, v);
	for (int k = 0; k < 9; k++)
		e -= m->tap[k] * v[k];
	double gx = 0.5 * (double)(p->grey[id + 1] - p->grey[id - 1]);
	double gy = 0.5 * (double)(p->grey[id + SOFT_W] - p->grey[id - SOFT_W]);
	double de = (double)e;
	s->xx += gx * gx;
	s->xy += gx * gy;
	s->yy += gy * gy;
	s->ex += gx * de;
	s->ey += gy * de;
	s->ee += de * de;
}

static float
limited(double v)
{
	return fminf(SHIFT_MAX, fmaxf(-SHIFT_MAX, (float)v));
}

static struct soft_shift
block_shift(
    const struct soft_page *p, const struct model *m, int bx, int by, int block, float *ret_weight)
{
	struct slopes s = { .xx = 1e-3, .yy = 1e-3 };
	for (int y = by * block; y < (by + 1) * block; y++)
		for (int x = bx * block; x < (bx + 1) * block; x++)
			if (x > 0 && y > 0 && x < SOFT_W - 1 && y < SOFT_H - 1)
				slopes_add(&s, p, m, x, y);
	double more = 0.05 * (s.xx + s.yy);
	s.xx += more;
	s.yy += more;
	double det = s.xx * s.yy - s.xy * s.xy;
	*ret_weight = (float)((s.xx + s.yy) / (s.ee + 1));
	return (struct soft_shift){ limited((s.ex * s.yy - s.ey * s.xy) / det),
		limited((s.ey * s.xx - s.ex * s.xy) / det) };
}

/* The mean over the blocks around, by how much each has to say. */
static struct soft_shift
smoothed(
    const struct soft_page *p, const struct soft_shift *in, int w, int h, int x, int y, int radius)
{
	float sum = 1e-9f, sx = 0, sy = 0;
	for (int j = -radius; j <= radius; j++)
		for (int i = -radius; i <= radius; i++) {
			int u = x + i, v = y + j;
			if (u < 0 || v < 0 || u >= w || v >= h)
				continue;
			float far = (float)(i * i + j * j);
			float k = p->weight[v * w + u] * expf(-far / (radius == 1 ? 0.8f : 1.6f));
			sum += k;
			sx += k * in[v * w + u].x;
			sy += k * in[v * w + u].y;
		}
	return (struct soft_shift){ sx / sum, sy / sum };
}

/* The shift in force at the middle of a block of the new size. */
static struct soft_shift
shift_before(const struct soft_page *p, int x, int y, int block)
{
	if (p->block == 0)
		return (struct soft_shift){ 0 };
	int w = SOFT_W / p->block;
	int u = (x * block + block / 2) / p->block, v = (y * block + block / 2) / p->block;
	return p->shift[v * w + u];
}

void
soft_align(struct soft_page *p, unsigned round)
{
	struct model m;
	int block = BACKSIDE_TILE >> (round < 2 ? round : 2);
	int w = SOFT_W / block, h = SOFT_H / block;
	int radius = round == 0 ? 1 : 2;
	if (!model_fit(p, &m))
		return;
	struct soft_shift *raw = p->next;
	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++)
			raw[y * w + x] = block_shift(p, &m, x, y, block, &p->weight[y * w + x]);
	struct soft_shift *out = p->after;
	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++) {
			struct soft_shift s = smoothed(p, raw, w, h, x, y, radius);
			struct soft_shift old = shift_before(p, x, y, block);
			out[y * w + x] = (struct soft_shift){ old.x - s.x, old.y - s.y };
		}
	memcpy(p->shift, out, (size_t)(w * h) * sizeof(*out));
	p->block = block;
}
