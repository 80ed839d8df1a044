/* SPDX-License-Identifier: Apache-2.0 */
#include "server/seal/ring.h"
#include "base/mem.h"
#include "base/text.h"
#include "queries/asp_admin.h"
#include "server/seal/client.h"

#include <string.h>

/* The columns of key_ring.sql. */
enum { COL_MUNI, COL_SEQ, COL_WRITE, COL_USE, COL_GEN, COL_WRAPPED };

void
ring_init(struct ring *r, struct muni_code muni, const char *socket, struct vault *vault)
{
	*r = (struct ring){ .muni = muni, .socket = socket, .vault = vault };
	(void)pthread_mutex_init(&r->lock, NULL);
	vault_begin(vault, muni);
}

void
ring_done(struct ring *r)
{
	if (r->vault == NULL)
		return;
	vault_done(r->vault);
	(void)pthread_mutex_destroy(&r->lock);
	r->vault = NULL;
}

int64_t
ring_seq(const struct ring *r)
{
	return __atomic_load_n(&r->seq, __ATOMIC_ACQUIRE);
}

static bool
key_read(const struct db_rows *rows, size_t i, struct seal_key *ret)
{
	size_t n = 0;
	const uint8_t *p = db_bytes(rows, i, COL_WRAPPED, &n);
	*ret = (struct seal_key){ .use = (uint8_t)db_int(rows, i, COL_USE),
		.generation = (uint16_t)db_int(rows, i, COL_GEN) };
	if (p == NULL || n != SEAL_WRAPPED_BYTES)
		return false;
	memcpy(ret->wrapped, p, SEAL_WRAPPED_BYTES);
	return true;
}

static struct ring_key *
key_find(struct ring *r, const struct seal_key *k)
{
	for (unsigned i = 0; i < r->n; i++)
		if (r->key[i].key.use == k->use && r->key[i].key.generation == k->generation)
			return &r->key[i];
	return NULL;
}

static int
key_open(struct ring *r, const struct seal_key *k, struct err *err)
{
	uint8_t dek[SEAL_KEY_BYTES];
	if (r->n == RING_MAX_KEYS)
		return err_raise(err, FAULT_CONFIG, "too many keys", RING_MAX_KEYS);
	if (r->socket == NULL)
		return err_raise(err, FAULT_CONFIG, "no socket of kofu-seal", 0);
	int e = seal_unwrap(r->socket, r->muni, k, dek, err);
	if (e == SEAL_E_NO_KEY)
		return err_raise(err, FAULT_CONFIG, "kofu-seal has no keys of it", 0);
	if (e)
		return err_fold(err, e, "data key");
	if (k->use == SEAL_KEY_DATA)
		vault_put(r->vault, k->generation, dek);
	else if (k->use == SEAL_KEY_AUDIT)
		vault_put_audit(r->vault, k->generation, dek);
	else if (!vault_has(r->vault, 1)) /* which has it already */
		vault_put_ref(r->vault, dek);
	mem_wipe(dek, sizeof(dek));
	r->key[r->n++] = (struct ring_key){ .key = *k };
	return 0;
}

/* A key that came, or was wrapped anew. One that lingered is back. */
static int
key_take(struct ring *r, const struct seal_key *k, struct err *err)
{
	struct ring_key *known = key_find(r, k);
	if (known == NULL)
		return err_trace(err, key_open(r, k, err), "key");
	known->key = *k;
	known->gone_ms = 0;
	return 0;
}

/* Dropped after one term, wiped after two: by then nobody computes with it. */
static void
keys_linger(struct ring *r, int64_t now_ms)
{
	for (unsigned i = 0; i < r->n; i++) {
		struct ring_key *k = &r->key[i];
		if (k->gone_ms == 0 || now_ms - k->gone_ms < RING_LINGER_MS)
			continue;
		if (k->key.use == SEAL_KEY_DATA)
			vault_drop(r->vault, k->key.generation);
		if (now_ms - k->gone_ms < 2 * RING_LINGER_MS)
			continue;
		if (k->key.use == SEAL_KEY_DATA)
			vault_forget(r->vault, k->key.generation);
		*k = r->key[--r->n];
		i--;
	}
}

static int
keys_take(struct ring *r, const struct db_rows *rows, int64_t now_ms, struct err *err)
{
	bool here[RING_MAX_KEYS] = { false };
	for (size_t i = 0; i < db_n(rows); i++) {
		struct seal_key k;
		int e = key_read(rows, i, &k)
		    ? key_take(r, &k, err)
		    : err_raise(err, FAULT_CONFIG, "a wrapped key's length", (long)i);
		if (e)
			return err_trace(err, e, "keys");
		here[key_find(r, &k) - r->key] = true;
	}
	for (unsigned i = 0; i < r->n; i++)
		if (!here[i] && r->key[i].gone_ms == 0)
			r->key[i].gone_ms = now_ms;
	return 0;
}

/* What is written under comes last: whoever sees it has the key. */
static int
ring_take(struct ring *r, const struct db_rows *rows, int64_t now_ms, struct err *err)
{
	int64_t seq = db_int(rows, 0, COL_SEQ);
	unsigned write = (unsigned)db_int(rows, 0, COL_WRITE);
	if (seq == r->seq) {
		keys_linger(r, now_ms);
		return 0;
	}
	int e = keys_take(r, rows, now_ms, err);
	if (e)
		return err_trace(err, e, "ring");
	keys_linger(r, now_ms);
	vault_write_under(r->vault, write);
	__atomic_store_n(&r->seq, seq, __ATOMIC_RELEASE);
	return 0;
}

static int
look_locked(struct ring *r, struct db *db, int64_t now_ms, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int e = db_ask0(db, &q_admin_key_ring, &rows, err);
	if (e)
		return err_fold(err, e, "tenant");
	if (db_n(rows) == 0)
		return err_raise(err, FAULT_CONFIG, "not provisioned", 0);
	if (!text_equal(db_text(rows, 0, COL_MUNI), r->muni.s))
		return err_raise(err, FAULT_CONFIG, "database of another municipality", 0);
	return err_trace(err, ring_take(r, rows, now_ms, err), "ring");
}

/* One at a time: what was asked last is what is taken last. */
int
ring_look(struct ring *r, struct db *db, int64_t now_ms, struct err *err)
{
	(void)pthread_mutex_lock(&r->lock);
	int e = look_locked(r, db, now_ms, err);
	(void)pthread_mutex_unlock(&r->lock);
	return e;
}

/* Those of @gone as far as there is room, the newest first. */
static void
keys_tell(const struct ring *r, bool gone, struct seal_ask *q)
{
	for (unsigned i = r->n; i-- > 0 && q->n_keys < SEAL_MAX_KEYS;)
		if (r->key[i].key.use != SEAL_KEY_AUDIT && (r->key[i].gone_ms != 0) == gone)
			q->keys[q->n_keys++] = r->key[i].key;
}

void
ring_tell(struct ring *r, struct seal_ask *q)
{
	(void)pthread_mutex_lock(&r->lock);
	q->n_keys = 0;
	keys_tell(r, false, q);
	keys_tell(r, true, q);
	(void)pthread_mutex_unlock(&r->lock);
}
