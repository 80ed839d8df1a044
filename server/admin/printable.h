/* SPDX-License-Identifier: Apache-2.0 */
/*
 * printable - lays out every certificate that a municipality's residents could
 * ask for, with the very code that prints them, and lists what would be refused
 * for its characters or its length: before anybody meets it at a kiosk.
 */
#pragma once
#include "base/err.h"
#include "db/db.h"
#include "domain/profile.h"
#include "domain/vault.h"
#include "server/render/render.h"

#include <stdio.h>

enum { PRINTABLE_PAGE = 200 /* persons read at once */, PRINTABLE_MAX_ITEMS = 64 };

struct printable_sum {
	unsigned n_persons; /* registered ones, blocked or not: blocks are lifted */
	unsigned n_bad;     /* with at least one line */
	unsigned n_lines;
};
/*
 * Writes a line each to @out: municipality, 宛名番号, item, kinds, why; between
 * them a tab. Never a text of the row. A row that cannot be read has "-" for the
 * number. @db of a role that reads the replica. Returns 0 or a fault.
 */
MUST_USE int printable_list(struct db *db, const struct vault *v, struct render_fonts *f,
    const struct profile *p, FILE *out, struct printable_sum *ret, struct err *err);
