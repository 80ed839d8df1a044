/* complaint: expected .) */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

int f(struct err *err, const char *name);
int
f(struct err *err, const char *name)
{
	(void)name;
#ifdef RIGHT
	return err_raise(err, FAULT_BAD_INPUT, "name", 0);
#else
	return err_raise(err, FAULT_BAD_INPUT, name, 0);
#endif
}
