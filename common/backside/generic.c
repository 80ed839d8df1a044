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
 * How many bytes from @b on are white under white windows, at least that one. The window of a
 * byte's last pixels looks AHEAD1 and AHEAD2 pixels into the next.
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
	if (to == c->row_bytes)
		return to - b;
	return to - b - (row1[to] >> (8 - AHEAD1) != 0 || row2[to] >> (8 - AHEAD2) != 0);
}

/* What the contexts of a byte's eight pixels are made of, and what goes before. */
struct strip {
	unsigned row0; /* the four pixels before the byte, it */
	unsigned row1; /* above: three, eight, three */
	unsigned row2; /* above those: two, eight, two */
};

static struct strip
strip_at(
    const struct coder *c, size_t b, const uint8_t *row, const uint8_t *row1, const uint8_t *row2)
{
	unsigned n1 = two_bytes(row1, b, c->row_bytes), n2 = two_bytes(row2, b, c->row_bytes);
	struct strip s = { row[b], n1 >> (8 - AHEAD1), n2 >> (8 - AHEAD2) };
	if (b > 0) {
		s.row0 |= (row[b - 1] & 0xfU) << 8;
		s.row1 |= (row1[b - 1] & 7U) << (8 + AHEAD1);
		s.row2 |= (row2[b - 1] & 3U) << (8 + AHEAD2);
	}
	return s;
}

/* All at once: pixel k's window is what stands above the lower bits when it has moved up by k. */
static void
strip_contexts(const struct strip *s, uint16_t ret[8])
{
	typedef uint16_t lanes __attribute__((vector_size(16)));
	const lanes up = { 1, 2, 4, 8, 16, 32, 64, 128 };
	lanes all = (up * (uint16_t)s->row2 >> 7 & 0x1f) << 11 |
	    (up * (uint16_t)s->row1 >> 7 & 0x7f) << 4 | (up * (uint16_t)s->row0 >> 8 & 0xf);
	memcpy(ret, &all, sizeof(all));
}

/* The first @n pixels of the byte. */
static void
encode_byte(struct coder *c, const struct strip *s, unsigned n)
{
	struct mq_encoder *e = c->encoder;
	uint32_t a = e->a, code = e->c;
	uint16_t contexts[8];
	strip_contexts(s, contexts);
	for (unsigned k = 0; k < n; k++) {
		unsigned bit = s->row0 >> (7 - k) & 1;
		struct mq_context *cx = &c->context[contexts[k]];
		if (mq_encode_sure(&a, &code, *cx, bit))
			continue;
		e->a = a;
		e->c = code;
		mq_encode(e, cx, bit);
		a = e->a;
		code = e->c;
	}
	e->a = a;
	e->c = code;
}

static void
encode_row(struct coder *c, const uint8_t *row, const uint8_t *row1, const uint8_t *row2)
{
	for (size_t b = 0; b < c->row_bytes; b++) {
		struct strip s = strip_at(c, b, row, row1, row2);
		if ((s.row0 | s.row1 | s.row2) == 0) {
			size_t white = white_bytes(c, b, row, row1, row2), left = c->w_px - 8 * b;
			mq_encode_zeros(c->encoder, &c->context[0],
			    (unsigned)(8 * white < left ? 8 * white : left));
			b += white - 1;
			continue;
		}
		encode_byte(c, &s, pixels_in(c, b));
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
