/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/fft.h"

#include <math.h>

enum { STRIP = 16 }; /* columns worked on at once: a cache line, and vectors */

void
fft_plan_init(struct fft_plan *p)
{
	for (int i = 0; i < FFT_N / 2; i++) {
		double a = 2 * M_PI * i / FFT_N;
		p->c[i] = (float)cos(a);
		p->s[i] = (float)sin(a);
	}
	for (unsigned i = 0; i < FFT_N; i++) {
		unsigned r = 0;
		for (unsigned b = 0; b < FFT_LOG; b++)
			r |= (i >> b & 1) << (FFT_LOG - 1 - b);
		p->rev[i] = (unsigned short)r;
	}
}

static void
swap_strips(float *restrict a, float *restrict b)
{
	for (int k = 0; k < STRIP; k++) {
		float t = a[k];
		a[k] = b[k];
		b[k] = t;
	}
}

static void
butterfly(float *restrict ar, float *restrict ai, float *restrict br, float *restrict bi, float c,
    float s)
{
	for (int k = 0; k < STRIP; k++) {
		float re = br[k] * c + bi[k] * s;
		float im = bi[k] * c - br[k] * s;
		br[k] = ar[k] - re;
		bi[k] = ai[k] - im;
		ar[k] += re;
		ai[k] += im;
	}
}

/* All columns x .. x + STRIP - 1, radix 2. */
static void
transform_strip(const struct fft_plan *p, struct fft_field *f, int x)
{
	for (int i = 0; i < FFT_N; i++)
		if (p->rev[i] > i) {
			swap_strips(&f->re[i][x], &f->re[p->rev[i]][x]);
			swap_strips(&f->im[i][x], &f->im[p->rev[i]][x]);
		}
	for (int len = 2, step = FFT_N / 2; len <= FFT_N; len *= 2, step /= 2)
		for (int i = 0; i < FFT_N; i += len)
			for (int j = 0; j < len / 2; j++)
				butterfly(&f->re[i + j][x], &f->im[i + j][x],
				    &f->re[i + j + len / 2][x], &f->im[i + j + len / 2][x],
				    p->c[j * step], p->s[j * step]);
}

static void
transpose(float f[FFT_N][FFT_N])
{
	for (int y = 0; y < FFT_N; y += STRIP)
		for (int x = y; x < FFT_N; x += STRIP)
			for (int i = y; i < y + STRIP; i++)
				for (int j = x > i ? x : i + 1; j < x + STRIP; j++) {
					float t = f[i][j];
					f[i][j] = f[j][i];
					f[j][i] = t;
				}
}

void
fft_forward(const struct fft_plan *p, struct fft_field *f)
{
	for (int x = 0; x < FFT_N; x += STRIP)
		transform_strip(p, f, x);
	transpose(f->re);
	transpose(f->im);
	for (int x = 0; x < FFT_N; x += STRIP)
		transform_strip(p, f, x);
}
