/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/hash.h"
#include "base/attr.h"
#include "base/mem.h"
#include "pki/evp.h"

#include <pthread.h>
#include <string.h>

static EVP_MD *the_sha256;
static EVP_CIPHER *the_aes256_gcm, *the_aes256_ecb;
static pthread_key_t context; /* of each thread: making one costs more than a short digest */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
context_free(void *c)
{
	EVP_MD_CTX_free(c);
}

static void
evp_fetch(void)
{
	evp_must(pthread_key_create(&context, context_free) == 0);
	the_sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	the_aes256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	the_aes256_ecb = EVP_CIPHER_fetch(NULL, "AES-256-ECB", NULL);
	evp_must(the_sha256 != NULL && the_aes256_gcm != NULL && the_aes256_ecb != NULL);
}

const EVP_MD *
evp_sha256(void)
{
	evp_must(pthread_once(&once, evp_fetch) == 0);
	return the_sha256;
}

const EVP_CIPHER *
evp_aes256_gcm(void)
{
	evp_must(pthread_once(&once, evp_fetch) == 0);
	return the_aes256_gcm;
}

const EVP_CIPHER *
evp_aes256_ecb(void)
{
	evp_must(pthread_once(&once, evp_fetch) == 0);
	return the_aes256_ecb;
}

/* This thread's own, at the beginning of a digest. */
static EVP_MD_CTX *
context_take(void)
{
	const EVP_MD *md = evp_sha256();
	EVP_MD_CTX *c = pthread_getspecific(context);
	if (c == NULL) {
		c = EVP_MD_CTX_new();
		evp_must(c != NULL && pthread_setspecific(context, c) == 0);
	}
	evp_must(EVP_DigestInit_ex2(c, md, NULL));
	return c;
}

void
sha256(const void *p, size_t bytes, uint8_t out[SHA256_BYTES])
{
	sha256_parts(&(struct sha256_part){ p, bytes }, 1, out);
}

void
sha256_parts(const struct sha256_part *parts, size_t n, uint8_t out[SHA256_BYTES])
{
	EVP_MD_CTX *c = context_take();
	for (size_t i = 0; i < n; i++)
		evp_must(EVP_DigestUpdate(c, parts[i].p, parts[i].bytes));
	evp_must(EVP_DigestFinal_ex(c, out, NULL));
}

/* The name of the type is all that others know of it. */
struct sha256_stream {
	EVP_MD_CTX *c;
};

struct sha256_stream *
sha256_stream_new(void)
{
	struct sha256_stream *s = mem_zero(sizeof(*s));
	s->c = EVP_MD_CTX_new();
	evp_must(s->c != NULL && EVP_DigestInit_ex2(s->c, evp_sha256(), NULL));
	return s;
}

void
sha256_stream_free(struct sha256_stream *s)
{
	if (s == NULL)
		return;
	EVP_MD_CTX_free(s->c);
	mem_free(s);
}

void
sha256_stream_put(struct sha256_stream *s, const void *p, size_t bytes)
{
	evp_must(EVP_DigestUpdate(s->c, p, bytes));
}

void
sha256_stream_digest(const struct sha256_stream *s, uint8_t out[SHA256_BYTES])
{
	AUTO(EVP_MD_CTX) EVP_MD_CTX *c = EVP_MD_CTX_new();
	evp_must(c != NULL && EVP_MD_CTX_copy_ex(c, s->c));
	evp_must(EVP_DigestFinal_ex(c, out, NULL));
}

void
hmac_sha256(
    const void *key, size_t key_bytes, const void *p, size_t bytes, uint8_t out[SHA256_BYTES])
{
	struct hmac_key k;
	hmac_key_init(&k, key, key_bytes);
	hmac_parts(&k, &(struct sha256_part){ p, bytes }, 1, out);
	hmac_key_done(&k);
}

void
hkdf_extract(const void *salt, size_t salt_bytes, const void *ikm, size_t ikm_bytes,
    uint8_t out[SHA256_BYTES])
{
	hmac_sha256(salt, salt_bytes, ikm, ikm_bytes, out);
}

void
hkdf_expand(
    const uint8_t prk[SHA256_BYTES], const void *info, size_t info_bytes, void *out, size_t bytes)
{
	uint8_t t[SHA256_BYTES];
	uint8_t *o = out;
	struct hmac_key k;
	evp_must(bytes <= 255 * SHA256_BYTES);
	hmac_key_init(&k, prk, SHA256_BYTES);
	for (uint8_t i = 1; bytes > 0; i++) {
		/* T(0) is empty. RFC 5869 2.3 */
		const struct sha256_part parts[] = { { t, i == 1 ? 0 : sizeof(t) },
			{ info, info_bytes }, { &i, 1 } };
		size_t n = bytes < sizeof(t) ? bytes : sizeof(t);
		hmac_parts(&k, parts, N_ELEMENTS(parts), t);
		memcpy(o, t, n);
		o += n;
		bytes -= n;
	}
	hmac_key_done(&k);
	mem_wipe(t, sizeof(t));
}
