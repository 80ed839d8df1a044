/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/solve.h"

#include <math.h>

static void
swap_doubles(double *a, double *b, int n)
{
	for (int i = 0; i < n; i++) {
		double t = a[i];
		a[i] = b[i];
		b[i] = t;
	}
}

static bool
eliminate(double *a, double *b, int n, int i)
{
	int p = i;
	for (int k = i + 1; k < n; k++)
		if (fabs(a[k * n + i]) > fabs(a[p * n + i]))
			p = k;
	if (!(fabs(a[p * n + i]) > 1e-12))
		return false;
	if (p != i) {
		swap_doubles(a + i * n, a + p * n, n);
		swap_doubles(b + i, b + p, 1);
	}
	for (int k = i + 1; k < n; k++) {
		double f = a[k * n + i] / a[i * n + i];
		for (int j = i; j < n; j++)
			a[k * n + j] -= f * a[i * n + j];
		b[k] -= f * b[i];
	}
	return true;
}

bool
solve_linear(double *a, double *b, int n)
{
	for (int i = 0; i < n; i++)
		if (!eliminate(a, b, n, i))
			return false;
	for (int i = n - 1; i >= 0; i--) {
		for (int j = i + 1; j < n; j++)
			b[i] -= a[i * n + j] * b[j];
		b[i] /= a[i * n + i];
	}
	return true;
}
