/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/bilevel.h"
#include "backside/drawing.h"
#include "backside/generic.h"
#include "backside/repeats.h"

#include "base/mem.h"
#include <string.h>

static bool
size_is_legal(unsigned w_px, unsigned h_px)
{
	return w_px > 0 && h_px > 0 && w_px <= BILEVEL_MAX_SIDE_PX && h_px <= BILEVEL_MAX_SIDE_PX;
}

/* The page as its version has it: pixels coded one by one, and (from 2 on) repeats. */
static void
write_page(unsigned version, const struct bilevel *img, const struct repeats *r, struct buf *out)
{
	struct mq_encoder e;
	buf_u8(out, (uint8_t)version);
	buf_u16(out, (uint16_t)img->w_px);
	buf_u16(out, (uint16_t)img->h_px);
	mq_encoder_init(&e, out);
	generic_encode(&e, img);
	if (version == BILEVEL_VERSION)
		repeats_encode(&e, img, r);
	mq_encoder_finish(&e);
}

/* A copy of the pixels: rows one behind the other, white past the width. */
static uint8_t *
copy_rows(const struct bilevel *img, size_t row_bytes)
{
	uint8_t *rows = mem_raw(row_bytes * img->h_px);
	uint8_t last = (uint8_t)(0xFFU << (row_bytes * 8 - img->w_px));
	for (unsigned y = 0; y < img->h_px; y++) {
		uint8_t *row = rows + (size_t)y * row_bytes;
		memcpy(row, img->p + (size_t)y * img->stride_bytes, row_bytes);
		row[row_bytes - 1] &= last;
	}
	return rows;
}

int
bilevel_encode(const struct bilevel *img, struct buf *out, struct err *err)
{
	size_t row_bytes = (img->w_px + 7U) / 8;
	struct repeats r;
	if (!size_is_legal(img->w_px, img->h_px) || img->stride_bytes < row_bytes)
		return err_raise(err, FAULT_BAD_INPUT, "size of a raster", (long)img->w_px);
	uint8_t *rows = copy_rows(img, row_bytes);
	const struct bilevel left = { rows, img->w_px, img->h_px, row_bytes };
	repeats_find(&left, rows, &r);
	write_page(BILEVEL_VERSION, &left, &r, out);
	repeats_done(&r);
	mem_wipe(rows, row_bytes * img->h_px);
	mem_free(rows);
	return 0;
}

/* Would what was read be written as these bytes? @left: the page without its repeats. */
static bool
is_canonical(unsigned version, const struct bilevel *left, const struct repeats *r, const void *p,
    size_t bytes)
{
	struct buf b;
	buf_init(&b, bytes);
	write_page(version, left, r, &b);
	bool same = buf_ok(&b) && b.bytes == bytes && memcmp(b.p, p, bytes) == 0;
	buf_done(&b);
	return same;
}

static int
read_page(unsigned version, struct rd *r, const struct bilevel *img, uint8_t *rows, const void *all,
    struct err *err)
{
	struct mq_decoder d;
	struct repeats repeats = { .n = 0 };
	size_t bytes = rd_left(r);
	mq_decoder_init(&d, rd_bytes(r, bytes), bytes);
	generic_decode(&d, img, rows);
	uint8_t *left = copy_rows(img, img->stride_bytes);
	const struct bilevel before = { left, img->w_px, img->h_px, img->stride_bytes };
	bool ok = version != BILEVEL_VERSION || repeats_decode(&d, img, rows, &repeats);
	ok = ok && is_canonical(version, &before, &repeats, all, r->bytes);
	repeats_done(&repeats);
	mem_wipe(left, img->stride_bytes * img->h_px);
	mem_free(left);
	return ok ? 0 : err_raise(err, FAULT_BAD_INPUT, "coding of a raster", (long)version);
}

int
bilevel_decode(struct arena *a, const void *p, size_t bytes, struct bilevel *ret, struct err *err)
{
	struct rd r = rd_init(p, bytes);
	unsigned version = rd_u8(&r);
	struct bilevel img = { .w_px = rd_u16(&r), .h_px = rd_u16(&r) };
	if (!rd_ok(&r) || bytes > BILEVEL_MAX_CODED_BYTES || version < BILEVEL_OLDEST_VERSION ||
	    version > BILEVEL_VERSION_DRAWN)
		return err_raise(err, FAULT_BAD_INPUT, "head of a raster", (long)version);
	if (!size_is_legal(img.w_px, img.h_px))
		return err_raise(err, FAULT_BAD_INPUT, "size of a raster", (long)img.w_px);
	img.stride_bytes = (img.w_px + 7) / 8;
	uint8_t *rows = arena_zero_n(a, img.h_px, img.stride_bytes);
	img.p = rows;
	int f = 0;
	if (version != BILEVEL_VERSION_DRAWN)
		f = read_page(version, &r, &img, rows, p, err);
	else if (!drawing_decode(&r, &img, rows))
		f = err_raise(err, FAULT_BAD_INPUT, "coding of a raster", (long)version);
	if (f)
		return f;
	*ret = img;
	return 0;
}
