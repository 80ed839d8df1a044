/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "base/file.h"
#include "conf/conf.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct city {
	const char *name;
	const char *label;
	int64_t fee;
};
struct sample {
	const char *id;
	const char *note;
	int64_t port;
	int64_t low;
	bool on;
	const char *key;
	const char *log;
};

static const struct conf_row rows[] = {
	{ "site", "id", CONF_TEXT, offsetof(struct sample, id), 2, 8, NULL, "" },
	{ "site", "note", CONF_TEXT, offsetof(struct sample, note), 0, 0, "", "" },
	{ "site", "port", CONF_INT, offsetof(struct sample, port), 1, 65535, "8443", "" },
	{ "site", "low", CONF_INT, offsetof(struct sample, low), -5, 5, "0", "" },
	{ "site", "on", CONF_BOOL, offsetof(struct sample, on), 0, 0, "yes", "" },
	{ "tls", "key", CONF_PATH, offsetof(struct sample, key), 0, 0, NULL, "" },
	{ "tls", "log", CONF_PATH, offsetof(struct sample, log), 0, 0, "", "" },
};
static const struct conf_row city_rows[] = {
	{ "city *", "label", CONF_TEXT, offsetof(struct city, label), 1, 20, NULL, "" },
	{ "city *", "fee", CONF_INT, offsetof(struct city, fee), 0, 1000, "300", "" },
};
static const struct conf_list cities = { .prefix = "city",
	.rows = city_rows,
	.n_rows = N_ELEMENTS(city_rows),
	.struct_bytes = sizeof(struct city),
	.name_offset = offsetof(struct city, name),
	.max = 3 };

static char path[] = "/tmp/kofu-conf-test-XXXXXX";
static char said[1024]; /* on stderr, by the last load */

#define GOOD "[site]\nid = ab\n[tls]\nkey = k.pem\n"

static int
load_bytes(
    struct arena *a, const char *text, size_t bytes, struct sample *s, struct city **ret, size_t *n)
{
	struct err err = { 0 };
	int ends[2];
	int keep = dup(STDERR_FILENO);
	assert_int_equal(file_write_atomic(path, text, bytes, 0600, &err), 0);
	assert_int_equal(pipe(ends), 0);
	(void)fflush(stderr);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	int r = conf_load_lists(a, path, rows, N_ELEMENTS(rows), s, &cities, (void **)ret, n, &err);
	assert_int_equal(write(STDERR_FILENO, "\n", 1), 1);
	assert_true(dup2(keep, STDERR_FILENO) >= 0);
	ssize_t got = read(ends[0], said, sizeof(said) - 1);
	said[got > 0 ? got : 0] = '\0';
	fd_close(keep);
	fd_close(ends[0]);
	fd_close(ends[1]);
	return r;
}

static void
a_good_file_is_read_with_its_defaults_and_paths_beside_it(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct sample s = { .port = 7 };
	struct city *city = NULL;
	size_t n = 99;
	char real[PATH_MAX];
	static const char text[] = "# a comment\n" GOOD "[site]\nnote = a = b # c\nlow = -5 ; why\n"
				   "[city 991015]\nlabel = \xE6\x9E\xB6\xE7\xA9\xBA\xE5\xB8\x82\n"
				   "[city 991023]\nfee = 0\nlabel = x\n[tls]\nlog = /var/log/x\n";
	(void)state;
	assert_int_equal(load_bytes(a, text, strlen(text), &s, &city, &n), 0);
	assert_string_equal(s.id, "ab");
	assert_string_equal(s.note, "a = b # c");
	assert_int_equal(s.port, 8443);
	assert_int_equal(s.low, -5);
	assert_true(s.on);
	assert_non_null(realpath("/tmp", real));
	assert_string_equal(s.key, arena_printf(a, "%s/k.pem", real));
	assert_string_equal(s.log, "/var/log/x");
	assert_int_equal(n, 2);
	assert_string_equal(city[0].name, "991015");
	assert_string_equal(city[0].label, "\xE6\x9E\xB6\xE7\xA9\xBA\xE5\xB8\x82");
	assert_int_equal(city[0].fee, 300);
	assert_string_equal(city[1].name, "991023");
	assert_int_equal(city[1].fee, 0);
}

static void
what_may_be_left_out_is_null(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct sample s = { 0 };
	struct city *city = NULL;
	size_t n = 99;
	(void)state;
	assert_int_equal(load_bytes(a, GOOD, strlen(GOOD), &s, &city, &n), 0);
	assert_null(s.note);
	assert_null(s.log);
	assert_int_equal(n, 0);
}

