/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page decoder: either the bytes are a small picture themselves, or they
 * say which page is drawn, how large, and what is painted over it. Whatever
 * is read from a page of ours must be exactly what was put in.
 */
#include "backside/code.h"
#include "base/bytes.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_BYTES = 1 << 20, MAX_STROKES = 64, MARGIN = 12, MIN_SIDE = 64 };

static int
decode(const uint8_t *p, size_t w, size_t h, uint8_t **ret, size_t *ret_bytes, struct arena *a)
{
	struct backside_grey g = { p, w, h, w };
	struct backside_info info;
	struct err err = { 0 };
	int r = backside_decode(&g, a, ret, ret_bytes, &info, &err);
	if (r < 0 || info.tiles_found > info.tiles_total)
		abort(); /* every picture within the limits has an answer */
	return r;
}

/* The bytes again and again, in rows of 64 to 191. */
static void
raw_picture(struct rd *r)
{
	size_t w = MIN_SIDE + rd_u8(r) % 128, h = MIN_SIDE + rd_u8(r) % 128;
	size_t n = rd_left(r);
	const uint8_t *from = rd_bytes(r, n);
	uint8_t *p = mem_zero(w * h), *out = NULL;
	struct arena *a = arena_new(ARENA_BYTES);
	size_t bytes = 0;
	for (size_t i = 0; i < w * h && n > 0; i++)
		p[i] = from[i % n];
	if (decode(p, w, h, &out, &bytes, a) == 0)
		abort(); /* a page does not fit in so few pixels */
	arena_free(a);
	mem_free(p);
}

static void
page_draw(const uint8_t *modules, uint8_t *p, size_t w, size_t h, unsigned turned)
{
	for (size_t y = 0; y < h; y++)
		for (size_t x = 0; x < w; x++) {
			size_t c = x - MARGIN, r = y - MARGIN;
			bool in =
			    x >= MARGIN && y >= MARGIN && c < BACKSIDE_COLS && r < BACKSIDE_ROWS;
			bool black =
			    in && (modules[r * BACKSIDE_ROW_BYTES + c / 8] >> (7 - c % 8) & 1);
			size_t at = turned ? w * h - 1 - (y * w + x) : y * w + x;
			p[at] = black ? 30 : 225;
		}
}

static void
strokes(struct rd *r, uint8_t *p, size_t w, size_t h)
{
	for (unsigned k = 0; k < MAX_STROKES && rd_left(r) >= 7; k++) {
		size_t x = rd_u16(r) % w, y = rd_u16(r) % h;
		size_t sw = 4u * rd_u8(r), sh = 4u * rd_u8(r);
		uint8_t v = rd_u8(r);
		for (size_t j = y; j < y + sh && j < h; j++)
			memset(p + j * w + x, v, x + sw < w ? sw : w - x);
	}
}

static void
painted_page(struct rd *r)
{
	static uint8_t payload[BACKSIDE_PAYLOAD_MAX_BYTES], modules[BACKSIDE_BYTES];
	size_t bytes = 1 + rd_u16(r) % BACKSIDE_PAYLOAD_MAX_BYTES, out_bytes = 0;
	unsigned turned = rd_u8(r) & 1;
	size_t w = BACKSIDE_COLS + 2 * MARGIN, h = BACKSIDE_ROWS + 2 * MARGIN;
	uint8_t *p = mem_zero(w * h), *out = NULL;
	struct arena *a = arena_new(ARENA_BYTES);
	struct err err = { 0 };
	for (size_t i = 0; i < bytes; i++)
		payload[i] = (uint8_t)(i * 167 + bytes);
	if (backside_encode(payload, bytes, modules, &err) != 0 ||
	    backside_read(modules, a, &out, &out_bytes) != 0 || out_bytes != bytes ||
	    memcmp(out, payload, bytes) != 0)
		abort();
	page_draw(modules, p, w, h, turned);
	strokes(r, p, w, h);
	if (decode(p, w, h, &out, &out_bytes, a) == 0 &&
	    (out_bytes != bytes || memcmp(out, payload, bytes) != 0))
		abort();
	arena_free(a);
	mem_free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_init(data, size);
	if (rd_u8(&r) & 1)
		painted_page(&r);
	else
		raw_picture(&r);
	return 0;
}
