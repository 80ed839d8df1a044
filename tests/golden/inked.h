/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inked - a front as the printer inks it: dots of 600 dpi of the renderer's own
 * raster, and of the copy-evident ground where the page has one.
 */
#pragma once
#include "center/inquiry/screen.h"
#include "server/render/dlist.h"
#include "server/render/render.h"
#include "tests/world/scansim/scansim.h"

struct inked {
	struct render_doc doc;
	const uint8_t *front; /* its first front at 300 dpi */
	uint8_t *dots;        /* of its first front, SCANSIM_W * SCANSIM_H; mem_free() */
	struct screen_clear clears[DLIST_MAX_CLEARS];
	unsigned n_clears;
	bool has_ground;
	int balance;
};
/* Renders, all but the dots in the arena. Returns 0, RENDER_E_* or a fault. */
MUST_USE int inked_print(struct arena *a, struct render_fonts *f, const struct render_input *in,
    struct inked *ret, struct err *err);
