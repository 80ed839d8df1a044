/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a municipality may have signed, and a text that says it was: read without
 * a fault or refused; what is read says the same again when it is written.
 */
#include "center/offline/opened.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_BYTES = 64 << 20 };

static void
as_record(struct arena *a, const uint8_t *data, size_t size)
{
	struct envelope_opened e = { .record = data, .record_bytes = size };
	struct opened o;
	struct err err = { 0 };
	struct buf b;
	memcpy(
	    e.front, "KFBS\1\1", 6); /* header: magic, version, suite; two key ids; municipality */
	memcpy(e.front + 22, "991015", 6);
	if (opened_read(a, &e, &o, &err))
		return;
	AUTO(json_t) json_t *j = opened_json(&o);
	buf_init(&b, OPENED_MAX_BYTES);
	if (js_format(j, &b, &err) || !buf_ok(&b))
		abort(); /* a record always fits */
	buf_done(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(ARENA_BYTES);
	const struct opened_signer none = { .muni = { "991015" } }; /* kid and point are zeros */
	struct opened o;
	struct err err = { 0 };
	if (opened_check(a, data, size, &none, 1, &o, &err) == 0)
		abort(); /* nobody signed it */
	as_record(a, data, size);
	arena_free(a);
	return 0;
}
