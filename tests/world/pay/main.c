/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kofu-pay-sim - a till that a script can play with.
 *
 *   kofu-pay-sim --socket PATH [--mode auto|coins|decline|silent] [--control FILE] [--ledger FILE]
 *
 * FILE of --control: lines appended to it are obeyed ("insert 100", "mode coins").
 * FILE of --ledger: rewritten after each change, one JSON line a transaction.
 * Prints "ready" on stdout; ends on SIGTERM.
 */
#include "tests/world/pay/till.h"

#include "base/file.h"
#include "wire/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SIM_MAX_CLIENTS = 4, SIM_TICK_MS = 25 };

struct sim_lines { /* a stream cut into lines */
	int fd;
	size_t n;
	char text[TILL_MAX_LINE];
};
static struct sim {
	struct till till;
	int listener;
	struct sim_lines client[SIM_MAX_CLIENTS];
	struct sim_lines control;
	const char *ledger;
} sim;
static volatile sig_atomic_t stop;

static void
on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static void
save_ledger(void)
{
	struct err err = { 0 };
	struct buf b;
	if (sim.ledger == NULL)
		return;
	buf_init(&b, 1 << 20);
	till_ledger(&sim.till, &b);
	if (file_write_atomic(sim.ledger, b.p, b.bytes, 0644, &err) != 0)
		fprintf(stderr, "kofu-pay-sim: cannot write the ledger\n");
	buf_done(&b);
}

static void
tell(int fd, const struct buf *b)
{
	if (fd >= 0 && b->bytes > 0)
		(void)send(fd, b->p, b->bytes, MSG_NOSIGNAL);
}

static void
control_line(const char *line, size_t n)
{
	char text[TILL_MAX_LINE + 1] = { 0 };
	struct buf out;
	buf_init(&out, 1 << 16);
	memcpy(text, line, n);
	if (!till_control(&sim.till, text, &out))
		fprintf(stderr, "kofu-pay-sim: unknown control line\n");
	for (int i = 0; i < SIM_MAX_CLIENTS; i++)
		tell(sim.client[i].fd, &out);
	buf_done(&out);
	save_ledger();
}

static void
client_line(int fd, const char *line, size_t n)
{
	struct buf out;
	buf_init(&out, 1 << 16);
	till_line(&sim.till, line, n, &out);
	save_ledger(); /* before the answer: who has the answer finds it in the ledger */
	tell(fd, &out);
	buf_done(&out);
}

/* Returns false at the end of the stream. */
static bool
read_lines(struct sim_lines *l, bool is_control)
{
	ssize_t got = read(l->fd, l->text + l->n, sizeof(l->text) - l->n);
	if (got < 0)
		return errno == EINTR || errno == EAGAIN;
	if (got == 0)
		return is_control;
	l->n += (size_t)got;
	for (char *end; (end = memchr(l->text, '\n', l->n)) != NULL;) {
		size_t n = (size_t)(end - l->text);
		if (is_control)
			control_line(l->text, n);
		else
			client_line(l->fd, l->text, n);
		l->n -= n + 1;
		memmove(l->text, end + 1, l->n);
	}
	return l->n < sizeof(l->text);
}

static void
take_client(void)
{
	int fd = accept4(sim.listener, NULL, NULL, SOCK_CLOEXEC);
	for (int i = 0; fd >= 0 && i < SIM_MAX_CLIENTS; i++)
		if (sim.client[i].fd < 0) {
			sim.client[i] = (struct sim_lines){ .fd = fd };
			return;
		}
	fd_close(fd);
}

static void
run(void)
{
	while (!stop) {
		struct pollfd f[1 + SIM_MAX_CLIENTS];
		f[0] = (struct pollfd){ .fd = sim.listener, .events = POLLIN };
		for (int i = 0; i < SIM_MAX_CLIENTS; i++)
			f[1 + i] = (struct pollfd){ .fd = sim.client[i].fd, .events = POLLIN };
		if (poll(f, N_ELEMENTS(f), SIM_TICK_MS) < 0)
			continue;
		if (sim.control.fd >= 0)
			(void)read_lines(&sim.control, true);
		for (int i = 0; i < SIM_MAX_CLIENTS; i++)
			if (f[1 + i].revents != 0 && !read_lines(&sim.client[i], false)) {
				fd_close(sim.client[i].fd);
				sim.client[i].fd = -1;
			}
		if (f[0].revents != 0)
			take_client();
	}
}

static int
usage(void)
{
	fprintf(stderr,
	    "usage: kofu-pay-sim --socket PATH [--mode auto|coins|decline|silent]"
	    " [--control FILE] [--ledger FILE]\n");
	return 64;
}

static bool
set_mode(const char *name)
{
	char line[32];
	struct buf none;
	buf_init(&none, 64);
	(void)snprintf(line, sizeof(line), "mode %s", name);
	return till_control(&sim.till, line, &none);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = { { "socket", required_argument, NULL, 's' },
		{ "mode", required_argument, NULL, 'm' },
		{ "control", required_argument, NULL, 'c' },
		{ "ledger", required_argument, NULL, 'l' }, { NULL, 0, NULL, 0 } };
	struct err err = { 0 };
	const char *socket_path = NULL;
	int c;
	sim.control.fd = -1;
	for (int i = 0; i < SIM_MAX_CLIENTS; i++)
		sim.client[i].fd = -1;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 's')
			socket_path = optarg;
		else if (c == 'l')
			sim.ledger = optarg;
		else if (c == 'c')
			sim.control.fd =
			    open(optarg, O_RDONLY | O_CREAT | O_CLOEXEC, 0644); /* from its start */
		else if (c != 'm' || !set_mode(optarg))
			return usage();
	}
	if (socket_path == NULL || optind != argc)
		return usage();
	if (frame_listen(socket_path, 0600, &sim.listener, &err) != 0) {
		fprintf(stderr, "kofu-pay-sim: cannot listen\n");
		return 69;
	}
	(void)signal(SIGTERM, on_signal);
	(void)signal(SIGINT, on_signal);
	save_ledger();
	printf("ready\n");
	(void)fflush(stdout);
	run();
	(void)unlink(socket_path);
	return 0;
}
