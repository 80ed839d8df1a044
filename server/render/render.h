/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render - one certificate as a PDF ready for its back images, and what is drawn
 * on each of its fronts. Meant for a forked process that serves one order:
 * after render_fonts_open() no file is touched, there are no threads and no
 * state but the glyph cache inside the fonts.
 *
 * The PDF has 2 * n_pages pages: front 1, back 1, front 2, back 2 ... A back
 * page carries an image XObject of RENDER_BACK_W x RENDER_BACK_H samples, one
 * bit each, no filter, 1 = black, rows of RENDER_BACK_ROW_BYTES, first sample
 * in the top bit; all white here. Another process overwrites those bytes in
 * place at back_at: nothing else of the file depends on them.
 *
 * What would not be printed exactly is refused: a character without its own
 * glyph, a selector (IVS) that the font does not know, a text that does not fit.
 */
#pragma once
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "domain/order.h"
#include "domain/profile.h"
#include "domain/resident.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Outcomes. With each, failed_item names the item (romaji), never its text. */
enum {
	RENDER_E_NO_GLYPH = 1301, /* a character that no font of the stack has */
	RENDER_E_OVERFLOW = 1302, /* a text that does not fit at its least size */
	RENDER_E_TOO_MANY = 1303, /* more pages than RENDER_MAX_PAGES */
	RENDER_E_MISSING = 1304,  /* an item that the form must not be without */
};
enum {
	RENDER_DPI = 300,
	RENDER_W = 2480,
	RENDER_H = 3508,
	RENDER_ROW_BYTES = 310,
	RENDER_FRONT_BYTES = 32, /* SHA-256 */
	RENDER_MAX_PAGES = 16,   /* a household of 16 on 個人票 */
	RENDER_BACK_W = 736,     /* modules of 6 dots at 600 dpi: 186.944 mm */
	RENDER_BACK_H = 1008,
	RENDER_BACK_ROW_BYTES = 92,
	RENDER_BACK_BYTES = RENDER_BACK_ROW_BYTES * RENDER_BACK_H,
	RENDER_FRONT_CODE_CHARS = 16,
	RENDER_DIGEST_CHARS = 16,
	RENDER_MAX_FIELDS = 1024,
	RENDER_ARENA_BYTES = 64 << 20, /* enough for the largest document */
};

struct form;
/* A text for a form's "data" cells. */
struct render_datum {
	const char *key, *text;
};
struct render_input {
	enum doc_kind kind;              /* 0: none, @form has title and sentence of its own */
	const struct form *form;         /* NULL: the profile's of @kind */
	const struct render_datum *data; /* for the form's "data" cells */
	unsigned n_data;
	const struct profile *profile;
	bool whole_household; /* chooses the 認証文 */
	unsigned options;     /* bits of enum order_option */
	/* In printing order; for DOC_INKAN exactly one. */
	const struct resident *const *persons;
	unsigned n_persons;
	const struct seal_row *seal; /* DOC_INKAN; else NULL */
	const char *issue_number;    /* page/total is added behind it */
	const char *front_code;      /* RENDER_FRONT_CODE_CHARS of Crockford base32 */
	struct civil_date issued_on;
	bool sample; /* 見本 across each side of the PDF: kofu-seal refuses such a one */
};

struct render_field {
	unsigned page;       /* 0 is the first front */
	const char *key;     /* "p1.name", "address", "issue_number" ... */
	const char *value;   /* UTF-8 as printed; lines of a wrapped text joined without a break */
	uint16_t x, y, w, h; /* its cell on the front, 1/10 mm from the top left corner */
};

struct dlist;
struct render_page {
	const struct dlist *drawn;         /* the front; NULL where its digest alone came along */
	uint8_t front[RENDER_FRONT_BYTES]; /* render_front_digest() of it */
	size_t back_at; /* offset in pdf of the back image's RENDER_BACK_BYTES bytes */
};

struct render_doc {
	uint8_t *pdf;
	size_t pdf_bytes;
	unsigned n_pages; /* fronts: sheets of paper */
	struct render_page pages[RENDER_MAX_PAGES];
	const struct render_field *fields;
	unsigned n_fields;
	char digest[RENDER_DIGEST_CHARS + 1]; /* ties the pages; printed on each of them */
	const char *failed_item; /* set with an outcome RENDER_E_*, a literal, in the arena or in
				    the form */
};

/*
 * The digest that ties the pages, as printed: the first hex digits of SHA-256 over
 * "KOFU-FRONT-1" and, for each field but "digest", page (8 bits), key and value, each
 * text behind its 16-bit length; then width, height (16 bits) and bits of the seal, if
 * there is one. Whoever has the fields can check it.
 */
