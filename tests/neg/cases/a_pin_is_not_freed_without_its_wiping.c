/* complaint: mismatched-dealloc */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "kiosk/card/card.h"

void f(void);
void
f(void)
{
	struct card_pin *pin = card_pin_new();
#ifdef RIGHT
	card_pin_free(pin);
#else
	mem_free(pin);
#endif
}
