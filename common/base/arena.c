/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BLOCK_BYTES = 16384 };

struct arena_block {
	struct arena_block *next;
	size_t bytes;
	size_t used;
	bool given; /* not ours to free */
	alignas(max_align_t) unsigned char data[];
};

struct arena {
	struct arena_block *head;
	size_t limit_bytes;
	size_t used_bytes;
	bool given;
};

/* Of given memory, before its block. */
enum {
	ARENA_HEAD = (sizeof(struct arena) + alignof(max_align_t) - 1) / alignof(max_align_t) *
	    alignof(max_align_t)
};

struct arena *
arena_new(size_t limit_bytes)
{
	struct arena *a = mem_zero(sizeof(*a));
	a->limit_bytes = limit_bytes;
	return a;
}

struct arena *
arena_new_in(void *zeroed, size_t bytes, size_t limit_bytes)
{
	struct arena *a = zeroed;
	struct arena_block *b =
	    (struct arena_block *)(void *)((unsigned char *)zeroed + ARENA_HEAD);
	if (bytes < ARENA_HEAD + sizeof(*b))
		abort();
	b->bytes = bytes - ARENA_HEAD - sizeof(*b);
	b->given = true;
	*a = (struct arena){ .head = b, .limit_bytes = limit_bytes, .given = true };
	return a;
}

/* A block that was given stays where it is. */
static void
arena_block_drop(struct arena_block *b)
{
	mem_wipe(b->data, b->used);
	if (!b->given)
		mem_free(b);
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	for (struct arena_block *b = a->head, *next; b != NULL; b = next) {
		next = b->next;
		arena_block_drop(b);
	}
	if (!a->given)
		mem_free(a);
}

void
arena_reset(struct arena *a)
{
	struct arena_block *b = a->head;
	while (b != NULL && b->next != NULL) {
		struct arena_block *next = b->next;
		arena_block_drop(b);
		b = next;
	}
	if (b != NULL) {
		mem_wipe(b->data, b->used);
		b->used = 0;
	}
	a->head = b;
	a->used_bytes = 0;
}

/* @raw: a block that one request fills need not be zeroed. */
static struct arena_block *
arena_block_for(struct arena *a, size_t bytes, bool raw)
{
	if (a->head != NULL && a->head->bytes - a->head->used >= bytes)
		return a->head;
	raw = raw && bytes >= ARENA_BLOCK_BYTES;
	size_t size = bytes > ARENA_BLOCK_BYTES ? bytes : ARENA_BLOCK_BYTES;
	struct arena_block *b = raw ? mem_raw(sizeof(*b) + size) : mem_zero(sizeof(*b) + size);
	*b = (struct arena_block){ .bytes = size, .next = a->head };
	a->head = b;
	return b;
}

static void *
arena_take(struct arena *a, size_t bytes, bool raw)
{
	const size_t align = alignof(max_align_t);
	if (bytes > a->limit_bytes || a->used_bytes > a->limit_bytes - bytes)
		abort(); /* the limit stands above every legal request */
	size_t rounded = (bytes + align - 1) & ~(align - 1);
	struct arena_block *b = arena_block_for(a, rounded, raw);
	void *p = b->data + b->used;
	b->used += rounded;
	a->used_bytes += rounded;
	return p;
}

void *
arena_zero(struct arena *a, size_t bytes)
{
	return arena_take(a, bytes, false);
}

void *
arena_raw(struct arena *a, size_t bytes)
{
	return arena_take(a, bytes, true);
}

void *
arena_zero_n(struct arena *a, size_t n, size_t bytes)
{
	size_t all;
	if (__builtin_mul_overflow(n, bytes, &all))
		abort();
	return arena_zero(a, all);
}

char *
arena_strndup(struct arena *a, const char *s, size_t bytes)
{
	char *p = arena_raw(a, bytes + 1);
	if (bytes)
		memcpy(p, s, bytes);
	p[bytes] = '\0';
	return p;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

void *
arena_memdup(struct arena *a, const void *src, size_t bytes)
{
	void *p = arena_raw(a, bytes);
	if (bytes)
		memcpy(p, src, bytes);
	return p;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	char *p = arena_zero(a, (size_t)n + 1);
	va_start(ap, fmt);
	(void)vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

size_t
arena_used_bytes(const struct arena *a)
{
	return a->used_bytes;
}
