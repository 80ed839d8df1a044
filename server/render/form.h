/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form - a kind of certificate as data: blocks of cells on a grid. The engine
 * (engine.h) fills and draws them; a new kind is a new description, not code.
 *
 * A form has a head, slots for persons (one or several a page) and a foot. Each
 * is a block with a grid of its own; a person's block may differ for foreign
 * residents (住民基本台帳法 第30条の45). A cell is a label, an item of the row,
 * a value that is worked out (value.h), a text that came with the order, or a
 * picture.
 *
 * Descriptions are JSON files (forms/, docs/FORMS.md). They are read once, when
 * the program starts, and checked: what a certificate must have or may not have
 * is refused then, by name, and not at a kiosk.
 */
#pragma once
#include "base/attr.h"
#include "domain/order.h"
#include "domain/profile.h"
#include "domain/resident.h"
#include "fit.h"
#include "value.h"
#include <stdint.h>

enum form_what {
	FORM_LABEL = 1,
	FORM_ITEM,  /* an item of the person's row */
	FORM_VALUE, /* worked out: enum value */
	FORM_DATA,  /* a text of render_input.data */
	FORM_QR,    /* front code and issue number for the inquiry */
	FORM_KOIN,  /* 公印 */
	FORM_SEAL,  /* 印影, true size */
	FORM_RULER, /* 25 mm, to check the size with */
	FORM_FRAME, /* nothing but its rules */
};

/* What stands for an item that the row does not have. */
enum form_absent {
	FORM_KURAN = 0, /* 【空欄】: the item belongs there, the register has none */
	FORM_STARS,     /* ＊＊＊: the cell is not used */
	FORM_NOTHING,
	FORM_NEEDED, /* the certificate is refused: RENDER_E_MISSING */
};

/* On which pages of the document. */
enum form_on { FORM_EVERY = 0, FORM_LAST, FORM_NOT_LAST };

enum form_rules {
	FORM_BARE = 0,
	FORM_TOP = 1,
	FORM_LEFT = 2,
	FORM_BOTTOM = 4,
	FORM_RIGHT = 8,
	FORM_BOX = 15,
};

struct form_cell {
	const char *text; /* label; for others the field's key, "" = it is no field */
	const struct fit_style *style;
	enum form_what what;
	enum value value;
	enum form_absent absent;
	enum form_on on;
	unsigned option;               /* printed only with this order option, else 省略 */
	uint16_t col, row, cols, rows; /* on the block's grid */
	uint8_t item;                  /* enum resident_item */
	uint8_t rules;                 /* enum form_rules */
};

struct form_block {
	uint16_t x_mm100, y_mm100;     /* its corner on the page, 1/100 mm */
	uint16_t col_mm100, row_mm100; /* one square of its grid */
	uint16_t cols, rows;
	bool framed; /* a heavier rule around it */
	const struct form_cell *cells;
	unsigned n_cells;
};

struct form {
	const char *title;  /* NULL: the kind's */
	const char *ninsho; /* 認証文; NULL: the profile's */
	struct form_block head;
	struct form_block head_long; /* the same cells, for texts too long for head; may be empty */
	struct form_block person;  /* the first slot */
	struct form_block foreign; /* the same for a foreign resident */
	struct form_block unused;  /* a slot without a person; may be empty */
	struct form_block foot;
	uint16_t slot_mm100; /* from one slot to the next */
	unsigned slots;      /* persons a page */
};

/* Limits of a description; what is over one is refused. */
enum {
	FORM_MAX_BYTES = 65536,
	FORM_MAX_CELLS = 250, /* of a block, its parts counted in */
	FORM_MAX_PARTS = 8,
	FORM_MAX_STYLES = 16,
	FORM_MAX_SLOTS = 8,
	FORM_MAX_GRID = 200, /* columns or rows of a block */
	FORM_MAX_UNIT_MM100 = 3000,
	FORM_MAX_NAME = 32,        /* bytes of a name or key */
	FORM_MAX_TEXT_BYTES = 400, /* a label, a title, a sentence */
	FORM_MAX_PX = 120,         /* the largest type */
	FORM_LEAST_LABEL_PX = 20,  /* and the smallest of what is nobody's data: 4.8 pt */
	FORM_MAX_PAD_PX = 60,
	FORM_KOIN_MM100 = 2500, /* a cell for a 公印 or a seal has room for 25 mm */
	FORM_PAGE_W_MM100 = 21000,
	FORM_PAGE_H_MM100 = 29700,
};

/*
 * Reads a description and checks what every certificate must have. All of *ret
 * lives in the arena. Returns 0 or FAULT_CONFIG: the trail's first step names
 * what is wrong, with the cell's number in its block, from 0 on, where there is one.
 */
MUST_USE int form_parse(
    struct arena *a, const void *json, size_t bytes, struct form *ret, struct err *err);
/* A form of the program itself: "renki", "kojin", "inkan", "kazei". As form_parse(). */
MUST_USE int form_builtin(
    struct arena *a, const char *name, const struct form **ret, struct err *err);
/*
 * Gives each kind of the profile its form: the profile's own description, else
 * 世帯連記式 or 個人票 as the profile says. Returns 0 or FAULT_CONFIG (also for a
 * description that does not fit its kind).
 */
MUST_USE int form_assign(struct arena *a, struct profile *p, struct err *err);
/* The form of a kind in a municipality; NULL for a kind that has none. */
const struct form *form_find(enum doc_kind kind, const struct profile *p);

/* What every certificate must have and may not have, cell by cell; part of form_parse(). */
MUST_USE int form_check(const struct form *f, struct err *err);

/* The strip below the image on every back. */
extern const struct form_block form_back;

/* Styles that all forms share, by name; NULL for others. */
const struct fit_style *form_style_find(const char *name);
extern const struct fit_style form_style_title, form_style_small, form_style_small_right;

/* How the table of form_back.c is written. c, r: place; w, h: size. */
#define FORM_NOTE(c, r, w, h, label, st, pages)                                                    \
	{                                                                                          \
		.what = FORM_LABEL, .col = (c), .row = (r), .cols = (w), .rows = (h),              \
		.text = (label), .on = (pages), .style = &(st)                                     \
	}
#define FORM_TEXT(c, r, w, h, key, v, st, pages)                                                   \
	{                                                                                          \
		.what = FORM_VALUE, .col = (c), .row = (r), .cols = (w), .rows = (h),              \
		.text = (key), .value = (v), .on = (pages), .style = &(st)                         \
	}
#define FORM_BLOCK_CELLS(list) .cells = (list), .n_cells = N_ELEMENTS(list)
