/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "base/file.h"
#include "kiosk/flow/journal.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TX "00112233445566778899aabbccddeeff"
#define NAME "01000000000000000000000000000000.journal"
static const struct order_id order = { .b = { 1 } };
static char folder[64];
static struct arena *a;

static const struct journal_copy copy = { .job_name = "991015-20261121-K0001-000123",
	.hope = "{\"hope\":1}",
	.hope_bytes = 10,
	.hope_due_yen = 600,
	.unsure = "{\"unsure\":1}",
	.unsure_bytes = 12 };

static int
before(void **state)
{
	(void)state;
	memcpy(folder, "/tmp/kofu-journal-XXXXXX", 25);
	a = arena_new(16 << 20);
	return mkdtemp(folder) == NULL;
}

static unsigned
n_files(const char *suffix)
{
	DIR *d = opendir(folder);
	unsigned n = 0;
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		size_t l = strlen(e->d_name), s = strlen(suffix);
		n += l >= s && e->d_name[0] != '.' && strcmp(e->d_name + l - s, suffix) == 0;
	}
	closedir(d);
	return n;
}

static int
after(void **state)
{
	char path[400];
	(void)state;
	DIR *d = opendir(folder);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		(void)unlink(path);
	}
	closedir(d);
	arena_free(a);
	return rmdir(folder);
}

static int
take(struct journal_left *left, struct journal **j)
{
	struct err err = { 0 };
	return journal_take(folder, a, left, j, &err);
}

static struct journal *
written(void)
{
	struct err err = { 0 };
	struct journal *j = NULL;
	static const uint8_t hash[32] = { 5 };
	assert_int_equal(journal_begin(folder, &order, &j, &err), 0);
	assert_int_equal(journal_withdraw(j, "{\"all\":1}", 9, &err), 0);
	assert_int_equal(journal_answered(j, hash, &err), 0);
	assert_int_equal(journal_number(j, "991015-20261121-K0001-000123", &err), 0);
	assert_int_equal(journal_fallback(j, "{\"first\":1}", 11, 0, &err), 0);
	assert_int_equal(journal_till(j, TX, &err), 0);
	assert_int_equal(journal_released(j, &err), 0);
	assert_int_equal(journal_fallback(j, "{\"second\":1}", 12, 300, &err), 0);
	assert_int_equal(journal_sending(j, &copy, &err), 0);
	assert_int_equal(journal_job(j, 17, &err), 0);
	return j;
}

static void
what_a_dead_kiosk_left_is_taken_up_with_its_last_word(void **state)
{
	struct journal_left left;
	struct journal *j = NULL;
	struct err err = { 0 };
	(void)state;
	journal_close(written()); /* as the kernel does when the process dies */
	assert_int_equal(take(&left, &j), 0);
	assert_memory_equal(left.id.b, order.b, ORDER_ID_BYTES);
	assert_int_equal(left.n_numbers, 1);
	assert_string_equal(left.numbers[0], "991015-20261121-K0001-000123");
	assert_string_equal(left.outcome, "{\"second\":1}");
	assert_int_equal(left.due_yen, 300);
	assert_string_equal(left.tx, TX);
	assert_true(left.released);
	assert_string_equal(left.hope, "{\"hope\":1}");
	assert_int_equal(left.hope_due_yen, 600);
	assert_string_equal(left.job_name, copy.job_name);
	assert_string_equal(left.unsure, "{\"unsure\":1}");
	assert_int_equal(left.job, 17);
	assert_in_range(left.age_s, 0, 600);
	assert_false(left.withdraws);
	assert_false(left.reported);
	assert_false(left.till_done);
	/* what is written on goes behind it */
	assert_int_equal(journal_till_done(j, &err), 0);
	journal_close(j);
	assert_int_equal(take(&left, &j), 0);
	assert_true(left.till_done);
	assert_int_equal(journal_end(j, &err), 0);
	assert_int_equal(take(&left, &j), JOURNAL_E_NONE);
	assert_int_equal(n_files(""), 0);
}

static void
a_file_whose_owner_lives_is_left_alone(void **state)
{
	struct journal_left left;
	struct journal *mine = written();
	struct journal *j = NULL;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(take(&left, &j), JOURNAL_E_NONE);
	assert_int_equal(journal_begin(folder, &order, &j, &err), FAULT_UNAVAILABLE);
	assert_int_equal(journal_end(mine, &err), 0);
}

