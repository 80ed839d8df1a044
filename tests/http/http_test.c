/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "http/client.h"
#include "http/server.h"
#include "tests/http/raw.h"

#include <curl/curl.h>
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIMIT = 1000 };

static char dir[] = "/tmp/kofu-http-test-XXXXXX";
static struct http_server *tls_server;
static struct http_server *plain_server;

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
static const struct http_route routes[] = {
	{ "POST", "/v1/echo", NULL, LIMIT, echo, NULL },
	{ "GET", "/v1/echo/{name}/end", NULL, 0, echo, NULL },
	{ "GET", "/v1/size/{n}", NULL, 0, size, NULL },
	{ "GET", "/v1/outcome/{n}", NULL, 0, outcome, outcomes },
	{ "GET", "/v1/slow/{ms}", NULL, 0, slow, NULL },
	{ "POST", "/v1/for-centers", "agent center", LIMIT, echo, NULL },
};

/* --- clients --- */

static const char *
in_dir(const char *name)
{
	static char path[8][128];
	static unsigned at;
	at = (at + 1) % 8;
	(void)snprintf(path[at], sizeof(path[at]), "%s/%s", dir, name);
	return path[at];
}

static struct http_client *
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

static struct http_client *
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

static int
get(struct http_client *c, struct arena *a, const char *path, struct http_reply *ret)
{
	struct err err = { 0 };
	return http_ask(c, a, &(struct http_ask){ .method = "GET", .path = path }, ret, &err);
}

static int
post(struct http_client *c, struct arena *a, const char *path, const void *body, size_t bytes,
    struct http_reply *ret)
{
	struct err err = { 0 };
	const struct http_ask q = {
		.method = "POST", .path = path, .body = body, .body_bytes = bytes
	};
	return http_ask(c, a, &q, ret, &err);
}

/* --- the tests --- */

static void
a_request_reaches_its_handler_and_the_answer_its_caller(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	AUTO(http_client)
	struct http_client *c = client_as("net/kiosk-k-1", "net/ca.crt", "server");
	struct http_reply reply;
	struct err err = { 0 };
	(void)state;
	const struct http_ask q = { .method = "POST",
		.path = "/v1/echo?q=a%20b",
		.body = "{}",
		.body_bytes = 2,
		.header = { "Kofu-Test: yes" } };
	assert_int_equal(http_ask(c, a, &q, &reply, &err), 0);
	assert_int_equal(reply.status, 200);
	assert_string_equal(
	    (const char *)reply.body, "POST /v1/echo [] kiosk/k-1 q=a b h=yes 2:{}");
	assert_string_equal(reply.code, "");
	assert_int_equal(get(c, a, "/v1/echo/991015-20261121-K0001/end", &reply), 0);
	assert_string_equal((const char *)reply.body,
	    "GET /v1/echo/991015-20261121-K0001/end [991015-20261121-K0001] kiosk/k-1 q=- h=- 0:");
	assert_int_equal(get(c, a, "/v1/slow/0", &reply), 0);
	assert_int_equal(reply.status, 201);
	assert_int_equal(reply.body_bytes, 0);
}

static void
who_has_no_good_certificate_gets_no_connection(void **state)
{
	static const struct {
		const char *who, *ca, *peer;
		int want;
	} t[] = {
		{ "net/kiosk-k-1", "net/ca.crt", NULL, 0 },
		{ NULL, "net/ca.crt", NULL, FAULT_INTEGRITY },
		{ "other/kiosk-k-1", "net/ca.crt", NULL, FAULT_INTEGRITY },
		{ "net/kiosk-old", "net/ca.crt", NULL, FAULT_INTEGRITY },
		/* and the client's side */
		{ "net/kiosk-k-1", "other/ca.crt", NULL, FAULT_INTEGRITY },
		{ "net/kiosk-k-1", "net/ca.crt", "server:asp-1", 0 },
		{ "net/kiosk-k-1", "net/ca.crt", "server:asp-10", FAULT_INTEGRITY },
		{ "net/kiosk-k-1", "net/ca.crt", "server:asp", FAULT_INTEGRITY },
		{ "net/kiosk-k-1", "net/ca.crt", "serve", FAULT_INTEGRITY },
		{ "net/kiosk-k-1", "net/ca.crt", "center", FAULT_INTEGRITY },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(arena) struct arena *a = arena_new(1 << 20);
		AUTO(http_client)
		struct http_client *c = client_as(t[i].who, t[i].ca, t[i].peer);
		struct http_reply reply;
		for (int again = 0; again < 2; again++)
			assert_int_equal(post(c, a, "/v1/echo", "{}", 2, &reply), t[i].want);
	}
}

