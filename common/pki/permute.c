/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/permute.h"
#include "pki/evp.h"

static void
run(const uint8_t *key, const uint8_t *in, uint8_t *out, int enc)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0;
	evp_must(c != NULL && EVP_CipherInit_ex2(c, evp_aes256_ecb(), key, NULL, enc, NULL));
	evp_must(EVP_CIPHER_CTX_set_padding(c, 0));
	evp_must(EVP_CipherUpdate(c, out, &n, in, PERMUTE_BYTES) && n == PERMUTE_BYTES);
	EVP_CIPHER_CTX_free(c);
}

void
permute_block(const uint8_t key[PERMUTE_KEY_BYTES], const uint8_t in[PERMUTE_BYTES],
    uint8_t out[PERMUTE_BYTES])
{
	run(key, in, out, 1);
}

void
permute_back(const uint8_t key[PERMUTE_KEY_BYTES], const uint8_t in[PERMUTE_BYTES],
    uint8_t out[PERMUTE_BYTES])
{
	run(key, in, out, 0);
}
