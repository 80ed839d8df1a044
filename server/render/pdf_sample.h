/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pdf_sample - 見本 across a side, from the lower left to the upper right, in grey
 * letters of 70 mm. No paper has grey or a slant: what reads a paper again
 * (server/seal/pdfread.h) refuses a side that has them.
 */
#pragma once
#include "base/bytes.h"
#include "domain/profile.h"
#include "shape.h"

enum { PDF_SAMPLE_LINES = 3, PDF_SAMPLE_PT = 198 };
/* The grey of all lines; a "Q" ends it. */
#define PDF_SAMPLE_BEGIN "q 0.78 g\n"

/* The letters, in a font of the municipality's stack. 0 or FAULT_CONFIG: no font has them. */
MUST_USE int pdf_sample_shape(struct arena *a, struct render_fonts *f, const struct profile *p,
    struct shape_run *ret, struct err *err);
/* Up to the opening < of the letters' codes; "> Tj ET" ends it. @line: 0 .. PDF_SAMPLE_LINES - 1.
 */
void pdf_sample_place(struct buf *b, unsigned line, const struct shape_run *run);
