/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mixup-liar CERT KEY CENTER-CERT CENTER-KEY CA SERVER-URL - stands between a center and one city's
 * server, with the certificates of both, and passes everything on. On SIGUSR1 it answers the next
 * order with the answer to the order before: what the kiosks of 2023 got. Prints "ready port=N",
 * and "lied MS" (UTC) each time.
 */
#include "base/clock.h"
#include "http/client.h"
#include "http/server.h"
#include "tests/world/tool/tool.h"
#include "wire/js.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BODY_MAX_BYTES = 64 << 10, ASK_MS = 20000, THREADS = 64 };

struct liar {
	struct http_client *server;
	pthread_mutex_t lock;
	struct arena *a;
	const uint8_t *kept; /* the last answer to an order */
	size_t kept_bytes;
};
static atomic_bool lie;

/* The answer to the order before, in place of this one's. */
static void
swap_answer(struct liar *l, struct http_req *req, struct http_reply *reply)
{
	(void)pthread_mutex_lock(&l->lock);
	const uint8_t *p = l->kept;
	size_t n = l->kept_bytes;
	if (p != NULL && atomic_exchange(&lie, false)) {
		reply->body = arena_memdup(req->arena, p, n);
		printf("lied %lld\n", (long long)clock_now_ms());
		(void)fflush(stdout);
		reply->body_bytes = n;
	} else {
		arena_free(l->a);
		l->a = arena_new(JS_MAX_BYTES + 4096);
		l->kept = arena_memdup(l->a, reply->body, reply->body_bytes);
		l->kept_bytes = reply->body_bytes;
	}
	(void)pthread_mutex_unlock(&l->lock);
}

static int
pass(struct http_req *req, struct http_res *res, struct err *err)
{
	struct liar *l = req->app;
	struct http_reply reply = { 0 };
	const struct http_ask q = { .method = req->method,
		.path = req->path,
		.body = req->body_bytes ? req->body : NULL,
		.body_bytes = req->body_bytes,
		.timeout_ms = ASK_MS,
		.max_reply_bytes = JS_MAX_BYTES };
	int r = http_ask(l->server, req->arena, &q, &reply, err);
	if (r == HTTP_E_REFUSED) {
		res->status = reply.status;
		res->type = "application/problem+json";
	} else if (r != 0) {
		return r;
	} else if (strcmp(req->path, "/v1/order") == 0) {
		swap_answer(l, req, &reply);
	}
	res->body = reply.body;
	res->body_bytes = reply.body_bytes;
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct http_route routes[] = {
		{ "GET", "/v1/node/{muni}", "center", 0, pass, NULL, 0 },
		{ "POST", "/v1/{what}", "center", BODY_MAX_BYTES, pass, NULL, 0 },
	};
	struct liar l = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct http_server *s = NULL;
	struct err err = { 0 };
	sigset_t set;
	int sig = 0;
	if (argc != 7)
		tool_usage("usage: mixup-liar CERT KEY CENTER-CERT CENTER-KEY CA SERVER-URL\n");
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGTERM);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
	const struct http_client_conf up = { .base_url = argv[6],
		.cert_path = argv[3],
		.key_path = argv[4],
		.ca_path = argv[5],
		.peer_role = "server" };
	const struct http_server_conf down = { .cert_path = argv[1],
		.key_path = argv[2],
		.ca_path = argv[5],
		.want_client_cert = true,
		.threads = THREADS };
	if (http_client_new(&up, &l.server, &err) != 0 ||
	    http_server_start(&down, routes, N_ELEMENTS(routes), &l, &s, &err) != 0)
		tool_die("cannot start");
	printf("ready port=%u\n", http_server_port(s));
	(void)fflush(stdout);
	while (sigwait(&set, &sig) == 0 && sig == SIGUSR1)
		atomic_store(&lie, true);
	http_server_stop(s);
	http_client_free(l.server);
	arena_free(l.a);
	return 0;
}
