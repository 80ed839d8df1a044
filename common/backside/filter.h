/* SPDX-License-Identifier: Apache-2.0 */
/* filter - means and extremes over the square around each point of a field. */
#pragma once

enum { FILTER_MAX_W = 1024, FILTER_MAX_RADIUS = 16 };

/* Mean over (2 * radius + 1)^2, of what lies inside. @tmp: w * h floats; out may be in. */
void filter_mean(const float *in, float *out, float *tmp, int w, int h, int radius);
/* Smallest and largest over (2 * radius + 1)^2. @tmp: w * h floats. */
void filter_extremes(
    const float *in, float *low, float *high, float *tmp, int w, int h, int radius);
