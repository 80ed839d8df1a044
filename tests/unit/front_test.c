/* SPDX-License-Identifier: Apache-2.0 */
/* The front's small parts: issue numbers, front codes, what kofu-seal answers, the bulkhead, the
 * configuration. */
#include "tests/unit/pki_help.h"

#include "base/clock.h"
#include "base/file.h"
#include "pki/jose.h"
#include "server/front/admission.h"
#include "server/front/numbers.h"
#include "server/seal/client.h"
#include "server/seal/message.h"
#include "server/server_conf.h"
#include "wire/frame.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
an_issue_number_names_city_day_kiosk_and_count(void **state)
{
	char n[SEAL_NUMBER_MAX + 1];
	struct muni_code muni = { "991015" };
	(void)state;
	/* 2026-11-21 00:00 and one millisecond before, in Japan */
	numbers_format(n, muni, 1795186800000, "K0001", 123);
	assert_string_equal(n, "991015-20261121-K0001-000123");
	numbers_format(n, muni, 1795186799999, "K0001", 1234567);
	assert_string_equal(n, "991015-20261120-K0001-1234567");
	numbers_format(
	    n, muni, 1795186800000, "K0001-2345678901234567890123456789", NUMBERS_MAX_RUNNING);
	assert_true(strlen(n) < SEAL_NUMBER_MAX);
	assert_string_equal(n + strlen(n) - 10, "-999999999");
}

static void
a_front_code_is_80_bits_in_crockfords_digits(void **state)
{
	static const struct {
		uint8_t bits[10];
		const char *code;
	} t[] = {
		{ { 0 }, "0000000000000000" },
		{ { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 }, "ZZZZZZZZZZZZZZZZ" },
		{ { 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0x01 }, "1000000000000001" },
		{ { 0x00, 0x44, 0x32, 0x14, 0xC7, 0x42, 0x54, 0xB6, 0x35, 0xCF },
		    "0123456789ABCDEF" },
	};
	char code[SEAL_FRONT_CODE_CHARS + 1];
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		numbers_front_code(t[i].bits, code);
		assert_string_equal(code, t[i].code);
	}
}

/* A kofu-seal of one answer. */
struct answerer {
	pthread_t thread;
	int listening;
	struct buf answer;
};

static void *
answer_once(void *arg)
{
	struct answerer *s = arg;
	struct err err = { 0 };
	struct buf request;
	int fd = accept(s->listening, NULL, NULL);
	buf_init(&request, SEAL_MAX_BYTES);
	if (fd >= 0 && frame_recv(fd, &request, 5000, &err) == 0)
		(void)!frame_send(fd, s->answer.p, s->answer.bytes, 5000, &err);
	buf_done(&request);
	(void)close(fd);
	return NULL;
}

static int
papers_of(struct arena *a, const void *papers, size_t bytes, size_t more, struct seal_answer *ret)
{
	struct answerer s = { 0 };
	struct err err = { 0 };
	const struct seal_ask q = { .muni = { "991015" } };
	const char *path = tmp_path(a, "seal.sock");
	buf_init(&s.answer, SEAL_MAX_BYTES);
	seal_answer_begin(&s.answer, 0);
	buf_field32(&s.answer, "m", 1);
	buf_field32(&s.answer, papers, bytes);
	buf_put(&s.answer, "more", more);
	assert_int_equal(frame_listen(path, 0600, &s.listening, &err), 0);
	assert_int_equal(pthread_create(&s.thread, NULL, answer_once, &s), 0);
	int r = seal_papers(path, a, &q, 5000, ret, &err);
	assert_int_equal(pthread_join(s.thread, NULL), 0);
	(void)close(s.listening);
	buf_done(&s.answer);
	return r;
}

static void
what_kofu_seal_answers_is_sealed_papers_or_nothing(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	AUTO(key) struct key *k = key_generate();
	struct key_point point;
	struct seal_answer got = { 0 };
	struct err err = { 0 };
	uint8_t *packed = NULL;
	char *text = NULL;
	size_t n = 0;
	(void)state;
	key_public(k, &point);
	assert_int_equal(
	    jwe_seal_packed(a, &point, "kofu-papers", "th", 2, "pdf", 3, &packed, &n, &err), 0);
	assert_int_equal(jwe_seal(a, &point, "kofu-papers", "th", 2, "pdf", 3, &text, &err), 0);
	tmp_init();
	assert_int_equal(papers_of(a, packed, n - 4, 0, &got), FAULT_INTERNAL); /* not all of it */
	assert_int_equal(papers_of(a, text, strlen(text), 0, &got), FAULT_INTERNAL);
	assert_int_equal(papers_of(a, "", 0, 0, &got), FAULT_INTERNAL);
	assert_int_equal(papers_of(a, packed, n, 1, &got), FAULT_INTERNAL);
	assert_null(got.papers);
	assert_int_equal(papers_of(a, packed, n, 0, &got), 0);
	assert_int_equal(got.papers_bytes, n);
	assert_memory_equal(got.papers, packed, n);
	assert_string_equal(got.manifest, "m");
	tmp_done();
}

