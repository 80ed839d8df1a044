/* SPDX-License-Identifier: Apache-2.0 */
/*
 * koin_png - a 公印 as the city uploads it: a PNG file, decoded in a single-use
 * child (warm.h) between its walls. Taken is what is printed dot for dot: 600
 * dpi, 8 to 25 mm, every pixel plainly black or plainly white.
 *
 *   request  "KIP1" ‖ field32 file
 *   answer   "KIQ1" ‖ u16 outcome ‖ (with 0: u16 width ‖ u16 height ‖ field32 bits)
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

/* Outcomes. */
enum {
	KOIN_E_FORMAT = 1251, /* no PNG, or a damaged one */
	KOIN_E_SIZE = 1252,   /* smaller than 8 mm or larger than 25 mm on a side */
	KOIN_E_DPI = 1253,    /* it says another resolution than 600 dpi */
	KOIN_E_COLOUR = 1254, /* a pixel that is neither black nor white, or half transparent */
	KOIN_E_BLANK = 1255,  /* nothing on it, or next to nothing but ink */
};
enum {
	KOIN_MAX_FILE_BYTES = 128 * 1024,
	KOIN_DPI_PX_PER_M = 23622, /* 600 dpi; one more or less is taken */
	KOIN_LEAST_INK = 1,        /* in hundredths of the picture */
	KOIN_MOST_INK = 80,
};

struct koin {
	uint16_t width_px, height_px;
	const uint8_t *bits; /* 1 = ink; what is behind a row's last pixel is 0 */
};

void koin_request_encode(const void *png, size_t bytes, struct buf *out);
bool koin_is_request(const struct buf *request);
/* In the child: the answer to a request. 0 or FAULT_BAD_INPUT (no request). */
MUST_USE int koin_answer(
    struct arena *a, const struct buf *request, struct buf *out, struct err *err);
/* 0 (bits in the arena), KOIN_E_*, or FAULT_BAD_INPUT for what no child of ours says. */
MUST_USE int koin_answer_decode(
    struct arena *a, const void *p, size_t bytes, struct koin *ret, struct err *err);
/* The decoder itself. 0 or KOIN_E_*. */
MUST_USE int koin_png_read(struct arena *a, const void *png, size_t bytes, struct koin *ret);
