/* SPDX-License-Identifier: Apache-2.0 */
/* qr - the text of the QR code on a scanned front (ZBar). A convenience: no verdict rests on it. */
#pragma once
#include "center/inquiry/register.h"

enum { QR_MAX_TEXT = 300 };
/* The first QR code's text, in the arena; NULL when there is none or it is too long. */
const char *qr_find(struct arena *a, const struct scan_image *s);
/*
 * The front code in "<address>#<number>.<code>": 16 letters of Crockford
 * base32 at the end. Returns it (in @text), NULL when it is not there.
 */
const char *qr_front_code(const char *text);
