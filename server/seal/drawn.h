/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal/drawn - a front as the record on its back carries it: not its pixels, but
 * what kofu-seal drew them of (backside/drawing.h). Glyphs are coded once and kept, and so are
 * the municipalities' seals (公印); a resident's seal never is.
 */
#pragma once
#include "base/bytes.h"
#include "server/render/dlist.h"
#include "server/seal/seal.h"

enum {
	DRAWN_MAX_GLYPHS = 24000,  /* that are kept; then all are forgotten */
	DRAWN_MAX_BYTES = 4 << 20, /* of them, coded */
	DRAWN_MAX_STAMPS = 64,     /* that are kept; one more takes the eldest's place */
};

/* The glyphs of one worker's fonts, and the 公印 of its municipalities. */
struct drawn_glyphs;
struct drawn_glyphs *drawn_glyphs_new(void) NEVER_NULL;
void drawn_glyphs_free(struct drawn_glyphs *g); /* NULL is fine */

/*
 * Appends the front that bilevel_draw() draws of @l to @out, coded. @p: whose 公印 it may bear
 * (NULL: none is kept). Returns 0,
 * SEAL_E_PAPER (there is ink outside the page), SEAL_E_TOO_LARGE (more than a coded page may have,
 * or than @out's limit), or FAULT_INTERNAL.
 */
MUST_USE int drawn_encode(struct drawn_glyphs *g, struct render_fonts *f, const struct dlist *l,
    const struct profile *p, struct buf *out, struct err *err);
