/* complaint: _Generic */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

void f(char *name);
void
f(char *name)
{
#ifdef RIGHT
	LOG(LOG_LVL_NOTICE, "issue.checked", LOG_F("known", name != 0));
#else
	LOG(LOG_LVL_NOTICE, "issue.checked", LOG_F("name", name));
#endif
}
