/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/mem.h"
#include "db/db_private.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

struct idle {
	struct db *db;
	int64_t since_ms;
};
struct db_pool {
	pthread_mutex_t lock;
	pthread_cond_t given;
	char *conninfo;
	unsigned max;
	unsigned n_idle;
	unsigned n_all;    /* idle, taken or being opened */
	struct idle *idle; /* a stack: what a rush has opened sinks to its bottom */
};

int
db_pool_open(const char *conninfo, unsigned max, struct db_pool **ret, struct err *err)
{
	struct db *first = NULL;
	pthread_condattr_t attr;
	if (max == 0)
		return err_raise(err, FAULT_CONFIG, "pool of none", 0);
	int r = db_open(conninfo, &first, err);
	if (r)
		return err_trace(err, r, "pool");
	struct db_pool *p = mem_zero(sizeof(*p));
	p->idle = mem_zero_n(max, sizeof(*p->idle));
	p->conninfo = mem_strndup(conninfo, strlen(conninfo));
	p->max = max;
	p->idle[0] = (struct idle){ first, clock_mono_ms() };
	p->n_idle = p->n_all = 1;
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&p->given, &attr);
	(void)pthread_condattr_destroy(&attr);
	*ret = p;
	return 0;
}

void
db_pool_close(struct db_pool *p)
{
	if (p == NULL)
		return;
	for (unsigned i = 0; i < p->n_idle; i++)
		db_close(p->idle[i].db);
	mem_wipe(p->conninfo, strlen(p->conninfo));
	mem_free(p->conninfo);
	mem_free(p->idle);
	(void)pthread_cond_destroy(&p->given);
	(void)pthread_mutex_destroy(&p->lock);
	mem_free(p);
}

static struct timespec
pool_until(int wait_ms)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += wait_ms / 1000;
	t.tv_nsec += (long)(wait_ms % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	return t;
}

/* An idle one into *ret, or NULL there and leave to open one more. */
static int
pool_wait(struct db_pool *p, int wait_ms, struct db **ret, struct err *err)
{
	struct timespec until = pool_until(wait_ms);
	int late = 0;
	(void)pthread_mutex_lock(&p->lock);
	while (p->n_idle == 0 && p->n_all == p->max && late != ETIMEDOUT)
		late = pthread_cond_timedwait(&p->given, &p->lock, &until);
	struct db *db = p->n_idle > 0 ? p->idle[--p->n_idle].db : NULL;
	bool more = db == NULL && p->n_all < p->max;
	p->n_all += more;
	(void)pthread_mutex_unlock(&p->lock);
	if (db == NULL && !more)
		return err_raise(err, FAULT_TIMEOUT, "all connections taken", (long)p->max);
	*ret = db;
	return 0;
}

static void
pool_put(struct db_pool *p, struct db *db)
{
	(void)pthread_mutex_lock(&p->lock);
	if (db != NULL)
		p->idle[p->n_idle++] = (struct idle){ db, clock_mono_ms() };
	else
		p->n_all--;
	(void)pthread_cond_signal(&p->given);
	(void)pthread_mutex_unlock(&p->lock);
}

int
db_pool_take(struct db_pool *p, int wait_ms, struct db **ret, struct err *err)
{
	struct db *db = NULL;
	int r = pool_wait(p, wait_ms, &db, err);
	if (r)
		return r;
	if (db == NULL)
		r = db_open(p->conninfo, &db, err);
	else if (!db_is_alive(db))
		r = db_reopen(db, err);
	if (r) {
		pool_put(p, db); /* a dead one is tried again by the next */
		return err_trace(err, r, "pool");
	}
	*ret = db;
	return 0;
}

/* Under the lock: one that nobody has used for so long, or NULL; the last always stays. */
static struct db *
pool_cold(struct db_pool *p, int64_t now_ms, int64_t idle_ms)
{
	if (p->n_idle == 0 || p->n_all == 1 || now_ms - p->idle[0].since_ms < idle_ms)
		return NULL;
	struct db *db = p->idle[0].db;
	memmove(p->idle, p->idle + 1, --p->n_idle * sizeof(p->idle[0]));
	p->n_all--;
	return db;
}

void
db_pool_tidy(struct db_pool *p, int64_t idle_ms)
{
	struct db *cold;
	do {
		(void)pthread_mutex_lock(&p->lock);
		cold = pool_cold(p, clock_mono_ms(), idle_ms);
		(void)pthread_mutex_unlock(&p->lock);
		db_close(cold);
	} while (cold != NULL);
}

void
db_pool_give(struct db_pool *p, struct db *db)
{
	db_rollback(db);
	pool_put(p, db);
	db_pool_tidy(p, DB_POOL_IDLE_MS);
}
