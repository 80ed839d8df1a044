/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal/pdfread - reads a finished certificate back: which characters stand
 * where on which side, which stamps, and where the back images' samples lie.
 * It knows only what server/render writes and refuses everything else, so that
 * a file in which something could be hidden is never signed.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "server/render/dlist.h"
#include <stdint.h>

enum {
	PDFREAD_MAX_SIDES = 2 * RENDER_MAX_PAGES,
	PDFREAD_MAX_RUNS = 4000,    /* texts of one side */
	PDFREAD_MAX_RECTS = 20000,  /* rules and modules of the QR code */
	PDFREAD_MAX_STENCILS = 8,   /* stamps of one side */
	PDFREAD_MAX_GLYPHS = 4095,  /* of the font */
	PDFREAD_MAX_TEXT = 64,      /* UTF-16 units of one glyph */
};

/* Where something stands, exactly: 1/100 point from the lower left corner. */
struct pdfread_place {
	int32_t x, y, w, h;
};
/* One text as drawn; x, y of the pen in 1/10 mm from the top left corner, y on the base line. */
struct pdfread_run {
	int x, y;
	int size; /* 1/10 mm */
	const char *text;
	struct pdfread_place pen; /* h: the size; w: 0 */
	const uint16_t *glyphs;
	unsigned n_glyphs;
};
/* A stamp: bits at 600 dpi, 1 = ink, rows of (w_px + 7) / 8 bytes. */
struct pdfread_stencil {
	int x, y, w, h;
	unsigned w_px, h_px;
	const uint8_t *bits;
	struct pdfread_place place;
};
/* The copy-evident ground below everything: its operators are exactly the renderer's. */
struct pdfread_ground {
	const uint8_t *tile;         /* GROUND_BYTES of backside/ground.h; NULL = no ground */
	struct pdfread_stencil name; /* as it is in the file; where it stands follows */
	struct dlist_clear clears[DLIST_MAX_CLEARS]; /* of a front */
	unsigned n_clears;
};
struct pdfread_side {
	struct pdfread_ground ground;
	struct pdfread_run *runs;
	unsigned n_runs;
	struct pdfread_place *rects;
	unsigned n_rects;
	struct pdfread_stencil stencils[PDFREAD_MAX_STENCILS];
	unsigned n_stencils;
	bool is_back;
	size_t back_at; /* offset in the file of RENDER_BACK_BYTES white samples */
};
struct pdfread_font;
struct pdfread {
	const char *title;
	const struct pdfread_font *font;
	unsigned n_sides;
	struct pdfread_side sides[PDFREAD_MAX_SIDES];
};

/* Sides alternate front, back. 0 or FAULT_BAD_INPUT; *ret lives in the arena. */
MUST_USE int pdfread(
    struct arena *a, const void *p, size_t bytes, struct pdfread **ret, struct err *err);

/* What the pieces share. */
struct pdffile;
struct pdfobj;
struct pdfread_font {
	const char *text[PDFREAD_MAX_GLYPHS + 1]; /* UTF-8 by glyph number, NULL = none */
	const uint8_t *file;                      /* the TrueType font, not looked into */
	size_t file_bytes;
	const struct pdfobj *widths; /* an array */
};
MUST_USE int pdfread_font_read(
    const struct pdffile *f, const struct pdfobj *font, struct pdfread_font *ret, struct err *err);
struct pdfread_resources {
	const struct pdfobj *xobjects; /* NULL = none */
	const struct pdfread_font *font;
	bool back; /* the side is one: only a front's ground leaves places white */
};
/* Document information, XMP, output intent, ID, how to print: @root is the catalog. */
MUST_USE int pdfread_meta(
    const struct pdffile *f, const struct pdfobj *root, const char **ret_title, struct err *err);
MUST_USE int pdfread_contents(const struct pdffile *f, const struct pdfread_resources *res,
    const uint8_t *p, size_t bytes, struct pdfread_side *ret, struct err *err);
