/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal/drawn - a front as the record on its back carries it: not its pixels, but
 * what kofu-seal drew them of (backside/drawing.h). Glyphs are coded once and kept.
 */
#pragma once
#include "base/bytes.h"
#include "server/render/dlist.h"
#include "server/seal/seal.h"

enum {
	DRAWN_MAX_GLYPHS = 24000,  /* that are kept; then all are forgotten */
	DRAWN_MAX_BYTES = 4 << 20, /* of them, coded */
};

/* The glyphs of one worker's fonts. */
struct drawn_glyphs;
struct drawn_glyphs *drawn_glyphs_new(void) NEVER_NULL;
void drawn_glyphs_free(struct drawn_glyphs *g); /* NULL is fine */

/*
 * Appends the front that bilevel_draw() draws of @l to @out, coded. Returns 0,
 * SEAL_E_PAPER (there is ink outside the page), SEAL_E_TOO_LARGE (more than a coded page may have,
 * or than @out's limit), or FAULT_INTERNAL.
 */
MUST_USE int drawn_encode(struct drawn_glyphs *g, struct render_fonts *f, const struct dlist *l,
    struct buf *out, struct err *err);
