/* SPDX-License-Identifier: Apache-2.0 */
/* file - whole files and descriptors, with limits. */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Outcomes. */
enum { FILE_E_NONE_FOUND = 1 };

/*
 * Reads a whole file of at most @limit_bytes into the arena, NUL behind it.
 * Returns 0, FILE_E_NONE_FOUND, FAULT_BAD_INPUT (too large) or FAULT_UNAVAILABLE.
 */
MUST_USE int file_read(struct arena *a, const char *path, size_t limit_bytes, uint8_t **ret,
    size_t *ret_bytes, struct err *err);
/*
 * Writes a file so that after a crash it is the old or the new one: temporary
 * file beside it, fsync, rename, fsync of the folder. @mode e.g. 0600.
 * Returns 0 or FAULT_UNAVAILABLE.
 */
MUST_USE int file_write_atomic(
    const char *path, const void *p, size_t bytes, unsigned mode, struct err *err);
/*
 * Which file a path names at the moment: another stamp, another content. Of a file that is not
 * there, or cannot be reached, it is all zeros.
 */
struct file_stamp {
	uint64_t dev, ino, bytes;
	int64_t changed_ns;
};
void file_stamp(const char *path, struct file_stamp *ret);
bool file_stamp_equal(const struct file_stamp *a, const struct file_stamp *b);
/* Writes all of it, through EINTR and short writes. Returns 0 or FAULT_UNAVAILABLE. */
MUST_USE int fd_write_all(int fd, const void *p, size_t bytes, struct err *err);
/* Reads exactly @bytes. Returns 0, or FAULT_UNAVAILABLE at the end of the stream. */
MUST_USE int fd_read_all(int fd, void *p, size_t bytes, struct err *err);
/* Reads to the end of the stream into @b. Returns 0, FAULT_BAD_INPUT past its limit,
 * FAULT_UNAVAILABLE. */
MUST_USE int fd_read_to_end(int fd, struct buf *b, struct err *err);
/* close() that keeps errno and takes -1. */
void fd_close(int fd);
static inline void
fd_closep(int *fd)
{
	fd_close(*fd);
}
/* AUTO_FD int fd = -1;  -- closed when fd leaves scope */
#define AUTO_FD __attribute__((cleanup(fd_closep)))
