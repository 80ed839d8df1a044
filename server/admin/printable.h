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

/* Why something cannot be printed; the bits 1 << reason stand in the replica (survey, unprintable).
 */
enum printable_reason {
	PRINTABLE_CHARACTER = 1, /* a character or variation that no font has exactly */
	PRINTABLE_LENGTH = 2,    /* does not fit at its least size */
	PRINTABLE_MISSING = 3,   /* the form must not be without it */
	PRINTABLE_ROW = 4,       /* the sealed row cannot be read */
	/* Held back by the stream, whatever the row: told by the view unprintable. */
	PRINTABLE_GAP = 5,    /* numbers of the history are missing */
	PRINTABLE_CARD = 6,   /* the card is another's too */
	PRINTABLE_RECORD = 7, /* a record that could not be read */
	PRINTABLE_REASON_MAX = 7,
};
/* "character" ... "record"; NULL for others. */
const char *printable_reason_name(unsigned reason);

struct printable_trouble {
	const char *item; /* romaji */
	unsigned kinds;   /* bits 1 << enum doc_kind */
	enum printable_reason reason;
	const char *why; /* a literal, of the renderer */
	unsigned at;     /* which character, from 1 on; 0 = the whole text */
};
/* What one person's papers lack. */
struct printable_person {
	struct person_ref ref;
	const char *atena_no; /* NULL: the row cannot be read */
	unsigned n;
	struct printable_trouble list[PRINTABLE_MAX_ITEMS];
};
struct printable_with {
	const struct vault *vault;
	struct render_fonts *fonts;
	const struct profile *profile;
};
/*
 * Lays out all that the person of @rows' row @i could ask for. Columns: ref, 履歴番号 and sealed
 * row, then 履歴番号, state and sealed row of the seal. Texts in @a (RENDER_ARENA_BYTES). A row
 * that cannot be read is PRINTABLE_ROW, not a fault. 0 or a fault.
 */
MUST_USE int printable_look(const struct printable_with *w, struct arena *a,
    const struct db_rows *rows, size_t i, struct printable_person *ret, struct err *err);

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
