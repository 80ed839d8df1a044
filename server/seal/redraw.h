/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal/redraw - is what the PDF shows what its texts say, and is it what the
 * back will carry? The font program must be, byte for byte, the glyphs that our
 * own font files have for the texts; each front is taken from the PDF again as a
 * display list of these font files, which must have the digest of the renderer's; the QR
 * code must say what the order's copy says; what is neither text nor stamp nor
 * QR code must be a rule that leaves the fields alone.
 */
#pragma once
#include "server/seal/demand.h"
#include "server/seal/pdfread.h"

enum {
	REDRAW_MAX_EM_PX = 200, /* titles have 66 */
	REDRAW_RULE_PX = 4,     /* thickness of the frame */
	REDRAW_SLACK_PX = 4,    /* of a field's cell, at each edge: half of it may be its frame */
};

/* Gives each page of @doc what is drawn on its front. Returns 0, SEAL_E_PAPER (the log says what
 * differs) or FAULT_INTERNAL. */
MUST_USE int redraw_check(struct arena *a, const struct demand *d, const struct seal_copy *copy,
    const struct pdfread *pdf, struct render_doc *doc, struct err *err);
