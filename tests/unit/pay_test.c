/* SPDX-License-Identifier: Apache-2.0 */
/* The kiosk's end of the till against the simulated till over a real socket. */
#include "tests/unit/unit.h"

#include "tests/world/pay/till.h"

#include "base/file.h"
#include "kiosk/pay/pay.h"
#include "wire/frame.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TX "00112233445566778899aabbccddeeff"
#define OTHER "ff112233445566778899aabbccddeeff"

static char path[64];
static struct till till;
static struct pay *pay;
static pthread_t thread;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int listener;
static atomic_int client = -1;
static atomic_bool stop;
static const char *_Atomic canned; /* sent instead of the till's answer */

static void
serve_line(int fd, const char *line, size_t n)
{
	struct buf out;
	buf_init(&out, 65536);
	pthread_mutex_lock(&mutex);
	till_line(&till, line, n, &out);
	pthread_mutex_unlock(&mutex);
	const char *other = canned;
	if (other != NULL)
		(void)send(fd, other, strlen(other), MSG_NOSIGNAL);
	else if (out.bytes > 0)
		(void)send(fd, out.p, out.bytes, MSG_NOSIGNAL);
	buf_done(&out);
}

static void *
serve(void *arg)
{
	char text[TILL_MAX_LINE];
	size_t n = 0;
	(void)arg;
	while (!stop) {
		struct pollfd f[2] = { { .fd = listener, .events = POLLIN },
			{ .fd = client, .events = POLLIN } };
		if (poll(f, 2, 10) <= 0)
			continue;
		if (f[0].revents) {
			fd_close(client);
			client = accept(listener, NULL, NULL);
			n = 0;
		}
		if (!f[1].revents || f[1].fd != client)
			continue;
		ssize_t got = recv(client, text + n, sizeof(text) - n, 0);
		if (got <= 0) {
			fd_close(client);
			client = -1;
			continue;
		}
		n += (size_t)got;
		for (char *end; (end = memchr(text, '\n', n)) != NULL;) {
			serve_line(client, text, (size_t)(end - text));
			n -= (size_t)(end - text) + 1;
			memmove(text, end + 1, n);
		}
	}
	return NULL;
}

static int
before(void **state)
{
	struct err err = { 0 };
	(void)state;
	(void)snprintf(path, sizeof(path), "/tmp/kofu-pay-%ld.sock", (long)getpid());
	memset(&till, 0, sizeof(till));
	stop = false;
	canned = NULL;
	if (frame_listen(path, 0600, &listener, &err) != 0)
		return 1;
	pay = pay_new(path);
	return pthread_create(&thread, NULL, serve, NULL);
}

static int
after(void **state)
{
	(void)state;
	stop = true;
	pthread_join(thread, NULL);
	pay_free(pay);
	fd_close(client);
	client = -1;
	fd_close(listener);
	return unlink(path);
}

static void
control(const char *line)
{
	struct buf out;
	buf_init(&out, 4096);
	pthread_mutex_lock(&mutex);
	assert_true(till_control(&till, line, &out));
	pthread_mutex_unlock(&mutex);
	if (out.bytes > 0)
		assert_int_equal(send(client, out.p, out.bytes, MSG_NOSIGNAL), out.bytes);
	buf_done(&out);
}

static struct till_tx
kept(unsigned i)
{
	pthread_mutex_lock(&mutex);
	struct till_tx x = till.tx[i];
	pthread_mutex_unlock(&mutex);
	return x;
}

static void
a_sum_is_authorised_and_kept_only_by_the_commit(void **state)
{
	struct err err = { 0 };
	unsigned in = 0;
	(void)state;
	assert_int_equal(pay_begin(pay, TX, 300, &err), 0);
	assert_int_equal(pay_poll(pay, TX, 300, 1000, &in, &err), 0);
	assert_int_equal(in, 300);
	assert_int_equal(kept(0).kept_yen, 0);
	assert_int_equal(pay_commit(pay, TX, 300, &err), 0);
	assert_int_equal(kept(0).state, TILL_COMMITTED);
	assert_int_equal(kept(0).kept_yen, 300);
}

