/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power lost at every step: a kiosk is killed before and after each thing it
 * does to the outside and each write of its journal, then started again. Paper,
 * money and what the center was told have to agree in every cell; the matrix is
 * printed. Card, center, printer and till live on in memory that both share.
 */
#include "tests/unit/unit.h"

#include "tests/unit/engine_world.h"

#include "base/clock.h"
#include "base/log.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { POWER_COPIES = 2, POWER_FEE_YEN = 300, POWER_MAX_STEPS = 400 };

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int
__wrap_fdatasync(int fd)
{
	world_step("journal line written", false);
	int r = __real_fdatasync(fd);
	world_step("journal line synced", true);
	return r;
}

static bool
is_an_end(enum session_state st)
{
	return st == SESSION_TAKE_PAPER || st == SESSION_ERROR || st == SESSION_CARD_LEFT;
}

/* The resident does what each screen asks for; a touch that comes too late is not minded. */
static void
go_to_the_end(struct engine *e)
{
	const int64_t until_ms = clock_mono_ms() + 60000;
	struct engine_report r = { 0 };
	uint64_t n = 0;
	engine_read(e, &r);
	while (!is_an_end(r.state) && clock_mono_ms() < until_ms) {
		world_act(e, r.state, POWER_COPIES);
		n = engine_wait(e, n, 20);
		engine_read(e, &r);
	}
}

static void
run_until_the_end(void)
{
	struct engine *e = world_engine(false);
	go_to_the_end(e);
	_exit(0); /* as it is: what it had to do is done */
}

/* True when the power went at step @at; false when there was no such step. */
static bool
power_lost_at(unsigned at)
{
	int status = 0;
	world.kill_at = at;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		run_until_the_end();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	world.kill_at = 0;
	world_revive();
	if (WIFSIGNALED(status))
		assert_int_equal(WTERMSIG(status), SIGKILL);
	else
		assert_int_equal(status, 0);
	return WIFSIGNALED(status);
}

static void
cell_agrees(unsigned at)
{
	const struct world_told t = world_told(POWER_COPIES);
	const char *why = world_disagrees(POWER_COPIES, POWER_FEE_YEN);
	char status[64];
	print_message("# %3u %-7s %-24s paper %u, printed %u, void %u, kept %3u yen: %s\n", at,
	    world.step_is_after ? "after" : "before", world.step_name ? world.step_name : "the end",
	    world_papers(), t.printed, t.void_, world_kept_yen(),
	    world_status(POWER_COPIES, status));
	if (why != NULL)
		fail_msg("%s", why);
}

/* Returns the number of cells. */
static unsigned
walk_all(unsigned abort_from_job, bool printer_too)
{
	unsigned at = 1;
	for (bool lost = true; lost && at < POWER_MAX_STEPS; at++) {
		world_begin();
		world.abort_from_job = abort_from_job;
		lost = power_lost_at(at);
		world.forgets = lost && printer_too;
		if (lost)
			world_recover(30000);
		cell_agrees(at);
		world_end();
	}
	return at - 2; /* the last one ran to its end */
}

static void
power_lost_at_any_step_leaves_paper_money_and_status_agreeing(void **state)
{
	(void)state;
	unsigned cells = walk_all(0, false);
	print_message("# power: %u cells\n", cells);
	assert_in_range(cells, 50, POWER_MAX_STEPS - 3);
}

/* The printer gives the second copy up: what is out stays valid, the rest is taken back. */
static void
power_lost_at_any_step_of_taking_back_agrees_too(void **state)
{
	(void)state;
	unsigned cells = walk_all(2, false);
	print_message("# power and jam: %u cells\n", cells);
	assert_in_range(cells, 50, POWER_MAX_STEPS - 3);
}

/* The printer hangs on the same cable, and knows of no job afterwards. */
static void
power_lost_to_the_printer_as_well_is_never_taken_for_a_paper(void **state)
{
	(void)state;
	unsigned cells = walk_all(0, true);
	print_message("# power of both: %u cells\n", cells);
	assert_in_range(cells, 50, POWER_MAX_STEPS - 3);
}

