/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pdf_font - a subset as a Type 0 font: Identity-H, glyph numbers as CIDs, and
 * a ToUnicode map that gives back every character exactly, selectors included.
 */
#pragma once
#include "pdf_obj.h"
#include "pki/hash.h"
#include "subset.h"

/*
 * Sets *ret to the font object and ret_hash to a hash of its outlines and texts.
 * Returns 0 or FAULT_*; refusals of libharu stay in @p.
 */
MUST_USE int pdf_font_add(struct arena *a, struct pdf *p, struct subset *s, HPDF_Dict *ret,
    uint8_t ret_hash[SHA256_BYTES], struct err *err);
