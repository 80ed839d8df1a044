/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/js.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Documents hold residents' data: jansson's memory is wiped when it is given back. */
struct js_block {
	size_t bytes;
	alignas(max_align_t) unsigned char data[];
};

static void *
js_alloc(size_t bytes)
{
	struct js_block *b = mem_raw(sizeof(*b) + bytes); /* jansson writes what it reads */
	b->bytes = bytes;
	return b->data;
}

static void
js_free(void *p)
{
	if (p == NULL)
		return;
	struct js_block *b = (struct js_block *)(void *)((unsigned char *)p - sizeof(*b));
	mem_wipe(b->data, b->bytes);
	mem_free(b);
}

/* Before main(): whoever makes a document first, jansson has it from us. */
static void __attribute__((constructor)) js_init(void)
{
	json_set_alloc_funcs(js_alloc, js_free);
}

/* jansson's own limit is 2048 levels of recursion: counted here before it sees a byte. */
static bool
js_is_shallow(const char *s, size_t bytes)
{
	size_t depth = 0;
	bool in_text = false;
	for (size_t i = 0; i < bytes; i++) {
		if (in_text) {
			if (s[i] == '\\')
				i++;
			else if (s[i] == '"')
				in_text = false;
			continue;
		}
		if (s[i] == '"')
			in_text = true;
		if ((s[i] == '{' || s[i] == '[') && ++depth > JS_MAX_DEPTH)
			return false;
		if ((s[i] == '}' || s[i] == ']') && depth > 0)
			depth--;
	}
	return true;
}

/* Sixteen letters of a text at once. */
typedef uint8_t js_letters __attribute__((vector_size(16)));

static inline js_letters
js_all(uint8_t c)
{
	return (js_letters){ c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c };
}

/* Each a letter, a digit, '_', '.' or '-'. */
static inline bool
js_are_plain(const char *s)
{
	js_letters c;
	uint64_t half[2];
	memcpy(&c, s, sizeof(c));
	js_letters plain = (js_letters)((c | js_all(0x20)) - js_all('a') < js_all(26)) |
	    (js_letters)(c - js_all('0') < js_all(10)) | (js_letters)(c == js_all('_')) |
	    (js_letters)(c == js_all('.')) | (js_letters)(c == js_all('-'));
	memcpy(half, &plain, sizeof(half));
	return (half[0] & half[1]) == UINT64_MAX;
}

/* Behind the word of letters, digits, '_', '.' and '-' in quotes at @s; NULL for anything else. */
static const char *
js_word(const char *s, const char *end, const char **ret, size_t *ret_bytes)
{
	static const bool plain[256] = {
		['0' ... '9'] = true,
		['A' ... 'Z'] = true,
		['a' ... 'z'] = true,
		['_'] = true,
		['.'] = true,
		['-'] = true,
	};
	if (s == end || *s != '"')
		return NULL;
	const char *from = ++s;
	while (end - s >= (ptrdiff_t)sizeof(js_letters) && js_are_plain(s))
		s += sizeof(js_letters);
	while (s < end && plain[(unsigned char)*s])
		s++;
	if (s == end || *s != '"')
		return NULL;
	*ret = from;
	*ret_bytes = (size_t)(s - from);
	return s + 1;
}

/* {"word":"word",...} as our programs write it; members go into @o. */
static bool
js_words(json_t *o, const char *s, const char *end)
{
	char key[32];
	for (char sep = '{'; s < end && *s == sep; sep = ',') {
		const char *k = NULL, *v = NULL;
		size_t k_bytes = 0, v_bytes = 0;
		s = js_word(s + 1, end, &k, &k_bytes);
		if (s == NULL || s == end || *s != ':' || k_bytes >= sizeof(key))
			return false;
		memcpy(key, k, k_bytes);
		key[k_bytes] = '\0';
		s = js_word(s + 1, end, &v, &v_bytes);
		if (s == NULL || json_object_get(o, key) != NULL ||
		    json_object_set_new(o, key, json_stringn_nocheck(v, v_bytes)) != 0)
			return false;
		if (s + 1 == end)
			return *s == '}';
	}
	return false;
}

