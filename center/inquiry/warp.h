/* SPDX-License-Identifier: Apache-2.0 */
/*
 * warp - a scan seen through a map: resampled, reduced, its grey of paper.
 * Positions count pixel centres: (0, 0) is the middle of the first pixel.
 */
#pragma once
#include "center/inquiry/register.h"

static inline void
affine_apply(const struct affine *m, double x, double y, double *ret_x, double *ret_y)
{
	*ret_x = m->a * x + m->b * y + m->c;
	*ret_y = m->d * x + m->e * y + m->f;
}

/*
 * @n pixels into @out, the first at (x, y) of the scan and each further one by
 * (dx, dy) on; WARP_OUTSIDE where the scan has none. Returns how many were outside.
 */
enum { WARP_OUTSIDE = 255 };
unsigned warp_line(
    const struct scan_image *s, double x, double y, double dx, double dy, unsigned n, uint8_t *out);
/* The reference's frame, @shrink reference pixels a pixel (1, 2, 4), seen through @m. */
uint8_t *warp_page(
    struct arena *a, const struct scan_image *s, const struct affine *m, unsigned shrink);
/* Half the size, means of 2 x 2. */
struct scan_image warp_halve(struct arena *a, const struct scan_image *s);
/* The grey of the page's paper: three quarters of all pixels are darker than a little above it. */
unsigned warp_paper_grey(const struct scan_image *s);
