/* SPDX-License-Identifier: Apache-2.0 */
#include "server/issue/koin_png.h"
#include "domain/imprint.h"

#include <png.h>
#include <setjmp.h>
#include <string.h>

enum { ANSWER_MAX_BYTES = 65536, CHUNK_MAX_BYTES = 64 * 1024, MAX_CHUNKS = 16 };
static const char request_label[4] = "KIP1", answer_label[4] = "KIQ1";

struct reader {
	struct arena *arena;
	struct rd in;
	png_structp png;
	png_infop info;
	uint8_t *rgba; /* 4 bytes a pixel */
	png_bytep *rows;
	uint32_t w, h;
};

/* libpng's way out; what it would say is not told. */
_Noreturn static void
on_error(png_structp png, png_const_charp what)
{
	(void)what;
	png_longjmp(png, 1);
}

static void
on_warning(png_structp png, png_const_charp what)
{
	(void)png;
	(void)what;
}

static void
on_read(png_structp png, png_bytep to, size_t n)
{
	struct reader *r = png_get_io_ptr(png);
	const uint8_t *p = rd_bytes(&r->in, n);
	if (p == NULL)
		png_error(png, "");
	memcpy(to, p, n);
}

static bool
size_is_good(const struct reader *r)
{
	return r->w >= IMPRINT_KOIN_MIN_PX && r->w <= IMPRINT_KOIN_MAX_PX &&
	    r->h >= IMPRINT_KOIN_MIN_PX && r->h <= IMPRINT_KOIN_MAX_PX;
}

/* Without a word of it 600 dpi is meant. */
static bool
resolution_is_good(const struct reader *r)
{
	png_uint_32 x = 0, y = 0;
	int unit = PNG_RESOLUTION_UNKNOWN;
	if (png_get_pHYs(r->png, r->info, &x, &y, &unit) == 0)
		return true;
	return unit == PNG_RESOLUTION_METER && x >= KOIN_DPI_PX_PER_M - 1 &&
	    x <= KOIN_DPI_PX_PER_M + 1 && y >= KOIN_DPI_PX_PER_M - 1 && y <= KOIN_DPI_PX_PER_M + 1;
}

/* Whatever kind of PNG: four bytes a pixel. Nothing is corrected for gamma or colour. */
static void
transforms_set(struct reader *r)
{
	png_set_expand(r->png);
	png_set_scale_16(r->png);
	png_set_gray_to_rgb(r->png);
	png_set_add_alpha(r->png, 0xFF, PNG_FILLER_AFTER);
	(void)png_set_interlace_handling(r->png);
	png_read_update_info(r->png, r->info);
}

static int
pixels_read(struct reader *r)
{
	png_read_info(r->png, r->info);
	r->w = png_get_image_width(r->png, r->info);
	r->h = png_get_image_height(r->png, r->info);
	if (!size_is_good(r))
		return KOIN_E_SIZE;
	if (!resolution_is_good(r))
		return KOIN_E_DPI;
	transforms_set(r);
	if (png_get_rowbytes(r->png, r->info) != (size_t)4 * r->w)
		return KOIN_E_FORMAT;
	r->rgba = arena_zero_n(r->arena, (size_t)r->w * r->h, 4);
	r->rows = arena_zero_n(r->arena, r->h, sizeof(*r->rows));
	for (uint32_t y = 0; y < r->h; y++)
		r->rows[y] = r->rgba + (size_t)4 * r->w * y;
	png_read_image(r->png, r->rows);
	png_read_end(r->png, NULL);
	return rd_done(&r->in) ? 0 : KOIN_E_FORMAT; /* nothing hides behind the picture */
}

