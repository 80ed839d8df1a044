/* SPDX-License-Identifier: Apache-2.0 */
/* A record that is accepted is encoded to the very bytes it came from. */
#include "backside/payload.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_BYTES = 4 << 20 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(ARENA_BYTES);
	struct payload p = { 0 };
	struct err err = { 0 };
	struct buf out;
	if (payload_parse(a, data, size, &p, &err) == 0) {
		buf_init(&out, PAYLOAD_MAX_BYTES);
		if (payload_encode(&p, &out, &err) != 0 || out.bytes != size ||
		    memcmp(out.p, data, size) != 0)
			abort();
		buf_done(&out);
	}
	arena_free(a);
	return 0;
}
