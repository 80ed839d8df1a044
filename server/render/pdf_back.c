/* SPDX-License-Identifier: Apache-2.0 */
#include "pdf_back.h"

#include "base/bytes.h"
#include "base/mem.h"

#include <libdeflate.h>

enum { HAIRLINES_MAX_BYTES = 1 << 17 };

static void
put_hairlines(struct buf *b)
{
	const int w = PDF_BACK_W, h = PDF_BACK_H, half = DLIST_DOT / 2;
	/* Stroke adjustment: each line one dot, not the two that it may touch. */
	buf_text(b, "/A gs 1 G 0.12 w\n");
	for (int x = PDF_BACK_MODULE - half; x < w; x += PDF_BACK_MODULE)
		buf_printf(b, "%d.%02d 0 m %d.%02d %d.%02d l\n", x / 100, x % 100, x / 100, x % 100,
		    h / 100, h % 100);
	for (int y = half; y < h; y += PDF_BACK_MODULE)
		buf_printf(b, "0 %d.%02d m %d.%02d %d.%02d l\n", y / 100, y % 100, w / 100, w % 100,
		    y / 100, y % 100);
	buf_text(b, "S\n");
}

int
pdf_back_hairlines(
    struct libdeflate_compressor *deflate, uint8_t **ret, size_t *ret_bytes, struct err *err)
{
	struct buf b;
	buf_init(&b, HAIRLINES_MAX_BYTES);
	put_hairlines(&b);
	size_t room = libdeflate_zlib_compress_bound(deflate, b.bytes);
	uint8_t *z = mem_zero(room);
	size_t n = libdeflate_zlib_compress(deflate, b.p, b.bytes, z, room);
	bool ok = buf_ok(&b) && n != 0;
	buf_done(&b);
	if (!ok) {
		mem_free(z);
		return err_raise(err, FAULT_INTERNAL, "hair lines", (long)n);
	}
	*ret = z;
	*ret_bytes = n;
	return 0;
}
