/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chart - stacked bars as SVG, drawn by the server: no script, no library, no
 * style sheet. What it shows stands in a table beside it.
 */
#pragma once
#include "base/bytes.h"
#include <stdint.h>

enum { CHART_MAX_BARS = 400, CHART_MAX_SERIES = 8, CHART_BYTES = 512 * 1024 };
struct chart_series {
	const char *name;
	const char *fill;      /* "#14406f" */
	const int64_t *values; /* one a bar, none negative */
};
struct chart {
	const char *title;
	const char *const *labels; /* one a bar */
	unsigned n_bars;           /* 1..CHART_MAX_BARS */
	const struct chart_series *series;
	unsigned n_series; /* 1..CHART_MAX_SERIES, the first at the bottom */
};

/* The end of an axis that holds @most: 1, 2 or 5 with zeros, at least 5. */
int64_t chart_axis_end(int64_t most);
/* Texts are escaped. Buffer limit: CHART_BYTES. */
void chart_draw(const struct chart *c, struct buf *out);