/*
 * An answer with its papers is one such object of some hundred kilobytes: read here in a tenth of
 * the time. What is of any other form, and every error, is jansson's. NULL: not read.
 */
static json_t *
js_parse_words(const char *s, size_t bytes)
{
	AUTO(json_t) json_t *o = json_object();
	return o != NULL && js_words(o, s, s + bytes) ? TAKE(o) : NULL;
}

int
js_parse(const void *p, size_t bytes, json_t **ret, struct err *err)
{
	json_error_t where; /* its text quotes the input: only the position leaves here */
	if (bytes == 0)
		return err_raise(err, FAULT_BAD_INPUT, "json is empty", 0);
	if (bytes > JS_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "json over its limit", (long)bytes);
	json_t *words = js_parse_words(p, bytes);
	if (words != NULL) {
		*ret = words;
		return 0;
	}
	if (!js_is_shallow(p, bytes))
		return err_raise(err, FAULT_BAD_INPUT, "json too deep", JS_MAX_DEPTH);
	json_t *j = json_loadb(p, bytes, JSON_REJECT_DUPLICATES, &where);
	if (j == NULL)
		return err_raise(err, FAULT_BAD_INPUT, "json", where.position);
	*ret = j;
	return 0;
}

static int
js_format_cb(const char *piece, size_t bytes, void *out)
{
	buf_put(out, piece, bytes);
	return buf_ok(out) ? 0 : -1;
}

int
js_format(const json_t *j, struct buf *out, struct err *err)
{
	if (json_dump_callback(j, js_format_cb, out, JSON_COMPACT) != 0)
		return err_raise(err, FAULT_INTERNAL, "json does not fit", (long)out->limit_bytes);
	return 0;
}

/* Length of a name without its '?', and whether the member may be missing. */
static size_t
js_name_bytes(const char *name, bool *ret_optional)
{
	size_t n = strlen(name);
	*ret_optional = n > 0 && name[n - 1] == '?';
	return *ret_optional ? n - 1 : n;
}

int
js_members(const json_t *o, const char *const *names, struct err *err)
{
	size_t known = 0;
	if (!json_is_object(o))
		return err_raise(err, FAULT_BAD_INPUT, "json is no object",
		    o != NULL ? (long)json_typeof(o) : -1);
	for (size_t i = 0; names[i] != NULL; i++) {
		bool optional;
		size_t n = js_name_bytes(names[i], &optional);
		if (json_object_getn(o, names[i], n) != NULL)
			known++;
		else if (!optional)
			return err_raise(err, FAULT_BAD_INPUT, "json member missing", (long)i);
	}
	if (known != json_object_size(o))
		return err_raise(err, FAULT_BAD_INPUT, "json member unknown", (long)known);
	return 0;
}

int
js_text(const json_t *o, const char *key, size_t max_bytes, const char **ret, struct err *err)
{
	const json_t *v = json_object_get(o, key);
	if (!json_is_string(v))
		return err_raise(err, FAULT_BAD_INPUT, "json text expected", 0);
	if (json_string_length(v) > max_bytes)
		return err_raise(err, FAULT_BAD_INPUT, "json text over its limit", (long)max_bytes);
	*ret = json_string_value(v);
	return 0;
}

int
js_int(const json_t *o, const char *key, int64_t min, int64_t max, int64_t *ret, struct err *err)
{
	const json_t *v = json_object_get(o, key);
	if (!json_is_integer(v))
		return err_raise(err, FAULT_BAD_INPUT, "json integer expected", 0);
	int64_t n = json_integer_value(v);
	if (n < min || n > max)
		return err_raise(err, FAULT_BAD_INPUT, "json integer out of range", 0);
	*ret = n;
	return 0;
}

