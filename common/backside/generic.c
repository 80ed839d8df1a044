/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/generic.h"

#include "base/mem.h"
#include <stdbool.h>
#include <string.h>

/*
 * A pixel's context: four pixels to its left, seven above (three to either
 * side), five above those. Bits 0..3 from the left neighbour outwards, 4..10
 * and 11..15 from right to left.
 */
enum {
	N_CONTEXTS = 65536,
	CONTEXT_TYPICAL = 0x9b25, /* T.88 figure 8: "as the row above" is coded under it */
	AHEAD1 = 3,
	AHEAD2 = 2,
};

struct window {
	unsigned row0; /* 4 bits */
	unsigned row1; /* 7 */
	unsigned row2; /* 5 */
};

/* One of the two ends is set. */
struct coder {
	struct mq_context context[N_CONTEXTS];
	struct mq_encoder *encoder;
	struct mq_decoder *decoder;
	uint8_t white[BILEVEL_MAX_SIDE_PX / 8 + 1]; /* stands above the first row */
	unsigned w_px;
	size_t row_bytes;
};

static unsigned
window_context(const struct window *w)
{
	return w->row2 << 11 | w->row1 << 4 | w->row0;
}

/* Two bytes of a row from byte @b, white past the end. */
static unsigned
two_bytes(const uint8_t *row, size_t b, size_t bytes)
{
	return (unsigned)row[b] << 8 | (b + 1 < bytes ? row[b + 1] : 0);
}

static void
window_start(struct window *w, const uint8_t *row1, const uint8_t *row2)
{
	w->row0 = 0;
	w->row1 = row1[0] >> (8 - AHEAD1);
	w->row2 = row2[0] >> (8 - AHEAD2);
}

/* Nothing black in the window over the eight pixels to come; @n1, @n2: two_bytes() above. */
static bool
window_is_white(const struct window *w, unsigned n1, unsigned n2)
{
	return (w->row0 | w->row1 | w->row2) == 0 && n1 >> (8 - AHEAD1) == 0 &&
	    n2 >> (8 - AHEAD2) == 0;
}

/* Pixel @k of a byte is next: what comes into view above. */
static void
window_look(struct window *w, unsigned n1, unsigned n2, unsigned k)
{
	w->row1 = (w->row1 << 1 | (n1 >> (15 - AHEAD1 - k) & 1)) & 0x7f;
	w->row2 = (w->row2 << 1 | (n2 >> (15 - AHEAD2 - k) & 1)) & 0x1f;
}

static unsigned
pixels_in(const struct coder *c, size_t b)
{
	size_t left = c->w_px - 8 * b;
	return left < 8 ? (unsigned)left : 8;
}

/*
 * How many bytes from @b on are white under white windows; nothing black is in the window before
 * the first. The window of a byte's last pixels looks AHEAD1 and AHEAD2 pixels into the next.
 */
static size_t
white_bytes(
    const struct coder *c, size_t b, const uint8_t *row, const uint8_t *row1, const uint8_t *row2)
{
	size_t to = b;
	uint64_t w[3];
	for (; to + sizeof(*w) <= c->row_bytes; to += sizeof(*w)) {
		memcpy(&w[0], row + to, sizeof(*w));
		memcpy(&w[1], row1 + to, sizeof(*w));
		memcpy(&w[2], row2 + to, sizeof(*w));
		if ((w[0] | w[1] | w[2]) != 0)
			break;
	}
	while (to < c->row_bytes && (row[to] | row1[to] | row2[to]) == 0)
		to++;
	if (to == c->row_bytes || to == b)
		return to - b;
	return to - b - (row1[to] >> (8 - AHEAD1) != 0 || row2[to] >> (8 - AHEAD2) != 0);
}

/*
 * The encoder's window, one number: the context of a pixel moved on by one (STAYS: what does not
 * leave its row then), without the two pixels that come into view above, which are put in here.
 */
enum { STAYS = 0x7bf7, AT_ROW1 = 4, AT_ROW2 = 11 };

static unsigned
held_at_start(const uint8_t *row1, const uint8_t *row2)
{
	return (unsigned)row2[0] >> (8 - AHEAD2) << (AT_ROW2 + 1) |
	    (unsigned)row1[0] >> (8 - AHEAD1) << (AT_ROW1 + 1);
}