static struct admission hall;
static atomic_uint most, inside;

static void *
come_and_go(void *arg)
{
	for (unsigned i = 0; i < 20000; i++) {
		if (!admission_enter(&hall))
			continue;
		unsigned n = atomic_fetch_add(&inside, 1) + 1, was = atomic_load(&most);
		while (n > was && !atomic_compare_exchange_weak(&most, &was, n))
			;
		atomic_fetch_sub(&inside, 1);
		admission_leave(&hall);
	}
	return arg;
}

static void
never_more_are_inside_than_the_limit(void **state)
{
	pthread_t t[4];
	(void)state;
	admission_init(&hall, 2);
	assert_true(admission_enter(&hall));
	assert_true(admission_enter(&hall));
	assert_false(admission_enter(&hall));
	admission_leave(&hall);
	assert_true(admission_enter(&hall));
	admission_leave(&hall);
	admission_leave(&hall);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, come_and_go, NULL), 0);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	assert_true(atomic_load(&most) <= 2);
	assert_int_equal(atomic_load(&hall.inside), 0);
}

#define CONF_SERVER                                                                                \
	"[server]\nid = S1\ncert = c\nkey = k\nca = a\n[seal]\nsocket = s\n[render]\nfonts = f\n"  \
	"[jpki]\npins = p\n[center]\nid = C1\n"
#define CONF_MUNI "front = dbname=x\nsync = dbname=x\nprofile = p.json\nsync_key = k.pub\n"

static int
conf_read(struct arena *a, const char *text, struct server_conf *ret)
{
	char path[] = "/tmp/kofu-conf-XXXXXX";
	struct err err = { 0 };
	int fd = mkstemp(path), quiet = open("/dev/null", O_WRONLY), tty = dup(2);
	assert_true(fd >= 0 && quiet >= 0 && tty >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text), &err), 0);
	(void)dup2(quiet, 2); /* what the operator would read */
	int r = server_conf_load(a, path, ret, &err);
	(void)dup2(tty, 2);
	close(fd);
	close(quiet);
	close(tty);
	unlink(path);
	return r;
}

static void
a_configuration_is_read_whole_or_refused(void **state)
{
	static const struct {
		const char *text;
		int want;
	} t[] = {
		{ CONF_SERVER "[municipality 991015]\n" CONF_MUNI, 0 },
		{ CONF_SERVER, 0 },
		{ CONF_SERVER "[municipality 991016]\n" CONF_MUNI, FAULT_CONFIG }, /* 検査数字 */
		{ CONF_SERVER "[municipality 991015]\nfront = x\n", FAULT_CONFIG },
		{ CONF_SERVER "[municipality 991015]\n" CONF_MUNI "colour = red\n", FAULT_CONFIG },
		{ CONF_SERVER "[server]\nport = 70000\n", FAULT_CONFIG },
		{ CONF_SERVER "[server]\nqueue = 0\n", FAULT_CONFIG },
		{ "[server]\nid = S1\n", FAULT_CONFIG },
		{ "", FAULT_CONFIG },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(arena) struct arena *a = arena_new(1 << 20);
		struct server_conf c = { 0 };
		int r = conf_read(a, t[i].text, &c);
		if (r != t[i].want)
			fail_msg("row %zu gave %d", i, r);
		if (i == 0) {
			assert_int_equal(c.n_munis, 1);
			assert_non_null(server_conf_muni(&c, "991015"));
			assert_null(server_conf_muni(&c, "991023"));
			assert_int_equal(c.queue, 16);
			assert_string_equal(c.fonts, "/tmp/f"); /* beside the file */
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_issue_number_names_city_day_kiosk_and_count),
		cmocka_unit_test(a_front_code_is_80_bits_in_crockfords_digits),
		cmocka_unit_test(what_kofu_seal_answers_is_sealed_papers_or_nothing),
		cmocka_unit_test(never_more_are_inside_than_the_limit),
		cmocka_unit_test(a_configuration_is_read_whole_or_refused),
	};
	return cmocka_run_group_tests_name("front", tests, NULL, NULL);
}
