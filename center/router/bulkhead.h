/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bulkhead - how many requests of one municipality may wait for its server at
 * once. A city whose server hangs fills its own, and nobody else's; who does not
 * get in is told at once.
 */
#pragma once
#include "base/attr.h"
#include <stdatomic.h>
#include <stdbool.h>

struct bulkhead {
	atomic_uint inside;
	unsigned limit;
};
static inline void
bulkhead_init(struct bulkhead *b, unsigned limit)
{
	atomic_init(&b->inside, 0);
	b->limit = limit;
}
/* @percent of its places, one at least. */
static inline unsigned
bulkhead_share(const struct bulkhead *b, unsigned percent)
{
	return (b->limit * percent + 99) / 100;
}
/*
 * True: in, and bulkhead_leave() is owed. Only @percent of the places are for the caller: what has
 * just begun leaves the others to what has come further, whose work would be lost.
 */
MUST_USE static inline bool
bulkhead_enter(struct bulkhead *b, unsigned percent)
{
	if (atomic_fetch_add(&b->inside, 1) < bulkhead_share(b, percent))
		return true;
	(void)atomic_fetch_sub(&b->inside, 1);
	return false;
}
/* Would bulkhead_enter() refuse now? */
static inline bool
bulkhead_is_full(struct bulkhead *b, unsigned percent)
{
	return atomic_load(&b->inside) >= bulkhead_share(b, percent);
}
static inline void
bulkhead_leave(struct bulkhead *b)
{
	(void)atomic_fetch_sub(&b->inside, 1);
}
