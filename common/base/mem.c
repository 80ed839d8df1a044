/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <limits.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
mem_free(void *p)
{
	free(p);
}

void *
mem_zero(size_t bytes)
{
	void *p = calloc(1, bytes ? bytes : 1);
	if (p == NULL)
		abort();
	return p;
}

void *
mem_raw(size_t bytes)
{
	void *p = malloc(bytes ? bytes : 1);
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
		free(p);
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
