/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repeats - the glyph dictionary of a page. Of the small marks (marks.h) that
 * are alike, pixel for pixel, one stays on the page and the others are coded
 * as places where it comes again. A mark that only looks alike is another mark.
 *
 * What is written behind the page that is left:
 *   bands      lines of text: their number, then each one's height
 *   repeats    their number; in reading order (by band, then from left to right)
 *              each one either goes on as the one before, or names its shape:
 *     goes on    the next mark behind the last one's model, at the last one's
 *                distance: a text that stood on the page before costs hardly more
 *                than its first character
 *     names      shape, which of the marks of that shape, and where it stands
 * All of it by the MQ coder with adaptive models.
 */
#pragma once
#include "backside/marks.h"
#include "backside/mq.h"

enum {
	REPEATS_MAX_BANDS = 1024,
	REPEATS_MAX_STEPS = 8,   /* marks left out in a text that goes on */
	REPEATS_MAX_MODELS = 16, /* marks of one shape, the newest first, that may be meant */
};

/* One more mark of the shape that list[model] of the page that is left has. */
struct repeat {
	uint32_t model; /* index of what is known: marks of the page, then repeats 0, 1 ... */
	uint16_t x, y;
};
struct repeats {
	uint16_t band_h[REPEATS_MAX_BANDS]; /* rows from the top; the last goes to the end */
	unsigned n_bands;
	struct repeat *list;
	unsigned n;
	/* Those of the page that is left, as marks_find() has them; without a list not yet found.
	 */
	struct marks left;
};
void repeats_done(struct repeats *r); /* wipes */

/*
 * Finds the repeats of a page and takes them off @rows (the page's own pixels,
 * @img->p). Nothing is taken, and *ret is empty, from a page with too many
 * marks. The caller ends with repeats_done().
 */
void repeats_find(const struct bilevel *img, uint8_t *rows, struct repeats *ret);
/* Writes them; @img is the page that is left. */
void repeats_encode(struct mq_encoder *e, const struct bilevel *img, const struct repeats *r);
/*
 * Reads them and puts them back on @rows (@img->p). False for what
 * repeats_encode() would not have written; *ret is then empty.
 */
bool repeats_decode(
    struct mq_decoder *d, const struct bilevel *img, uint8_t *rows, struct repeats *ret);
