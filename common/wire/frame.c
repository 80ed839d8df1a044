/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/frame.h"
#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	FRAME_HEAD_BYTES = 4,
	FRAME_PIECE_BYTES = 512 * 1024, /* what a head alone may make room for */
	FRAME_BACKLOG = 64,
	FRAME_MAX_FDS =
	    8 /* what one message of a careless peer may carry; more than 1 is refused */
};

/* An instant to be done by; timeout_ms 0 never comes. */
struct deadline {
	bool none;
	int64_t at_ms;
};

static struct deadline
deadline_in(int timeout_ms)
{
	return (struct deadline){ .none = timeout_ms == 0, .at_ms = clock_mono_ms() + timeout_ms };
}

static int
frame_wait(int fd, short events, struct deadline by, struct err *err)
{
	for (;;) {
		int64_t left_ms = by.none ? -1 : by.at_ms - clock_mono_ms();
		if (!by.none && left_ms <= 0)
			return err_raise(err, FAULT_TIMEOUT, "frame", 0);
		struct pollfd p = { .fd = fd, .events = events };
		int n = poll(&p, 1, (int)left_ms);
		if (n > 0)
			return 0; /* a hang-up shows in the next send or recv */
		if (n < 0 && errno != EINTR)
			return err_raise(err, FAULT_UNAVAILABLE, "frame poll", errno);
	}
}

/* Passes @pass_fd beside the first byte; -1 for none. */
static ssize_t
frame_send_some(int fd, struct iovec *parts, size_t n_parts, int pass_fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .room = { 0 } };
	struct msghdr m = { .msg_iov = parts, .msg_iovlen = n_parts };
	if (pass_fd >= 0) {
		m.msg_control = control.room;
		m.msg_controllen = sizeof(control.room);
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &pass_fd, sizeof(int));
	}
	return sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* What is left to send after @sent bytes; the parts that are through are empty. */
static size_t
frame_sent(struct iovec *parts, size_t n_parts, size_t sent)
{
	size_t left = 0;
	for (size_t i = 0; i < n_parts; i++) {
		size_t n = sent < parts[i].iov_len ? sent : parts[i].iov_len;
		if (n > 0)
			parts[i].iov_base = (uint8_t *)parts[i].iov_base + n;
		parts[i].iov_len -= n;
		sent -= n;
		left += parts[i].iov_len;
	}
	return left;
}

/* Head and body in one call: the receiver is not woken for the head alone. */
static int
frame_send_by(int fd, const void *p, size_t bytes, int pass_fd, struct deadline by, struct err *err)
{
	if (bytes > FRAME_MAX_BYTES)
		return err_raise(err, FAULT_INTERNAL, "frame over its limit", (long)bytes);
	uint8_t head[FRAME_HEAD_BYTES] = { (uint8_t)(bytes >> 24), (uint8_t)(bytes >> 16),
		(uint8_t)(bytes >> 8), (uint8_t)bytes };
	struct iovec parts[] = {
		{ .iov_base = head, .iov_len = sizeof(head) },
		{ .iov_base = (void *)(uintptr_t)p, .iov_len = bytes },
	};
	size_t left = sizeof(head) + bytes;
	while (left > 0) {
		ssize_t n = frame_send_some(fd, parts, N_ELEMENTS(parts), pass_fd);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			int r = frame_wait(fd, POLLOUT, by, err);
			if (r)
				return err_trace(err, r, "send");
			continue;
		}
		if (n < 0)
			return err_raise(err, FAULT_UNAVAILABLE, "frame send", errno);
		pass_fd = -1;
		left = frame_sent(parts, N_ELEMENTS(parts), (size_t)n);
	}
	return 0;
}

int
frame_send(int fd, const void *p, size_t bytes, int timeout_ms, struct err *err)
{
	return frame_send_by(fd, p, bytes, -1, deadline_in(timeout_ms), err);
}

int
frame_send_fd(int fd, const void *p, size_t bytes, int pass_fd, struct err *err)
{
	return frame_send_by(fd, p, bytes, pass_fd, deadline_in(0), err);
}

/* Takes the descriptors of a message: the first goes to *@ret_fd, all others are closed. */
static unsigned
frame_take_fds(struct msghdr *m, int *ret_fd)
{
	unsigned n = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t in = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < in; i++, n++) {
			int fd;
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (*ret_fd < 0)
				*ret_fd = fd;
			else
				fd_close(fd);
		}
	}
	return n;
}

