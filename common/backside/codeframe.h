/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codeframe - a payload as information bits: length (4 bytes), CRC-64, payload,
 * zeros to the end. One payload has one frame, and what is no frame is refused.
 */
#pragma once
#include "backside/code.h"
#include "backside/ldpc.h"

enum {
	CODEFRAME_HEAD_BYTES = 12,
	CODEFRAME_N_WORDS = 10, /* code words of a page; half as many where it is sent twice */
};

struct codeframe_shape {
	enum ldpc_profile profile;
	unsigned words;
	unsigned max_bytes; /* of the payload */
};
const struct codeframe_shape *codeframe_shape_of(enum backside_rate rate);

/* Writes @n_bits bits, one a byte, for a payload that the rate holds. */
void codeframe_format(
    enum backside_rate rate, const uint8_t *payload, size_t bytes, uint8_t *bits, size_t n_bits);
/*
 * The payload in @n_bits bits, copied into @a. Returns false when length,
 * padding or check are not those of a frame of this rate.
 */
bool codeframe_parse(enum backside_rate rate, const uint8_t *bits, size_t n_bits, struct arena *a,
    uint8_t **ret, size_t *ret_bytes);