static void
what_is_said_twice_happens_once(void **state)
{
	struct err err = { 0 };
	unsigned in = 0;
	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pay_begin(pay, TX, 300, &err), 0);
	assert_int_equal(pay_poll(pay, TX, 300, 1000, &in, &err), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pay_commit(pay, TX, 300, &err), 0);
	assert_int_equal(till.n, 1);
	assert_int_equal(kept(0).kept_yen, 300);
	assert_int_equal(pay_void(pay, TX, &err), PAY_E_REFUSED); /* kept: only a refund now */
	assert_int_equal(pay_refund(pay, TX, 100, &err), 0);
	assert_int_equal(kept(0).kept_yen, 200);
}

static void
coins_are_counted_until_they_suffice(void **state)
{
	struct err err = { 0 };
	unsigned in = 0;
	(void)state;
	control("mode coins");
	assert_int_equal(pay_begin(pay, TX, 300, &err), 0);
	assert_int_equal(pay_poll(pay, TX, 300, 50, &in, &err), PAY_E_WAITING);
	assert_int_equal(in, 0);
	control("insert 100");
	assert_int_equal(pay_poll(pay, TX, 300, 1000, &in, &err), PAY_E_WAITING);
	assert_int_equal(in, 100);
	control("insert 200");
	assert_int_equal(pay_poll(pay, TX, 300, 1000, &in, &err), 0);
	assert_int_equal(in, 300);
	assert_int_equal(pay_void(pay, TX, &err), 0);
	assert_int_equal(pay_void(pay, TX, &err), 0);
	assert_int_equal(pay_commit(pay, TX, 300, &err), PAY_E_REFUSED);
	assert_int_equal(kept(0).kept_yen, 0);
}

static void
a_part_may_be_kept_and_never_more_than_was_paid(void **state)
{
	struct err err = { 0 };
	unsigned in = 0;
	(void)state;
	assert_int_equal(pay_begin(pay, TX, 600, &err), 0);
	assert_int_equal(pay_poll(pay, TX, 600, 1000, &in, &err), 0);
	assert_int_equal(pay_commit(pay, TX, 601, &err), PAY_E_REFUSED);
	assert_int_equal(pay_commit(pay, TX, 300, &err), 0);
	assert_int_equal(kept(0).kept_yen, 300);
}

static void
a_declined_sum_and_an_unknown_transaction_are_told_apart(void **state)
{
	struct err err = { 0 };
	unsigned in = 0;
	(void)state;
	control("mode decline");
	assert_int_equal(pay_begin(pay, TX, 300, &err), 0);
	assert_int_equal(pay_poll(pay, TX, 300, 1000, &in, &err), PAY_E_DECLINED);
	assert_int_equal(pay_void(pay, OTHER, &err), PAY_E_UNKNOWN);
	assert_int_equal(pay_begin(pay, TX, 400, &err), PAY_E_REFUSED); /* another sum */
}

static void
after_a_broken_line_the_transaction_stands_where_it_stood(void **state)
{
	struct err err = { 0 };
	unsigned in = 0;
	(void)state;
	control("mode coins");
	assert_int_equal(pay_begin(pay, TX, 300, &err), 0);
	control("insert 300");
	assert_int_equal(shutdown(client, SHUT_RDWR), 0); /* the news may be lost with it */
	int r = PAY_E_WAITING;
	for (int i = 0; i < 20 && r != 0; i++)
		r = pay_poll(pay, TX, 300, 100, &in, &err);
	assert_int_equal(r, 0);
	assert_int_equal(till.n, 1);
}

static void
a_silent_or_absent_driver_is_a_fault_and_never_a_payment(void **state)
{
	struct err err = { 0 };
	unsigned in = 7;
	(void)state;
	AUTO(pay) struct pay *nobody = pay_new("/nonexistent/till");
	assert_int_equal(pay_begin(nobody, TX, 300, &err), FAULT_UNAVAILABLE);
	assert_int_equal(pay_poll(nobody, TX, 300, 10, &in, &err), FAULT_UNAVAILABLE);
	assert_int_equal(pay_commit(nobody, TX, 300, &err), FAULT_UNAVAILABLE);
	control("mode silent");
	assert_int_equal(pay_poll(pay, TX, 300, 50, &in, &err), PAY_E_WAITING);
	assert_int_equal(in, 7);
}

