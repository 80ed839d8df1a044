/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/cms.h"
#include "base/file.h"
#include "pki/evp.h"

#include <errno.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

enum { CMS_PEM_MAX_BYTES = 16384 };

static inline void
BIO_freep(BIO **b)
{
	BIO_free_all(*b);
}
static inline void
X509_freep(X509 **x)
{
	X509_free(*x);
}
static inline void
CMS_ContentInfo_freep(CMS_ContentInfo **c)
{
	CMS_ContentInfo_free(*c);
}

/*
 * A descriptor under the library that remembers its own failure: the library's takes a
 * read error for the end of the file and drops a write error on the way.
 */
struct cms_fd {
	int fd;
	bool failed;
	bool has_first; /* read ahead: see cms_fd_is_empty() */
	char first;
};

/* The library cannot stream nothing, so that case is seen before. */
static bool
cms_fd_is_empty(struct cms_fd *f)
{
	ssize_t n;
	do
		n = read(f->fd, &f->first, 1);
	while (n < 0 && errno == EINTR);
	f->failed = n < 0;
	f->has_first = n == 1;
	return n == 0;
}

static int
cms_fd_read(BIO *b, char *out, size_t room, size_t *ret_bytes)
{
	struct cms_fd *f = BIO_get_data(b);
	ssize_t n;
	if (f->has_first && room > 0) {
		*out = f->first;
		f->has_first = false;
		*ret_bytes = 1;
		return 1;
	}
	do
		n = read(f->fd, out, room);
	while (n < 0 && errno == EINTR);
	f->failed = f->failed || n < 0;
	*ret_bytes = n > 0 ? (size_t)n : 0;
	return n > 0;
}

static int
cms_fd_write(BIO *b, const char *p, size_t bytes, size_t *ret_bytes)
{
	struct cms_fd *f = BIO_get_data(b);
	if (f->failed || fd_write_all(f->fd, p, bytes, NULL) != 0) {
		f->failed = true;
		return 0;
	}
	*ret_bytes = bytes;
	return 1;
}

static long
cms_fd_ctrl(BIO *b, int command, long number, void *p)
{
	(void)b, (void)number, (void)p;
	(void)b, (void)number, (void)p;
	return command == BIO_CTRL_FLUSH || command == BIO_CTRL_PUSH || command == BIO_CTRL_POP;
}

static BIO_METHOD *cms_fd_method;
static pthread_once_t cms_once = PTHREAD_ONCE_INIT;

static void
cms_fd_method_make(void)
{
	cms_fd_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "fd");
	evp_must(cms_fd_method != NULL && BIO_meth_set_read_ex(cms_fd_method, cms_fd_read) &&
	    BIO_meth_set_write_ex(cms_fd_method, cms_fd_write) &&
	    BIO_meth_set_ctrl(cms_fd_method, cms_fd_ctrl));
}

static BIO *
cms_fd_bio(struct cms_fd *f)
{
	evp_must(pthread_once(&cms_once, cms_fd_method_make) == 0);
	BIO *b = BIO_new(cms_fd_method);
	evp_must(b != NULL);
	BIO_set_data(b, f);
	BIO_set_init(b, 1);
	return b;
}

/* The first reason in the library's error queue, which is emptied: our trail takes its place. */
static long
cms_reason(void)
{
	long reason = (long)ERR_GET_REASON(ERR_peek_error());
	ERR_clear_error();
	return reason;
}

static int
cms_load(const char *path, X509 **ret_cert, EVP_PKEY **ret_key, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(2 * CMS_PEM_MAX_BYTES);
	uint8_t *pem = NULL;
	size_t bytes = 0;
	int r = file_read(a, path, CMS_PEM_MAX_BYTES, &pem, &bytes, err);
	if (r)
		return err_raise(err, FAULT_CONFIG, "PEM file", r);
	AUTO(BIO) BIO *b = BIO_new_mem_buf(pem, (int)bytes);
	evp_must(b != NULL);
	char no_password[] = "";
	if (ret_cert != NULL)
		*ret_cert = PEM_read_bio_X509(b, NULL, NULL, NULL);
	else
		*ret_key = PEM_read_bio_PrivateKey(b, NULL, NULL, no_password);
	EVP_PKEY *key = ret_cert != NULL ? X509_get0_pubkey(*ret_cert) : *ret_key;
	if (!evp_pkey_is_p256(key))
		return err_raise(err, FAULT_CONFIG, "no P-256 certificate or key", cms_reason());
	return 0;
}

