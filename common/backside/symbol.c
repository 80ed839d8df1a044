/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/symbol.h"

#include <string.h>

struct contexts {
	struct mq_context cx[SYMBOL_N_CONTEXTS];
};

static void
contexts_begin(struct contexts *c)
{
	for (unsigned i = 0; i < SYMBOL_N_CONTEXTS; i++)
		c->cx[i].at = symbol_states[i];
}

static unsigned
pixel(const struct bilevel *b, int x, int y)
{
	if (x < 0 || y < 0 || x >= (int)b->w_px)
		return 0;
	return b->p[(size_t)y * b->stride_bytes + (unsigned)x / 8] >> (7 - x % 8) & 1U;
}

/* T.88 figure 5; the nominal adaptive pixel is the one two to the right, one up. */
unsigned
symbol_context(const struct bilevel *b, unsigned x, unsigned y)
{
	static const int8_t at[][2] = { { -1, 0 }, { -2, 0 }, { 2, -1 }, { 1, -1 }, { 0, -1 },
		{ -1, -1 }, { -2, -1 }, { 1, -2 }, { 0, -2 }, { -1, -2 } };
	unsigned context = 0;
	for (unsigned i = 0; i < N_ELEMENTS(at); i++)
		context |= pixel(b, (int)x + at[i][0], (int)y + at[i][1]) << i;
	return context;
}

static bool
size_is_legal(const struct bilevel *b)
{
	return b->w_px > 0 && b->h_px > 0 && b->w_px <= SYMBOL_MAX_SIDE_PX &&
	    b->h_px <= SYMBOL_MAX_SIDE_PX && b->stride_bytes >= (b->w_px + 7) / 8;
}

/* A row around byte @at: @before pixels, the byte's eight, @behind pixels. */
static unsigned
strip(const uint8_t *row, size_t at, size_t bytes, unsigned before, unsigned behind)
{
	unsigned left = at > 0 ? row[at - 1] : 0, right = at + 1 < bytes ? row[at + 1] : 0;
	unsigned all = left << 16 | (unsigned)row[at] << 8 | right;
	return all >> (8 - behind) & ((1U << (before + 8 + behind)) - 1);
}

/* Eight pixels, or those of a row's last byte: symbol_context() of each, all at once. */
static void
encode_byte(struct mq_encoder *e, struct contexts *c, const uint8_t *const row[3], size_t at,
    size_t bytes, unsigned n)
{
	unsigned s0 = strip(row[0], at, bytes, 2, 0), s1 = strip(row[1], at, bytes, 2, 2);
	unsigned s2 = strip(row[2], at, bytes, 1, 1);
	if ((s0 | s1 | s2) == 0) {
		mq_encode_zeros(e, &c->cx[0], n);
		return;
	}
	for (unsigned k = 0; k < n; k++) {
		unsigned context =
		    (s2 >> (7 - k) & 7) << 7 | (s1 >> (7 - k) & 0x1f) << 2 | (s0 >> (8 - k) & 3);
		struct mq_context *cx = &c->cx[context];
		unsigned bit = s0 >> (7 - k) & 1;
		if (!mq_encode_sure(&e->a, &e->c, *cx, bit))
			mq_encode(e, cx, bit);
	}
}

int
symbol_encode(const struct bilevel *b, struct buf *out, struct err *err)
{
	static const uint8_t white[SYMBOL_MAX_SIDE_PX / 8];
	struct contexts c;
	struct mq_encoder e;
	if (!size_is_legal(b))
		return err_raise(err, FAULT_BAD_INPUT, "size of a symbol", (long)b->w_px);
	size_t bytes = (b->w_px + 7) / 8;
	const uint8_t *row[3] = { b->p, white, white }; /* and the two above */
	contexts_begin(&c);
	mq_encoder_init(&e, out);
	for (unsigned y = 0; y < b->h_px; y++) {
		for (size_t at = 0; at < bytes; at++)
			encode_byte(&e, &c, row, at, bytes,
			    at + 1 < bytes ? 8 : (unsigned)(b->w_px - 8 * at));
		row[2] = row[1];
		row[1] = row[0];
		row[0] += b->stride_bytes;
	}
	mq_encoder_finish(&e);
	return 0;
}

static void
decode_rows(const uint8_t *p, size_t bytes, const struct bilevel *b, uint8_t *rows)
{
	struct contexts c;
	struct mq_decoder d;
	contexts_begin(&c);
	mq_decoder_init(&d, p, bytes);
	for (unsigned y = 0; y < b->h_px; y++)
		for (unsigned x = 0; x < b->w_px; x++) {
			unsigned bit = mq_decode(&d, &c.cx[symbol_context(b, x, y)]);
			rows[(size_t)y * b->stride_bytes + x / 8] |= (uint8_t)(bit << (7 - x % 8));
		}
}

bool
symbol_decode(const uint8_t *p, size_t bytes, const struct bilevel *b, uint8_t *rows)
{
	struct err err = { 0 };
	struct buf again;
	if (!size_is_legal(b) || bytes == 0)
		return false;
	decode_rows(p, bytes, b, rows);
	buf_init(&again, bytes);
	bool same = symbol_encode(b, &again, &err) == 0 && buf_ok(&again) && again.bytes == bytes &&
	    memcmp(again.p, p, bytes) == 0;
	buf_done(&again);
	return same;
}
