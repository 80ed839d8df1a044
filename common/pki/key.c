/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/key.h"
#include "base/file.h"
#include "base/mem.h"
#include "pki/evp.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <string.h>

enum { KEY_FILE_MAX_BYTES = 8192, KEY_DER_SIG_MAX_BYTES = 80 };

struct key {
	EVP_PKEY *pkey; /* OpenSSL wipes private numbers as it frees them */
	struct key_point point;
};

void
key_free(struct key *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->pkey);
	mem_wipe(k, sizeof(*k));
	mem_free(k);
}

int
evp_pkey_is_p256(const EVP_PKEY *pkey)
{
	char name[32] = { 0 };
	size_t bytes = 0;
	return pkey != NULL && EVP_PKEY_is_a(pkey, "EC") &&
	    EVP_PKEY_get_utf8_string_param(
		pkey, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof(name), &bytes) &&
	    strcmp(name, "prime256v1") == 0;
}

int
evp_pkey_point(const EVP_PKEY *pkey, struct key_point *ret, struct err *err)
{
	BIGNUM *x = NULL, *y = NULL;
	struct key_point p = { { 4 } };
	int worked = evp_pkey_is_p256(pkey) &&
	    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_X, &x) &&
	    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, &y) &&
	    BN_bn2binpad(x, p.b + 1, 32) == 32 && BN_bn2binpad(y, p.b + 33, 32) == 32;
	BN_free(x);
	BN_free(y);
	if (!worked) {
		ERR_clear_error();
		return err_raise(err, FAULT_BAD_INPUT, "no P-256 key", 0);
	}
	*ret = p;
	return 0;
}

static EVP_PKEY *
pkey_from_params(const struct key_point *p)
{
	char group[] = "prime256v1";
	uint8_t point[KEY_POINT_BYTES];
	EVP_PKEY *pkey = NULL;
	memcpy(point, p->b, sizeof(point));
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
		OSSL_PARAM_construct_end(),
	};
	AUTO(EVP_PKEY_CTX) EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	evp_must(c != NULL && EVP_PKEY_fromdata_init(c));
	evp_must(EVP_PKEY_fromdata(c, &pkey, EVP_PKEY_PUBLIC_KEY, params));
	return pkey;
}

/*
 * The curve is made ready once: a copy of some public key with another point costs a fifth of
 * a new one, a pair made after it half of one that names the curve, and to see whether a point
 * is on it takes no key at all.
 */
static struct {
	EVP_PKEY *key; /* some public key */
	EC_GROUP *group;
} curve;
static pthread_once_t curve_once = PTHREAD_ONCE_INIT;

static void
curve_make(void)
{
	struct key_point point;
	AUTO(EVP_PKEY) EVP_PKEY *pair = EVP_EC_gen("P-256");
	evp_must(pair != NULL && evp_pkey_point(pair, &point, NULL) == 0);
	curve.key = pkey_from_params(&point);
	curve.group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	evp_must(curve.group != NULL);
}

static void
curve_ready(void)
{
	evp_must(pthread_once(&curve_once, curve_make) == 0);
}

EVP_PKEY *
evp_pkey_from_point(const struct key_point *p)
{
	if (p->b[0] != 4)
		return NULL;
	curve_ready();
	AUTO(EVP_PKEY) EVP_PKEY *pkey = EVP_PKEY_dup(curve.key);
	evp_must(pkey != NULL);
	/* Refuses what is not on the curve; P-256 has cofactor 1, so no more is to be asked. */
	if (EVP_PKEY_set1_encoded_public_key(pkey, p->b, sizeof(p->b)) != 1) {
		ERR_clear_error();
		return NULL;
	}
	return TAKE(pkey);
}

static struct key *
key_wrap(EVP_PKEY *pkey, const struct key_point *point)
{
	struct key *k = mem_zero(sizeof(*k));
	k->pkey = pkey;
	k->point = *point;
	return k;
}

/*
 * Two keys that are alike, one after the other, mean that the source of chance stands still:
 * whoever holds the one opens what was meant for the other, so nothing goes on. A thread has
 * a source of its own in the library, and so its own last key here; fresh, it is no point.
 */
