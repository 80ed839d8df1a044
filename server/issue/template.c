/* SPDX-License-Identifier: Apache-2.0 */
#include "server/issue/template.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/room.h"
#include "server/issue/trial.h"
#include "wire/frame.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * CHILD_FD: a child's one descriptor beside its log. CHILD_ROOM_BYTES: all that it asks for; an
 * order for one sheet takes 2 MB, one huge page, of which the request's arena has the first.
 */
enum {
	CHILD_FD = 3,
	CHILD_ROOM_BYTES = 16 << 20,
	CHILD_FIRST_BYTES = 1 << 20,
	CHILD_ARENA_BYTES = 512 << 20,
};

struct warm_child {
	pid_t pid;
	int64_t until_ms; /* clock_mono_ms */
};
struct template
{
	int control;
	struct render_fonts *fonts;
	struct wall *wall;
	void *room; /* CHILD_ROOM_BYTES that nobody has touched yet */
	const struct profile *profiles;
	unsigned n_profiles;
	struct warm_child child[WARM_MAX_CHILDREN];
	unsigned n_children;
};

/*
 * The single-use process: one request, one answer, the end. Never returns. Nothing is wiped:
 * its memory goes with it, and the kernel clears each page before anybody else has it.
 */
_Noreturn static void
child_main(struct template *t, int fd)
{
	struct err err = { 0 };
	struct buf in, out;
	if (!SANITIZED) /* which watches each piece by itself */
		mem_use_room(t->room, CHILD_ROOM_BYTES);
	struct arena *a =
	    arena_new_in(mem_zero(CHILD_FIRST_BYTES), CHILD_FIRST_BYTES, CHILD_ARENA_BYTES);
	buf_init(&in, RENDER_WIRE_MAX_REQUEST);
	buf_init(&out, RENDER_WIRE_MAX_BYTES);
	int r = wall_enter(t->wall, &err);
	if (r == 0)
		r = render_fonts_apart(t->fonts, &err);
	if (r == 0)
		r = frame_recv(fd, &in, 0, &err);
	if (r == 0)
		r = worker_render(a, t->fonts, t->profiles, t->n_profiles, &in, &out, &err);
	if (r == 0)
		r = frame_send(fd, out.p, out.bytes, 0, &err);
	if (r)
		log_fault("render.failed", (struct txn_id){ 0 }, &err);
	_exit(r == 0 ? 0 : 1);
}

/* Only @fd and the log stay open, @fd under the number CHILD_FD. */
static int
child_descriptors(int fd)
{
	if (fd != CHILD_FD && dup2(fd, CHILD_FD) < 0)
		return -1;
	if (close_range(CHILD_FD + 1, ~0u, 0) != 0)
		return -1;
	close(STDOUT_FILENO);
	return CHILD_FD;
}

static void
template_fork(struct template *t, int fd, int timeout_ms)
{
	if (t->n_children == WARM_MAX_CHILDREN)
		return; /* the order's socket closes: unavailable */
	pid_t pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		int at = child_descriptors(fd);
		if (at < 0)
			_exit(1);
		child_main(t, at);
	}
	if (pid > 0)
		t->child[t->n_children++] =
		    (struct warm_child){ .pid = pid, .until_ms = clock_mono_ms() + timeout_ms };
}

/* Buries the dead and kills the overdue: a deadline only aborts (I3). */
static void
template_reap(struct template *t)
{
	int64_t now_ms = clock_mono_ms();
	for (unsigned i = 0; i < t->n_children;) {
		int status = 0;
		pid_t done = waitpid(t->child[i].pid, &status, WNOHANG);
		if (done == 0 && t->child[i].until_ms <= now_ms) {
			(void)kill(t->child[i].pid, SIGKILL);
			t->child[i].until_ms = now_ms + 1000;
		}
		if (done == 0) {
			i++;
			continue;
		}
		if (WIFSIGNALED(status))
			LOG(LOG_LVL_WARN, "render.killed", LOG_F("signal", WTERMSIG(status)));
		t->child[i] = t->child[--t->n_children];
	}
}

static int
template_wait_ms(const struct template *t)
{
	return t->n_children > 0 ? 20 : 1000;
}

/* Takes one order's descriptor and deadline. False at the end of main. */
static bool
template_take(struct template *t)
{
	struct warm_ask ask = { 0 };
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .room = { 0 } };
	struct iovec iov = { .iov_base = &ask, .iov_len = sizeof(ask) };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room) };
	ssize_t n = recvmsg(t->control, &m, MSG_CMSG_CLOEXEC);
	if (n < 0)
		return errno == EINTR;
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	if (n != (ssize_t)sizeof(ask) || c == NULL || c->cmsg_type != SCM_RIGHTS)
		return false;
	int fd;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	template_fork(t, fd, ask.timeout_ms);
	close(fd);
	return true;
}

_Noreturn static void
template_main(struct template *t)
{
	for (;;) {
		struct pollfd p = { .fd = t->control, .events = POLLIN };
		int n = poll(&p, 1, template_wait_ms(t));
		template_reap(t);
		if (n > 0 && !template_take(t))
			_exit(0);
	}
}

/* Room that each child finds empty: never written here. */
static int
template_room(struct template *t, struct err *err)
{
	t->room = mem_huge(CHILD_ROOM_BYTES);
	return t->room != NULL ? 0 : err_raise(err, FAULT_NOMEM, "children's room", errno);
}

/*
 * 見本 太郎's paper once, for nobody: the libraries have then bound and made what they need, which
 * each child would else do anew. What comes of it is the self-test's matter, not this one's.
 */
static void
template_rehearse(struct template *t)
{
	AUTO(arena) struct arena *a = arena_new(CHILD_ARENA_BYTES);
	struct err ignored = { 0 };
	struct buf in, out;
	if (t->n_profiles == 0 || trial_kind(&t->profiles[0]) == 0)
		return;
	buf_init(&in, RENDER_WIRE_MAX_REQUEST);
	buf_init(&out, RENDER_WIRE_MAX_BYTES);
	trial_request(a, &t->profiles[0], &in);
	int r = worker_render(a, t->fonts, t->profiles, t->n_profiles, &in, &out, &ignored);
	(void)r;
	buf_done(&in);
	buf_done(&out);
}

/* Warm fonts and libraries, and nothing kept beside: else each fork copies its entries. */
static void
template_warm(struct template *t)
{
	render_fonts_warm(t->fonts, t->profiles, t->n_profiles, false);
	template_rehearse(t);
	render_fonts_learned(t->fonts);
	mem_give_back();
}

void
template_run(int control, const struct warm_conf *c)
{
	const struct profile *profiles = c->profiles;
	const unsigned n = c->n_profiles;
	struct err err = { 0 };
	struct template t = { .control = control, .profiles = profiles, .n_profiles = n };
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_NAME, "kofu-warm");
	int32_t r = c->busy ? render_fonts_hold(c->fonts_manifest, &t.fonts, &err)
			    : render_fonts_open(c->fonts_manifest, &t.fonts, &err);
	if (r == 0)
		r = render_grounds_check(t.fonts, profiles, n, &err);
	if (r == 0)
		r = wall_make(CHILD_FD, &t.wall, &err);
	if (r == 0)
		r = template_room(&t, &err);
	if (r != 0)
		log_fault("fonts.failed", (struct txn_id){ 0 }, &err);
	else
		template_warm(&t);
	if (send(control, &r, sizeof(r), MSG_NOSIGNAL) != (ssize_t)sizeof(r) || r != 0)
		_exit(1);
	template_main(&t);
}
