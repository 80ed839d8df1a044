/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that come piece by piece. */
#include "tests/unit/unit.h"

#include "http/client.h"
#include "http/server.h"
#include "tests/http/raw.h"

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 100000 };

static struct http_server *server;
static sem_t ended; /* posted by done() */

struct pieces {
	int left;
	int fail_at;
	size_t bytes;
};

static int
next(void *self, struct buf *out, struct err *err)
{
	struct pieces *p = self;
	if (p->left == 0)
		return 0;
	if (p->left == p->fail_at)
		return err_raise(err, FAULT_UNAVAILABLE, "test", 0);
	for (size_t i = 0; i < p->bytes; i++)
		buf_u8(out, (uint8_t)('0' + p->left % 10));
	p->left--;
	return 0;
}

static void
done(void *self)
{
	(void)self;
	(void)sem_post(&ended);
}

/* /pieces/{count}/{fail at}/{bytes of each}; a count of 99 is refused after all. */
static int
get(struct http_req *req, struct http_res *res, struct err *err)
{
	struct pieces *p = arena_zero(req->arena, sizeof(*p));
	(void)err;
	p->left = atoi(req->arg[0]);
	p->fail_at = atoi(req->arg[1]);
	p->bytes = (size_t)atoi(req->arg[2]);
	res->type = "text/plain";
	res->next = next;
	res->done = done;
	res->stream = p;
	return p->left == 99 ? 7 : 0;
}

static const struct http_outcome outcomes[] = { { 7, 409, "refused" }, { 0 } };
static const struct http_route routes[] = { { "GET", "/pieces/{n}/{fail}/{bytes}", NULL, 0, get,
    outcomes } };

static int
ask(const char *path, struct arena *a, struct http_reply *ret)
{
	char url[64];
	struct err err = { 0 };
	AUTO(http_client) struct http_client *c = NULL;
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", http_server_port(server));
	const struct http_client_conf conf = { .base_url = url };
	const struct http_ask q = { .method = "GET", .path = path };
	assert_int_equal(http_client_new(&conf, &c, &err), 0);
	int r = http_ask(c, a, &q, ret, &err);
	(void)sem_wait(&ended); /* done() was called, and once: each test waits for its own */
	return r;
}

static void
pieces_reach_the_caller_in_order(void **state)
{
	AUTO(arena) struct arena *a = arena_new(8 << 20);
	struct http_reply reply = { 0 };
	(void)state;
	assert_int_equal(ask("/pieces/3/0/2", a, &reply), 0);
	assert_int_equal(reply.status, 200);
	assert_string_equal((const char *)reply.body, "332211");
	assert_int_equal(ask("/pieces/0/0/2", a, &reply), 0);
	assert_int_equal(reply.body_bytes, 0);
	assert_int_equal(ask("/pieces/5/0/100000", a, &reply), 0);
	assert_int_equal(reply.body_bytes, 5 * PIECE);
	for (size_t i = 0; i < reply.body_bytes; i++)
		assert_int_equal(reply.body[i], '5' - (int)(i / PIECE));
}

static void
a_fault_between_two_pieces_is_no_whole_answer(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct http_reply reply = { 0 };
	(void)state;
	assert_true(ask("/pieces/3/2/2", a, &reply) < 0);
}

static void
a_refusal_takes_the_place_of_the_pieces(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct http_reply reply = { 0 };
	(void)state;
	assert_int_equal(ask("/pieces/99/0/2", a, &reply), HTTP_E_REFUSED);
	assert_int_equal(reply.status, 409);
	assert_string_equal(reply.code, "refused");
}

static void
a_caller_who_leaves_ends_the_answer(void **state)
{
	static const char text[] = "GET /pieces/2000000000/0/100000 HTTP/1.1\r\nHost: x\r\n\r\n";
	char first[1];
	(void)state;
	int fd = raw_connect(http_server_port(server));
	assert_int_equal(write(fd, text, sizeof(text) - 1), (ssize_t)sizeof(text) - 1);
	assert_int_equal(read(fd, first, 1), 1);
	close(fd);
	(void)sem_wait(&ended);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_reach_the_caller_in_order),
		cmocka_unit_test(a_fault_between_two_pieces_is_no_whole_answer),
		cmocka_unit_test(a_refusal_takes_the_place_of_the_pieces),
		cmocka_unit_test(a_caller_who_leaves_ends_the_answer),
	};
	const struct http_server_conf conf = { .port = 0 };
	struct err err = { 0 };
	log_fd = -1;
	(void)sem_init(&ended, 0, 0);
	if (http_server_start(&conf, routes, N_ELEMENTS(routes), NULL, &server, &err))
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	http_server_stop(server);
	return failed;
}
