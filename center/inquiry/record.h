/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record - what the center's tables know of numbers, inquiries and banks' keys.
 * Nothing in them is of a paper's content.
 */
#pragma once
#include "center/inquiry/answer.h"
#include "center/inquiry/apikey.h"
#include "db/db.h"

enum { RECORD_MAX_ID = 40, RECORD_REQUEST_KEPT_MS = 24 * 3600 * 1000 };
enum { RECORD_E_NO_KEY = 1941, RECORD_E_OTHER_REQUEST = 1942 };

/* The standing of a number; STANDING_UNKNOWN is one. Texts in the arena. 0 or a fault. */
MUST_USE int record_standing(
    struct db *db, struct arena *a, const char *number, struct standing *ret, struct err *err);
/*
 * Remembers that a page was asked for under @id, and tells when it was before.
 * The same @id again adds nothing and is told the same. 0 or a fault.
 */
struct record_inquiry {
	const char *id, *number;
	unsigned page;
	enum check_verdict verdict;
	int64_t at_ms;
};
MUST_USE int record_add(
    struct db *db, const struct record_inquiry *q, struct standing *ret, struct err *err);

/* Is this key in force? 0 (and how much it may), RECORD_E_NO_KEY or a fault. */
MUST_USE int record_key_check(
    struct db *db, const struct apikey *key, unsigned *ret_per_minute, struct err *err);
/*
 * The first who comes with (key, idem) claims it for @id at @at_ms; later ones
 * are told whose it is, for RECORD_REQUEST_KEPT_MS. 0, RECORD_E_OTHER_REQUEST
 * (it was claimed for something else to ask) or a fault.
 */
struct record_request {
	const char *key_id;
	uint8_t idem[SHA256_BYTES], asked[SHA256_BYTES];
	char id[RECORD_MAX_ID + 1]; /* in and out */
	int64_t at_ms;              /* in and out */
};
MUST_USE int record_request_claim(struct db *db, struct record_request *r, struct err *err);
