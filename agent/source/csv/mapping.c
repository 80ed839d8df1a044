/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/source/csv/mapping.h"
#include "base/file.h"
#include "base/text.h"
#include "wire/js.h"

#include <stdio.h>
#include <string.h>

enum { MAPPING_TEXT_BYTES = 300, MAPPING_ENCODING_BYTES = 16 };

static const char *const encodings[] = { "UTF-8", "CP932", "UTF-16LE", "UTF-16BE" };

static const char *
text_keep(struct arena *a, const json_t *j)
{
	const char *s = json_string_value(j);
	size_t bytes = s ? strlen(s) : 0;
	bool good = bytes > 0 && bytes <= MAPPING_TEXT_BYTES && text_is_clean_utf8(s, bytes);
	return good ? arena_strdup(a, s) : NULL;
}

static struct csv_column *
column_find(struct csv_table *t, const char *column)
{
	for (unsigned i = 0; i < t->fields->n; i++)
		if (strcmp(t->fields->field[i].column, column) == 0)
			return &t->column[i];
	return NULL;
}

static bool
header_known(const struct csv_table *t, const char *header)
{
	for (unsigned i = 0; i < t->fields->n; i++)
		if (text_equal(t->column[i].header, header))
			return true;
	for (unsigned i = 0; i < t->n_ignored; i++)
		if (strcmp(t->ignored[i], header) == 0)
			return true;
	return false;
}

static int
parse_columns(struct arena *a, json_t *o, struct csv_table *t, struct err *err)
{
	const char *header;
	json_t *column;
	if (o == NULL)
		return 0;
	for (unsigned i = 0; i < t->fields->n; i++)
		t->column[i].header = NULL;
	json_object_foreach(o, header, column)
	{
		const char *name = json_string_value(column);
		struct csv_column *c = name ? column_find(t, name) : NULL;
		if (c == NULL)
			return err_raise(err, FAULT_CONFIG, "columns: no such column", 0);
		if (c->header != NULL)
			return err_raise(err, FAULT_CONFIG, "columns: column named twice", 0);
		if (header[0] == '\0' || strlen(header) > MAPPING_TEXT_BYTES)
			return err_raise(err, FAULT_CONFIG, "columns: header", 0);
		c->header = arena_strdup(a, header);
	}
	return 0;
}

static int
parse_code_list(struct arena *a, json_t *o, struct csv_column *c, struct err *err)
{
	const char *from;
	json_t *to;
	size_t n = json_object_size(o);
	if (n == 0 || n > MAPPING_MAX_CODES)
		return err_raise(err, FAULT_CONFIG, "codes: none or too many", (long)n);
	struct csv_code *codes = arena_zero_n(a, n, sizeof(*codes));
	json_object_foreach(o, from, to)
	{
		const char *text = text_keep(a, to);
		if (text == NULL || strlen(from) > MAPPING_TEXT_BYTES)
			return err_raise(err, FAULT_CONFIG, "codes: no text", 0);
		codes[c->n_codes++] = (struct csv_code){ arena_strdup(a, from), text };
	}
	c->codes = codes;
	return 0;
}

static int
parse_codes(struct arena *a, json_t *o, struct csv_table *t, struct err *err)
{
	const char *column;
	json_t *list;
	json_object_foreach(o, column, list)
	{
		struct csv_column *c = column_find(t, column);
		if (c == NULL || !json_is_object(list))
			return err_raise(err, FAULT_CONFIG, "codes: no such column", 0);
		int r = parse_code_list(a, list, c, err);
		if (r)
			return err_trace(err, r, "codes");
	}
	return 0;
}

static int
parse_ignored(struct arena *a, const json_t *list, struct csv_table *t, struct err *err)
{
	size_t n = json_array_size(list);
	if (n > MAPPING_MAX_IGNORED)
		return err_raise(err, FAULT_CONFIG, "ignore: too many", (long)n);
	for (size_t i = 0; i < n; i++) {
		const char *header = text_keep(a, json_array_get(list, i));
		if (header == NULL || header_known(t, header))
			return err_raise(
			    err, FAULT_CONFIG, "ignore: no header, or one in use", (long)i);
		t->ignored[t->n_ignored++] = header;
	}
	return 0;
}

static int
parse_absent(const json_t *list, bool named, struct csv_table *t, struct err *err)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		struct csv_column *c = name ? column_find(t, name) : NULL;
		if (c == NULL || c->field->needed)
			return err_raise(err, FAULT_CONFIG,
			    "absent: no such column, or one that is needed", (long)i);
		if (named && c->header != NULL)
			return err_raise(err, FAULT_CONFIG, "absent: column has a header", (long)i);
		c->header = NULL;
	}
	/* Left out by oversight is not the same as not there. */
	size_t without = 0;
	for (unsigned i = 0; i < t->fields->n; i++)
		without += t->column[i].header == NULL;
	if (without != json_array_size(list))
		return err_raise(
		    err, FAULT_CONFIG, "columns: one is neither named nor absent", (long)without);
	return 0;
}

