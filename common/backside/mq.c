/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/mq.h"

enum { MARKER_FROM = 0x90 /* a byte after ff that is no data */ };

/* A row of ITU-T T.88 table E.1: Qe, the next state by symbol, whether the symbols change places.
 */
#define E1(qe, mps, lps, flips)                                                                    \
	{ qe, 2 * (mps), 2 * (lps) + (flips) },                                                    \
	{                                                                                          \
		qe, 2 * (mps) + 1, 2 * (lps) + 1 - (flips)                                         \
	}
const struct mq_estimate mq_estimates[MQ_N_ESTIMATES] = {
	E1(0x5601, 1, 1, 1),
	E1(0x3401, 2, 6, 0),
	E1(0x1801, 3, 9, 0),
	E1(0x0ac1, 4, 12, 0),
	E1(0x0521, 5, 29, 0),
	E1(0x0221, 38, 33, 0),
	E1(0x5601, 7, 6, 1),
	E1(0x5401, 8, 14, 0),
	E1(0x4801, 9, 14, 0),
	E1(0x3801, 10, 14, 0),
	E1(0x3001, 11, 17, 0),
	E1(0x2401, 12, 18, 0),
	E1(0x1c01, 13, 20, 0),
	E1(0x1601, 29, 21, 0),
	E1(0x5601, 15, 14, 1),
	E1(0x5401, 16, 14, 0),
	E1(0x5101, 17, 15, 0),
	E1(0x4801, 18, 16, 0),
	E1(0x3801, 19, 17, 0),
	E1(0x3401, 20, 18, 0),
	E1(0x3001, 21, 19, 0),
	E1(0x2801, 22, 19, 0),
	E1(0x2401, 23, 20, 0),
	E1(0x2201, 24, 21, 0),
	E1(0x1c01, 25, 22, 0),
	E1(0x1801, 26, 23, 0),
	E1(0x1601, 27, 24, 0),
	E1(0x1401, 28, 25, 0),
	E1(0x1201, 29, 26, 0),
	E1(0x1101, 30, 27, 0),
	E1(0x0ac1, 31, 28, 0),
	E1(0x09c1, 32, 29, 0),
	E1(0x08a1, 33, 30, 0),
	E1(0x0521, 34, 31, 0),
	E1(0x0441, 35, 32, 0),
	E1(0x02a1, 36, 33, 0),
	E1(0x0221, 37, 34, 0),
	E1(0x0141, 38, 35, 0),
	E1(0x0111, 39, 36, 0),
	E1(0x0085, 40, 37, 0),
	E1(0x0049, 41, 38, 0),
	E1(0x0025, 42, 39, 0),
	E1(0x0015, 43, 40, 0),
	E1(0x0009, 44, 41, 0),
	E1(0x0005, 45, 42, 0),
	E1(0x0001, 45, 43, 0),
	E1(0x5601, 46, 46, 0),
};

void
mq_encoder_init(struct mq_encoder *e, struct buf *out)
{
	*e = (struct mq_encoder){ .out = out, .a = MQ_ONE, .ct = 12 };
}

static void
byte_next(struct mq_encoder *e, unsigned bits)
{
	if (e->begun)
		buf_u8(e->out, (uint8_t)e->byte);
	e->begun = 1;
	e->byte = e->c >> (27 - bits) & 0xff;
	e->c &= (1u << (27 - bits)) - 1;
	e->ct = bits;
}

/* BYTEOUT: after ff only seven bits, so that a carry stops there. */
static void
byte_out(struct mq_encoder *e)
{
	if (e->begun && e->byte == 0xff) {
		byte_next(e, 7);
		return;
	}
	if (e->c >= 0x8000000) {
		e->byte++;
		e->c &= 0x7ffffff;
		if (e->byte == 0xff) {
			byte_next(e, 7);
			return;
		}
	}
	byte_next(e, 8);
}

/* @a is below one and not 0: doubled until it is not. */
static void
encoder_renormalise(struct mq_encoder *e)
{
	unsigned n = (unsigned)__builtin_clz(e->a) - 16;
	e->a <<= n;
	for (; n >= e->ct; byte_out(e)) { /* which sets ct anew */
		e->c <<= e->ct;
		n -= e->ct;
	}
	e->c <<= n;
	e->ct -= n;
}

