/* SPDX-License-Identifier: Apache-2.0 */
/* bilevel - a display list as the 300 dpi raster of its page. */
#pragma once
#include "dlist.h"

/*
 * Draws into @raster: RENDER_H rows of RENDER_ROW_BYTES, zeroed by the caller.
 * What lies outside the page is cut. Returns 0 or FAULT_INTERNAL.
 */
MUST_USE int bilevel_draw(
    struct render_fonts *f, const struct dlist *l, uint8_t *raster, struct err *err);
