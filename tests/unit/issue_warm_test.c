/* SPDX-License-Identifier: Apache-2.0 */
/* The single-use renderer: its walls, its deadline, its answers. */
#include "unit.h"

#include "base/clock.h"
#include "paper_help.h"
#include "warm_help.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void
request_make(struct buf *b, unsigned person, unsigned copies)
{
	struct render_request *q = arena_zero(arena, sizeof(*q));
	memcpy(q->muni.s, PAPER_MUNI, 7);
	q->kind = DOC_JUMINHYO;
	q->issued_on = (struct civil_date){ 2026, 11, 21 };
	q->n_persons = 1;
	paper_resident(arena, person, &q->persons[0]);
	q->n_copies = copies;
	for (unsigned i = 0; i < copies; i++) {
		q->copies[i].number = PAPER_NUMBER;
		strcpy(q->copies[i].front_code, PAPER_CODE);
	}
	buf_init(b, RENDER_WIRE_MAX_REQUEST);
	render_request_encode(q, b);
}

static const char *
field(const struct render_result *r, const char *key)
{
	for (unsigned i = 0; i < r->docs[0].n_fields; i++)
		if (strcmp(r->docs[0].fields[i].key, key) == 0)
			return r->docs[0].fields[i].value;
	return "";
}

static void
an_order_is_rendered_by_a_child(void **state)
{
	(void)state;
	struct render_result *r = arena_zero(arena, sizeof(*r));
	struct err err = { 0 };
	struct buf in, out;
	request_make(&in, 0, 2);
	buf_init(&out, RENDER_WIRE_MAX_BYTES);
	assert_int_equal(warm_render(&warm, &in, 10000, &out, &err), 0);
	assert_int_equal(render_result_decode(arena, out.p, out.bytes, r, &err), 0);
	assert_int_equal(r->outcome, 0);
	assert_int_equal(r->n_copies, 2);
	assert_string_equal(field(r, "p1.name"), "見本　太郎");
	buf_done(&in);
	buf_done(&out);
}

static void
what_no_font_has_is_an_outcome_with_the_items_name(void **state)
{
	(void)state;
	struct render_request *q = arena_zero(arena, sizeof(*q));
	struct render_result *r = arena_zero(arena, sizeof(*r));
	struct err err = { 0 };
	struct buf in, out;
	memcpy(q->muni.s, PAPER_MUNI, 7);
	q->kind = DOC_JUMINHYO;
	q->issued_on = (struct civil_date){ 2026, 11, 21 };
	q->n_persons = q->n_copies = 1;
	paper_resident(arena, 0, &q->persons[0]);
	q->persons[0].name = "見本　\xF3\xBF\xBF\xBD"; /* U+FFFFD, a private character */
	q->copies[0].number = PAPER_NUMBER;
	strcpy(q->copies[0].front_code, PAPER_CODE);
	buf_init(&in, RENDER_WIRE_MAX_REQUEST);
	buf_init(&out, RENDER_WIRE_MAX_BYTES);
	render_request_encode(q, &in);
	assert_int_equal(warm_render(&warm, &in, 10000, &out, &err), 0);
	assert_int_equal(render_result_decode(arena, out.p, out.bytes, r, &err), 0);
	assert_int_equal(r->outcome, RENDER_E_NO_GLYPH);
	assert_int_equal(r->n_copies, 0);
	assert_string_equal(r->failed_item, "name");
	buf_done(&in);
	buf_done(&out);
}

static void
a_request_that_breaks_the_wire_gets_no_answer(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct buf in, out;
	request_make(&in, 0, 1);
	in.p[7] ^= 1;
	buf_init(&out, RENDER_WIRE_MAX_BYTES);
	assert_int_equal(warm_render(&warm, &in, 10000, &out, &err), FAULT_UNAVAILABLE);
	buf_done(&in);
	buf_done(&out);
}

