/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/http/raw.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in
loopback(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

int
raw_connect(uint16_t port)
{
	struct sockaddr_in at = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int
raw_talk(int fd, const char *text, char *out, size_t room, int wait_ms)
{
	size_t n = strlen(text);
	size_t have = 0;
	out[0] = '\0';
	if (n > 0 && send(fd, text, n, MSG_NOSIGNAL) != (ssize_t)n)
		return 1;
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		if (poll(&p, 1, wait_ms) <= 0)
			return 0;
		ssize_t got = recv(fd, out + have, room - 1 - have, 0);
		if (got <= 0)
			return 1;
		have += (size_t)got;
		out[have] = '\0';
	}
}

void
raw_ask(uint16_t port, const char *text, char *out, size_t room)
{
	int fd = raw_connect(port);
	if (fd < 0)
		abort();
	(void)raw_talk(fd, text, out, room, 500);
	close(fd);
}

/* Reads a request of a head with Content-Length, or none. Returns 0 at the end of the stream. */
static int
raw_read_request(int fd)
{
	char head[8192];
	size_t n = 0;
	while (n < sizeof(head) - 1) {
		if (recv(fd, head + n, 1, 0) != 1)
			return 0;
		head[++n] = '\0';
		if (n >= 4 && memcmp(head + n - 4, "\r\n\r\n", 4) == 0)
			break;
	}
	const char *length = strstr(head, "Content-Length: ");
	for (long left = length ? atol(length + 16) : 0; left > 0; left--)
		if (recv(fd, head, 1, 0) != 1)
			return 0;
	return 1;
}

static void *
raw_serve(void *arg)
{
	struct raw_server *s = arg;
	for (int fd; (fd = accept(s->listen_fd, NULL, NULL)) >= 0; close(fd)) {
		s->n_connections++;
		while (raw_read_request(fd)) {
			if (s->n_requests++ >= s->n_answers)
				break;
			if (send(fd, s->answer, s->answer_bytes, MSG_NOSIGNAL) < 0)
				break;
		}
	}
	return NULL;
}

void
raw_server_start(struct raw_server *s)
{
	struct sockaddr_in at = loopback(0);
	socklen_t n = sizeof(at);
	s->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(s->listen_fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    listen(s->listen_fd, 8) != 0 ||
	    getsockname(s->listen_fd, (struct sockaddr *)&at, &n) != 0 ||
	    pthread_create(&s->thread, NULL, raw_serve, s) != 0)
		abort();
	s->port = ntohs(at.sin_port);
}

void
raw_server_stop(struct raw_server *s)
{
	shutdown(s->listen_fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->listen_fd);
}