static void
put(const char *text, size_t bytes)
{
	char path[128];
	struct err err = { 0 };
	(void)snprintf(path, sizeof(path), "%s/" NAME, folder);
	assert_int_equal(file_write_atomic(path, text, bytes, 0600, &err), 0);
}

/* Power lost at every third byte: a file cut anywhere still tells what is safe to tell. */
static void
a_file_cut_off_anywhere_counts_up_to_its_last_whole_line(void **state)
{
	uint8_t *text = NULL;
	size_t bytes = 0;
	char path[128];
	struct err err = { 0 };
	(void)state;
	(void)snprintf(path, sizeof(path), "%s/" NAME, folder);
	journal_close(written());
	assert_int_equal(file_read(a, path, 1 << 20, &text, &bytes, &err), 0);
	for (size_t n = 0; n <= bytes; n += 3) {
		struct journal_left left;
		struct journal *j = NULL;
		put((const char *)text, n);
		if (n < strlen("journal 1\n")) { /* nothing was ever sent for it */
			assert_int_equal(take(&left, &j), JOURNAL_E_NONE);
			assert_int_equal(n_files(""), 0);
			continue;
		}
		assert_int_equal(take(&left, &j), 0);
		assert_true(!left.released || (left.outcome != NULL && !left.withdraws));
		/* a copy is only on its way when all its ends are there */
		assert_true(left.job_name == NULL || (left.hope && left.unsure));
		assert_true(left.job == 0 || left.job_name != NULL);
		assert_true(left.due_yen == 0 || strcmp(left.outcome, "{\"second\":1}") == 0);
		assert_int_equal(journal_reported(j, &err), 0);
		journal_close(j);
		assert_int_equal(take(&left, &j), 0); /* whole again: the stump is gone */
		assert_true(left.reported);
		assert_int_equal(journal_end(j, &err), 0);
	}
}

static void
files_of_another_make_are_put_aside_for_a_human(void **state)
{
	static const char *const t[] = {
		"journal 2\n",
		"number 1\n",
		"journal 1\nfoo \n",
		"journal 1\nnospace\n",
		"journal 1\nanswered 00\n",
		"journal 1\nnumber \n",
		"journal 1\ntill 0011\n",
		"journal 1\ntill " TX "\ntill " TX "\n",
		"journal 1\ndue -1\n",
		"journal 1\ndue 1000001\n",
		"journal 1\noutcome \n",
		"journal 1\nreleased x\n",
		"journal 1\nreleased \n", /* paper may have moved, and nothing to report */
		"journal 1\nwithdraw x\nreleased \n",
		"journal 1\nwithdraw \n",
		"journal 1\noutcome x\nsending n\n", /* and what if it came out? */
		"journal 1\noutcome x\nhope h\nsending n\n",
		"journal 1\njob 1x\n",
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct journal_left left;
		struct journal *j = NULL;
		put(t[i], strlen(t[i]));
		assert_int_equal(take(&left, &j), JOURNAL_E_NONE);
		assert_int_equal(n_files(".bad"), 1);
		assert_int_equal(n_files(".journal"), 0);
	}
	put("journal 1\nreported \0\n", 21);
	struct journal_left left;
	struct journal *j = NULL;
	assert_int_equal(take(&left, &j), JOURNAL_E_NONE);
}

static void
an_outcome_says_that_no_copy_is_on_its_way_and_takes_the_place_of_the_withdrawal(void **state)
{
	static const char text[] = "journal 1\nwithdraw w\noutcome a\nhope h\nunsure u\nsending n\n"
				   "job 4\noutcome b\n";
	struct journal_left left;
	struct journal *j = NULL;
	struct err err = { 0 };
	(void)state;
	put(text, 21);
	assert_int_equal(take(&left, &j), 0);
	assert_true(left.withdraws);
	assert_string_equal(left.outcome, "w");
	assert_int_equal(journal_end(j, &err), 0);
	put(text, sizeof(text) - 1);
	assert_int_equal(take(&left, &j), 0);
	assert_false(left.withdraws);
	assert_string_equal(left.outcome, "b");
	assert_null(left.job_name);
	assert_null(left.hope);
	assert_int_equal(left.job, 0);
	assert_int_equal(journal_end(j, &err), 0);
}

