/* SPDX-License-Identifier: Apache-2.0 */
#include "server/seal/generation.h"
#include "base/clock.h"
#include "base/text.h"
#include "server/seal/change.h"

#include <stdio.h>
#include <string.h>

enum { GENERATION_ARENA_BYTES = 32 * KEYDIR_MAX_BYTES };

/* --- what decides --- */

static int64_t
later_of(int64_t a, int64_t b)
{
	return a > b ? a : b; /* a clock that was set back breaks no order */
}

static unsigned
count_used(const struct keydir *d)
{
	unsigned n = 0;
	for (unsigned i = 0; i < d->n; i++)
		n += keydir_state(&d->key[i]) == KEYDIR_USED;
	return n;
}

int
generation_announce(struct keydir *d, const struct key_point *p, int64_t now_ms)
{
	unsigned n_open = 0;
	for (unsigned i = 0; i < d->n; i++)
		n_open += keydir_is_open(&d->key[i]);
	if (d->n == KEYDIR_MAX_KEYS || n_open == KEYDIR_MAX_OPEN)
		return GENERATION_E_FULL;
	struct keydir_key *k = &d->key[d->n];
	*k = (struct keydir_key){ .point = *p, .announced_ms = now_ms };
	if (d->n > 0)
		k->announced_ms = later_of(now_ms, d->key[d->n - 1].announced_ms);
	key_id_of(p, &k->id);
	d->n++;
	d->seq++;
	return 0;
}

int
generation_use(struct keydir *d, unsigned n, int64_t now_ms, int64_t overlap_ms)
{
	if (n == 0 || n > d->n)
		return GENERATION_E_UNKNOWN;
	struct keydir_key *k = &d->key[n - 1];
	if (keydir_state(k) != KEYDIR_ANNOUNCED)
		return GENERATION_E_STATE;
	if (count_used(d) > 0 && now_ms < k->announced_ms + overlap_ms)
		return GENERATION_E_EARLY;
	k->used_ms = later_of(now_ms, k->announced_ms);
	d->seq++;
	return 0;
}

int
generation_retire(struct keydir *d, unsigned n, int64_t now_ms)
{
	if (n == 0 || n > d->n)
		return GENERATION_E_UNKNOWN;
	struct keydir_key *k = &d->key[n - 1];
	if (keydir_state(k) != KEYDIR_USED)
		return GENERATION_E_STATE;
	if (count_used(d) == 1)
		return GENERATION_E_LAST;
	k->retired_ms = later_of(now_ms, k->used_ms);
	d->seq++;
	return 0;
}

int
generation_revoke(struct keydir *d, unsigned n, int64_t now_ms)
{
	if (n == 0 || n > d->n)
		return GENERATION_E_UNKNOWN;
	struct keydir_key *k = &d->key[n - 1];
	if (keydir_state(k) == KEYDIR_REVOKED)
		return GENERATION_E_STATE;
	k->revoked_ms = later_of(later_of(now_ms, k->announced_ms), k->retired_ms);
	d->seq++;
	return 0;
}

const char *
generation_refusal(int r)
{
	switch (r) {
	case GENERATION_E_UNKNOWN:
		return "there is no such generation";
	case GENERATION_E_STATE:
		return "it is not in the state for that: see the list";
	case GENERATION_E_EARLY:
		return "too early: sessions and verifiers may not know it yet ([seal] overlap_s)";
	case GENERATION_E_LAST:
		return "it alone signs: use another first";
	case GENERATION_E_FULL:
		return "too many generations: retire one, or there were 64";
	default:
		return NULL;
	}
}

/* --- files and token --- */

const char *
generation_path(struct arena *a, const struct seal_conf *c, struct muni_code muni)
{
	return arena_printf(a, "%s/%s.json", c->keys_dir, muni.s);
}

void
generation_label(char out[GENERATION_LABEL_BYTES], struct muni_code muni, unsigned n)
{
	if (n == 1)
		(void)snprintf(out, GENERATION_LABEL_BYTES, "sign-%s", muni.s);
	else
		(void)snprintf(out, GENERATION_LABEL_BYTES, "sign-%s-%u", muni.s, n);
}

/* A signing key of that label; one may be left of a run that was cut short. */
static int
key_ensure(
    struct token *t, const char *label, bool *ret_made, struct key_signer *ret, struct err *err)
{
	struct key_point point;
	int r = token_signer(t, label, ret, err);
	*ret_made = r == TOKEN_E_NO_KEY;
	if (r == TOKEN_E_NO_KEY)
		r = token_key_generate(t, label, TOKEN_SIGN, &point, err);
	if (r == 0 && *ret_made)
		r = token_signer(t, label, ret, err);
	return err_fold(err, r, "signing key");
}

static int
directory_read(struct arena *a, const struct seal_conf *c, struct muni_code muni,
    const struct root_set *roots, struct keydir *ret, struct err *err)
{
	struct keydir_roots points;
	struct keydir_file f;
	root_points(roots, &points);
	int r = keydir_file_open(&f, generation_path(a, c, muni), muni, &points, err);
	if (r == 0)
		*ret = f.dir;
	return err_trace(err, r, "key directory");
}

