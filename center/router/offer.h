/* SPDX-License-Identifier: Apache-2.0 */
/* offer - what a municipality offers the holder of a card, checked before it goes to the kiosk. */
#pragma once
#include "base/err.h"
#include "wire/js.h"

enum {
	OFFER_MAX_BYTES = 256 * 1024,
	OFFER_MAX_KINDS = 8,
	OFFER_MAX_TEXT = 256,
	OFFER_MAX_FEE_YEN = 100000,
	OFFER_MAX_HOUSEHOLD = 128 * 1024, /* the JWE */
};
/*
 * {"kinds":[…],"muni_name":…,"phone":…,"household":<JWE>}: each member once, no
 * others, kinds and options that exist, none twice. 0 or FAULT_BAD_INPUT. The
 * household is sealed to the kiosk's key; only its length is seen here.
 */
MUST_USE int offer_parse(const void *json, size_t bytes, json_t **ret, struct err *err);
