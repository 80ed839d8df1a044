/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a connection may take until the head of its next request is whole.
 * The library's own limit starts anew with each byte: a head that drips would
 * hold its place for ever. And what is done when a rush is over.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "http/http_private.h"

#include <sys/socket.h>
#include <time.h>

enum { PATIENCE_LOOK_MS = 500, PATIENCE_REST_MS = 5 * 1000, PATIENCE_REST_PART = 4 };

void
http_patience_begin(struct http_server *s, struct http_conn *c, int fd)
{
	c->fd = fd;
	(void)pthread_mutex_lock(&s->lock);
	c->head_until_ms = clock_mono_ms() + s->head_ms;
	c->next = s->conns;
	c->prev = NULL;
	if (c->next != NULL)
		c->next->prev = c;
	s->conns = c;
	(void)pthread_mutex_unlock(&s->lock);
}

void
http_patience_set(struct http_server *s, struct http_conn *c, int ms)
{
	(void)pthread_mutex_lock(&s->lock);
	c->head_until_ms = ms > 0 ? clock_mono_ms() + ms : 0;
	(void)pthread_mutex_unlock(&s->lock);
}

void
http_patience_end(struct http_server *s, struct http_conn *c)
{
	(void)pthread_mutex_lock(&s->lock);
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		s->conns = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	(void)pthread_mutex_unlock(&s->lock);
}

/* Under the lock a listed socket is open: the library tells of the end before it closes. */
static void
cut_off(struct http_server *s, int64_t now_ms)
{
	for (struct http_conn *c = s->conns; c != NULL; c = c->next)
		if (c->head_until_ms != 0 && c->head_until_ms <= now_ms) {
			c->head_until_ms = 0;
			(void)shutdown(c->fd, SHUT_RDWR);
		}
}

/*
 * Under the lock. Once a rush is over: for PATIENCE_REST_MS no look has found more than a part of
 * the most that were answered at once. While it goes on, who answers would wait for the pool that
 * is being gone through, and need again at once what was given back.
 */
static bool
rest_is_due(struct http_server *s, int64_t now_ms)
{
	unsigned most = s->most_calls;
	s->most_calls = s->n_calls;
	if (most > s->peak_calls)
		s->peak_calls = most;
	if (most * PATIENCE_REST_PART > s->peak_calls) {
		s->busy_at_ms = now_ms;
		return false;
	}
	if (s->peak_calls == 0 || now_ms - s->busy_at_ms < PATIENCE_REST_MS)
		return false;
	s->peak_calls = most;
	return true;
}

static void *
watch(void *server)
{
	struct http_server *s = server;
	(void)pthread_mutex_lock(&s->lock);
	while (!s->watch_ends) {
		struct timespec until;
		(void)clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += PATIENCE_LOOK_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		(void)pthread_cond_timedwait(&s->watch_wakes, &s->lock, &until);
		cut_off(s, clock_mono_ms());
		if (!rest_is_due(s, clock_mono_ms()))
			continue;
		(void)pthread_mutex_unlock(&s->lock);
		mem_give_back();
		(void)pthread_mutex_lock(&s->lock);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return NULL;
}

int
http_patience_start(struct http_server *s, struct err *err)
{
	int r = pthread_create(&s->watch, NULL, watch, s);
	if (r != 0)
		return err_raise(err, FAULT_UNAVAILABLE, "thread of http", r);
	s->watched = true;
	return 0;
}

void
http_patience_stop(struct http_server *s)
{
	if (!s->watched)
		return;
	(void)pthread_mutex_lock(&s->lock);
	s->watch_ends = true;
	(void)pthread_cond_signal(&s->watch_wakes);
	(void)pthread_mutex_unlock(&s->lock);
	(void)pthread_join(s->watch, NULL);
}