/* The first @n pixels of @byte; n1, n2: two_bytes() above. Returns the window behind them. */
static unsigned
encode_byte(struct coder *c, unsigned held, unsigned byte, unsigned n1, unsigned n2, unsigned n)
{
	struct mq_encoder *e = c->encoder;
	uint32_t a = e->a, code = e->c;
	for (unsigned k = 0; k < n; k++) {
		unsigned bit = byte >> (7 - k) & 1;
		unsigned context = held | (n1 >> (15 - AHEAD1 - k) & 1) << AT_ROW1 |
		    (n2 >> (15 - AHEAD2 - k) & 1) << AT_ROW2;
		held = (context & STAYS) << 1 | bit;
		if (mq_encode_sure(&a, &code, c->context[context], bit))
			continue;
		e->a = a;
		e->c = code;
		mq_encode(e, &c->context[context], bit);
		a = e->a;
		code = e->c;
	}
	e->a = a;
	e->c = code;
	return held;
}

static void
encode_row(struct coder *c, const uint8_t *row, const uint8_t *row1, const uint8_t *row2)
{
	unsigned held = held_at_start(row1, row2);
	for (size_t b = 0; b < c->row_bytes; b++) {
		size_t white = held == 0 ? white_bytes(c, b, row, row1, row2) : 0;
		if (white > 0) {
			size_t left = c->w_px - 8 * b;
			mq_encode_zeros(c->encoder, &c->context[0],
			    (unsigned)(8 * white < left ? 8 * white : left));
			b += white;
			if (b == c->row_bytes)
				return;
		}
		held = encode_byte(c, held, row[b], two_bytes(row1, b, c->row_bytes),
		    two_bytes(row2, b, c->row_bytes), pixels_in(c, b));
	}
}

static void
decode_row(struct coder *c, uint8_t *row, const uint8_t *row1, const uint8_t *row2)
{
	struct window w;
	window_start(&w, row1, row2);
	for (size_t b = 0; b < c->row_bytes; b++) {
		unsigned n1 = two_bytes(row1, b, c->row_bytes);
		unsigned n2 = two_bytes(row2, b, c->row_bytes);
		unsigned n = pixels_in(c, b);
		unsigned byte = 0;
		if (window_is_white(&w, n1, n2) && mq_decode_zeros(c->decoder, &c->context[0], n)) {
			row[b] = 0;
			continue;
		}
		for (unsigned k = 0; k < n; k++) {
			window_look(&w, n1, n2, k);
			unsigned bit = mq_decode(c->decoder, &c->context[window_context(&w)]);
			w.row0 = (w.row0 << 1 | bit) & 0xf;
			byte |= bit << (7 - k);
		}
		row[b] = (uint8_t)byte;
	}
}

/* The window's three rows: @y and the two above, white above the first. */
static const uint8_t *
row_above(const struct coder *c, const struct bilevel *img, unsigned y, unsigned up)
{
	return y >= up ? img->p + (size_t)(y - up) * img->stride_bytes : c->white;
}

static void
encode_rows(struct coder *c, const struct bilevel *img)
{
	unsigned typical = 0;
	for (unsigned y = 0; y < img->h_px; y++) {
		const uint8_t *row = row_above(c, img, y, 0);
		const uint8_t *row1 = row_above(c, img, y, 1);
		unsigned same = memcmp(row, row1, c->row_bytes) == 0;
		mq_encode(c->encoder, &c->context[CONTEXT_TYPICAL], same ^ typical);
		typical = same;
		if (!same)
			encode_row(c, row, row1, row_above(c, img, y, 2));
	}
}

static struct coder *
coder_new(const struct bilevel *img)
{
	struct coder *c = mem_zero(sizeof(*c));
	c->w_px = img->w_px;
	c->row_bytes = (img->w_px + 7) / 8;
	return c;
}

static void
coder_free(struct coder *c)
{
	mem_wipe(c, sizeof(*c)); /* contexts tell of the page */
	mem_free(c);
}

void
generic_encode(struct mq_encoder *e, const struct bilevel *img)
{
	struct coder *c = coder_new(img);
	c->encoder = e;
	encode_rows(c, img);
	coder_free(c);
}

static void
decode_rows(struct coder *c, const struct bilevel *img, uint8_t *p)
{
	unsigned typical = 0;
	for (unsigned y = 0; y < img->h_px; y++) {
		uint8_t *row = p + (size_t)y * img->stride_bytes;
		const uint8_t *row1 = row_above(c, img, y, 1);
		typical ^= mq_decode(c->decoder, &c->context[CONTEXT_TYPICAL]);
		if (typical)
			memcpy(row, row1, c->row_bytes);
		else
			decode_row(c, row, row1, row_above(c, img, y, 2));
	}
}

void
generic_decode(struct mq_decoder *d, const struct bilevel *img, uint8_t *p)
{
	struct coder *c = coder_new(img);
	c->decoder = d;
	decode_rows(c, img, p);
	coder_free(c);
}