static void
a_deadline_aborts_and_the_next_order_is_its_own(void **state)
{
	(void)state;
	struct render_result *r = arena_zero(arena, sizeof(*r));
	struct err err = { 0 };
	struct buf in, out;
	for (unsigned i = 0; i < 5; i++) {
		request_make(&in, 1, 10);
		buf_init(&out, RENDER_WIRE_MAX_BYTES);
		int e = warm_render(&warm, &in, 1, &out, &err);
		/* On a busy machine the child is gone before its answer was waited for. */
		assert_true(e == FAULT_TIMEOUT || e == FAULT_UNAVAILABLE || e == 0);
		buf_done(&in);
		buf_done(&out);
		request_make(&in, 0, 1);
		buf_init(&out, RENDER_WIRE_MAX_BYTES);
		assert_int_equal(warm_render(&warm, &in, 10000, &out, &err), 0);
		assert_int_equal(render_result_decode(arena, out.p, out.bytes, r, &err), 0);
		assert_string_equal(field(r, "p1.name"), "見本　太郎");
		buf_done(&in);
		buf_done(&out);
	}
	assert_int_equal(warm_render(&warm, &in, 0, &out, &err), FAULT_TIMEOUT);
}

struct caller {
	unsigned person;
	unsigned wrong;
};

static void *
call_many(void *arg)
{
	struct caller *c = arg;
	for (unsigned i = 0; i < 8; i++) {
		AUTO(arena) struct arena *a = arena_new(64 << 20);
		struct render_request *q = arena_zero(a, sizeof(*q));
		struct render_result *r = arena_zero(a, sizeof(*r));
		struct err err = { 0 };
		struct buf in, out;
		memcpy(q->muni.s, PAPER_MUNI, 7);
		q->kind = DOC_JUMINHYO;
		q->issued_on = (struct civil_date){ 2026, 11, 21 };
		q->n_persons = q->n_copies = 1;
		paper_resident(a, c->person, &q->persons[0]);
		q->copies[0].number = PAPER_NUMBER;
		strcpy(q->copies[0].front_code, PAPER_CODE);
		buf_init(&in, RENDER_WIRE_MAX_REQUEST);
		buf_init(&out, RENDER_WIRE_MAX_BYTES);
		render_request_encode(q, &in);
		if (warm_render(&warm, &in, 30000, &out, &err) ||
		    render_result_decode(a, out.p, out.bytes, r, &err) ||
		    strcmp(field(r, "p1.name"), q->persons[0].name) != 0)
			c->wrong++;
		buf_done(&in);
		buf_done(&out);
	}
	return NULL;
}

static void
orders_at_once_each_get_their_own(void **state)
{
	(void)state;
	enum { N = 8 };
	pthread_t t[N];
	struct caller c[N];
	for (unsigned i = 0; i < N; i++) {
		c[i] = (struct caller){ .person = i };
		assert_int_equal(pthread_create(&t[i], NULL, call_many, &c[i]), 0);
	}
	for (unsigned i = 0; i < N; i++) {
		assert_int_equal(pthread_join(t[i], NULL), 0);
		assert_int_equal(c[i].wrong, 0);
	}
}

