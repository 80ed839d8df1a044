/* SPDX-License-Identifier: Apache-2.0 */
/* hash - SHA-256 (FIPS 180-4), HMAC (FIPS 198-1), HKDF (RFC 5869). They cannot fail: a library
 * fault aborts. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32 };
void sha256(const void *p, size_t bytes, uint8_t out[SHA256_BYTES]);
/* In pieces, for what is never in memory whole. */
struct sha256_stream;
void sha256_stream_free(struct sha256_stream *s); /* NULL is fine */
struct sha256_stream *sha256_stream_new(void);    /* never NULL */
void sha256_stream_put(struct sha256_stream *s, const void *p, size_t bytes);
/* Of all that was put so far; more may be put after it. */
void sha256_stream_digest(const struct sha256_stream *s, uint8_t out[SHA256_BYTES]);
struct sha256_part {
	const void *p;
	size_t bytes;
};
void sha256_parts(const struct sha256_part *parts, size_t n, uint8_t out[SHA256_BYTES]);
void hmac_sha256(
    const void *key, size_t key_bytes, const void *p, size_t bytes, uint8_t out[SHA256_BYTES]);
/* One key for many messages; wipe with hmac_key_done(). Read by any number of threads. */
struct hmac_key {
	uint32_t inner[8], outer[8];
};
void hmac_key_init(struct hmac_key *k, const void *key, size_t bytes);
void hmac_key_done(struct hmac_key *k);
void hmac_parts(
    const struct hmac_key *k, const struct sha256_part *parts, size_t n, uint8_t out[SHA256_BYTES]);
void hkdf_extract(const void *salt, size_t salt_bytes, const void *ikm, size_t ikm_bytes,
    uint8_t out[SHA256_BYTES]);
/* @bytes at most 255 * 32. */
void hkdf_expand(
    const uint8_t prk[SHA256_BYTES], const void *info, size_t info_bytes, void *out, size_t bytes);
