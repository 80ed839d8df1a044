/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/unit/engine_remote.h"
#include "tests/unit/engine_world.h"

#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REMOTE_PATH_MAX = 128, REMOTE_BODY_MAX = 1 << 20, SCAN_BYTES = 1 << 20, SCAN_OVERLAP = 64 };

static const unsigned long SCAN_MAX_BYTES = 1ul << 36;
int remote_center = -1;

/* No path: it is idle. */
struct question {
	char path[REMOTE_PATH_MAX];
	size_t bytes;
};
struct answer {
	int r;
	size_t bytes;
	char code[sizeof(((struct http_reply *)NULL)->code)];
};

int
remote_ask(
    void *self, struct arena *a, const struct http_ask *q, struct http_reply *ret, struct err *err)
{
	struct question out = { .bytes = q->body_bytes };
	struct answer in;
	(void)self;
	if (world.center_away)
		return err_raise(err, FAULT_UNAVAILABLE, "the center is away", 0);
	(void)snprintf(out.path, sizeof(out.path), "%s", q->path);
	if (fd_write_all(remote_center, &out, sizeof(out), err) != 0 ||
	    fd_write_all(remote_center, q->body, q->body_bytes, err) != 0 ||
	    fd_read_all(remote_center, &in, sizeof(in), err) != 0)
		_exit(2);
	uint8_t *body = arena_zero(a, in.bytes + 1);
	if (fd_read_all(remote_center, body, in.bytes, err) != 0)
		_exit(2);
	if (in.r < 0)
		return err_raise(err, (enum fault)in.r, "center", 0);
	memcpy(ret->code, in.code, sizeof(in.code));
	ret->body = body;
	ret->body_bytes = in.bytes;
	return in.r;
}

void
remote_say_idle(void)
{
	struct question out = { .bytes = 0 };
	struct answer in;
	struct err err = { 0 };
	if (fd_write_all(remote_center, &out, sizeof(out), &err) != 0 ||
	    fd_read_all(remote_center, &in, sizeof(in), &err) != 0)
		_exit(2);
}

/* False when the kiosk is gone. */
static bool
serve_one(int fd, const struct question *in)
{
	AUTO(arena) struct arena *a = arena_new(4 << 20);
	struct answer out = { .bytes = 0 };
	struct http_reply reply = { 0 };
	struct err err = { 0 };
	uint8_t *body = arena_zero(a, in->bytes + 1);
	if (in->bytes > REMOTE_BODY_MAX || fd_read_all(fd, body, in->bytes, &err) != 0)
		return false;
	const struct http_ask q = { .path = in->path, .body = body, .body_bytes = in->bytes };
	out.r = world_center_ask(NULL, a, &q, &reply, &err);
	memcpy(out.code, reply.code, sizeof(out.code));
	out.bytes = out.r == 0 ? reply.body_bytes : 0;
	return fd_write_all(fd, &out, sizeof(out), &err) == 0 &&
	    fd_write_all(fd, reply.body, out.bytes, &err) == 0;
}

bool
remote_serve(int fd)
{
	struct question in;
	struct err err = { 0 };
	while (fd_read_all(fd, &in, sizeof(in), &err) == 0) {
		if (in.path[0] == '\0')
			return true;
		if (!serve_one(fd, &in))
			return false;
	}
	return false;
}

void
remote_go_on(int fd)
{
	const struct answer out = { .r = 0 };
	struct err err = { 0 };
	int r = fd_write_all(fd, &out, sizeof(out), &err);
	(void)r; /* it may have been killed meanwhile */
}

static const char *
part_holds(const uint8_t *p, size_t bytes, const struct needle *needles, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (memmem(p, bytes, needles[i].p, needles[i].bytes) != NULL)
			return needles[i].name;
	return NULL;
}

/* One mapping, in parts that overlap by a needle's length. */
static const char *
mapping_holds(int fd, unsigned long from, unsigned long to, const struct needle *needles, size_t n,
    uint8_t *part, size_t *read_bytes)
{
	const char *found = NULL;
	for (unsigned long at = from; at < to && found == NULL; at += SCAN_BYTES) {
		size_t want =
		    to - at < SCAN_BYTES + SCAN_OVERLAP ? to - at : SCAN_BYTES + SCAN_OVERLAP;
		ssize_t got = pread(fd, part, want, (off_t)at);
		if (got <= 0)
			continue; /* a guard page */
		*read_bytes += (size_t)got;
		found = part_holds(part, (size_t)got, needles, n);
	}
	return found;
}

const char *
remote_memory_holds(int pid, const struct needle *needles, size_t n, const void *skip,
    size_t skip_bytes, size_t *ret_read)
{
	char path[64];
	char line[512];
	const char *found = NULL;
	uint8_t *part = malloc(SCAN_BYTES + SCAN_OVERLAP);
	assert_non_null(part);
	(void)snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	(void)snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	FILE *maps = fopen(path, "r");
	assert_true(fd >= 0 && maps != NULL);
	*ret_read = 0;
	while (found == NULL && fgets(line, sizeof(line), maps) != NULL) {
		unsigned long from = 0, to = 0;
		char mode[5] = "";
		if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) != 3 ||
		    strncmp(mode, "rw", 2) != 0)
			continue;
		if (to - from > SCAN_MAX_BYTES) /* a sanitizer's shadow: no data */
			continue;
		if (from >= (uintptr_t)skip && to <= (uintptr_t)skip + skip_bytes)
			continue;
		found = mapping_holds(fd, from, to, needles, n, part, ret_read);
	}
	(void)fclose(maps);
	(void)close(fd);
	free(part);
	return found;
}
