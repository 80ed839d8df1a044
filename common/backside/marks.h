/* SPDX-License-Identifier: Apache-2.0 */
/*
 * marks - the marks of a page: patches of ink that touch nowhere, not even at
 * a corner. A stroke, a part of a character, a table's rules are one each.
 */
#pragma once
#include "backside/bilevel.h"
#include <stdbool.h>

enum {
	MARKS_MAX_RUNS = 1 << 18, /* of a page that is looked at */
	MARKS_MAX = 1 << 14,      /* small ones */
	MARKS_MAX_SIDE_PX = 160,  /* a small mark: a title's character has some 70 */
	MARKS_MAX_SIZE_RUNS = 600,
};

struct marks_run { /* ink at x0 .. x1 - 1 */
	uint16_t y, x0, x1;
};
struct mark {
	uint16_t x, y, w, h;
	uint32_t first_run, n_runs; /* in scan order, in marks.runs */
	uint32_t shape;             /* marks of one shape are alike, pixel for pixel */
};
struct marks {
	struct marks_run *runs;
	size_t n_runs;
	struct mark *list; /* the small ones, in the order of their first pixels */
	unsigned n;
	unsigned n_shapes; /* numbered in the order of their first marks */
};

/*
 * Finds them. False, and nothing to free, for a page with more than
 * MARKS_MAX_RUNS runs or MARKS_MAX small marks.
 */
bool marks_find(const struct bilevel *img, struct marks *ret);
void marks_done(struct marks *m); /* wipes */

/* Sets (or clears) the mark's pixels in rows of @stride_bytes, its corner at @x, @y. */
void mark_paint(const struct marks *m, const struct mark *k, uint8_t *rows, size_t stride_bytes,
    unsigned x, unsigned y, bool ink);
