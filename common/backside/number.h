/* SPDX-License-Identifier: Apache-2.0 */
/*
 * number - numbers by the MQ coder with adaptive models. Both ends run the same
 * code: what one writes the other reads.
 */
#pragma once
#include "backside/mq.h"

enum {
	NUMBER_BITS = 16,     /* numbers are below 2^16 - 1 */
	NUMBER_HEAD_BITS = 2, /* that are modelled by their value */
};

/* How one sort of number is modelled: how many bits it has, its first ones, the others. */
struct number_model {
	struct mq_context length[NUMBER_BITS + 1];
	struct mq_context head[NUMBER_BITS + 1][1 << NUMBER_HEAD_BITS];
	struct mq_context tail[NUMBER_BITS + 1][NUMBER_BITS + 1];
};
/* One of the two ends. Reading, what is handed in to be written is not looked at. */
struct number_coder {
	struct mq_encoder *encoder;
	struct mq_decoder *decoder;
	bool failed; /* a number was read that no encoder writes; 0 was returned */
};

/* Each writes @v, or reads; returns what was written or read. */
unsigned number_bit(struct number_coder *c, struct mq_context *cx, unsigned bit);
/* @v, 0 .. 2^16 - 2. */
unsigned number_code(struct number_coder *c, struct number_model *m, unsigned v);
/* @v, -32767 .. 32767. */
int number_code_signed(struct number_coder *c, struct number_model *m, int v);
/* @v of @bits bits, each modelled by those before it; @cx has room for 2^@bits. */
unsigned number_code_tree(struct number_coder *c, struct mq_context *cx, unsigned bits, unsigned v);
/* The bits that numbers below @n need, 0 for 1. */
unsigned number_bits_for(unsigned n);
