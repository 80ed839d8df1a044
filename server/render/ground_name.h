/* SPDX-License-Identifier: Apache-2.0 */
/* ground_name - the municipality's name in small letters, as its ground bears it. */
#pragma once
#include "fontset.h"

enum {
	GROUND_NAME_PX = 56,        /* of 600 dpi an em: 2.4 mm */
	GROUND_NAME_LEAST_PX = 30,  /* a long name is smaller, not below 1.3 mm */
	GROUND_NAME_MAX_W_PX = 1200 /* 50 mm */
};
struct ground_name { /* 1 = ink, at 600 dpi, rows of (w_px + 7) / 8 bytes */
	uint16_t w_px, h_px;
	const uint8_t *bits;
};
/*
 * Prefecture and name with the municipality's fonts; the bits live in the arena. The same fonts
 * draw the same bits. Returns 0, FAULT_CONFIG (a character without a glyph, or too long) or
 * FAULT_INTERNAL.
 */
MUST_USE int ground_name_draw(struct arena *a, struct render_fonts *f, const struct profile *p,
    struct ground_name *ret, struct err *err);