int
js_bool(const json_t *o, const char *key, bool *ret, struct err *err)
{
	const json_t *v = json_object_get(o, key);
	if (!json_is_boolean(v))
		return err_raise(err, FAULT_BAD_INPUT, "json boolean expected", 0);
	*ret = json_is_true(v);
	return 0;
}

int
js_array(const json_t *o, const char *key, size_t max, const json_t **ret, struct err *err)
{
	const json_t *v = json_object_get(o, key);
	if (!json_is_array(v))
		return err_raise(err, FAULT_BAD_INPUT, "json array expected", 0);
	if (json_array_size(v) > max)
		return err_raise(err, FAULT_BAD_INPUT, "json array over its limit", (long)max);
	*ret = v;
	return 0;
}

int
js_object_at(const json_t *o, const char *key, const json_t **ret, struct err *err)
{
	const json_t *v = json_object_get(o, key);
	if (!json_is_object(v))
		return err_raise(err, FAULT_BAD_INPUT, "json object expected", 0);
	*ret = v;
	return 0;
}

int
js_hex(const json_t *o, const char *key, void *out, size_t bytes, struct err *err)
{
	const json_t *v = json_object_get(o, key);
	const char *s = json_string_value(v);
	/* Lower case alone, so that one value has one form (docs/PROTOCOL.md). */
	if (s == NULL || strpbrk(s, "ABCDEF") != NULL)
		return err_raise(err, FAULT_BAD_INPUT, "json hex expected", 0);
	if (!text_hex_parse(s, json_string_length(v), out, bytes))
		return err_raise(err, FAULT_BAD_INPUT, "json hex", (long)bytes);
	return 0;
}

int
js_b64url(struct arena *a, const json_t *o, const char *key, size_t max_bytes, uint8_t **ret,
    size_t *ret_bytes, struct err *err)
{
	const json_t *v = json_object_get(o, key);
	if (!json_is_string(v))
		return err_raise(err, FAULT_BAD_INPUT, "json base64url expected", 0);
	size_t n = json_string_length(v);
	if (n > text_b64url_bytes(max_bytes))
		return err_raise(
		    err, FAULT_BAD_INPUT, "json base64url over its limit", (long)max_bytes);
	uint8_t *p = text_b64url_parse(a, json_string_value(v), n, ret_bytes);
	if (p == NULL)
		return err_raise(err, FAULT_BAD_INPUT, "json base64url", 0);
	*ret = p;
	return 0;
}

void
js_put(json_t *o, const char *key, json_t *v)
{
	/* Fails for want of memory, or for text that is not UTF-8: a bug of the caller. */
	if (v == NULL || json_object_set_new(o, key, v) != 0)
		abort();
}

void
js_put_text(json_t *o, const char *key, const char *v)
{
	js_put(o, key, json_string(v));
}

void
js_put_int(json_t *o, const char *key, int64_t v)
{
	js_put(o, key, json_integer(v));
}

void
js_put_bool(json_t *o, const char *key, bool v)
{
	js_put(o, key, json_boolean(v));
}

/* Neither form needs a look for what is UTF-8. */
void
js_put_hex(json_t *o, const char *key, const void *p, size_t bytes)
{
	char *s = mem_raw(2 * bytes + 1);
	text_hex_format(p, bytes, s);
	js_put(o, key, json_stringn_nocheck(s, 2 * bytes));
	mem_wipe(s, 2 * bytes);
	mem_free(s);
}

void
js_put_b64url(json_t *o, const char *key, const void *p, size_t bytes)
{
	char *s = mem_raw(bytes / 3 * 4 + 4);
	const size_t n = text_b64url_put(p, bytes, s);
	js_put(o, key, json_stringn_nocheck(s, n));
	mem_wipe(s, n);
	mem_free(s);
}