static size_t
drop(char *p, size_t size_, size_t n, void *arg)
{
	(void)p;
	(void)arg;
	return size_ * n;
}

static void
tls_before_1_3_is_refused(void **state)
{
	char url[64];
	(void)state;
	(void)snprintf(
	    url, sizeof(url), "https://127.0.0.1:%u/v1/size/1", http_server_port(tls_server));
	for (int old = 0; old < 2; old++) {
		CURL *e = curl_easy_init();
		curl_easy_setopt(e, CURLOPT_URL, url);
		curl_easy_setopt(e, CURLOPT_PROXY, "");
		curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, drop);
		curl_easy_setopt(e, CURLOPT_CAINFO, in_dir("net/ca.crt"));
		curl_easy_setopt(e, CURLOPT_SSLCERT, in_dir("net/kiosk-k-1.crt"));
		curl_easy_setopt(e, CURLOPT_SSLKEY, in_dir("net/kiosk-k-1.key"));
		if (old)
			curl_easy_setopt(e, CURLOPT_SSLVERSION,
			    (long)CURL_SSLVERSION_TLSv1_2 | (long)CURL_SSLVERSION_MAX_TLSv1_2);
		assert_int_equal(curl_easy_perform(e), old ? CURLE_SSL_CONNECT_ERROR : CURLE_OK);
		curl_easy_cleanup(e);
	}
}

static void
a_route_of_other_roles_is_refused(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	AUTO(http_client)
	struct http_client *kiosk = client_as("net/kiosk-k-1", "net/ca.crt", NULL);
	AUTO(http_client)
	struct http_client *center = client_as("net/center-c-1", "net/ca.crt", NULL);
	AUTO(http_client)
	struct http_client *nobody = client_plain(http_server_port(plain_server));
	struct http_reply reply;
	(void)state;
	assert_int_equal(post(center, a, "/v1/for-centers", "{}", 2, &reply), 0);
	assert_int_equal(post(kiosk, a, "/v1/for-centers", "{}", 2, &reply), HTTP_E_REFUSED);
	assert_int_equal(reply.status, 403);
	assert_string_equal(reply.code, "role-refused");
	assert_int_equal(post(nobody, a, "/v1/for-centers", "{}", 2, &reply), HTTP_E_REFUSED);
	assert_string_equal(reply.code, "role-refused");
}

static void
a_body_at_the_limit_is_taken_and_one_past_it_refused(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 24);
	AUTO(http_client) struct http_client *c = client_plain(http_server_port(plain_server));
	struct http_reply reply;
	char *big = arena_zero(a, 8 << 20);
	(void)state;
	memset(big, 'x', 8 << 20);
	assert_int_equal(post(c, a, "/v1/echo", big, LIMIT, &reply), 0);
	assert_non_null(strstr((const char *)reply.body, " 1000:xxx"));
	assert_int_equal(post(c, a, "/v1/echo", big, LIMIT + 1, &reply), HTTP_E_REFUSED);
	assert_int_equal(reply.status, 413);
	assert_string_equal(reply.code, "too-large");
	int r = post(c, a, "/v1/echo", big, 8 << 20, &reply); /* cut off while it is being sent */
	assert_true(r == HTTP_E_REFUSED || r == FAULT_UNAVAILABLE);
	assert_int_equal(post(c, a, "/v1/echo", "", 0, &reply), 0);
}

