/* SPDX-License-Identifier: Apache-2.0 */
#include "server/seal/signers.h"
#include "base/clock.h"
#include "base/mem.h"
#include "server/seal/root.h"
#include "server/seal/seal.h"

#include <string.h>

enum { SIGNERS_ARENA_BYTES = 16384 };

struct signers {
	struct arena *arena; /* the path */
	struct keydir_file file;
	bool has[KEYDIR_MAX_KEYS];
	struct key_signer signer[KEYDIR_MAX_KEYS];
};

void
signers_free(struct signers *s)
{
	if (s == NULL)
		return;
	arena_free(s->arena);
	mem_free(s);
}

static int
signers_open(struct token *t, const struct seal_conf *c, struct muni_code muni,
    struct signers **ret, struct err *err)
{
	struct root_set roots;
	struct keydir_roots points;
	int r = root_find(t, muni, &roots, err);
	if (r == TOKEN_E_NO_KEY)
		return SEAL_E_NO_KEY;
	if (r)
		return err_fold(err, r, "root key");
	root_points(&roots, &points);
	struct signers *s = mem_zero(sizeof(*s));
	s->arena = arena_new(SIGNERS_ARENA_BYTES);
	r = keydir_file_open(&s->file, generation_path(s->arena, c, muni), muni, &points, err);
	if (r) {
		signers_free(s);
		return err_trace(err, r, "signers");
	}
	*ret = s;
	return 0;
}

/* The roots are whoever is in the token by then. */
static int
file_look(struct signers *s, struct token *t, struct muni_code muni, struct err *err)
{
	struct root_set roots;
	struct keydir_roots points;
	if (keydir_file_is_other(&s->file)) {
		int r = root_find(t, muni, &roots, err);
		if (r)
			return err_fold(err, r, "root key");
		root_points(&roots, &points);
		keydir_file_believe(&s->file, &points);
	}
	return keydir_file_look(&s->file, err);
}

/* A directory that cannot be taken leaves the one before it in force: orders go on. */
static int
signers_look(struct signers **s, struct token *t, const struct seal_conf *c, struct muni_code muni,
    struct err *err)
{
	struct err told = { 0 };
	if (*s == NULL)
		return signers_open(t, c, muni, s, err);
	int r = file_look(*s, t, muni, &told);
	if (r < 0) {
		LOG(LOG_LVL_ERR, "seal.directory-refused", LOG_F("muni", muni));
		log_fault("seal.directory", (struct txn_id){ 0 }, &told);
	} else if (r == KEYDIR_E_NEW) {
		LOG(LOG_LVL_NOTICE, "seal.directory", LOG_F("muni", muni),
		    LOG_F("seq", (long)(*s)->file.dir.seq));
	}
	return 0;
}

int
signers_take(struct signers **s, struct token *t, const struct seal_conf *c, struct muni_code muni,
    const struct key_id *known, unsigned n_known, struct key_signer *ret, struct err *err)
{
	char label[GENERATION_LABEL_BYTES];
	int r = signers_look(s, t, c, muni, err);
	if (r)
		return r;
	const struct keydir *d = &(*s)->file.dir;
	int i = keydir_pick(d, known, n_known);
	if (i < 0)
		return SEAL_E_GENERATION;
	int64_t early_ms = d->key[i].announced_ms - KEYDIR_SLACK_MS - clock_now_ms();
	if (early_ms > 0) {
		LOG(LOG_LVL_ERR, "seal.clock-behind", LOG_F("muni", muni),
		    LOG_F("generation", i + 1), LOG_F("ms", (long)early_ms));
		return SEAL_E_CLOCK;
	}
	generation_label(label, muni, (unsigned)i + 1);
	if (!(*s)->has[i])
		r = token_signer(t, label, &(*s)->signer[i], err);
	if (r == TOKEN_E_NO_KEY)
		return SEAL_E_NO_KEY;
	if (r)
		return err_fold(err, r, "signing key");
	if (memcmp((*s)->signer[i].point.b, d->key[i].point.b, KEY_POINT_BYTES) != 0)
		return err_raise(err, FAULT_INTEGRITY, "generation is another key", i + 1);
	(*s)->has[i] = true;
	*ret = (*s)->signer[i];
	return 0;
}

int
signers_tell(struct signers **s, struct token *t, const struct seal_conf *c, struct muni_code muni,
    struct arena *a, struct key_point *ret_root, const char **ret_jws, struct err *err)
{
	const struct key_point *root = NULL;
	struct keydir_text text;
	int r = signers_look(s, t, c, muni, err);
	if (r == 0)
		r = keydir_read(a, (*s)->file.path, &text, err);
	if (r == 0)
		r = keydir_choose(&text, &(*s)->file.roots, &root, ret_jws, err);
	if (r)
		return err_trace(err, r, "directory");
	*ret_root = *root;
	return 0;
}
