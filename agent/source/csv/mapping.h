/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mapping - how one municipality's CSV files are written: a JSON file of its
 * own beside the agent's configuration.
 *
 *   { "v": 1, "encoding": "CP932", "silence_s": 900, "keep": false,
 *     "tables": { "juminhyo": {
 *       "columns": { "宛名番号": "atena_no", ... },     header -> column
 *       "codes":   { "ido_jiyu": { "21": "転居" } },    what the file says -> what it means
 *       "ignore":  [ "更新者" ],                         headers that are none of ours
 *       "absent":  [ "biko" ] } } }                      columns the files do not have
 *
 * Every member but "v" and "silence_s" may be left out. Without "columns" the
 * headers are the dictionary's Japanese names. A column that cannot be empty
 * cannot be absent.
 */
#pragma once
#include "agent/source/dictionary.h"
#include "base/arena.h"
#include "base/err.h"

enum {
	MAPPING_MAX_BYTES = 1024 * 1024,
	MAPPING_MAX_CODES = 1000, /* a column */
	MAPPING_MAX_IGNORED = 64, /* a table */
	MAPPING_MAX_SILENCE_S = 7 * 24 * 3600,
};

struct csv_code {
	const char *from, *to;
};
struct csv_column {
	const struct field *field;
	const char *header; /* NULL = the files do not have it */
	unsigned n_codes;   /* 0 = taken as it stands */
	const struct csv_code *codes;
};
struct csv_table {
	const struct field_table *fields;
	struct csv_column column[DICTIONARY_MAX_FIELDS]; /* in the order of fields->field */
	unsigned n_ignored;
	const char *ignored[MAPPING_MAX_IGNORED];
};
struct csv_mapping {
	const char *encoding;
	/* No file for longer than that, not even an empty one: nobody knows what changed. */
	long silence_s;
	bool keep; /* what the server has is put into done/<day>; else it is erased */
	struct csv_table table[DICTIONARY_TABLES];
};
/*
 * Reads the file; texts live in @a. Returns 0 or FAULT_CONFIG, after telling
 * the operator on stderr which member is wrong.
 */
MUST_USE int mapping_load(
    struct arena *a, const char *path, struct csv_mapping *ret, struct err *err);
/* The same from bytes; without a word on stderr. */
MUST_USE int mapping_parse(
    struct arena *a, const void *p, size_t bytes, struct csv_mapping *ret, struct err *err);