static void
a_chunked_body_has_the_same_limit(void **state)
{
	char ask[4096];
	char said[8192];
	(void)state;
	for (int past = 0; past < 2; past++) {
		int n = snprintf(ask, sizeof(ask),
		    "POST /v1/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
		    "1f4\r\n%0500d\r\n%x\r\n%0*d\r\n0\r\n\r\n",
		    0, (unsigned)(500 + past), 500 + past, 0);
		assert_in_range(n, 1000, sizeof(ask));
		raw_ask(http_server_port(plain_server), ask, said, sizeof(said));
		if (past)
			assert_non_null(strstr(said, "HTTP/1.1 413 "));
		else
			assert_non_null(strstr(said, " 1000:000"));
	}
}

static void
a_body_where_none_belongs_is_refused(void **state)
{
	char said[8192];
	(void)state;
	raw_ask(http_server_port(plain_server),
	    "GET /v1/size/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx", said, sizeof(said));
	assert_non_null(strstr(said, "HTTP/1.1 413 "));
}

static void
an_unknown_path_and_a_wrong_method_have_codes_of_their_own(void **state)
{
	static const struct {
		const char *method, *path;
		unsigned status;
		const char *code;
	} t[] = {
		{ "GET", "/v1/size/3", 200, "" },
		{ "GET", "/", 404, "not-found" },
		{ "GET", "/v1/size/", 404, "not-found" },
		{ "GET", "/v1/size/3/", 404, "not-found" },
		{ "GET", "/v1/size/3/4", 404, "not-found" },
		{ "GET", "/v1/sizes/3", 404, "not-found" },
		{ "GET", "/v1/size/%33", 404, "not-found" },
		{ "GET", "/v1/size/%2e%2e", 404, "not-found" },
		{ "GET", "/v1/size/..", 404, "not-found" },
		{ "GET", "/v1/size/.", 404, "not-found" },
		{ "GET", "/v1/size/a%00b", 404, "not-found" },
		{ "GET", "/v1/size/a+b", 404, "not-found" },
		{ "GET", "//v1/size/3", 404, "not-found" },
		{ "POST", "/v1/size/3", 405, "method-not-allowed" },
		{ "DELETE", "/v1/echo", 405, "method-not-allowed" },
		{ "get", "/v1/size/3", 405, "method-not-allowed" },
	};
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	AUTO(http_client) struct http_client *c = client_plain(http_server_port(plain_server));
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct http_reply reply;
		struct err err = { 0 };
		const struct http_ask q = { .method = t[i].method, .path = t[i].path };
		int r = http_ask(c, a, &q, &reply, &err);
		assert_int_equal(r, t[i].status < 300 ? 0 : HTTP_E_REFUSED);
		assert_int_equal(reply.status, t[i].status);
		assert_string_equal(reply.code, t[i].code);
	}
}

static void
a_path_argument_of_128_characters_is_taken_and_one_of_129_not(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	AUTO(http_client) struct http_client *c = client_plain(http_server_port(plain_server));
	struct http_reply reply;
	(void)state;
	assert_int_equal(get(c, a, arena_printf(a, "/v1/echo/%0128d/end", 0), &reply), 0);
	assert_int_equal(
	    get(c, a, arena_printf(a, "/v1/echo/%0129d/end", 0), &reply), HTTP_E_REFUSED);
}

