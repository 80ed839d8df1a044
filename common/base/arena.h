/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena - everything one request makes, freed and wiped at once.
 *
 * The limit is chosen above the largest legal request; to pass it is a bug and
 * aborts. Not for threads: one request, one arena.
 */
#pragma once
#include "base/attr.h"
#include <stddef.h>

struct arena;
void arena_free(struct arena *a); /* wipes first; NULL is fine */
DEFINE_AUTO(arena)

OWNED_BY_CALLER(arena_free) NEVER_NULL struct arena *arena_new(size_t limit_bytes);
/*
 * One that begins with @bytes that lie ready, zeroed and aligned for any type, and asks the
 * allocator only for what is more. arena_free() wipes them and leaves them where they are.
 */
MUST_USE NEVER_NULL struct arena *arena_new_in(void *zeroed, size_t bytes, size_t limit_bytes);
/* Zeroed memory, aligned for any type. Never NULL. */
NEVER_NULL void *arena_zero(struct arena *a, size_t bytes);
NEVER_NULL void *arena_zero_n(struct arena *a, size_t n, size_t bytes);
/* As arena_zero, perhaps not zeroed: for what is written as a whole before anybody reads it. */
NEVER_NULL void *arena_raw(struct arena *a, size_t bytes);
/* Copies into the arena; texts come out NUL-terminated. */
NEVER_NULL char *arena_strdup(struct arena *a, const char *s);
NEVER_NULL char *arena_strndup(struct arena *a, const char *s, size_t bytes);
NEVER_NULL void *arena_memdup(struct arena *a, const void *p, size_t bytes);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3) NEVER_NULL;
/* As if it were freed and made anew, but one block of its memory stays for what comes next. */
void arena_reset(struct arena *a);
size_t arena_used_bytes(const struct arena *a);
