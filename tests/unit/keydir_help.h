/* SPDX-License-Identifier: Apache-2.0 */
/* A municipality's key directory and root as kofu-seal writes them, of keys in memory. */
#pragma once
#include "base/file.h"
#include "domain/keydir.h"

#include <string.h>

static inline struct key_point
keydir_help_point(const struct key *k)
{
	struct key_point p;
	key_public(k, &p);
	return p;
}

/* One more generation, used since it was announced. */
static inline struct keydir_key *
keydir_help_add(struct keydir *d, const struct key *k, int64_t announced_ms)
{
	struct keydir_key *one = &d->key[d->n++];
	*one = (struct keydir_key){ .announced_ms = announced_ms, .used_ms = announced_ms };
	key_public(k, &one->point);
	key_id_of(&one->point, &one->id);
	return one;
}

static inline struct keydir
keydir_help_of(const char *code, const struct key *k)
{
	struct keydir d = { .seq = 1 };
	memcpy(d.muni.s, code, 6);
	(void)keydir_help_add(&d, k, 1700000000000);
	return d;
}

/* <folder>/<code>.json and <code>.root.json. 0 or a fault. */
static inline int
keydir_help_write(struct arena *arena, const char *folder, const struct keydir *d, struct key *by)
{
	struct key_signer signer = key_as_signer(by);
	struct err err = { 0 };
	struct buf b, r;
	buf_init(&b, KEYDIR_MAX_BYTES);
	buf_init(&r, KEYDIR_ROOT_MAX_BYTES);
	const struct keydir_roots roots = { 1, { signer.point } };
	int e = keydir_format(d, &signer, 1, &b, &err);
	if (e == 0)
		e = keydir_roots_format(d->muni, &roots, &r, &err);
	if (e == 0)
		e = file_write_atomic(
		    arena_printf(arena, "%s/%s.json", folder, d->muni.s), b.p, b.bytes, 0644, &err);
	if (e == 0)
		e = file_write_atomic(arena_printf(arena, "%s/%s.root.json", folder, d->muni.s),
		    r.p, r.bytes, 0644, &err);
	buf_done(&b);
	buf_done(&r);
	return e;
}
