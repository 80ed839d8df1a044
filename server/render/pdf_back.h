/* SPDX-License-Identifier: Apache-2.0 */
/* pdf_back - what lies on the back of a sheet: the image to be filled in, under a white grid. */
#pragma once
#include "base/err.h"
#include "dlist.h"

struct libdeflate_compressor;

enum {
	PDF_BACK_MODULE = 6 * DLIST_DOT,
	PDF_BACK_W = RENDER_BACK_W * PDF_BACK_MODULE, /* 186.944 mm */
	PDF_BACK_H = RENDER_BACK_H * PDF_BACK_MODULE, /* 256.032 mm */
	PDF_BACK_X = 136 * DLIST_PX,                  /* 11.5 mm: centred */
	PDF_BACK_Y = 118 * DLIST_PX,                  /* 10 mm */
};

/*
 * The grid as a deflated content stream: a white hair line over the last dot of
 * each module's row and column, so that 5 x 5 of 6 x 6 dots are inked (34 %).
 * Always the same bytes; free with mem_free(). Returns 0 or FAULT_INTERNAL.
 */
MUST_USE int pdf_back_hairlines(
    struct libdeflate_compressor *deflate, uint8_t **ret, size_t *ret_bytes, struct err *err);
