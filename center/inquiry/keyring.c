/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/keyring.h"
#include "base/clock.h"
#include "base/mem.h"
#include "center/inquiry/ownkeys.h"
#include "domain/muni.h"
#include "pki/token.h"

#include <pthread.h>
#include <string.h>

enum { KEYRING_ARENA_BYTES = 1 << 20 };

struct ring_key {
	struct keyring *ring;
	struct key_agreer in_token;
};
/* Never changed once it is in force. */
struct ring_set {
	struct check_keys keys; /* first: what is handed out */
	unsigned n_holders;     /* under the lock; being in force is one */
	struct ring_key in_token[OWNKEYS_MAX];
	struct key_agreer own[OWNKEYS_MAX]; /* lock, then ask in_token; newest first */
	struct key_id destroyed[OWNKEYS_MAX];
	struct check_signer *signers;
};
struct keyring {
	const struct inquiry_conf *conf;
	struct token *token; /* one session: */
	pthread_mutex_t token_lock;
	pthread_mutex_t lock; /* all below */
	struct keydir_file *munis;
	struct file_stamp own_stamp;
	const char *book_path;
	struct arena *arena; /* the path */
	int64_t next_look_ms;
	struct ring_set *now;
};

static int
locked_agree(
    void *self, const struct key_point *peer, uint8_t shared[KEY_SHARED_BYTES], struct err *err)
{
	struct ring_key *k = self;
	(void)pthread_mutex_lock(&k->ring->token_lock);
	int r = k->in_token.agree(k->in_token.self, peer, shared, err);
	(void)pthread_mutex_unlock(&k->ring->token_lock);
	return r;
}

static void
set_free(struct ring_set *s)
{
	if (s == NULL)
		return;
	mem_free(s->signers);
	mem_free(s);
}

/* Destroyed, or not in the token any more because destroying it was cut short. */
static void
key_gone(struct ring_set *s, const struct key_id *id)
{
	s->destroyed[s->keys.n_destroyed++] = *id;
}

static int
own_add(struct keyring *k, struct ring_set *s, const struct ownkeys_entry *e, struct err *err)
{
	struct ring_key *one = &s->in_token[s->keys.n_own];
	if (e->destroyed_ms != 0) {
		key_gone(s, &e->id);
		return 0;
	}
	(void)pthread_mutex_lock(&k->token_lock);
	int r = token_agreer(k->token, e->label, &one->in_token, err);
	(void)pthread_mutex_unlock(&k->token_lock);
	if (r == TOKEN_E_NO_KEY) {
		LOG(LOG_LVL_ERR, "inquiry.key-missing", LOG_F("made_ms", (long)e->made_ms));
		key_gone(s, &e->id);
		return 0;
	}
	if (r)
		return err_trace(err, r, "key");
	one->ring = k;
	s->own[s->keys.n_own++] = (struct key_agreer){ one, one->in_token.point, locked_agree };
	return 0;
}

static int
own_fill(struct keyring *k, struct ring_set *s, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(KEYRING_ARENA_BYTES);
	struct ownkeys keys;
	int r = ownkeys_load(a, k->conf, &keys, err);
	for (unsigned i = r == 0 ? keys.n : 0; r == 0 && i > 0; i--)
		r = own_add(k, s, &keys.entry[i - 1], err);
	if (r == 0 && s->keys.n_own == 0)
		r = err_raise(err, FAULT_CONFIG, "no inquiry key in the token: run init", 0);
	return err_trace(err, r, "inquiry keys");
}

static void
signers_fill(const struct keyring *k, struct ring_set *s)
{
	size_t n = 0;
	for (unsigned i = 0; i < k->conf->n_munis; i++)
		n += k->munis[i].dir.n;
	s->signers = mem_zero_n(n + 1, sizeof(*s->signers));
	for (unsigned i = 0; i < k->conf->n_munis; i++) {
		const struct keydir *d = &k->munis[i].dir;
		for (unsigned j = 0; j < d->n; j++)
			s->signers[s->keys.n_signers++] =
			    (struct check_signer){ d->muni, d->key[j] };
	}
	s->keys.signers = s->signers;
}

static int
set_make(struct keyring *k, struct ring_set **ret, struct err *err)
{
	struct ring_set *s = mem_zero(sizeof(*s));
	int r = own_fill(k, s, err);
	if (r) {
		set_free(s);
		return err_trace(err, r, "keys");
	}
	s->keys.own = s->own;
	s->keys.destroyed = s->destroyed;
	s->n_holders = 1;
	signers_fill(k, s);
	*ret = s;
	return 0;
}

