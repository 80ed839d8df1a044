/* complaint: format-security */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

char *f(struct arena *a, const char *name);
char *
f(struct arena *a, const char *name)
{
#ifdef RIGHT
	return arena_printf(a, "%s", name);
#else
	return arena_printf(a, name);
#endif
}
