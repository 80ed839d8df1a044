/* SPDX-License-Identifier: Apache-2.0 */
/* Mutants of the kiosk, which mixup-drive is. */
#include "backside/code.h"
#include "tests/mixup/mutants/mutant.h"

#include <string.h>

/* The modules of the page before are painted; each thread is a kiosk. */
int __wrap_backside_encode(
    const void *payload, size_t bytes, uint8_t modules[static BACKSIDE_BYTES], struct err *err);
int __real_backside_encode(
    const void *payload, size_t bytes, uint8_t modules[static BACKSIDE_BYTES], struct err *err);
int
__wrap_backside_encode(
    const void *payload, size_t bytes, uint8_t modules[static BACKSIDE_BYTES], struct err *err)
{
	static _Thread_local uint8_t before[BACKSIDE_BYTES], now[BACKSIDE_BYTES];
	static _Thread_local bool filled;
	int r = __real_backside_encode(payload, bytes, modules, err);
	if (r != 0 || !mutant("back painted from a kept picture"))
		return r;
	memcpy(now, modules, BACKSIDE_BYTES);
	if (filled)
		memcpy(modules, before, BACKSIDE_BYTES);
	memcpy(before, now, BACKSIDE_BYTES);
	filled = true;
	return 0;
}
