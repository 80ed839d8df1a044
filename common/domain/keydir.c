/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/keydir_int.h"
#include "base/text.h"
#include "domain/muni.h"
#include "pki/jose.h"

#include <string.h>

enum { KEYDIR_VERSION = 1 };
static const int64_t latest_ms = INT64_MAX / 2;

enum keydir_state
keydir_state(const struct keydir_key *k)
{
	if (k->revoked_ms != 0)
		return KEYDIR_REVOKED;
	if (k->retired_ms != 0)
		return KEYDIR_RETIRED;
	return k->used_ms != 0 ? KEYDIR_USED : KEYDIR_ANNOUNCED;
}

const char *
keydir_state_name(enum keydir_state s)
{
	static const char *const names[] = { "", "announced", "used", "retired", "revoked" };
	return (unsigned)s < N_ELEMENTS(names) ? names[s] : "";
}

bool
keydir_is_open(const struct keydir_key *k)
{
	enum keydir_state s = keydir_state(k);
	return s == KEYDIR_ANNOUNCED || s == KEYDIR_USED;
}

static bool
id_equal(const struct key_id *a, const struct key_id *b)
{
	return memcmp(a->b, b->b, KEY_ID_BYTES) == 0;
}

const struct keydir_key *
keydir_find(const struct keydir *d, const struct key_id *id)
{
	for (unsigned i = 0; i < d->n; i++)
		if (id_equal(&d->key[i].id, id))
			return &d->key[i];
	return NULL;
}

int
keydir_judge(const struct keydir_key *k, int64_t signed_ms)
{
	if (k->revoked_ms != 0)
		return KEYDIR_E_REVOKED;
	if (signed_ms < k->announced_ms - KEYDIR_SLACK_MS ||
	    (k->retired_ms != 0 && signed_ms > k->retired_ms + KEYDIR_SLACK_MS))
		return KEYDIR_E_NOT_THEN;
	return 0;
}

int
keydir_pick(const struct keydir *d, const struct key_id *known, unsigned n_known)
{
	for (int i = (int)d->n - 1; i >= 0; i--) {
		bool is_known = n_known == 0;
		for (unsigned j = 0; j < n_known; j++)
			is_known = is_known || id_equal(&d->key[i].id, &known[j]);
		if (is_known && keydir_state(&d->key[i]) == KEYDIR_USED)
			return i;
	}
	return -1;
}

/* --- writing --- */

static json_t *
key_json(const struct keydir_key *k)
{
	json_t *o = json_object();
	js_put_hex(o, "kid", k->id.b, KEY_ID_BYTES);
	js_put_b64url(o, "point", k->point.b, KEY_POINT_BYTES);
	js_put_int(o, "announced_ms", k->announced_ms);
	js_put_int(o, "used_ms", k->used_ms);
	js_put_int(o, "retired_ms", k->retired_ms);
	js_put_int(o, "revoked_ms", k->revoked_ms);
	return o;
}

static int
payload_format(const struct keydir *d, struct buf *out, struct err *err)
{
	AUTO(json_t) json_t *o = json_object();
	json_t *list = json_array();
	for (unsigned i = 0; i < d->n; i++)
		(void)json_array_append_new(list, key_json(&d->key[i]));
	js_put_int(o, "v", KEYDIR_VERSION);
	js_put_text(o, "muni", d->muni.s);
	js_put_int(o, "seq", d->seq);
	js_put(o, "keys", list);
	return js_format(o, out, err);
}

int
keydir_format(const struct keydir *d, const struct key_signer *roots, unsigned n, struct buf *out,
    struct err *err)
{
	static const char *const members[KEYDIR_MAX_ROOTS] = { "directory", "also" };
	AUTO(arena) struct arena *a = arena_new(KEYDIR_ARENA_BYTES);
	AUTO(json_t) json_t *o = json_object();
	struct buf payload;
	if (n == 0 || n > KEYDIR_MAX_ROOTS)
		return err_raise(err, FAULT_INTERNAL, "number of roots", (long)n);
	js_put_text(o, "muni", d->muni.s);
	buf_init(&payload, KEYDIR_MAX_BYTES);
	int r = payload_format(d, &payload, err);
	for (unsigned i = 0; r == 0 && i < n; i++) {
		char *jws = NULL;
		r = jws_sign(a, &roots[i], "kofu-keys", payload.p, payload.bytes, &jws, err);
		if (r == 0)
			js_put_text(o, members[i], jws);
	}
	buf_done(&payload);
	if (r)
		return err_trace(err, r, "directory");
	return err_trace(err, js_format(o, out, err), "directory");
}

/* --- reading --- */

