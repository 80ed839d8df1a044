/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sync/turn.h"
#include "base/mem.h"

#include <pthread.h>
#include <time.h>

struct turn {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	int64_t inside[TURN_MAX_WAITING];
	unsigned n;
	uint64_t n_left;
	int64_t newest; /* applied; 0 = none yet */
};

struct turn *
turn_new(void)
{
	pthread_condattr_t attr;
	struct turn *t = mem_zero(sizeof(*t));
	(void)pthread_mutex_init(&t->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&t->moved, &attr);
	(void)pthread_condattr_destroy(&attr);
	return t;
}

void
turn_free(struct turn *t)
{
	if (t == NULL)
		return;
	(void)pthread_cond_destroy(&t->moved);
	(void)pthread_mutex_destroy(&t->lock);
	mem_free(t);
}

/* The clock that the condition waits by. */
static int64_t
now_ms(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool
is_lowest(const struct turn *t, int64_t seq)
{
	for (unsigned i = 0; i < t->n; i++)
		if (t->inside[i] < seq)
			return false;
	return true;
}

/* Under the lock. False when the time is over. */
static bool
wait_until(struct turn *t, int64_t until_ms)
{
	const struct timespec until = { .tv_sec = until_ms / 1000,
		.tv_nsec = (long)(until_ms % 1000) * 1000000 };
	return pthread_cond_timedwait(&t->moved, &t->lock, &until) == 0;
}

bool
turn_enter(struct turn *t, int64_t seq, int64_t *ret_until_ms)
{
	int64_t until_ms = now_ms() + TURN_WAIT_MS;
	(void)pthread_mutex_lock(&t->lock);
	bool room = t->n < TURN_MAX_WAITING;
	if (room)
		t->inside[t->n++] = seq;
	while (room && !is_lowest(t, seq) && wait_until(t, until_ms))
		continue;
	(void)pthread_mutex_unlock(&t->lock);
	*ret_until_ms = until_ms;
	return room;
}

bool
turn_again(struct turn *t, int64_t seq, int64_t until_ms)
{
	(void)pthread_mutex_lock(&t->lock);
	uint64_t seen = t->n_left;
	bool in_time = true;
	while (in_time && (t->n_left == seen || !is_lowest(t, seq)))
		in_time = wait_until(t, until_ms);
	(void)pthread_mutex_unlock(&t->lock);
	return in_time;
}

bool
turn_follows(struct turn *t, int64_t seq)
{
	(void)pthread_mutex_lock(&t->lock);
	bool follows = t->newest == seq - 1 && seq > 1;
	(void)pthread_mutex_unlock(&t->lock);
	return follows;
}

void
turn_leave(struct turn *t, int64_t seq, bool applied)
{
	(void)pthread_mutex_lock(&t->lock);
	for (unsigned i = 0; i < t->n; i++) {
		if (t->inside[i] == seq) {
			t->inside[i] = t->inside[--t->n];
			break;
		}
	}
	t->n_left++;
	if (applied)
		t->newest = seq;
	(void)pthread_cond_broadcast(&t->moved);
	(void)pthread_mutex_unlock(&t->lock);
}
