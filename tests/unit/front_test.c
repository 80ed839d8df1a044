/* SPDX-License-Identifier: Apache-2.0 */
/* The front's small parts: issue numbers, front codes, the bulkhead, the configuration. */
#include "unit.h"

#include "base/clock.h"
#include "base/file.h"
#include "server/front/admission.h"
#include "server/front/numbers.h"
#include "server/server_conf.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
		cmocka_unit_test(never_more_are_inside_than_the_limit),
		cmocka_unit_test(a_configuration_is_read_whole_or_refused),
	};
	return cmocka_run_group_tests_name("front", tests, NULL, NULL);
}
