/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HMAC (FIPS 198-1) with the two padded keys hashed once: what is left of a short message is
 * two blocks. The library's own way to go on from a state is a copy of a context from the heap,
 * which costs five times as much; the plain one of before 3.0 copies eight words.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/mem.h"
#include "pki/evp.h"

#include <openssl/sha.h>
#include <string.h>

enum { HMAC_BLOCK_BYTES = SHA256_CBLOCK };

/* The state behind one block: the key, padded, under @mask. */
static void
state_of(const uint8_t block[HMAC_BLOCK_BYTES], uint8_t mask, uint32_t ret[8])
{
	uint8_t pad[HMAC_BLOCK_BYTES];
	SHA256_CTX c;
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] = block[i] ^ mask;
	evp_must(SHA256_Init(&c) && SHA256_Update(&c, pad, sizeof(pad)));
	for (size_t i = 0; i < 8; i++)
		ret[i] = c.h[i];
	mem_wipe(&c, sizeof(c));
	mem_wipe(pad, sizeof(pad));
}

static void
go_on(SHA256_CTX *c, const uint32_t state[8])
{
	evp_must(SHA256_Init(c));
	for (size_t i = 0; i < 8; i++)
		c->h[i] = state[i];
	c->Nl = 8 * HMAC_BLOCK_BYTES; /* bits so far */
}

void
hmac_key_init(struct hmac_key *k, const void *key, size_t bytes)
{
	uint8_t block[HMAC_BLOCK_BYTES] = { 0 };
	if (bytes > sizeof(block))
		sha256(key, bytes, block);
	else if (bytes > 0)
		memcpy(block, key, bytes);
	state_of(block, 0x36, k->inner);
	state_of(block, 0x5c, k->outer);
	mem_wipe(block, sizeof(block));
}

void
hmac_key_done(struct hmac_key *k)
{
	mem_wipe(k, sizeof(*k));
}

void
hmac_parts(
    const struct hmac_key *k, const struct sha256_part *parts, size_t n, uint8_t out[SHA256_BYTES])
{
	uint8_t inner[SHA256_BYTES];
	SHA256_CTX c;
	go_on(&c, k->inner);
	for (size_t i = 0; i < n; i++)
		evp_must(SHA256_Update(&c, parts[i].p, parts[i].bytes));
	evp_must(SHA256_Final(inner, &c));
	go_on(&c, k->outer);
	evp_must(SHA256_Update(&c, inner, sizeof(inner)) && SHA256_Final(out, &c));
	mem_wipe(&c, sizeof(c));
	mem_wipe(inner, sizeof(inner));
}