static void
key_must_differ(const struct key_point *point)
{
	static _Thread_local struct key_point last;
	evp_must(memcmp(&last, point, sizeof(last)) != 0);
	last = *point;
}

struct key *
key_generate(void)
{
	struct key_point point;
	size_t bytes = 0;
	EVP_PKEY *pkey = NULL;
	curve_ready();
	AUTO(EVP_PKEY_CTX) EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, curve.key, NULL);
	evp_must(c != NULL && EVP_PKEY_keygen_init(c) > 0 && EVP_PKEY_keygen(c, &pkey) > 0);
	/* Uncompressed, as the library writes a point of a key that it made itself. */
	evp_must(EVP_PKEY_get_octet_string_param(
	    pkey, OSSL_PKEY_PARAM_PUB_KEY, point.b, sizeof(point.b), &bytes));
	evp_must(bytes == sizeof(point.b) && point.b[0] == 4);
	key_must_differ(&point);
	return key_wrap(pkey, &point);
}

/* An encrypted file is refused, never asked about on a terminal. */
static int
key_no_password(char *buf, int size, int rwflag, void *u)
{
	(void)buf, (void)size, (void)rwflag, (void)u;
	return -1;
}

/* The halves belong together: a file that was edited must not sign under another's name. */
static int
key_is_pair(EVP_PKEY *pkey)
{
	AUTO(EVP_PKEY_CTX) EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	evp_must(c != NULL);
	return EVP_PKEY_check(c) == 1;
}

int
key_load(const char *path, struct key **ret, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(2 * KEY_FILE_MAX_BYTES);
	uint8_t *pem = NULL;
	size_t bytes = 0;
	struct key_point point;
	if (file_read(a, path, KEY_FILE_MAX_BYTES, &pem, &bytes, err) != 0)
		return err_raise(err, FAULT_CONFIG, "key file", 0);
	BIO *bio = BIO_new_mem_buf(pem, (int)bytes);
	evp_must(bio != NULL);
	AUTO(EVP_PKEY) EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, key_no_password, NULL);
	BIO_free(bio);
	if (evp_pkey_point(pkey, &point, NULL) != 0 || !key_is_pair(pkey)) {
		ERR_clear_error();
		return err_raise(err, FAULT_CONFIG, "no P-256 private key in the file", 0);
	}
	*ret = key_wrap(TAKE(pkey), &point);
	return 0;
}

int
key_point_load(const void *pem, size_t bytes, struct key_point *ret, struct err *err)
{
	if (bytes > KEY_FILE_MAX_BYTES)
		return err_raise(err, FAULT_CONFIG, "public key over its limit", 0);
	BIO *bio = BIO_new_mem_buf(pem, (int)bytes);
	evp_must(bio != NULL);
	AUTO(EVP_PKEY) EVP_PKEY *pkey = PEM_read_bio_PUBKEY(bio, NULL, key_no_password, NULL);
	BIO_free(bio);
	if (evp_pkey_point(pkey, ret, NULL) != 0) {
		ERR_clear_error();
		return err_raise(err, FAULT_CONFIG, "no P-256 public key", 0);
	}
	return 0;
}

int
key_point_check(const struct key_point *p, struct err *err)
{
	curve_ready();
	EC_POINT *point = EC_POINT_new(curve.group);
	evp_must(point != NULL);
	bool on = p->b[0] == 4 &&
	    EC_POINT_oct2point(curve.group, point, p->b, sizeof(p->b), NULL) == 1;
	EC_POINT_free(point);
	if (on)
		return 0;
	ERR_clear_error();
	return err_raise(err, FAULT_BAD_INPUT, "not a point of P-256", 0);
}

void
key_public(const struct key *k, struct key_point *ret)
{
	*ret = k->point;
}

void
key_id_of(const struct key_point *p, struct key_id *ret)
{
	uint8_t h[SHA256_BYTES];
	sha256(p->b, sizeof(p->b), h);
	memcpy(ret->b, h, sizeof(ret->b));
}