static void
a_mistake_is_refused_with_its_line_and_changes_nothing(void **state)
{
	static const struct {
		const char *text;
		const char *want;
	} t[] = {
		{ GOOD "[site]\nidd = x\n", ":6: unknown key idd" },
		{ GOOD "[none]\nid = x\n", ":6: unknown section [none]" },
		{ "id = x\n" GOOD, ":1: unknown section []" },
		{ GOOD "[site]\nid = xy\n", ":6: id is set twice" },
		{ GOOD "[site]\nport = 0\n", ":6: port is not between 1 and 65535" },
		{ GOOD "[site]\nport = 65536\n", ":6: port is not between" },
		{ GOOD "[site]\nport = 1x\n", ":6: port is no whole number" },
		{ GOOD "[site]\nport = 99999999999999999999\n", ":6: port is no whole number" },
		{ GOOD "[site]\nport =\n", ":6: port is no whole number" },
		{ GOOD "[site]\nlow = -6\n", ":6: low is not between -5 and 5" },
		{ GOOD "[site]\non = maybe\n", ":6: on is neither yes nor no" },
		{ GOOD "[site]\nnote = a\xFFz\n", ":6: note holds what is not text" },
		{ GOOD "[tls]\nlog =\n", ":6: log is no path" },
		{ "[site]\nid = a\n[tls]\nkey = k\n", ":2: id has not 2 to 8 bytes" },
		{ "[site]\nid = 123456789\n[tls]\nkey = k\n", ":2: id has not 2 to 8 bytes" },
		{ GOOD "[site\nport = 1\n", ":5: neither a section nor key = value" },
		{ GOOD "nonsense\n", ":5: neither a section nor key = value" },
		{ "[site]\nid = ab\n more = 1\n[tls]\nkey = k\n", ":3: id is set twice" },
		{ "[site]\nid = ab\n", ": [tls] key is missing" },
		{ "", ": [site] id is missing" },
		{ GOOD "[city]\nlabel = x\n", ":6: unknown section [city]" },
		{ GOOD "[city a/b]\nlabel = x\n", ":6: [city ...] needs a name" },
		{ GOOD "[city ]\nlabel = x\n", ":6: [city ...] needs a name" },
		{ GOOD "[city a]\nfee = 1\n", ": [city a] label is missing" },
		{ GOOD "[city a]\nlabel = x\n[city a]\nlabel = y\n", ":8: label is set twice" },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(arena) struct arena *a = arena_new(1 << 20);
		struct sample s = { .port = 7 };
		struct city *city = NULL;
		size_t n = 99;
		assert_int_equal(
		    load_bytes(a, t[i].text, strlen(t[i].text), &s, &city, &n), FAULT_CONFIG);
		if (strstr(said, t[i].want) == NULL || strncmp(said, path, strlen(path)) != 0)
			fail_msg("%s, but: %s", t[i].want, said);
		assert_int_equal(s.port, 7);
		assert_null(s.id);
		assert_int_equal(n, 99);
	}
}

static void
as_many_sections_as_the_list_allows_and_not_one_more(void **state)
{
	static const char three[] = GOOD
	    "[city a]\nlabel = x\n[city b]\nlabel = x\n[city c]\nlabel = x\n[city d]\nlabel = x\n";
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct sample s = { 0 };
	struct city *city = NULL;
	size_t n = 0;
	(void)state;
	assert_int_equal(load_bytes(a, three, strlen(three) - 19, &s, &city, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(load_bytes(a, three, strlen(three), &s, &city, &n), FAULT_CONFIG);
	assert_non_null(strstr(said, ":12: more than 3 [city ...]"));
}

static void
a_line_of_199_bytes_is_read_and_one_of_200_not(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct sample s = { 0 };
	struct city *city = NULL;
	size_t n = 0;
	(void)state;
	char *text = arena_printf(a, GOOD "[site]\nnote = %0192d\n", 0);
	assert_int_equal(load_bytes(a, text, strlen(text), &s, &city, &n), 0);
	assert_int_equal(strlen(s.note), 192);
	text = arena_printf(a, GOOD "[site]\nnote = %0193d\n", 0);
	assert_int_equal(load_bytes(a, text, strlen(text), &s, &city, &n), FAULT_CONFIG);
	assert_non_null(strstr(said, ":6: longer than 199 bytes"));
	assert_int_equal(load_bytes(a, GOOD "\0", strlen(GOOD) + 1, &s, &city, &n), FAULT_CONFIG);
}

static void
a_file_that_is_not_there_is_refused(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct sample s = { 0 };
	struct err err = { 0 };
	(void)state;
	assert_int_equal(
	    conf_load(a, "/tmp/kofu-none/x.conf", rows, N_ELEMENTS(rows), &s, &err), FAULT_CONFIG);
}

static void
two_kinds_of_named_sections_stand_in_one_file(void **state)
{
	struct shop {
		const char *name;
		bool open;
	};
	static const struct conf_row shop_rows[] = {
		{ "shop *", "open", CONF_BOOL, offsetof(struct shop, open), 0, 0, "yes", "" },
	};
	const struct conf_list lists[] = { cities,
		{ "shop", shop_rows, N_ELEMENTS(shop_rows), sizeof(struct shop),
		    offsetof(struct shop, name), 2 } };
	static const char text[] = GOOD "[shop S1]\nopen = no\n[city a]\nlabel = x\n"
					"[shop S2]\nopen = yes\n[city b]\nlabel = y\n";
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	struct err err = { 0 };
	struct sample s = { 0 };
	void *found[2] = { NULL };
	size_t n[2] = { 0 };
	(void)state;
	assert_int_equal(file_write_atomic(path, text, strlen(text), 0600, &err), 0);
	assert_int_equal(
	    conf_load_many(a, path, rows, N_ELEMENTS(rows), &s, lists, 2, found, n, &err), 0);
	const struct city *city = found[0];
	const struct shop *shop = found[1];
	assert_int_equal(n[0], 2);
	assert_int_equal(n[1], 2);
	assert_string_equal(city[1].name, "b");
	assert_int_equal(city[1].fee, 300);
	assert_string_equal(shop[0].name, "S1");
	assert_false(shop[0].open);
	assert_true(shop[1].open);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_kinds_of_named_sections_stand_in_one_file),
		cmocka_unit_test(a_good_file_is_read_with_its_defaults_and_paths_beside_it),
		cmocka_unit_test(what_may_be_left_out_is_null),
		cmocka_unit_test(a_mistake_is_refused_with_its_line_and_changes_nothing),
		cmocka_unit_test(as_many_sections_as_the_list_allows_and_not_one_more),
		cmocka_unit_test(a_line_of_199_bytes_is_read_and_one_of_200_not),
		cmocka_unit_test(a_file_that_is_not_there_is_refused),
	};
	fd_close(mkstemp(path));
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	(void)unlink(path);
	return r;
}
