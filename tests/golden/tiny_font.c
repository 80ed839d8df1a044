/* SPDX-License-Identifier: Apache-2.0 */
#include "tiny_font.h"

#include <string.h>

enum { N_TABLES = 7, TABLE_MAX = 512 };

struct table {
	char tag[5];
	struct buf b;
};

static void
u16s(struct buf *b, const int *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_u16(b, (uint16_t)v[i]);
}
#define U16S(b, ...)                                                                               \
	do {                                                                                       \
		const int v_[] = { __VA_ARGS__ };                                                  \
		u16s((b), v_, N_ELEMENTS(v_));                                                     \
	} while (0)

/* A polygon of @n corners, all on the curve, coordinates as words. */
static void
put_polygon(struct buf *b, const int *dx, const int *dy, int n)
{
	U16S(b, 1, 0, 0, 1000, 1000, n - 1, 3);
	buf_put(b, "\x2C\x2D\x2E", 3); /* a hint program, to be dropped */
	for (int i = 0; i < n; i++)
		buf_u8(b, 1);
	u16s(b, dx, (size_t)n);
	u16s(b, dy, (size_t)n);
	while (b->bytes % 4 != 0)
		buf_u8(b, 0);
}

static void
put_outlines(struct buf *glyf, struct buf *loca)
{
	static const int square_x[] = { 100, 0, 900, 0 }, square_y[] = { 100, 900, 0, -900 };
	static const int triangle_x[] = { 500, 500, -900 }, triangle_y[] = { 1500, -900, 0 };
	buf_u32(loca, 0);
	buf_u32(loca, 0);
	put_polygon(glyf, square_x, square_y, 4);
	buf_u32(loca, (uint32_t)glyf->bytes);
	put_polygon(glyf, triangle_x, triangle_y, 3);
	buf_u32(loca, (uint32_t)glyf->bytes);
	U16S(glyf, -1, 0, 0, 2000, 2000);
	U16S(glyf, 0x0023, 1, 0, 0);   /* words, x and y, more */
	U16S(glyf, 0x0103, 2, 500, 0); /* words, x and y, hints */
	U16S(glyf, 1);                 /* a hint program of one byte */
	U16S(glyf, 0);
	buf_u32(loca, (uint32_t)glyf->bytes);
	buf_u32(loca, (uint32_t)glyf->bytes);
}

/* first, last, glyph: one group a line, used for format 4 (BMP) and 12. */
static const int groups[][3] = {
	{ 0x20, 0x20, 4 },
	{ 'A', 'A', 2 },
	{ 0x3000, 0x3000, 4 },
	{ 0x845B, 0x845B, 1 },
	{ 0xE000, 0xE000, 1 },
	{ 0xE001, 0xE001, 3 },
	{ 0xE002, 0xE002, 4 },
	{ 0x20BB7, 0x20BB7, 2 },
};

