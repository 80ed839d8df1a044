/* complaint: mismatched-dealloc */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "base/mem.h"

void f(void);
void
f(void)
{
	struct arena *a = arena_new(4096);
#ifdef RIGHT
	arena_free(a);
#else
	mem_free(a);
#endif
}
