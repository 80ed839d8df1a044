/* SPDX-License-Identifier: Apache-2.0 */
/*
 * copier - what a printer makes of dots of 600 dpi, and a copier of that print:
 * reflectances, and how different word and ground look to an eye that sees
 * nothing finer than 0.2 mm. Repeatable: the same seed gives the same paper.
 */
#pragma once
#include "tests/world/scansim/field.h"
#include <stdbool.h>
#include <stdint.h>

struct copier {
	double blur_um;    /* Gaussian of its scanner */
	double background; /* of the paper's white: what is lighter becomes white */
	bool text;         /* a threshold, as for text; else a screen of 133 lines an inch */
};

/* @bits: rows of (w + 7) / 8 bytes. @gain_um: how much wider a dot prints at each edge. */
struct field copier_print(const uint8_t *bits, int w, int h, double gain_um, uint64_t seed);
/* A copy of a print at the usual gain; the print stays. */
struct field copier_copy(const struct field *print, const struct copier *c, uint64_t seed);

/* As seen from a reading distance: L*, after a low-pass of 0.2 mm, in place. */
void copier_look(struct field *f);