static void
outcomes_and_faults_become_status_and_code(void **state)
{
	static const struct {
		int outcome;
		unsigned status;
		const char *code;
	} t[] = {
		{ 1, 404, "not-registered" },
		{ 2, 500, "internal" }, /* nobody's outcome */
		{ 3, 409, "replaced" },
		{ FAULT_INTERNAL, 500, "internal" },
		{ FAULT_NOMEM, 500, "internal" },
		{ FAULT_BAD_INPUT, 400, "bad-input" },
		{ FAULT_INTEGRITY, 403, "integrity" },
		{ FAULT_UNAVAILABLE, 503, "unavailable" },
		{ FAULT_TIMEOUT, 504, "timeout" },
		{ FAULT_CONFIG, 500, "internal" },
	};
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	AUTO(http_client) struct http_client *c = client_plain(http_server_port(plain_server));
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct http_reply reply;
		const char *path = arena_printf(a, "/v1/outcome/%d", t[i].outcome);
		assert_int_equal(get(c, a, path, &reply), HTTP_E_REFUSED);
		assert_int_equal(reply.status, t[i].status);
		assert_string_equal(reply.code, t[i].code);
		if (t[i].outcome == 3)
			assert_string_equal((const char *)reply.body,
			    "{\"status\":409,\"code\":\"replaced\",\"title\":\"Conflict\","
			    "\"detail\":{\"seq\":7}}");
	}
}

static void
every_answer_forbids_caching_sniffing_and_framing(void **state)
{
	static const char *const want[] = { "Cache-Control: no-store\r\n",
		"X-Content-Type-Options: nosniff\r\n",
		"Content-Security-Policy: default-src 'none'\r\n", "X-Frame-Options: DENY\r\n",
		"Referrer-Policy: no-referrer\r\n", "Kofu-Txn: " };
	static const char *const ask[] = { "GET /v1/size/1 HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /none HTTP/1.1\r\nHost: x\r\n\r\n" };
	char said[8192];
	(void)state;
	for (size_t k = 0; k < N_ELEMENTS(ask); k++) {
		raw_ask(http_server_port(plain_server), ask[k], said, sizeof(said));
		for (size_t i = 0; i < N_ELEMENTS(want); i++)
			assert_non_null(strstr(said, want[i]));
	}
}

static void
another_host_or_origin_gets_nothing(void **state)
{
	static const struct {
		const char *head;
		const char *want;
	} t[] = {
		{ "Host: localhost:1\r\n", " 200 " },
		{ "Host: localhost:1\r\nOrigin: http://localhost:1\r\n", " 200 " },
		{ "Host: localhost:2\r\n", "host-refused" },
		{ "Host: evil.example\r\n", "host-refused" },
		{ "Host: localhost:1\r\nOrigin: http://evil.example\r\n", "origin-refused" },
		{ "Host: localhost:1\r\nOrigin: https://localhost:1\r\n", "origin-refused" },
		{ "Host: localhost:1\r\nOrigin: null\r\n", "origin-refused" },
	};
	const struct http_server_conf conf = { .host_check = "localhost:1" };
	struct http_server *s = NULL;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(http_server_start(&conf, routes, N_ELEMENTS(routes), NULL, &s, &err), 0);
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		char ask[512];
		char said[8192];
		(void)snprintf(ask, sizeof(ask), "GET /v1/size/1 HTTP/1.1\r\n%s\r\n", t[i].head);
		raw_ask(http_server_port(s), ask, said, sizeof(said));
		assert_non_null(strstr(said, t[i].want));
	}
	http_server_stop(s);
}

static void
a_reply_at_the_limit_is_read_and_one_past_it_refused(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 24);
	AUTO(http_client) struct http_client *c = client_plain(http_server_port(plain_server));
	struct http_reply reply;
	struct err err = { 0 };
	(void)state;
	struct http_ask q = { .method = "GET", .path = "/v1/size/5000", .max_reply_bytes = 5000 };
	assert_int_equal(http_ask(c, a, &q, &reply, &err), 0);
	assert_int_equal(reply.body_bytes, 5000);
	q.max_reply_bytes = 4999;
	assert_int_equal(http_ask(c, a, &q, &reply, &err), FAULT_BAD_INPUT);
	assert_int_equal(get(c, a, "/v1/size/1048576", &reply), 0);
	assert_int_equal(get(c, a, "/v1/size/1048577", &reply), FAULT_BAD_INPUT);
}

