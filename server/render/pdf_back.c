/* SPDX-License-Identifier: Apache-2.0 */
#include "pdf_back.h"

#include "base/bytes.h"
#include "base/mem.h"

#include <libdeflate.h>

enum { HAIRLINES_MAX_BYTES = 1 << 17 };

static void
put_bar(struct buf *b, int x, int y, int w, int h)
{
	buf_printf(b, "%d.%02d %d.%02d %d.%02d %d.%02d re\n", x / 100, x % 100, y / 100, y % 100,
	    w / 100, w % 100, h / 100, h % 100);
}

/*
 * Bars, not strokes: readers widen a thin stroke to a whole pixel, which at 100
 * dpi would leave nothing of the image. All in one path, so that their edges are
 * not snapped either, and a trifle narrower than the dot, so that a printer that
 * paints every dot it touches paints one.
 */
static void
put_hairlines(struct buf *b)
{
	const int w = PDF_BACK_W, h = PDF_BACK_H, inset = 1;
	const int width = DLIST_DOT - 2 * inset;
	buf_text(b, "1 g\n");
	for (int x = PDF_BACK_MODULE - DLIST_DOT; x < w; x += PDF_BACK_MODULE)
		put_bar(b, x + inset, 0, width, h);
	for (int y = 0; y < h; y += PDF_BACK_MODULE)
		put_bar(b, 0, y + inset, w, width);
	buf_text(b, "f\n");
}

int
pdf_back_hairlines(
    struct libdeflate_compressor *deflate, uint8_t **ret, size_t *ret_bytes, struct err *err)
{
	struct buf b;
	buf_init(&b, HAIRLINES_MAX_BYTES);
	put_hairlines(&b);
	size_t room = libdeflate_zlib_compress_bound(deflate, b.bytes);
	uint8_t *z = mem_raw(room);
	size_t n = libdeflate_zlib_compress(deflate, b.p, b.bytes, z, room);
	bool ok = buf_ok(&b) && n != 0;
	buf_done(&b);
	if (ok) {
		*ret = mem_fitted(z, n);
		*ret_bytes = n;
	}
	mem_free(z);
	return ok ? 0 : err_raise(err, FAULT_INTERNAL, "hair lines", (long)n);
}
