/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report - one inquiry's answer as a PDF for the bank's file: inquiry number,
 * verdicts with their reasons, standing, every field, the recovered fronts with
 * differences framed, what is proven and what is not. The one place that
 * includes cairo and Pango (docs/adr/0007). Any thread may call.
 */
#pragma once
#include "center/inquiry/answer.h"

enum { REPORT_MAX_BYTES = 8 * 1024 * 1024 };
/* Returns 0 or FAULT_INTERNAL; the bytes in the arena. */
MUST_USE int report_write(struct arena *a, const struct answer_input *in, const uint8_t **ret,
    size_t *ret_bytes, struct err *err);
