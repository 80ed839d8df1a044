/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every state of the session's table (rows) against everything that can be taken
 * away from a kiosk (columns): afterwards money, paper and the status
 * have to agree, the journal is settled, and neither the kiosk's memory (where it
 * lives on) nor its disk names anyone. The matrix is printed.
 *
 * Each cell is a kiosk of its own process; center and municipality answer it from
 * another one, so that what is found in the kiosk's memory is the kiosk's.
 */
#include "tests/unit/unit.h"

#include "tests/unit/engine_remote.h"
#include "tests/unit/engine_world.h"

#include "base/clock.h"
#include "base/log.h"

#include <dirent.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COPIES = 2, FEE_YEN = 300, JAM_POLLS = 3, AT_ONCE = 13, CELL_MAX_MS = 60000 };

enum cause {
	CARD_PULLED,
	JAM_MENDED,
	JAM_GIVEN_UP,
	POWER_LOST,
	POWER_OF_BOTH,
	CENTER_LOST,
	N_CAUSES
};
static const char *const causes[N_CAUSES] = { "card pulled", "jam, mended", "jam, given up",
	"power lost", "printer's too", "center lost" };

/* How a session comes to a state that the plain way does not pass. */
enum way { PLAIN, LAST_TRY, STUCK, GIVES_UP, LEAVES_CARD };
static const enum way ways[SESSION_N_STATES] = {
	[SESSION_PIN_WARN] = LAST_TRY,
	[SESSION_ATTENTION] = STUCK,
	[SESSION_VOIDING] = GIVES_UP,
	[SESSION_ERROR] = GIVES_UP,
	[SESSION_CARD_LEFT] = LEAVES_CARD,
};

struct cell {
	bool reached; /* the cause came, at that state */
	bool agrees;
	bool clean;
	char text[48];
	char why[80]; /* that it does not */
};
static struct cell (*cells)[N_CAUSES]; /* shared with the processes of the cells */

/* ---- inside the kiosk's process */
static struct {
	struct engine *engine;
	enum session_state at;
	enum cause cause;
	enum way way;
	atomic_bool done;
} now;

static void
cause_jam(bool gives_up)
{
	pthread_mutex_lock(&world.mutex);
	world.print = WORLD_JAMS;
	world.printer = PRINT_JAM;
	world.jam_polls = JAM_POLLS;
	world.jam_gives_up = gives_up;
	pthread_mutex_unlock(&world.mutex);
}

static void
cause_now(void)
{
	switch (now.cause) {
	case CARD_PULLED:
		world_card(false);
		return;
	case JAM_MENDED:
	case JAM_GIVEN_UP:
		cause_jam(now.cause == JAM_GIVEN_UP);
		return;
	case POWER_LOST:
	case POWER_OF_BOTH:
		(void)raise(SIGKILL);
		return;
	default:
		world.center_away = true;
	}
}

/* Called by both threads of the kiosk: whoever first sees the state brings the cause. */
static void
look(void)
{
	struct engine_report r;
	if (now.engine == NULL || atomic_load(&now.done))
		return;
	engine_read(now.engine, &r);
	if (r.state != now.at || atomic_exchange(&now.done, true))
		return;
	world.struck = true;
	cause_now();
}

static void
touch(struct engine *e, enum session_event ev, enum session_state at)
{
	struct err err = { 0 };
	int r = engine_touch(e, ev, at, &err);
	if (r != 0 && r != SESSION_E_NOT_NOW)
		_exit(3);
}

/* What a resident does who wants the paper and answers every screen. */
static void
act(struct engine *e, enum session_state st)
{
	switch (st) {
	case SESSION_CARD:
		world_card(true);
		return;
	case SESSION_PIN_WARN:
		touch(e, SESSION_EV_CONTINUE, st);
		return;
	case SESSION_TAKE_CARD:
		if (now.way == LEAVES_CARD)
			touch(e, SESSION_EV_CANCEL, st);
		else
			world_act(e, st, COPIES);
		return;
	case SESSION_TAKE_PAPER:
		touch(e, SESSION_EV_TAKEN, st);
		return;
	case SESSION_END:
	case SESSION_ERROR:
		touch(e, SESSION_EV_DONE, st);
		return;
	case SESSION_CARD_LEFT:
		world_card(false);
		return;
	default:
		world_act(e, st, COPIES);
	}
}

