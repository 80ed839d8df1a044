/* SPDX-License-Identifier: Apache-2.0 */
/* pen - a forger's tools on a front's raster: FRONT_ROW_BYTES a row, 1 = ink. */
#pragma once
#include "base/arena.h"
#include "backside/payload.h"
#include "center/inquiry/compare.h"
#include "tests/world/scansim/field.h"

struct compare_box pen_box(const struct payload_box *b); /* tenths of a millimetre to pixels */
void pen_dot(uint8_t *page, unsigned x, unsigned y, bool ink);
/* What @from has in the box. */
void pen_copy(uint8_t *page, const uint8_t *from, struct compare_box b);
void pen_erase(uint8_t *page, struct compare_box b);
/*
 * Takes one stroke out of the box: a piece of ink that hangs together, of
 * @least pixels or more, none of it at the box's rim. False when there is none.
 */
bool pen_take_stroke(
    struct arena *a, uint8_t *page, struct compare_box b, unsigned least, struct dice *d);
/* Adds one of 3 x 16 pixels, lying or standing, between the ink of the box. False without room. */
bool pen_add_stroke(uint8_t *page, struct compare_box b, struct dice *d);
