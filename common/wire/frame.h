/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame - messages between the processes of one site over a Unix stream
 * socket: a 32-bit length and that many bytes, optionally one descriptor.
 */
#pragma once
#include "base/bytes.h"
#include "base/err.h"

#include <sys/types.h>

enum { FRAME_MAX_BYTES = 32 * 1024 * 1024 };

/* Returns 0, FAULT_UNAVAILABLE or FAULT_TIMEOUT (@timeout_ms 0 = none). */
MUST_USE int frame_send(int fd, const void *p, size_t bytes, int timeout_ms, struct err *err);
/* Receives into @out (emptied first). A frame over out's limit is FAULT_BAD_INPUT. */
MUST_USE int frame_recv(int fd, struct buf *out, int timeout_ms, struct err *err);
/* As above with a descriptor beside the bytes; @pass_fd / *ret_fd is -1 for none. The receiver
 * closes it. */
MUST_USE int frame_send_fd(int fd, const void *p, size_t bytes, int pass_fd, struct err *err);
MUST_USE int frame_recv_fd(int fd, struct buf *out, int *ret_fd, struct err *err);
/* A listening Unix socket, an old one replaced; and a connection to it. @mode: who may connect, 0600
 * or 0660 (less what the umask takes). fd or a fault (<0) in *ret. */
MUST_USE int frame_listen(const char *path, mode_t mode, int *ret, struct err *err);
MUST_USE int frame_connect(const char *path, int *ret, struct err *err);
