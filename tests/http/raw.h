/* SPDX-License-Identifier: Apache-2.0 */
/* raw - a peer that says bytes, for what no proper client or server would do. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* A connection to 127.0.0.1; -1 when it is refused. */
int raw_connect(uint16_t port);
/* Sends @text, reads what comes within @wait_ms of silence or until the end; NUL-terminated.
 * Returns 1 when the peer closed, 0 when it is only silent. */
int raw_talk(int fd, const char *text, char *out, size_t room, int wait_ms);
/* Connects, talks (500 ms), closes; "" when nothing came. */
void raw_ask(uint16_t port, const char *text, char *out, size_t room);

/* A server that answers the first @n_answers requests with @answer, one connection kept for all of
 * them, and hangs up on each further one after it has read it. */
struct raw_server {
	int listen_fd;
	uint16_t port;
	const char *answer;
	size_t answer_bytes;
	int n_answers;
	int n_connections, n_requests; /* read them after raw_server_stop */
	unsigned long thread;
};
void raw_server_start(struct raw_server *s);
void raw_server_stop(struct raw_server *s);
