/* SPDX-License-Identifier: Apache-2.0 */
#include "gaiji_font.h"

#include <string.h>

enum { EM = 2048, N_TABLES = 7, TABLE_MAX = 4096, BAR = 110 };

const char gaiji_font_list[] = "code,mj,substitute,reading\n"
			       "U+E000,,外,ガイ\n"
			       "U+E001,,外,ソト\n"
			       "U+E010,MJ099999,井,セイ\n";

struct box {
	int x0, y0, x1, y1;
};

#define H(y, x0, x1)                                                                               \
	{                                                                                          \
		x0, (y)-BAR / 2, x1, (y) + BAR / 2                                                 \
	}
#define V(x, y0, y1)                                                                               \
	{                                                                                          \
		(x) - BAR / 2, y0, (x) + BAR / 2, y1                                               \
	}
static const struct box door[] = { H(1600, 250, 1800), V(1024, 1545, 1780), H(1250, 400, 1650),
	V(455, 700, 1195), V(1595, 700, 1195), H(900, 400, 1650), H(420, 200, 1850),
	V(1024, -180, 845) };
static const struct box dot[] = { { 1660, 1320, 1860, 1520 } };
static const struct box well[] = { V(260, -180, 1750), V(1790, -180, 1750), H(1690, 315, 1735),
	H(1150, 420, 1630), H(600, 420, 1630), V(760, 100, 1500), V(1290, 100, 1500) };

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

/* Each box is a contour of four points, all on the curve, coordinates as words. */
static void
put_boxes(struct buf *b, const struct box *box, int n)
{
	U16S(b, n, 0, -246, EM, 1802);
	for (int i = 0; i < n; i++)
		buf_u16(b, (uint16_t)(4 * i + 3));
	buf_u16(b, 0); /* no hints */
	for (int i = 0; i < 4 * n; i++)
		buf_u8(b, 1);
	for (int i = 0, x = 0; i < n; x = box[i++].x1)
		U16S(b, box[i].x0 - x, 0, box[i].x1 - box[i].x0, 0);
	for (int i = 0, y = 0; i < n; y = box[i++].y0)
		U16S(b, box[i].y0 - y, box[i].y1 - box[i].y0, 0, box[i].y0 - box[i].y1);
	while (b->bytes % 4 != 0)
		buf_u8(b, 0);
}

/* .notdef, door, dot, door with dot, well */
static void
put_outlines(struct buf *glyf, struct buf *loca, const struct gaiji_font_fault *fault)
{
	static const struct box outside[] = { H(600, 100, 2300) };
	buf_u32(loca, 0);
	buf_u32(loca, 0);
	put_boxes(glyf, door, N_ELEMENTS(door));
	buf_u32(loca, (uint32_t)glyf->bytes);
	put_boxes(glyf, dot, N_ELEMENTS(dot));
	buf_u32(loca, (uint32_t)glyf->bytes);
	U16S(glyf, -1, 0, -246, EM, 1802);
	U16S(glyf, 0x0023, fault->endless ? 3 : 1, 0, 0); /* words, x and y, more */
	U16S(glyf, 0x0003, 2, 0, 0);
	while (glyf->bytes % 4 != 0)
		buf_u8(glyf, 0);
	buf_u32(loca, (uint32_t)glyf->bytes);
	if (fault->outside)
		put_boxes(glyf, outside, N_ELEMENTS(outside));
	else if (!fault->blank)
		put_boxes(glyf, well, N_ELEMENTS(well));
	buf_u32(loca, (uint32_t)glyf->bytes);
}

/* Format 4 (OpenType, cmap): four or five characters and the end. */
static void
put_cmap(struct buf *b, bool extra)
{
	static const int map[][2] = { { 0xE000, 1 }, { 0xE001, 3 }, { 0xE010, 4 }, { 0xE011, 1 } };
	const int n = extra ? 4 : 3;
	U16S(b, 0, 1, 3, 1);
	buf_u32(b, 12);
	U16S(b, 4, 16 + 8 * (n + 1), 0, 2 * (n + 1), 8, 2, 2 * (n + 1) - 8);
	for (int i = 0; i < n; i++)
		buf_u16(b, (uint16_t)map[i][0]);
	U16S(b, 0xFFFF, 0);
	for (int i = 0; i < n; i++)
		buf_u16(b, (uint16_t)map[i][0]);
	buf_u16(b, 0xFFFF);
	for (int i = 0; i < n; i++)
		buf_u16(b, (uint16_t)(map[i][1] - map[i][0]));
	buf_u16(b, 1);
	for (int i = 0; i <= n; i++)
		buf_u16(b, 0);
}

static void
put_heads(
    struct buf *head, struct buf *hhea, struct buf *maxp, struct buf *hmtx, unsigned units_per_em)
{
	buf_u32(head, 0x00010000);
	buf_u32(head, 0x00010000);
	buf_u32(head, 0);
	buf_u32(head, 0x5F0F3CF5);
	U16S(head, 0, (int)units_per_em, 0, 0, 0, 0, 0, 0, 0, 0, 0, -246, EM, 1802, 0, 8, 2, 1, 0);
	buf_u32(hhea, 0x00010000);
	U16S(hhea, 1802, -246, 0, EM, 0, 0, EM, 1, 0, 0, 0, 0, 0, 0, 0, 5);
	buf_u32(maxp, 0x00010000);
	U16S(maxp, 5, 32, 8, 36, 9, 2, 0, 0, 0, 0, 0, 0, 2, 1);
	for (int i = 0; i < 5; i++)
		U16S(hmtx, EM, 0);
}

static uint32_t
checksum(const struct buf *b)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < b->bytes; i++)
		sum += (uint32_t)b->p[i] << (24 - 8 * (i % 4));
	return sum;
}

void
gaiji_font_build(struct buf *b, const struct gaiji_font_fault *fault)
{
	struct table t[N_TABLES] = { { .tag = "cmap" }, { .tag = "glyf" }, { .tag = "head" },
		{ .tag = "hhea" }, { .tag = "hmtx" }, { .tag = "loca" }, { .tag = "maxp" } };
	for (size_t i = 0; i < N_TABLES; i++)
		buf_init(&t[i].b, TABLE_MAX);
	put_cmap(&t[0].b, fault->extra);
	put_outlines(&t[1].b, &t[5].b, fault);
	put_heads(&t[2].b, &t[3].b, &t[6].b, &t[4].b,
	    fault->units_per_em != 0 ? fault->units_per_em : EM);
	buf_u32(b, 0x00010000);
	U16S(b, N_TABLES, 64, 2, 48);
	size_t at = 12 + 16 * N_TABLES;
	for (size_t i = 0; i < N_TABLES; i++) {
		buf_put(b, t[i].tag, 4);
		buf_u32(b, checksum(&t[i].b));
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
