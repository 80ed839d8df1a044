/* SPDX-License-Identifier: Apache-2.0 */
/* totp - one-time codes of RFC 6238: HMAC-SHA-256, steps of 30 s, six digits. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TOTP_SECRET_BYTES = 32,
	TOTP_DIGITS = 6,
	TOTP_STEP_MS = 30 * 1000,
	TOTP_BASE32_CHARS = (TOTP_SECRET_BYTES * 8 + 4) / 5,
};
/* The code of one step, digits (6 or, for the vectors of RFC 6238, 8) and a NUL. */
void totp_code(const uint8_t *secret, size_t bytes, int64_t step, unsigned digits, char out[9]);
/*
 * Is @code that of now, of the step before or of the one after, and newer than
 * @last_step (each step counts once)? *ret_step is the one to remember.
 */
bool totp_check(const uint8_t secret[TOTP_SECRET_BYTES], const char *code, int64_t now_ms,
    int64_t last_step, int64_t *ret_step);
/* RFC 4648 base32 without padding, as authenticators want it. */
void totp_base32(const uint8_t secret[TOTP_SECRET_BYTES], char out[TOTP_BASE32_CHARS + 1]);
