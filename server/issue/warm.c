/* SPDX-License-Identifier: Apache-2.0 */
#include "server/issue/warm.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "server/issue/template.h"
#include "wire/frame.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The program beside the running one: a package brings both, of one build. */
static int
beside(char ret[PATH_MAX], struct err *err)
{
	static const char name[] = "kofu-warm";
	ssize_t n = readlink("/proc/self/exe", ret, PATH_MAX);
	const char *slash = n > 0 && n < PATH_MAX ? memrchr(ret, '/', (size_t)n) : NULL;
	size_t at = slash != NULL ? (size_t)(slash - ret) + 1 : PATH_MAX;
	if (at > PATH_MAX - sizeof(name))
		return err_raise(err, FAULT_INTERNAL, "own path", errno);
	memcpy(ret + at, name, sizeof(name));
	return 0;
}

/* What the template is told, in memory that it inherits. */
static int
told_open(const struct warm_conf *c, int *ret, struct err *err)
{
	struct buf b;
	AUTO_FD int fd = memfd_create("warm", MFD_CLOEXEC);
	if (fd < 0)
		return err_raise(err, FAULT_UNAVAILABLE, "memfd", errno);
	buf_init(&b, WARM_WIRE_MAX_BYTES);
	warm_conf_encode(c, &b);
	int r = buf_ok(&b) ? fd_write_all(fd, b.p, b.bytes, err)
			   : err_raise(err, FAULT_CONFIG, "profiles over their limit", 0);
	buf_done(&b);
	if (r == 0 && lseek(fd, 0, SEEK_SET) != 0)
		r = err_raise(err, FAULT_INTERNAL, "memfd", errno);
	if (r)
		return err_trace(err, r, "told");
	*ret = fd;
	fd = -1;
	return 0;
}

/* Nothing of ours goes along but the two descriptors and the log. */
_Noreturn static void
become_template(const char *path, int control, int told)
{
	char *const argv[] = { (char[]){ "kofu-warm" }, NULL };
	int high_control = fcntl(control, F_DUPFD, TEMPLATE_FD_END);
	int high_told = fcntl(told, F_DUPFD, TEMPLATE_FD_END);
	if (high_control >= 0 && high_told >= 0 &&
	    dup2(high_control, TEMPLATE_CONTROL_FD) == TEMPLATE_CONTROL_FD &&
	    dup2(high_told, TEMPLATE_TOLD_FD) == TEMPLATE_TOLD_FD &&
	    close_range(TEMPLATE_FD_END, ~0u, 0) == 0)
		(void)execve(path, argv, environ);
	_exit(127);
}

int
warm_start(const struct warm_conf *c, struct warm *ret, struct err *err)
{
	char path[PATH_MAX];
	int pair[2];
	AUTO_FD int told = -1;
	int e = c->program == NULL ? beside(path, err) : 0;
	if (e == 0)
		e = told_open(c, &told, err);
	if (e)
		return err_trace(err, e, "renderer");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return err_raise(err, FAULT_INTERNAL, "socketpair", errno);
	pid_t pid = fork();
	if (pid == 0)
		become_template(c->program != NULL ? c->program : path, pair[1], told);
	close(pair[1]);
	int32_t r = FAULT_INTERNAL;
	if (pid < 0 || recv(pair[0], &r, sizeof(r), 0) != (ssize_t)sizeof(r) || r != 0) {
		close(pair[0]);
		if (pid > 0)
			(void)waitpid(pid, NULL, 0);
		return err_raise(err, r < 0 ? (enum fault)r : FAULT_INTERNAL, "fonts", r);
	}
	*ret = (struct warm){ .fd = pair[0], .pid = pid };
	return 0;
}

void
warm_stop(struct warm *w)
{
	if (w->pid <= 0)
		return;
	fd_close(w->fd);
	(void)kill(w->pid, SIGKILL);
	(void)waitpid(w->pid, NULL, 0);
	*w = (struct warm){ .fd = -1 };
}

static int
warm_hand_over(const struct warm *w, int fd, int timeout_ms, struct err *err)
{
	struct warm_ask ask = { .timeout_ms = timeout_ms };
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .room = { 0 } };
	struct iovec iov = { .iov_base = &ask, .iov_len = sizeof(ask) };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	if (sendmsg(w->fd, &m, MSG_NOSIGNAL) != (ssize_t)sizeof(ask))
		return err_raise(err, FAULT_UNAVAILABLE, "render template", errno);
	return 0;
}

int
warm_render(const struct warm *w, const struct buf *request, int timeout_ms, struct buf *out,
    struct err *err)
{
	int pair[2];
	if (timeout_ms <= 0)
		return err_raise(err, FAULT_TIMEOUT, "no time left to render", 0);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return err_raise(err, FAULT_UNAVAILABLE, "socketpair", errno);
	AUTO_FD int ours = pair[0];
	AUTO_FD int theirs = pair[1];
	int64_t until_ms = clock_mono_ms() + timeout_ms;
	int r = warm_hand_over(w, theirs, timeout_ms, err);
	fd_close(theirs); /* else the child's end would not be seen */
	theirs = -1;
	if (r == 0)
		r = frame_send(ours, request->p, request->bytes, timeout_ms, err);
	if (r)
		return err_trace(err, r, "request");
	int64_t left_ms = until_ms - clock_mono_ms();
	if (left_ms <= 0)
		return err_raise(err, FAULT_TIMEOUT, "renderer", 0);
	return err_trace(err, frame_recv(ours, out, (int)left_ms, err), "answer");
}
