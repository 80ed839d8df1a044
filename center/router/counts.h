/* SPDX-License-Identifier: Apache-2.0 */
/* counts - what became of requests, since this process began; by outcome and fault. */
#pragma once
#include <stdatomic.h>

enum { COUNTS_N_REASONS = 32 };
struct counts {
	atomic_ulong answered;
	atomic_ulong refused[COUNTS_N_REASONS];
};
/* @r: 0, an outcome of the router or a fault. */
void counts_add(struct counts *c, int r);
/* The code that place @at of refused stands for; NULL behind the last. */
const char *counts_reason(unsigned at);
