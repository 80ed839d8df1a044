/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/conf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include <ini.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	CONF_MAX_BYTES = 1024 * 1024,
	CONF_MAX_LINE_BYTES = 199, /* libinih would cut a longer one in two */
	CONF_MAX_NAME = 64,        /* NAME of "[PREFIX NAME]" */
	CONF_REASON_BYTES = 256
};

/* One struct that rows are read into, and which of them were. */
struct conf_target {
	const struct conf_row *rows;
	size_t n;
	char *base;
	bool *seen;
};

/* The sections of one list, as far as they were met. */
struct conf_items {
	const struct conf_list *list;
	struct conf_target *items; /* room for list->max, like names and base */
	const char **names;
	char *base;
	size_t n;
};

struct conf_read {
	struct arena *a;
	const char *path;
	const char *folder; /* absolute */
	struct conf_target main;
	struct conf_items *lists;
	size_t n_lists;
	const char *left; /* of the text */
	int line;
	int reason_line;
	char reason[CONF_REASON_BYTES]; /* of the first refusal */
};

/* Keeps the first reason. Returns 0: what libinih calls an error. */
static int __attribute__((format(printf, 2, 3)))
conf_refuse(struct conf_read *c, const char *fmt, ...)
{
	va_list ap;
	if (c->reason[0] != '\0')
		return 0;
	va_start(ap, fmt);
	(void)vsnprintf(c->reason, sizeof(c->reason), fmt, ap);
	va_end(ap);
	c->reason_line = c->line;
	return 0;
}

static int
conf_int(struct conf_read *c, const struct conf_row *row, const char *value, int64_t *out)
{
	uint64_t v = 0;
	bool minus = value[0] == '-';
	const char *digits = value + minus;
	if (!text_u64_parse(digits, strlen(digits), INT64_MAX, &v))
		return conf_refuse(c, "%s is no whole number", row->key);
	int64_t n = minus ? -(int64_t)v : (int64_t)v;
	if (n < row->min || n > row->max)
		return conf_refuse(
		    c, "%s is not between %ld and %ld", row->key, row->min, row->max);
	*out = n;
	return 1;
}

static int
conf_bool(struct conf_read *c, const struct conf_row *row, const char *value, bool *out)
{
	bool yes = strcmp(value, "yes") == 0 || strcmp(value, "true") == 0;
	if (!yes && strcmp(value, "no") != 0 && strcmp(value, "false") != 0)
		return conf_refuse(c, "%s is neither yes nor no", row->key);
	*out = yes;
	return 1;
}

static int
conf_text(struct conf_read *c, const struct conf_row *row, const char *value, const char **out)
{
	size_t n = strlen(value);
	if (!text_is_clean_utf8(value, n))
		return conf_refuse(c, "%s holds what is not text", row->key);
	if (n < (size_t)row->min || (row->max > 0 && n > (size_t)row->max))
		return conf_refuse(c, "%s has not %ld to %ld bytes", row->key, row->min, row->max);
	*out = arena_strdup(c->a, value);
	return 1;
}

static int
conf_path(struct conf_read *c, const struct conf_row *row, const char *value, const char **out)
{
	if (value[0] == '\0' || !text_is_clean_utf8(value, strlen(value)))
		return conf_refuse(c, "%s is no path", row->key);
	*out = value[0] == '/' ? arena_strdup(c->a, value)
			       : arena_printf(c->a, "%s/%s", c->folder, value);
	return 1;
}

static int
conf_value(struct conf_read *c, const struct conf_row *row, const char *value, char *base)
{
	void *at = base + row->offset;
	switch (row->type) {
	case CONF_TEXT:
		return conf_text(c, row, value, at);
	case CONF_INT:
		return conf_int(c, row, value, at);
	case CONF_BOOL:
		return conf_bool(c, row, value, at);
	case CONF_PATH:
		return conf_path(c, row, value, at);
	}
	return conf_refuse(c, "%s has no type", row->key);
}