void render_digest(const struct render_field *fields, unsigned n, const struct seal_row *seal,
    char out[RENDER_DIGEST_CHARS + 1]);

/*
 * The digest of a front as it was drawn: SHA-256 over "KOFU-DRAWN-1" and its texts, then its rules,
 * then its stamps, each group in printing order: what (8 bits), x, y (32 bits, in the units of
 * dlist.h); of a text its size and its glyphs' number (32 bits), of each the number of its
 * characters (8) and them (32); of the others width and height (32); of a stamp its dots across
 * and down (16) and their bits. False, and nothing in @ret, for more than 4 MiB of that.
 */
MUST_USE bool render_front_digest(const struct dlist *l, uint8_t ret[RENDER_FRONT_BYTES]);

/* The font stack: mapped files whose hashes were checked, and the warm glyphs. */
struct render_fonts;
void render_fonts_free(struct render_fonts *f); /* NULL is fine */
DEFINE_AUTO(render_fonts)

/*
 * Reads fonts/manifest.json, maps each font and checks its SHA-256. A relative
 * path in the manifest is relative to the manifest's folder. Then the gaiji fonts
 * of the municipalities, <団体コード>/gaiji.ttf beside it, each checked as at its import.
 * Returns 0, FAULT_CONFIG (manifest), FAULT_INTEGRITY (hash), FAULT_BAD_INPUT
 * (not a font we read) or FAULT_UNAVAILABLE (file).
 */
MUST_USE int render_fonts_open(
    const char *manifest_path, struct render_fonts **ret, struct err *err);
/*
 * The same with the fonts read into memory of this process's own, 45 MB: what is printed cannot
 * change with the files from then on, and a child forked later reads them without a fault. Mapped
 * all the same where the system has no huge pages.
 */
MUST_USE int render_fonts_hold(
    const char *manifest_path, struct render_fonts **ret, struct err *err);
/*
 * Draws the names that stand in the municipalities' grounds (profile.h), as every order
 * will. Returns 0, or FAULT_CONFIG: a name has no glyph or is too long.
 */
MUST_USE int render_grounds_check(
    struct render_fonts *f, const struct profile *profiles, unsigned n, struct err *err);
/*
 * A municipality's gaiji.ttf and gaiji.csv (gaiji.h), looked at as at every start
 * and beside the manifest's fonts alone. *ret_n: how many characters. Returns 0 or
 * a fault; the trail's first step says what is wrong, and at which code point or line.
 */
MUST_USE int render_gaiji_check(const char *manifest_path, struct muni_code muni, const char *ttf,
    const char *csv, unsigned *ret_n, struct err *err);
/*
 * What every document needs, for children forked later: the glyphs of labels and of the most common
 * names; with @pictures, for the offered kinds, their rasters as well.
 */
void render_fonts_warm(
    struct render_fonts *f, const struct profile *profiles, unsigned n, bool pictures);

/* Before the first order: which glyphs characters have is learned no more, so that none of an
 * order's is kept; the outlines of those that are known are parsed. */
void render_fonts_learned(struct render_fonts *f);

/*
 * In a forked child: what is written to while a document is made is had anew, so that nothing of
 * the parent's is copied page by page. Returns 0 or FAULT_NOMEM.
 */
MUST_USE int render_fonts_apart(struct render_fonts *f, struct err *err);

/*
 * Renders. All of *ret lives in the arena. On an outcome only ret->failed_item is set.
 * Returns 0, RENDER_E_*, FAULT_BAD_INPUT (an input that breaks the contract above)
 * or FAULT_INTERNAL (the PDF library refused).
 */
MUST_USE int render_doc(struct arena *a, struct render_fonts *f, const struct render_input *in,
    struct render_doc *ret, struct err *err);

/* One item that could not be printed. */
struct render_trouble {
	const char *item; /* romaji, as failed_item */
	int outcome;      /* RENDER_E_* */
	const char *why;  /* a literal */
	unsigned at;      /* which character, from 1 on; 0 = the whole text */
};
/*
 * Lays the document out without making it and says what render_doc() would refuse:
 * every item, not the first alone. At most @room of them in @ret. Returns 0, RENDER_E_TOO_MANY or
 * RENDER_E_MISSING (*ret_n 1: the item), or a fault as render_doc().
 */
MUST_USE int render_survey(struct arena *a, struct render_fonts *f, const struct render_input *in,
    struct render_trouble *ret, unsigned room, unsigned *ret_n, struct err *err);
