/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/http/echo.h"
#include "tests/http/raw.h"

#include <dirent.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

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

static int
group(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_keeps_nothing_of_a_rush_that_is_over),
		cmocka_unit_test(a_reply_at_the_limit_is_read_and_one_past_it_refused),
		cmocka_unit_test(no_answer_in_time_and_nobody_there_differ),
		cmocka_unit_test(a_request_is_never_sent_twice),
		cmocka_unit_test(one_connection_serves_many_requests),
		cmocka_unit_test(an_answer_that_is_no_proper_http_is_refused),
		cmocka_unit_test(threads_share_one_client),
	};
	return cmocka_run_group_tests(tests, servers_start, servers_stop);
}

int
main(int argc, char **argv)
{
	return argc == 2 ? echo_run(argv[1], group) : 1;
}