static void
no_answer_in_time_and_nobody_there_differ(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	AUTO(http_client) struct http_client *c = client_plain(http_server_port(plain_server));
	struct http_reply reply;
	struct err err = { 0 };
	(void)state;
	const struct http_ask q = { .method = "GET", .path = "/v1/slow/1000", .timeout_ms = 100 };
	assert_int_equal(http_ask(c, a, &q, &reply, &err), FAULT_TIMEOUT);
	int fd = raw_connect(http_server_port(plain_server)); /* a port that is nobody's */
	assert_true(fd >= 0);
	close(fd);
	AUTO(http_client) struct http_client *none = client_plain(1);
	assert_int_equal(get(none, a, "/v1/size/1", &reply), FAULT_UNAVAILABLE);
}

#define OK_REPLY "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

static void
a_request_is_never_sent_twice(void **state)
{
	static const struct http_ask asks[] = {
		{ .method = "POST", .path = "/x", .body = "{}", .body_bytes = 2 },
		{ .method = "POST", .path = "/x" },
		{ .method = "GET", .path = "/x" },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(asks); i++) {
		AUTO(arena) struct arena *a = arena_new(1 << 20);
		struct raw_server s = {
			.answer = OK_REPLY, .answer_bytes = strlen(OK_REPLY), .n_answers = 2
		};
		struct http_reply reply;
		struct err err = { 0 };
		raw_server_start(&s);
		struct http_client *c = client_plain(s.port);
		assert_int_equal(http_ask(c, a, &asks[i], &reply, &err), 0);
		assert_int_equal(http_ask(c, a, &asks[i], &reply, &err), 0);
		/* the server reads this one and hangs up */
		assert_int_equal(http_ask(c, a, &asks[i], &reply, &err), FAULT_UNAVAILABLE);
		http_client_free(c);
		raw_server_stop(&s);
		assert_int_equal(s.n_requests, 3);
	}
}

static void
one_connection_serves_many_requests(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct raw_server s = {
		.answer = OK_REPLY, .answer_bytes = strlen(OK_REPLY), .n_answers = 100
	};
	struct http_reply reply;
	(void)state;
	raw_server_start(&s);
	struct http_client *c = client_plain(s.port);
	for (int i = 0; i < 100; i++)
		assert_int_equal(get(c, a, "/x", &reply), 0);
	http_client_free(c);
	raw_server_stop(&s);
	assert_int_equal(s.n_requests, 100);
	assert_int_equal(s.n_connections, 1);
}

static void
an_answer_that_is_no_proper_http_is_refused(void **state)
{
	static const struct {
		const char *answer;
		int want;
	} t[] = {
		{ "SSH-2.0-x\r\n\r\n", FAULT_BAD_INPUT },
		{ "HTTP/1.1 302 Found\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n",
		    FAULT_BAD_INPUT },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", FAULT_TIMEOUT },
		{ "HTTP/1.1 500 X\r\nContent-Type: application/problem+json\r\nContent-Length: "
		  "13\r\n\r\n"
		  "{\"code\":\"A\"}\n",
		    HTTP_E_REFUSED },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(arena) struct arena *a = arena_new(1 << 20);
		struct raw_server s = {
			.answer = t[i].answer, .answer_bytes = strlen(t[i].answer), .n_answers = 1
		};
		struct http_reply reply = { .status = 0 };
		struct err err = { 0 };
		raw_server_start(&s);
		struct http_client *c = client_plain(s.port);
		const struct http_ask q = { .method = "GET", .path = "/x", .timeout_ms = 300 };
		assert_int_equal(http_ask(c, a, &q, &reply, &err), t[i].want);
		assert_string_equal(reply.code, ""); /* "A" is no code */
		http_client_free(c);
		raw_server_stop(&s);
	}
}

