/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sync/recon_desk.h"
#include "base/mem.h"

#include <pthread.h>

struct slot {
	bool open, taken;
	uint64_t number;
	int64_t used_ms;
	struct recon_run run;
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
	*s = (struct slot){ 0 };
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
recon_desk_open(
    struct recon_desk *d, size_t i, const struct tally_key *key, int64_t now_ms, uint64_t *ret)
{
	struct slot *s = &d->slot[i];
	int r = 0;
	(void)pthread_mutex_lock(&d->mutex);
	if (s->open && !s->taken)
		slot_end(s);
	if (s->open || !has_room(d, now_ms))
		r = RECON_E_BUSY;
	else {
		*s = (struct slot){ .open = true, .number = ++d->last, .used_ms = now_ms };
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
	if (d->slot[i].open && !d->slot[i].taken && d->slot[i].number == number)
		slot_end(&d->slot[i]);
	(void)pthread_mutex_unlock(&d->mutex);
}