/* From 待受 to 待受. */
static void
go_round(struct engine *e)
{
	const int64_t until_ms = clock_mono_ms() + CELL_MAX_MS;
	struct engine_report r = { 0 };
	bool begun = false;
	uint64_t n = 0;
	while (clock_mono_ms() < until_ms) {
		look();
		engine_read(e, &r);
		if (begun && r.state == SESSION_IDLE)
			return;
		begun = begun || r.state != SESSION_IDLE;
		act(e, r.state);
		n = engine_wait(e, n, 20);
	}
	_exit(4); /* got stuck */
}

static void
begin_way(enum way way)
{
	now.way = way;
	if (way == LAST_TRY)
		world.tries = 1;
	if (way == GIVES_UP)
		world.abort_from_job = 2;
	if (way == STUCK) { /* seen when the first copy is at the printer */
		world.print = WORLD_JAMS;
		world.jam_polls = 4 * JAM_POLLS;
	}
}

static void
kiosk_main(int center)
{
	remote_center = center;
	world_center = remote_ask;
	world_look = look;
	now.engine = world_engine(false);
	go_round(now.engine);
	remote_say_idle();
	_exit(0);
}

/* ---- the process that makes it: one cell */
static const struct needle needles[] = { { "a name", "見本", sizeof("見本") - 1 },
	{ "a name", "太郎", sizeof("太郎") - 1 }, { "a name", "花子", sizeof("花子") - 1 },
	{ "the PIN",
	    "\x00\x20\x00\x80\x04"
	    "1234",
	    9 },
	{ "a paper", "%PDF-1", 6 } };

static const char *
folder_holds(void)
{
	static uint8_t text[262144];
	char path[400];
	const char *found = NULL;
	DIR *d = opendir(world.folder);
	for (struct dirent *e; found == NULL && (e = readdir(d)) != NULL;) {
		(void)snprintf(path, sizeof(path), "%s/%s", world.folder, e->d_name);
		FILE *f = e->d_name[0] == '.' ? NULL : fopen(path, "r");
		if (f == NULL)
			continue;
		size_t n = fread(text, 1, sizeof(text), f);
		(void)fclose(f);
		for (size_t i = 0; i < N_ELEMENTS(needles); i++)
			if (memmem(text, n, needles[i].p, needles[i].bytes) != NULL)
				found = needles[i].name;
	}
	closedir(d);
	return found;
}

/* 待受 is on the screen a moment before the last of a resident is wiped behind it. */
static const char *
memory_holds(pid_t pid)
{
	const struct timespec pause = { .tv_nsec = 100 * 1000000 };
	const char *found = "memory that was not read";
	size_t bytes = 0;
	for (int i = 0; i < 100 && found != NULL; i++) {
		if (i > 0)
			(void)nanosleep(&pause, NULL);
		found = remote_memory_holds(
		    pid, needles, N_ELEMENTS(needles), &world, sizeof(world), &bytes);
	}
	return bytes < 1 << 20 ? "memory that was not read" : found;
}