static int
muni_open(struct keydir_file *f, const struct inquiry_muni_conf *m, struct err *err)
{
	struct muni_code muni;
	if (!muni_parse(m->code, strlen(m->code), &muni))
		return err_raise(err, FAULT_CONFIG, "municipality code", 0);
	int r = keydir_file_open_by(f, m->keys, m->root, muni, err);
	return err_trace(err, r, "municipality's keys");
}

int
keyring_open(const struct inquiry_conf *c, struct keyring **ret, struct err *err)
{
	const struct token_conf t = { c->token_module, c->token_label, c->token_pin };
	struct keyring *k = mem_zero(sizeof(*k));
	k->conf = c;
	k->arena = arena_new(KEYRING_ARENA_BYTES);
	k->munis = mem_zero_n(c->n_munis + 1, sizeof(*k->munis));
	(void)pthread_mutex_init(&k->token_lock, NULL);
	(void)pthread_mutex_init(&k->lock, NULL);
	k->book_path = ownkeys_book_path(k->arena, c);
	file_stamp(k->book_path, &k->own_stamp);
	int r = token_open(&t, &k->token, err);
	for (unsigned i = 0; r == 0 && i < c->n_munis; i++)
		r = muni_open(&k->munis[i], &c->munis[i], err);
	if (r == 0)
		r = set_make(k, &k->now, err);
	if (r) {
		keyring_close(k);
		return err_trace(err, r, "keyring");
	}
	*ret = k;
	return 0;
}

int
keyring_remember(struct keyring *k, const struct keydir_memory *memory, struct err *err)
{
	int r = 0;
	(void)pthread_mutex_lock(&k->lock);
	for (unsigned i = 0; i < k->conf->n_munis && r == 0; i++)
		r = keydir_file_remember(&k->munis[i], memory, err);
	(void)pthread_mutex_unlock(&k->lock);
	return err_trace(err, r, "keyring");
}

void
keyring_close(struct keyring *k)
{
	if (k == NULL)
		return;
	set_free(k->now);
	token_close(k->token);
	(void)pthread_mutex_destroy(&k->token_lock);
	(void)pthread_mutex_destroy(&k->lock);
	mem_free(k->munis);
	arena_free(k->arena);
	mem_free(k);
}

/* Under the lock. True when some file is another one and can be taken. */
static bool
files_changed(struct keyring *k)
{
	struct file_stamp own;
	file_stamp(k->book_path, &own);
	bool changed = !file_stamp_equal(&own, &k->own_stamp);
	k->own_stamp = own;
	for (unsigned i = 0; i < k->conf->n_munis; i++) {
		struct err err = { 0 };
		int r = keydir_file_look(&k->munis[i], &err);
		changed = changed || r == KEYDIR_E_NEW;
		if (r > 0)
			LOG(LOG_LVL_NOTICE, "keys.directory", LOG_F("muni", k->munis[i].dir.muni),
			    LOG_F("seq", (long)k->munis[i].dir.seq),
			    LOG_F("roots", k->munis[i].roots.n));
		if (r >= 0)
			continue;
		LOG(LOG_LVL_ERR, "keys.refused", LOG_F("muni", k->munis[i].dir.muni));
		log_fault("keys.directory", (struct txn_id){ 0 }, &err);
	}
	return changed;
}

/* Under the lock. */
static void
set_drop(struct ring_set *s)
{
	if (--s->n_holders == 0)
		set_free(s);
}

static void
look(struct keyring *k)
{
	struct err err = { 0 };
	struct ring_set *next = NULL;
	k->next_look_ms = clock_mono_ms() + KEYRING_LOOK_MS;
	if (!files_changed(k))
		return;
	if (set_make(k, &next, &err)) {
		k->own_stamp = (struct file_stamp){ 0 }; /* and again */
		log_fault("keys.not-taken", (struct txn_id){ 0 }, &err);
		return;
	}
	LOG(LOG_LVL_NOTICE, "keys.new", LOG_F("signers", next->keys.n_signers),
	    LOG_F("own", next->keys.n_own));
	set_drop(k->now);
	k->now = next;
}

const struct check_keys *
keyring_take(struct keyring *k)
{
	(void)pthread_mutex_lock(&k->lock);
	if (clock_mono_ms() >= k->next_look_ms)
		look(k);
	struct ring_set *s = k->now;
	s->n_holders++;
	(void)pthread_mutex_unlock(&k->lock);
	return &s->keys;
}

void
keyring_give(struct keyring *k, const struct check_keys *set)
{
	struct ring_set *s = (struct ring_set *)(uintptr_t)set;
	(void)pthread_mutex_lock(&k->lock);
	set_drop(s);
	(void)pthread_mutex_unlock(&k->lock);
}
