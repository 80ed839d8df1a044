/* SPDX-License-Identifier: Apache-2.0 */
/* dictionary - the columns of a register's four tables: names, types, limits, in one place. */
#pragma once
#include <stdbool.h>

enum { DICTIONARY_TABLES = 4, DICTIONARY_MAX_FIELDS = 48 };

enum field_type {
	FIELD_TEXT,   /* clean UTF-8 of at most max characters */
	FIELD_NUMBER, /* 1..max */
	FIELD_STATE,  /* "1".."2" */
	FIELD_FLAG,   /* "1" or "0" */
	FIELD_HEX,    /* at most max bytes */
};
struct field {
	const char *column;   /* "shimei_furigana" */
	const char *japanese; /* "氏名フリガナ" */
	enum field_type type;
	unsigned max;
	bool needed; /* what 住民票 needs, by kind of resident, resident_check() says */
};
struct field_table {
	const char *table; /* "juminhyo" */
	unsigned n;
	struct field field[DICTIONARY_MAX_FIELDS];
};
/* The tables, residents first: later ones speak of them. Never NULL; good for ever. */
const struct field_table *dictionary(void);
/* The number of a table by name, -1 when there is none. */
int dictionary_find(const char *table);
/* The field of a table, NULL when it has none of that name. */
const struct field *field_find(const struct field_table *t, const char *column);
