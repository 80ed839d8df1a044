/* SPDX-License-Identifier: Apache-2.0 */
/*
 * register - lays a scan of a front over the front that its back side carries.
 *
 * Pure functions over pixels. The reference is 300 dpi bilevel, 2480 x 3508;
 * the scan is grey, 100 to 600 dpi, any rotation. The result maps reference
 * pixels to scan pixels: one affine map and small local shifts, because paper
 * slips and swells.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FRONT_W = 2480,
	FRONT_H = 3508,
	FRONT_ROW_BYTES = 310,
	SCAN_MIN_SIDE = 400,
	SCAN_MAX_SIDE = 12000,
	REGISTER_BLOCK = 124, /* local shifts stand on a grid of this pitch, in reference pixels */
	REGISTER_NX = FRONT_W / REGISTER_BLOCK,
	REGISTER_NY = (FRONT_H + REGISTER_BLOCK - 1) / REGISTER_BLOCK,
	REGISTER_CELL = 12, /* 1 mm */
	REGISTER_CELLS_X = FRONT_W / REGISTER_CELL,
	REGISTER_CELLS_Y = FRONT_H / REGISTER_CELL
};

struct scan_image { /* grey, 0 = black, 255 = white; the pixels are the caller's */
	const uint8_t *p;
	unsigned w, h;
	size_t stride;
};
/* Scan position of a reference position: (a x + b y + c, d x + e y + f). */
struct affine {
	double a, b, c, d, e, f;
};
struct registration {
	struct affine map;
	float shift[REGISTER_NY][REGISTER_NX][2]; /* added to the scan position, in scan pixels */
	double score;                             /* correlation of both pages' ink, 0..1 */
	double dpi;
	double angle_deg; /* clockwise turn of the scan */
};

/* Outcomes. */
enum {
	REGISTER_E_NO_MATCH = 1901, /* this is no scan of that front */
	REGISTER_E_SIZE = 1902,     /* a side outside SCAN_MIN_SIDE..SCAN_MAX_SIDE */
};
struct screen; /* screen.h */
/*
 * @screen: the front's copy-evident ground, NULL = none.
 * @dpi_hint: the scan's resolution when it is known (0 = from the page's size).
 * Returns 0, REGISTER_E_* or a fault.
 */
MUST_USE int register_front(struct arena *a, const struct scan_image *scan, const uint8_t *front,
    const struct screen *screen, double dpi_hint, struct registration *ret, struct err *err);
/* A flag for each cell of the page; pixels past the last whole cell belong to none. */
struct register_cells {
	uint8_t on[REGISTER_CELLS_Y][REGISTER_CELLS_X];
};
/*
 * The scan's grey in the reference's frame, FRONT_W x FRONT_H; 255, and a cell
 * of @unseen, where the scan has nothing.
 */
const uint8_t *register_flatten(struct arena *a, const struct registration *r,
    const struct scan_image *scan, struct register_cells *unseen);

static inline bool
front_ink(const uint8_t *front, unsigned x, unsigned y)
{
	return front[(size_t)y * FRONT_ROW_BYTES + x / 8] & 0x80 >> (x & 7);
}