void
key_sign(const struct key *k, const uint8_t digest[32], uint8_t sig[KEY_SIG_BYTES])
{
	uint8_t der[KEY_DER_SIG_MAX_BYTES];
	size_t bytes = sizeof(der);
	const uint8_t *p = der;
	AUTO(EVP_PKEY_CTX) EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
	evp_must(c != NULL && EVP_PKEY_sign_init(c) > 0);
	evp_must(EVP_PKEY_sign(c, der, &bytes, digest, 32));
	ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &p, (long)bytes);
	evp_must(s != NULL);
	evp_must(BN_bn2binpad(ECDSA_SIG_get0_r(s), sig, 32));
	evp_must(BN_bn2binpad(ECDSA_SIG_get0_s(s), sig + 32, 32));
	ECDSA_SIG_free(s);
}

/* r ‖ s -> DER, as the library wants it. Returns its length, at most 72. */
static size_t
key_sig_to_der(const uint8_t sig[KEY_SIG_BYTES], uint8_t der[KEY_DER_SIG_MAX_BYTES])
{
	uint8_t *p = der;
	ECDSA_SIG *s = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(sig, 32, NULL);
	BIGNUM *v = BN_bin2bn(sig + 32, 32, NULL);
	evp_must(s != NULL && r != NULL && v != NULL && ECDSA_SIG_set0(s, r, v));
	int bytes = i2d_ECDSA_SIG(s, &p);
	evp_must(bytes);
	ECDSA_SIG_free(s);
	return (size_t)bytes;
}

int
key_verify(const struct key_point *p, const uint8_t digest[32], const uint8_t sig[KEY_SIG_BYTES],
    struct err *err)
{
	uint8_t der[KEY_DER_SIG_MAX_BYTES];
	size_t bytes = key_sig_to_der(sig, der);
	AUTO(EVP_PKEY) EVP_PKEY *pkey = evp_pkey_from_point(p);
	if (pkey == NULL)
		return err_raise(err, FAULT_INTEGRITY, "not a point of P-256", 0);
	AUTO(EVP_PKEY_CTX) EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	evp_must(c != NULL && EVP_PKEY_verify_init(c) > 0);
	if (EVP_PKEY_verify(c, der, bytes, digest, 32) == 1)
		return 0;
	ERR_clear_error();
	return err_raise(err, FAULT_INTEGRITY, "signature", 0);
}

int
key_agree(const struct key *k, const struct key_point *peer, uint8_t shared[KEY_SHARED_BYTES],
    struct err *err)
{
	uint8_t z[KEY_SHARED_BYTES];
	size_t bytes = sizeof(z);
	AUTO(EVP_PKEY) EVP_PKEY *pkey = evp_pkey_from_point(peer);
	if (pkey == NULL)
		return err_raise(err, FAULT_BAD_INPUT, "not a point of P-256", 0);
	AUTO(EVP_PKEY_CTX) EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
	/* The peer's point was found to be on the curve: the library need not multiply it by the
	 * order as well, which of P-256's points tells nothing more and takes as long as the rest.
	 */
	evp_must(c != NULL && EVP_PKEY_derive_init(c) > 0 &&
	    EVP_PKEY_derive_set_peer_ex(c, pkey, 0) > 0);
	evp_must(EVP_PKEY_derive(c, z, &bytes) > 0 && bytes == sizeof(z));
	memcpy(shared, z, sizeof(z));
	mem_wipe(z, sizeof(z));
	return 0;
}

static int
key_signer_sign(void *self, const uint8_t digest[32], uint8_t sig[KEY_SIG_BYTES], struct err *err)
{
	(void)err;
	key_sign(self, digest, sig);
	return 0;
}

static int
key_agreer_agree(
    void *self, const struct key_point *peer, uint8_t shared[KEY_SHARED_BYTES], struct err *err)
{
	return key_agree(self, peer, shared, err);
}

struct key_signer
key_as_signer(struct key *k)
{
	return (struct key_signer){ .self = k, .point = k->point, .sign = key_signer_sign };
}

struct key_agreer
key_as_agreer(struct key *k)
{
	return (struct key_agreer){ .self = k, .point = k->point, .agree = key_agreer_agree };
}
