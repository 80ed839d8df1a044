/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transcript - what the card signs: one session of one kiosk, docs/PROTOCOL.md
 * section 2. Binary, canonical, length-prefixed; the label keeps the signature
 * from serving anywhere else.
 */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include <stdint.h>

#define TRANSCRIPT_LABEL "KOFU-SESSION-1"
enum {
	TRANSCRIPT_NONCE_BYTES = 32,
	TRANSCRIPT_POINT_BYTES = 65, /* uncompressed P-256 */
	TRANSCRIPT_MAX_ID = 32,
	TRANSCRIPT_MAX_BYTES = 512,
	TRANSCRIPT_HASH_BYTES = 32
};

struct transcript {
	char center[TRANSCRIPT_MAX_ID + 1]; /* [A-Za-z0-9-]{1,32} */
	char kiosk[TRANSCRIPT_MAX_ID + 1];
	uint8_t nonce[TRANSCRIPT_NONCE_BYTES];
	int64_t at_ms;
	uint8_t cert_hash[32]; /* SHA-256 of the authentication certificate's DER */
	uint8_t point[TRANSCRIPT_POINT_BYTES];
};

/* Returns 0 or FAULT_BAD_INPUT (an id that is none). */
MUST_USE int transcript_format(const struct transcript *t, struct buf *out, struct err *err);
/* Returns 0, or FAULT_BAD_INPUT for what transcript_format() would not have written. */
MUST_USE int transcript_parse(const void *p, size_t bytes, struct transcript *ret, struct err *err);