/* @section NULL matches the rows of every section. */
static int
conf_set(struct conf_read *c, struct conf_target *t, const char *section, const char *key,
    const char *value)
{
	bool section_known = section == NULL;
	for (size_t i = 0; i < t->n; i++) {
		if (section != NULL && strcmp(t->rows[i].section, section) != 0)
			continue;
		section_known = true;
		if (strcmp(t->rows[i].key, key) != 0)
			continue;
		if (t->seen[i])
			return conf_refuse(c, "%s is set twice", key);
		t->seen[i] = true;
		return conf_value(c, &t->rows[i], value, t->base);
	}
	if (!section_known)
		return conf_refuse(c, "unknown section [%s]", section);
	return conf_refuse(c, "unknown key %s", key);
}

static bool
name_is_good(const char *name)
{
	size_t n =
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");
	return n > 0 && n <= CONF_MAX_NAME && name[n] == '\0';
}

/* "municipality 991015" -> its struct, a new one the first time; NULL is refused. */
static struct conf_target *
conf_item(struct conf_read *c, struct conf_items *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->names[i], name) == 0)
			return &l->items[i];
	if (!name_is_good(name)) {
		(void)conf_refuse(c, "[%s ...] needs a name", l->list->prefix);
		return NULL;
	}
	if (l->n == l->list->max) {
		(void)conf_refuse(c, "more than %zu [%s ...]", l->list->max, l->list->prefix);
		return NULL;
	}
	struct conf_target *t = &l->items[l->n];
	*t = (struct conf_target){ .rows = l->list->rows,
		.n = l->list->n_rows,
		.base = l->base + l->n * l->list->struct_bytes,
		.seen = arena_zero_n(c->a, l->list->n_rows, sizeof(bool)) };
	l->names[l->n] = arena_strdup(c->a, name);
	*(const char **)(void *)(t->base + l->list->name_offset) = l->names[l->n++];
	return t;
}

static int
conf_handler(void *arg, const char *section, const char *key, const char *value)
{
	struct conf_read *c = arg;
	for (size_t i = 0; i < c->n_lists; i++) {
		struct conf_items *l = &c->lists[i];
		size_t n = strlen(l->list->prefix);
		if (strncmp(section, l->list->prefix, n) != 0 || section[n] != ' ')
			continue;
		struct conf_target *t = conf_item(c, l, section + n + 1);
		return t ? conf_set(c, t, NULL, key, value) : 0;
	}
	return conf_set(c, &c->main, section, key, value);
}

/* Defaults of what was not set; a mandatory one is missed by name. */
static int
conf_defaults(struct conf_read *c, struct conf_target *t, const char *section)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct conf_row *row = &t->rows[i];
		if (t->seen[i] || (row->def != NULL && row->def[0] == '\0'))
			continue;
		if (row->def == NULL)
			return conf_refuse(
			    c, "[%s] %s is missing", section ? section : row->section, row->key);
		if (!conf_value(c, row, row->def, t->base))
			return 0;
	}
	return 1;
}

static int
conf_list_defaults(struct conf_read *c, struct conf_items *l)
{
	int ok = 1;
	for (size_t i = 0; ok && i < l->n; i++)
		ok = conf_defaults(
		    c, &l->items[i], arena_printf(c->a, "%s %s", l->list->prefix, l->names[i]));
	return ok;
}

/* Line of the first line that is too long or holds a NUL; 0 when there is none. */
static unsigned
conf_bad_line(const char *text, size_t bytes)
{
	unsigned line = 1;
	size_t length = 0;
	for (size_t i = 0; i < bytes; i++) {
		if (text[i] == '\0' || (text[i] != '\n' && ++length > CONF_MAX_LINE_BYTES))
			return line;
		if (text[i] == '\n') {
			line++;
			length = 0;
		}
	}
	return 0;
}

static int
conf_fail(const struct conf_read *c, unsigned line, const char *why, struct err *err)
{
	if (line > 0)
		fprintf(stderr, "%s:%u: %s\n", c->path, line, why);
	else
		fprintf(stderr, "%s: %s\n", c->path, why);
	return err_raise(err, FAULT_CONFIG, "configuration", (long)line);
}

