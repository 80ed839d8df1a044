/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/selftest.h"
#include "base/arena.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/text.h"
#include "pki/aead.h"
#include "pki/cert.h"
#include "pki/hash.h"
#include "pki/jose.h"
#include "pki/selftest_known.h"

#include <string.h>

#define TEXT "kofu self-test"
enum { RANDOM_BYTES = 64, RANDOM_MIN_ONES = 128, MONO_TRIES = 1000000, ARENA_BYTES = 16384 };
/* 2026-01-01 and 2100-01-01: a clock outside of them was never set. */
static const int64_t from_ms = 1767225600000, until_ms = 4102444800000;

const char *
selftest_code(enum selftest_check c)
{
	static const char *const codes[SELFTEST_N] = { "clock", "random", "hash", "cipher",
		"signature", "card", "renderer", "paper" };
	return (unsigned)c < SELFTEST_N ? codes[c] : "unknown";
}

/* It goes on within a million looks, whatever its step is, and never back. */
static bool
clock_is_sound(const struct selftest_machine *m)
{
	int64_t now_ms = m->now_ms(), was_ms = m->mono_ms(), is_ms = was_ms;
	for (unsigned i = 0; i < MONO_TRIES && is_ms == was_ms; i++)
		is_ms = m->mono_ms();
	return now_ms >= from_ms && now_ms < until_ms && is_ms > was_ms;
}

/* 512 bits of 1024 are ones, give or take 16 for a standard deviation: 128 never happens. */
static bool
random_is_sound(const struct selftest_machine *m)
{
	uint8_t a[RANDOM_BYTES] = { 0 }, b[RANDOM_BYTES] = { 0 };
	unsigned ones = 0;
	m->random(a, sizeof(a));
	m->random(b, sizeof(b));
	for (size_t i = 0; i < sizeof(a); i++)
		ones += (unsigned)__builtin_popcount(a[i]) + (unsigned)__builtin_popcount(b[i]);
	return memcmp(a, b, sizeof(a)) != 0 && ones >= RANDOM_MIN_ONES &&
	    ones <= 2 * RANDOM_BYTES * 8 - RANDOM_MIN_ONES;
}

static bool
hash_is_sound(const struct selftest_machine *m)
{
	static const char want[] =
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	uint8_t got[32] = { 0 };
	char hex[65];
	m->hash("abc", 3, got);
	text_hex_format(got, sizeof(got), hex);
	return strcmp(hex, want) == 0;
}

static bool
cipher_is_sound(const struct selftest_machine *m)
{
	uint8_t key[32], nonce[12], bent[sizeof(known_box)], out[sizeof(known_box)] = { 0 };
	for (unsigned i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	memcpy(nonce, key, sizeof(nonce));
	memcpy(bent, known_box, sizeof(bent));
	bent[0] ^= 1;
	return m->open(key, nonce, known_box, sizeof(known_box), out) == 0 &&
	    memcmp(out, TEXT, strlen(TEXT)) == 0 &&
	    m->open(key, nonce, bent, sizeof(bent), out) != 0;
}

static bool
signature_is_sound(const struct selftest_machine *m)
{
	char bent[sizeof(known_jws)];
	memcpy(bent, known_jws, sizeof(bent));
	char *payload = strchr(bent, '.') + 1;
	*payload = *payload == 'a' ? 'b' : 'a';
	return m->signature_holds(known_jws, known_point) && !m->signature_holds(bent, known_point);
}

static bool
card_is_sound(const struct selftest_machine *m)
{
	uint8_t digest[32];
	sha256(TEXT, strlen(TEXT), digest);
	if (!m->card_holds(known_card, sizeof(known_card), digest, known_card_signature,
		sizeof(known_card_signature)))
		return false;
	digest[0] ^= 1;
	return !m->card_holds(known_card, sizeof(known_card), digest, known_card_signature,
	    sizeof(known_card_signature));
}

unsigned
selftest_machine_run(const struct selftest_machine *m)
{
	bool (*const checks[SELFTEST_MACHINE_N])(
	    const struct selftest_machine *m) = { clock_is_sound, random_is_sound, hash_is_sound,
		cipher_is_sound, signature_is_sound, card_is_sound };
	unsigned failed = 0;
	for (unsigned i = 0; i < N_ELEMENTS(checks); i++)
		if (!checks[i](m))
			failed |= 1U << i;
	return failed;
}

void
selftest_log(unsigned failed)
{
	for (unsigned i = 0; i < SELFTEST_N; i++)
		if (failed & 1U << i)
			LOG(LOG_LVL_ERR, "selftest.failed", LOG_F("check", (int)i));
}

int
selftest_start(struct err *err)
{
	struct selftest_machine m;
	selftest_machine_real(&m);
	unsigned failed = selftest_machine_run(&m);
	selftest_log(failed);
	return failed == 0 ? 0 : err_raise(err, FAULT_INTEGRITY, "self-test", (long)failed);
}

/* ---- the real parts ---- */

static int
real_open(const uint8_t key[32], const uint8_t nonce[12], const void *p, size_t bytes, uint8_t *out)
{
	return aead_open(key, nonce, NULL, 0, p, bytes, out, NULL);
}

static bool
real_signature_holds(const char *jws, const uint8_t point[65])
{
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	struct key_point key;
	uint8_t *payload = NULL;
	size_t n = 0;
	memcpy(key.b, point, KEY_POINT_BYTES);
	return jws_verify(a, &key, "kofu-self-test", jws, strlen(jws), &payload, &n, NULL) == 0 &&
	    n == strlen(TEXT) && memcmp(payload, TEXT, n) == 0;
}

static bool
real_card_holds(const uint8_t *der, size_t der_bytes, const uint8_t digest[32],
    const uint8_t *signature, size_t bytes)
{
	AUTO(cert) struct cert *c = NULL;
	return cert_parse(der, der_bytes, &c, NULL) == 0 &&
	    cert_verify_digest(c, digest, signature, bytes, NULL) == 0;
}

void
selftest_machine_real(struct selftest_machine *ret)
{
	*ret = (struct selftest_machine){ .now_ms = clock_now_ms,
		.mono_ms = clock_mono_ms,
		.random = rand_bytes,
		.hash = sha256,
		.open = real_open,
		.signature_holds = real_signature_holds,
		.card_holds = real_card_holds };
}
