/* SPDX-License-Identifier: Apache-2.0 */
/* tls - the two identities of a TLS connection that another library (libcurl) makes: what of ours
 * it shows, and whom it takes for its other end. */
#pragma once
#include "base/attr.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>

enum { TLS_MAX_PEER = 96 };

/* A certificate, its key and the CAs of the other end, read once: to read them for each connection
 * takes half as long as the handshake, behind locks of the whole process. */
struct tls_files;
/*
 * PEM files: @cert (behind it the CAs up to the root, where there are any) and @key, both or
 * neither; @ca, each certificate of which is trusted. Returns 0 or FAULT_CONFIG.
 */
MUST_USE int tls_files_open(
    const char *cert, const char *key, const char *ca, struct tls_files **ret, struct err *err);
void tls_files_free(struct tls_files *f); /* NULL is fine */
/* To @ssl_ctx, an OpenSSL SSL_CTX, by any thread; nothing is copied. 0, or -1 when it could not be.
 */
MUST_USE int tls_files_give(const struct tls_files *f, void *ssl_ctx);
/*
 * The handshake fails unless the peer's certificate, verified as usual, names
 * @peer in a subjectAltName URI urn:kofu:<role>:<name>: @peer is a role
 * ("server"), or role and name ("server:asp-1"). @ssl_ctx is an OpenSSL
 * SSL_CTX; it keeps a copy. Returns 0, or -1 when it could not be set.
 */
MUST_USE int tls_require_peer(void *ssl_ctx, const char *peer);
/*
 * Who answers at the other end of an established connection, an OpenSSL SSL: the name of the one
 * urn:kofu:<role>:<name> in its certificate into @out, of @room bytes. False when there is none.
 */
MUST_USE bool tls_peer_name(const void *ssl, char *out, size_t room);
