/* SPDX-License-Identifier: Apache-2.0 */
#include "center/router/keys.h"
#include "base/file.h"
#include "domain/muni.h"
#include "wire/js.h"

#include <string.h>

static int
keys_add(struct muni_keys *k, struct arena *a, const json_t *o, struct err *err)
{
	static const char *const members[] = { "kid", "point", NULL };
	struct key_id claimed, kid;
	struct key_point point;
	uint8_t *p = NULL;
	size_t bytes = 0;
	int r = js_members(o, members, err);
	if (r == 0)
		r = js_hex(o, "kid", claimed.b, KEY_ID_BYTES, err);
	if (r == 0)
		r = js_b64url(a, o, "point", KEY_POINT_BYTES, &p, &bytes, err);
	if (r == 0 && bytes != KEY_POINT_BYTES)
		r = err_raise(err, FAULT_BAD_INPUT, "point", (long)bytes);
	if (r)
		return err_trace(err, r, "key");
	memcpy(point.b, p, KEY_POINT_BYTES);
	r = key_point_check(&point, err);
	if (r)
		return err_trace(err, r, "key");
	key_id_of(&point, &kid);
	if (memcmp(kid.b, claimed.b, KEY_ID_BYTES) != 0 || muni_keys_find(k, &kid) != NULL)
		return err_raise(err, FAULT_BAD_INPUT, "kid", k->n);
	k->key[k->n].kid = kid;
	k->key[k->n++].point = point;
	return 0;
}

static int
keys_parse(struct muni_keys *k, struct arena *a, const json_t *o, const char *muni, struct err *err)
{
	static const char *const members[] = { "muni", "keys", NULL };
	const char *code = NULL;
	const json_t *list = NULL;
	int r = js_members(o, members, err);
	if (r == 0)
		r = js_text(o, "muni", 6, &code, err);
	if (r == 0)
		r = js_array(o, "keys", MUNI_MAX_KEYS, &list, err);
	if (r)
		return err_trace(err, r, "keys");
	if (strcmp(code, muni) != 0 || !muni_parse(code, strlen(code), &k->muni))
		return err_raise(err, FAULT_BAD_INPUT, "keys of another municipality", 0);
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
		r = keys_add(k, a, json_array_get(list, i), err);
	if (r == 0 && k->n == 0)
		r = err_raise(err, FAULT_BAD_INPUT, "no key", 0);
	return err_trace(err, r, "keys");
}

int
muni_keys_load(const char *path, const char *muni, struct muni_keys *ret, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new((size_t)4 * MUNI_KEYS_MAX_BYTES);
	AUTO(json_t) json_t *o = NULL;
	struct muni_keys k = { .n = 0 };
	uint8_t *p = NULL;
	size_t bytes = 0;
	int r = file_read(a, path, MUNI_KEYS_MAX_BYTES, &p, &bytes, err);
	if (r)
		return err_raise(err, FAULT_CONFIG, "keys file", r);
	r = js_parse(p, bytes, &o, err);
	if (r == 0)
		r = keys_parse(&k, a, o, muni, err);
	if (r)
		return err_raise(err, FAULT_CONFIG, "keys file", r);
	*ret = k;
	return 0;
}

const struct key_point *
muni_keys_find(const struct muni_keys *k, const struct key_id *kid)
{
	for (unsigned i = 0; i < k->n; i++)
		if (memcmp(k->key[i].kid.b, kid->b, KEY_ID_BYTES) == 0)
			return &k->key[i].point;
	return NULL;
}
