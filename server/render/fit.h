/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fit - a shaped text into a box: at the largest size at which it fits, on as
 * many lines as its style allows. Never smaller than the style's least size,
 * never cut: what does not fit is refused.
 *
 * Lines break between any two units but: before closing marks, small kana, ー
 * and 々, behind opening marks, inside numbers and inside Latin words
 * (JIS X 4051). A unit keeps its selector and marks, so no break can part them.
 */
#pragma once
#include "dlist.h"

enum fit_align { FIT_LEFT = 0, FIT_CENTER, FIT_RIGHT };
enum fit_place { FIT_MIDDLE = 0, FIT_TOP };

enum {
	FIT_MAX_LINES = 8,
	FIT_STEP_PX = 2,   /* sizes are even: half-width letters then advance whole pixels */
	FIT_LEAST_PX = 26, /* 6.24 pt: nothing of a resident's is printed smaller */
};

struct fit_style {
	uint8_t max_px; /* pixels an em at 300 dpi, even */
	uint8_t min_px;
	uint8_t max_lines;
	enum fit_align align;
	enum fit_place place;
	uint8_t pad_px; /* kept free left and right, and above what stands at the top */
};
struct fit_box { /* pixels at 300 dpi */
	int32_t x, y, w, h;
};

/* Returns 0 or RENDER_E_OVERFLOW, after which nothing was drawn. */
MUST_USE int fit_text(struct dlist *l, const struct shape_run *run, const struct fit_box *box,
    const struct fit_style *style);
/* True when a line may end behind @before and the next begin with @after. */
bool fit_may_break(const struct shape_glyph *before, const struct shape_glyph *after);
