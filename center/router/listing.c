/* SPDX-License-Identifier: Apache-2.0 */
#include "center/router/listing.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "center/router/store.h"
#include "domain/muni.h"

#include <string.h>

void
listing_init(struct listing *l, bool only_listed)
{
	*l = (struct listing){ .lock = PTHREAD_RWLOCK_INITIALIZER, .only_listed = only_listed };
}

void
listing_done(struct listing *l)
{
	mem_free(l->rows);
	mem_free(l->cut);
	(void)pthread_rwlock_destroy(&l->lock);
	*l = (struct listing){ .n = 0 };
}

/* What is being read. */
struct fresh {
	struct announce *rows;
	size_t n;
	char (*cut)[65];
	size_t n_cut;
	bool too_many;
};

static void
fresh_listed(void *self, const struct announce *a)
{
	struct fresh *f = self;
	f->too_many = f->too_many || f->n == LISTING_MAX;
	if (!f->too_many)
		f->rows[f->n++] = *a;
}

static void
fresh_cut(void *self, const char *node, int64_t since_ms, const char *by)
{
	struct fresh *f = self;
	(void)since_ms, (void)by;
	f->too_many = f->too_many || f->n_cut == LISTING_MAX_CUT || strlen(node) > 64;
	if (!f->too_many)
		memcpy(f->cut[f->n_cut++], node, strlen(node) + 1);
}

/* Takes over what @f holds when it says something else; the former goes back by @f. */
static void
listing_take(struct listing *l, struct fresh *f)
{
	(void)pthread_rwlock_wrlock(&l->lock);
	bool same = l->rows != NULL && l->n == f->n && l->n_cut == f->n_cut &&
	    memcmp(l->rows, f->rows, f->n * sizeof(*f->rows)) == 0 &&
	    memcmp(l->cut, f->cut, f->n_cut * sizeof(*f->cut)) == 0;
	if (!same) {
		struct announce *rows = l->rows;
		char(*cut)[65] = l->cut;
		l->rows = f->rows;
		l->cut = f->cut;
		l->n = f->n;
		l->n_cut = f->n_cut;
		l->generation++;
		f->rows = rows;
		f->cut = cut;
	}
	(void)pthread_rwlock_unlock(&l->lock);
}

int
listing_read(struct listing *l, struct store *s, struct err *err)
{
	l->store = s;
	atomic_store(&l->read_mono_ms, clock_mono_ms());
	struct fresh f = { .rows = mem_zero_n(LISTING_MAX, sizeof(*f.rows)),
		.cut = mem_zero_n(LISTING_MAX_CUT, sizeof(*f.cut)) };
	int r = store_nodes_listed(s, fresh_listed, &f, err);
	if (r == 0)
		r = store_nodes_cut(s, fresh_cut, &f, err);
	if (r == 0 && f.too_many)
		r = err_raise(err, FAULT_CONFIG, "listed nodes past their limit", 0);
	if (r == 0)
		listing_take(l, &f);
	mem_free(f.rows);
	mem_free(f.cut);
	return err_trace(err, r, "listing");
}

void
listing_renew(struct listing *l)
{
	struct err err = { 0 };
	long long was = atomic_load(&l->read_mono_ms), now_ms = clock_mono_ms();
	if (l->store == NULL || now_ms - was < LISTING_RENEW_MS ||
	    !atomic_compare_exchange_strong(&l->read_mono_ms, &was, now_ms))
		return;
	if (listing_read(l, l->store, &err) != 0)
		log_fault("listing", (struct txn_id){ 0 }, &err);
}

uint64_t
listing_generation(struct listing *l)
{
	(void)pthread_rwlock_rdlock(&l->lock);
	uint64_t g = l->generation;
	(void)pthread_rwlock_unlock(&l->lock);
	return g;
}

enum node_verdict
listing_judge(struct listing *l, const struct announce *said, uint64_t *ret_generation)
{
	(void)pthread_rwlock_rdlock(&l->lock);
	enum node_verdict v = l->only_listed ? node_decide(l->rows, l->n, said) : NODE_LISTED;
	*ret_generation = l->generation;
	(void)pthread_rwlock_unlock(&l->lock);
	return v;
}

bool
listing_has_seal(struct listing *l, struct muni_code muni, const char *build)
{
	(void)pthread_rwlock_rdlock(&l->lock);
	bool has = !l->only_listed;
	for (size_t i = 0; !has && i < l->n; i++)
		has = muni_equal(l->rows[i].muni, muni) && strcmp(l->rows[i].seal, build) == 0;
	(void)pthread_rwlock_unlock(&l->lock);
	return has;
}

bool
listing_is_cut(struct listing *l, const char *node)
{
	bool cut = false;
	(void)pthread_rwlock_rdlock(&l->lock);
	for (size_t i = 0; !cut && i < l->n_cut; i++)
		cut = strcmp(l->cut[i], node) == 0;
	(void)pthread_rwlock_unlock(&l->lock);
	return cut;
}
