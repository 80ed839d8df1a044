/* SPDX-License-Identifier: Apache-2.0 */
/* A version of the imprint: what is read is written back as the very same bytes. */
#include "domain/imprint.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena) struct arena *a = arena_new((size_t)1 << 20);
	struct err err = { 0 };
	struct imprint m;
	struct buf b;
	if (size > IMPRINT_MAX_BYTES || imprint_decode(a, data, size, &m, &err) != 0)
		return 0;
	buf_init(&b, IMPRINT_MAX_BYTES);
	imprint_encode(&m, &b);
	if (!buf_ok(&b) || b.bytes != size || memcmp(b.p, data, size) != 0)
		abort();
	buf_done(&b);
	return 0;
}
