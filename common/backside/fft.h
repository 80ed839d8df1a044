/* SPDX-License-Identifier: Apache-2.0 */
/* fft - the discrete Fourier transform of a 512 x 512 field. */
#pragma once

enum { FFT_N = 512, FFT_LOG = 9 };

struct fft_field {
	float re[FFT_N][FFT_N];
	float im[FFT_N][FFT_N];
};

struct fft_plan {
	float c[FFT_N / 2];
	float s[FFT_N / 2];
	unsigned short rev[FFT_N];
};

void fft_plan_init(struct fft_plan *p);
/* In place, not normalised; the result is transposed. */
void fft_forward(const struct fft_plan *p, struct fft_field *f);
