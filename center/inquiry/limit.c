/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/limit.h"

#include <stdio.h>
#include <string.h>

enum { MINUTE_MS = 60 * 1000 };

void
limit_init(struct limit *l)
{
	memset(l, 0, sizeof(*l));
	(void)pthread_mutex_init(&l->lock, NULL);
}

void
limit_done(struct limit *l)
{
	(void)pthread_mutex_destroy(&l->lock);
}

static unsigned
slot_of(struct limit *l, const char *name)
{
	unsigned oldest = 0;
	for (unsigned i = 0; i < LIMIT_SLOTS; i++) {
		if (l->slot[i].full_ms != 0 && strcmp(l->slot[i].name, name) == 0)
			return i;
		if (l->slot[i].full_ms < l->slot[oldest].full_ms)
			oldest = i;
	}
	(void)snprintf(l->slot[oldest].name, LIMIT_MAX_NAME, "%s", name);
	l->slot[oldest].full_ms = 0;
	return oldest;
}

bool
limit_take(struct limit *l, const char *name, unsigned per_minute, unsigned n, int64_t now_ms,
    unsigned *ret_wait_s)
{
	if (n > per_minute)
		n = per_minute;
	(void)pthread_mutex_lock(&l->lock);
	unsigned i = slot_of(l, name);
	int64_t from = l->slot[i].full_ms > now_ms ? l->slot[i].full_ms : now_ms;
	/* What is taken moves the moment at which the bucket is full again. */
	int64_t full = from + (int64_t)n * MINUTE_MS / per_minute;
	bool ok = full <= now_ms + MINUTE_MS;
	if (ok)
		l->slot[i].full_ms = full;
	else
		*ret_wait_s = (unsigned)((full - now_ms - MINUTE_MS + 999) / 1000);
	(void)pthread_mutex_unlock(&l->lock);
	return ok;
}
