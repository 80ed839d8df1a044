/* SPDX-License-Identifier: Apache-2.0 */
/* ground_cache - the ground's tile, deflated once and then kept with the fonts. */
#pragma once
#include "fontset.h"

/* *ret stays the cache's. Returns 0, or FAULT_BAD_INPUT for a balance out of its range. */
MUST_USE int ground_cache_get(
    struct render_fonts *f, int balance, const uint8_t **ret, size_t *ret_bytes, struct err *err);
/* Makes all there are, for children forked later. */
void ground_cache_warm(struct render_fonts *f);
