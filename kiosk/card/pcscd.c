/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pcscd --apdu writes each VERIFY, and with it the PIN, in clear into its log.
 * A preloaded spy (libpcscspy) does the same in our own process.
 */
#include "kiosk/card/pcscd.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/text.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PCSCD_CMDLINE_MAX_BYTES = 64 * 1024 };
static const char PCSCD_SOCKET[] = "/run/pcscd/pcscd.comm";

/* A group of short options, "-fa": what follows one that takes a value is that value. */
static bool
pcscd_group_has_apdu(const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == 'a')
			return true;
		if (strchr("ctrs", *s) != NULL)
			return false;
	}
	return false;
}

_Bool
card_pcscd_logs_apdus(const char *cmdline, size_t bytes)
{
	size_t at = strnlen(cmdline, bytes) + 1; /* behind argv[0] */
	while (at < bytes) {
		const char *arg = cmdline + at;
		size_t n = strnlen(arg, bytes - at);
		if (at + n >= bytes) /* without its NUL: not what the kernel writes */
			return true;
		/* getopt_long takes any beginning of a name: --a, --ap, ... */
		if (strncmp(arg, "--", 2) == 0 && n > 2 && strncmp("--apdu", arg, n) == 0)
			return true;
		if (arg[0] == '-' && arg[1] != '-' && pcscd_group_has_apdu(arg + 1))
			return true;
		at += n + 1;
	}
	return false;
}

/* A file of /proc says nothing of its length beforehand. NUL behind it; false when it cannot be. */
static bool
pcscd_read(struct arena *a, const char *pid, const char *name, char **ret, size_t *ret_bytes)
{
	struct err err = { 0 };
	struct buf b;
	AUTO_FD int fd = open(arena_printf(a, "/proc/%s/%s", pid, name), O_RDONLY | O_CLOEXEC);
	buf_init(&b, PCSCD_CMDLINE_MAX_BYTES);
	bool ok = fd >= 0 && fd_read_to_end(fd, &b, &err) == 0;
	if (ok) {
		*ret = arena_strndup(a, b.bytes ? (const char *)b.p : "", b.bytes);
		*ret_bytes = b.bytes;
	}
	buf_done(&b);
	return ok;
}

static bool
pcscd_is(struct arena *a, const char *pid)
{
	char *comm = NULL;
	size_t bytes = 0;
	return pcscd_read(a, pid, "comm", &comm, &bytes) && text_equal(comm, "pcscd\n");
}

static int
pcscd_check_one(struct arena *a, const char *pid, struct err *err)
{
	char *line = NULL;
	size_t bytes = 0;
	if (!pcscd_read(a, pid, "cmdline", &line, &bytes) || bytes == 0)
		return err_raise(err, FAULT_CONFIG, "pcscd's arguments cannot be read", 0);
	if (card_pcscd_logs_apdus(line, bytes))
		return err_raise(err, FAULT_CONFIG, "pcscd logs APDUs (--apdu)", 0);
	return 0;
}

/* Behind a socket of systemd's the listener is not pcscd: then each pcscd has to be fit. */
static int
pcscd_check_all(struct arena *a, struct err *err)
{
	unsigned found = 0;
	int r = 0;
	DIR *proc = opendir("/proc");
	if (proc == NULL)
		return err_raise(err, FAULT_CONFIG, "/proc", 0);
	for (struct dirent *e; r == 0 && (e = readdir(proc)) != NULL;) {
		if (!isdigit((unsigned char)e->d_name[0]) || !pcscd_is(a, e->d_name))
			continue;
		found++;
		r = pcscd_check_one(a, e->d_name, err);
	}
	(void)closedir(proc);
	if (r == 0 && found == 0)
		return err_raise(err, FAULT_CONFIG, "pcscd's process cannot be found", 0);
	return r;
}

/* Who listens at the socket; 0 when it cannot be told. */
static pid_t
pcscd_listener(void)
{
	const char *path = getenv("PCSCLITE_CSOCK_NAME");
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct ucred cred = { 0 };
	socklen_t bytes = sizeof(cred);
	if (path == NULL)
		path = PCSCD_SOCKET;
	size_t n = strlen(path);
	AUTO_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || n >= sizeof(un.sun_path))
		return 0;
	memcpy(un.sun_path, path, n);
	if (connect(fd, (const struct sockaddr *)&un, sizeof(un)) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &bytes) != 0)
		return 0;
	return cred.pid;
}

int
card_pcscd_check(struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(8 << 20);
	const char *preload = getenv("LD_PRELOAD");
	const char *pid = arena_printf(a, "%d", (int)pcscd_listener());
	if (preload != NULL && strstr(preload, "pcscspy") != NULL)
		return err_raise(err, FAULT_CONFIG, "libpcscspy is preloaded", 0);
	if (pcscd_is(a, pid))
		return pcscd_check_one(a, pid, err);
	return pcscd_check_all(a, err);
}
