/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apart - a certificate's PDF apart from its backs. Two thirds of it are the modules of its back
 * sides; whoever knows what they were painted of (code.h) paints the same again, so they need not
 * travel. docs/adr/0020.
 */
#pragma once
#include "backside/code.h"
#include "base/arena.h"
#include "base/bytes.h"

enum { APART_MAX_BACKS = 64 }; /* of one PDF */

/* Where the backs lie in a PDF: offsets of BACKSIDE_BYTES bytes each, one behind the other. */
struct apart {
	unsigned n;
	uint32_t at[APART_MAX_BACKS];
};

/* Appends the @bytes of @pdf but for the backs, which lie in it. */
void apart_put(const uint8_t *pdf, size_t bytes, const struct apart *backs, struct buf *out);
/*
 * The PDF of @bytes as it was, but with white backs, in @a; all between them is taken from @in.
 * Returns 0, or FAULT_BAD_INPUT: a back that begins before the last one's end or ends behind the
 * PDF's, or less in @in than that.
 */
MUST_USE int apart_take(struct arena *a, struct rd *in, size_t bytes, const struct apart *backs,
    uint8_t **ret, struct err *err);
