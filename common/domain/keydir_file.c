/* SPDX-License-Identifier: Apache-2.0 */
/* A key directory as a file, that changes while its holder serves. */
#include "domain/keydir_int.h"
#include "domain/muni.h"
#include "pki/jose.h"

#include <string.h>

static int
text_take(struct arena *a, const json_t *o, struct keydir_text *t, struct err *err)
{
	static const char *const members[] = { "muni", "directory", "also?", NULL };
	static const char *const by[KEYDIR_MAX_ROOTS] = { "directory", "also" };
	int r = js_members(o, members, err);
	if (r == 0)
		r = keydir_muni_take(o, &t->muni, err);
	for (unsigned i = 0; r == 0 && i < KEYDIR_MAX_ROOTS; i++) {
		const char *jws = NULL;
		if (json_object_get(o, by[i]) == NULL)
			break;
		r = js_text(o, by[i], KEYDIR_MAX_BYTES, &jws, err);
		if (r == 0)
			t->jws[t->n++] = arena_strdup(a, jws);
	}
	return err_trace(err, r, "file of keys");
}

int
keydir_read(struct arena *a, const char *path, struct keydir_text *ret, struct err *err)
{
	AUTO(json_t) json_t *o = NULL;
	struct keydir_text t = { .n = 0 };
	uint8_t *p = NULL;
	size_t n = 0;
	int r = file_read(a, path, KEYDIR_FILE_MAX_BYTES, &p, &n, err);
	if (r > 0)
		return err_raise(err, FAULT_CONFIG, "no such file", r);
	if (r == 0)
		r = js_parse(p, n, &o, err);
	if (r == 0)
		r = text_take(a, o, &t, err);
	if (r)
		return err_raise(err, FAULT_CONFIG, "file of keys", r);
	*ret = t;
	return 0;
}

int
keydir_choose(const struct keydir_text *t, const struct keydir_roots *roots,
    const struct key_point **ret_root, const char **ret_jws, struct err *err)
{
	for (unsigned i = 0; i < t->n; i++) {
		struct key_id said, id;
		int r = jws_peek_kid(t->jws[i], strlen(t->jws[i]), &said, err);
		if (r)
			return err_trace(err, r, "directory");
		for (unsigned j = 0; j < roots->n; j++) {
			key_id_of(&roots->point[j], &id);
			if (memcmp(id.b, said.b, KEY_ID_BYTES) != 0)
				continue;
			*ret_root = &roots->point[j];
			*ret_jws = t->jws[i];
			return 0;
		}
	}
	return err_raise(err, FAULT_INTEGRITY, "by no root that is believed", (long)roots->n);
}

static int
file_load(const char *path, const struct keydir_roots *roots, struct muni_code muni,
    struct keydir *ret, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(KEYDIR_ARENA_BYTES);
	struct keydir_text t;
	const struct key_point *root = NULL;
	const char *jws = NULL;
	int r = keydir_read(a, path, &t, err);
	if (r == 0 && !muni_equal(t.muni, muni))
		r = err_raise(err, FAULT_CONFIG, "keys of another municipality", 0);
	if (r == 0)
		r = keydir_choose(&t, roots, &root, &jws, err);
	if (r == 0)
		r = keydir_parse(root, muni, jws, strlen(jws), ret, err);
	return err_trace(err, r, "key directory");
}

static int
roots_load(const char *path, struct muni_code muni, struct keydir_roots *ret, struct err *err)
{
	struct muni_code said;
	int r = keydir_roots_read(path, &said, ret, err);
	if (r == 0 && !muni_equal(said, muni))
		r = err_raise(err, FAULT_CONFIG, "root of another municipality", 0);
	return err_trace(err, r, "roots");
}

int
keydir_file_open(struct keydir_file *f, const char *path, struct muni_code muni,
    const struct keydir_roots *roots, struct err *err)
{
	*f = (struct keydir_file){ .path = path, .roots = *roots };
	file_stamp(path, &f->stamp); /* before it is read: a later one is looked at again */
	int r = file_load(path, roots, muni, &f->dir, err);
	if (r == FAULT_CONFIG)
		return err_trace(err, r, "key directory");
	return r ? err_raise(err, FAULT_CONFIG, "key directory", r) : 0;
}

