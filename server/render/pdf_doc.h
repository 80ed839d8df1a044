/* SPDX-License-Identifier: Apache-2.0 */
/* pdf_doc - display lists as a PDF: front 1, back 1, front 2, ... */
#pragma once
#include "dlist.h"

struct pdf_doc_input {
	const char *title;
	unsigned n_pages;
	const struct dlist *fronts; /* n_pages of each */
	const struct dlist *backs;
	const struct profile *profile; /* whose ground the sides have, if any; NULL: none */
	bool sample; /* 見本 in large grey letters across each side; needs a profile */
};
struct pdf_doc {
	uint8_t *pdf;
	size_t bytes;
	size_t back_at[RENDER_MAX_PAGES];
};

/* Returns 0, FAULT_BAD_INPUT (a glyph's outline is damaged) or FAULT_INTERNAL. */
MUST_USE int pdf_doc_write(struct arena *a, struct render_fonts *f, const struct pdf_doc_input *in,
    struct pdf_doc *ret, struct err *err);
