/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/aead.h"
#include "base/mem.h"
#include "base/rand.h"
#include "pki/evp.h"

#include <limits.h>
#include <string.h>

/* The library counts in int; larger inputs go in pieces. */
static void
aead_update(EVP_CIPHER_CTX *c, uint8_t *out, const uint8_t *p, size_t bytes)
{
	while (bytes > 0) {
		int n = bytes > INT_MAX / 2 ? INT_MAX / 2 : (int)bytes;
		int done = 0;
		evp_must(EVP_CipherUpdate(c, out, &done, p, n) && done == n);
		p += n;
		bytes -= (size_t)n;
		if (out != NULL)
			out += n;
	}
}

static EVP_CIPHER_CTX *
aead_start(const uint8_t *key, const uint8_t *nonce, const void *aad, size_t aad_bytes, int enc)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	evp_must(c != NULL && EVP_CipherInit_ex2(c, evp_aes256_gcm(), key, nonce, enc, NULL));
	aead_update(c, NULL, aad, aad_bytes);
	return c;
}

void
aead_seal(const uint8_t key[AEAD_KEY_BYTES], const uint8_t nonce[AEAD_NONCE_BYTES], const void *aad,
    size_t aad_bytes, const void *p, size_t bytes, uint8_t *out)
{
	uint8_t none[16];
	int left = 0;
	AUTO(EVP_CIPHER_CTX) EVP_CIPHER_CTX *c = aead_start(key, nonce, aad, aad_bytes, 1);
	aead_update(c, out, p, bytes);
	evp_must(EVP_CipherFinal_ex(c, none, &left) && left == 0);
	evp_must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_BYTES, out + bytes));
}

int
aead_open(const uint8_t key[AEAD_KEY_BYTES], const uint8_t nonce[AEAD_NONCE_BYTES], const void *aad,
    size_t aad_bytes, const void *p, size_t bytes, uint8_t *out, struct err *err)
{
	uint8_t none[16], tag[AEAD_TAG_BYTES];
	int left = 0;
	if (bytes < AEAD_TAG_BYTES)
		return err_raise(err, FAULT_INTEGRITY, "shorter than its tag", 0);
	bytes -= AEAD_TAG_BYTES;
	memcpy(tag, (const uint8_t *)p + bytes, sizeof(tag));
	AUTO(EVP_CIPHER_CTX) EVP_CIPHER_CTX *c = aead_start(key, nonce, aad, aad_bytes, 0);
	aead_update(c, out, p, bytes);
	evp_must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag));
	if (EVP_CipherFinal_ex(c, none, &left) == 1)
		return 0;
	mem_wipe(out, bytes);
	return err_raise(err, FAULT_INTEGRITY, "tag", 0);
}

void
aead_box_seal(const uint8_t key[AEAD_KEY_BYTES], const void *aad, size_t aad_bytes, const void *p,
    size_t bytes, uint8_t *out)
{
	rand_bytes(out, AEAD_NONCE_BYTES);
	aead_seal(key, out, aad, aad_bytes, p, bytes, out + AEAD_NONCE_BYTES);
}

enum { SEALER_NONCES = 512 };
struct aead_sealer {
	EVP_CIPHER_CTX *c;
	unsigned n_left;
	uint8_t nonces[SEALER_NONCES][AEAD_NONCE_BYTES]; /* drawn at once; each is taken once */
};

struct aead_sealer *
aead_sealer_new(const uint8_t key[AEAD_KEY_BYTES])
{
	struct aead_sealer *s = mem_zero(sizeof(*s));
	s->c = EVP_CIPHER_CTX_new();
	evp_must(s->c != NULL && EVP_CipherInit_ex2(s->c, evp_aes256_gcm(), key, NULL, 1, NULL));
	return s;
}

void
aead_sealer_free(struct aead_sealer *s)
{
	if (s == NULL)
		return;
	EVP_CIPHER_CTX_free(s->c);
	mem_free(s);
}

void
aead_sealer_box(struct aead_sealer *s, const void *aad, size_t aad_bytes, const void *p,
    size_t bytes, uint8_t *out)
{
	uint8_t none[16];
	int left = 0;
	if (s->n_left == 0) {
		rand_bytes(s->nonces, sizeof(s->nonces));
		s->n_left = SEALER_NONCES;
	}
	memcpy(out, s->nonces[--s->n_left], AEAD_NONCE_BYTES);
	evp_must(EVP_CipherInit_ex2(s->c, NULL, NULL, out, 1, NULL));
	out += AEAD_NONCE_BYTES;
	aead_update(s->c, NULL, aad, aad_bytes);
	aead_update(s->c, out, p, bytes);
	evp_must(EVP_CipherFinal_ex(s->c, none, &left) && left == 0);
	evp_must(EVP_CIPHER_CTX_ctrl(s->c, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_BYTES, out + bytes));
}

int
aead_box_open(const uint8_t key[AEAD_KEY_BYTES], const void *aad, size_t aad_bytes, const void *p,
    size_t bytes, uint8_t *out, struct err *err)
{
	const uint8_t *b = p;
	if (bytes < AEAD_BOX_OVERHEAD)
		return err_raise(err, FAULT_INTEGRITY, "shorter than a box", 0);
	return aead_open(
	    key, b, aad, aad_bytes, b + AEAD_NONCE_BYTES, bytes - AEAD_NONCE_BYTES, out, err);
}
