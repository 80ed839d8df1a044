/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a verifier believes: one root, or two while it is replaced. */
#include "base/mem.h"
#include "domain/keydir_int.h"
#include "domain/muni.h"

#include <string.h>

bool
keydir_roots_have(const struct keydir_roots *r, const struct key_point *p)
{
	for (unsigned i = 0; i < r->n; i++)
		if (mem_equal(r->point[i].b, p->b, KEY_POINT_BYTES))
			return true;
	return false;
}

bool
keydir_roots_add(struct keydir_roots *r, const struct key_point *p)
{
	if (keydir_roots_have(r, p))
		return true;
	if (r->n == KEYDIR_MAX_ROOTS)
		return false;
	r->point[r->n++] = *p;
	return true;
}

static void
point_put(json_t *o, const struct key_point *p)
{
	struct key_id id;
	key_id_of(p, &id);
	js_put_hex(o, "kid", id.b, KEY_ID_BYTES);
	js_put_b64url(o, "point", p->b, KEY_POINT_BYTES);
}

int
keydir_roots_format(
    struct muni_code muni, const struct keydir_roots *roots, struct buf *out, struct err *err)
{
	AUTO(json_t) json_t *o = json_object();
	if (roots->n == 0 || roots->n > KEYDIR_MAX_ROOTS)
		return err_raise(err, FAULT_BAD_INPUT, "number of roots", (long)roots->n);
	js_put_text(o, "muni", muni.s);
	if (roots->n == 1) { /* what programs know that never heard of two */
		point_put(o, &roots->point[0]);
		return err_trace(err, js_format(o, out, err), "root");
	}
	json_t *list = json_array();
	for (unsigned i = 0; i < roots->n; i++) {
		json_t *one = json_object();
		point_put(one, &roots->point[i]);
		(void)json_array_append_new(list, one);
	}
	js_put(o, "roots", list);
	return err_trace(err, js_format(o, out, err), "roots");
}

int
keydir_muni_take(const json_t *o, struct muni_code *ret, struct err *err)
{
	const char *muni = NULL;
	int r = js_text(o, "muni", 6, &muni, err);
	if (r == 0 && !muni_parse(muni, strlen(muni), ret))
		r = err_raise(err, FAULT_BAD_INPUT, "municipality code", 0);
	return err_trace(err, r, "muni");
}

static int
root_take(struct arena *a, const json_t *o, struct keydir_roots *roots, struct err *err)
{
	struct key_point p;
	struct key_id id;
	int r = keydir_point_take(a, o, &id, &p, err);
	if (r)
		return err_trace(err, r, "root");
	if (keydir_roots_have(roots, &p))
		return err_raise(err, FAULT_BAD_INPUT, "root twice", 0);
	return keydir_roots_add(roots, &p) ? 0 : err_raise(err, FAULT_BAD_INPUT, "roots", 0);
}

static int
roots_take(struct arena *a, const json_t *o, struct keydir_roots *roots, struct err *err)
{
	static const char *const one[] = { "muni", "kid", "point", NULL };
	static const char *const two[] = { "muni", "roots", NULL };
	static const char *const members[] = { "kid", "point", NULL };
	const json_t *list = NULL;
	if (json_object_get(o, "roots") == NULL) {
		int r = js_members(o, one, err);
		return r ? err_trace(err, r, "root") : root_take(a, o, roots, err);
	}
	int r = js_members(o, two, err);
	if (r == 0)
		r = js_array(o, "roots", KEYDIR_MAX_ROOTS, &list, err);
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++) {
		r = js_members(json_array_get(list, i), members, err);
		if (r == 0)
			r = root_take(a, json_array_get(list, i), roots, err);
	}
	if (r == 0 && roots->n == 0)
		r = err_raise(err, FAULT_BAD_INPUT, "no root", 0);
	return err_trace(err, r, "roots");
}

int
keydir_roots_parse(const void *p, size_t bytes, struct muni_code *ret_muni,
    struct keydir_roots *ret, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new((size_t)16 * KEYDIR_ROOT_MAX_BYTES);
	AUTO(json_t) json_t *o = NULL;
	struct keydir_roots roots = { .n = 0 };
	struct muni_code muni;
	if (bytes > KEYDIR_ROOT_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "roots over their limit", (long)bytes);
	int r = js_parse(p, bytes, &o, err);
	if (r == 0)
		r = roots_take(a, o, &roots, err);
	if (r == 0)
		r = keydir_muni_take(o, &muni, err);
	if (r)
		return err_trace(err, r, "roots");
	*ret_muni = muni;
	*ret = roots;
	return 0;
}

int
keydir_roots_read(
    const char *path, struct muni_code *ret_muni, struct keydir_roots *ret, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new((size_t)16 * KEYDIR_ROOT_MAX_BYTES);
	uint8_t *p = NULL;
	size_t n = 0;
	int r = file_read(a, path, KEYDIR_ROOT_MAX_BYTES, &p, &n, err);
	if (r > 0)
		return err_raise(err, FAULT_CONFIG, "no such file", r);
	if (r == 0)
		r = keydir_roots_parse(p, n, ret_muni, ret, err);
	return r ? err_raise(err, FAULT_CONFIG, "root of a key directory", r) : 0;
}
