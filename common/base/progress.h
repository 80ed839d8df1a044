/* SPDX-License-Identifier: Apache-2.0 */
/* progress - how far a long command of the operator came: a bar on stderr, only on a terminal. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { PROGRESS_LINE_BYTES = 128, PROGRESS_EVERY_MS = 200 };
struct progress {
	uint64_t all;   /* 0 = not known */
	uint64_t first; /* done before the start: no part of the rate */
	int64_t start_ms, next_ms;
	int drawn;
};
void progress_start(struct progress *p, uint64_t first, uint64_t all);
/* Draws it, at most every PROGRESS_EVERY_MS. */
void progress_at(struct progress *p, uint64_t done);
/* Goes to a new line. Returns the milliseconds since the start. */
int64_t progress_end(struct progress *p, uint64_t done);
/* "[########----------------]  33 %  320000 of 970000  15800/s  41 s left", without drawing. */
void progress_format(
    const struct progress *p, uint64_t done, int64_t elapsed_ms, char out[PROGRESS_LINE_BYTES]);
/* The most memory this process ever held, in megabytes. */
unsigned progress_peak_mb(void);
