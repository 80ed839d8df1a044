/* complaint: _Generic */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

void f(unsigned char *pin);
void
f(unsigned char *pin)
{
#ifdef RIGHT
	LOG(LOG_LVL_NOTICE, "card.verified", LOG_F("given", pin != 0));
#else
	LOG(LOG_LVL_NOTICE, "card.verified", LOG_F("pin", pin));
#endif
}
