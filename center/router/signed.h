/* SPDX-License-Identifier: Apache-2.0 */
/* signed - the kiosk's later words, signed by the session key: release and outcome. */
#pragma once
#include "base/err.h"
#include "center/router/manifest.h"
#include "domain/order.h"
#include <stdbool.h>

enum { SIGNED_MAX_BYTES = 16384 }; /* payload of either */

struct release {
	struct order_id order;
	uint8_t manifest_hash[32]; /* SHA-256 of the manifest's JWS text */
	int64_t at_ms;
};
/* {"v":1,"order":…,"manifest_sha256":…,"time_ms":N}. 0 or FAULT_BAD_INPUT. */
MUST_USE int release_parse(const void *json, size_t bytes, struct release *ret, struct err *err);

enum paper_end { PAPER_PRINTED = 1, PAPER_VOID = 2 };
struct outcome {
	struct order_id order;
	bool all; /* every number of the order, whatever they are, is void for @all_reason; the
		     copies are filled in by outcome_spread() */
	char all_reason[16];
	unsigned n_copies;
	struct {
		char number[MANIFEST_MAX_NUMBER + 1];
		enum paper_end end;
		char reason[16];    /* "", "jam", "power", "cancelled", "unknown" */
	} copies[ORDER_MAX_COPIES]; /* numbers all different */
	int64_t at_ms;
};
/* {"v":1,"order":…,"copies":[…]|"all":reason,"time_ms":N}. A printed copy has no reason. 0 or
 * FAULT_BAD_INPUT. */
MUST_USE int outcome_parse(const void *json, size_t bytes, struct outcome *ret, struct err *err);
