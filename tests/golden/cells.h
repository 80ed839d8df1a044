/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cells - each text cell of a front, as poppler shows it, against what we drew
 * and what we said; and whole pages against approved pictures. Include after unit.h.
 */
#pragma once
#include "pages.h"
#include "server/render/render.h"

enum { CELLS_DPI = RENDER_DPI, APPROVED_DPI = 200 };

struct cells_verdict {
	unsigned n, bad_text, bad_ink;
	const char *first; /* the key of the first bad cell */
};
/*
 * Every field of front @page (from 0) of d.pdf: its text by pdftotext, exact but for
 * spaces, and its ink, which must be within a pixel of the raster's, both ways.
 */
struct cells_verdict cells_compare(
    struct arena *a, const struct render_doc *d, unsigned page, const uint8_t *raster);

/* Ink of either page that has none of the other within a pixel: 0 when they are the same. */
unsigned approved_differs(const struct bitmap *page, const struct bitmap *approved);
/* The approved picture NAME-PAGE.png of @folder; p = NULL when there is none. */
struct bitmap approved_read(struct arena *a, const char *folder, const char *name, unsigned page);
void approved_write(
    struct arena *a, const char *folder, const char *name, unsigned page, const struct bitmap *b);