static int
conf_read_file(struct conf_read *c, const char **ret_text, struct err *err)
{
	uint8_t *p = NULL;
	size_t bytes = 0;
	char *whole = realpath(c->path, NULL);
	if (whole == NULL || file_read(c->a, c->path, CONF_MAX_BYTES, &p, &bytes, err) != 0) {
		mem_free(whole);
		return conf_fail(c, 0, "cannot be read", err);
	}
	size_t folder = (size_t)(strrchr(whole, '/') - whole);
	c->folder = arena_strndup(c->a, whole, folder);
	mem_free(whole);
	unsigned line = conf_bad_line((const char *)p, bytes);
	if (line > 0)
		return conf_fail(c, line, "longer than 199 bytes, or no text", err);
	*ret_text = (const char *)p;
	return 0;
}

/* fgets() over the text in memory; says which line the handler is at. */
static char *
conf_next_line(char *out, int room, void *arg)
{
	struct conf_read *c = arg;
	size_t n = strcspn(c->left, "\n");
	if (c->left[0] == '\0' || n >= (size_t)room)
		return NULL;
	memcpy(out, c->left, n);
	out[n] = '\0';
	c->left += n;
	c->left += *c->left == '\n';
	c->line++;
	return out;
}

static int
conf_run(struct conf_read *c, struct err *err)
{
	int r = conf_read_file(c, &c->left, err);
	if (r)
		return err_trace(err, r, "conf");
	int line = ini_parse_stream(conf_next_line, c, conf_handler, c);
	if (line != 0)
		return conf_fail(c, line > 0 ? (unsigned)line : 0,
		    line == c->reason_line ? c->reason : "neither a section nor key = value", err);
	if (c->left[0] != '\0')
		return conf_fail(c, (unsigned)c->line + 1, "cannot be read", err);
	int ok = conf_defaults(c, &c->main, NULL);
	for (size_t i = 0; ok && i < c->n_lists; i++)
		ok = conf_list_defaults(c, &c->lists[i]);
	return ok ? 0 : conf_fail(c, 0, c->reason, err);
}

static size_t
rows_struct_bytes(const struct conf_row *rows, size_t n)
{
	size_t most = 0;
	for (size_t i = 0; i < n; i++) {
		size_t end = rows[i].offset + (rows[i].type == CONF_BOOL ? sizeof(bool) : 8);
		most = end > most ? end : most;
	}
	return most;
}

int
conf_load_many(struct arena *a, const char *path, const struct conf_row *rows, size_t n, void *ret,
    const struct conf_list *lists, size_t n_lists, void **ret_arrays, size_t *ret_ns,
    struct err *err)
{
	struct conf_read c = { .a = a, .path = path, .n_lists = n_lists };
	size_t bytes = rows_struct_bytes(rows, n);
	c.main = (struct conf_target){ .rows = rows, .n = n };
	/* Filled aside: a refused file changes nothing of the caller's. */
	c.main.base = arena_zero(a, bytes);
	memcpy(c.main.base, ret, bytes);
	c.main.seen = arena_zero_n(a, n, sizeof(bool));
	c.lists = arena_zero_n(a, n_lists, sizeof(*c.lists));
	for (size_t i = 0; i < n_lists; i++)
		c.lists[i] = (struct conf_items){
			.list = &lists[i],
			.items = arena_zero_n(a, lists[i].max, sizeof(struct conf_target)),
			.names = arena_zero_n(a, lists[i].max, sizeof(const char *)),
			.base = arena_zero_n(a, lists[i].max, lists[i].struct_bytes),
		};
	int r = conf_run(&c, err);
	if (r)
		return err_trace(err, r, "conf");
	memcpy(ret, c.main.base, bytes);
	for (size_t i = 0; i < n_lists; i++) {
		ret_arrays[i] = c.lists[i].base;
		ret_ns[i] = c.lists[i].n;
	}
	return 0;
}

int
conf_load_lists(struct arena *a, const char *path, const struct conf_row *rows, size_t n, void *ret,
    const struct conf_list *list, void **ret_array, size_t *ret_n, struct err *err)
{
	return conf_load_many(a, path, rows, n, ret, list, list ? 1 : 0, ret_array, ret_n, err);
}

int
conf_load(struct arena *a, const char *path, const struct conf_row *rows, size_t n, void *ret,
    struct err *err)
{
	return conf_load_lists(a, path, rows, n, ret, NULL, NULL, NULL, err);
}
