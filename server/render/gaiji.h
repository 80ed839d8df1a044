/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gaiji - a municipality's own characters: <団体コード>/gaiji.ttf and the list
 * gaiji.csv beside it.
 *
 *   #gaiji.ttf sha256 <64 hex digits>
 *   code,mj,substitute,reading
 *   U+E000,MJ012345,葛,カツ
 *
 * The first line is the import's; without it a list is not in use yet. One line
 * a character, codes ascending, each in private use. mj: number in 文字情報基盤
 * or 住基統一文字 where it is known. substitute: the 縮退 characters that stand
 * for it where the shape cannot (extracted text); may be empty, and is never
 * printed. Neither quotes nor empty lines.
 *
 * What is let through here has been looked at glyph by glyph: the renderer maps
 * nothing else.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "pki/hash.h"
#include "sfnt.h"

enum {
	GAIJI_MAX = 8192,                  /* characters of one municipality */
	GAIJI_CSV_MAX_BYTES = 1024 * 1024, /* its list */
	GAIJI_FONT_MAX_BYTES = 16 * 1024 * 1024,
	GAIJI_MAX_SUBSTITUTE = 4,
	GAIJI_MAX_MJ_CHARS = 16,
	GAIJI_MAX_READING_CHARS = 40,
	GAIJI_BOX_SLACK = 32, /* an em's part by which ink may leave the em box */
};

struct gaiji {
	uint32_t cp;
	uint8_t n_substitute; /* 0: none is known */
	uint32_t substitute[GAIJI_MAX_SUBSTITUTE];
};
struct gaiji_list {
	bool in_use; /* it names its font's hash */
	uint8_t font_hash[SHA256_BYTES];
	struct gaiji *list; /* by cp */
	unsigned n;
};

/* Private use of the BMP and of the planes 15 and 16. */
bool gaiji_is_private(uint32_t cp);

/* Returns 0 or FAULT_BAD_INPUT; the trail's first step says what and in which line. */
MUST_USE int gaiji_list_parse(
    struct arena *a, const char *text, size_t bytes, struct gaiji_list *ret, struct err *err);
/* NULL when the list does not have it. */
const struct gaiji *gaiji_find(const struct gaiji_list *l, uint32_t cp);

/*
 * The list against the font: the same characters in both, each with an outline
 * that can be read to its end and ink. Where the ink lies is asked of FreeType
 * (fontset.c). Returns 0 or FAULT_BAD_INPUT; the trail's first step says what and
 * at which code point.
 */
MUST_USE int gaiji_check(const struct gaiji_list *l, const struct sfnt *f, struct err *err);
