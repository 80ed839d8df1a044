/* SPDX-License-Identifier: Apache-2.0 */
/* paper - what the printer, and then life, did to the sheet: reflectance at 600 dpi. */
#pragma once
#include "field.h"
#include "scansim.h"

/* The printed sheet, 0 black .. 1 white; field_free() it. */
struct field paper_print(const uint8_t *dots, const struct scansim_profile *p, struct dice *d);
/* Stamps, stains, holes ... in place. */
void paper_damage(struct field *f, const struct scansim_profile *p, struct dice *d);
