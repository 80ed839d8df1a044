/* SPDX-License-Identifier: Apache-2.0 */
/* A raster that is accepted comes back bit for bit when it is coded anew. */
#include "backside/bilevel.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_BYTES = 8 << 20, MAX_PX = 1 << 18, LIMIT_BYTES = 1 << 20 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bilevel b = { 0 }, again = { 0 };
	struct err err = { 0 };
	struct buf out;
	if (size >= 5 &&
	    (size_t)(data[1] << 8 | data[2]) * (size_t)(data[3] << 8 | data[4]) > MAX_PX)
		return 0; /* large ones are slow and teach nothing more */
	struct arena *a = arena_new(ARENA_BYTES);
	if (bilevel_decode(a, data, size, &b, &err) == 0) {
		buf_init(&out, LIMIT_BYTES);
		if (bilevel_encode(&b, &out, &err) != 0 || !buf_ok(&out) ||
		    bilevel_decode(a, out.p, out.bytes, &again, &err) != 0 ||
		    again.w_px != b.w_px || again.h_px != b.h_px ||
		    memcmp(again.p, b.p, b.stride_bytes * b.h_px) != 0)
			abort();
		buf_done(&out);
	}
	arena_free(a);
	return 0;
}
