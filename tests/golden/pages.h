/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pages - a PDF handed to poppler and qpdf in a folder of its own, and bitmaps
 * compared. A failing tool fails the test. For tests: include after unit.h.
 */
#pragma once
#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool pages_init(void); /* makes the folder */
void pages_done(void); /* removes it */
/* The PDF becomes d.pdf in the folder. */
void pages_write(struct arena *a, const uint8_t *p, size_t bytes);
/* Runs a command of the shell in the folder; returns its status. Write only "out" and "p.pbm". */
int pages_run(struct arena *a, const char *command);
/* A file of the folder, NUL behind it. */
uint8_t *pages_read(struct arena *a, const char *name, size_t *ret_bytes);

struct bitmap {
	const uint8_t *p; /* first pixel in the top bit, 1 = ink */
	unsigned w, h, row_bytes;
};
/* A page (from 1) of d.pdf by pdftoppm -mono. */
struct bitmap pages_poppler(struct arena *a, unsigned page, unsigned dpi);
/* False outside. */
bool bitmap_ink(const struct bitmap *b, int x, int y);
/* Ink of @b with none of @other within a pixel, outside the box @skip (x0, y0, x1, y1). */
unsigned bitmap_stray(const struct bitmap *b, const struct bitmap *other, const int skip[4]);
/* Ink of @b with ink of @other on it or beside it. */
unsigned bitmap_touching(const struct bitmap *b, const struct bitmap *other);
