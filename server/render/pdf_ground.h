/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pdf_ground - the copy-evident ground of a side as operators: drawn first, by
 * image masks of exact 600 dpi dots. The renderer writes them, kofu-seal
 * compares what it finds with them. The masks are the XObjects "G" (the tile of
 * backside/ground.h) and "N" (the municipality's name).
 */
#pragma once
#include "base/bytes.h"
#include "dlist.h"
#include "domain/profile.h"

/* With which the content of a side begins that has a ground. */
#define PDF_GROUND_BEGIN "q\n0 0 595.19 841.92 re\n"
enum {
	PDF_GROUND_CLEAR_MAX_PX = 1000, /* a side of what is left white: 85 mm */
	PDF_GROUND_QUIET_PX = 18,       /* 1.5 mm of white around a back's image */
};

/* @l: what the front leaves white; a back leaves its image and a little around it. */
void pdf_ground_put(struct buf *b, bool back, const struct dlist_clear *clears, unsigned n_clears,
    unsigned name_w_px, unsigned name_h_px);
