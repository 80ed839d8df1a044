/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
fd_close(int fd)
{
	int keep = errno;
	if (fd >= 0)
		(void)close(fd); /* on Linux the descriptor is gone even after EINTR */
	errno = keep;
}

int
fd_write_all(int fd, const void *p, size_t bytes, struct err *err)
{
	const uint8_t *b = p;
	while (bytes > 0) {
		ssize_t n = write(fd, b, bytes);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_raise(err, FAULT_UNAVAILABLE, "write", errno);
		b += n;
		bytes -= (size_t)n;
	}
	return 0;
}

int
fd_read_all(int fd, void *p, size_t bytes, struct err *err)
{
	uint8_t *b = p;
	while (bytes > 0) {
		ssize_t n = read(fd, b, bytes);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_raise(err, FAULT_UNAVAILABLE, "read", errno);
		if (n == 0)
			return err_raise(err, FAULT_UNAVAILABLE, "end of stream", 0);
		b += n;
		bytes -= (size_t)n;
	}
	return 0;
}

int
fd_read_to_end(int fd, struct buf *b, struct err *err)
{
	uint8_t piece[8192];
	for (;;) {
		ssize_t n = read(fd, piece, sizeof(piece));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_raise(err, FAULT_UNAVAILABLE, "read", errno);
		if (n == 0)
			return 0;
		buf_put(b, piece, (size_t)n);
		if (!buf_ok(b))
			return err_raise(err, FAULT_BAD_INPUT, "stream over its limit", 0);
	}
}

int
file_read(struct arena *a, const char *path, size_t limit_bytes, uint8_t **ret, size_t *ret_bytes,
    struct err *err)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0 && errno == ENOENT)
		return FILE_E_NONE_FOUND;
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return err_raise(err, FAULT_UNAVAILABLE, "open file", errno);
	if ((uintmax_t)st.st_size > limit_bytes)
		return err_raise(err, FAULT_BAD_INPUT, "file over its limit", 0);
	size_t bytes = (size_t)st.st_size;
	uint8_t *p = arena_zero(a, bytes + 1);
	int r = fd_read_all(fd, p, bytes, err);
	if (r)
		return err_trace(err, r, "file_read");
	*ret = p;
	*ret_bytes = bytes;
	return 0;
}

void
file_stamp(const char *path, struct file_stamp *ret)
{
	struct stat st;
	*ret = (struct file_stamp){ 0 };
	if (stat(path, &st) != 0)
		return;
	*ret = (struct file_stamp){ .dev = (uint64_t)st.st_dev,
		.ino = (uint64_t)st.st_ino,
		.bytes = (uint64_t)st.st_size,
		/* Of the inode: it moves with a rename over the path, too. */
		.changed_ns = (int64_t)st.st_ctim.tv_sec * 1000000000 + st.st_ctim.tv_nsec };
}

bool
file_stamp_equal(const struct file_stamp *a, const struct file_stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->bytes == b->bytes &&
	    a->changed_ns == b->changed_ns;
}

/* The rename is on disk only when its folder is. */
static int
folder_sync(const char *path, struct err *err)
{
	char copy[PATH_MAX];
	if (strlen(path) >= sizeof(copy))
		return err_raise(err, FAULT_BAD_INPUT, "path too long", 0);
	memcpy(copy, path, strlen(path) + 1);
	AUTO_FD int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return err_raise(err, FAULT_UNAVAILABLE, "sync folder", errno);
	return 0;
}

int
file_write_atomic(const char *path, const void *p, size_t bytes, unsigned mode, struct err *err)
{
	char tmp[PATH_MAX];
	int n = snprintf(tmp, sizeof(tmp), "%s.%ld.new", path, (long)getpid());
	if (n < 0 || (size_t)n >= sizeof(tmp))
		return err_raise(err, FAULT_BAD_INPUT, "path too long", 0);
	AUTO_FD int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (mode_t)mode);
	if (fd < 0)
		return err_raise(err, FAULT_UNAVAILABLE, "create file", errno);
	int r = fd_write_all(fd, p, bytes, err);
	if (r == 0 && (fsync(fd) != 0 || rename(tmp, path) != 0))
		r = err_raise(err, FAULT_UNAVAILABLE, "replace file", errno);
	if (r) {
		(void)unlink(tmp);
		return err_trace(err, r, "file_write_atomic");
	}
	return folder_sync(path, err);
}
