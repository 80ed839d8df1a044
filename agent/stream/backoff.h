/* SPDX-License-Identifier: Apache-2.0 */
/* backoff - how long to wait before the next try; randomness is handed in. */
#pragma once
#include <stdint.h>

enum { BACKOFF_MIN_MS = 250, BACKOFF_MAX_MS = 30000 };
/*
 * The wait after the @tries-th failure in a row (1, 2, ...): doubles from
 * BACKOFF_MIN_MS to BACKOFF_MAX_MS, of which @random takes away up to half, so
 * that a thousand agents do not come back at once.
 */
int backoff_ms(unsigned tries, uint64_t random);
