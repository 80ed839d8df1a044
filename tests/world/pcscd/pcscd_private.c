/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pcscd_private - starts a pcscd of one's own on a private socket, without systemd.
 *
 *   pcscd_private SOCKET CONFDIR [pcscd options...]
 *
 * pcscd has its socket's path compiled in, but takes a listening socket from
 * systemd's activation protocol (sd_listen_fds(3)): descriptor 3, LISTEN_FDS=1,
 * LISTEN_PID=own pid. Clients find it through PCSCLITE_CSOCK_NAME. The process
 * becomes pcscd, so its pid is pcscd's.
 */
#include "base/attr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { ACTIVATION_FD = 3, ARGS_MAX = 32 };

static int
private_fail(const char *what)
{
	perror(what);
	return 1;
}

static int
private_listen(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t n = strlen(path);
	if (n >= sizeof(un.sun_path)) {
		fprintf(stderr, "pcscd_private: a socket's path has at most %zu bytes\n",
		    sizeof(un.sun_path) - 1);
		return -1;
	}
	memcpy(un.sun_path, path, n + 1);
	(void)unlink(path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&un, sizeof(un)) != 0 ||
	    listen(fd, 16) != 0) {
		perror(path);
		return -1;
	}
	return fd;
}

int
main(int argc, char **argv)
{
	char *args[ARGS_MAX] = { "pcscd", "--foreground", "--config" };
	int n = 3;
	char pid[16];
	if (argc < 3 || argc > ARGS_MAX - 3) {
		fputs("usage: pcscd_private SOCKET CONFDIR [pcscd options]\n", stderr);
		return 2;
	}
	int fd = private_listen(argv[1]);
	if (fd < 0)
		return 1;
	if (fd != ACTIVATION_FD && (dup2(fd, ACTIVATION_FD) < 0 || close(fd) != 0))
		return private_fail("dup2");
	/* pcscd writes its pid file there and ends when it cannot; it is root's to make. */
	(void)mkdir("/run/pcscd", 0755);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (setenv("LISTEN_PID", pid, 1) != 0 || setenv("LISTEN_FDS", "1", 1) != 0)
		return private_fail("setenv");
	for (int i = 2; i < argc; i++)
		args[n++] = argv[i];
	execvp("pcscd", args);
	execv("/usr/sbin/pcscd", args);
	return private_fail("pcscd");
}
