/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/source/dictionary.h"
#include "base/attr.h"
#include "domain/resident.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *table;
	struct field field;
} rows[] = {
#define FIELD(table_name, column_name, japanese_name, kind, limit, must)                           \
	{ #table_name, { #column_name, japanese_name, FIELD_##kind, limit, must } },
#include "agent/source/fields.def"
#undef FIELD
};
static const struct {
	const char *column;
	enum resident_item item;
} items[] = {
#define COLUMN(column_name, item_name) { #column_name, RESIDENT_ITEM_##item_name },
#include "agent/source/columns.def"
#undef COLUMN
};

static struct field_table tables[DICTIONARY_TABLES] = {
	{ .table = "juminhyo" },
	{ .table = "inkan" },
	{ .table = "shomeisho" },
	{ .table = "yokushi" },
};
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
add(struct field_table *t, struct field f)
{
	if (t->n == DICTIONARY_MAX_FIELDS)
		abort();
	t->field[t->n++] = f;
}

static void
build(void)
{
	for (unsigned i = 0; i < N_ELEMENTS(rows); i++)
		for (unsigned k = 0; k < DICTIONARY_TABLES; k++)
			if (strcmp(rows[i].table, tables[k].table) == 0)
				add(&tables[k], rows[i].field);
	for (unsigned i = 0; i < N_ELEMENTS(items); i++) {
		const struct resident_item_info *info = resident_item_info(items[i].item);
		add(&tables[0],
		    (struct field){
			items[i].column, info->japanese, FIELD_TEXT, info->max_chars, false });
	}
}

const struct field_table *
dictionary(void)
{
	if (pthread_once(&once, build) != 0)
		abort();
	return tables;
}

int
dictionary_find(const char *table)
{
	const struct field_table *t = dictionary();
	for (int i = 0; i < DICTIONARY_TABLES; i++)
		if (strcmp(t[i].table, table) == 0)
			return i;
	return -1;
}

const struct field *
field_find(const struct field_table *t, const char *column)
{
	for (unsigned i = 0; i < t->n; i++)
		if (strcmp(t->field[i].column, column) == 0)
			return &t->field[i];
	return NULL;
}
