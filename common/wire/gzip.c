/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/gzip.h"
#include "base/mem.h"

#include <limits.h>
#include <zlib.h>

enum { GZIP_WINDOW = 15 + 16 /* zlib's way to say: a gzip header, nothing else */, CHUNK = 65536 };

/* zlib takes a pointer to non-const and promises not to write. */
static Bytef *
input_of(const void *p)
{
	union {
		const void *in;
		Bytef *z;
	} u = { .in = p };
	return u.z;
}

int
gzip_pack(const void *p, size_t bytes, struct buf *out, struct err *err)
{
	uint8_t chunk[CHUNK];
	z_stream z = { 0 };
	if (bytes > UINT_MAX)
		return err_raise(err, FAULT_INTERNAL, "gzip input too large", 0);
	int r = deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY);
	if (r != Z_OK)
		return err_raise(err, FAULT_NOMEM, "deflate", r);
	z.next_in = input_of(p);
	z.avail_in = (uInt)bytes;
	do {
		z.next_out = chunk;
		z.avail_out = sizeof(chunk);
		r = deflate(&z, Z_FINISH);
		buf_put(out, chunk, sizeof(chunk) - z.avail_out);
	} while (r == Z_OK && buf_ok(out));
	(void)deflateEnd(&z);
	mem_wipe(chunk, sizeof(chunk));
	if (r != Z_STREAM_END || !buf_ok(out))
		return err_raise(err, FAULT_INTERNAL, "gzip does not fit", r);
	return 0;
}

int
gzip_unpack(const void *p, size_t bytes, struct buf *out, struct err *err)
{
	uint8_t chunk[CHUNK];
	z_stream z = { 0 };
	if (bytes > UINT_MAX)
		return err_raise(err, FAULT_BAD_INPUT, "gzip input too large", 0);
	int r = inflateInit2(&z, GZIP_WINDOW);
	if (r != Z_OK)
		return err_raise(err, FAULT_NOMEM, "inflate", r);
	z.next_in = input_of(p);
	z.avail_in = (uInt)bytes;
	do {
		z.next_out = chunk;
		z.avail_out = sizeof(chunk);
		r = inflate(&z, Z_NO_FLUSH);
		buf_put(out, chunk, sizeof(chunk) - z.avail_out);
	} while (r == Z_OK && buf_ok(out));
	size_t left = z.avail_in;
	(void)inflateEnd(&z);
	mem_wipe(chunk, sizeof(chunk));
	if (!buf_ok(out))
		return err_raise(
		    err, FAULT_BAD_INPUT, "gzip over its limit", (long)out->limit_bytes);
	if (r != Z_STREAM_END || left != 0)
		return err_raise(err, FAULT_BAD_INPUT, "gzip", r);
	return 0;
}
