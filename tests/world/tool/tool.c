/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/world/tool/tool.h"

#include "base/file.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TOOL_FILE_MAX_BYTES = 16 << 20 };

void
tool_die(const char *fmt, ...)
{
	va_list ap;
	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

void
tool_usage(const char *usage)
{
	fputs(usage, stderr);
	exit(2);
}

char *
tool_path(struct arena *a, const char *dir, const char *name)
{
	return arena_printf(a, "%s/%s", dir, name);
}

void
tool_mkdir(const char *path)
{
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		tool_die("%s: %s", path, strerror(errno));
}

bool
tool_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

uint8_t *
tool_read_maybe(struct arena *a, const char *path, size_t *ret_bytes)
{
	struct err err = { 0 };
	uint8_t *p = NULL;
	int r = file_read(a, path, TOOL_FILE_MAX_BYTES, &p, ret_bytes, &err);
	if (r == FILE_E_NONE_FOUND)
		return NULL;
	if (r != 0)
		tool_die("%s: cannot be read", path);
	return p;
}

uint8_t *
tool_read(struct arena *a, const char *path, size_t *ret_bytes)
{
	uint8_t *p = tool_read_maybe(a, path, ret_bytes);
	if (p == NULL)
		tool_die("%s: no such file", path);
	return p;
}

void
tool_write(const char *path, const void *p, size_t bytes, unsigned mode)
{
	struct err err = { 0 };
	if (file_write_atomic(path, p, bytes, mode, &err) != 0)
		tool_die("%s: cannot be written", path);
}

long
tool_number(const char *s, long min, long max, const char *what)
{
	uint64_t v = 0;
	if (!text_u64_parse(s, strlen(s), (uint64_t)max, &v) || (long)v < min)
		tool_die("%s: a number from %ld to %ld is needed", what, min, max);
	return (long)v;
}

bool
tool_is_name(const char *s, size_t max)
{
	size_t n = strlen(s);
	return n >= 1 && n <= max && s[0] != '-' && s[0] != '.' &&
	    strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.") == n;
}

int
tool_listen(unsigned port, unsigned *ret_port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t in_bytes = sizeof(in);
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
	    bind(fd, (const struct sockaddr *)&in, sizeof(in)) != 0 || listen(fd, 64) != 0 ||
	    getsockname(fd, (struct sockaddr *)&in, &in_bytes) != 0)
		tool_die("127.0.0.1:%u: %s", port, strerror(errno));
	*ret_port = ntohs(in.sin_port);
	return fd;
}
