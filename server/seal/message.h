/* SPDX-License-Identifier: Apache-2.0 */
/* seal/message - heads of kofu-seal's requests and answers, for both ends. */
#pragma once
#include "server/seal/seal.h"

void seal_request_begin(struct buf *b, enum seal_op op);
/* 0 with *ret behind the head, or FAULT_BAD_INPUT. */
MUST_USE int seal_request_open(
    const struct buf *b, enum seal_op *ret_op, struct rd *ret, struct err *err);
/* @result: 0, SEAL_E_* or a fault. */
void seal_answer_begin(struct buf *b, int result);
/* Returns the answer's result; for 0 *ret stands behind the head. */
MUST_USE int seal_answer_open(const struct buf *b, struct rd *ret, struct err *err);