static void
ten_numbers_are_kept_and_an_eleventh_is_refused(void **state)
{
	char text[1024] = "journal 1\n";
	struct err err = { 0 };
	(void)state;
	for (int i = 0; i < 11; i++) {
		struct journal_left left;
		struct journal *j = NULL;
		memcpy(text + strlen(text), "number 1\n", 10);
		put(text, strlen(text));
		int r = take(&left, &j);
		assert_int_equal(r, i < ORDER_MAX_COPIES ? 0 : JOURNAL_E_NONE);
		if (r == 0)
			assert_int_equal(journal_end(j, &err), 0);
	}
}

static void
lines_past_the_limit_and_with_line_ends_are_not_written(void **state)
{
	static char body[JOURNAL_MAX_LINE_BYTES + 1];
	struct journal *j = NULL;
	struct err err = { 0 };
	(void)state;
	memset(body, 'x', sizeof(body));
	assert_int_equal(journal_begin(folder, &order, &j, &err), 0);
	/* "outcome " and the line's end count too */
	assert_int_equal(journal_fallback(j, body, JOURNAL_MAX_LINE_BYTES - 9, 0, &err), 0);
	assert_int_equal(
	    journal_fallback(j, body, JOURNAL_MAX_LINE_BYTES - 8, 0, &err), FAULT_INTERNAL);
	assert_int_equal(journal_fallback(j, "a\nb", 3, 0, &err), FAULT_INTERNAL);
	assert_int_equal(journal_end(j, &err), 0);
}

static void
a_refused_outcome_is_kept_under_another_name(void **state)
{
	struct journal_left left;
	struct journal *j = written();
	struct err err = { 0 };
	(void)state;
	assert_int_equal(journal_refuse(j, &err), 0);
	assert_int_equal(n_files(".refused"), 1);
	assert_int_equal(take(&left, &j), JOURNAL_E_NONE);
}

static void
the_traces_of_an_incident_stay_while_the_file_goes_on(void **state)
{
	struct journal *j = written();
	struct journal_left left;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(journal_keep(j, &err), 0);
	assert_int_equal(n_files(".refused"), 1);
	assert_int_equal(journal_reported(j, &err), 0);
	assert_int_equal(journal_end(j, &err), 0);
	assert_int_equal(take(&left, &j), JOURNAL_E_NONE);
	assert_int_equal(n_files(""), 1);
}

static void
without_its_folder_nothing_begins(void **state)
{
	struct journal *j = NULL;
	struct err err = { 0 };
	struct journal_left left;
	(void)state;
	assert_int_equal(journal_begin("/nonexistent", &order, &j, &err), FAULT_UNAVAILABLE);
	assert_int_equal(journal_take("/nonexistent", a, &left, &j, &err), FAULT_UNAVAILABLE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    what_a_dead_kiosk_left_is_taken_up_with_its_last_word, before, after),
		cmocka_unit_test_setup_teardown(
		    a_file_whose_owner_lives_is_left_alone, before, after),
		cmocka_unit_test_setup_teardown(
		    a_file_cut_off_anywhere_counts_up_to_its_last_whole_line, before, after),
		cmocka_unit_test_setup_teardown(
		    files_of_another_make_are_put_aside_for_a_human, before, after),
		cmocka_unit_test_setup_teardown(
		    an_outcome_says_that_no_copy_is_on_its_way_and_takes_the_place_of_the_withdrawal,
		    before, after),
		cmocka_unit_test_setup_teardown(
		    ten_numbers_are_kept_and_an_eleventh_is_refused, before, after),
		cmocka_unit_test_setup_teardown(
		    lines_past_the_limit_and_with_line_ends_are_not_written, before, after),
		cmocka_unit_test_setup_teardown(
		    a_refused_outcome_is_kept_under_another_name, before, after),
		cmocka_unit_test_setup_teardown(
		    the_traces_of_an_incident_stay_while_the_file_goes_on, before, after),
		cmocka_unit_test_setup_teardown(without_its_folder_nothing_begins, before, after),
	};
	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
