/* SPDX-License-Identifier: Apache-2.0 */
/*
 * password - argon2id (RFC 9106) of a password. What comes out is not stored as
 * it is: the caller keys it again (HMAC), so that a stolen table cannot be tried.
 */
#pragma once
#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

enum {
	PASSWORD_MIN_CHARS = 12,
	PASSWORD_MAX_BYTES = 256,
	PASSWORD_SALT_BYTES = 16,
	PASSWORD_HASH_BYTES = 32,
	PASSWORD_MEMORY_KIB = 19 * 1024,
	PASSWORD_PASSES = 2,
};
/* 0, FAULT_BAD_INPUT (over PASSWORD_MAX_BYTES) or FAULT_NOMEM. */
MUST_USE int password_hash(const char *password, const uint8_t salt[PASSWORD_SALT_BYTES],
    uint8_t ret[PASSWORD_HASH_BYTES], struct err *err);
