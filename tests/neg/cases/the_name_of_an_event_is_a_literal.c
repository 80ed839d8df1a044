/* complaint: expected .) */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

void f(const char *name);
void
f(const char *name)
{
	(void)name;
#ifdef RIGHT
	LOG(LOG_LVL_NOTICE, "issue.checked", LOG_F("copies", 1));
#else
	LOG(LOG_LVL_NOTICE, name, LOG_F("copies", 1));
#endif
}
