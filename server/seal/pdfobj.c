/* SPDX-License-Identifier: Apache-2.0 */
#include "server/seal/pdfobj.h"
#include "base/mem.h"
#include <libdeflate.h>
#include <string.h>

enum { INFLATED_LEAST_BYTES = 64 * 1024 };

static bool value_read(struct pdflex *l, struct arena *a, struct pdfobj *ret);

static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* <48656C6C6F>: an even number of digits, no space. */
static bool
hex_read(struct pdflex *l, struct arena *a, struct pdfobj *ret)
{
	size_t from = ++l->at, to = from;
	while (to < l->bytes && hex_digit(l->p[to]) >= 0)
		to++;
	if (to >= l->bytes || l->p[to] != '>' || (to - from) % 2 != 0)
		return false;
	size_t n = (to - from) / 2;
	uint8_t *b = arena_zero(a, n + 1);
	for (size_t i = 0; i < n; i++)
		b[i] = (uint8_t)(hex_digit(l->p[from + 2 * i]) * 16 +
		    hex_digit(l->p[from + 2 * i + 1]));
	*ret = (struct pdfobj){ .type = PDFOBJ_STRING, .text = (const char *)b, .bytes = n };
	l->at = to + 1;
	return true;
}

/* (text): no escapes and no nested brackets, which our writer never needs. */
static bool
literal_read(struct pdflex *l, struct arena *a, struct pdfobj *ret)
{
	size_t from = ++l->at, to = from;
	while (
	    to < l->bytes && l->p[to] >= ' ' && l->p[to] < 127 && strchr("()\\", l->p[to]) == NULL)
		to++;
	if (to >= l->bytes || l->p[to] != ')')
		return false;
	*ret = (struct pdfobj){ .type = PDFOBJ_STRING,
		.text = arena_strndup(a, (const char *)l->p + from, to - from),
		.bytes = to - from };
	l->at = to + 1;
	return true;
}

static bool
number_or_ref_read(struct pdflex *l, struct pdfobj *ret)
{
	int64_t v = 0, generation = 0;
	bool whole = false;
	if (!pdflex_number(l, &v, &whole))
		return false;
	struct pdflex ahead = *l;
	bool second = false;
	if (whole && v > 0 && pdflex_number(&ahead, &generation, &second) && second &&
	    generation == 0 && pdflex_word(&ahead, "R")) {
		*l = ahead;
		*ret = (struct pdfobj){ .type = PDFOBJ_REF, .n = v / PDFOBJ_SCALE };
		return true;
	}
	*ret = (struct pdfobj){ .type = PDFOBJ_NUMBER, .n = v, .is_int = whole };
	return true;
}

/* A list that doubles as it grows, so that a hostile count costs nothing by itself. */
struct list {
	struct pdfobj *items;
	const char **keys;
	size_t n, room;
};

static bool
list_room(struct list *l, struct arena *a)
{
	if (l->n < l->room)
		return true;
	if (l->n >= PDFOBJ_MAX_ITEMS)
		return false;
	size_t room = l->room == 0 ? 8 : 2 * l->room;
	struct pdfobj *items = arena_zero_n(a, room, sizeof(*items));
	const char **keys = arena_zero_n(a, room, sizeof(*keys));
	if (l->n > 0) {
		memcpy(items, l->items, l->n * sizeof(*items));
		memcpy(keys, l->keys, l->n * sizeof(*keys));
	}
	l->items = items;
	l->keys = keys;
	l->room = room;
	return true;
}

static bool
array_read(struct pdflex *l, struct arena *a, struct pdfobj *ret)
{
	struct list list = { 0 };
	l->at++;
	while (!pdflex_word(l, "]")) {
		if (!list_room(&list, a) || !value_read(l, a, &list.items[list.n]))
			return false;
		list.n++;
	}
	*ret = (struct pdfobj){ .type = PDFOBJ_ARRAY, .items = list.items, .n_items = list.n };
	return true;
}

static bool
key_is_new(const struct list *l, const char *key)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->keys[i], key) == 0)
			return false;
	return true;
}

static bool
dict_read(struct pdflex *l, struct arena *a, struct pdfobj *ret)
{
	struct list list = { 0 };
	l->at += 2;
	while (!pdflex_word(l, ">>")) {
		const char *key = NULL;
		if (!list_room(&list, a) || list.n >= 100 || !pdflex_name(l, a, &key) ||
		    !key_is_new(&list, key) || !value_read(l, a, &list.items[list.n]))
			return false;
		list.keys[list.n++] = key;
	}
	*ret = (struct pdfobj){
		.type = PDFOBJ_DICT, .items = list.items, .keys = list.keys, .n_items = list.n
	};
	return true;
}