/* ECDH with SHA-256 in its key derivation; the library's own choice would be SHA-1. */
static CMS_ContentInfo *
cms_for(X509 *cert)
{
	AUTO(CMS_ContentInfo)
	CMS_ContentInfo *c =
	    CMS_encrypt(NULL, NULL, EVP_aes_256_gcm(), CMS_STREAM | CMS_BINARY | CMS_PARTIAL);
	evp_must(c != NULL);
	CMS_RecipientInfo *who = CMS_add1_recipient_cert(c, cert, CMS_KEY_PARAM | CMS_USE_KEYID);
	EVP_PKEY_CTX *agree = who ? CMS_RecipientInfo_get0_pkey_ctx(who) : NULL;
	if (agree == NULL || EVP_PKEY_CTX_set_ecdh_kdf_md(agree, evp_sha256()) <= 0)
		return NULL;
	return TAKE(c);
}

int
cms_encrypt_fd(int in, int out, const char *cert_path, struct err *err)
{
	AUTO(X509) X509 *cert = NULL;
	int r = cms_load(cert_path, &cert, NULL, err);
	if (r)
		return err_trace(err, r, "cms_encrypt_fd");
	AUTO(CMS_ContentInfo) CMS_ContentInfo *c = cms_for(cert);
	if (c == NULL)
		return err_raise(err, FAULT_CONFIG, "recipient", cms_reason());
	struct cms_fd source = { .fd = in }, sink = { .fd = out };
	AUTO(BIO) BIO *from = cms_fd_bio(&source);
	AUTO(BIO) BIO *to = cms_fd_bio(&sink);
	bool done;
	if (cms_fd_is_empty(&source))
		done = CMS_final(c, from, NULL, CMS_BINARY) == 1 && i2d_CMS_bio(to, c) == 1;
	else
		done = i2d_CMS_bio_stream(to, c, from, CMS_STREAM | CMS_BINARY) == 1;
	if (!done || source.failed || sink.failed)
		return err_raise(err, FAULT_UNAVAILABLE, "encrypt", cms_reason());
	return 0;
}

/* What we write and nothing else: authenticated, AES-256-GCM, one recipient by key agreement. */
static int
cms_is_ours(CMS_ContentInfo *c)
{
	STACK_OF(CMS_RecipientInfo) *all = CMS_get0_RecipientInfos(c);
	return OBJ_obj2nid(CMS_get0_type(c)) == NID_id_smime_ct_authEnvelopedData &&
	    sk_CMS_RecipientInfo_num(all) == 1 &&
	    CMS_RecipientInfo_type(sk_CMS_RecipientInfo_value(all, 0)) == CMS_RECIPINFO_AGREE;
}

int
cms_decrypt_fd(int in, int out, const char *cert_path, const char *key_path, struct err *err)
{
	AUTO(X509) X509 *cert = NULL;
	AUTO(EVP_PKEY) EVP_PKEY *key = NULL;
	int r = cms_load(cert_path, &cert, NULL, err);
	if (r == 0)
		r = cms_load(key_path, NULL, &key, err);
	if (r)
		return err_trace(err, r, "cms_decrypt_fd");
	if (X509_check_private_key(cert, key) != 1)
		return err_raise(
		    err, FAULT_CONFIG, "the key is not the certificate's", cms_reason());
	struct cms_fd source = { .fd = in }, sink = { .fd = out };
	AUTO(BIO) BIO *from = cms_fd_bio(&source);
	AUTO(BIO) BIO *to = cms_fd_bio(&sink);
	AUTO(CMS_ContentInfo) CMS_ContentInfo *c = d2i_CMS_bio(from, NULL);
	if (source.failed)
		return err_raise(err, FAULT_UNAVAILABLE, "read", cms_reason());
	if (c == NULL || !cms_is_ours(c))
		return err_raise(err, FAULT_INTEGRITY, "no CMS file of ours", cms_reason());
	bool done = CMS_decrypt(c, key, cert, NULL, to, CMS_BINARY) == 1;
	if (sink.failed)
		return err_raise(err, FAULT_UNAVAILABLE, "write", cms_reason());
	return done ? 0 : err_raise(err, FAULT_INTEGRITY, "decrypt", cms_reason());
}
