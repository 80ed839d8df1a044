/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "base/file.h"
#include "pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/kofu-render-XXXXXX";

bool
pages_init(void)
{
	return mkdtemp(folder) != NULL;
}

void
pages_done(void)
{
	static const char *const files[] = { "d.pdf", "out", "p.pbm" };
	for (size_t i = 0; i < N_ELEMENTS(files); i++) {
		char path[100];
		(void)snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		(void)unlink(path);
	}
	(void)rmdir(folder);
}

void
pages_write(struct arena *a, const uint8_t *p, size_t bytes)
{
	struct err err = { 0 };
	assert_int_equal(
	    file_write_atomic(arena_printf(a, "%s/d.pdf", folder), p, bytes, 0600, &err), 0);
}

int
pages_run(struct arena *a, const char *command)
{
	return system(arena_printf(a, "cd %s && %s", folder, command)); /* NOLINT: our own text */
}

uint8_t *
pages_read(struct arena *a, const char *name, size_t *ret_bytes)
{
	struct err err = { 0 };
	uint8_t *p = NULL;
	const char *path = arena_printf(a, "%s/%s", folder, name);
	assert_int_equal(file_read(a, path, 32 << 20, &p, ret_bytes, &err), 0);
	return p;
}

struct bitmap
pages_poppler(struct arena *a, unsigned page, unsigned dpi)
{
	struct bitmap b = { 0 };
	size_t n = 0;
	const char *command = arena_printf(
	    a, "pdftoppm -mono -r %u -f %u -l %u -singlefile d.pdf p", dpi, page, page);
	assert_int_equal(pages_run(a, command), 0);
	const char *p = (char *)pages_read(a, "p.pbm", &n);
	assert_int_equal(sscanf(p, "P4 %u %u", &b.w, &b.h), 2);
	b.row_bytes = (b.w + 7) / 8;
	b.p = (const uint8_t *)p + n - (size_t)b.row_bytes * b.h;
	return b;
}

bool
bitmap_ink(const struct bitmap *b, int x, int y)
{
	if (x < 0 || y < 0 || x >= (int)b->w || y >= (int)b->h)
		return false;
	return (b->p[(size_t)y * b->row_bytes + (size_t)x / 8] >> (7 - x % 8) & 1) != 0;
}

static bool
ink_near(const struct bitmap *b, int x, int y)
{
	for (int dy = -1; dy <= 1; dy++)
		for (int dx = -1; dx <= 1; dx++)
			if (bitmap_ink(b, x + dx, y + dy))
				return true;
	return false;
}

unsigned
bitmap_stray(const struct bitmap *b, const struct bitmap *other, const int skip[4])
{
	unsigned n = 0;
	for (int y = 0; y < (int)b->h; y++)
		for (int x = 0; x < (int)b->w; x++) {
			bool skipped = x >= skip[0] && y >= skip[1] && x < skip[2] && y < skip[3];
			n += !skipped && bitmap_ink(b, x, y) && !ink_near(other, x, y);
		}
	return n;
}

unsigned
bitmap_touching(const struct bitmap *b, const struct bitmap *other)
{
	unsigned n = 0;
	for (int y = 0; y < (int)b->h; y++)
		for (int x = 0; x < (int)b->w; x++)
			n += bitmap_ink(b, x, y) && ink_near(other, x, y);
	return n;
}