static bool
word_read(struct pdflex *l, struct pdfobj *ret)
{
	if (pdflex_word(l, "true") || pdflex_word(l, "false")) {
		*ret = (struct pdfobj){ .type = PDFOBJ_BOOL, .n = l->p[l->at - 2] == 'u' };
		return true;
	}
	if (!pdflex_word(l, "null"))
		return number_or_ref_read(l, ret);
	*ret = (struct pdfobj){ .type = PDFOBJ_NULL };
	return true;
}

static bool
nested_read(struct pdflex *l, struct arena *a, struct pdfobj *ret)
{
	uint8_t c = l->p[l->at];
	if (c == '[')
		return array_read(l, a, ret);
	if (c == '(')
		return literal_read(l, a, ret);
	if (c != '<')
		return word_read(l, ret);
	if (l->bytes - l->at > 1 && l->p[l->at + 1] == '<')
		return dict_read(l, a, ret);
	return hex_read(l, a, ret);
}

static bool
value_read(struct pdflex *l, struct arena *a, struct pdfobj *ret)
{
	const char *name = NULL;
	pdflex_space(l);
	if (l->at >= l->bytes || l->depth >= PDFOBJ_MAX_DEPTH)
		return false;
	if (pdflex_name(l, a, &name)) {
		*ret = (struct pdfobj){ .type = PDFOBJ_NAME, .text = name, .bytes = strlen(name) };
		return true;
	}
	l->depth++;
	bool ok = nested_read(l, a, ret);
	l->depth--;
	return ok;
}

/* "stream" EOL data EOL "endstream", behind a dictionary whose Length is known later. */
static bool
stream_at(struct pdflex *l)
{
	struct pdflex ahead = *l;
	if (!pdflex_word(&ahead, "stream"))
		return false;
	if (ahead.at + 1 < ahead.bytes && ahead.p[ahead.at] == '\r' &&
	    ahead.p[ahead.at + 1] == '\n')
		ahead.at += 2;
	else if (ahead.at < ahead.bytes && ahead.p[ahead.at] == '\n')
		ahead.at++;
	else
		return false;
	*l = ahead;
	return true;
}

/* The Length of a stream: a number, or a reference to an object read before or after. */
static bool
length_find(struct pdffile *f, const struct pdfobj *dict, const size_t *offsets, size_t *ret)
{
	const struct pdfobj *o = NULL;
	for (size_t i = 0; i < dict->n_items; i++)
		if (strcmp(dict->keys[i], "Length") == 0)
			o = &dict->items[i];
	struct pdfobj there;
	if (o != NULL && o->type == PDFOBJ_REF) {
		if (o->n <= 0 || o->n >= (int64_t)f->n_objects)
			return false;
		struct pdflex l = { .p = f->p, .bytes = f->bytes, .at = offsets[o->n] };
		int64_t number = 0, generation = 0;
		bool a = false, b = false;
		if (!pdflex_number(&l, &number, &a) || !pdflex_number(&l, &generation, &b) ||
		    !pdflex_word(&l, "obj") || !value_read(&l, f->arena, &there))
			return false;
		o = &there;
	}
	int64_t n = 0;
	if (o == NULL || !pdfobj_int(o, 0, (int64_t)f->bytes, &n))
		return false;
	*ret = (size_t)n;
	return true;
}

static bool
object_read(struct pdffile *f, struct pdflex *l, unsigned number, const size_t *offsets)
{
	int64_t n = 0, generation = 0;
	bool whole = false, whole_too = false;
	struct pdfobj *o = &f->objects[number];
	if (!pdflex_number(l, &n, &whole) || !whole || n != (int64_t)number * PDFOBJ_SCALE)
		return false;
	if (!pdflex_number(l, &generation, &whole_too) || generation != 0 || !pdflex_word(l, "obj"))
		return false;
	if (!value_read(l, f->arena, o))
		return false;
	if (o->type == PDFOBJ_DICT && stream_at(l)) {
		size_t length = 0;
		if (!length_find(f, o, offsets, &length) || length > l->bytes - l->at)
			return false;
		o->type = PDFOBJ_STREAM;
		o->data = l->p + l->at;
		o->bytes = length;
		l->at += length;
		if (!pdflex_word(l, "endstream"))
			return false;
	}
	if (!pdflex_word(l, "endobj"))
		return false;
	pdflex_space(l);
	return true;
}

