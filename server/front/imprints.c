/* SPDX-License-Identifier: Apache-2.0 */
#include "server/front/imprints.h"
#include "base/mem.h"
#include "queries/asp_front.h"
#include "server/front/front.h"
#include <string.h>

void
imprints_init(struct imprints *i)
{
	*i = (struct imprints){ .lock = PTHREAD_MUTEX_INITIALIZER };
}

static void
kept_drop(struct imprints *i)
{
	mem_free((void *)(uintptr_t)i->row.sealed);
	mem_free(i->content);
	i->row = (struct imprint_row){ 0 };
	i->content = NULL;
	i->content_bytes = 0;
}

void
imprints_done(struct imprints *i)
{
	kept_drop(i);
	(void)pthread_mutex_destroy(&i->lock);
}

static int
row_read(struct db *db, struct arena *a, int64_t number, struct imprint_row *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	size_t n = 0, n_tag = 0;
	int r = db_ask(db, &q_front_imprint_read, &rows, err, db_int_arg(number));
	if (r)
		return err_fold(err, r, "imprint");
	if (db_n(rows) == 0)
		return err_raise(err, FAULT_INTEGRITY, "imprint is gone", 0);
	const uint8_t *sealed = db_bytes(rows, 0, 1, &n), *tag = db_bytes(rows, 0, 2, &n_tag);
	if (sealed == NULL || tag == NULL || n_tag != IMPRINT_TAG_BYTES)
		return err_raise(err, FAULT_INTEGRITY, "imprint's columns", (long)n_tag);
	*ret = (struct imprint_row){ .number = number,
		.holds_ms = db_int(rows, 0, 0),
		.sealed = arena_memdup(a, sealed, n),
		.bytes = n };
	memcpy(ret->tag, tag, n_tag);
	return 0;
}

/*
 * Under the lock, out of what is kept. False when that is another version, or sealed under a data
 * key that kofu-seal may not have any more.
 */
static bool
kept_copy(const struct imprints *i, const struct vault *v, struct arena *a, int64_t number,
    const uint8_t *tag, struct imprints_taken *ret)
{
	if (i->row.number != number || memcmp(i->row.tag, tag, IMPRINT_TAG_BYTES) != 0 ||
	    vault_sealed_under(i->row.sealed, i->row.bytes) != vault_writes(v))
		return false;
	ret->row = i->row;
	ret->row.sealed = arena_memdup(a, i->row.sealed, i->row.bytes);
	ret->content = arena_memdup(a, i->content, i->content_bytes);
	ret->content_bytes = i->content_bytes;
	return true;
}

static uint8_t *
own_copy(const void *p, size_t bytes)
{
	uint8_t *own = mem_zero(bytes);
	memcpy(own, p, bytes);
	return own;
}

static int
fetch(const struct vault *v, struct db_pool *pool, struct arena *a, int64_t number,
    struct imprints_taken *ret, struct err *err)
{
	struct db *db = NULL;
	struct imprint checked;
	uint8_t *content = NULL;
	int r = db_pool_take(pool, FRONT_DB_WAIT_MS, &db, err);
	if (r)
		return err_trace(err, r, "database");
	r = row_read(db, a, number, &ret->row, err);
	db_pool_give(pool, db);
	if (r == 0)
		r = imprint_row_read(v, a, &ret->row, &checked, err);
	if (r == 0)
		r = imprint_row_open(v, a, &ret->row, &content, &ret->content_bytes, err);
	ret->content = content;
	return err_trace(err, r, "imprint");
}

int
imprints_take(struct imprints *i, const struct vault *v, struct db_pool *pool, struct arena *a,
    int64_t number, const uint8_t tag[IMPRINT_TAG_BYTES], struct imprints_taken *ret,
    struct err *err)
{
	struct imprints_taken t = { 0 };
	if (number == 0) {
		*ret = t;
		return 0;
	}
	(void)pthread_mutex_lock(&i->lock);
	bool kept = kept_copy(i, v, a, number, tag, &t);
	(void)pthread_mutex_unlock(&i->lock);
	int r = kept ? 0 : fetch(v, pool, a, number, &t, err);
	if (r == 0)
		r = imprint_decode(a, t.content, t.content_bytes, &t.imprint, err);
	if (r)
		return err_trace(err, r, "imprint");
	if (!kept) {
		(void)pthread_mutex_lock(&i->lock);
		kept_drop(i);
		i->row = t.row;
		i->row.sealed = own_copy(t.row.sealed, t.row.bytes);
		i->content = own_copy(t.content, t.content_bytes);
		i->content_bytes = t.content_bytes;
		(void)pthread_mutex_unlock(&i->lock);
	}
	*ret = t;
	return 0;
}
