/* SPDX-License-Identifier: Apache-2.0 */
/* What js_parse() takes, js_format() writes so that it reads as the same value. */
#include "wire/js.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(json_t) json_t *j = NULL;
	AUTO(json_t) json_t *again = NULL;
	struct err err = { 0 };
	struct buf b;
	if (js_parse(data, size, &j, &err) != 0)
		return 0;
	buf_init(&b, JS_MAX_BYTES);
	if (js_format(j, &b, &err) != 0 || js_parse(b.p, b.bytes, &again, &err) != 0 ||
	    !json_equal(j, again))
		abort();
	buf_done(&b);
	static const char *const names[] = { "a", "b?", NULL };
	AUTO(arena) struct arena *a = arena_new(64);
	uint8_t *p = NULL;
	uint8_t hex[4];
	size_t n = 0;
	if (js_members(j, names, &err) == 0 && js_b64url(a, j, "a", 16, &p, &n, &err) == 0 &&
	    n > 16)
		abort();
	(void)!js_hex(j, "a", hex, sizeof(hex), &err);
	return 0;
}