/* "startxref N %%EOF" at the end; returns where the table is, or 0. */
static size_t
table_find(const struct pdffile *f)
{
	enum { TAIL = 64 };
	if (f->bytes < TAIL)
		return 0;
	const uint8_t *tail = f->p + f->bytes - TAIL;
	const uint8_t *at = memmem(tail, TAIL, "startxref", 9);
	if (at == NULL)
		return 0;
	struct pdflex l = { .p = f->p, .bytes = f->bytes, .at = (size_t)(at - f->p) + 9 };
	int64_t v = 0;
	bool whole = false;
	if (!pdflex_number(&l, &v, &whole) || !whole || v <= 0)
		return 0;
	pdflex_space(&l);
	if (l.bytes - l.at < 5 || memcmp(l.p + l.at, "%%EOF", 5) != 0)
		return 0;
	l.at += 5;
	pdflex_space(&l);
	v /= PDFOBJ_SCALE;
	return l.at == l.bytes && (size_t)v < f->bytes ? (size_t)v : 0;
}

/* "0000000016 00000 n" and two bytes of line end. */
static bool
entry_read(struct pdflex *l, char kind, size_t *ret)
{
	size_t v = 0;
	if (l->bytes - l->at < 20)
		return false;
	const uint8_t *e = l->p + l->at;
	for (unsigned i = 0; i < 10; i++) {
		if (e[i] < '0' || e[i] > '9')
			return false;
		v = 10 * v + (size_t)(e[i] - '0');
	}
	if (e[10] != ' ' || e[16] != ' ' || e[17] != (uint8_t)kind ||
	    memcmp(e + 11, kind == 'f' ? "65535" : "00000", 5) != 0)
		return false;
	l->at += 20;
	*ret = v;
	return true;
}

static size_t *
table_read(struct pdffile *f, struct pdflex *l, struct err *err)
{
	int64_t first = -1, n = 0;
	bool a = false, b = false;
	size_t unused = 0;
	if (!pdflex_word(l, "xref") || !pdflex_number(l, &first, &a) || first != 0 ||
	    !pdflex_number(l, &n, &b) || !b || n < 2 * PDFOBJ_SCALE ||
	    n > (int64_t)PDFOBJ_MAX_OBJECTS * PDFOBJ_SCALE) {
		err_start(err, FAULT_BAD_INPUT, __func__, "table", 0);
		return NULL;
	}
	pdflex_space(l);
	f->n_objects = (unsigned)(n / PDFOBJ_SCALE);
	size_t *offsets = arena_zero_n(f->arena, f->n_objects, sizeof(*offsets));
	bool ok = entry_read(l, 'f', &unused);
	for (unsigned i = 1; i < f->n_objects && ok; i++)
		ok = entry_read(l, 'n', &offsets[i]) && offsets[i] < f->bytes;
	if (ok)
		return offsets;
	err_start(err, FAULT_BAD_INPUT, __func__, "table's entries", 0);
	return NULL;
}

/* "%PDF-1.7" and one comment line of high bytes. */
static bool
header_read(struct pdflex *l)
{
	if (l->bytes < 16 || memcmp(l->p, "%PDF-1.", 7) != 0 || l->p[8] != '\n' || l->p[9] != '%')
		return false;
	l->at = 10;
	while (l->at < 16 && l->p[l->at] != '\n')
		l->at++;
	return l->p[l->at++] == '\n';
}

int
pdffile_read(struct arena *a, const void *p, size_t bytes, struct pdffile *ret, struct err *err)
{
	struct pdffile f = { .arena = a, .p = p, .bytes = bytes };
	size_t table = table_find(&f);
	struct pdflex l = { .p = p, .bytes = bytes, .at = table };
	if (table == 0)
		return err_raise(err, FAULT_BAD_INPUT, "end of the file", (long)bytes);
	size_t *offsets = table_read(&f, &l, err);
	if (offsets == NULL)
		return err_trace(err, FAULT_BAD_INPUT, "table");
	if (!pdflex_word(&l, "trailer") || !value_read(&l, a, &f.trailer) ||
	    f.trailer.type != PDFOBJ_DICT || !pdflex_word(&l, "startxref"))
		return err_raise(err, FAULT_BAD_INPUT, "trailer", 0);
	f.objects = arena_zero_n(a, f.n_objects, sizeof(*f.objects));
	l = (struct pdflex){ .p = p, .bytes = table };
	if (!header_read(&l))
		return err_raise(err, FAULT_BAD_INPUT, "header", 0);
	for (unsigned i = 1; i < f.n_objects; i++)
		if (l.at != offsets[i] || !object_read(&f, &l, i, offsets))
			return err_raise(err, FAULT_BAD_INPUT, "object", i);
	if (l.at != table)
		return err_raise(err, FAULT_BAD_INPUT, "something behind the objects", (long)l.at);
	*ret = f;
	return 0;
}

const struct pdfobj *
pdfobj_follow(const struct pdffile *f, const struct pdfobj *o)
{
	if (o == NULL || o->type != PDFOBJ_REF)
		return o;
	if (o->n <= 0 || o->n >= (int64_t)f->n_objects)
		return NULL;
	const struct pdfobj *there = &f->objects[o->n];
	return there->type == PDFOBJ_REF ? NULL : there;
}