/* What a child behind the walls tries; it must not live to say 0. */
static void
try_open(void)
{
	(void)!open("/dev/null", O_RDONLY);
}
static void
try_create(void)
{
	(void)!open("/tmp/left-behind", O_WRONLY | O_CREAT, 0600);
}
static void
try_socket(void)
{
	(void)!socket(AF_UNIX, SOCK_STREAM, 0);
}
static void
try_fork(void)
{
	(void)!fork();
}
static void
try_exec(void)
{
	(void)!execl("/bin/true", "true", (char *)NULL);
}
static void
try_kill(void)
{
	(void)!kill(getppid(), 0);
}
static void
try_thread(void)
{
	pthread_t t;
	(void)!pthread_create(&t, NULL, call_many, NULL);
}
static void
try_memfd(void)
{
	(void)!memfd_create("x", 0);
}
static void
try_executable_memory(void)
{
	(void)!mmap(
	    NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
static void
try_read_elsewhere(void)
{
	char c;
	(void)!read(0, &c, 1);
}

static void
behind_the_walls_everything_else_is_death(void **state)
{
	(void)state;
	static void (*const tries[])(void) = { try_open, try_create, try_socket, try_fork, try_exec,
		try_kill, try_thread, try_memfd, try_executable_memory, try_read_elsewhere };
	for (size_t i = 0; i < N_ELEMENTS(tries); i++) {
		int status = 0, pair[2];
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		pid_t pid = fork();
		if (pid == 0) {
			struct err err = { 0 };
			struct wall *w = NULL;
			if (wall_make(pair[1], &w, &err) || wall_enter(w, &err))
				_exit(3);
			tries[i]();
			_exit(0);
		}
		close(pair[1]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		close(pair[0]);
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("try %zu: status %d", i, status);
	}
	assert_int_equal(access("/tmp/left-behind", F_OK), -1);
}

/* Does the wall end a process that makes this call, with arguments that no call takes? */
static bool
is_death(const struct wall *w, long number)
{
	int status = 0;
	pid_t pid = fork();
	if (pid == 0) {
		struct err err = { 0 };
		if (wall_enter(w, &err))
			_exit(3);
		(void)!syscall(number, -1L, -1L, -1L, -1L, -1L, -1L);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(!WIFEXITED(status) || WEXITSTATUS(status) != 3);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

static void
behind_the_walls_every_call_is_death_but_those_on_memory_time_and_the_end(void **state)
{
	/* x86-64: its second table; what the kernel's own probes call passes every filter. */
	enum { N_CALLS = 512, OTHER_TABLE = 0x40000000, URETPROBE = 335, UPROBE = 336 };
	static const int lives[] = { SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap),
		SCMP_SYS(madvise), SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres),
		SCMP_SYS(gettimeofday), SCMP_SYS(poll), SCMP_SYS(futex), SCMP_SYS(getrandom),
		SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
		SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(exit), SCMP_SYS(exit_group) };
	AUTO(wall) struct wall *w = NULL;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(wall_make(3, &w, &err), 0);
	for (int number = 0; number < N_CALLS; number++) {
		bool is_listed = false;
		if (number == URETPROBE || number == UPROBE)
			continue;
		for (size_t i = 0; i < N_ELEMENTS(lives); i++)
			is_listed = is_listed || lives[i] == number;
		if (is_death(w, number) == is_listed)
			fail_msg("call %d", number);
	}
	for (size_t i = 0; i < N_ELEMENTS(lives); i++)
		assert_true(is_death(w, OTHER_TABLE | lives[i]));
}

static void
behind_the_walls_its_own_socket_still_works(void **state)
{
	(void)state;
	int status = 0, pair[2];
	char c = 0;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct err err = { 0 };
		struct wall *w = NULL;
		if (wall_make(pair[1], &w, &err) || wall_enter(w, &err) ||
		    write(pair[1], "x", 1) != 1)
			_exit(3);
		_exit(0);
	}
	assert_int_equal(read(pair[0], &c, 1), 1);
	assert_int_equal(c, 'x');
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(pair[0]);
	close(pair[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(behind_the_walls_everything_else_is_death),
		cmocka_unit_test(
		    behind_the_walls_every_call_is_death_but_those_on_memory_time_and_the_end),
		cmocka_unit_test(behind_the_walls_its_own_socket_still_works),
		cmocka_unit_test(an_order_is_rendered_by_a_child),
		cmocka_unit_test(what_no_font_has_is_an_outcome_with_the_items_name),
		cmocka_unit_test(a_request_that_breaks_the_wire_gets_no_answer),
		cmocka_unit_test(a_deadline_aborts_and_the_next_order_is_its_own),
		cmocka_unit_test(orders_at_once_each_get_their_own),
	};
	log_fd = -1;
	return cmocka_run_group_tests_name("issue-warm", tests, warm_begin, warm_end);
}