/* Apart, so that no local of its caller lives over the jump. */
static int
file_read_guarded(struct reader *r)
{
	if (setjmp(png_jmpbuf(r->png)) != 0)
		return KOIN_E_FORMAT;
	png_set_user_limits(r->png, IMPRINT_KOIN_MAX_PX + 1, IMPRINT_KOIN_MAX_PX + 1);
	png_set_chunk_cache_max(r->png, MAX_CHUNKS);
	png_set_chunk_malloc_max(r->png, CHUNK_MAX_BYTES);
	png_set_crc_action(r->png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
	png_set_read_fn(r->png, r, on_read);
	return pixels_read(r);
}

/* 1 = ink, 0 = paper, -1 = neither. */
static int
ink_of(const uint8_t p[4])
{
	if (p[3] == 0)
		return 0;
	if (p[3] != 0xFF || p[0] != p[1] || p[1] != p[2] || (p[0] != 0 && p[0] != 0xFF))
		return -1;
	return p[0] == 0;
}

static int
bits_make(const struct reader *r, struct koin *ret)
{
	size_t row_bytes = (r->w + 7) / 8, ink = 0;
	uint8_t *bits = arena_zero(r->arena, row_bytes * r->h);
	for (uint32_t y = 0; y < r->h; y++)
		for (uint32_t x = 0; x < r->w; x++) {
			int dot = ink_of(r->rgba + (size_t)4 * (r->w * y + x));
			if (dot < 0)
				return KOIN_E_COLOUR;
			ink += (size_t)dot;
			if (dot == 1)
				bits[row_bytes * y + x / 8] |= (uint8_t)(0x80 >> x % 8);
		}
	size_t all = (size_t)r->w * r->h;
	if (ink * 100 < all * KOIN_LEAST_INK || ink * 100 > all * KOIN_MOST_INK)
		return KOIN_E_BLANK;
	*ret = (struct koin){ (uint16_t)r->w, (uint16_t)r->h, bits };
	return 0;
}

/* A size past libpng's own limits is an error there: it is told as what it is. */
static bool
size_is_beyond(const uint8_t *p, size_t bytes)
{
	static const uint8_t head[8] = { 0, 0, 0, 13, 'I', 'H', 'D', 'R' };
	if (bytes < 24 || memcmp(p + 8, head, sizeof(head)) != 0)
		return false;
	struct rd size = rd_init(p + 16, 8);
	uint32_t w = rd_u32(&size), h = rd_u32(&size);
	return w > IMPRINT_KOIN_MAX_PX || h > IMPRINT_KOIN_MAX_PX;
}

int
koin_png_read(struct arena *a, const void *png, size_t bytes, struct koin *ret)
{
	struct reader r = { .arena = a, .in = rd_init(png, bytes) };
	if (bytes < 8 || bytes > KOIN_MAX_FILE_BYTES || png_sig_cmp(png, 0, 8) != 0)
		return KOIN_E_FORMAT;
	if (size_is_beyond(png, bytes))
		return KOIN_E_SIZE;
	r.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning);
	r.info = r.png != NULL ? png_create_info_struct(r.png) : NULL;
	int e = r.info != NULL ? file_read_guarded(&r) : KOIN_E_FORMAT;
	png_destroy_read_struct(&r.png, &r.info, NULL);
	return e ? e : bits_make(&r, ret);
}

/* --- between the walls, and back --- */

void
koin_request_encode(const void *png, size_t bytes, struct buf *out)
{
	buf_put(out, request_label, sizeof(request_label));
	buf_field32(out, png, bytes);
}

bool
koin_is_request(const struct buf *request)
{
	return request->bytes >= sizeof(request_label) &&
	    memcmp(request->p, request_label, sizeof(request_label)) == 0;
}

int
koin_answer(struct arena *a, const struct buf *request, struct buf *out, struct err *err)
{
	struct rd r = rd_init(request->p, request->bytes);
	struct koin koin = { 0 };
	size_t n = 0;
	(void)rd_u32(&r);
	const uint8_t *png = rd_field32(&r, &n);
	if (png == NULL || !rd_done(&r))
		return err_raise(err, FAULT_BAD_INPUT, "koin", (long)request->bytes);
	int e = koin_png_read(a, png, n, &koin);
	buf_put(out, answer_label, sizeof(answer_label));
	buf_u16(out, (uint16_t)e);
	if (e)
		return 0;
	buf_u16(out, koin.width_px);
	buf_u16(out, koin.height_px);
	buf_field32(out, koin.bits, (size_t)((koin.width_px + 7) / 8) * koin.height_px);
	return 0;
}

int
koin_answer_decode(struct arena *a, const void *p, size_t bytes, struct koin *ret, struct err *err)
{
	struct rd r = rd_init(p, bytes);
	struct koin koin = { 0 };
	size_t n = 0;
	const uint8_t *label = rd_bytes(&r, sizeof(answer_label));
	unsigned outcome = rd_u16(&r);
	if (label == NULL || memcmp(label, answer_label, sizeof(answer_label)) != 0 ||
	    bytes > ANSWER_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "koin's answer", (long)bytes);
	if (outcome >= KOIN_E_FORMAT && outcome <= KOIN_E_BLANK && rd_done(&r))
		return (int)outcome;
	koin.width_px = rd_u16(&r);
	koin.height_px = rd_u16(&r);
	const uint8_t *bits = rd_field32(&r, &n);
	if (outcome != 0 || bits == NULL || !rd_done(&r) || koin.width_px > IMPRINT_KOIN_MAX_PX ||
	    koin.height_px > IMPRINT_KOIN_MAX_PX ||
	    n != (size_t)((koin.width_px + 7) / 8) * koin.height_px)
		return err_raise(err, FAULT_BAD_INPUT, "koin's answer", (long)outcome);
	koin.bits = arena_memdup(a, bits, n);
	*ret = koin;
	return 0;
}