/* The center answers its first requests and then none any more, until the kiosk has been restarted.
 */
static void
a_center_lost_at_any_request_leaves_them_agreeing(void **state)
{
	(void)state;
	bool reached = true;
	unsigned at = 1;
	for (; reached; at++) {
		world_begin();
		world.away_from_ask = at;
		struct engine *e = world_engine(false);
		go_to_the_end(e);
		engine_free(e);
		reached = world.asked >= at;
		world.away_from_ask = 0;
		world_recover(30000);
		cell_agrees(at);
		world_end();
	}
	/* nonce, session, keys, order, release, outcome */
	assert_int_equal(at - 2, 6);
}

/* The journal as it lies on the disk, NUL behind it. */
static size_t
journal_bytes(char *text, size_t room)
{
	char path[400];
	size_t n = 0;
	DIR *d = opendir(world.folder);
	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		(void)snprintf(path, sizeof(path), "%s/%s", world.folder, e->d_name);
		FILE *f = e->d_name[0] == '.' ? NULL : fopen(path, "r");
		if (f != NULL) {
			n += fread(text + n, 1, room - n - 1, f);
			(void)fclose(f);
		}
	}
	closedir(d);
	text[n] = '\0';
	return n;
}

static void
wait_for_a_wrong_pin(struct engine *e)
{
	struct engine_report r = { 0 };
	for (int i = 0; i < 500 && r.result != RESULT_PIN_WRONG; i++) {
		(void)engine_wait(e, 1u << 30, 10);
		engine_read(e, &r);
	}
	assert_int_equal(r.result, RESULT_PIN_WRONG);
}

/* A wrong PIN, a center that swaps answers, a printer that gives up: none of it writes who it was.
 */
static void
no_pin_and_no_name_is_in_the_log_or_on_the_disk(void **state)
{
	static const char *const names[] = { "見本", "太郎", "花子" };
	static char text[262144];
	int fd = memfd_create("log", MFD_CLOEXEC);
	size_t bytes = 0;
	(void)state;
	world_begin();
	log_fd = fd;
	AUTO(engine) struct engine *e = world_engine(false);
	world_go(e, SESSION_PIN, 1);
	world_pin(e, "9753");
	wait_for_a_wrong_pin(e);
	world.print = WORLD_HANGS;
	world_go_on(e, SESSION_PRINTING, 2);
	for (int i = 0; i < 500 && world.jobs == 0; i++)
		(void)engine_wait(e, 1u << 30, 10);
	bytes = journal_bytes(text, sizeof(text));
	assert_true(bytes > 100); /* paper moves: all that a dead kiosk will need is on the disk */
	world.till_away = true;   /* which is logged */
	world.print = WORLD_ABORTS;
	world_wait(e, SESSION_ERROR);
	log_fd = -1;
	ssize_t more = pread(fd, text + bytes, sizeof(text) - 1 - bytes, 0);
	assert_true(more > 0);
	text[bytes + (size_t)more] = '\0';
	close(fd);
	for (size_t i = 0; i < N_ELEMENTS(names); i++)
		assert_null(strstr(text, names[i]));
	/* of the log alone: hashes in the journal have any digits */
	assert_null(strstr(text + bytes, "9753"));
	assert_null(strstr(text + bytes, "1234"));
	engine_free(TAKE(e));
	world_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(power_lost_at_any_step_leaves_paper_money_and_status_agreeing),
		cmocka_unit_test(power_lost_at_any_step_of_taking_back_agrees_too),
		cmocka_unit_test(power_lost_to_the_printer_as_well_is_never_taken_for_a_paper),
		cmocka_unit_test(a_center_lost_at_any_request_leaves_them_agreeing),
		cmocka_unit_test(no_pin_and_no_name_is_in_the_log_or_on_the_disk),
	};
	log_fd = -1;
	world_share(); /* outside of the kiosk nothing is lost with its power */
	return cmocka_run_group_tests_name("power", tests, NULL, NULL);
}
