/* SPDX-License-Identifier: Apache-2.0 */
/* mq - the binary arithmetic coder of ITU-T T.88 annex E. */
#pragma once
#include "base/bytes.h"
#include <stdint.h>

/* What was learned of one context: state in the table, more probable symbol. */
struct mq_context {
	uint8_t state;
	uint8_t mps;
};

struct mq_encoder {
	struct buf *out;
	uint32_t a, c;
	unsigned ct;
	unsigned byte; /* not yet written: a carry may still come */
	int begun;     /* @byte holds one */
};

void mq_encoder_init(struct mq_encoder *e, struct buf *out);
void mq_encode(struct mq_encoder *e, struct mq_context *cx, unsigned bit);
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
