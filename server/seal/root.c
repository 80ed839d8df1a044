/* SPDX-License-Identifier: Apache-2.0 */
#include "server/seal/root.h"
#include "base/text.h"
#include "domain/muni.h"
#include "server/seal/change.h"
#include "server/seal/generation.h"

#include <stdio.h>
#include <string.h>

enum { ROOT_ARENA_BYTES = 32 * KEYDIR_MAX_BYTES };

/* --- what decides --- */

unsigned
root_next(const struct root_set *s, int *ret_refusal)
{
	unsigned newest = s->n > 0 ? s->number[s->n - 1] : 0;
	*ret_refusal = 0;
	if (s->n == KEYDIR_MAX_ROOTS)
		*ret_refusal = ROOT_E_TWO;
	else if (newest >= ROOT_MAX_NUMBER)
		*ret_refusal = ROOT_E_FULL;
	return *ret_refusal == 0 ? newest + 1 : 0;
}

int
root_may_use(const struct root_set *s, unsigned number, int64_t age_ms, int64_t overlap_ms)
{
	unsigned i = 0;
	while (i < s->n && s->number[i] != number)
		i++;
	if (i == s->n)
		return ROOT_E_UNKNOWN;
	if (s->n == 1)
		return ROOT_E_ALONE;
	/* To stay with the older one takes nothing from anybody. */
	return i == s->n - 1 && age_ms < overlap_ms ? ROOT_E_EARLY : 0;
}

const char *
root_refusal(int r)
{
	switch (r) {
	case ROOT_E_TWO:
		return "there are two already: use one of them first";
	case ROOT_E_FULL:
		return "there were 16: no more";
	case ROOT_E_UNKNOWN:
		return "there is no such root";
	case ROOT_E_ALONE:
		return "it is the only one";
	case ROOT_E_EARLY:
		return "too early: verifiers may not have it yet ([seal] overlap_s)";
	default:
		return NULL;
	}
}

/* --- token and files --- */

static void
root_label(char out[ROOT_LABEL_BYTES], struct muni_code muni, unsigned number)
{
	if (number == 1)
		(void)snprintf(out, ROOT_LABEL_BYTES, "root-%s", muni.s);
	else
		(void)snprintf(out, ROOT_LABEL_BYTES, "root-%s-%u", muni.s, number);
}

int
root_find(struct token *t, struct muni_code muni, struct root_set *ret, struct err *err)
{
	struct root_set s = { .n = 0 };
	for (unsigned i = 1; i <= ROOT_MAX_NUMBER; i++) {
		char label[ROOT_LABEL_BYTES];
		struct key_point p;
		root_label(label, muni, i);
		int r = token_public(t, label, &p, err);
		if (r == TOKEN_E_NO_KEY)
			continue; /* not yet, or destroyed */
		if (r)
			return err_trace(err, r, "root key");
		if (s.n == KEYDIR_MAX_ROOTS)
			return err_raise(err, FAULT_CONFIG, "too many roots in the token", (long)i);
		s.number[s.n] = i;
		s.point[s.n++] = p;
	}
	*ret = s;
	return s.n > 0 ? 0 : TOKEN_E_NO_KEY;
}

void
root_points(const struct root_set *s, struct keydir_roots *ret)
{
	*ret = (struct keydir_roots){ .n = s->n };
	for (unsigned i = 0; i < s->n; i++)
		ret->point[i] = s->point[i];
}

/* Half of a pair may be left of a run that was cut short: nothing was ever signed by it. */
static int
root_make(struct token *t, struct muni_code muni, unsigned number, struct err *err)
{
	char label[ROOT_LABEL_BYTES];
	struct key_point p;
	root_label(label, muni, number);
	int r = token_key_destroy(t, label, err);
	if (r == 0 || r == TOKEN_E_NO_KEY)
		r = token_key_generate(t, label, TOKEN_SIGN, &p, err);
	return err_fold(err, r, "root key");
}

int
root_ensure(
    struct token *t, struct muni_code muni, bool *ret_made, struct root_set *ret, struct err *err)
{
	int r = root_find(t, muni, ret, err);
	*ret_made = r == TOKEN_E_NO_KEY;
	if (*ret_made)
		r = root_make(t, muni, 1, err);
	if (r == 0 && *ret_made)
		r = root_find(t, muni, ret, err);
	return err_fold(err, r, "root");
}

const char *
root_path(struct arena *a, const struct seal_conf *c, struct muni_code muni)
{
	return arena_printf(a, "%s/%s.root.json", c->keys_dir, muni.s);
}

int
root_sign(struct arena *a, const struct seal_conf *c, struct token *t, const struct root_set *s,
    const struct keydir *d, struct err *err)
{
	struct key_signer by[KEYDIR_MAX_ROOTS];
	struct buf b;
	for (unsigned i = 0; i < s->n; i++) {
		char label[ROOT_LABEL_BYTES];
		root_label(label, d->muni, s->number[i]);
		int r = token_signer(t, label, &by[i], err);
		if (r)
			return err_fold(err, r, "root key");
	}
	buf_init(&b, KEYDIR_FILE_MAX_BYTES);
	int r = keydir_format(d, by, s->n, &b, err);
	if (r == 0)
		r = file_write_atomic(generation_path(a, c, d->muni), b.p, b.bytes, 0644, err);
	buf_done(&b);
	return err_trace(err, r, "key directory");
}

