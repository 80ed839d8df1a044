/* SPDX-License-Identifier: Apache-2.0 */
/* The pinned CAs of one hierarchy, read from a folder. */
#include "base/file.h"
#include "base/mem.h"
#include "pki/cert_int.h"
#include "pki/evp.h"
#include "pki/hash.h"

#include <dirent.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { PINS_ARENA_BYTES = 1 << 20 };

void
cert_pins_free(struct cert_pins *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n; i++)
		X509_free(p->ca[i]);
	ASN1_OBJECT_free(p->policy);
	mem_free(p);
}

static bool
pins_is_file(const char *name)
{
	const char *dot = strrchr(name, '.');
	return name[0] != '.' && dot != NULL &&
	    (strcmp(dot, ".der") == 0 || strcmp(dot, ".pem") == 0 || strcmp(dot, ".crt") == 0);
}

/* DER, or one PEM block. */
static X509 *
pins_decode(const uint8_t *p, size_t bytes)
{
	const uint8_t *at = p;
	X509 *x = d2i_X509(NULL, &at, (long)bytes);
	if (x != NULL && at == p + bytes)
		return x;
	X509_free(x);
	BIO *bio = BIO_new_mem_buf(p, (int)bytes);
	evp_must(bio != NULL);
	x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	return x;
}

/* A root of that kind: self-signed, allowed to sign certificates, RSA-2048 or better, or P-256. */
static bool
pins_is_root(X509 *x)
{
	const X509_ALGOR *alg = NULL;
	EVP_PKEY *key = X509_get0_pubkey(x);
	X509_get0_signature(NULL, &alg, x);
	return X509_self_signed(x, 1) == 1 && cert_alg_is_allowed(alg) && X509_check_ca(x) == 1 &&
	    (X509_get_key_usage(x) & KU_KEY_CERT_SIGN) &&
	    (evp_pkey_is_p256(key) ||
		(EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) >= 2048));
}

/* The same CA as .der and .pem counts once. */
static bool
pins_has(const struct cert_pins *p, const X509 *x)
{
	for (size_t i = 0; i < p->n; i++)
		if (X509_cmp(p->ca[i], x) == 0)
			return true;
	return false;
}

static int
pins_add(struct cert_pins *p, struct arena *a, const char *path, struct err *err)
{
	uint8_t *b = NULL;
	size_t bytes = 0;
	int r = file_read(a, path, CERT_MAX_BYTES * 2, &b, &bytes, err);
	if (r)
		return err_raise(err, FAULT_CONFIG, "CA file", r);
	X509 *x = pins_decode(b, bytes);
	if (x == NULL || !pins_is_root(x)) {
		X509_free(x);
		return err_raise(err, FAULT_CONFIG, "a CA file holds no root", 0);
	}
	if (pins_has(p, x)) {
		X509_free(x);
		return 0;
	}
	/* One hierarchy: several generations of one name. */
	if (p->n == CERT_MAX_PINS ||
	    (p->n > 0 &&
		X509_NAME_cmp(X509_get_subject_name(p->ca[0]), X509_get_subject_name(x)) != 0)) {
		X509_free(x);
		return err_raise(err, FAULT_CONFIG, "too many CAs, or of another name", (long)p->n);
	}
	p->ca[p->n++] = x;
	return 0;
}

static int
pins_add_folder(struct cert_pins *p, const char *folder, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(PINS_ARENA_BYTES);
	int r = 0;
	DIR *d = opendir(folder);
	if (d == NULL)
		return err_raise(err, FAULT_CONFIG, "CA folder", 0);
	for (struct dirent *e; r == 0 && (e = readdir(d)) != NULL;)
		if (pins_is_file(e->d_name))
			r = pins_add(p, a, arena_printf(a, "%s/%s", folder, e->d_name), err);
	(void)closedir(d);
	if (r == 0 && p->n == 0)
		r = err_raise(err, FAULT_CONFIG, "no CA in the folder", 0);
	ERR_clear_error();
	return r;
}

int
cert_pins_load(const char *folder, const char *policy, struct cert_pins **ret, struct err *err)
{
	static atomic_uint_least64_t last_id;
	AUTO(cert_pins) struct cert_pins *p = mem_zero(sizeof(*p));
	p->id = atomic_fetch_add(&last_id, 1) + 1;
	p->policy = OBJ_txt2obj(policy, 1);
	if (p->policy == NULL) {
		ERR_clear_error();
		return err_raise(err, FAULT_CONFIG, "policy is no OID", 0);
	}
	int r = pins_add_folder(p, folder, err);
	if (r)
		return r;
	*ret = TAKE(p);
	return 0;
}

static int
digest_order(const void *a, const void *b)
{
	return memcmp(a, b, SHA256_BYTES);
}

void
cert_pins_digest(const struct cert_pins *p, uint8_t ret[32])
{
	uint8_t of[CERT_MAX_PINS][SHA256_BYTES];
	for (size_t i = 0; i < p->n; i++) {
		uint8_t *der = NULL;
		int n = i2d_X509(p->ca[i], &der);
		evp_must(n > 0);
		sha256(der, (size_t)n, of[i]);
		OPENSSL_free(der);
	}
	qsort(of, p->n, sizeof(of[0]), digest_order);
	sha256(of, p->n * sizeof(of[0]), ret);
}
