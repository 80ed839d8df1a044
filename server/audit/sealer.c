/* SPDX-License-Identifier: Apache-2.0 */
#include "server/audit/sealer.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "queries/asp_audit.h"
#include "server/audit/audit.h"
#include "server/seal/client.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SEALER_ARENA_BYTES = 65536, WITNESS_MODE = 0640 };

struct sealer {
	struct sealer_conf conf;
	struct db **db; /* one a tenant, NULL until it opened */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool ending;
};

struct round {
	struct db *db;
	int64_t seq;
	uint8_t head[AUDIT_HASH_BYTES];
	int64_t first_id, last_id;
};

static int
head_read(struct round *q, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	size_t n = 0;
	int r = db_ask0(q->db, &q_audit_head_lock, &rows, err);
	if (r)
		return err_fold(err, r, "head");
	const uint8_t *p = db_bytes(rows, 0, 1, &n);
	if (p == NULL || n != sizeof(q->head))
		return err_raise(err, FAULT_INTEGRITY, "head", (long)n);
	q->seq = db_int(rows, 0, 0);
	memcpy(q->head, p, sizeof(q->head));
	return 0;
}

static int
link_one(struct round *q, struct db_copy *c, const struct db_rows *rows, size_t i, struct err *err)
{
	struct audit_row row;
	uint8_t leaf[AUDIT_HASH_BYTES];
	if (!audit_row_read(rows, i, 0, &row))
		return err_raise(err, FAULT_INTEGRITY, "audit row", 0);
	audit_leaf(&row, leaf);
	audit_head(q->head, ++q->seq, leaf, q->head);
	q->first_id = i == 0 ? row.id : q->first_id;
	q->last_id = row.id;
	const struct db_arg args[] = { db_int_arg(q->seq), db_int_arg(row.id),
		db_bytes_arg(q->head, sizeof(q->head)) };
	return db_copy_row(c, args, N_ELEMENTS(args), err);
}

static int
link_all(struct round *q, const struct db_rows *rows, struct err *err)
{
	struct db_copy *c = NULL;
	struct err later = { 0 };
	uint64_t n = 0;
	int r = db_copy_begin(q->db, &q_audit_link_copy, &c, err);
	if (r)
		return err_fold(err, r, "links");
	for (size_t i = 0; r == 0 && i < db_n(rows); i++)
		r = link_one(q, c, rows, i, err);
	int end = db_copy_end(c, &n, r ? &later : err);
	return err_fold(err, r ? r : end, "links");
}

static int
round_write(struct round *q, const char *jws, struct err *err)
{
	int r =
	    db_ask(q->db, &q_audit_checkpoint_add, NULL, err, db_int_arg(q->seq), db_text_arg(jws));
	if (r == 0)
		r = db_ask(q->db, &q_audit_head_move, NULL, err, db_int_arg(q->seq),
		    db_bytes_arg(q->head, sizeof(q->head)));
	if (r == 0)
		r = db_ask(q->db, &q_audit_open_clear, NULL, err, db_int_arg(q->first_id),
		    db_int_arg(q->last_id));
	return err_fold(err, r, "round");
}

static int
witness_tell(
    struct arena *a, const char *dir, struct muni_code muni, const char *jws, struct err *err)
{
	return file_write_atomic(
	    arena_printf(a, "%s/%s.jws", dir, muni.s), jws, strlen(jws), WITNESS_MODE, err);
}

static int
round_inside(struct round *q, struct arena *a, struct muni_code muni, const char *socket,
    const char **ret_jws, unsigned *ret_n, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = head_read(q, err);
	if (r == 0)
		r = db_ask(q->db, &q_audit_open_list, &rows, err, db_int_arg(SEALER_BATCH));
	if (r)
		return err_fold(err, r, "open rows");
	*ret_n = (unsigned)db_n(rows);
	if (*ret_n == 0)
		return 0;
	r = link_all(q, rows, err);
	if (r == 0)
		r = seal_checkpoint(socket, a, muni, q->seq, q->head, ret_jws, err);
	if (r == 0)
		r = round_write(q, *ret_jws, err);
	return err_fold(err, r, "round");
}

int
sealer_round(struct db *db, struct muni_code muni, const char *seal_socket, const char *witness_dir,
    unsigned *ret_n, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(SEALER_ARENA_BYTES);
	struct round q = { .db = db };
	const char *jws = NULL;
	int r = db_begin(db, DB_READ_COMMITTED, err);
	if (r == 0)
		r = round_inside(&q, a, muni, seal_socket, &jws, ret_n, err);
	if (r == 0)
		r = db_commit(db, err);
	if (r)
		db_rollback(db);
	/* After the commit: a witness may never know more than was kept. */
	if (r == 0 && jws != NULL && witness_dir != NULL)
		r = witness_tell(a, witness_dir, muni, jws, err);
	return err_fold(err, r, "sealer");
}

static void
tenant_round(struct sealer *s, unsigned i)
{
	const struct sealer_tenant *t = &s->conf.tenants[i];
	struct err err = { 0 };
	unsigned n = SEALER_BATCH;
	int r = s->db[i] == NULL ? db_open(t->conninfo, &s->db[i], &err) : 0;
	while (r == 0 && n == SEALER_BATCH)
		r = sealer_round(
		    s->db[i], t->muni, s->conf.seal_socket, s->conf.witness_dir, &n, &err);
	if (r == 0)
		return;
	log_fault("audit.not-sealed", (struct txn_id){ 0 }, &err);
	db_close(s->db[i]);
	s->db[i] = NULL;
}

/* True when it is to end. */
static bool
rest(struct sealer *s)
{
	struct timespec until;
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += SEALER_EVERY_MS / 1000;
	(void)pthread_mutex_lock(&s->lock);
	if (!s->ending)
		(void)pthread_cond_clockwait(&s->wake, &s->lock, CLOCK_MONOTONIC, &until);
	bool ending = s->ending;
	(void)pthread_mutex_unlock(&s->lock);
	return ending;
}

static void *
sealer_run(void *self)
{
	struct sealer *s = self;
	bool ending = false;
	while (!ending) {
		ending = rest(s);
		for (unsigned i = 0; i < s->conf.n_tenants; i++)
			tenant_round(s, i);
	}
	return NULL;
}

int
sealer_start(const struct sealer_conf *c, struct sealer **ret, struct err *err)
{
	if (c->witness_dir != NULL && access(c->witness_dir, W_OK | X_OK) != 0)
		return err_raise(err, FAULT_CONFIG, "witness folder", errno);
	struct sealer *s = mem_zero(sizeof(*s));
	s->conf = *c;
	s->db = mem_zero_n(c->n_tenants, sizeof(struct db *));
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_cond_init(&s->wake, NULL);
	int r = pthread_create(&s->thread, NULL, sealer_run, s);
	if (r != 0) {
		mem_free(s->db);
		mem_free(s);
		return err_raise(err, FAULT_UNAVAILABLE, "sealer's thread", r);
	}
	*ret = s;
	return 0;
}

void
sealer_stop(struct sealer *s)
{
	if (s == NULL)
		return;
	(void)pthread_mutex_lock(&s->lock);
	s->ending = true;
	(void)pthread_cond_signal(&s->wake);
	(void)pthread_mutex_unlock(&s->lock);
	(void)pthread_join(s->thread, NULL);
	for (unsigned i = 0; i < s->conf.n_tenants; i++)
		db_close(s->db[i]);
	(void)pthread_mutex_destroy(&s->lock);
	(void)pthread_cond_destroy(&s->wake);
	mem_free(s->db);
	mem_free(s);
}