/* Its age says how long verifiers can have it: what is right is not written again. */
static bool
is_published(const char *path, struct muni_code muni, const struct keydir_roots *points)
{
	struct err none = { 0 };
	struct muni_code said;
	struct keydir_roots there;
	return keydir_roots_read(path, &said, &there, &none) == 0 && muni_equal(said, muni) &&
	    there.n == points->n &&
	    memcmp(there.point, points->point, points->n * sizeof(points->point[0])) == 0;
}

int
root_publish(struct arena *a, const struct seal_conf *c, struct muni_code muni,
    const struct root_set *s, struct err *err)
{
	const char *path = root_path(a, c, muni);
	struct keydir_roots points;
	struct buf b;
	root_points(s, &points);
	if (is_published(path, muni, &points))
		return 0;
	buf_init(&b, KEYDIR_ROOT_MAX_BYTES);
	int r = keydir_roots_format(muni, &points, &b, err);
	if (r == 0)
		r = file_write_atomic(path, b.p, b.bytes, 0644, err);
	buf_done(&b);
	return err_trace(err, r, "roots' file");
}

/* --- the commands --- */

/* By how many of the roots it is signed as it lies there: fewer than there are where "new" was
 * cut short. */
static bool
is_signed_by_all(const struct change *x)
{
	struct err none = { 0 };
	struct keydir_text t;
	const struct key_point *root = NULL;
	const char *jws = NULL;
	if (keydir_read(x->a, generation_path(x->a, x->conf, x->muni), &t, &none))
		return false;
	for (unsigned i = 0; i < x->roots.n; i++) {
		const struct keydir_roots one = { 1, { x->roots.point[i] } };
		if (keydir_choose(&t, &one, &root, &jws, &none))
			return false;
	}
	return true;
}

static int
change_new(struct change *x, struct err *err)
{
	int refusal = 0;
	unsigned next = root_next(&x->roots, &refusal);
	struct keydir_roots points;
	root_points(&x->roots, &points);
	if (refusal == ROOT_E_TWO &&
	    !(is_signed_by_all(x) &&
		is_published(root_path(x->a, x->conf, x->muni), x->muni, &points)))
		return 0; /* it goes on */
	if (refusal)
		return refusal;
	int r = root_make(x->token, x->muni, next, err);
	if (r == 0)
		r = root_find(x->token, x->muni, &x->roots, err);
	return err_fold(err, r, "new root");
}

static int
change_use(struct change *x, unsigned number, int64_t overlap_ms, unsigned *ret_gone)
{
	const char *path = root_path(x->a, x->conf, x->muni);
	struct file_stamp made;
	file_stamp(path, &made);
	unsigned kept = x->roots.number[0] == number ? 0 : 1;
	const struct keydir_roots alone = { 1, { x->roots.point[kept] } };
	if (is_published(path, x->muni, &alone))
		overlap_ms = 0; /* it goes on */
	int r = root_may_use(&x->roots, number, x->now_ms - made.changed_ns / 1000000, overlap_ms);
	if (r)
		return r;
	*ret_gone = x->roots.number[1 - kept];
	x->roots = (struct root_set){ 1, { number }, { x->roots.point[kept] } };
	return 0;
}

static int
root_destroy(struct change *x, unsigned number, struct err *err)
{
	char label[ROOT_LABEL_BYTES];
	root_label(label, x->muni, number);
	return err_fold(err, token_key_destroy(x->token, label, err), "root key");
}

/* @number 0 for "new". The directory counts on: one of before is none, whoever signed it. */
static int
change_run(struct change *x, unsigned number, int64_t overlap_ms, struct err *err)
{
	unsigned gone = 0;
	int r = number == 0 ? change_new(x, err) : change_use(x, number, overlap_ms, &gone);
	if (r)
		return err_trace(err, r, "root");
	x->dir.seq++;
	r = change_write(x, err);
	if (r == 0 && gone != 0)
		r = root_destroy(x, gone, err);
	if (r)
		return err_trace(err, r, "root");
	LOG(LOG_LVL_NOTICE, "seal.root", LOG_F("muni", x->muni), LOG_F("seq", (long)x->dir.seq),
	    LOG_F("roots", x->roots.n), LOG_F("newest", x->roots.number[x->roots.n - 1]));
	return 0;
}

static void
list_print(const struct change *x)
{
	printf("# %s: directory %lld\n", x->muni.s, (long long)x->dir.seq);
	for (unsigned i = 0; i < x->roots.n; i++) {
		char kid[2 * KEY_ID_BYTES + 1];
		struct key_id id;
		key_id_of(&x->roots.point[i], &id);
		text_hex_format(id.b, KEY_ID_BYTES, kid);
		printf("%u  %s\n", x->roots.number[i], kid);
	}
}

int
root_run(const struct seal_conf *c, int64_t now_ms, int argc, char **argv, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(ROOT_ARENA_BYTES);
	struct change x;
	bool is_list = argc == 3 && strcmp(argv[0], "list") == 0;
	bool is_new = argc == 3 && strcmp(argv[0], "new") == 0;
	bool is_now = argc == 5 && strcmp(argv[4], "now") == 0;
	bool is_use = (argc == 4 || is_now) && strcmp(argv[0], "use") == 0;
	if (!is_list && !is_new && !is_use)
		return ROOT_E_USAGE;
	unsigned number = is_use ? change_number(argv[3]) : 0;
	if (is_use && number == 0)
		return ROOT_E_UNKNOWN;
	int r = change_open(&x, a, c, argv[2], now_ms, err);
	if (r == 0 && !is_list)
		r = change_run(&x, number, is_now ? 0 : c->overlap_s * 1000, err);
	if (r == 0)
		list_print(&x);
	change_close(&x);
	return err_trace(err, r, "root");
}
