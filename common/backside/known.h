/* SPDX-License-Identifier: Apache-2.0 */
/*
 * known - the marks that both ends know while repeats are coded: those of the
 * page that is left, then each repeat as it comes. In bands, each from left to
 * right, and by shape, the newest first.
 */
#pragma once
#include "backside/repeats.h"

enum { KNOWN_NONE = UINT32_MAX };

struct known_mark {
	uint16_t x, y, w;
	uint16_t band;
	uint32_t shape;
	uint32_t pixels; /* index in marks.list */
	uint32_t next;   /* in its band, KNOWN_NONE at the end */
	uint32_t older;  /* of its shape */
};
struct known {
	struct known_mark *list;
	unsigned n, room;
	uint32_t first[REPEATS_MAX_BANDS]; /* of each band */
	uint32_t *newest;                  /* of each shape */
	unsigned n_shapes;
	uint16_t *band_of; /* each row's */
	uint16_t band_y[REPEATS_MAX_BANDS];
	uint32_t last; /* where the last repeat stands in its band */
};

/* Knows the marks of @m; room for @more repeats. Bands as in @r, over @h_px rows. */
void known_init(
    struct known *k, const struct marks *m, const struct repeats *r, unsigned h_px, unsigned more);
void known_done(struct known *k);
/* A further mark like @model; they come in reading order. Returns its index. */
uint32_t known_add(struct known *k, uint32_t model, unsigned x, unsigned y);
