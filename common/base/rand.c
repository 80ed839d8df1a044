/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rand.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void
rand_bytes(void *p, size_t bytes)
{
	uint8_t *b = p;
	while (bytes > 0) {
		ssize_t n = getrandom(b, bytes, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			abort(); /* without randomness nothing we do is safe */
		b += n;
		bytes -= (size_t)n;
	}
}

uint64_t
rand_u64(void)
{
	uint64_t v;
	rand_bytes(&v, sizeof(v));
	return v;
}
