/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/stream/pipe.h"
#include "base/mem.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum place_state { PLACE_WAITS, PLACE_SENDING, PLACE_OVER };

struct place {
	enum place_state state;
	struct link_parcel parcel;
	int result;
	struct err err;
};
struct pipe {
	const struct link *link;
	pthread_mutex_t lock;
	pthread_cond_t given, over;
	struct place places[PIPE_DEPTH]; /* a ring */
	unsigned first, n;
	size_t bytes;
	bool ending;
	bool rang; /* over_fd was written to since it was read */
	atomic_uint n_over;
	int over_fd; /* eventfd: one was over since pipe_take() looked last */
	unsigned n_threads;
	pthread_t threads[PIPE_DEPTH];
};

static struct place *
waiting(struct pipe *p)
{
	for (unsigned i = 0; i < p->n; i++) {
		struct place *at = &p->places[(p->first + i) % PIPE_DEPTH];
		if (at->state == PLACE_WAITS)
			return at;
	}
	return NULL;
}

static void *
pipe_main(void *arg)
{
	struct pipe *p = arg;
	struct place *at;
	(void)pthread_mutex_lock(&p->lock);
	while (!p->ending) {
		at = waiting(p);
		if (at == NULL) {
			(void)pthread_cond_wait(&p->given, &p->lock);
			continue;
		}
		at->state = PLACE_SENDING;
		(void)pthread_mutex_unlock(&p->lock);
		int r = link_post(p->link, &at->parcel, &at->err);
		(void)pthread_mutex_lock(&p->lock);
		at->result = r;
		at->state = PLACE_OVER;
		atomic_fetch_add(&p->n_over, 1);
		if (!p->rang)
			(void)eventfd_write(p->over_fd, 1);
		p->rang = true;
		(void)pthread_cond_signal(&p->over);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return NULL;
}

int
pipe_open(const struct link *l, struct pipe **ret, struct err *err)
{
	pthread_condattr_t attr;
	struct pipe *p = mem_zero(sizeof(*p));
	p->link = l;
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&p->given, &attr);
	(void)pthread_cond_init(&p->over, &attr);
	(void)pthread_condattr_destroy(&attr);
	p->over_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->over_fd < 0) {
		int e = errno;
		pipe_close(p);
		return err_raise(err, FAULT_UNAVAILABLE, "eventfd", e);
	}
	while (p->n_threads < PIPE_DEPTH) {
		if (pthread_create(&p->threads[p->n_threads], NULL, pipe_main, p) != 0) {
			pipe_close(p);
			return err_raise(err, FAULT_UNAVAILABLE, "thread", 0);
		}
		p->n_threads++;
	}
	*ret = p;
	return 0;
}

void
pipe_close(struct pipe *p)
{
	if (p == NULL)
		return;
	(void)pthread_mutex_lock(&p->lock);
	p->ending = true;
	(void)pthread_cond_broadcast(&p->given);
	(void)pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->n_threads; i++)
		(void)pthread_join(p->threads[i], NULL);
	for (unsigned i = 0; i < p->n; i++)
		buf_done(&p->places[(p->first + i) % PIPE_DEPTH].parcel.body);
	(void)pthread_cond_destroy(&p->given);
	(void)pthread_cond_destroy(&p->over);
	(void)pthread_mutex_destroy(&p->lock);
	if (p->over_fd >= 0)
		(void)close(p->over_fd);
	mem_free(p);
}

bool
pipe_has_room(struct pipe *p)
{
	return p->n == 0 || (p->n < PIPE_DEPTH && p->bytes < PIPE_MAX_BYTES);
}

int
pipe_fd(const struct pipe *p)
{
	return p->over_fd;
}

unsigned
pipe_n(struct pipe *p)
{
	return p->n;
}

void
pipe_put(struct pipe *p, const struct link_parcel *parcel)
{
	(void)pthread_mutex_lock(&p->lock);
	p->places[(p->first + p->n) % PIPE_DEPTH] =
	    (struct place){ .state = PLACE_WAITS, .parcel = *parcel };
	p->n++;
	p->bytes += parcel->body.bytes;
	(void)pthread_cond_signal(&p->given);
	(void)pthread_mutex_unlock(&p->lock);
}

/* Under the lock. */
static bool
wait_over(struct pipe *p, const struct place *at, int wait_ms)
{
	struct timespec until;
	int late = 0;
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += wait_ms / 1000;
	until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	while (at->state != PLACE_OVER && wait_ms > 0 && late == 0)
		late = pthread_cond_timedwait(&p->over, &p->lock, &until);
	return at->state == PLACE_OVER;
}

int
pipe_take(struct pipe *p, int wait_ms, struct link_parcel *ret, struct err *err)
{
	struct place *at = &p->places[p->first];
	eventfd_t unused;
	/* Asked after each row of the register: mostly there is nothing. */
	if (p->n == 0 || (wait_ms <= 0 && atomic_load(&p->n_over) == 0))
		return PIPE_E_WAITS;
	(void)pthread_mutex_lock(&p->lock);
	bool over = wait_over(p, at, wait_ms);
	/* Taken in order: one that overtook the oldest wakes nobody until that one is over. */
	if (p->rang)
		(void)eventfd_read(p->over_fd, &unused);
	p->rang = false;
	int r = at->result;
	if (over && r == 0) {
		p->bytes -= at->parcel.body.bytes;
		buf_done(&at->parcel.body);
		*ret = at->parcel;
		p->first = (p->first + 1) % PIPE_DEPTH;
		p->n--;
		atomic_fetch_sub(&p->n_over, 1);
	}
	(void)pthread_mutex_unlock(&p->lock);
	if (!over)
		return PIPE_E_WAITS;
	if (r < 0)
		*err = at->err;
	return err_trace(err, r, "pipe");
}
