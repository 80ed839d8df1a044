/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/paint.h"

static int32_t
floor_byte(int32_t x)
{
	return x < 0 ? -((7 - x) / 8) : x / 8;
}

/* One row of a bitmap, shifted to its place; bits past either edge fall away. */
static void
paint_row(uint8_t *row, int32_t row_bytes, const uint8_t *bits, unsigned n_bytes, int32_t x)
{
	int32_t at = floor_byte(x);
	unsigned shift = (unsigned)(x - at * 8);
	if (at >= 0 && at + (int32_t)n_bytes < row_bytes) { /* no edge is near */
		unsigned rest = 0;
		for (unsigned i = 0; i < n_bytes; i++) {
			unsigned v = (unsigned)bits[i] << (8 - shift);
			row[at++] |= (uint8_t)(v >> 8 | rest);
			rest = v & 0xFF;
		}
		row[at] |= (uint8_t)rest;
		return;
	}
	for (unsigned i = 0; i < n_bytes; i++, at++) {
		unsigned v = (unsigned)bits[i] << (8 - shift);
		if (at >= 0 && at < row_bytes)
			row[at] |= (uint8_t)(v >> 8);
		if (at + 1 >= 0 && at + 1 < row_bytes)
			row[at + 1] |= (uint8_t)v;
	}
}

void
paint_symbol(const struct paint_page *p, const struct bilevel *b, int32_t x, int32_t y)
{
	const unsigned n_bytes = (b->w_px + 7) / 8;
	const uint8_t last = (uint8_t)(0xFFU << (p->stride_bytes * 8 - p->w_px));
	for (unsigned i = 0; i < b->h_px; i++) {
		int32_t at = y + (int32_t)i;
		if (at < 0 || at >= (int32_t)p->h_px)
			continue;
		uint8_t *row = p->rows + (size_t)at * p->stride_bytes;
		paint_row(row, (int32_t)p->stride_bytes, b->p + i * b->stride_bytes, n_bytes, x);
		row[p->stride_bytes - 1] &= last;
	}
}

/* Bits x0 .. x1 - 1 of a row. */
static void
fill_row(uint8_t *row, unsigned x0, unsigned x1)
{
	uint8_t first = (uint8_t)(0xFF >> (x0 & 7));
	uint8_t last = (uint8_t) ~(0xFF >> (x1 & 7));
	unsigned from = x0 >> 3, to = x1 >> 3;
	if (from == to) {
		row[from] |= first & last;
		return;
	}
	row[from] |= first;
	for (unsigned i = from + 1; i < to; i++)
		row[i] = 0xFF;
	if (last != 0)
		row[to] |= last;
}

void
paint_bar(const struct paint_page *p, unsigned x0, unsigned y0, unsigned x1, unsigned y1)
{
	for (unsigned y = y0; x0 < x1 && y < y1; y++)
		fill_row(p->rows + (size_t)y * p->stride_bytes, x0, x1);
}
