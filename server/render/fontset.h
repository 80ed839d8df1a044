/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fontset - the ordered fonts of fonts/manifest.json and the municipalities'
 * gaiji fonts in the folders beside it, mapped and checked, and what is kept warm between
 * documents: HarfBuzz's and FreeType's faces and the glyphs already rastered. Never asks the system
 * for a font.
 */
#pragma once
#include "base/log.h"
#include "gaiji.h"
#include "render.h"
#include "sfnt.h"

#include <ft2build.h>
#include FT_FREETYPE_H
#include <hb.h>
#include <libdeflate.h>

enum {
	FONTSET_MAX_LISTED = 64, /* fonts of one manifest */
	FONTSET_MAX_GAIJI = 256, /* municipalities with gaiji */
	FONTSET_MAX = FONTSET_MAX_LISTED + FONTSET_MAX_GAIJI,
	FONTSET_MAX_STACK = 8, /* fonts that one municipality prints with */
	FONTSET_MANIFEST_MAX_BYTES = 65536,
	FONTSET_FONT_MAX_BYTES = 128 << 20,
	FONTSET_CACHE_SLOTS = 1 << 15,
	FONTSET_UNITS = 1 << 11,
	FONTSET_CACHE_MAX = FONTSET_CACHE_SLOTS / 4 * 3,
};

enum fontset_use {
	FONTSET_MAIN = 1,    /* everything, its variation selectors too */
	FONTSET_SYMBOLS = 2, /* letters and signs that the main font lacks; never an ideograph */
	FONTSET_ADDITIONAL = 3, /* what the main font lacks, private use too: 行政事務標準文字 */
	FONTSET_GAIJI = 4,      /* a municipality's private use characters, asked first for them */
};

struct fontset_font {
	struct sfnt sfnt;
	enum fontset_use use;
	struct muni_code muni;   /* FONTSET_GAIJI: whose; else "" */
	struct gaiji_list gaiji; /* FONTSET_GAIJI: what it has; else empty */
	uint8_t *map;            /* of mem_huge() in a set that is held in memory */
	size_t map_bytes;
	hb_face_t *hb_face;
	hb_font_t *hb_font;
	FT_Face ft_face;
};

/* A rastered glyph: h rows of row_bytes, first pixel in the top bit. */
struct fontset_glyph {
	uint64_t key;
	int16_t left, top; /* from the pen to the bitmap's corner, top upwards */
	uint16_t w, h, row_bytes;
	uint8_t *bits;
};

/* A tile of the copy-evident ground (ground_cache.h). */
struct fontset_ground {
	uint8_t *z; /* NULL: not made yet */
	size_t bytes;
};

/* A municipality's seal and its bits deflated (stencil_cache.h). */
struct fontset_stencil {
	uint16_t w_px, h_px;
	uint8_t *bits;
	uint8_t *z;
	size_t bytes; /* of z */
};

/* What the first font has for a character that no gaiji font may print. */
struct fontset_unit {
	uint32_t cp; /* 0: free */
	uint32_t gid;
	uint16_t advance; /* thousandths of the em */
};

struct render_fonts {
	struct arena *arena; /* the lists of gaiji */
	/*
	 * By character, while it learns: before the first order, so that nothing of an order is
	 * kept. To look into cmap, loca and glyf is a dozen places far apart for each character.
	 */
	struct fontset_unit *units; /* FONTSET_UNITS */
	struct sfnt_known *known;   /* SFNT_KNOWN; their outlines */
	bool knows;                 /* learns no more */
	struct fontset_font fonts[FONTSET_MAX];
	unsigned n;
	FT_Library ft;
	hb_buffer_t *hb_buffer;
	struct libdeflate_compressor *deflate;
	bool held; /* the fonts are read into memory, not mapped */
	/*
	 * The glyphs in the order in which they came, and where each is: number + 1, open
	 * addressing. So a new one in a forked child changes a page here and there, not one for
	 * each glyph.
	 */
	struct fontset_glyph *cache; /* FONTSET_CACHE_MAX */
	uint16_t *cache_at;          /* FONTSET_CACHE_SLOTS */
	unsigned n_cached;
	struct fontset_glyph scratch; /* the last glyph that found the cache full */
	uint8_t *hairlines;           /* the back page's grid, deflated once */
	size_t hairlines_bytes;
	struct fontset_stencil *stencils; /* NULL: not made */
	unsigned n_stencils;
	struct fontset_ground ground[2 * PROFILE_GROUND_MAX_BALANCE + 1]; /* by balance */
};

/* The fonts of one municipality in the order in which they are asked. */
struct fontset_stack {
	struct render_fonts *set;
	unsigned n;
	uint16_t index[FONTSET_MAX_STACK]; /* into set->fonts */
};
/* Returns 0 or FAULT_CONFIG (more fonts than a stack has room for). */
MUST_USE int fontset_stack(
    struct render_fonts *f, struct muni_code muni, struct fontset_stack *ret, struct err *err);

/*
 * One municipality's gaiji.ttf and its list as the last font of @f, checked glyph
 * by glyph. @listed: the list must be in use, as for a certificate; an import has
 * one that is not yet. Returns 0, FAULT_BAD_INPUT (the trail's first step says what,
 * at which line or code point), FAULT_INTEGRITY or FAULT_UNAVAILABLE.
 */
MUST_USE int fontset_gaiji_open(struct render_fonts *f, const char *ttf, const char *csv,
    struct muni_code muni, bool listed, struct err *err);

/*
 * The glyph at @px pixels an em, from the cache or rastered into it. Returns 0
 * or FAULT_INTERNAL (FreeType refuses an outline). *ret lives until the next call.
 */
MUST_USE int fontset_raster(struct render_fonts *f, unsigned font, uint32_t gid, unsigned px,
    const struct fontset_glyph **ret, struct err *err);
