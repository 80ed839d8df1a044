/* SPDX-License-Identifier: Apache-2.0 */
/* tls - the identity of the other end of a TLS connection that another library (libcurl) makes. */
#pragma once
#include "base/attr.h"
#include <stdbool.h>
#include <stddef.h>

enum { TLS_MAX_PEER = 96 };
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
