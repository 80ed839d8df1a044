/* SPDX-License-Identifier: Apache-2.0 */
/* How long a connection may take until the head of its request is whole; what is done when a rush
 * is over. */
#include "tests/unit/unit.h"

#include "base/clock.h"
#include "http/server.h"
#include "tests/http/raw.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { HEAD_S = 2, LATE_MS = 60 * 1000, RUSH = 4, RUSH_S = 6 };

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

static atomic_uint n_inside, n_given_back;
static sem_t let_go;

/* The linker leads the server's own call here. */
void __wrap_mem_give_back(void); /* NOLINT */
void __real_mem_give_back(void); /* NOLINT */
void
__wrap_mem_give_back(void) /* NOLINT */
{
	__real_mem_give_back();
	(void)atomic_fetch_add(&n_given_back, 1);
}

static int
hold(struct http_req *req, struct http_res *res, struct err *err)
{
	(void)req;
	(void)err;
	(void)atomic_fetch_add(&n_inside, 1);
	while (sem_wait(&let_go) != 0)
		;
	res->body = "{}";
	res->body_bytes = 2;
	return 0;
}

static const struct http_route routes[] = { { "GET", "/v1/slow", NULL, 0, slow, NULL, 0 },
	{ "GET", "/v1/hold", NULL, 0, hold, NULL, 0 } };

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

/* What is given back in the middle of it would be needed again at once, and be waited for. */
static void
memory_is_given_back_when_a_rush_is_over_and_not_before(void **state)
{
	int fd[RUSH];
	char said[4096];
	(void)state;
	assert_int_equal(sem_init(&let_go, 0, 0), 0);
	for (unsigned i = 0; i < RUSH; i++) {
		fd[i] = raw_connect(http_server_port(server));
		(void)raw_talk(
		    fd[i], "GET /v1/hold HTTP/1.1\r\nHost: x\r\n\r\n", said, sizeof(said), 1);
	}
	for (int ms = 0; atomic_load(&n_inside) < RUSH && ms < LATE_MS; ms += 10)
		(void)usleep(10000);
	assert_int_equal(atomic_load(&n_inside), RUSH);
	unsigned before = atomic_load(&n_given_back);
	(void)sleep(RUSH_S);
	assert_int_equal(atomic_load(&n_given_back), before);
	for (unsigned i = 0; i < RUSH; i++)
		assert_int_equal(sem_post(&let_go), 0);
	for (int ms = 0; atomic_load(&n_given_back) == before && ms < LATE_MS; ms += 10)
		(void)usleep(10000);
	assert_int_equal(atomic_load(&n_given_back), before + 1);
	for (unsigned i = 0; i < RUSH; i++)
		close(fd[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		/* first: of a server that has answered nothing, nothing is given back */
		cmocka_unit_test(memory_is_given_back_when_a_rush_is_over_and_not_before),
		cmocka_unit_test(a_connection_that_says_nothing_is_cut_off),
		cmocka_unit_test(a_head_that_drips_is_cut_off_though_it_is_never_silent),
		cmocka_unit_test(a_request_at_work_and_a_kept_connection_are_left_alone),
		cmocka_unit_test(the_next_head_of_a_kept_connection_may_not_drip_either),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
