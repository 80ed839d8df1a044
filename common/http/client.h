/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http/client - requests to one peer over kept connections (libcurl), mutual
 * TLS 1.3, the peer's role checked. A client may be shared by threads.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP_E_REFUSED = 201 /* an answer of 4xx or 5xx: see http_reply */ };
enum { HTTP_IDLE_MS = 10000 /* below the servers' HTTP_TIMEOUT_S: what is reused is alive */ };

struct http_client_conf {
	const char *base_url; /* "https://127.0.0.1:8443" */
	/* Read once, here. All NULL = plain HTTP, loopback only. */
	const char *cert_path, *key_path, *ca_path;
	const char *peer_role; /* the SAN urn:kofu:<role>:... its certificate must carry; NULL = not
				  checked */
	int connect_timeout_ms; /* 0 = 3000 */
	/*
	 * May the peer of that name be asked? Called before each request, on a kept connection too;
	 * false: nothing is sent (FAULT_INTEGRITY). From any thread. NULL = all of @peer_role.
	 */
	bool (*peer_ok)(void *arg, const char *name);
	void *peer_arg;
};
struct http_client;
/* Returns 0 or FAULT_CONFIG. */
MUST_USE int http_client_new(
    const struct http_client_conf *c, struct http_client **ret, struct err *err);
void http_client_free(struct http_client *c);
/*
 * Closes what nobody has used for @idle_ms: what a rush has left behind holds descriptors of
 * connections that the other end has closed. Each http_ask() does so with HTTP_IDLE_MS.
 */
void http_client_tidy(struct http_client *c, int64_t idle_ms);
DEFINE_AUTO(http_client)

struct http_reply {
	unsigned status;
	const uint8_t *body; /* in the arena, NUL behind it */
	size_t body_bytes;
	char code[64]; /* "code" of a problem+json answer, else empty */
};
struct http_ask {
	const char *method; /* "POST" */
	const char *path;
	const char *type; /* NULL = application/json */
	const void *body;
	size_t body_bytes;
	const char *header[4];  /* "Name: value" lines, NULL-terminated */
	int timeout_ms;         /* whole exchange; 0 = 15000 */
	size_t max_reply_bytes; /* 0 = 1 MiB */
};
/*
 * Returns 0 for 2xx, HTTP_E_REFUSED for 4xx/5xx (*ret filled in both), or
 * FAULT_UNAVAILABLE, FAULT_TIMEOUT, FAULT_INTEGRITY (TLS), FAULT_BAD_INPUT (over the limit).
 * No request is ever sent twice by itself.
 */
MUST_USE int http_ask(struct http_client *c, struct arena *a, const struct http_ask *q,
    struct http_reply *ret, struct err *err);
