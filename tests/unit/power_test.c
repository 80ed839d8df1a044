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
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { POWER_COPIES = 2, POWER_FEE_YEN = 300, POWER_MAX_STEPS = 400 };

/* Both sides of a fork see one world: outside of the kiosk nothing is lost with its power. */
static void
share_world(void)
{
	uint8_t *keep = malloc(sizeof(world));
	assert_non_null(keep);
	assert_int_equal(sysconf(_SC_PAGESIZE), WORLD_PAGE_BYTES);
	memcpy(keep, &world, sizeof(world));
	void *at = mmap(&world, sizeof(world), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	assert_true(at == (void *)&world);
	memcpy(&world, keep, sizeof(world));
	free(keep);
}

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
	(void)pthread_mutex_init(&world.mutex, NULL); /* its owner may be dead */
	if (WIFSIGNALED(status))
		assert_int_equal(WTERMSIG(status), SIGKILL);
	else
		assert_int_equal(status, 0);
	return WIFSIGNALED(status);
}

static void
start_again(void)
{
	AUTO(engine) struct engine *e = world_engine(false);
	const int64_t until_ms = clock_mono_ms() + 30000;
	uint64_t n = 0;
	while (world_journals(".journal") > 0 && clock_mono_ms() < until_ms)
		n = engine_wait(e, n, 5);
}

static unsigned
count(const char *text, const char *what)
{
	unsigned n = 0;
	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

/* Copies that the printer brought out. */
static unsigned
paper_out(void)
{
	unsigned n = (unsigned)world.jobs;
	if (world.abort_from_job > 0 && n >= world.abort_from_job)
		n = world.abort_from_job - 1;
	return n;
}

static void
print_cell(unsigned at, unsigned printed, unsigned void_, unsigned yen)
{
	const char *end = printed + void_ == 0 ? "nothing ordered"
	    : void_ == 0                       ? "発行済"
	    : printed == 0                     ? "無効"
					       : "発行済・無効";
	bool unsure = strstr(world.peer.last_outcome, "\"unknown\"") != NULL;
	print_message("# %3u %-7s %-24s paper %u, printed %u, void %u, kept %3u yen: %s%s\n", at,
	    world.step_is_after ? "after" : "before", world.step_name ? world.step_name : "the end",
	    paper_out(), printed, void_, yen, end, unsure ? " (要確認)" : "");
}

static void
cell_agrees(unsigned at)
{
	const char *told = world.peer.last_outcome;
	unsigned printed = count(told, "\"state\":\"printed\"");
	/* an order as a whole is taken back where its numbers were never noted */
	unsigned void_ =
	    count(told, "\"all\":\"") ? POWER_COPIES : count(told, "\"state\":\"void\"");
	unsigned unknown = count(told, "\"reason\":\"unknown\"");
	unsigned yen = world_kept_yen();
	unsigned paper = paper_out();
	print_cell(at, printed, void_, yen);
	assert_int_equal(world_journals(""), 0);
	/* money is for what is valid, and what is valid lies in the tray */
	assert_int_equal(yen, printed * POWER_FEE_YEN);
	/* a sheet that came out and is not valid is one that nobody can vouch for: 要確認 */
	if (world.forgets) {
		assert_true(printed <= paper);
		assert_true(paper <= printed + unknown);
	} else {
		assert_int_equal(printed, paper);
		assert_int_equal(unknown, 0);
	}
	/* every number that was issued is reported */
	if (world.peer.order_payload[0] != '\0')
		assert_int_equal(printed + void_, POWER_COPIES);
	/* told twice is told the same */
	if (world.peer.outcomes > 1)
		assert_string_equal(world.first_outcome, told);
	for (unsigned i = 0; i < world.till.n; i++)
		assert_true(world.till.tx[i].state == TILL_COMMITTED ||
		    world.till.tx[i].state == TILL_VOIDED);
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
			start_again();
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
		start_again();
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
	share_world();
	return cmocka_run_group_tests_name("power", tests, NULL, NULL);
}
