/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "base/clock.h"
#include "base/log.h"
#include "tests/http/echo.h"
#include "tests/http/raw.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
		{ .base_url = "https://127.0.0.1", .ca_path = key },
		{ .base_url = "https://127.0.0.1", .ca_path = crt, .cert_path = crt },
		{ .base_url = "https://127.0.0.1",
		    .ca_path = crt,
		    .cert_path = crt,
		    .key_path = crt },
		{ .base_url = "https://127.0.0.1",
		    .ca_path = crt,
		    .cert_path = key,
		    .key_path = key },
		{ .base_url = "https://127.0.0.1",
		    .ca_path = crt,
		    .cert_path = crt,
		    .key_path = in_dir("net/kiosk-k-1.key") },
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
stalled_start(void **state)
{
	if (servers_start(state) != 0)
		return 1;
	stall_begin();
	return 0;
}

static int
group(void)
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
		cmocka_unit_test(a_server_with_all_workers_taken_says_busy_and_recovers),
		cmocka_unit_test(a_stopping_server_ends_what_it_has_begun),
		cmocka_unit_test(the_256th_connection_is_served_and_the_257th_not),
		cmocka_unit_test(a_configuration_that_is_unsafe_or_incomplete_is_refused),
		cmocka_unit_test(the_log_names_the_route_and_never_the_path),
		cmocka_unit_test(a_peer_that_stalls_is_cut_off_and_holds_up_nobody),
	};
	return cmocka_run_group_tests(tests, stalled_start, servers_stop);
}

int
main(int argc, char **argv)
{
	return argc == 2 ? echo_run(argv[1], group) : 1;
}
