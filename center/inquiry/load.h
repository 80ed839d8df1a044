/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load - pictures of a scan out of an uploaded file: PNG, JPEG, TIFF (several
 * pages) by Leptonica; PGM as pdftoppm writes it. Runs only in the single-use
 * decoder (decoder.h). The one place that includes Leptonica.
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "center/inquiry/register.h"

enum {
	LOAD_MAX_FILE_BYTES = 20 * 1024 * 1024,
	LOAD_MAX_PIXELS = 140 * 1000 * 1000, /* of all pages together */
	LOAD_MAX_PAGES = 8,
	LOAD_PDF_DPI = 300
};
enum {
	LOAD_E_NO_PICTURE = 1921, /* no format we read, or damaged */
	LOAD_E_TOO_MANY_PIXELS = 1922,
	LOAD_E_TOO_MANY_PAGES = 1923,
	LOAD_E_TOO_LARGE = 1924, /* over LOAD_MAX_FILE_BYTES; whoever takes the file says so */
};

struct load_pages {
	struct scan_image page[LOAD_MAX_PAGES];
	double dpi[LOAD_MAX_PAGES]; /* as the file says; 0 = it does not */
	unsigned n;
	uint64_t pixels;
};

enum load_format { LOAD_UNKNOWN, LOAD_PNG, LOAD_JPEG, LOAD_TIFF, LOAD_PDF, LOAD_PGM };
/* By the first bytes. */
enum load_format load_format_of(const void *p, size_t bytes);
/*
 * Adds the file's pages to @pages, pixels in the arena. Sizes are read from
 * the header and refused before anything is unpacked. Not for LOAD_PDF.
 * Returns 0 or LOAD_E_*.
 */
MUST_USE int load_file(struct arena *a, const void *p, size_t bytes, struct load_pages *pages);
/* One bilevel page (1 = ink, rows of FRONT_ROW_BYTES) as PNG. Returns 0 or FAULT_INTERNAL. */
MUST_USE int load_front_png(const uint8_t *front, struct buf *out, struct err *err);
/*
 * The scan laid over its front (FRONT_W x FRONT_H greys) with differences: ink
 * that is gone red, ink that came in blue. Half size, few greys.
 */
MUST_USE int load_difference_png(const uint8_t *grey, const uint8_t *missing, const uint8_t *extra,
    struct buf *out, struct err *err);
