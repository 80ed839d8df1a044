/* SPDX-License-Identifier: Apache-2.0 */
#include "server/seal/message.h"
#include <string.h>

static const char request_label[4] = "KSQ1", answer_label[4] = "KSA1";

void
seal_request_begin(struct buf *b, enum seal_op op)
{
	buf_put(b, request_label, 4);
	buf_u8(b, (uint8_t)op);
}

int
seal_request_open(const struct buf *b, enum seal_op *ret_op, struct rd *ret, struct err *err)
{
	struct rd r = rd_init(b->p, b->bytes);
	const uint8_t *label = rd_bytes(&r, 4);
	unsigned op = rd_u8(&r);
	if (label == NULL || memcmp(label, request_label, 4) != 0 || op < SEAL_OP_UNWRAP ||
	    op > SEAL_OP_WRAP)
		return err_raise(err, FAULT_BAD_INPUT, "request's head", op);
	*ret_op = (enum seal_op)op;
	*ret = r;
	return 0;
}

void
seal_answer_begin(struct buf *b, int result)
{
	buf_put(b, answer_label, 4);
	buf_u32(b, (uint32_t)result);
}

int
seal_answer_open(const struct buf *b, struct rd *ret, struct err *err)
{
	struct rd r = rd_init(b->p, b->bytes);
	const uint8_t *label = rd_bytes(&r, 4);
	int32_t result = (int32_t)rd_u32(&r);
	if (label == NULL || memcmp(label, answer_label, 4) != 0 || !rd_ok(&r))
		return err_raise(err, FAULT_INTERNAL, "answer's head", 0);
	if (result < 0)
		return err_raise(err, result >= FAULT_CONFIG ? (enum fault)result : FAULT_INTERNAL,
		    "kofu-seal refused", result);
	if (result > 0)
		return result >= SEAL_E_NO_KEY && result <= SEAL_E_CLOCK
		    ? result
		    : err_raise(err, FAULT_INTERNAL, "answer's result", result);
	*ret = r;
	return 0;
}
