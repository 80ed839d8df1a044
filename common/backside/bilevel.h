/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bilevel - a page of black and white pixels in few bytes, without loss.
 *
 * Coded: version (1 byte), width and height (2 bytes each), then one stream of
 * the MQ coder. Version 1: the page pixel by pixel (backside/generic.h).
 * Version 2: the same of what is left when of all marks that are alike, pixel
 * for pixel, but one are taken away; behind it where they come again
 * (backside/repeats.h). Marks that only look alike are never merged. Version 3 is
 * written by who drew the page and knows what comes again (backside/drawing.h).
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

enum {
	BILEVEL_VERSION = 2,        /* that bilevel_encode() writes */
	BILEVEL_VERSION_DRAWN = 3,  /* that drawing_encode() writes */
	BILEVEL_OLDEST_VERSION = 1, /* that is read, and those after it */
	BILEVEL_MAX_SIDE_PX = 4096, /* A4 at 300 dpi is 2480 x 3508 */
	BILEVEL_MAX_CODED_BYTES = 256 * 1024,
	BILEVEL_HEAD_BYTES = 5,
};

/* Rows of stride_bytes, top bit first, 1 = black. Bits past the width are 0. */
struct bilevel {
	const uint8_t *p;
	unsigned w_px;
	unsigned h_px;
	size_t stride_bytes;
};

/*
 * Append the coded page to @out, always the same bytes for a page. Returns 0, or
 * FAULT_BAD_INPUT for a side of 0 or over BILEVEL_MAX_SIDE_PX. Where it does
 * not fit @out's limit, @out is failed.
 */
MUST_USE int bilevel_encode(const struct bilevel *img, struct buf *out, struct err *err);

/*
 * The page in @bytes bytes, its rows in @a, (w_px + 7) / 8 bytes each. Bytes
 * are refused that are not exactly how what they stand for is written; which
 * marks are repeats, and what was drawn of what, is the encoder's choice. Returns 0 or
 * FAULT_BAD_INPUT.
 */
MUST_USE int bilevel_decode(
    struct arena *a, const void *p, size_t bytes, struct bilevel *ret, struct err *err);
