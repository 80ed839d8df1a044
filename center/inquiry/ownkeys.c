/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/ownkeys.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "wire/js.h"

#include <stdio.h>
#include <string.h>

enum { MAX_LABEL = 96, ARENA_BYTES = 1 << 20 };
static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

const char *
ownkeys_book_path(struct arena *a, const struct inquiry_conf *c)
{
	return arena_printf(a, "%s.book", c->key_file);
}

static int
point_take(struct arena *a, const json_t *o, struct ownkeys_entry *e, struct err *err)
{
	struct key_id said;
	uint8_t *p = NULL;
	size_t n = 0;
	if (js_hex(o, "kid", said.b, KEY_ID_BYTES, err) ||
	    js_b64url(a, o, "point", KEY_POINT_BYTES, &p, &n, err) || n != KEY_POINT_BYTES)
		return err_raise(err, FAULT_CONFIG, "inquiry key", (long)n);
	memcpy(e->point.b, p, KEY_POINT_BYTES);
	key_id_of(&e->point, &e->id);
	if (memcmp(said.b, e->id.b, KEY_ID_BYTES) != 0 || key_point_check(&e->point, NULL) != 0)
		return err_raise(err, FAULT_CONFIG, "inquiry key is not what its id says", 0);
	return 0;
}

static int
entry_take(struct arena *a, const json_t *o, struct ownkeys_entry *ret, struct err *err)
{
	static const char *const members[] = { "label", "kid", "point", "made_ms", "destroyed_ms",
		NULL };
	const char *label = NULL;
	int r = js_members(o, members, err);
	if (r == 0)
		r = js_text(o, "label", MAX_LABEL, &label, err);
	if (r == 0)
		r = js_int(o, "made_ms", 0, INT64_MAX, &ret->made_ms, err);
	if (r == 0)
		r = js_int(o, "destroyed_ms", 0, INT64_MAX, &ret->destroyed_ms, err);
	if (r == 0)
		r = point_take(a, o, ret, err);
	if (r == 0)
		ret->label = arena_strdup(a, label);
	return err_trace(err, r, "key of the book");
}

static int
book_parse(struct arena *a, const void *p, size_t bytes, struct ownkeys *ret, struct err *err)
{
	static const char *const members[] = { "v", "keys", NULL };
	AUTO(json_t) json_t *j = NULL;
	const json_t *list = NULL;
	int64_t version = 0;
	int r = js_parse(p, bytes, &j, err);
	if (r == 0)
		r = js_members(j, members, err);
	if (r == 0)
		r = js_int(j, "v", 1, 1, &version, err);
	if (r == 0)
		r = js_array(j, "keys", OWNKEYS_MAX, &list, err);
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
		r = entry_take(a, json_array_get(list, i), &ret->entry[ret->n++], err);
	return r ? err_raise(err, FAULT_CONFIG, "book of inquiry keys", r) : 0;
}

/* Without a book: the one key, by its public file. */
static int
first_key(struct arena *a, const struct inquiry_conf *c, struct ownkeys *ret, struct err *err)
{
	AUTO(json_t) json_t *j = NULL;
	uint8_t *text = NULL;
	size_t n = 0;
	if (file_read(a, c->key_file, OWNKEYS_BOOK_MAX_BYTES, &text, &n, err) ||
	    js_parse(text, n, &j, err))
		return err_raise(err, FAULT_CONFIG, "no inquiry key: run init", 0);
	ret->entry[0].label = c->key_label;
	ret->n = 1;
	return point_take(a, j, &ret->entry[0], err);
}

int
ownkeys_load(struct arena *a, const struct inquiry_conf *c, struct ownkeys *ret, struct err *err)
{
	struct ownkeys k = { .n = 0 };
	uint8_t *text = NULL;
	size_t n = 0;
	int r = file_read(a, ownkeys_book_path(a, c), OWNKEYS_BOOK_MAX_BYTES, &text, &n, err);
	if (r < 0)
		return err_raise(err, FAULT_CONFIG, "book of inquiry keys", r);
	r = r == FILE_E_NONE_FOUND ? first_key(a, c, &k, err) : book_parse(a, text, n, &k, err);
	if (r)
		return err_trace(err, r, "ownkeys");
	*ret = k;
	return 0;
}