static int
directory_make(struct arena *a, const struct seal_conf *c, struct token *t, struct muni_code muni,
    const struct root_set *roots, int64_t now_ms, struct keydir *ret, struct err *err)
{
	struct keydir d = { .muni = muni };
	char label[GENERATION_LABEL_BYTES];
	struct key_signer first;
	bool made = false;
	generation_label(label, muni, 1);
	int r = key_ensure(t, label, &made, &first, err);
	if (r == 0)
		r = generation_announce(&d, &first.point, now_ms);
	if (r == 0)
		r = generation_use(&d, 1, now_ms, 0);
	d.seq = 1;
	if (r == 0)
		r = root_sign(a, c, t, roots, &d, err);
	if (r == 0)
		*ret = d;
	return err_fold(err, r, "first directory");
}

int
generation_init(const struct seal_conf *c, struct token *t, struct muni_code muni, int64_t now_ms,
    struct keydir *ret, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(GENERATION_ARENA_BYTES);
	struct root_set roots;
	bool fresh = false;
	int r = root_ensure(t, muni, &fresh, &roots, err);
	if (r == 0)
		r = fresh ? directory_make(a, c, t, muni, &roots, now_ms, ret, err)
			  : directory_read(a, c, muni, &roots, ret, err);
	if (r == 0)
		r = root_publish(a, c, muni, &roots, err);
	return err_trace(err, r, "init");
}

/* --- the commands --- */

static int
change_announce(struct change *x, struct err *err)
{
	char label[GENERATION_LABEL_BYTES];
	struct key_signer next;
	bool made = false;
	struct keydir tried = x->dir;
	/* Before a key is made: is there room for it at all? */
	int r = generation_announce(&tried, &x->roots.point[0], x->now_ms);
	if (r)
		return r;
	generation_label(label, x->muni, x->dir.n + 1);
	r = key_ensure(x->token, label, &made, &next, err);
	return r ? err_trace(err, r, "next") : generation_announce(&x->dir, &next.point, x->now_ms);
}

static int
change_make(struct change *x, const char *what, unsigned n, struct err *err)
{
	if (strcmp(what, "new") == 0)
		return change_announce(x, err);
	if (strcmp(what, "use") == 0)
		return generation_use(&x->dir, n, x->now_ms, x->conf->overlap_s * 1000);
	if (strcmp(what, "retire") == 0)
		return generation_retire(&x->dir, n, x->now_ms);
	return generation_revoke(&x->dir, n, x->now_ms);
}

static void
list_print(const struct keydir *d)
{
	int signs = keydir_pick(d, NULL, 0);
	printf("# %s: directory %lld\n", d->muni.s, (long long)d->seq);
	for (unsigned i = 0; i < d->n; i++) {
		const struct keydir_key *k = &d->key[i];
		const struct {
			const char *word;
			int64_t at_ms;
		} since[] = { { "announced", k->announced_ms }, { "used", k->used_ms },
			{ "retired", k->retired_ms }, { "revoked", k->revoked_ms } };
		char kid[2 * KEY_ID_BYTES + 1], at[26];
		text_hex_format(k->id.b, KEY_ID_BYTES, kid);
		printf("%u  %s  %s", i + 1, kid, keydir_state_name(keydir_state(k)));
		for (size_t j = 0; j < N_ELEMENTS(since); j++) {
			clock_format_rfc3339(since[j].at_ms, at);
			if (since[j].at_ms != 0)
				printf("  %s %s", since[j].word, at);
		}
		printf("%s\n", (int)i == signs ? "  signs" : "");
	}
	if (signs < 0)
		printf("# nothing signs: no order is answered\n");
}

static int
change_run(struct change *x, const char *what, unsigned n, struct err *err)
{
	if (strcmp(what, "list") == 0)
		return 0;
	int r = change_make(x, what, n, err);
	if (r)
		return err_trace(err, r, "change");
	LOG(LOG_LVL_NOTICE, "seal.generation", LOG_F("muni", x->muni),
	    LOG_F("seq", (long)x->dir.seq), LOG_F("generations", x->dir.n));
	return err_trace(err, change_write(x, err), "change");
}

int
generation_run(const struct seal_conf *c, int64_t now_ms, int argc, char **argv, struct err *err)
{
	static const struct {
		const char *word;
		int argc;
	} words[] = { { "new", 3 }, { "list", 3 }, { "use", 4 }, { "retire", 4 }, { "revoke", 4 } };
	AUTO(arena) struct arena *a = arena_new(GENERATION_ARENA_BYTES);
	struct change x;
	size_t i = 0;
	while (
	    i < N_ELEMENTS(words) && (argc != words[i].argc || strcmp(argv[0], words[i].word) != 0))
		i++;
	if (i == N_ELEMENTS(words))
		return GENERATION_E_USAGE;
	int r = change_open(&x, a, c, argv[2], now_ms, err);
	if (r == 0)
		r = change_run(&x, argv[0], argc == 4 ? change_number(argv[3]) : 0, err);
	if (r == 0)
		list_print(&x.dir);
	change_close(&x);
	return err_trace(err, r, "generation");
}