/* One recvmsg; with @fd_at NULL the kernel drops what descriptors came along. */
static ssize_t
frame_recv_some(int fd, void *p, size_t bytes, int *fd_at, bool *ret_too_many)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(FRAME_MAX_FDS * sizeof(int))];
	} control = { .room = { 0 } };
	struct iovec iov = { .iov_base = p, .iov_len = bytes };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	if (fd_at != NULL) {
		m.msg_control = control.room;
		m.msg_controllen = sizeof(control.room);
	}
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0 || fd_at == NULL)
		return n;
	bool had_one = *fd_at >= 0;
	unsigned fds = frame_take_fds(&m, fd_at);
	*ret_too_many = fds + (had_one ? 1u : 0u) > 1 || (m.msg_flags & MSG_CTRUNC) != 0;
	return n;
}

static int
frame_recv_all(int fd, void *p, size_t bytes, int *fd_at, struct deadline by, struct err *err)
{
	uint8_t *b = p;
	while (bytes > 0) {
		bool too_many = false;
		ssize_t n = frame_recv_some(fd, b, bytes, fd_at, &too_many);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			int r = frame_wait(fd, POLLIN, by, err);
			if (r)
				return err_trace(err, r, "recv");
			continue;
		}
		if (n < 0)
			return err_raise(err, FAULT_UNAVAILABLE, "frame recv", errno);
		if (n == 0)
			return err_raise(err, FAULT_UNAVAILABLE, "frame end", 0);
		if (too_many)
			return err_raise(err, FAULT_BAD_INPUT, "frame descriptors", 0);
		b += n;
		bytes -= (size_t)n;
	}
	return 0;
}

static int
frame_recv_by(int fd, struct buf *out, int *fd_at, struct deadline by, struct err *err)
{
	uint8_t head[FRAME_HEAD_BYTES];
	out->bytes = 0;
	out->failed = false;
	int r = frame_recv_all(fd, head, sizeof(head), fd_at, by, err);
	if (r)
		return err_trace(err, r, "head");
	struct rd in = rd_init(head, sizeof(head));
	size_t left = rd_u32(&in);
	if (left > FRAME_MAX_BYTES || left > out->limit_bytes)
		return err_raise(err, FAULT_BAD_INPUT, "frame over its limit", (long)left);
	/* Grows with what really came, not with what the head promised. */
	while (left > 0) {
		size_t n = left < FRAME_PIECE_BYTES ? left : FRAME_PIECE_BYTES;
		uint8_t *at = buf_room(out, n);
		if (at == NULL)
			return err_raise(err, FAULT_BAD_INPUT, "frame over its limit", (long)n);
		r = frame_recv_all(fd, at, n, NULL, by, err);
		if (r)
			return err_trace(err, r, "body");
		out->bytes += n;
		left -= n;
	}
	return 0;
}

int
frame_recv(int fd, struct buf *out, int timeout_ms, struct err *err)
{
	return frame_recv_by(fd, out, NULL, deadline_in(timeout_ms), err);
}

int
frame_recv_fd(int fd, struct buf *out, int *ret_fd, struct err *err)
{
	int got = -1;
	int r = frame_recv_by(fd, out, &got, deadline_in(0), err);
	if (r) {
		fd_close(got);
		return r;
	}
	*ret_fd = got;
	return 0;
}

static int
frame_address(const char *path, struct sockaddr_un *ret, struct err *err)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	if (path[0] == '\0' || strlen(path) >= sizeof(at.sun_path))
		return err_raise(err, FAULT_CONFIG, "socket path length", (long)strlen(path));
	memcpy(at.sun_path, path, strlen(path) + 1);
	*ret = at;
	return 0;
}

int
frame_listen(const char *path, mode_t mode, int *ret, struct err *err)
{
	struct sockaddr_un at;
	struct stat st;
	int r = frame_address(path, &at, err);
	if (r)
		return r;
	if (lstat(path, &st) == 0 && (!S_ISSOCK(st.st_mode) || unlink(path) != 0))
		return err_raise(err, FAULT_CONFIG, "socket path is taken", errno);
	AUTO_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* Linux gives the bound name the socket's own mode: it is never open to more. */
	if (fd < 0 || fchmod(fd, mode) != 0)
		return err_raise(err, FAULT_UNAVAILABLE, "socket", errno);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, FRAME_BACKLOG) != 0)
		return err_raise(err, FAULT_UNAVAILABLE, "socket bind", errno);
	*ret = fd;
	fd = -1;
	return 0;
}

int
frame_connect(const char *path, int *ret, struct err *err)
{
	struct sockaddr_un at;
	int r = frame_address(path, &at, err);
	if (r)
		return r;
	AUTO_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		return err_raise(err, FAULT_UNAVAILABLE, "socket connect", errno);
	*ret = fd;
	fd = -1;
	return 0;
}
