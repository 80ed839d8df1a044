/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf - an INI file (libinih) read by a typed table. An unknown section or
 * key, a key set twice, a value of the wrong type or out of range, a missing
 * key without default: refused with file and line on stderr (conf texts are
 * the operator's own, not personal data). A line has at most 199 bytes.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include <stddef.h>

enum conf_type {
	CONF_TEXT,
	CONF_INT,
	CONF_BOOL,
	CONF_PATH /* made absolute against the file's folder */
};
struct conf_row {
	const char *section, *key;
	enum conf_type type;
	size_t offset;    /* of a const char *, int64_t or bool in the struct */
	long min, max;    /* CONF_INT: range; CONF_TEXT: length */
	const char *def;  /* NULL = mandatory; "" = may be left out (text NULL) */
	const char *help; /* one line, for --help-config and the man page */
};
/* Sections may repeat with a name: "[municipality 991015]" when row.section is "municipality *":
 * see conf_each. */
MUST_USE int conf_load(struct arena *a, const char *path, const struct conf_row *rows, size_t n,
    void *ret, struct err *err);
/* Reads every section "PREFIX NAME" into its own struct of @bytes (an array in the arena). */
struct conf_list {
	const char *prefix; /* "municipality" */
	const struct conf_row *rows;
	size_t n_rows;
	size_t struct_bytes;
	size_t name_offset; /* of a const char * that gets NAME */
	size_t max;         /* sections */
};
MUST_USE int conf_load_lists(struct arena *a, const char *path, const struct conf_row *rows,
    size_t n, void *ret, const struct conf_list *list, void **ret_array, size_t *ret_n,
    struct err *err);
/* The same with several kinds of named sections; ret_arrays and ret_ns have one element for each.
 */
MUST_USE int conf_load_many(struct arena *a, const char *path, const struct conf_row *rows,
    size_t n, void *ret, const struct conf_list *lists, size_t n_lists, void **ret_arrays,
    size_t *ret_ns, struct err *err);
