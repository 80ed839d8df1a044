/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key directory that its root signed, and a file of roots, whatever stands in them: refused, or
 * read, and what is read is sound and comes back when it is written.
 */
#include "domain/keydir.h"
#include "pki/jose.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_BYTES = 4 << 20 };

static void
check_sound(const struct keydir *d)
{
	unsigned n_open = 0;
	if (d->n == 0 || d->n > KEYDIR_MAX_KEYS || d->seq < 1)
		abort();
	for (unsigned i = 0; i < d->n; i++) {
		const struct keydir_key *k = &d->key[i];
		struct key_id id;
		key_id_of(&k->point, &id);
		if (memcmp(id.b, k->id.b, KEY_ID_BYTES) != 0 || keydir_find(d, &id) != k ||
		    key_point_check(&k->point, NULL) != 0 || k->announced_ms < 1)
			abort();
		n_open += keydir_is_open(k);
	}
	int i = keydir_pick(d, NULL, 0);
	if (n_open > KEYDIR_MAX_OPEN || i >= (int)d->n ||
	    (i >= 0 && keydir_state(&d->key[i]) != KEYDIR_USED))
		abort();
}

static void
check_roots(const uint8_t *data, size_t size)
{
	struct keydir_roots r, again;
	struct muni_code muni, said;
	struct buf b;
	if (keydir_roots_parse(data, size, &muni, &r, NULL) != 0)
		return;
	buf_init(&b, KEYDIR_ROOT_MAX_BYTES);
	if (r.n == 0 || r.n > KEYDIR_MAX_ROOTS || keydir_roots_format(muni, &r, &b, NULL) != 0 ||
	    keydir_roots_parse(b.p, b.bytes, &said, &again, NULL) != 0 || again.n != r.n ||
	    memcmp(again.point, r.point, r.n * sizeof(r.point[0])) != 0 ||
	    memcmp(said.s, muni.s, sizeof(said.s)) != 0)
		abort();
	buf_done(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct key *root;
	if (root == NULL)
		root = key_generate();
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	const struct key_signer signer = key_as_signer(root);
	struct keydir *d = arena_zero(a, sizeof(*d));
	struct muni_code muni = { "991015" };
	char *jws = NULL;
	check_roots(data, size);
	if (size > KEYDIR_MAX_BYTES / 2 ||
	    jws_sign(a, &signer, "kofu-keys", data, size, &jws, NULL) != 0)
		return 0;
	if (keydir_parse(&signer.point, muni, jws, strlen(jws), d, NULL) == 0) {
		struct buf b;
		check_sound(d);
		buf_init(&b, KEYDIR_MAX_BYTES);
		if (keydir_format(d, &signer, 1, &b, NULL) != 0)
			abort();
		buf_done(&b);
	}
	return 0;
}