int
keydir_point_take(
    struct arena *a, const json_t *o, struct key_id *ret_id, struct key_point *ret, struct err *err)
{
	struct key_id said;
	uint8_t *p = NULL;
	size_t bytes = 0;
	int r = js_hex(o, "kid", said.b, KEY_ID_BYTES, err);
	if (r == 0)
		r = js_b64url(a, o, "point", KEY_POINT_BYTES, &p, &bytes, err);
	if (r == 0 && bytes != KEY_POINT_BYTES)
		r = err_raise(err, FAULT_BAD_INPUT, "point", (long)bytes);
	if (r)
		return err_trace(err, r, "key");
	memcpy(ret->b, p, KEY_POINT_BYTES);
	r = key_point_check(ret, err);
	if (r)
		return err_trace(err, r, "key");
	key_id_of(ret, ret_id);
	return id_equal(&said, ret_id) ? 0 : err_raise(err, FAULT_BAD_INPUT, "kid of another", 0);
}

/* They come one behind the other, and a key is retired only from use. */
static bool
instants_are_sound(const struct keydir_key *k)
{
	return (k->used_ms == 0 || k->used_ms >= k->announced_ms) &&
	    (k->retired_ms == 0 || (k->used_ms != 0 && k->retired_ms >= k->used_ms)) &&
	    (k->revoked_ms == 0 ||
		(k->revoked_ms >= k->announced_ms && k->revoked_ms >= k->retired_ms));
}

static int
key_take(struct arena *a, const json_t *o, struct keydir *d, struct err *err)
{
	static const char *const members[] = { "kid", "point", "announced_ms", "used_ms",
		"retired_ms", "revoked_ms", NULL };
	struct keydir_key k;
	int r = js_members(o, members, err);
	if (r == 0)
		r = keydir_point_take(a, o, &k.id, &k.point, err);
	if (r == 0)
		r = js_int(o, "announced_ms", 1, latest_ms, &k.announced_ms, err);
	if (r == 0)
		r = js_int(o, "used_ms", 0, latest_ms, &k.used_ms, err);
	if (r == 0)
		r = js_int(o, "retired_ms", 0, latest_ms, &k.retired_ms, err);
	if (r == 0)
		r = js_int(o, "revoked_ms", 0, latest_ms, &k.revoked_ms, err);
	if (r)
		return err_trace(err, r, "key");
	if (!instants_are_sound(&k) || (d->n > 0 && k.announced_ms < d->key[d->n - 1].announced_ms))
		return err_raise(err, FAULT_BAD_INPUT, "instants", d->n);
	if (keydir_find(d, &k.id) != NULL)
		return err_raise(err, FAULT_BAD_INPUT, "key twice", d->n);
	d->key[d->n++] = k;
	return 0;
}

static int
payload_take(struct arena *a, const json_t *o, struct keydir *d, struct err *err)
{
	static const char *const members[] = { "v", "muni", "seq", "keys", NULL };
	const json_t *list = NULL;
	int64_t v = 0;
	unsigned n_open = 0;
	int r = js_members(o, members, err);
	if (r == 0)
		r = js_int(o, "v", KEYDIR_VERSION, KEYDIR_VERSION, &v, err);
	if (r == 0)
		r = keydir_muni_take(o, &d->muni, err);
	if (r == 0)
		r = js_int(o, "seq", 1, latest_ms, &d->seq, err);
	if (r == 0)
		r = js_array(o, "keys", KEYDIR_MAX_KEYS, &list, err);
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
		r = key_take(a, json_array_get(list, i), d, err);
	if (r)
		return err_trace(err, r, "directory");
	for (unsigned i = 0; i < d->n; i++)
		n_open += keydir_is_open(&d->key[i]);
	if (d->n == 0 || n_open > KEYDIR_MAX_OPEN)
		return err_raise(err, FAULT_BAD_INPUT, "number of keys", (long)n_open);
	return 0;
}

int
keydir_parse(const struct key_point *root, struct muni_code muni, const char *jws, size_t bytes,
    struct keydir *ret, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(KEYDIR_ARENA_BYTES);
	AUTO(json_t) json_t *o = NULL;
	struct keydir d = { .n = 0 };
	uint8_t *p = NULL;
	size_t n = 0;
	if (bytes > KEYDIR_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "directory over its limit", (long)bytes);
	int r = jws_verify(a, root, "kofu-keys", jws, bytes, &p, &n, err);
	if (r == 0)
		r = js_parse(p, n, &o, err);
	if (r == 0)
		r = payload_take(a, o, &d, err);
	if (r)
		return err_trace(err, r, "directory");
	if (!muni_equal(d.muni, muni))
		return err_raise(err, FAULT_INTEGRITY, "another municipality's", 0);
	*ret = d;
	return 0;
}