/* Runs the kiosk to its end or its death. Returns what was found of a resident, or NULL. */
static const char *
run_kiosk(struct cell *c)
{
	int pair[2];
	int status = 0;
	const char *found = NULL;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)close(pair[0]);
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		kiosk_main(pair[1]);
	}
	(void)close(pair[1]);
	if (remote_serve(pair[0])) {
		found = memory_holds(pid);
		remote_go_on(pair[0]);
	}
	(void)close(pair[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	bool should = now.cause == POWER_LOST || now.cause == POWER_OF_BOTH;
	if (killed != should || (!killed && status != 0))
		(void)snprintf(c->why, sizeof(c->why), "ended with %x", (unsigned)status);
	c->reached = world.struck;
	return found != NULL ? found : folder_holds();
}

static void
run_cell(enum session_state at, enum cause cause, struct cell *c)
{
	char status[64];
	world_share();
	world_begin();
	now.at = at;
	now.cause = cause;
	begin_way(ways[at]);
	const char *found = run_kiosk(c);
	world_revive();
	world.center_away = false;
	world.forgets = cause == POWER_OF_BOTH;
	world_recover(CELL_MAX_MS);
	const char *why = world_disagrees(COPIES, FEE_YEN);
	if (c->why[0] == '\0' && why != NULL)
		(void)snprintf(c->why, sizeof(c->why), "%s", why);
	if (found != NULL)
		(void)snprintf(c->why, sizeof(c->why), "left behind: %s", found);
	(void)snprintf(c->text, sizeof(c->text), "%u, %u yen, %s", world_papers(), world_kept_yen(),
	    world_status(COPIES, status));
	c->clean = found == NULL;
	c->agrees = c->why[0] == '\0';
	world_end();
	_exit(0);
}

/* ---- all of them */
static void
start_cell(unsigned i)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid > 0)
		return;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)alarm(2 * CELL_MAX_MS / 1000);
	enum session_state at = (enum session_state)(i / N_CAUSES);
	run_cell(at, (enum cause)(i % N_CAUSES), &cells[at][i % N_CAUSES]);
}

static void
print_matrix(void)
{
	print_message("# papers, money kept and what the center was told (%u copies at %u yen)\n",
	    COPIES, FEE_YEN);
	for (unsigned at = 0; at < SESSION_N_STATES; at++)
		for (unsigned k = 0; k < N_CAUSES; k++)
			print_message("# %-10s | %-13s | %s%s%s\n",
			    session_state_info((enum session_state)at)->name, causes[k],
			    cells[at][k].text, cells[at][k].why[0] ? " <- " : "", cells[at][k].why);
}

static void
whatever_is_lost_at_whatever_state_money_paper_and_status_agree(void **state)
{
	const unsigned n = SESSION_N_STATES * N_CAUSES;
	unsigned started = 0, running = 0, good = 0;
	int status = 0;
	(void)state;
	cells = mmap(NULL, SESSION_N_STATES * sizeof(*cells), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(cells, MAP_FAILED);
	while (started < n || running > 0) {
		for (; started < n && running < AT_ONCE; running++)
			start_cell(started++);
		assert_true(wait(&status) > 0);
		running--;
	}
	print_matrix();
	for (unsigned at = 0; at < SESSION_N_STATES; at++)
		for (unsigned k = 0; k < N_CAUSES; k++)
			good += cells[at][k].reached && cells[at][k].agrees && cells[at][k].clean;
	print_message("# matrix: %u of %u cells agree\n", good, n);
	assert_int_equal(good, n);
}

/* That the search finds what is there: the names while they are on the screen, the PIN no more. */
static void
names_are_in_the_memory_while_they_are_shown_and_the_pin_is_not(void **state)
{
	int pair[2];
	int status = 0;
	size_t bytes = 0;
	(void)state;
	world_share();
	world_begin();
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		remote_center = pair[1];
		world_center = remote_ask;
		struct engine *e = world_engine(false);
		world_go(e, SESSION_PERSONS, 1);
		remote_say_idle();
		_exit(0);
	}
	(void)close(pair[1]);
	assert_true(remote_serve(pair[0]));
	for (size_t i = 0; i < N_ELEMENTS(needles); i++) {
		const char *found =
		    remote_memory_holds(pid, &needles[i], 1, &world, sizeof(world), &bytes);
		if (i < 3)
			assert_string_equal(found, "a name");
		else
			assert_null(found);
	}
	remote_go_on(pair[0]);
	(void)close(pair[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	world_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_in_the_memory_while_they_are_shown_and_the_pin_is_not),
		cmocka_unit_test(whatever_is_lost_at_whatever_state_money_paper_and_status_agree),
	};
	log_fd = -1;
	return cmocka_run_group_tests_name("matrix", tests, NULL, NULL);
}
