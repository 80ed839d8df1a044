/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sfnt - reads a TrueType font from memory, every access inside its bounds.
 *
 * Reads head, hhea, maxp, hmtx, loca, glyf (simple and composite) and cmap
 * formats 4, 12 and 14. sfnt_open() looks at every entry of cmap and loca, so
 * that what it lets through can be searched without surprises; an outline is
 * looked at when it is asked for. The caller keeps the bytes.
 */
#pragma once
#include "base/attr.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SFNT_MAX_TABLES = 64,
	SFNT_MAX_COMPONENTS = 32, /* of one composite glyph */
	SFNT_MAX_DEPTH = 4,       /* of composites inside composites */
	SFNT_HEAD_BYTES = 54,
	SFNT_HHEA_BYTES = 36,
};

struct sfnt_table {
	const uint8_t *p; /* NULL: the font has none */
	size_t bytes;
};

struct sfnt {
	struct sfnt_table head, hhea, maxp, hmtx, loca, glyf, cmap4, cmap12, cmap14;
	uint32_t n_glyphs;
	uint32_t n_hmetrics;
	uint16_t units_per_em;
	int16_t ascent, descent;
	int16_t bbox[4]; /* of all glyphs: x0, y0, x1, y1 */
	bool loca_long;
	const struct sfnt_known *known; /* SFNT_KNOWN of them, or NULL */
};

/* Returns 0 or FAULT_BAD_INPUT (the trail names the table). */
MUST_USE int sfnt_open(const void *p, size_t bytes, struct sfnt *ret, struct err *err);
/* The same for a font inside a PDF, which has no characters: a cmap is not asked for. */
MUST_USE int sfnt_open_bare(const void *p, size_t bytes, struct sfnt *ret, struct err *err);

/* The glyph of a code point; 0 = the font has none. */
uint32_t sfnt_find_glyph(const struct sfnt *f, uint32_t cp);
/* The glyph of a code point with a variation selector; 0 = the font does not know the pair. */
uint32_t sfnt_find_variant(const struct sfnt *f, uint32_t cp, uint32_t selector);
/*
 * The first code point from @cp on that the font's map speaks of, or SFNT_NO_MORE:
 * a map is walked without asking for each code point there is.
 */
enum { SFNT_NO_MORE = 0x110000 };
uint32_t sfnt_next_mapped(const struct sfnt *f, uint32_t cp);
/* In font units; @gid must be below n_glyphs. */
uint16_t sfnt_advance(const struct sfnt *f, uint32_t gid);
int16_t sfnt_left_bearing(const struct sfnt *f, uint32_t gid);

/* An outline as it lies in glyf; bytes 0 = no ink. */
struct sfnt_outline {
	const uint8_t *p;
	size_t bytes; /* to the end of its last point or component, hints included */
	bool composite;
	unsigned n_contours; /* simple ones only, as the next three */
	unsigned n_points;
	size_t hints_at; /* offset of the two bytes that count the hint program */
	size_t hints_bytes;
};
/*
 * Outlines that were parsed before: by the last bits of the glyph's number, p NULL is free. The
 * font's owner keeps them, and fills them before the font's other users look.
 */
enum { SFNT_KNOWN = 1 << 11 };
struct sfnt_known {
	uint32_t gid;
	struct sfnt_outline outline;
};
/* Parses it as far as it is needed to copy it, or knows it. Returns 0 or FAULT_BAD_INPUT. */
MUST_USE int sfnt_outline(
    const struct sfnt *f, uint32_t gid, struct sfnt_outline *ret, struct err *err);

/* True when the glyph has contours or parts; its outline is not looked at. */
bool sfnt_has_ink(const struct sfnt *f, uint32_t gid);

/* One step through a composite glyph. */
struct sfnt_component {
	size_t at; /* offset of its flags in the outline */
	size_t bytes;
	uint16_t flags;
	uint16_t gid;
	bool more; /* another one follows at at + bytes */
};
enum { SFNT_COMPONENT_HINTS = 0x0100, SFNT_COMPONENT_FIRST_AT = 10 };
/* @at SFNT_COMPONENT_FIRST_AT first. Returns 0 or FAULT_BAD_INPUT. */
MUST_USE int sfnt_component(const struct sfnt *f, const struct sfnt_outline *o, size_t at,
    struct sfnt_component *ret, struct err *err);
