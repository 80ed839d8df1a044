/* SPDX-License-Identifier: Apache-2.0 */
/*
 * folder - the names of the files that a register drops:
 *
 *   991015_JUMIN_SA_20261121093000_00000012.csv    and, once it is whole,
 *   991015_JUMIN_SA_20261121093000_00000012.end    {"v":1,"rows":N,"sha256":"<64 hex>"}
 *
 * municipality, JUMIN | INKAN | SHOMEI | YOKUSHI, ZEN (all rows, for the first
 * load) or SA (what changed), time of the register in Japan, and one number for
 * all files of the municipality, without gaps.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"

#include <stdbool.h>
#include <stdint.h>

enum { FOLDER_NAME_BYTES = 64, FOLDER_MAX_SEQ = 99999999, FOLDER_END_MAX_BYTES = 4096 };

struct csv_name {
	char text[FOLDER_NAME_BYTES]; /* with ".csv" */
	unsigned table;               /* in dictionary() */
	bool full;                    /* ZEN */
	bool whole;                   /* its .end is there */
	uint32_t seq;
	int64_t stamp_ms;
};
/* True when @name is that of a .csv file of @muni. */
bool csv_name_parse(struct muni_code muni, const char *name, struct csv_name *ret);

struct folder_files {
	size_t n;
	const struct csv_name *file; /* by number */
};
/*
 * The municipality's files, in the arena, by number. Returns 0, FAULT_UNAVAILABLE
 * (the folder cannot be read), or FAULT_BAD_INPUT (one number twice, or too many files).
 */
MUST_USE int folder_list(struct arena *a, const char *path, struct muni_code muni,
    struct folder_files *ret, struct err *err);

struct csv_end {
	uint64_t rows;
	uint8_t sha256[32];
};
/* What the .end of @name says. Returns 0, FAULT_UNAVAILABLE or FAULT_BAD_INPUT. */
MUST_USE int folder_end(struct arena *a, const char *path, const struct csv_name *name,
    struct csv_end *ret, struct err *err);
/* Erases a file and its .end; the .end last, so that what is half erased is seen. 0 or
 * FAULT_UNAVAILABLE. */
MUST_USE int folder_erase(const char *path, const struct csv_name *name, struct err *err);
/* The same into @path/done/<day of its name>/, made when needed, the .end last. 0 or
 * FAULT_UNAVAILABLE. */
MUST_USE int folder_put_away(const char *path, const struct csv_name *name, struct err *err);
