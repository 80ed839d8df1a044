/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/tls.h"
#include "base/mem.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#define TLS_URN_PREFIX "urn:kofu:"

struct tls_files {
	SSL_CTX *ctx; /* no connection is made of it */
	bool has_cert;
};

int
tls_files_open(
    const char *cert, const char *key, const char *ca, struct tls_files **ret, struct err *err)
{
	struct tls_files *f = mem_zero(sizeof(*f));
	f->ctx = SSL_CTX_new(TLS_client_method());
	f->has_cert = cert != NULL;
	bool ok = f->ctx != NULL && SSL_CTX_load_verify_file(f->ctx, ca) == 1 &&
	    X509_STORE_set_flags(SSL_CTX_get_cert_store(f->ctx), X509_V_FLAG_PARTIAL_CHAIN) == 1;
	if (ok && f->has_cert)
		ok = SSL_CTX_use_certificate_chain_file(f->ctx, cert) == 1 &&
		    SSL_CTX_use_PrivateKey_file(f->ctx, key, SSL_FILETYPE_PEM) == 1 &&
		    SSL_CTX_check_private_key(f->ctx) == 1;
	ERR_clear_error();
	if (!ok) {
		tls_files_free(f);
		return err_raise(err, FAULT_CONFIG, "certificate, key or CA file", 0);
	}
	*ret = f;
	return 0;
}

void
tls_files_free(struct tls_files *f)
{
	if (f == NULL)
		return;
	SSL_CTX_free(f->ctx);
	mem_free(f);
}

int
tls_files_give(const struct tls_files *f, void *ssl_ctx)
{
	STACK_OF(X509) *chain = NULL;
	SSL_CTX_set1_cert_store(ssl_ctx, SSL_CTX_get_cert_store(f->ctx));
	if (!f->has_cert)
		return 0;
	if (SSL_CTX_get0_chain_certs(f->ctx, &chain) != 1)
		return -1;
	return SSL_CTX_use_cert_and_key(ssl_ctx, SSL_CTX_get0_certificate(f->ctx),
		   SSL_CTX_get0_privatekey(f->ctx), chain, 1) == 1
	    ? 0
	    : -1;
}

static int tls_slot = -1;
static pthread_once_t tls_once = PTHREAD_ONCE_INIT;

static void
tls_peer_free(void *parent, void *p, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
	(void)parent;
	(void)ad;
	(void)idx;
	(void)argl;
	(void)argp;
	mem_free(p);
}

static void
tls_slot_make(void)
{
	tls_slot = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, tls_peer_free);
}

/* @peer without a name takes every name of its role. */
static bool
tls_urn_is(const char *urn, size_t bytes, const char *peer)
{
	const size_t prefix = strlen(TLS_URN_PREFIX);
	size_t n = strlen(peer);
	if (bytes < prefix + n || memcmp(urn, TLS_URN_PREFIX, prefix) != 0 ||
	    memcmp(urn + prefix, peer, n) != 0)
		return false;
	size_t past = prefix + n;
	if (strchr(peer, ':') != NULL)
		return past == bytes;
	return past + 1 < bytes && urn[past] == ':';
}

/* Exactly one URI of ours, and it is the peer's. */
static bool
tls_cert_is(const X509 *crt, const char *peer)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(crt, NID_subject_alt_name, NULL, NULL);
	int ours = 0;
	int right = 0;
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		if (name->type != GEN_URI)
			continue;
		const char *urn = (const char *)ASN1_STRING_get0_data(name->d.ia5);
		size_t n = (size_t)ASN1_STRING_length(name->d.ia5);
		ours += n >= strlen(TLS_URN_PREFIX) &&
		    memcmp(urn, TLS_URN_PREFIX, strlen(TLS_URN_PREFIX)) == 0;
		right += tls_urn_is(urn, n, peer);
	}
	GENERAL_NAMES_free(names);
	return ours == 1 && right == 1;
}

static int
tls_verify(int chain_is_good, X509_STORE_CTX *store)
{
	if (!chain_is_good || X509_STORE_CTX_get_error_depth(store) != 0)
		return chain_is_good;
	const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	const char *peer = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), tls_slot);
	const X509 *crt = X509_STORE_CTX_get_current_cert(store);
	if (peer != NULL && crt != NULL && tls_cert_is(crt, peer))
		return 1;
	X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
	return 0;
}

int
tls_require_peer(void *ssl_ctx, const char *peer)
{
	size_t n = strlen(peer);
	if (pthread_once(&tls_once, tls_slot_make) != 0 || tls_slot < 0 || n == 0 ||
	    n > TLS_MAX_PEER)
		return -1;
	char *copy = mem_strndup(peer, n);
	if (SSL_CTX_set_ex_data(ssl_ctx, tls_slot, copy) != 1) {
		mem_free(copy);
		return -1;
	}
	SSL_CTX_set_verify(ssl_ctx, SSL_VERIFY_PEER, tls_verify);
	return 0;
}

/* The name behind "urn:kofu:<role>:" when it fits. */
static bool
tls_urn_name(const GENERAL_NAME *name, char *out, size_t room)
{
	const size_t prefix = strlen(TLS_URN_PREFIX);
	if (name->type != GEN_URI)
		return false;
	const char *urn = (const char *)ASN1_STRING_get0_data(name->d.ia5);
	size_t n = (size_t)ASN1_STRING_length(name->d.ia5);
	if (n <= prefix || memcmp(urn, TLS_URN_PREFIX, prefix) != 0)
		return false;
	const char *colon = memchr(urn + prefix, ':', n - prefix);
	size_t left = colon ? n - (size_t)(colon + 1 - urn) : 0;
	if (left == 0 || left >= room || memchr(colon + 1, '\0', left) != NULL)
		return false;
	memcpy(out, colon + 1, left);
	out[left] = '\0';
	return true;
}

bool
tls_peer_name(const void *ssl, char *out, size_t room)
{
	const X509 *crt = SSL_get0_peer_certificate(ssl);
	if (crt == NULL)
		return false;
	GENERAL_NAMES *names = X509_get_ext_d2i(crt, NID_subject_alt_name, NULL, NULL);
	unsigned found = 0;
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		found += tls_urn_name(sk_GENERAL_NAME_value(names, i), out, room);
	GENERAL_NAMES_free(names);
	return found == 1;
}