static void
put_cmap(struct buf *b)
{
	const int n =
	    (int)N_ELEMENTS(groups); /* the last is not in the BMP; 0xFFFF ends format 4 */
	const int cmap4 = 16 + 8 * n, cmap12 = 16 + 12 * n;
	U16S(b, 0, 3, 0, 5);
	buf_u32(b, (uint32_t)(28 + cmap4 + cmap12));
	U16S(b, 3, 1);
	buf_u32(b, 28);
	U16S(b, 3, 10);
	buf_u32(b, (uint32_t)(28 + cmap4));
	U16S(b, 4, cmap4, 0, 2 * n, 0, 0, 0);
	for (int i = 0; i < n - 1; i++)
		buf_u16(b, (uint16_t)groups[i][1]);
	U16S(b, 0xFFFF, 0);
	for (int i = 0; i < n - 1; i++)
		buf_u16(b, (uint16_t)groups[i][0]);
	buf_u16(b, 0xFFFF);
	for (int i = 0; i < n - 1; i++)
		buf_u16(b, (uint16_t)(groups[i][2] - groups[i][0]));
	buf_u16(b, 1);
	for (int i = 0; i < n; i++)
		buf_u16(b, 0);
	U16S(b, 12, 0);
	buf_u32(b, (uint32_t)cmap12);
	buf_u32(b, 0);
	buf_u32(b, (uint32_t)n);
	for (int i = 0; i < n; i++)
		for (int k = 0; k < 3; k++)
			buf_u32(b, (uint32_t)groups[i][k]);
	buf_u16(b, 14);
	buf_u32(b, 10 + 22 + 8 + 9);
	buf_u32(b, 2);
	buf_put(b, "\x0E\x01\x02\0\0\0\0\0\0\0\x28", 11); /* E0102: other glyphs at 40 */
	buf_put(b, "\x0E\x01\x03\0\0\0\x20\0\0\0\0", 11); /* E0103: the default, at 32 */
	buf_put(b, "\0\0\0\1\0\x84\x5B\0", 8);
	buf_put(b, "\0\0\0\1\0\x84\x5B\0\2", 9);
}

static void
put_heads(struct buf *head, struct buf *hhea, struct buf *maxp, struct buf *hmtx)
{
	static const int advance[] = { 2048, 2048, 1024, 2048, 1024 };
	buf_u32(head, 0x00010000);
	buf_u32(head, 0x00010000);
	buf_u32(head, 0);
	buf_u32(head, 0x5F0F3CF5);
	U16S(head, 0, TINY_FONT_EM, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2000, 2000, 0, 8, 2, 1, 0);
	buf_u32(hhea, 0x00010000);
	U16S(hhea, 1802, -246, 0, 2048, 0, 0, 2000, 1, 0, 0, 0, 0, 0, 0, 0, TINY_FONT_GLYPHS);
	buf_u32(maxp, 0x00010000);
	U16S(maxp, TINY_FONT_GLYPHS, 4, 1, 7, 2, 2, 0, 0, 0, 0, 0, 8, 2, 1);
	for (size_t i = 0; i < N_ELEMENTS(advance); i++)
		U16S(hmtx, advance[i], 0);
}

void
tiny_font_build(struct buf *b)
{
	struct table t[N_TABLES] = { { .tag = "cmap" }, { .tag = "glyf" }, { .tag = "head" },
		{ .tag = "hhea" }, { .tag = "hmtx" }, { .tag = "loca" }, { .tag = "maxp" } };
	for (size_t i = 0; i < N_TABLES; i++)
		buf_init(&t[i].b, TABLE_MAX);
	put_cmap(&t[0].b);
	put_outlines(&t[1].b, &t[5].b);
	put_heads(&t[2].b, &t[3].b, &t[6].b, &t[4].b);
	buf_u32(b, 0x00010000);
	U16S(b, N_TABLES, 64, 2, 48);
	size_t at = 12 + 16 * N_TABLES;
	for (size_t i = 0; i < N_TABLES; i++) {
		buf_put(b, t[i].tag, 4);
		buf_u32(b, 0); /* readers ignore the checksum */
		buf_u32(b, (uint32_t)at);
		buf_u32(b, (uint32_t)t[i].b.bytes);
		at += (t[i].b.bytes + 3) & ~(size_t)3;
	}
	for (size_t i = 0; i < N_TABLES; i++) {
		buf_put(b, t[i].b.p, t[i].b.bytes);
		while (b->bytes % 4 != 0)
			buf_u8(b, 0);
		buf_done(&t[i].b);
	}
}

size_t
tiny_font_table(const uint8_t *font, const char tag[static 4])
{
	for (size_t i = 0; i < N_TABLES; i++) {
		const uint8_t *e = font + 12 + 16 * i;
		if (memcmp(e, tag, 4) == 0)
			return (size_t)e[8] << 24 | (size_t)e[9] << 16 | (size_t)e[10] << 8 | e[11];
	}
	return 0;
}
