/* SPDX-License-Identifier: Apache-2.0 */
/* manifest - what a municipality signs about an answer; docs/PROTOCOL.md section 4. */
#pragma once
#include "base/err.h"
#include "base/log.h"
#include "domain/order.h"
#include "pki/key.h"

enum {
	MANIFEST_MAX_BYTES = 128 * 1024,
	MANIFEST_MAX_NUMBER = 63,
	MANIFEST_MAX_PAGES = 64, /* of one copy */
	MANIFEST_SERIAL_BYTES = 16,
	MANIFEST_MAX_BUILD = 64,
	MANIFEST_MAX_PDF_BYTES = 16 << 20,
};
/* Letters, digits and '-': a number goes into logs, file names and a web page. */
bool manifest_is_number(const char *s);

struct manifest_copy {
	char number[MANIFEST_MAX_NUMBER + 1]; /* 発行番号: letters, digits, '-' */
	uint8_t serial[MANIFEST_SERIAL_BYTES];
	unsigned n_pages;
};
struct manifest {
	struct order_id order;
	uint8_t th[32], oh[32];
	struct muni_code muni;
	enum doc_kind kind;
	unsigned n_copies; /* 1..ORDER_MAX_COPIES, numbers and serials all different */
	struct manifest_copy copies[ORDER_MAX_COPIES];
	int64_t register_ms, issued_ms, not_after_ms;
	unsigned schema;
	char build[MANIFEST_MAX_BUILD + 1];
	struct key_id kid;
};
/* Each member once, no others. 0 or FAULT_BAD_INPUT. */
MUST_USE int manifest_parse(const void *json, size_t bytes, struct manifest *ret, struct err *err);
