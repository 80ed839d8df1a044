/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine - fills a form with an order's data and lays it out: first all texts of
 * all pages, then the digest that ties them, then the drawing.
 */
#pragma once
#include "form.h"

struct engine_doc {
	unsigned n_pages;
	struct dlist fronts[RENDER_MAX_PAGES];
	struct dlist backs[RENDER_MAX_PAGES];
	struct render_field *fields;
	unsigned n_fields;
	char digest[RENDER_DIGEST_CHARS + 1];
	const char *failed_item;
	/* A survey, when set: texts that cannot be printed are noted and passed over. */
	struct engine_survey *survey;
};
struct engine_survey {
	struct render_trouble *list;
	unsigned n, room; /* what finds no room is dropped: there is enough to do already */
};

/* What the document is called: the form's own title or the kind's. */
const char *engine_title(const struct render_input *in);
/*
 * Returns 0 (with a survey also when something cannot be printed), RENDER_E_* (then only
 * ret->failed_item is of use) or FAULT_BAD_INPUT (no text where a form demands one).
 */
MUST_USE int engine_run(struct arena *a, const struct fontset_stack *fonts, const struct form *form,
    const struct render_input *in, struct engine_doc *ret, struct err *err);
