/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine_remote - a kiosk in a process of its own: its requests to the center are
 * answered by the process that made it, which can look into its memory as a dump
 * of it would.
 */
#pragma once
#include "http/client.h"

#include <stdbool.h>
#include <stddef.h>

/* ---- in the kiosk's process */
extern int remote_center; /* socket to its maker */
/* In place of world_center_ask. */
int remote_ask(
    void *self, struct arena *a, const struct http_ask *q, struct http_reply *ret, struct err *err);
/* Says that it stands still, and waits until it was looked at. */
void remote_say_idle(void);

/* ---- in the process that made it */
/* Answers requests on @fd until the other end says it is idle (true) or is gone (false). */
bool remote_serve(int fd);
/* Lets an idle one go on. */
void remote_go_on(int fd);

/* Some bytes that must not be anywhere. */
struct needle {
	const char *name;
	const void *p;
	size_t bytes;
};
/*
 * The first of @n needles that stands in what process @pid may write, but for
 * @skip_bytes at @skip; NULL = none does. *ret_read says how many bytes were read.
 */
const char *remote_memory_holds(int pid, const struct needle *needles, size_t n, const void *skip,
    size_t skip_bytes, size_t *ret_read);
