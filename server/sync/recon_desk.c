/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sync/recon_desk.h"
#include "base/mem.h"

#include <pthread.h>

/* What is kept of a run for the agent's last word. */
struct closed {
	uint64_t number; /* 0 = none */
	struct tally_key key;
	int64_t begun_ms;
};
struct slot {
	bool open, taken;
	uint64_t number;
	int64_t used_ms, begun_ms;
	struct recon_run run;
	struct closed closed;
};
struct recon_desk {
	pthread_mutex_t mutex;
	uint64_t last; /* number of the newest run */
	size_t n;
	struct slot *slot;
};

struct recon_desk *
recon_desk_new(size_t n)
{
	struct recon_desk *d = mem_zero(sizeof(*d));
	(void)pthread_mutex_init(&d->mutex, NULL);
	d->n = n;
	d->slot = mem_zero_n(n, sizeof(*d->slot));
	return d;
}

void
recon_desk_free(struct recon_desk *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->n; i++)
		recon_run_done(&d->slot[i].run);
	(void)pthread_mutex_destroy(&d->mutex);
	mem_free(d->slot);
	mem_free(d);
}

static void
slot_end(struct slot *s)
{
	recon_run_done(&s->run);
	*s = (struct slot){ .closed = s->closed };
}

/* Room for one more: what nobody asked about for long goes. */
static bool
has_room(struct recon_desk *d, int64_t now_ms)
{
	size_t open = 0;
	for (size_t i = 0; i < d->n; i++) {
		struct slot *s = &d->slot[i];
		if (s->open && !s->taken && now_ms - s->used_ms > RECON_IDLE_MS)
			slot_end(s);
		open += s->open;
	}
	return open < RECON_DESK_MAX;
}

int
recon_desk_open(struct recon_desk *d, size_t i, const struct tally_key *key, int64_t begun_ms,
    int64_t now_ms, uint64_t *ret)
{
	struct slot *s = &d->slot[i];
	int r = 0;
	(void)pthread_mutex_lock(&d->mutex);
	if (s->open && !s->taken)
		slot_end(s);
	if (s->open || !has_room(d, now_ms))
		r = RECON_E_BUSY;
	else {
		*s = (struct slot){ .closed = s->closed,
			.open = true,
			.number = ++d->last,
			.used_ms = now_ms,
			.begun_ms = begun_ms };
		s->run.key = *key;
		*ret = s->number;
	}
	(void)pthread_mutex_unlock(&d->mutex);
	return r;
}

int
recon_desk_take(
    struct recon_desk *d, size_t i, uint64_t number, int64_t now_ms, struct recon_run **ret)
{
	struct slot *s = &d->slot[i];
	int r = 0;
	(void)pthread_mutex_lock(&d->mutex);
	if (!s->open || s->number != number)
		r = RECON_E_NO_RUN;
	else if (s->taken)
		r = RECON_E_BUSY;
	else {
		s->taken = true;
		s->used_ms = now_ms;
		*ret = &s->run;
	}
	(void)pthread_mutex_unlock(&d->mutex);
	return r;
}

void
recon_desk_give(struct recon_desk *d, size_t i)
{
	(void)pthread_mutex_lock(&d->mutex);
	d->slot[i].taken = false;
	(void)pthread_mutex_unlock(&d->mutex);
}

void
recon_desk_close(struct recon_desk *d, size_t i, uint64_t number)
{
	(void)pthread_mutex_lock(&d->mutex);
	struct slot *s = &d->slot[i];
	if (s->open && !s->taken && s->number == number) {
		s->closed = (struct closed){ s->run.done ? number : 0, s->run.key, s->begun_ms };
		slot_end(s);
	}
	(void)pthread_mutex_unlock(&d->mutex);
}

int
recon_desk_closed(struct recon_desk *d, size_t i, uint64_t number, const struct tally_key *key,
    int64_t *ret_begun_ms)
{
	(void)pthread_mutex_lock(&d->mutex);
	const struct closed *c = &d->slot[i].closed;
	bool is_it =
	    number != 0 && c->number == number && mem_equal(c->key.b, key->b, sizeof(key->b));
	if (is_it)
		*ret_begun_ms = c->begun_ms;
	(void)pthread_mutex_unlock(&d->mutex);
	return is_it ? 0 : RECON_E_NO_RUN;
}
