/* SPDX-License-Identifier: Apache-2.0 */
/* value - what a cell shows that is not simply an item of the row. */
#pragma once
#include "base/arena.h"
#include "render.h"

enum value {
	VALUE_NONE = 0,
	VALUE_SLOT,         /* the person's number on the page: 1 .. 4 */
	VALUE_STARS,        /* ＊＊＊: a cell that is not used */
	VALUE_NAME,         /* 氏名; a foreign resident's letters and ideographs */
	VALUE_ADDRESS,      /* 住所 and 方書, of the person */
	VALUE_HEAD_ADDRESS, /* ... of the household */
	VALUE_HEAD,         /* 世帯主 of the household */
	VALUE_NINSHO,       /* 認証文 */
	VALUE_ISSUED_ON,    /* in 和暦 */
	VALUE_MAYOR,        /* prefecture, municipality, title, name; or the 職務代理者 */
	VALUE_ISSUE_NUMBER, /* with page/total */
	VALUE_FRONT_CODE,   /* in groups of four */
	VALUE_DIGEST,       /* ties the pages */
	VALUE_INQUIRY_URL,
	VALUE_TITLE,
};

/* By its name in a description: "slot", "head_address" ...; VALUE_NONE for others. */
enum value value_find(const char *name);
/* The key of its field, which kofu-seal and the bank know: "address", "no"; "" is no field. */
const char *value_key(enum value v);

/* The place on the document that a value is for. */
struct value_place {
	const struct render_input *in;
	const struct resident *person; /* NULL in head and foot */
	unsigned slot;                 /* 1 .. */
	unsigned page;                 /* 0 .. */
	unsigned n_pages;
	const char *title;
	const char *ninsho; /* the form's own; NULL: the profile's */
	const char *digest; /* a buffer: its text is there only when all other values are */
};

/*
 * The text, or NULL when there is none. It lives in the arena or in the input.
 */
const char *value_text(struct arena *a, enum value v, const struct value_place *at);
