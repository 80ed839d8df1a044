/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form - a kind of certificate as data: blocks of cells on a grid. The engine
 * (engine.h) fills and draws them; a new kind is a new description, not code.
 *
 * A form has a head, slots for persons (one or several a page) and a foot. Each
 * is a block with a grid of its own; a person's block may differ for foreign
 * residents (住民基本台帳法 第30条の45). A cell is a label, an item of the row,
 * a value that is worked out (value.h), or a picture.
 */
#pragma once
#include "base/attr.h"
#include "domain/order.h"
#include "domain/resident.h"
#include "fit.h"
#include "value.h"
#include <stdint.h>

enum form_what {
	FORM_LABEL = 1,
	FORM_ITEM,  /* an item of the person's row */
	FORM_VALUE, /* worked out: enum value */
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
	const char *text; /* label; for an item or value the field's key, "" = it is no field */
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
	struct form_block head;
	struct form_block person;  /* the first slot */
	struct form_block foreign; /* the same for a foreign resident */
	struct form_block unused;  /* a slot without a person */
	const struct form_block *foot;
	uint16_t slot_mm100; /* from one slot to the next */
	unsigned slots;      /* persons a page */
};

/* All forms there are, with a NULL behind them. */
const struct form *const *form_all(void);
/* The form of a kind in a municipality; NULL for a kind that has none. */
const struct form *form_find(enum doc_kind kind, enum profile_form form);
extern const struct form form_renki; /* 住民票の写し, 世帯連記式 */
extern const struct form form_kojin; /* 住民票の写し, 個人票 */
extern const struct form form_inkan; /* 印鑑登録証明書 */
/* The strip below the image on every back. */
extern const struct form_block form_back;

/* Shared styles. */
extern const struct fit_style form_style_title, form_style_label, form_style_unused,
    form_style_text, form_style_center, form_style_narrow, form_style_name, form_style_note,
    form_style_sentence, form_style_date, form_style_mayor, form_style_code, form_style_small,
    form_style_small_center, form_style_small_right, form_style_large, form_style_large_center,
    form_style_large_label, form_style_name_large;
/* The foot of a 住民票の写し, both forms. */
extern const struct form_block form_juminhyo_foot;

/* How the tables of form_*.c are written. c, r: place; w, h: size. */
#define FORM_L(c, r, w, h, label)                                                                  \
	{                                                                                          \
		.what = FORM_LABEL, .col = (c), .row = (r), .cols = (w), .rows = (h),              \
		.text = (label), .rules = FORM_BOX, .style = &form_style_label                     \
	}
#define FORM_I(c, r, w, h, name, st, ...)                                                          \
	{                                                                                          \
		.what = FORM_ITEM, .col = (c), .row = (r), .cols = (w), .rows = (h),               \
		.text = #name, .item = RESIDENT_ITEM_##name, .rules = FORM_BOX, .style = &(st),    \
		__VA_ARGS__                                                                        \
	}
#define FORM_V(c, r, w, h, key, v, st, ...)                                                        \
	{                                                                                          \
		.what = FORM_VALUE, .col = (c), .row = (r), .cols = (w), .rows = (h),              \
		.text = (key), .value = (v), .rules = FORM_BOX, .style = &(st), __VA_ARGS__        \
	}
/* The same without rules, on certain pages. */
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
#define FORM_PICTURE(which, c, r, w, h, pages)                                                     \
	{                                                                                          \
		.what = (which), .col = (c), .row = (r), .cols = (w), .rows = (h), .on = (pages)   \
	}
#define FORM_BLOCK_CELLS(list) .cells = (list), .n_cells = N_ELEMENTS(list)
