/* SPDX-License-Identifier: Apache-2.0 */
/*
 * payload - what the back of one page says about its front: the record that is
 * signed, and sealed in the envelope. One record has one encoding.
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PAYLOAD_VERSION = 1,
	PAYLOAD_VERSION_GROUND = 2, /* the same, and the front's ground behind it */
	PAYLOAD_MAX_CLEARS = 4,
	PAYLOAD_MAX_BALANCE = 6, /* GROUND_MAX_BALANCE of ground.h */
	PAYLOAD_FRONT_W = 2480,  /* pixels of the front */
	PAYLOAD_FRONT_H = 3508,
	PAYLOAD_MAX_BYTES = 40000,
	PAYLOAD_MAX_PAGES = 40,
	PAYLOAD_TIE_BYTES = 32,
	PAYLOAD_SUBJECT_BYTES = 16,
	PAYLOAD_MAX_ISSUE_NUMBER_BYTES = 40,
	PAYLOAD_MAX_FIELDS = 400,
	PAYLOAD_MAX_KEY_BYTES = 48,
	PAYLOAD_MAX_VALUE_BYTES = 1000,
	PAYLOAD_MAX_RASTER_BYTES = 40000,
	PAYLOAD_SHEET_W = 2100, /* A4 in tenths of a millimetre */
	PAYLOAD_SHEET_H = 2970,
	PAYLOAD_MAX_KIND = 255,
};

/* the end of the year 9999 */
#define PAYLOAD_MAX_TIME_MS INT64_C(253402300799999)

enum {
	PAYLOAD_E_TOO_LARGE = 610, /* more than PAYLOAD_MAX_BYTES */
};

/* A part of the front with one meaning, and where it stands: tenths of a millimetre from the
 * upper left corner of the sheet; all of it lies on the sheet. */
struct payload_box {
	uint16_t x;
	uint16_t y;
	uint16_t w; /* 1 or more */
	uint16_t h;
};
struct payload_field {
	const char *key;   /* a-z 0-9 . _ -, 1..PAYLOAD_MAX_KEY_BYTES, each once a page */
	const char *value; /* UTF-8 without control characters, may be empty */
	struct payload_box box;
};

/*
 * The front has a copy-evident ground (ground.h) but for these places, in pixels
 * of 300 dpi: it is no part of the raster, and whoever compares a scan expects it.
 */
struct payload_ground {
	bool on;
	int balance; /* ground_tile(); -PAYLOAD_MAX_BALANCE..PAYLOAD_MAX_BALANCE */
	unsigned n_clears;
	struct payload_box clears[PAYLOAD_MAX_CLEARS];
};

struct payload {
	unsigned page;                          /* 1..pages */
	unsigned pages;                         /* 1..PAYLOAD_MAX_PAGES */
	uint8_t tie[PAYLOAD_TIE_BYTES];         /* digest over all pages of the certificate */
	const char *issue_number;               /* 発行番号, printable ASCII, 1.. */
	unsigned kind;                          /* enum doc_kind; 1..PAYLOAD_MAX_KIND */
	int64_t registered_at_ms;               /* of the row's state that was printed */
	uint64_t history;                       /* 履歴番号 */
	uint8_t subject[PAYLOAD_SUBJECT_BYTES]; /* keyed tag of the person */
	const struct payload_field *fields;
	size_t n_fields;
	const uint8_t *raster; /* of bilevel_encode(); not looked into here */
	size_t raster_bytes;   /* 1.. */
	struct payload_ground ground;
};

/*
 * Append the record to @out. Returns 0, PAYLOAD_E_TOO_LARGE, or FAULT_BAD_INPUT
 * for what payload_parse() would refuse; @out is untouched then.
 */
MUST_USE int payload_encode(const struct payload *p, struct buf *out, struct err *err);

/*
 * Texts and fields in *ret live in @a, the raster in @bytes. Returns 0 or
 * FAULT_BAD_INPUT.
 */
MUST_USE int payload_parse(
    struct arena *a, const void *p, size_t bytes, struct payload *ret, struct err *err);