void
mq_encode(struct mq_encoder *e, struct mq_context *cx, unsigned bit)
{
	const struct mq_estimate *s = &mq_estimates[cx->at];
	uint32_t qe = s->qe;
	e->a -= qe;
	if (((cx->at ^ bit) & 1) == 0) {
		if (e->a & MQ_ONE) {
			e->c += qe;
			return;
		}
		if (e->a < qe)
			e->a = qe;
		else
			e->c += qe;
		cx->at = s->if_mps;
	} else {
		if (e->a < qe)
			e->c += qe;
		else
			e->a = qe;
		cx->at = s->if_lps;
	}
	encoder_renormalise(e);
}

void
mq_encode_zeros(struct mq_encoder *e, struct mq_context *cx, unsigned n)
{
	while (n > 0) {
		uint32_t qe = mq_estimates[cx->at].qe;
		unsigned at_once = (cx->at & 1) != 0 ? 0 : (e->a - MQ_ONE) / qe;
		if (at_once == 0) {
			mq_encode(e, cx, 0);
			n--;
			continue;
		}
		at_once = at_once < n ? at_once : n;
		e->a -= qe * at_once;
		e->c += qe * at_once;
		n -= at_once;
	}
}

void
mq_encoder_finish(struct mq_encoder *e)
{
	uint32_t limit = e->c + e->a;
	e->c |= 0xffff;
	if (e->c >= limit)
		e->c -= MQ_ONE;
	e->c <<= e->ct;
	byte_out(e);
	e->c <<= e->ct;
	byte_out(e);
	if (e->byte != 0xff) /* the decoder goes on with ones by itself */
		buf_u8(e->out, (uint8_t)e->byte);
}

static void
byte_in(struct mq_decoder *d)
{
	unsigned now = d->p < d->end ? d->p[0] : 0xff;
	unsigned next = d->p + 1 < d->end ? d->p[1] : 0xff;
	if (now == 0xff && next >= MARKER_FROM) {
		d->c += 0xff00;
		d->ct = 8;
		return;
	}
	if (d->p < d->end)
		d->p++;
	d->c += next << (now == 0xff ? 9 : 8);
	d->ct = now == 0xff ? 7 : 8;
}

void
mq_decoder_init(struct mq_decoder *d, const uint8_t *p, size_t bytes)
{
	*d = (struct mq_decoder){ .p = p, .end = p + bytes, .a = MQ_ONE };
	d->c = (bytes ? p[0] : 0xffu) << 16;
	byte_in(d);
	d->c <<= 7;
	d->ct -= 7;
}

static void
decoder_renormalise(struct mq_decoder *d)
{
	do {
		if (d->ct == 0)
			byte_in(d);
		d->a <<= 1;
		d->c <<= 1;
		d->ct--;
	} while (!(d->a & MQ_ONE));
}

unsigned
mq_decode(struct mq_decoder *d, struct mq_context *cx)
{
	const struct mq_estimate *s = &mq_estimates[cx->at];
	uint32_t qe = s->qe;
	unsigned bit = cx->at & 1;
	int lps;
	d->a -= qe;
	if (d->c >> 16 < qe) {
		lps = d->a >= qe; /* the halves change places when the lesser is the larger */
		d->a = qe;
	} else {
		d->c -= qe << 16;
		if (d->a & MQ_ONE)
			return bit;
		lps = d->a < qe;
	}
	cx->at = lps ? s->if_lps : s->if_mps;
	decoder_renormalise(d);
	return lps ? bit ^ 1 : bit;
}

int
mq_decode_zeros(struct mq_decoder *d, const struct mq_context *cx, unsigned n)
{
	uint32_t all = mq_estimates[cx->at].qe * n;
	if ((cx->at & 1) != 0 || d->a - MQ_ONE < all || d->c >> 16 < all)
		return 0;
	d->a -= all;
	d->c -= all << 16;
	return 1;
}
