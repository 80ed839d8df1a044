/* SPDX-License-Identifier: Apache-2.0 */
/* qr - the QR code on the front, as rectangles. */
#pragma once
#include "fit.h"

enum { QR_MIN_MODULE_PX = 4 /* 0.34 mm: what a phone reads from paper */, QR_QUIET = 4 };

/*
 * The inquiry's address with the issue number and the front code behind '#',
 * so that no server on the way sees them: <url>#<issue number>.<front code>.
 */
char *qr_content(
    struct arena *a, const char *url, const char *issue_number, const char *front_code);
/*
 * Draws it in the middle of @box at the largest whole number of pixels a module
 * that leaves the quiet zone inside. Returns 0 or RENDER_E_OVERFLOW.
 */
MUST_USE int qr_draw(struct dlist *l, const char *content, const struct fit_box *box);
