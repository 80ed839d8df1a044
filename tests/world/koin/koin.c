/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world-koin FONT.ttf TEXT WIDTH_MM: a fictitious 公印 as JSON for a
 * municipality's profile. A square frame, the characters in columns from the
 * right, 600 dpi, 1 = ink. Nine characters at the most.
 */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/text.h"

#include <ft2build.h>
#include FT_FREETYPE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KOIN_MAX_CHARS = 9, KOIN_MAX_PX = 591 };

struct koin {
	unsigned px;
	unsigned stride;
	uint8_t *bits;
};

static void
ink(struct koin *k, long x, long y)
{
	if (x >= 0 && y >= 0 && x < (long)k->px && y < (long)k->px)
		k->bits[(size_t)y * k->stride + (size_t)x / 8] |= (uint8_t)(0x80 >> (x & 7));
}

static void
draw_frame(struct koin *k, unsigned inset, unsigned width)
{
	unsigned last = k->px - 1 - inset;
	for (unsigned i = inset; i <= last; i++) {
		for (unsigned t = 0; t < width; t++) {
			ink(k, i, inset + t);
			ink(k, i, last - t);
			ink(k, inset + t, i);
			ink(k, last - t, i);
		}
	}
}

/* The glyph's ink is centred in its cell: seals are carved to fill their square. */
static int
draw_char(struct koin *k, FT_Face face, uint32_t cp, long x, long y, long w, long h)
{
	FT_UInt gid = FT_Get_Char_Index(face, cp);
	if (gid == 0 || FT_Load_Glyph(face, gid, FT_LOAD_NO_HINTING) ||
	    FT_Render_Glyph(face->glyph, FT_RENDER_MODE_MONO))
		return -1;
	const FT_Bitmap *b = &face->glyph->bitmap;
	long x0 = x + (w - (long)b->width) / 2;
	long y0 = y + (h - (long)b->rows) / 2;
	for (long r = 0; r < (long)b->rows; r++)
		for (long c = 0; c < (long)b->width; c++)
			if (b->buffer[r * b->pitch + c / 8] & 0x80 >> (c & 7))
				ink(k, x0 + c, y0 + r);
	return 0;
}

static int
draw_text(struct koin *k, FT_Face face, const char *text)
{
	uint32_t cps[KOIN_MAX_CHARS];
	unsigned n = 0;
	size_t bytes = strlen(text);
	while (bytes > 0 && n < KOIN_MAX_CHARS) {
		int32_t cp = text_utf8_next(&text, &bytes);
		if (cp < 0)
			return -1;
		cps[n++] = (uint32_t)cp;
	}
	if (n == 0 || bytes > 0)
		return -1;
	unsigned columns = n <= 1 ? 1 : n <= 4 ? 2 : 3;
	unsigned rows = (n + columns - 1) / columns;
	long margin = k->px / 14;
	long w = ((long)k->px - 2 * margin) / columns;
	long h = ((long)k->px - 2 * margin) / rows;
	if (FT_Set_Pixel_Sizes(face, (FT_UInt)(w - w / 10), (FT_UInt)(h - h / 10)))
		return -1;
	for (unsigned i = 0; i < n; i++)
		if (draw_char(k, face, cps[i], margin + (long)(columns - 1 - i / rows) * w,
			margin + (long)(i % rows) * h, w, h))
			return -1;
	return 0;
}

int
main(int argc, char **argv)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	FT_Library lib = NULL;
	FT_Face face = NULL;
	if (argc != 4) {
		fprintf(stderr, "usage: world-koin FONT TEXT WIDTH_MM\n");
		return 2;
	}
	struct koin k = { .px = (unsigned)(strtod(argv[3], NULL) * 600 / 25.4 + 0.5) };
	if (k.px < 189 || k.px > KOIN_MAX_PX) {
		fprintf(stderr, "world-koin: width must be 8 to 25 mm\n");
		return 2;
	}
	k.stride = (k.px + 7) / 8;
	k.bits = arena_zero_n(a, k.px, k.stride);
	if (FT_Init_FreeType(&lib) || FT_New_Face(lib, argv[1], 0, &face)) {
		fprintf(stderr, "world-koin: cannot read the font\n");
		return 1;
	}
	draw_frame(&k, 0, k.px / 40);
	int r = draw_text(&k, face, argv[2]);
	FT_Done_Face(face);
	FT_Done_FreeType(lib);
	if (r) {
		fprintf(stderr, "world-koin: the text has no glyphs or is too long\n");
		return 1;
	}
	printf("{\"width_px\":%u,\"height_px\":%u,\"bits\":\"%s\"}\n", k.px, k.px,
	    text_b64url_format(a, k.bits, (size_t)k.px * k.stride));
	return 0;
}
