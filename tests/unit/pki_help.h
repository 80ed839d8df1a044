/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of common/pki share: hex, a temporary folder, the openssl command. */
#pragma once
#include "tests/unit/unit.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/text.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline size_t
unhex(const char *s, uint8_t *out)
{
	size_t n = strlen(s) / 2;
	assert_true(text_hex_parse(s, strlen(s), out, n));
	return n;
}

static inline void
assert_hex(const uint8_t *p, const char *want)
{
	uint8_t b[512];
	size_t n = unhex(want, b);
	assert_memory_equal(p, b, n);
}

/* A folder of this program's own; tmp_done() removes it. */
static char tmp_folder[64];

static inline void
tmp_init(void)
{
	(void)snprintf(tmp_folder, sizeof(tmp_folder), "/tmp/kofu-pki-XXXXXX");
	assert_non_null(mkdtemp(tmp_folder));
}

static inline int
tmp_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline void
tmp_done(void)
{
	(void)nftw(tmp_folder, tmp_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static inline const char *
tmp_path(struct arena *a, const char *name)
{
	return arena_printf(a, "%s/%s", tmp_folder, name);
}

static inline void
tmp_write(struct arena *a, const char *name, const void *p, size_t bytes)
{
	assert_int_equal(file_write_atomic(tmp_path(a, name), p, bytes, 0600, NULL), 0);
}

static inline uint8_t *
tmp_read(struct arena *a, const char *name, size_t *ret_bytes)
{
	uint8_t *p = NULL;
	assert_int_equal(file_read(a, tmp_path(a, name), 1 << 20, &p, ret_bytes, NULL), 0);
	return p;
}

/* A shell command run in the temporary folder; its exit status. */
static inline int
tmp_run(struct arena *a, const char *command)
{
	return system(arena_printf(a, "cd %s && { %s; } >run.out 2>&1", tmp_folder, command));
}
