/* SPDX-License-Identifier: Apache-2.0 */
/*
 * room - memory laid out once, before forks, for what is forked later (mem.h has the allocator).
 */
#pragma once
#include "base/attr.h"
#include <stdbool.h>
#include <stddef.h>

/*
 * From here on this process's mem_zero() and its like take from @zeroed, aligned for any type, as
 * long as it lasts, and nothing that was taken comes back: for a process that does one thing and
 * ends. One thread. What was had before is freed as ever.
 */
void mem_use_room(void *zeroed, size_t bytes);
/* What mem_huge() gave for @bytes is only read from here on. False: the system refuses. */
bool mem_huge_seal(void *p, size_t bytes);
