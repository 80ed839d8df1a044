/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tool - what the programs of the demo world share: they are commands, so a
 * failure is a message on stderr and exit status 1; wrong usage is 2.
 */
#pragma once
#include "base/arena.h"
#include "base/attr.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "NAME: message" on stderr, then exit(1). */
_Noreturn void tool_die(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* Prints @usage on stderr and ends with 2. */
_Noreturn void tool_usage(const char *usage);

/* A path in the arena. */
char *tool_path(struct arena *a, const char *dir, const char *name);
void tool_mkdir(const char *path); /* an existing folder is fine */
bool tool_exists(const char *path);
/* The whole file (at most 16 MiB); dies when it cannot be read. */
uint8_t *tool_read(struct arena *a, const char *path, size_t *ret_bytes);
/* As tool_read, but NULL when there is no such file. */
uint8_t *tool_read_maybe(struct arena *a, const char *path, size_t *ret_bytes);
void tool_write(const char *path, const void *p, size_t bytes, unsigned mode);
/* A decimal number min..max, or death with @what in the message. */
long tool_number(const char *s, long min, long max, const char *what);
/* 1..@max characters of a-z 0-9 - . (no leading - or .): safe in file names and URIs. */
bool tool_is_name(const char *s, size_t max);
/* A listening socket on 127.0.0.1; port 0 takes a free one. *ret_port is the one taken. */
int tool_listen(unsigned port, unsigned *ret_port);