/* The member, NULL when it is not there; *ret_bad when it is of another type. */
static json_t *
member(const json_t *o, const char *key, json_type type, bool *ret_bad)
{
	json_t *j = json_object_get(o, key);
	*ret_bad |= j != NULL && json_typeof(j) != type;
	return j;
}

static int
parse_table(struct arena *a, json_t *o, struct csv_table *t, struct err *err)
{
	static const char *const names[] = { "columns?", "codes?", "ignore?", "absent?", NULL };
	bool bad = false;
	if (js_members(o, names, err) != 0)
		return err_raise(err, FAULT_CONFIG, "table: no such member", 0);
	json_t *columns = member(o, "columns", JSON_OBJECT, &bad);
	json_t *codes = member(o, "codes", JSON_OBJECT, &bad);
	json_t *ignore = member(o, "ignore", JSON_ARRAY, &bad);
	json_t *absent = member(o, "absent", JSON_ARRAY, &bad);
	if (bad)
		return err_raise(err, FAULT_CONFIG, "table: a member of the wrong type", 0);
	int r = parse_columns(a, columns, t, err);
	if (r == 0)
		r = parse_codes(a, codes, t, err);
	if (r == 0)
		r = parse_absent(absent, columns != NULL, t, err);
	if (r == 0)
		r = parse_ignored(a, ignore, t, err);
	return err_trace(err, r, "table");
}

static int
parse_tables(struct arena *a, json_t *o, struct csv_mapping *m, struct err *err)
{
	const char *name;
	json_t *table;
	json_object_foreach(o, name, table)
	{
		int i = dictionary_find(name);
		if (i < 0 || !json_is_object(table))
			return err_raise(err, FAULT_CONFIG, "tables: no such table", 0);
		int r = parse_table(a, table, &m->table[i], err);
		if (r)
			return err_trace(err, r, "tables");
	}
	return 0;
}

static int
parse_encoding(json_t *o, struct csv_mapping *m, struct err *err)
{
	const char *s = "UTF-8";
	if (json_object_get(o, "encoding") != NULL &&
	    js_text(o, "encoding", MAPPING_ENCODING_BYTES, &s, err) != 0)
		return err_raise(err, FAULT_CONFIG, "encoding", 0);
	for (unsigned i = 0; i < N_ELEMENTS(encodings); i++)
		if (strcmp(s, encodings[i]) == 0)
			m->encoding = encodings[i];
	return m->encoding ? 0 : err_raise(err, FAULT_CONFIG, "encoding", 0);
}

static int
parse_mapping(struct arena *a, json_t *o, struct csv_mapping *m, struct err *err)
{
	static const char *const names[] = { "v", "encoding?", "silence_s", "keep?", "tables?",
		NULL };
	int64_t v = 0;
	int64_t silence = 0;
	bool bad = false;
	if (js_members(o, names, err) != 0 || js_int(o, "v", 1, 1, &v, err) != 0)
		return err_raise(err, FAULT_CONFIG, "members", 0);
	if (js_int(o, "silence_s", 1, MAPPING_MAX_SILENCE_S, &silence, err) != 0)
		return err_raise(err, FAULT_CONFIG, "silence_s", 0);
	if (json_object_get(o, "keep") != NULL && js_bool(o, "keep", &m->keep, err) != 0)
		return err_raise(err, FAULT_CONFIG, "keep", 0);
	m->silence_s = (long)silence;
	json_t *all = member(o, "tables", JSON_OBJECT, &bad);
	if (bad)
		return err_raise(err, FAULT_CONFIG, "tables", 0);
	int r = parse_encoding(o, m, err);
	return err_trace(err, r ? r : parse_tables(a, all, m, err), "mapping");
}

int
mapping_parse(
    struct arena *a, const void *p, size_t bytes, struct csv_mapping *ret, struct err *err)
{
	struct csv_mapping m = { 0 };
	AUTO(json_t) json_t *o = NULL;
	for (unsigned i = 0; i < DICTIONARY_TABLES; i++) {
		struct csv_table *t = &m.table[i];
		t->fields = &dictionary()[i];
		for (unsigned k = 0; k < t->fields->n; k++)
			t->column[k] = (struct csv_column){ .field = &t->fields->field[k],
				.header = t->fields->field[k].japanese };
	}
	if (js_parse(p, bytes, &o, err) != 0)
		return err_raise(err, FAULT_CONFIG, "mapping is no JSON", 0);
	int r = parse_mapping(a, o, &m, err);
	if (r)
		return err_trace(err, r, "mapping");
	*ret = m;
	return 0;
}

int
mapping_load(struct arena *a, const char *path, struct csv_mapping *ret, struct err *err)
{
	uint8_t *p = NULL;
	size_t bytes = 0;
	int r = file_read(a, path, MAPPING_MAX_BYTES, &p, &bytes, err);
	if (r)
		r = err_raise(err, FAULT_CONFIG, "mapping cannot be read", 0);
	else
		r = mapping_parse(a, p, bytes, ret, err);
	if (r)
		fprintf(stderr, "%s: %s\n", path, err->trail[0].what);
	return r;
}