static void
words_of_a_driver_that_break_the_protocol_are_refused(void **state)
{
	static const struct {
		const char *text;
		int want;
	} t[] = {
		{ "{\"is\":\"begun\",\"tx\":\"" TX "\"}\n", 0 },
		{ "{\"is\":\"begun\",\"tx\":\"" OTHER "\"}\n{\"is\":\"begun\",\"tx\":\"" TX "\"}\n",
		    0 }, /* another's news are passed over */
		{ "{\"is\":\"paid\",\"tx\":\"" TX "\"}\n", FAULT_BAD_INPUT },
		{ "{\"is\":\"begun\"}\n", FAULT_BAD_INPUT },
		{ "{\"is\":\"begun\",\"tx\":\"" TX "\",\"more\":1}\n", FAULT_BAD_INPUT },
		{ "{\"is\":\"begun\",\"tx\":\"" TX "\",\"yen\":-1}\n", FAULT_BAD_INPUT },
		{ "{\"is\":\"begun\",\"tx\":\"" TX "\",\"yen\":1000001}\n", FAULT_BAD_INPUT },
		{ "\n", FAULT_BAD_INPUT },
		{ "begun\n", FAULT_BAD_INPUT },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct err err = { 0 };
		AUTO(pay) struct pay *p = pay_new(path);
		canned = t[i].text;
		assert_int_equal(pay_begin(p, TX, 300, &err), t[i].want);
	}
}

static void
a_line_may_have_five_hundred_and_twelve_bytes_and_no_more(void **state)
{
	static char text[PAY_MAX_LINE_BYTES + 2];
	static const char head[] = "{\"is\":\"begun\",\"tx\":\"" TX "\"}";
	(void)state;
	for (size_t n = PAY_MAX_LINE_BYTES; n <= PAY_MAX_LINE_BYTES + 1; n++) {
		struct err err = { 0 };
		AUTO(pay) struct pay *p = pay_new(path);
		memset(text, ' ', sizeof(text));
		memcpy(text, head, sizeof(head) - 1);
		text[n - 1] = '\n';
		text[n] = '\0';
		canned = text;
		assert_int_equal(
		    pay_begin(p, TX, 300, &err), n == PAY_MAX_LINE_BYTES ? 0 : FAULT_BAD_INPUT);
	}
}

static void
an_authorised_sum_that_is_another_is_no_payment(void **state)
{
	struct err err = { 0 };
	unsigned in = 0;
	(void)state;
	canned = "{\"is\":\"begun\",\"tx\":\"" TX "\"}\n{\"is\":\"authorised\",\"tx\":\"" TX
		 "\",\"yen\":30}\n";
	assert_int_equal(pay_begin(pay, TX, 300, &err), 0);
	assert_int_equal(pay_poll(pay, TX, 300, 1000, &in, &err), FAULT_BAD_INPUT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_sum_is_authorised_and_kept_only_by_the_commit, before, after),
		cmocka_unit_test_setup_teardown(what_is_said_twice_happens_once, before, after),
		cmocka_unit_test_setup_teardown(
		    coins_are_counted_until_they_suffice, before, after),
		cmocka_unit_test_setup_teardown(
		    a_part_may_be_kept_and_never_more_than_was_paid, before, after),
		cmocka_unit_test_setup_teardown(
		    a_declined_sum_and_an_unknown_transaction_are_told_apart, before, after),
		cmocka_unit_test_setup_teardown(
		    after_a_broken_line_the_transaction_stands_where_it_stood, before, after),
		cmocka_unit_test_setup_teardown(
		    a_silent_or_absent_driver_is_a_fault_and_never_a_payment, before, after),
		cmocka_unit_test_setup_teardown(
		    words_of_a_driver_that_break_the_protocol_are_refused, before, after),
		cmocka_unit_test_setup_teardown(
		    a_line_may_have_five_hundred_and_twelve_bytes_and_no_more, before, after),
		cmocka_unit_test_setup_teardown(
		    an_authorised_sum_that_is_another_is_no_payment, before, after),
	};
	return cmocka_run_group_tests_name("pay", tests, NULL, NULL);
}
