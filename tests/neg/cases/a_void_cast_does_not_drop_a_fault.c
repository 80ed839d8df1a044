/* complaint: warn_unused_result */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

void f(struct err *err);
void
f(struct err *err)
{
#ifdef RIGHT
	int r = err_raise(err, FAULT_TIMEOUT, "center reply", 0);
	(void)r;
#else
	(void)err_raise(err, FAULT_TIMEOUT, "center reply", 0);
#endif
}