static int
book_write(struct arena *a, const struct inquiry_conf *c, const struct ownkeys *k, struct err *err)
{
	AUTO(json_t) json_t *j = json_object();
	json_t *list = json_array();
	struct buf b;
	for (unsigned i = 0; i < k->n; i++) {
		const struct ownkeys_entry *e = &k->entry[i];
		json_t *o = json_object();
		js_put_text(o, "label", e->label);
		js_put_hex(o, "kid", e->id.b, KEY_ID_BYTES);
		js_put_b64url(o, "point", e->point.b, KEY_POINT_BYTES);
		js_put_int(o, "made_ms", e->made_ms);
		js_put_int(o, "destroyed_ms", e->destroyed_ms);
		(void)json_array_append_new(list, o);
	}
	js_put_int(j, "v", 1);
	js_put(j, "keys", list);
	buf_init(&b, OWNKEYS_BOOK_MAX_BYTES);
	int r = js_format(j, &b, err);
	if (r == 0)
		r = file_write_atomic(ownkeys_book_path(a, c), b.p, b.bytes, 0644, err);
	buf_done(&b);
	return err_trace(err, r, "book");
}

static int
public_write(
    struct arena *a, const struct inquiry_conf *c, const struct ownkeys_entry *e, struct err *err)
{
	char kid[2 * KEY_ID_BYTES + 1];
	text_hex_format(e->id.b, sizeof(e->id.b), kid);
	const char *text = arena_printf(a, "{\"kid\":\"%s\",\"point\":\"%s\"}\n", kid,
	    text_b64url_format(a, e->point.b, sizeof(e->point.b)));
	return err_trace(
	    err, file_write_atomic(c->key_file, text, strlen(text), 0644, err), "public key");
}

static int
own_token_open(const struct inquiry_conf *c, struct token **ret, struct err *err)
{
	const struct token_conf conf = { c->token_module, c->token_label, c->token_pin };
	return token_open(&conf, ret, err);
}

/* Makes the pair, enters it, and only then tells the public half. */
static int
key_make(struct arena *a, const struct inquiry_conf *c, struct token *t, struct ownkeys *k,
    const char *label, int64_t now_ms, struct err *err)
{
	struct ownkeys_entry *e = &k->entry[k->n];
	int r = token_key_generate(t, label, TOKEN_DERIVE, &e->point, err);
	if (r)
		return err_trace(err, r, "inquiry key");
	e->label = label;
	e->made_ms = now_ms;
	key_id_of(&e->point, &e->id);
	k->n++;
	r = book_write(a, c, k, err);
	return r ? r : public_write(a, c, e, err);
}

int
ownkeys_init(const struct inquiry_conf *c, int64_t now_ms, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	__attribute__((cleanup(token_closep))) struct token *t = NULL;
	struct ownkeys k = { .n = 0 };
	int r = own_token_open(c, &t, err);
	if (r == 0)
		r = key_make(a, c, t, &k, c->key_label, now_ms, err);
	return err_trace(err, r, "init");
}

/* A label that the token does not have: one may be left of a run that was cut short. */
static int
free_label(struct arena *a, const struct inquiry_conf *c, struct token *t, unsigned n,
    const char **ret, struct err *err)
{
	for (unsigned i = n + 1; i <= 2 * OWNKEYS_MAX; i++) {
		struct key_agreer have;
		const char *label = arena_printf(a, "%s-%u", c->key_label, i);
		int r = token_agreer(t, label, &have, err);
		if (r == TOKEN_E_NO_KEY) {
			*ret = label;
			return 0;
		}
		if (r)
			return err_trace(err, r, "label");
	}
	return err_raise(err, FAULT_CONFIG, "inquiry keys", (long)n);
}

