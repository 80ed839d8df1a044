/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place - where on a scan a front lies, roughly: the turn from its ruled
 * lines, then place and scale from the densities of ink.
 */
#pragma once
#include "center/inquiry/register.h"

/*
 * @screened: the front has a copy-evident ground, whose dots are neither lines nor
 * text. The map's error is at most some 40 reference pixels anywhere on the page.
 * Returns the correlation of the densities, -1..1: what is not the front has
 * little.
 */
double place_front(struct arena *a, const struct scan_image *s, const uint8_t *front, bool screened,
    double dpi_hint, struct affine *ret, double *ret_deg);
