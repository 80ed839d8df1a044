/* SPDX-License-Identifier: Apache-2.0 */
#include "server/issue/render_wire.h"
#include <string.h>

enum { RUN_MAX = 128, RUN_WORTH = 3 };

/* Length of the run of equal bytes at the start. */
static size_t
run_at(const uint8_t *p, size_t bytes)
{
	size_t n = 1;
	while (n < bytes && n < RUN_MAX && p[n] == p[0])
		n++;
	return n;
}

void
packbits_pack(const uint8_t *p, size_t bytes, struct buf *out)
{
	for (size_t at = 0; at < bytes;) {
		size_t run = run_at(p + at, bytes - at);
		if (run >= RUN_WORTH) {
			buf_u8(out, (uint8_t)(257 - run));
			buf_u8(out, p[at]);
			at += run;
			continue;
		}
		size_t n = run;
		while (at + n < bytes && n + 2 < RUN_MAX &&
		    (run = run_at(p + at + n, bytes - at - n)) < RUN_WORTH)
			n += run;
		buf_u8(out, (uint8_t)(n - 1));
		buf_put(out, p + at, n);
		at += n;
	}
}

bool
packbits_unpack(const uint8_t *p, size_t bytes, uint8_t *out, size_t room)
{
	size_t at = 0, n = 0;
	while (at < bytes) {
		uint8_t c = p[at++];
		if (c == 128) /* the standard's no-op: the packer never writes it */
			return false;
		size_t run = c < 128 ? (size_t)c + 1 : 257 - (size_t)c;
		size_t need = c < 128 ? run : 1;
		if (need > bytes - at || run > room - n)
			return false;
		if (c < 128)
			memcpy(out + n, p + at, run);
		else
			memset(out + n, p[at], run);
		at += need;
		n += run;
	}
	return n == room;
}