struct many {
	struct http_client *c;
	const char *path;
	int n;
	int want;
	int bad;
};

static void *
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

static void
threads_share_one_client(void **state)
{
	enum { THREADS = 24 }; /* more than the client has handles */
	AUTO(http_client)
	struct http_client *c = client_as("net/kiosk-k-1", "net/ca.crt", "server");
	pthread_t t[THREADS];
	struct many m[THREADS];
	(void)state;
	for (int i = 0; i < THREADS; i++) {
		m[i] = (struct many){ .c = c, .path = "/v1/size/100", .n = 20, .want = 200 };
		assert_int_equal(pthread_create(&t[i], NULL, ask_many, &m[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(t[i], NULL), 0);
		assert_int_equal(m[i].bad, 0);
	}
}

static unsigned
descriptors(void)
{
	unsigned n = 0;
	DIR *d = opendir("/proc/self/fd");
	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n;
}

static void
a_client_keeps_nothing_of_a_rush_that_is_over(void **state)
{
	enum { THREADS = 8 };
	AUTO(http_client)
	struct http_client *c = client_as("net/kiosk-k-1", "net/ca.crt", "server");
	pthread_t t[THREADS];
	struct many m[THREADS];
	unsigned before = descriptors();
	(void)state;
	for (int i = 0; i < THREADS; i++) {
		m[i] = (struct many){ .c = c, .path = "/v1/slow/200", .n = 1, .want = 201 };
		assert_int_equal(pthread_create(&t[i], NULL, ask_many, &m[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(t[i], NULL), 0);
		assert_int_equal(m[i].bad, 0);
	}
	http_client_tidy(c, HTTP_IDLE_MS); /* used just now: all of them stay */
	assert_true(descriptors() >= before + THREADS);
	http_client_tidy(c, 0);
	for (unsigned i = 0; i < 1000 && descriptors() > before; i++)
		usleep(10000); /* the server's ends close by themselves */
	assert_true(descriptors() <= before);
	struct many again = { .c = c, .path = "/v1/size/1", .n = 1, .want = 200 };
	(void)ask_many(&again);
	assert_int_equal(again.bad, 0);
}

static void
a_server_with_all_workers_taken_says_busy_and_recovers(void **state)
{
	const struct http_server_conf conf = { .threads = 1 };
	struct http_server *s = NULL;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(http_server_start(&conf, routes, N_ELEMENTS(routes), NULL, &s, &err), 0);
	struct http_client *c = client_plain(http_server_port(s));
	struct many one = { .c = c, .path = "/v1/slow/7000", .n = 1, .want = 201 };
	pthread_t t;
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct http_reply reply;
	assert_int_equal(pthread_create(&t, NULL, ask_many, &one), 0);
	usleep(300 * 1000);
	assert_int_equal(get(c, a, "/v1/size/1", &reply), HTTP_E_REFUSED);
	assert_int_equal(reply.status, 503);
	assert_string_equal(reply.code, "busy");
	assert_int_equal(get(c, a, "/v1/size/1", &reply), 0);
	assert_int_equal(pthread_join(t, NULL), 0);
	assert_int_equal(one.bad, 0);
	http_client_free(c);
	http_server_stop(s);
}

static void
a_stopping_server_ends_what_it_has_begun(void **state)
{
	struct http_server *s = NULL;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(http_server_start(&(struct http_server_conf){ 0 }, routes,
			     N_ELEMENTS(routes), NULL, &s, &err),
	    0);
	struct http_client *c = client_plain(http_server_port(s));
	struct many one = { .c = c, .path = "/v1/slow/1500", .n = 1, .want = 201 };
	pthread_t t;
	assert_int_equal(pthread_create(&t, NULL, ask_many, &one), 0);
	usleep(300 * 1000);
	int64_t from_ms = clock_mono_ms();
	http_server_stop(s);
	assert_in_range(clock_mono_ms() - from_ms, 800, 10000);
	assert_int_equal(pthread_join(t, NULL), 0);
	assert_int_equal(one.bad, 0);
	http_client_free(c);
}

static void
the_256th_connection_is_served_and_the_257th_not(void **state)
{
	int fd[HTTP_MAX_CONNECTIONS + 1];
	char said[8192];
	struct http_server *s = NULL;
	struct err err = { 0 };
	static const char ask[] = "GET /v1/size/1 HTTP/1.1\r\nHost: x\r\n\r\n";
	(void)state;
	assert_int_equal(http_server_start(&(struct http_server_conf){ 0 }, routes,
			     N_ELEMENTS(routes), NULL, &s, &err),
	    0);
	for (int i = 0; i <= HTTP_MAX_CONNECTIONS; i++) {
		fd[i] = raw_connect(http_server_port(s));
		assert_true(fd[i] >= 0);
	}
	usleep(300 * 1000);
	(void)raw_talk(fd[HTTP_MAX_CONNECTIONS - 1], ask, said, sizeof(said), 500);
	assert_non_null(strstr(said, " 200 "));
	(void)raw_talk(fd[HTTP_MAX_CONNECTIONS], ask, said, sizeof(said), 500);
	assert_null(strstr(said, " 200 "));
	for (int i = 0; i <= HTTP_MAX_CONNECTIONS; i++)
		close(fd[i]);
	usleep(300 * 1000);
	raw_ask(http_server_port(s), ask, said, sizeof(said));
	assert_non_null(strstr(said, " 200 "));
	http_server_stop(s);
}

enum { STALLED = 5 };
static int stalled[STALLED]; /* since the first test */

/* Half a request, and then nothing. */
static void
stall_begin(void)
{
	char said[1024];
	for (int i = 0; i < STALLED; i++) {
		stalled[i] = raw_connect(http_server_port(plain_server));
		(void)raw_talk(stalled[i],
		    i ? "POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx" : "GE",
		    said, sizeof(said), 10);
	}
}

static void
a_peer_that_stalls_is_cut_off_and_holds_up_nobody(void **state)
{
	char said[1024];
	(void)state;
	/* All tests before this one were served beside them. */
	for (int i = 0; i < STALLED; i++) {
		assert_int_equal(
		    raw_talk(stalled[i], "", said, sizeof(said), (HTTP_TIMEOUT_S + 10) * 1000), 1);
		assert_null(strstr(said, " 200 "));
		close(stalled[i]);
	}
}

static void
a_configuration_that_is_unsafe_or_incomplete_is_refused(void **state)
{
	const char *crt = in_dir("net/server-asp-1.crt");
	const char *key = in_dir("net/server-asp-1.key");
	const struct http_server_conf bad[] = {
		{ .address = "0.0.0.0" }, /* plain beyond loopback */
		{ .address = "::" },
		{ .address = "localhost" },
		{ .cert_path = crt },
		{ .key_path = key },
		{ .want_client_cert = true },
		{ .cert_path = crt, .key_path = key, .want_client_cert = true },
		{ .cert_path = crt, .key_path = in_dir("none") },
		{ .cert_path = key, .key_path = crt },
	};
	const struct http_client_conf bad_client[] = {
		{ .base_url = "http://192.0.2.1:1" },
		{ .base_url = "http://127.0.0.1.example:1" },
		{ .base_url = "https://127.0.0.1" }, /* no CA */
		{ .base_url = "https://a@b", .ca_path = crt },
		{ .base_url = "ftp://127.0.0.1" },
		{ .base_url = "https://127.0.0.1", .ca_path = in_dir("none") },
		{ .base_url = "https://127.0.0.1", .ca_path = crt, .cert_path = crt },
		{ .base_url = "http://127.0.0.1", .peer_role = "server" },
	};
	struct err err = { 0 };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		struct http_server *s = NULL;
		assert_int_equal(
		    http_server_start(&bad[i], routes, 1, NULL, &s, &err), FAULT_CONFIG);
	}
	for (size_t i = 0; i < N_ELEMENTS(bad_client); i++) {
		struct http_client *c = NULL;
		assert_int_equal(http_client_new(&bad_client[i], &c, &err), FAULT_CONFIG);
	}
	struct http_server *s = NULL;
	const struct http_server_conf taken = { .port = http_server_port(plain_server) };
	assert_int_equal(http_server_start(&taken, routes, 1, NULL, &s, &err), FAULT_UNAVAILABLE);
}

static void
the_log_names_the_route_and_never_the_path(void **state)
{
	int ends[2];
	char line[4096] = { 0 };
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	AUTO(http_client) struct http_client *c = client_plain(http_server_port(plain_server));
	struct http_reply reply;
	(void)state;
	assert_int_equal(pipe(ends), 0);
	log_fd = ends[1];
	assert_int_equal(get(c, a, "/v1/echo/mihon-taro/end?q=hanako", &reply), 0);
	assert_int_equal(get(c, a, "/mihon-taro", &reply), HTTP_E_REFUSED);
	usleep(100 * 1000);
	log_fd = -1;
	assert_true(read(ends[0], line, sizeof(line) - 1) > 0);
	assert_non_null(strstr(line, " route=/v1/echo/{name}/end method=GET status=200 "));
	assert_non_null(strstr(line, " route=- method=- status=404 "));
	assert_null(strstr(line, "taro"));
	assert_null(strstr(line, "hanako"));
	close(ends[0]);
	close(ends[1]);
}

static int
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
	stall_begin();
	return 0;
}

static int
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
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_reaches_its_handler_and_the_answer_its_caller),
		cmocka_unit_test(who_has_no_good_certificate_gets_no_connection),
		cmocka_unit_test(tls_before_1_3_is_refused),
		cmocka_unit_test(a_route_of_other_roles_is_refused),
		cmocka_unit_test(a_body_at_the_limit_is_taken_and_one_past_it_refused),
		cmocka_unit_test(a_chunked_body_has_the_same_limit),
		cmocka_unit_test(a_body_where_none_belongs_is_refused),
		cmocka_unit_test(an_unknown_path_and_a_wrong_method_have_codes_of_their_own),
		cmocka_unit_test(a_path_argument_of_128_characters_is_taken_and_one_of_129_not),
		cmocka_unit_test(outcomes_and_faults_become_status_and_code),
		cmocka_unit_test(every_answer_forbids_caching_sniffing_and_framing),
		cmocka_unit_test(another_host_or_origin_gets_nothing),
		cmocka_unit_test(a_client_keeps_nothing_of_a_rush_that_is_over),
		cmocka_unit_test(a_reply_at_the_limit_is_read_and_one_past_it_refused),
		cmocka_unit_test(no_answer_in_time_and_nobody_there_differ),
		cmocka_unit_test(a_request_is_never_sent_twice),
		cmocka_unit_test(one_connection_serves_many_requests),
		cmocka_unit_test(an_answer_that_is_no_proper_http_is_refused),
		cmocka_unit_test(threads_share_one_client),
		cmocka_unit_test(a_server_with_all_workers_taken_says_busy_and_recovers),
		cmocka_unit_test(a_stopping_server_ends_what_it_has_begun),
		cmocka_unit_test(the_256th_connection_is_served_and_the_257th_not),
		cmocka_unit_test(a_configuration_that_is_unsafe_or_incomplete_is_refused),
		cmocka_unit_test(the_log_names_the_route_and_never_the_path),
		cmocka_unit_test(a_peer_that_stalls_is_cut_off_and_holds_up_nobody),
	};
	if (argc != 2 || !certificates_make(argv[1]))
		return 1;
	int r = cmocka_run_group_tests(tests, servers_start, servers_stop);
	char cmd[128];
	(void)snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
	return system(cmd) != 0 || r != 0;
}
