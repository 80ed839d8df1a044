/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/number.h"

unsigned
number_bit(struct number_coder *c, struct mq_context *cx, unsigned bit)
{
	if (c->decoder != NULL)
		return mq_decode(c->decoder, cx);
	if (!mq_encode_sure(&c->encoder->a, &c->encoder->c, *cx, bit))
		mq_encode(c->encoder, cx, bit);
	return bit;
}

/* As @v + 1: how many bits follow its first one, then these. */
unsigned
number_code(struct number_coder *c, struct number_model *m, unsigned v)
{
	unsigned n = 0, out = 1, length = 31U - (unsigned)__builtin_clz(v + 1);
	while (number_bit(c, &m->length[n], n < length) != 0)
		if (++n == NUMBER_BITS) {
			c->failed = true;
			return 0;
		}
	for (unsigned i = 0; i < n; i++) {
		struct mq_context *cx =
		    i < NUMBER_HEAD_BITS ? &m->head[n][out - 1] : &m->tail[n][i];
		out = out << 1 | number_bit(c, cx, (v + 1) >> (n - 1 - i) & 1);
	}
	return out - 1;
}

/* 0, -1, 1, -2 ... as 0, 1, 2, 3 ... */
int
number_code_signed(struct number_coder *c, struct number_model *m, int v)
{
	unsigned folded = v < 0 ? 2U * (unsigned)-v - 1 : 2U * (unsigned)v;
	folded = number_code(c, m, folded);
	return folded % 2 != 0 ? -(int)(folded / 2) - 1 : (int)(folded / 2);
}

unsigned
number_code_tree(struct number_coder *c, struct mq_context *cx, unsigned bits, unsigned v)
{
	unsigned out = 1;
	for (unsigned i = 0; i < bits; i++)
		out = out << 1 | number_bit(c, &cx[out], v >> (bits - 1 - i) & 1);
	return out - (1U << bits);
}

unsigned
number_bits_for(unsigned n)
{
	unsigned bits = 0;
	while (1U << bits < n)
		bits++;
	return bits;
}
