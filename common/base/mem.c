/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "base/room.h"

#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MEM_HUGE_BYTES = 2 << 20 };

/* What mem_use_room() was given, and how much of it is taken. */
static struct {
	unsigned char *p;
	size_t bytes, taken;
} room;

void
mem_use_room(void *zeroed, size_t bytes)
{
	room.p = zeroed;
	room.bytes = bytes & ~(alignof(max_align_t) - 1);
	room.taken = 0;
}

/* NULL: there is none, or none left. */
static void *
room_take(size_t bytes)
{
	const size_t align = alignof(max_align_t);
	if (bytes > room.bytes - room.taken)
		return NULL;
	void *p = room.p + room.taken;
	room.taken += (bytes + align - 1) & ~(align - 1);
	return p;
}

static bool
room_has(const void *p)
{
	return (uintptr_t)p - (uintptr_t)room.p < room.bytes;
}

void
mem_free(void *p)
{
	if (!room_has(p))
		free(p);
}

void *
mem_zero(size_t bytes)
{
	void *p = room_take(bytes ? bytes : 1);
	if (p == NULL)
		p = calloc(1, bytes ? bytes : 1);
	if (p == NULL)
		abort();
	return p;
}

void *
mem_raw(size_t bytes)
{
	void *p = room_take(bytes ? bytes : 1);
	if (p == NULL)
		p = malloc(bytes ? bytes : 1);
	if (p == NULL)
		abort();
	return p;
}

void *
mem_zero_n(size_t n, size_t bytes)
{
	size_t all;
	if (__builtin_mul_overflow(n, bytes, &all))
		abort();
	return mem_zero(all);
}

void *
mem_grow(void *p, size_t old, size_t bytes)
{
	unsigned char *q = mem_zero(bytes);
	if (p != NULL) {
		memcpy(q, p, old < bytes ? old : bytes);
		mem_wipe(p, old);
		mem_free(p);
	}
	return q;
}

char *
mem_strndup(const char *s, size_t bytes)
{
	char *p = mem_zero(bytes + 1);
	if (bytes)
		memcpy(p, s, bytes);
	return p;
}

void *
mem_fitted(const void *p, size_t bytes)
{
	void *q = mem_raw(bytes);
	if (bytes)
		memcpy(q, p, bytes);
	return q;
}

void
mem_wipe(void *p, size_t bytes)
{
	if (bytes)
		explicit_bzero(p, bytes);
}

void
mem_keep(size_t bytes)
{
	const int n = bytes < INT_MAX ? (int)bytes : INT_MAX;
	(void)mallopt(M_TRIM_THRESHOLD, n);
	(void)mallopt(M_MMAP_THRESHOLD, n);
}

void
mem_share_pools(void)
{
	const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	(void)mallopt(M_ARENA_MAX, cpus > 0 && cpus < INT_MAX / 2 ? (int)cpus * 2 : 2);
}

void
mem_give_back(void)
{
	(void)malloc_trim(0);
}

static size_t
huge_rounded(size_t bytes)
{
	return (bytes + MEM_HUGE_BYTES - 1) & ~(size_t)(MEM_HUGE_BYTES - 1);
}

void *
mem_huge(size_t bytes)
{
	const size_t want = huge_rounded(bytes), all = want + MEM_HUGE_BYTES;
	if (bytes == 0 || bytes > SIZE_MAX / 2)
		return NULL;
	unsigned char *p = mmap(
	    NULL, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	const size_t before = huge_rounded((uintptr_t)p) - (uintptr_t)p;
	if (before > 0)
		(void)munmap(p, before);
	if (all - before > want)
		(void)munmap(p + before + want, all - before - want);
	(void)madvise(p + before, want, MADV_HUGEPAGE);
	return p + before;
}

bool
mem_huge_seal(void *p, size_t bytes)
{
	return mprotect(p, huge_rounded(bytes), PROT_READ) == 0; /* whole: no page falls apart */
}

void
mem_huge_free(void *p, size_t bytes)
{
	if (p != NULL)
		(void)munmap(p, huge_rounded(bytes));
}

bool
mem_has_huge(void)
{
	char text[64] = "";
	int fd = open("/sys/kernel/mm/transparent_hugepage/enabled", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	return n > 0 && strstr(text, "[never]") == NULL;
}

int
mem_equal(const void *a, const void *b, size_t bytes)
{
	const unsigned char *x = a;
	const unsigned char *y = b;
	unsigned char diff = 0;
	for (size_t i = 0; i < bytes; i++)
		diff |= (unsigned char)(x[i] ^ y[i]);
	return diff == 0;
}
