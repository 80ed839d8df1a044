/* SPDX-License-Identifier: Apache-2.0 */
#include "pen.h"

#include <string.h>

enum {
	MAX_PIECES = 512,
	RIM = 4,           /* pixels of a cell's ruled line */
	MAX_STROKE = 1200, /* pixels of one piece of ink */
	STROKE_LONG = 16,
	STROKE_WIDE = 3,
	TRIES = 400
};

struct compare_box
pen_box(const struct payload_box *b)
{
	const double px = 300 / 254.0;
	return (struct compare_box){ (unsigned)(b->x * px), (unsigned)(b->y * px),
		(unsigned)(b->w * px), (unsigned)(b->h * px) };
}

void
pen_dot(uint8_t *page, unsigned x, unsigned y, bool ink)
{
	uint8_t *p = page + (size_t)y * FRONT_ROW_BYTES + x / 8;
	uint8_t bit = (uint8_t)(0x80 >> (x & 7));
	*p = ink ? *p | bit : *p & (uint8_t)~bit;
}

void
pen_copy(uint8_t *page, const uint8_t *from, struct compare_box b)
{
	for (unsigned y = b.y; y < b.y + b.h; y++)
		for (unsigned x = b.x; x < b.x + b.w; x++)
			pen_dot(page, x, y, front_ink(from, x, y));
}

void
pen_erase(uint8_t *page, struct compare_box b)
{
	for (unsigned y = b.y; y < b.y + b.h; y++)
		for (unsigned x = b.x; x < b.x + b.w; x++)
			pen_dot(page, x, y, false);
}

struct piece {
	unsigned x, y, n;
	bool rim;
};

/* Floods one piece from (x, y) with @label; @at: a label a pixel of the box. */
static struct piece
flood(const uint8_t *page, struct compare_box b, uint16_t *at, uint16_t label, uint32_t *stack,
    unsigned x, unsigned y)
{
	struct piece k = { x, y, 0, false };
	unsigned top = 0;
	stack[top++] = y * b.w + x;
	at[y * b.w + x] = label;
	while (top > 0) {
		unsigned here = stack[--top];
		unsigned u = here % b.w;
		unsigned v = here / b.w;
		k.n++;
		k.rim |= u < RIM || v < RIM || u + RIM >= b.w || v + RIM >= b.h;
		for (int n = 0; n < 9; n++) {
			unsigned i = u + (unsigned)(n % 3) - 1;
			unsigned j = v + (unsigned)(n / 3) - 1;
			if (i >= b.w || j >= b.h || at[j * b.w + i] != 0 ||
			    !front_ink(page, b.x + i, b.y + j))
				continue;
			at[j * b.w + i] = label;
			stack[top++] = j * b.w + i;
		}
	}
	return k;
}

bool
pen_take_stroke(
    struct arena *a, uint8_t *page, struct compare_box b, unsigned least, struct dice *d)
{
	uint16_t *at = arena_zero_n(a, (size_t)b.w * b.h, sizeof(*at));
	uint32_t *stack = arena_zero_n(a, (size_t)b.w * b.h, sizeof(*stack));
	uint16_t fit[MAX_PIECES];
	unsigned n = 0;
	uint16_t label = 0;
	for (unsigned y = 0; y < b.h; y++)
		for (unsigned x = 0; x < b.w; x++) {
			if (at[y * b.w + x] != 0 || !front_ink(page, b.x + x, b.y + y))
				continue;
			struct piece k = flood(page, b, at, ++label, stack, x, y);
			if (!k.rim && k.n >= least && k.n <= MAX_STROKE && n < MAX_PIECES)
				fit[n++] = label;
		}
	if (n == 0)
		return false;
	uint16_t gone = fit[dice_next(d) % n];
	for (unsigned y = 0; y < b.h; y++)
		for (unsigned x = 0; x < b.w; x++)
			if (at[y * b.w + x] == gone)
				pen_dot(page, b.x + x, b.y + y, false);
	return true;
}

static unsigned
ink_in(const uint8_t *page, unsigned x0, unsigned y0, unsigned w, unsigned h)
{
	unsigned n = 0;
	for (unsigned y = y0; y < y0 + h; y++)
		for (unsigned x = x0; x < x0 + w; x++)
			n += front_ink(page, x, y);
	return n;
}

bool
pen_add_stroke(uint8_t *page, struct compare_box b, struct dice *d)
{
	for (int i = 0; i < TRIES && b.w > 60 && b.h > 40; i++) {
		bool lying = dice_next(d) & 1;
		unsigned w = lying ? STROKE_LONG : STROKE_WIDE;
		unsigned h = lying ? STROKE_WIDE : STROKE_LONG;
		unsigned x = b.x + 20 + (unsigned)(dice_next(d) % (b.w - 60));
		unsigned y = b.y + 8 + (unsigned)(dice_next(d) % (b.h - 30));
		/* beside a character's ink, with a gap of two pixels on each side */
		if (ink_in(page, x - 2, y - 2, w + 4, h + 4) > 0 ||
		    ink_in(page, x - 8, y - 8, w + 16, h + 16) == 0)
			continue;
		for (unsigned v = y; v < y + h; v++)
			for (unsigned u = x; u < x + w; u++)
				pen_dot(page, u, v, true);
		return true;
	}
	return false;
}
