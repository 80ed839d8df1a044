/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "cells.h"

#include "base/bytes.h"

#include <leptonica/allheaders.h>
#include <string.h>
#include <unistd.h>

/* Without what only separates lines, words and pages. */
static char *
squeezed(struct arena *a, const char *s, size_t n)
{
	char *out = arena_zero(a, n + 1);
	size_t k = 0;
	for (size_t i = 0; i < n; i++) {
		if (n - i >= 3 && memcmp(s + i, "\u3000", 3) == 0)
			i += 2;
		else if (strchr(" \n\r\f", s[i]) == NULL)
			out[k++] = s[i];
	}
	return out;
}

static int
px_of(unsigned tenth_mm)
{
	return (int)((tenth_mm * CELLS_DPI + 127) / 254);
}

/* One pdftotext a field, one shell for all; each answer ends with a page's end. */
static const char *
texts_there(struct arena *a, const struct render_doc *d, unsigned page)
{
	struct buf b;
	size_t n = 0;
	buf_init(&b, 1 << 20);
	buf_text(&b, ": > out");
	for (unsigned i = 0; i < d->n_fields; i++) {
		const struct render_field *f = &d->fields[i];
		if (f->page == page)
			buf_printf(&b,
			    " && pdftotext -raw -r %d -x %d -y %d -W %d -H %d -f %u -l %u d.pdf - "
			    ">> out",
			    CELLS_DPI, px_of(f->x), px_of(f->y), px_of(f->w), px_of(f->h),
			    2 * page + 1, 2 * page + 1);
	}
	const char *command = arena_strndup(a, (const char *)b.p, b.bytes);
	buf_done(&b);
	assert_int_equal(pages_run(a, command), 0);
	return (const char *)pages_read(a, "out", &n);
}

/* Ink of @b in the box without ink of @other within a pixel. */
static unsigned
stray_in(const struct bitmap *b, const struct bitmap *other, const struct render_field *f)
{
	unsigned n = 0;
	for (int y = px_of(f->y); y < px_of((unsigned)f->y + f->h); y++)
		for (int x = px_of(f->x); x < px_of((unsigned)f->x + f->w); x++) {
			bool near = !bitmap_ink(b, x, y);
			for (int k = 0; k < 9 && !near; k++)
				near = bitmap_ink(other, x + k % 3 - 1, y + k / 3 - 1);
			n += !near;
		}
	return n;
}

struct cells_verdict
cells_compare(struct arena *a, const struct render_doc *d, unsigned page, const uint8_t *raster)
{
	struct cells_verdict v = { 0 };
	const struct bitmap ours = { raster, RENDER_W, RENDER_H, RENDER_ROW_BYTES };
	const struct bitmap theirs = pages_poppler(a, 2 * page + 1, CELLS_DPI);
	const char *at = texts_there(a, d, page);
	for (unsigned i = 0; i < d->n_fields; i++) {
		const struct render_field *f = &d->fields[i];
		if (f->page != page)
			continue;
		const char *end = strchr(at, '\f');
		assert_non_null(end);
		bool same = strcmp(squeezed(a, at, (size_t)(end - at)),
				squeezed(a, f->value, strlen(f->value))) == 0;
		unsigned stray = stray_in(&ours, &theirs, f) + stray_in(&theirs, &ours, f);
		v.n++;
		v.bad_text += !same;
		v.bad_ink += stray != 0;
		if ((!same || stray != 0) && v.first == NULL)
			v.first = f->key;
		at = end + 1;
	}
	return v;
}

unsigned
approved_differs(const struct bitmap *page, const struct bitmap *approved)
{
	static const int nothing[4] = { 0 };
	if (page->w != approved->w || page->h != approved->h)
		return ~0U;
	return bitmap_stray(page, approved, nothing) + bitmap_stray(approved, page, nothing);
}

struct bitmap
approved_read(struct arena *a, const char *folder, const char *name, unsigned page)
{
	const char *path = arena_printf(a, "%s/%s-%u.png", folder, name, page);
	struct bitmap b = { 0 };
	PIX *pix = access(path, R_OK) == 0 ? pixRead(path) : NULL;
	if (pix == NULL)
		return b;
	assert_int_equal(pixGetDepth(pix), 1);
	b = (struct bitmap){ .w = (unsigned)pixGetWidth(pix), .h = (unsigned)pixGetHeight(pix) };
	b.row_bytes = (b.w + 7) / 8;
	uint8_t *p = arena_zero(a, (size_t)b.row_bytes * b.h);
	for (unsigned y = 0; y < b.h; y++)
		for (unsigned i = 0; i < b.row_bytes; i++)
			p[(size_t)y * b.row_bytes + i] = (uint8_t)GET_DATA_BYTE(
			    pixGetData(pix) + (size_t)y * (size_t)pixGetWpl(pix), i);
	b.p = p;
	pixDestroy(&pix);
	return b;
}

void
approved_write(
    struct arena *a, const char *folder, const char *name, unsigned page, const struct bitmap *b)
{
	const char *path = arena_printf(a, "%s/%s-%u.png", folder, name, page);
	PIX *pix = pixCreate((l_int32)b->w, (l_int32)b->h, 1);
	assert_non_null(pix);
	for (unsigned y = 0; y < b->h; y++)
		for (unsigned i = 0; i < b->row_bytes; i++)
			SET_DATA_BYTE(pixGetData(pix) + (size_t)y * (size_t)pixGetWpl(pix), i,
			    b->p[(size_t)y * b->row_bytes + i]);
	(void)pixSetResolution(pix, APPROVED_DPI, APPROVED_DPI);
	(void)pixSetZlibCompression(pix, 9);
	assert_int_equal(pixWrite(path, pix, IFF_PNG), 0);
	pixDestroy(&pix);
}
