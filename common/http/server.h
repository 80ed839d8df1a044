/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http/server - HTTP/1.1 over TLS with client certificates, or plain on
 * loopback. Owns the library's protocol, the arena, limits, the transaction
 * number, no-store, problem+json (RFC 9457). A handler sees none of that.
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metrics.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	HTTP_MAX_CONNECTIONS = 256, /* unless the conf says otherwise */
	HTTP_TIMEOUT_S = 15,        /* idle or slow peer */
	HTTP_SLOW_S = 3,            /* where a route asks for a pace */
	HTTP_ARENA_BYTES = 64 * 1024 * 1024,
	HTTP_PIECE_MAX_BYTES = 16 * 1024 * 1024, /* of an answer that comes in pieces */
	HTTP_MAX_PATH_ARGS = 4,
	HTTP_MAX_ID = 64
};

/* Who stands at the other end: from the SAN urn:kofu:<role>:<name> of its certificate; empty
 * without TLS. */
struct http_peer {
	char role[16];
	char name[HTTP_MAX_ID + 1];
};

struct http_req {
	struct arena *arena; /* dies after the answer */
	void *app;
	struct txn_id txn;
	struct http_peer peer;
	const char *method;
	const char *path;                    /* without the query */
	const char *arg[HTTP_MAX_PATH_ARGS]; /* what the route's {...} parts matched */
	const uint8_t *body;                 /* at most the route's limit */
	size_t body_bytes;
	void *native; /* for http_req_header() and http_req_query() */
};
/* NULL when it is not there. */
const char *http_req_header(const struct http_req *req, const char *name);
const char *http_req_query(const struct http_req *req, const char *name);

/* The handler fills it; bodies live in the request's arena or are static. */
struct http_res {
	unsigned status;  /* 0 = 200 */
	const char *type; /* NULL = application/json */
	const void *body;
	size_t body_bytes;
	const char *header_name[4]; /* further headers */
	const char *header_value[4];
	const char *code; /* with an outcome: replaces the table's code, a literal */
	const char
	    *detail_json; /* with an outcome: an object merged into the problem, no personal data */
	/*
	 * Instead of a body, when the handler returns 0: @next puts the next piece
	 * into the empty @out, nothing at the end. It may wait, without a worker's
	 * place. @done is called once, however the answer ends; nothing of the
	 * request outlives it.
	 */
	int (*next)(void *stream, struct buf *out, struct err *err);
	void (*done)(void *stream);
	void *stream;
};

/* Outcome of a handler -> status and stable code. A zero outcome ends the table. */
struct http_outcome {
	int outcome;
	unsigned status;
	const char *code; /* "not-available" */
};
struct http_route {
	const char *method;
	const char *path;  /* "/v1/session", "/v1/issue/{number}" */
	const char *roles; /* roles that may call, space separated; NULL = anybody */
	size_t max_body_bytes;
	/* Returns 0, an outcome of the table, or a fault (bad-input 400, integrity 403, unavailable
	 * 503, timeout 504, else 500). */
	int (*handle)(struct http_req *req, struct http_res *res, struct err *err);
	const struct http_outcome *outcomes;
	/* A body that comes more slowly, or rests for HTTP_SLOW_S, is cut off, however much came at
	 * once before; 0 = any pace. */
	unsigned upload_bytes_s;
};

struct http_server_conf {
	const char *address;                        /* NULL = 127.0.0.1 */
	uint16_t port;                              /* 0 = any free one */
	const char *cert_path, *key_path, *ca_path; /* all NULL = plain HTTP */
	bool want_client_cert; /* TLS: refuse connections without a certificate of ca_path */
	unsigned threads;      /* workers; 0 = 4 */
	unsigned connections;  /* one more is closed at once; 0 = HTTP_MAX_CONNECTIONS */
	unsigned head_s;       /* until a connection's first head is whole, TLS with it; 0 =
				  HTTP_TIMEOUT_S, as for each further one */
	const char *csp; /* Content-Security-Policy of every answer; NULL = default-src 'none' */
	const char *host_check; /* when set: Host must be exactly this (and Origin, when sent,
				   http://<this>) */
};
struct http_server;
/* Routes must outlive the server; the first match wins. 0 or FAULT_CONFIG / FAULT_UNAVAILABLE. */
MUST_USE int http_server_start(const struct http_server_conf *c, const struct http_route *routes,
    size_t n_routes, void *app, struct http_server **ret, struct err *err);
uint16_t http_server_port(const struct http_server *s);
void http_server_stop(struct http_server *s); /* waits for the handlers; NULL is fine */
/* What it has answered since its start. @listener: the label that tells it from its fellows. */
void http_server_metrics(struct http_server *s, const char *listener, struct metrics *out);
/*
 * One line of JSON a route: {"listener":…,"method":…,"path":…,"roles":…}. For tests that
 * walk the very tables that the programs serve. @listener: a word.
 */
void http_routes_print(
    FILE *to, const char *listener, const struct http_route *routes, size_t n_routes);