int
keydir_file_open_by(struct keydir_file *f, const char *path, const char *root_path,
    struct muni_code muni, struct err *err)
{
	struct keydir_roots roots;
	struct file_stamp stamp;
	file_stamp(root_path, &stamp);
	int r = roots_load(root_path, muni, &roots, err);
	if (r == 0)
		r = keydir_file_open(f, path, muni, &roots, err);
	if (r)
		return err_trace(err, r, "municipality's keys");
	f->root_path = root_path;
	f->root_stamp = stamp;
	return 0;
}

bool
keydir_file_is_other(const struct keydir_file *f)
{
	struct file_stamp now = f->root_stamp;
	if (f->root_path != NULL)
		file_stamp(f->root_path, &now);
	if (!file_stamp_equal(&now, &f->root_stamp))
		return true;
	file_stamp(f->path, &now);
	return !file_stamp_equal(&now, &f->stamp);
}

void
keydir_file_believe(struct keydir_file *f, const struct keydir_roots *roots)
{
	f->roots = *roots;
}

/* What is put there while we serve must have been vouched for at the start, or by what was. */
static int
roots_look(struct keydir_file *f, struct keydir_roots *ret, struct err *err)
{
	*ret = f->roots;
	if (f->root_path == NULL)
		return 0;
	file_stamp(f->root_path, &f->root_stamp);
	int r = roots_load(f->root_path, f->dir.muni, ret, err);
	if (r)
		return err_trace(err, r, "roots");
	for (unsigned i = 0; i < ret->n; i++)
		if (keydir_roots_have(&f->roots, &ret->point[i]))
			return 0;
	return err_raise(err, FAULT_INTEGRITY, "none of these roots was believed before", 0);
}

static bool
roots_equal(const struct keydir_roots *a, const struct keydir_roots *b)
{
	for (unsigned i = 0; i < a->n; i++)
		if (!keydir_roots_have(b, &a->point[i]))
			return false;
	return a->n == b->n;
}

/* *ret_old: a greater one is noted. */
static int
note(struct keydir_file *f, int64_t seq, bool *ret_old, struct err *err)
{
	int64_t greatest = 0;
	*ret_old = false;
	if (f->memory.note == NULL)
		return 0;
	int r = f->memory.note(f->memory.self, f->dir.muni, seq, &greatest, err);
	*ret_old = r == 0 && greatest > seq;
	f->is_noted = r == 0;
	return err_fold(err, r, "memory");
}

int
keydir_file_remember(struct keydir_file *f, const struct keydir_memory *memory, struct err *err)
{
	bool old = false;
	f->memory = *memory;
	int r = note(f, f->dir.seq, &old, err);
	if (r == 0 && old)
		r = err_raise(
		    err, FAULT_INTEGRITY, "older than one that was in force", (long)f->dir.seq);
	return err_trace(err, r, "key directory");
}

int
keydir_file_look(struct keydir_file *f, struct err *err)
{
	struct err away = { 0 };
	struct keydir_roots roots;
	struct keydir d;
	bool old = false;
	if (!keydir_file_is_other(f)) {
		if (!f->is_noted && note(f, f->dir.seq, &old, &away) < 0)
			f->is_noted = false; /* another time */
		return 0;
	}
	file_stamp(f->path, &f->stamp);
	int r = roots_look(f, &roots, err);
	if (r == 0)
		r = file_load(f->path, &roots, f->dir.muni, &d, err);
	if (r)
		return err_trace(err, r, "key directory");
	if (d.seq < f->dir.seq)
		return err_raise(err, FAULT_INTEGRITY, "older than the one in force", (long)d.seq);
	bool is_same = roots_equal(&roots, &f->roots);
	if (d.seq > f->dir.seq && note(f, d.seq, &old, &away) == 0 && old)
		return err_raise(
		    err, FAULT_INTEGRITY, "older than one that was in force", (long)d.seq);
	f->roots = roots;
	if (d.seq == f->dir.seq)
		return is_same ? 0 : KEYDIR_E_ROOTS;
	f->dir = d;
	return KEYDIR_E_NEW;
}
