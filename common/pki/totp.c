/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/totp.h"
#include "base/mem.h"
#include "pki/hash.h"
#include <stdio.h>
#include <string.h>

/* RFC 4226 5.3: four bytes from where the last byte points to. */
void
totp_code(const uint8_t *secret, size_t bytes, int64_t step, unsigned digits, char out[9])
{
	uint8_t counter[8], mac[SHA256_BYTES];
	uint32_t modulus = 1;
	for (unsigned i = 0; i < 8; i++)
		counter[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
	hmac_sha256(secret, bytes, counter, sizeof(counter), mac);
	const uint8_t *p = mac + (mac[SHA256_BYTES - 1] & 0x0F);
	uint32_t n = (uint32_t)(p[0] & 0x7F) << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
	    (uint32_t)p[3];
	for (unsigned i = 0; i < digits; i++)
		modulus *= 10;
	(void)snprintf(out, 9, "%0*u", (int)digits, n % modulus);
	mem_wipe(mac, sizeof(mac));
}

bool
totp_check(const uint8_t secret[TOTP_SECRET_BYTES], const char *code, int64_t now_ms,
    int64_t last_step, int64_t *ret_step)
{
	int64_t now = now_ms / TOTP_STEP_MS;
	bool found = false;
	if (strlen(code) != TOTP_DIGITS)
		return false;
	for (int64_t step = now - 1; step <= now + 1; step++) {
		char want[9];
		totp_code(secret, TOTP_SECRET_BYTES, step, TOTP_DIGITS, want);
		if (!found && step > last_step && mem_equal(want, code, TOTP_DIGITS)) {
			*ret_step = step;
			found = true;
		}
		mem_wipe(want, sizeof(want));
	}
	return found;
}

void
totp_base32(const uint8_t secret[TOTP_SECRET_BYTES], char out[TOTP_BASE32_CHARS + 1])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint32_t held = 0;
	unsigned n_bits = 0;
	char *at = out;
	for (unsigned i = 0; i < TOTP_SECRET_BYTES; i++) {
		held = held << 8 | secret[i];
		n_bits += 8;
		while (n_bits >= 5) {
			n_bits -= 5;
			*at++ = digits[held >> n_bits & 31];
		}
	}
	if (n_bits > 0)
		*at++ = digits[held << (5 - n_bits) & 31];
	*at = '\0';
}
