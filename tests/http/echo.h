/* SPDX-License-Identifier: Apache-2.0 */
/* echo - two servers, with TLS and without, that say what they got; and clients to ask them. */
#pragma once
#include "http/client.h"
#include "http/server.h"

enum { LIMIT = 1000 }; /* bytes of a body */
enum { N_ROUTES = 6 };
extern const struct http_route routes[N_ROUTES];
extern struct http_server *tls_server, *plain_server;

/* cmocka's setup and teardown of a group: both servers run between them. */
int servers_start(void **state);
int servers_stop(void **state);
/* Makes the certificates, runs @group, takes them away. Returns main's status. */
int echo_run(const char *netca, int (*group)(void));

/* A path in the folder of the certificates; the last eight are kept. */
const char *in_dir(const char *name);
/* A client of the TLS server. @who: stem of certificate and key, NULL = none. */
struct http_client *client_as(const char *who, const char *ca, const char *peer);
struct http_client *client_plain(uint16_t port);
/* As http_ask. */
int get(struct http_client *c, struct arena *a, const char *path, struct http_reply *ret);
int post(struct http_client *c, struct arena *a, const char *path, const void *body, size_t bytes,
    struct http_reply *ret);

struct many {
	struct http_client *c;
	const char *path;
	int n;
	int want; /* status */
	int bad;  /* how many had another */
};
/* A thread's function: @arg is a struct many. Returns NULL. */
void *ask_many(void *arg);
