/* complaint: mismatched-dealloc */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include <stdlib.h>

void f(void);
void
f(void)
{
	char *p = mem_zero(16);
#ifdef RIGHT
	mem_free(p);
#else
	free(p);
#endif
}
