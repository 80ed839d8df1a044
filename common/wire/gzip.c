/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/gzip.h"

#include <libdeflate.h>

enum {
	GZIP_LEVEL = 1,
	GZIP_TAIL_BYTES = 8,   /* checksum, length */
	GZIP_MIN_BYTES = 18,   /* head and tail */
	GZIP_MAX_RATIO = 1032, /* of deflate: what claims more is none */
};

/* What @out may still take. */
static size_t
left_in(const struct buf *out)
{
	return out->failed ? 0 : out->limit_bytes - out->bytes;
}

int
gzip_pack(const void *p, size_t bytes, struct buf *out, struct err *err)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(GZIP_LEVEL);
	if (c == NULL)
		return err_raise(err, FAULT_NOMEM, "deflate", 0);
	size_t room = libdeflate_gzip_compress_bound(c, bytes);
	room = room < left_in(out) ? room : left_in(out);
	buf_expect(out, room);
	size_t n = room == 0 ? 0 : libdeflate_gzip_compress(c, p, bytes, out->p + out->bytes, room);
	libdeflate_free_compressor(c);
	if (n == 0)
		return err_raise(err, FAULT_INTERNAL, "gzip does not fit", (long)bytes);
	out->bytes += n;
	return 0;
}

/* How long it says it is unpacked, for which room is made: no more than so many bytes can hold. */
static bool
length_of(const uint8_t *p, size_t bytes, size_t *ret)
{
	if (bytes < GZIP_MIN_BYTES)
		return false;
	const uint8_t *t = p + bytes - 4;
	*ret = (size_t)t[0] | (size_t)t[1] << 8 | (size_t)t[2] << 16 | (size_t)t[3] << 24;
	return *ret <= (bytes - GZIP_TAIL_BYTES) * GZIP_MAX_RATIO;
}

int
gzip_unpack(const void *p, size_t bytes, struct buf *out, struct err *err)
{
	size_t room = 0, in = 0, n = 0;
	if (!length_of(p, bytes, &room))
		return err_raise(err, FAULT_BAD_INPUT, "gzip", (long)bytes);
	if (room > left_in(out))
		return err_raise(
		    err, FAULT_BAD_INPUT, "gzip over its limit", (long)out->limit_bytes);
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	if (d == NULL)
		return err_raise(err, FAULT_NOMEM, "inflate", 0);
	buf_expect(out, room);
	uint8_t none = 0;
	enum libdeflate_result r = libdeflate_gzip_decompress_ex(
	    d, p, bytes, room > 0 ? out->p + out->bytes : &none, room, &in, &n);
	libdeflate_free_decompressor(d);
	if (r != LIBDEFLATE_SUCCESS || in != bytes || n != room)
		return err_raise(err, FAULT_BAD_INPUT, "gzip", (long)r);
	out->bytes += n;
	return 0;
}
