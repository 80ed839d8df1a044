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
/* True: in, and bulkhead_leave() is owed. */
MUST_USE static inline bool
bulkhead_enter(struct bulkhead *b)
{
	if (atomic_fetch_add(&b->inside, 1) < b->limit)
		return true;
	(void)atomic_fetch_sub(&b->inside, 1);
	return false;
}
static inline void
bulkhead_leave(struct bulkhead *b)
{
	(void)atomic_fetch_sub(&b->inside, 1);
}
