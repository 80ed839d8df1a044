/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ground_word FONT - the word of the copy-evident ground as common/backside/ground_word.c
 * has it: 複写 at 16 mm, one bit for 4 x 4 dots of 600 dpi. Run by hand; nothing
 * needs it to build. Was run on BIZ UDGothic Bold (SIL Open Font License 1.1).
 */
#include <ft2build.h>
#include FT_FREETYPE_H
#include <stdio.h>
#include <string.h>

enum { W = 192, H = 95, OVER = 8, EM = 94 * OVER };
static unsigned char sum[H][W];
static unsigned char ink[H * OVER][W * OVER];

static int
draw(FT_Face face, unsigned long cp, int x)
{
	if (FT_Load_Char(face, cp, FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP) != 0 ||
	    FT_Render_Glyph(face->glyph, FT_RENDER_MODE_MONO) != 0)
		return 1;
	const FT_Bitmap *b = &face->glyph->bitmap;
	int top = EM * 88 / 100 - face->glyph->bitmap_top;
	for (int j = 0; j < (int)b->rows; j++)
		for (int i = 0; i < (int)b->width; i++) {
			int u = x + face->glyph->bitmap_left + i;
			int v = top + j;
			if ((b->buffer[j * b->pitch + i / 8] >> (7 - i % 8) & 1) && u >= 0 &&
			    v >= 0 && u < W * OVER && v < H * OVER)
				ink[v][u] = 1;
		}
	return 0;
}

int
main(int argc, char **argv)
{
	FT_Library ft;
	FT_Face face;
	if (argc != 2 || FT_Init_FreeType(&ft) != 0 || FT_New_Face(ft, argv[1], 0, &face) != 0 ||
	    FT_Set_Pixel_Sizes(face, 0, EM) != 0 || draw(face, 0x8907, OVER) != 0 ||
	    draw(face, 0x5199, OVER + EM + OVER) != 0) {
		fprintf(stderr, "usage: ground_word FONT\n");
		return 1;
	}
	for (int j = 0; j < H * OVER; j++)
		for (int i = 0; i < W * OVER; i++)
			sum[j / OVER][i / OVER] =
			    (unsigned char)(sum[j / OVER][i / OVER] + ink[j][i]);
	for (int j = 0; j < H; j++) {
		printf("\t{ ");
		for (int i = 0; i < W; i += 8) {
			unsigned v = 0;
			for (int k = 0; k < 8; k++)
				v = v << 1 | (sum[j][i + k] >= OVER * OVER / 2);
			printf("0x%02x, ", v);
		}
		printf("},\n");
	}
	return 0;
}
