/* SPDX-License-Identifier: Apache-2.0 */
/* solve - small systems of linear equations. */
#pragma once
#include <stdbool.h>

/*
 * Solve A x = b for @n unknowns by elimination with pivots: A is n rows of n,
 * both are overwritten, b becomes x. Returns false when A is singular.
 */
bool solve_linear(double *a, double *b, int n);
