/* SPDX-License-Identifier: Apache-2.0 */
/* How long a connection may take until the head of its request is whole. */
#include "tests/unit/unit.h"

#include "base/clock.h"
#include "http/server.h"
#include "tests/http/raw.h"

#include <string.h>
#include <unistd.h>

enum { HEAD_S = 2, LATE_MS = 60 * 1000 };

static const char whole[] = "GET /v1/slow HTTP/1.1\r\nHost: x\r\n\r\n";
static struct http_server *server;

/* Takes longer than a head may. */
static int
slow(struct http_req *req, struct http_res *res, struct err *err)
{
	(void)req;
	(void)err;
	(void)sleep(HEAD_S + 1);
	res->body = "{}";
	res->body_bytes = 2;
	return 0;
}

static const struct http_route routes[] = { { "GET", "/v1/slow", NULL, 0, slow, NULL, 0 } };

static int
set_up(void **state)
{
	const struct http_server_conf c = { .head_s = HEAD_S };
	struct err err = { 0 };
	(void)state;
	return http_server_start(&c, routes, N_ELEMENTS(routes), NULL, &server, &err);
}

static int
tear_down(void **state)
{
	(void)state;
	http_server_stop(server);
	return 0;
}

/* A byte of a head that never ends, twice a second. Returns the ms until the server hung up, or
 * LATE_MS. */
static int64_t
drip(int fd)
{
	int64_t from_ms = clock_mono_ms();
	char said[1024];
	int ended = raw_talk(fd, "GET /v1/slow HTTP/1.1\r\nX: ", said, sizeof(said), 1);
	while (!ended && clock_mono_ms() - from_ms < LATE_MS)
		ended = raw_talk(fd, "x", said, sizeof(said), 500);
	assert_null(strstr(said, " 200 "));
	return ended ? clock_mono_ms() - from_ms : LATE_MS;
}

static void
a_connection_that_says_nothing_is_cut_off(void **state)
{
	char said[1024];
	int fd = raw_connect(http_server_port(server));
	int64_t from_ms = clock_mono_ms();
	(void)state;
	assert_int_equal(raw_talk(fd, "", said, sizeof(said), LATE_MS), 1);
	assert_in_range(clock_mono_ms() - from_ms, HEAD_S * 1000 - 100, HTTP_TIMEOUT_S * 1000 - 1);
	close(fd);
}

static void
a_head_that_drips_is_cut_off_though_it_is_never_silent(void **state)
{
	int fd = raw_connect(http_server_port(server));
	(void)state;
	assert_in_range(drip(fd), HEAD_S * 1000 - 100, LATE_MS - 1);
	close(fd);
}

static void
a_request_at_work_and_a_kept_connection_are_left_alone(void **state)
{
	char said[4096];
	int fd = raw_connect(http_server_port(server));
	(void)state;
	for (int i = 0; i < 2; i++) {
		(void)raw_talk(fd, whole, said, sizeof(said), (HEAD_S + 3) * 1000);
		assert_non_null(strstr(said, " 200 "));
	}
	close(fd);
}

static void
the_next_head_of_a_kept_connection_may_not_drip_either(void **state)
{
	char said[4096];
	int fd = raw_connect(http_server_port(server));
	(void)state;
	(void)raw_talk(fd, whole, said, sizeof(said), (HEAD_S + 3) * 1000);
	assert_non_null(strstr(said, " 200 "));
	assert_in_range(drip(fd), HEAD_S * 1000, LATE_MS - 1);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_that_says_nothing_is_cut_off),
		cmocka_unit_test(a_head_that_drips_is_cut_off_though_it_is_never_silent),
		cmocka_unit_test(a_request_at_work_and_a_kept_connection_are_left_alone),
		cmocka_unit_test(the_next_head_of_a_kept_connection_may_not_drip_either),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
