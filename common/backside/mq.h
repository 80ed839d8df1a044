/* SPDX-License-Identifier: Apache-2.0 */
/* mq - the binary arithmetic coder of ITU-T T.88 annex E. */
#pragma once
#include "base/bytes.h"
#include <stdbool.h>
#include <stdint.h>

/* What was learned of one context: twice its state in table E.1, plus its more probable symbol. */
struct mq_context {
	uint8_t at;
};

/* Table E.1, each row twice, by mq_context.at: what follows either symbol is an "at" too. */
struct mq_estimate {
	uint16_t qe;
	uint8_t if_mps, if_lps;
};
enum { MQ_N_ESTIMATES = 2 * 47, MQ_ONE = 0x8000 };
extern const struct mq_estimate mq_estimates[MQ_N_ESTIMATES];

struct mq_encoder {
	struct buf *out;
	uint32_t a, c;
	unsigned ct;
	unsigned byte; /* not yet written: a carry may still come */
	int begun;     /* @byte holds one */
};

void mq_encoder_init(struct mq_encoder *e, struct buf *out);
void mq_encode(struct mq_encoder *e, struct mq_context *cx, unsigned bit);
/*
 * For loops that keep @a and @c of the encoder in registers: mq_encode() where it changes nothing
 * else. False, and nothing done, where it would: put them back, and call it.
 */
static inline bool
mq_encode_sure(uint32_t *a, uint32_t *c, struct mq_context cx, unsigned bit)
{
	uint32_t qe = mq_estimates[cx.at].qe;
	if (((cx.at ^ bit) & 1) != 0 || *a - qe < MQ_ONE)
		return false;
	*a -= qe;
	*c += qe;
	return true;
}
/* @n zeros under one context, as so many calls of mq_encode(). */
void mq_encode_zeros(struct mq_encoder *e, struct mq_context *cx, unsigned n);
void mq_encoder_finish(struct mq_encoder *e);

struct mq_decoder {
	const uint8_t *p;
	const uint8_t *end; /* past it the data goes on with ones */
	uint32_t a, c;
	unsigned ct;
};

void mq_decoder_init(struct mq_decoder *d, const uint8_t *p, size_t bytes);
unsigned mq_decode(struct mq_decoder *d, struct mq_context *cx);
/* Take @n zeros at once when that is sure; returns 0 and takes nothing when it is not. */
int mq_decode_zeros(struct mq_decoder *d, const struct mq_context *cx, unsigned n);