int
ownkeys_new(const struct inquiry_conf *c, int64_t now_ms, struct key_id *ret, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	__attribute__((cleanup(token_closep))) struct token *t = NULL;
	struct ownkeys k;
	const char *label = NULL;
	int r = ownkeys_load(a, c, &k, err);
	if (r == 0 && k.n == OWNKEYS_MAX)
		r = err_raise(err, FAULT_CONFIG, "inquiry keys", (long)k.n);
	if (r == 0)
		r = own_token_open(c, &t, err);
	if (r == 0)
		r = free_label(a, c, t, k.n, &label, err);
	if (r == 0)
		r = key_make(a, c, t, &k, label, now_ms, err);
	if (r == 0)
		*ret = k.entry[k.n - 1].id;
	return err_trace(err, r, "new key");
}

static int
destroyable(const struct inquiry_conf *c, const struct ownkeys *k, const struct key_id *id,
    int64_t now_ms, unsigned *ret)
{
	unsigned i = 0;
	while (i < k->n && memcmp(k->entry[i].id.b, id->b, KEY_ID_BYTES) != 0)
		i++;
	if (i == k->n || k->entry[i].destroyed_ms != 0)
		return OWNKEYS_E_UNKNOWN;
	if (i + 1 == k->n)
		return OWNKEYS_E_NEWEST;
	if (now_ms - k->entry[i + 1].made_ms < c->acceptance_days * day_ms)
		return OWNKEYS_E_TOO_EARLY;
	*ret = i;
	return 0;
}

int
ownkeys_destroy(
    const struct inquiry_conf *c, int64_t now_ms, const struct key_id *id, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	__attribute__((cleanup(token_closep))) struct token *t = NULL;
	struct ownkeys k;
	unsigned i = 0;
	int r = ownkeys_load(a, c, &k, err);
	if (r == 0)
		r = destroyable(c, &k, id, now_ms, &i);
	if (r == 0)
		r = own_token_open(c, &t, err);
	if (r)
		return err_trace(err, r, "destroy");
	r = token_key_destroy(t, k.entry[i].label, err);
	if (r != 0 && r != TOKEN_E_NO_KEY) /* gone already: the last run was cut short */
		return err_fold(err, r, "destroy");
	k.entry[i].destroyed_ms = now_ms;
	return err_trace(err, book_write(a, c, &k, err), "destroy");
}

static int
list(const struct inquiry_conf *c, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	struct ownkeys k;
	int r = ownkeys_load(a, c, &k, err);
	for (unsigned i = 0; r == 0 && i < k.n; i++) {
		const struct ownkeys_entry *e = &k.entry[i];
		char kid[2 * KEY_ID_BYTES + 1], at[26];
		text_hex_format(e->id.b, sizeof(e->id.b), kid);
		clock_format_rfc3339(e->made_ms, at);
		printf("%s  %s  made %s", kid, e->label, at);
		clock_format_rfc3339(e->destroyed_ms, at);
		if (e->destroyed_ms != 0)
			printf("  destroyed %s", at);
		else
			printf("  %s", i + 1 == k.n ? "newest" : "opens");
		printf("\n");
	}
	return r;
}

int
ownkeys_run(const struct inquiry_conf *c, int64_t now_ms, int argc, char **argv, struct err *err)
{
	struct key_id id;
	if (argc == 1 && strcmp(argv[0], "list") == 0)
		return list(c, err);
	if (argc == 1 && strcmp(argv[0], "new") == 0) {
		char kid[2 * KEY_ID_BYTES + 1];
		int r = ownkeys_new(c, now_ms, &id, err);
		text_hex_format(id.b, sizeof(id.b), kid);
		if (r == 0)
			printf("%s\n", kid);
		return r;
	}
	if (argc == 2 && strcmp(argv[0], "destroy") == 0 &&
	    strlen(argv[1]) == (size_t)2 * KEY_ID_BYTES &&
	    text_hex_parse(argv[1], strlen(argv[1]), id.b, KEY_ID_BYTES))
		return ownkeys_destroy(c, now_ms, &id, err);
	return OWNKEYS_E_USAGE;
}
