/* SPDX-License-Identifier: Apache-2.0 */
#include "kiosk/app/texts.h"

#include "base/mem.h"
#include "base/text.h"
#include "wire/js.h"

#include <string.h>

const char *const texts_langs[TEXTS_N_LANGS] = { "ja", "ja-easy", "en", "zh", "ko", "vi", "pt" };
enum { TEXTS_MAX_PHRASE_BYTES = 2000 };

struct texts {
	json_t *file;  /* as it was read */
	json_t *plain; /* result key -> {"resident","clerk"} without readings */
};

enum part { PART_TEXT, PART_READ, PART_HOLE, PART_END, PART_BAD };

/* The next piece of a phrase: text, a text with its reading, or a hole. *s is moved past it. */
struct piece {
	const char *text, *reading;
	size_t text_bytes, reading_bytes;
	char hole;
};

static enum part
piece_bracket(const char **s, struct piece *ret)
{
	const char *bar = strchr(*s, '|');
	const char *end = strchr(*s, ']');
	if (bar == NULL || end == NULL || bar > end || bar == *s + 1 || bar + 1 == end)
		return PART_BAD;
	*ret = (struct piece){ .text = *s + 1,
		.text_bytes = (size_t)(bar - *s - 1),
		.reading = bar + 1,
		.reading_bytes = (size_t)(end - bar - 1) };
	*s = end + 1;
	return PART_READ;
}

static enum part
piece_next(const char **s, struct piece *ret)
{
	if (**s == '\0')
		return PART_END;
	if (**s == '[')
		return piece_bracket(s, ret);
	if (**s == '{') {
		if ((*s)[1] == '\0' || (*s)[2] != '}')
			return PART_BAD;
		*ret = (struct piece){ .hole = (*s)[1] };
		*s += 3;
		return PART_HOLE;
	}
	size_t n = strcspn(*s, "[{");
	if (memchr(*s, ']', n) != NULL || memchr(*s, '|', n) != NULL || memchr(*s, '}', n) != NULL)
		return PART_BAD;
	*ret = (struct piece){ .text = *s, .text_bytes = n };
	*s += n;
	return PART_TEXT;
}

static bool
phrase_is_good(const char *s)
{
	struct piece p;
	enum part part;
	if (strlen(s) > TEXTS_MAX_PHRASE_BYTES)
		return false;
	while ((part = piece_next(&s, &p)) != PART_END)
		if (part == PART_BAD)
			return false;
	return true;
}

/* Without readings, as it is shown. */
static json_t *
phrase_plain(const char *s)
{
	struct piece p;
	struct buf b;
	buf_init(&b, TEXTS_MAX_PHRASE_BYTES);
	for (enum part part; (part = piece_next(&s, &p)) != PART_END && part != PART_BAD;) {
		if (part == PART_HOLE)
			buf_printf(&b, "{%c}", p.hole);
		else
			buf_put(&b, p.text, p.text_bytes);
	}
	json_t *v = json_stringn((const char *)b.p, b.bytes);
	buf_done(&b);
	return v;
}

void
texts_free(struct texts *t)
{
	if (t == NULL)
		return;
	json_decref(t->file);
	json_decref(t->plain);
	mem_free(t);
}

static const char *
texts_find(const struct texts *t, const char *key, const char *who)
{
	const char *s = json_string_value(json_object_get(json_object_get(t->plain, key), who));
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
			if (js_text(row, members[i], TEXTS_MAX_PHRASE_BYTES, &s, &inner) != 0 ||
			    s[0] == '\0' || !phrase_is_good(s))
				return err_raise(err, FAULT_CONFIG, "empty or broken text", i);
	}
	return 0;
}

static int
phrases_check(const struct texts *t, struct err *err)
{
	const json_t *ui = json_object_get(t->file, "ui");
	const char *key;
	json_t *v;
	json_object_foreach((json_t *)(uintptr_t)ui, key, v)
	{
		const char *s = json_string_value(v);
		if (s == NULL || !phrase_is_good(s))
			return err_raise(err, FAULT_CONFIG, "broken phrase", 0);
	}
	return 0;
}

static void
results_make_plain(struct texts *t)
{
	const char *key;
	json_t *row;
	t->plain = json_object();
	json_object_foreach(json_object_get(t->file, "results"), key, row)
	{
		json_t *o = json_object();
		js_put(o, "resident",
		    phrase_plain(json_string_value(json_object_get(row, "resident"))));
		js_put(o, "clerk", phrase_plain(json_string_value(json_object_get(row, "clerk"))));
		js_put(t->plain, key, o);
	}
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
	if (r == 0)
		r = phrases_check(t, err);
	if (r)
		return err_trace(err, r, "texts");
	results_make_plain(t);
	*ret = TAKE(t);
	return 0;
}

/* "result.KEY.title", "result.KEY.resident" or a key of the screens; NULL for none. */
static const char *
phrase_find(const struct texts *t, const char *key)
{
	static const char prefix[] = "result.";
	const size_t n = sizeof(prefix) - 1;
	const char *dot = strrchr(key, '.');
	char name[64] = { 0 };
	if (strncmp(key, prefix, n) != 0 || dot < key + n)
		return json_string_value(json_object_get(json_object_get(t->file, "ui"), key));
	if (!text_equal(dot, ".title") && !text_equal(dot, ".resident"))
		return NULL;
	if ((size_t)(dot - key) - n >= sizeof(name))
		return NULL;
	memcpy(name, key + n, (size_t)(dot - key) - n);
	const json_t *row = json_object_get(json_object_get(t->file, "results"), name);
	return json_string_value(json_object_get(row, dot + 1));
}

bool
texts_speech(const struct texts *t, const char *key, const struct texts_numbers *num,
    struct buf *out, bool *ret_has_numbers)
{
	const char *s = phrase_find(t, key);
	struct piece p;
	*ret_has_numbers = false;
	if (s == NULL)
		return false;
	for (enum part part; (part = piece_next(&s, &p)) != PART_END && part != PART_BAD;) {
		const char *v = p.hole == 'n' ? num->n : p.hole == 'm' ? num->m : NULL;
		if (part == PART_TEXT)
			buf_put(out, p.text, p.text_bytes);
		else if (part == PART_READ)
			buf_put(out, p.reading, p.reading_bytes);
		else if (v != NULL)
			buf_text(out, v);
		*ret_has_numbers = *ret_has_numbers || part == PART_HOLE;
	}
	return buf_ok(out);
}

void
texts_set_free(struct texts_set *s)
{
	if (s == NULL)
		return;
	for (int i = 0; i < TEXTS_N_LANGS; i++)
		texts_free(s->t[i]);
	mem_free(s);
}

int
texts_set_open(const struct http_page *pages, struct texts_set **ret, struct err *err)
{
	AUTO(texts_set) struct texts_set *s = mem_zero(sizeof(*s));
	AUTO(arena) struct arena *a = arena_new(65536);
	for (int i = 0; i < TEXTS_N_LANGS; i++) {
		const char *path = arena_printf(a, "/%s.json", texts_langs[i]);
		const struct http_page *p = http_page_find(pages, path);
		if (p == NULL)
			return err_raise(err, FAULT_CONFIG, "language is not embedded", i);
		int r = texts_parse(p->p, p->bytes, &s->t[i], err);
		if (r)
			return err_trace(err, r, "texts");
	}
	*ret = TAKE(s);
	return 0;
}

const struct texts *
texts_set_find(const struct texts_set *s, const char *lang)
{
	for (int i = 0; i < TEXTS_N_LANGS; i++)
		if (text_equal(texts_langs[i], lang))
			return s->t[i];
	return NULL;
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
