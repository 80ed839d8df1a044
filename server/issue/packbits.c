/* SPDX-License-Identifier: Apache-2.0 */
#include "server/issue/render_wire.h"
#include <string.h>

enum { RUN_MAX = 128, RUN_WORTH = 3 };

/* Length of the run of equal bytes at the start. */
static size_t
run_at(const uint8_t *p, size_t bytes)
{
	const size_t max = bytes < RUN_MAX ? bytes : RUN_MAX;
	const uint64_t eight = p[0] * UINT64_C(0x0101010101010101);
	size_t n = 1;
	if (max >= RUN_WORTH && p[1] != p[0])
		return n;
	for (uint64_t next; n + sizeof(next) <= max; n += sizeof(next)) {
		memcpy(&next, p + n, sizeof(next));
		if (next != eight)
			break;
	}
	while (n < max && p[n] == p[0])
		n++;
	return n;
}

/* How far it is to the next run that is worth it, at most @max; at least 1. */
static size_t
literal_at(const uint8_t *p, size_t bytes, size_t max)
{
	size_t n = 1;
	while (n < max && (bytes - n < RUN_WORTH || p[n] != p[n + 1] || p[n] != p[n + 2]))
		n++;
	return n;
}

/* One run, or what stands before the next one; returns how much of @p that was. */
static size_t
piece_pack(const uint8_t *p, size_t bytes, uint8_t out[RUN_MAX + 1], size_t *ret_bytes)
{
	size_t run = run_at(p, bytes);
	if (run >= RUN_WORTH) {
		out[0] = (uint8_t)(257 - run);
		out[1] = p[0];
		*ret_bytes = 2;
		return run;
	}
	size_t n = literal_at(p, bytes, bytes < RUN_MAX ? bytes : RUN_MAX);
	out[0] = (uint8_t)(n - 1);
	memcpy(out + 1, p, n);
	*ret_bytes = n + 1;
	return n;
}

void
packbits_pack(const uint8_t *p, size_t bytes, struct buf *out)
{
	uint8_t some[16 * (RUN_MAX + 1)];
	size_t n = 0;
	for (size_t at = 0; at < bytes;) {
		size_t more = 0;
		at += piece_pack(p + at, bytes - at, some + n, &more);
		n += more;
		if (n > sizeof(some) - (RUN_MAX + 1)) {
			buf_put(out, some, n);
			n = 0;
		}
	}
	buf_put(out, some, n);
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