const struct pdfobj *
pdfobj_get(const struct pdffile *f, const struct pdfobj *dict, const char *key)
{
	if (dict == NULL || (dict->type != PDFOBJ_DICT && dict->type != PDFOBJ_STREAM))
		return NULL;
	for (size_t i = 0; i < dict->n_items; i++)
		if (strcmp(dict->keys[i], key) == 0)
			return pdfobj_follow(f, &dict->items[i]);
	return NULL;
}

bool
pdfobj_is_name(const struct pdfobj *o, const char *name)
{
	return o != NULL && o->type == PDFOBJ_NAME && strcmp(o->text, name) == 0;
}

static bool
name_listed(const char *key, const char *const *names, size_t *ret)
{
	for (size_t i = 0; names[i] != NULL; i++) {
		size_t n = strlen(key);
		if (strncmp(names[i], key, n) == 0 &&
		    (names[i][n] == '\0' || (names[i][n] == '?' && names[i][n + 1] == '\0'))) {
			*ret = i;
			return true;
		}
	}
	return false;
}

bool
pdfobj_members(const struct pdfobj *dict, const char *const *names)
{
	uint64_t seen = 0;
	if (dict == NULL || (dict->type != PDFOBJ_DICT && dict->type != PDFOBJ_STREAM))
		return false;
	for (size_t i = 0; i < dict->n_items; i++) {
		size_t at = 0;
		if (!name_listed(dict->keys[i], names, &at) || at >= 64)
			return false;
		seen |= (uint64_t)1 << at;
	}
	for (size_t i = 0; names[i] != NULL; i++)
		if (names[i][strlen(names[i]) - 1] != '?' && (seen >> i & 1) == 0)
			return false;
	return true;
}

bool
pdfobj_int(const struct pdfobj *o, int64_t min, int64_t max, int64_t *ret)
{
	if (o == NULL || o->type != PDFOBJ_NUMBER || !o->is_int || o->n / PDFOBJ_SCALE < min ||
	    o->n / PDFOBJ_SCALE > max)
		return false;
	*ret = o->n / PDFOBJ_SCALE;
	return true;
}

/* Tries with twice the room until it is enough: a bomb costs twice what it inflates to, up to the
 * limit. */
static int
inflate_all(const struct pdffile *f, const struct pdfobj *s, const uint8_t **ret, size_t *ret_bytes,
    struct err *err)
{
	struct libdeflate_decompressor *z = libdeflate_alloc_decompressor();
	size_t room = s->bytes < PDFOBJ_MAX_INFLATED / 2 ? 2 * s->bytes : PDFOBJ_MAX_INFLATED;
	enum libdeflate_result r = LIBDEFLATE_INSUFFICIENT_SPACE;
	if (z == NULL)
		return err_raise(err, FAULT_NOMEM, "libdeflate", 0);
	room = room < INFLATED_LEAST_BYTES ? INFLATED_LEAST_BYTES : room;
	for (bool last = false; r == LIBDEFLATE_INSUFFICIENT_SPACE && !last;) {
		size_t taken = 0, made = 0;
		uint8_t *p = mem_raw(room);
		r = libdeflate_zlib_decompress_ex(z, s->data, s->bytes, p, room, &taken, &made);
		if (r == LIBDEFLATE_SUCCESS && taken != s->bytes)
			r = LIBDEFLATE_BAD_DATA;
		if (r == LIBDEFLATE_SUCCESS) {
			*ret = arena_memdup(f->arena, p, made);
			*ret_bytes = made;
		}
		mem_wipe(p, r == LIBDEFLATE_SUCCESS ? made : room);
		mem_free(p);
		last = room == PDFOBJ_MAX_INFLATED;
		room = room < PDFOBJ_MAX_INFLATED / 2 ? 2 * room : PDFOBJ_MAX_INFLATED;
	}
	libdeflate_free_decompressor(z);
	return r == LIBDEFLATE_SUCCESS ? 0
				       : err_raise(err, FAULT_BAD_INPUT, "deflated data", (long)r);
}

int
pdfobj_data(const struct pdffile *f, const struct pdfobj *stream, const uint8_t **ret,
    size_t *ret_bytes, struct err *err)
{
	if (stream == NULL || stream->type != PDFOBJ_STREAM)
		return err_raise(err, FAULT_BAD_INPUT, "no stream", 0);
	const struct pdfobj *filter = pdfobj_get(f, stream, "Filter");
	if (pdfobj_is_name(filter, "FlateDecode"))
		return err_trace(err, inflate_all(f, stream, ret, ret_bytes, err), "inflate");
	if (filter != NULL)
		return err_raise(err, FAULT_BAD_INPUT, "filter", 0);
	*ret = stream->data;
	*ret_bytes = stream->bytes;
	return 0;
}
