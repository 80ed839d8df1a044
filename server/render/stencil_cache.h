/* SPDX-License-Identifier: Apache-2.0 */
/* stencil_cache - the municipalities' seals (公印) as a PDF has them, deflated before the first
 * order. */
#pragma once
#include "fontset.h"

/* Once for a set of fonts; what is asked for without is deflated when it comes. */
void stencil_cache_warm(struct render_fonts *f, const struct profile *profiles, unsigned n);
/* The deflated bytes of just these bits, as long as @f lives; NULL: not among them. */
const uint8_t *stencil_cache_find(const struct render_fonts *f, unsigned w_px, unsigned h_px,
    const uint8_t *bits, size_t *ret_bytes);
