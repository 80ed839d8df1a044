/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/http/echo.h"

#include "base/log.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[] = "/tmp/kofu-http-test-XXXXXX";
struct http_server *tls_server;
struct http_server *plain_server;

/* --- what the servers do --- */

static int
echo(struct http_req *req, struct http_res *res, struct err *err)
{
	(void)err;
	const char *query = http_req_query(req, "q");
	const char *header = http_req_header(req, "Kofu-Test");
	res->body = arena_printf(req->arena, "%s %s [%s] %s/%s q=%s h=%s %zu:%s", req->method,
	    req->path, req->arg[0] ? req->arg[0] : "", req->peer.role, req->peer.name,
	    query ? query : "-", header ? header : "-", req->body_bytes, (const char *)req->body);
	res->body_bytes = strlen(res->body);
	res->type = "text/plain";
	return 0;
}

static int
size(struct http_req *req, struct http_res *res, struct err *err)
{
	(void)err;
	size_t n = (size_t)atol(req->arg[0]);
	char *p = arena_zero(req->arena, n + 1);
	memset(p, 'x', n);
	res->body = p;
	res->body_bytes = n;
	return 0;
}

static int
outcome(struct http_req *req, struct http_res *res, struct err *err)
{
	int r = atoi(req->arg[0]);
	if (r == 3) {
		res->code = "replaced";
		res->detail_json = "{\"detail\":{\"seq\":7},\"status\":200}";
	}
	return r < 0 ? err_raise(err, (enum fault)r, "asked for", r) : r;
}

static int
slow(struct http_req *req, struct http_res *res, struct err *err)
{
	(void)err;
	usleep((useconds_t)atol(req->arg[0]) * 1000);
	res->status = 201;
	res->header_name[0] = "Location";
	res->header_value[0] = "/x";
	return 0;
}

static const struct http_outcome outcomes[] = {
	{ 1, 404, "not-registered" },
	{ 3, 409, "gap" },
	{ 0 },
};
const struct http_route routes[N_ROUTES] = {
	{ "POST", "/v1/echo", NULL, LIMIT, echo, NULL },
	{ "GET", "/v1/echo/{name}/end", NULL, 0, echo, NULL },
	{ "GET", "/v1/size/{n}", NULL, 0, size, NULL },
	{ "GET", "/v1/outcome/{n}", NULL, 0, outcome, outcomes },
	{ "GET", "/v1/slow/{ms}", NULL, 0, slow, NULL },
	{ "POST", "/v1/for-centers", "agent center", LIMIT, echo, NULL },
};

/* --- clients --- */

const char *
in_dir(const char *name)
{
	static char path[8][128];
	static unsigned at;
	at = (at + 1) % 8;
	(void)snprintf(path[at], sizeof(path[at]), "%s/%s", dir, name);
	return path[at];
}

struct http_client *
client_as(const char *who, const char *ca, const char *peer)
{
	char url[64];
	char cert[64];
	char key[64];
	struct http_client *c = NULL;
	struct err err = { 0 };
	(void)snprintf(url, sizeof(url), "https://127.0.0.1:%u", http_server_port(tls_server));
	(void)snprintf(cert, sizeof(cert), "%s.crt", who ? who : "");
	(void)snprintf(key, sizeof(key), "%s.key", who ? who : "");
	const struct http_client_conf conf = { .base_url = url,
		.cert_path = who ? in_dir(cert) : NULL,
		.key_path = who ? in_dir(key) : NULL,
		.ca_path = in_dir(ca),
		.peer_role = peer };
	assert_int_equal(http_client_new(&conf, &c, &err), 0);
	return c;
}

struct http_client *
client_plain(uint16_t port)
{
	char url[64];
	struct http_client *c = NULL;
	struct err err = { 0 };
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", port);
	const struct http_client_conf conf = { .base_url = url };
	assert_int_equal(http_client_new(&conf, &c, &err), 0);
	return c;
}

int
get(struct http_client *c, struct arena *a, const char *path, struct http_reply *ret)
{
	struct err err = { 0 };
	return http_ask(c, a, &(struct http_ask){ .method = "GET", .path = path }, ret, &err);
}

int
post(struct http_client *c, struct arena *a, const char *path, const void *body, size_t bytes,
    struct http_reply *ret)
{
	struct err err = { 0 };
	const struct http_ask q = {
		.method = "POST", .path = path, .body = body, .body_bytes = bytes
	};
	return http_ask(c, a, &q, ret, &err);
}

void *
ask_many(void *arg)
{
	struct many *m = arg;
	for (int i = 0; i < m->n; i++) {
		AUTO(arena) struct arena *a = arena_new(1 << 20);
		struct http_reply reply = { .status = 0 };
		(void)get(m->c, a, m->path, &reply);
		m->bad += reply.status != (unsigned)m->want;
	}
	return NULL;
}

int
servers_start(void **state)
{
	struct err err = { 0 };
	const struct http_server_conf tls = { .cert_path = in_dir("net/server-asp-1.crt"),
		.key_path = in_dir("net/server-asp-1.key"),
		.ca_path = in_dir("net/ca.crt"),
		.want_client_cert = true,
		.threads = 8 };
	(void)state;
	log_fd = -1;
	if (http_server_start(&tls, routes, N_ELEMENTS(routes), NULL, &tls_server, &err) != 0 ||
	    http_server_start(&(struct http_server_conf){ 0 }, routes, N_ELEMENTS(routes), NULL,
		&plain_server, &err) != 0)
		return 1;
	return 0;
}

int
servers_stop(void **state)
{
	(void)state;
	http_server_stop(tls_server);
	http_server_stop(plain_server);
	return 0;
}

static bool
certificates_make(const char *netca)
{
	char cmd[1024];
	if (mkdtemp(dir) == NULL)
		return false;
	(void)snprintf(cmd, sizeof(cmd),
	    "set -e; N='%s'; D=%s; $N init $D/net; $N init $D/other; $N issue $D/net server asp-1;"
	    "$N issue $D/net kiosk k-1; $N issue $D/net center c-1; $N issue $D/net kiosk old"
	    " --expired; $N issue $D/other kiosk k-1",
	    netca, dir);
	return system(cmd) == 0;
}

int
echo_run(const char *netca, int (*group)(void))
{
	char cmd[128];
	if (!certificates_make(netca))
		return 1;
	int r = group();
	(void)snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
	return system(cmd) != 0 || r != 0;
}
