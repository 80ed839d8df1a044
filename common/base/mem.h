/* SPDX-License-Identifier: Apache-2.0 */
/* mem - the one allocator. It ends the process when memory runs out. */
#pragma once
#include "base/attr.h"
#include <stdbool.h>
#include <stddef.h>

/* @bytes zeroed bytes (0 gives 1). Never NULL: exhaustion aborts. Free with mem_free(). */
void mem_free(void *p);
OWNED_BY_CALLER(mem_free) NEVER_NULL void *mem_zero(size_t bytes);
/* As mem_zero, not zeroed: for what is written as a whole before anybody reads it. */
OWNED_BY_CALLER(mem_free) NEVER_NULL void *mem_raw(size_t bytes);
/* As mem_zero for @n elements of @bytes each; overflow aborts. */
OWNED_BY_CALLER(mem_free) NEVER_NULL void *mem_zero_n(size_t n, size_t bytes);
/* Grow @p (may be NULL) from @old to @bytes; the new part is zero, the old block is wiped. */
MUST_USE NEVER_NULL void *mem_grow(void *p, size_t old, size_t bytes);
/* A NUL-terminated copy of @bytes bytes of @s. Free with mem_free(). */
OWNED_BY_CALLER(mem_free) NEVER_NULL char *mem_strndup(const char *s, size_t bytes);
/*
 * A copy of what was made in a larger room and stays: a room is as good as taken, and each fork
 * copies the entries of its pages. Free with mem_free().
 */
OWNED_BY_CALLER(mem_free) NEVER_NULL void *mem_fitted(const void *p, size_t bytes);
/* Overwrite with zeros; the compiler may not leave it out. NULL is fine when bytes is 0. */
void mem_wipe(void *p, size_t bytes);
/*
 * Freed memory, up to @bytes of it, stays with this process instead of going back to the kernel and
 * being cleared page by page for the next request. For the whole process.
 */
void mem_keep(size_t bytes);
/*
 * Threads share two pools a processor instead of eight: each keeps what lies scattered in it after
 * a rush. Before the threads; for the whole process.
 */
void mem_share_pools(void);
/* What is free goes back to the kernel: after a rush a process is as small as before it. Costs a
 * millisecond or so, and the pages' clearing when they are needed again. */
void mem_give_back(void);
/*
 * @bytes zeroed in a mapping of their own, of huge pages where the system has any free: a fork
 * copies one entry for 2 MB of it, and a child that reads there takes no fault. NULL: no memory.
 * Freed with mem_huge_free() of the same @bytes.
 */
void *mem_huge(size_t bytes);
void mem_huge_free(void *p, size_t bytes); /* NULL is fine */
/* Would mem_huge() get huge pages? Else a fork pays for each small one of them. */
bool mem_has_huge(void);
/* Compare in constant time. Returns 1 when equal, 0 when not. */
int mem_equal(const void *a, const void *b, size_t bytes);
