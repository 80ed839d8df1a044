/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backside code - bytes as a page of black and white modules, and back from a scan.
 *
 * A page is 46 x 63 tiles of 16 x 16 modules. In the middle of each tile stands
 * a mark, around it eight modules with the tile's address; everything else is
 * data: an LDPC code whose bits are spread over the whole page. Any part of the
 * page tells where it is, so no frame, corner or upright scan is needed.
 *
 * Printed: one module is 0.254 mm (6 dots at 600 dpi, of which 5 x 5 are best
 * inked), the page 186.9 x 256.0 mm.
 *
 * Pure functions: no keys, files, threads, globals. The same input gives the
 * same output.
 */
#pragma once
#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BACKSIDE_TILE = 16,                                  /* modules along one side of a tile */
	BACKSIDE_NX = 46,                                    /* tiles across */
	BACKSIDE_NY = 63,                                    /* tiles down */
	BACKSIDE_COLS = BACKSIDE_NX * BACKSIDE_TILE,         /* 736 modules */
	BACKSIDE_ROWS = BACKSIDE_NY * BACKSIDE_TILE,         /* 1008 modules */
	BACKSIDE_ROW_BYTES = BACKSIDE_COLS / 8,              /* top bit first, 1 = black */
	BACKSIDE_BYTES = BACKSIDE_ROW_BYTES * BACKSIDE_ROWS, /* 92736 */
	BACKSIDE_MODULE_UM = 254,                            /* printed size of one module */
};

/* How much of the page is payload; the smallest that fits is taken. */
enum backside_rate {
	BACKSIDE_RATE_1_8 = 0, /* rate 1/4, sent twice */
	BACKSIDE_RATE_1_4 = 1,
	BACKSIDE_RATE_1_3 = 2,
	BACKSIDE_RATE_2_5 = 3,
	BACKSIDE_RATE_1_2 = 4,
	BACKSIDE_N_RATES = 5,
};

/* The largest payload of each rate. */
enum {
	BACKSIDE_MAX_BYTES_1_8 = 10084,
	BACKSIDE_MAX_BYTES_1_4 = 20181,
	BACKSIDE_MAX_BYTES_1_3 = 26913,
	BACKSIDE_MAX_BYTES_2_5 = 32298,
	BACKSIDE_MAX_BYTES_1_2 = 40375,
	BACKSIDE_PAYLOAD_MAX_BYTES = BACKSIDE_MAX_BYTES_1_2,
};

/* What a scan may be. */
enum {
	BACKSIDE_IMAGE_MIN_SIDE_PX = 64,
	BACKSIDE_IMAGE_MAX_SIDE_PX = 20000,
	BACKSIDE_IMAGE_MAX_PX = 140000000,
};

enum {
	BACKSIDE_E_NOT_FOUND = 600, /* no page of ours in the picture */
	BACKSIDE_E_DAMAGED = 601,   /* a page of ours, too much of it is lost */
	BACKSIDE_E_MIRRORED = 602,  /* a page of ours, seen in a mirror */
	BACKSIDE_E_TOO_LARGE = 603, /* the payload does not fit a page */
};

enum {
	BACKSIDE_EDGE_TOP = 1,
	BACKSIDE_EDGE_BOTTOM = 2,
	BACKSIDE_EDGE_LEFT = 4,
	BACKSIDE_EDGE_RIGHT = 8,
};

/* A picture, 0 = black. The caller keeps it. */
struct backside_grey {
	const uint8_t *p;
	size_t w_px;
	size_t h_px;
	size_t stride_bytes;
};

/* What was seen, for advice to the person who scanned. All zero where nothing was. */
struct backside_info {
	double dpi;       /* estimated from the modules' size */
	double angle_deg; /* of the page in the picture, clockwise, -180..180 */
	bool mirrored;
	unsigned tiles_found;
	unsigned tiles_total; /* always BACKSIDE_NX * BACKSIDE_NY */
	enum backside_rate rate;
	unsigned rounds;        /* times the page was sampled */
	unsigned iterations;    /* of the slowest code word, last round */
	unsigned missing_edges; /* BACKSIDE_EDGE_*, as the page stands upright */
	bool another; /* the picture shows a second page of ours beside the one that was read */
};

/* The rate that backside_encode() takes for so many bytes; -1 when they do not fit. */
int backside_rate_for(size_t bytes);
size_t backside_rate_max_bytes(enum backside_rate rate);

/* Makes at once what the first call would make: for children forked later. */
void backside_encode_warm(void);
/*
 * Paint @bytes (1..BACKSIDE_PAYLOAD_MAX_BYTES) of @payload: the whole of
 * @modules is written. Returns 0, BACKSIDE_E_TOO_LARGE, or FAULT_BAD_INPUT for
 * no bytes at all.
 */
MUST_USE int backside_encode(
    const void *payload, size_t bytes, uint8_t modules[static BACKSIDE_BYTES], struct err *err);
/*
 * What modules carry that no printer and no scanner had yet: the reader's way through a page, of
 * which every mark and address must stand; data that is there more than once is read once. *ret is
 * in @a. Returns 0, BACKSIDE_E_NOT_FOUND (no page of ours), or _DAMAGED.
 */
MUST_USE int backside_read(const uint8_t modules[static BACKSIDE_BYTES], struct arena *a,
    uint8_t **ret, size_t *ret_bytes);

/*
 * Find the page in @img and read it: any rotation, 150 to 600 dpi, torn,
 * cropped, stamped. *ret (in @a) is exactly what was encoded, never a guess.
 * Working memory is the function's own and bounded by the limits above.
 * @info is filled in every case but a fault.
 * Returns 0, BACKSIDE_E_NOT_FOUND, _DAMAGED, _MIRRORED, or FAULT_BAD_INPUT for
 * a picture outside the limits.
 */
MUST_USE int backside_decode(const struct backside_grey *img, struct arena *a, uint8_t **ret,
    size_t *ret_bytes, struct backside_info *info, struct err *err);
