/* SPDX-License-Identifier: Apache-2.0 */
#include "kiosk/app/texts.h"

#include "base/mem.h"
#include "base/text.h"
#include "wire/js.h"

#include <string.h>

struct texts {
	json_t *file;
};

void
texts_free(struct texts *t)
{
	if (t == NULL)
		return;
	json_decref(t->file);
	mem_free(t);
}

static const char *
texts_find(const struct texts *t, const char *key, const char *who)
{
	const json_t *results = json_object_get(t->file, "results");
	const char *s = json_string_value(json_object_get(json_object_get(results, key), who));
	return s ? s : "";
}

const char *
texts_resident(const struct texts *t, const char *text_key)
{
	return texts_find(t, text_key, "resident");
}

const char *
texts_clerk(const struct texts *t, const char *text_key)
{
	return texts_find(t, text_key, "clerk");
}

static bool
key_is_used(const char *key)
{
	for (int i = 0; i < RESULT_N; i++)
		if (text_equal(result_info((enum result)i)->text, key))
			return true;
	return false;
}

/* A result without a text is found when the program starts, not when a resident needs it. */
static int
results_check(const struct texts *t, struct err *err)
{
	static const char *const members[] = { "title", "resident", "clerk", NULL };
	const json_t *results = json_object_get(t->file, "results");
	const char *key;
	json_t *row;
	for (int i = 0; i < RESULT_N; i++)
		if (json_object_get(results, result_info((enum result)i)->text) == NULL)
			return err_raise(err, FAULT_CONFIG, "result without a text", i);
	json_object_foreach((json_t *)(uintptr_t)results, key, row)
	{
		struct err inner = { 0 };
		const char *s = NULL;
		if (!key_is_used(key))
			return err_raise(err, FAULT_CONFIG, "text of no result", 0);
		if (js_members(row, members, &inner) != 0)
			return err_raise(err, FAULT_CONFIG, "members of a text", 0);
		for (int i = 0; members[i] != NULL; i++)
			if (js_text(row, members[i], 1000, &s, &inner) != 0 || s[0] == '\0')
				return err_raise(err, FAULT_CONFIG, "empty text", i);
	}
	return 0;
}

int
texts_parse(const void *json, size_t bytes, struct texts **ret, struct err *err)
{
	static const char *const members[] = { "lang", "name", "ui", "results", NULL };
	AUTO(texts) struct texts *t = mem_zero(sizeof(*t));
	struct err inner = { 0 };
	const json_t *results = NULL;
	if (bytes > TEXTS_MAX_BYTES || js_parse(json, bytes, &t->file, &inner) != 0)
		return err_raise(err, FAULT_CONFIG, "texts are no JSON", inner.trail[0].number);
	if (js_members(t->file, members, &inner) != 0 ||
	    js_object_at(t->file, "results", &results, &inner) != 0)
		return err_raise(err, FAULT_CONFIG, "members of the texts", 0);
	int r = results_check(t, err);
	if (r)
		return err_trace(err, r, "texts");
	*ret = TAKE(t);
	return 0;
}

static const char *
for_engine_resident(const void *self, const char *key)
{
	return texts_resident(self, key);
}

static const char *
for_engine_clerk(const void *self, const char *key)
{
	return texts_clerk(self, key);
}

struct engine_texts
texts_for_engine(const struct texts *t)
{
	return (struct engine_texts){
		.resident = for_engine_resident, .clerk = for_engine_clerk, .self = t
	};
}
