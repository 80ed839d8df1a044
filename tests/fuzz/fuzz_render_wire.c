/* SPDX-License-Identifier: Apache-2.0 */
/* The renderer's wire and kofu-seal's: what is read is written back as the very same bytes. */
#include "server/issue/render_wire.h"
#include "server/seal/seal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
same(const struct buf *b, const uint8_t *data, size_t size)
{
	if (!buf_ok(b) || b->bytes != size || memcmp(b->p, data, size) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena) struct arena *a = arena_new((size_t)512 << 20);
	struct render_request *q = arena_zero(a, sizeof(*q));
	struct render_result *r = arena_zero(a, sizeof(*r));
	struct seal_ask ask;
	struct err err = { 0 };
	struct buf b;
	buf_init(&b, SEAL_MAX_BYTES);
	if (render_request_decode(a, data, size, q, &err) == 0) {
		render_request_encode(q, &b);
		same(&b, data, size);
	}
	buf_done(&b);
	buf_init(&b, SEAL_MAX_BYTES);
	if (seal_papers_decode(a, data, size, &ask, &err) == 0) {
		seal_papers_encode(&ask, &b);
		same(&b, data, size);
	}
	buf_done(&b);
	buf_init(&b, SEAL_MAX_BYTES);
	if (render_result_decode(a, data, size, r, &err) == 0) {
		render_result_encode(r, &b);
		same(&b, data, size);
	}
	buf_done(&b);
	return 0;
}
