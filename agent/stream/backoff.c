/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/stream/backoff.h"

int
backoff_ms(unsigned tries, uint64_t random)
{
	int ms = BACKOFF_MIN_MS;
	for (unsigned i = 1; i < tries && ms < BACKOFF_MAX_MS; i++)
		ms *= 2;
	if (ms > BACKOFF_MAX_MS)
		ms = BACKOFF_MAX_MS;
	return ms - (int)(random % (uint64_t)(ms / 2 + 1));
}
