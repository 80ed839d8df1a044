/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/load.h"

#include <leptonica/allheaders.h>

#include <stdio.h>
#include <string.h>

enum { MAX_SIDE = SCAN_MAX_SIDE };

enum load_format
load_format_of(const void *p, size_t bytes)
{
	static const struct {
		const char *magic;
		size_t bytes;
		enum load_format format;
	} t[] = { { "\x89PNG\r\n\x1a\n", 8, LOAD_PNG }, { "\xff\xd8\xff", 3, LOAD_JPEG },
		{ "II*\0", 4, LOAD_TIFF }, { "MM\0*", 4, LOAD_TIFF }, { "%PDF-", 5, LOAD_PDF },
		{ "P5", 2, LOAD_PGM } };
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		if (bytes >= t[i].bytes && memcmp(p, t[i].magic, t[i].bytes) == 0)
			return t[i].format;
	return LOAD_UNKNOWN;
}

/* Room for one more page of that size, or why not. */
static int
admit(const struct load_pages *pages, uint64_t w, uint64_t h)
{
	if (pages->n >= LOAD_MAX_PAGES)
		return LOAD_E_TOO_MANY_PAGES;
	if (w == 0 || h == 0)
		return LOAD_E_NO_PICTURE;
	if (w > MAX_SIDE || h > MAX_SIDE || pages->pixels + w * h > LOAD_MAX_PIXELS)
		return LOAD_E_TOO_MANY_PIXELS;
	return 0;
}

static void
add_page(struct load_pages *pages, const uint8_t *p, unsigned w, unsigned h, double dpi)
{
	pages->page[pages->n] = (struct scan_image){ .p = p, .w = w, .h = h, .stride = w };
	pages->dpi[pages->n] = dpi;
	pages->n++;
	pages->pixels += (uint64_t)w * h;
}

/* Leptonica keeps 32-bit words with the first pixel in the top byte. */
static int
add_pix(struct arena *a, PIX *any, struct load_pages *pages)
{
	int r = LOAD_E_NO_PICTURE;
	PIX *flat = pixRemoveAlpha(any); /* white below */
	PIX *grey = flat ? pixConvertTo8(flat, 0) : NULL;
	if (grey != NULL) {
		unsigned w = (unsigned)pixGetWidth(grey);
		unsigned h = (unsigned)pixGetHeight(grey);
		const uint32_t *data = pixGetData(grey);
		int words = pixGetWpl(grey);
		r = admit(pages, w, h);
		if (r == 0) {
			uint8_t *out = arena_zero(a, (size_t)w * h);
			for (unsigned y = 0; y < h; y++)
				for (unsigned x = 0; x < w; x++)
					out[(size_t)y * w + x] =
					    (uint8_t)(data[(size_t)y * (unsigned)words + x / 4] >>
						(24 - 8 * (x & 3)));
			add_page(pages, out, w, h, pixGetXRes(any));
		}
	}
	pixDestroy(&grey);
	pixDestroy(&flat);
	return r;
}

static int
load_single(struct arena *a, const void *p, size_t bytes, struct load_pages *pages)
{
	l_int32 format = 0, w = 0, h = 0, bps = 0, spp = 0, cmap = 0;
	if (pixReadHeaderMem(p, bytes, &format, &w, &h, &bps, &spp, &cmap) || w <= 0 || h <= 0)
		return LOAD_E_NO_PICTURE;
	int r = admit(pages, (uint64_t)w, (uint64_t)h);
	if (r)
		return r;
	PIX *pix = pixReadMem(p, bytes);
	r = pix ? add_pix(a, pix, pages) : LOAD_E_NO_PICTURE;
	pixDestroy(&pix);
	return r;
}

static int
load_tiff(struct arena *a, const void *p, size_t bytes, struct load_pages *pages)
{
	for (int i = 0;; i++) {
		l_int32 w = 0, h = 0, bps = 0, spp = 0, res = 0, cmap = 0, format = 0;
		if (readHeaderMemTiff(p, bytes, i, &w, &h, &bps, &spp, &res, &cmap, &format) ||
		    w <= 0 || h <= 0)
			return i == 0 ? LOAD_E_NO_PICTURE : 0; /* behind the last page */
		int r = admit(pages, (uint64_t)w, (uint64_t)h);
		if (r)
			return r;
		PIX *pix = pixReadMemTiff(p, bytes, i);
		r = pix ? add_pix(a, pix, pages) : LOAD_E_NO_PICTURE;
		pixDestroy(&pix);
		if (r)
			return r;
	}
}

/* One number of a PGM header, or -1. Moves *at past it and one white space. */
static long
pgm_number(const uint8_t *p, size_t bytes, size_t *at)
{
	long v = 0;
	size_t i = *at;
	while (i < bytes && p[i] >= '0' && p[i] <= '9' && v < 1000000)
		v = v * 10 + (p[i++] - '0');
	if (i == *at || i >= bytes || (p[i] != ' ' && p[i] != '\n'))
		return -1;
	*at = i + 1;
	return v;
}

/* "P5\nW H\n255\n" and W * H bytes, several behind each other: what pdftoppm writes. */
static int
load_pgm(struct arena *a, const uint8_t *p, size_t bytes, struct load_pages *pages)
{
	for (size_t at = 0; at < bytes;) {
		if (bytes - at < 3 || memcmp(p + at, "P5\n", 3) != 0)
			return LOAD_E_NO_PICTURE;
		at += 3;
		long w = pgm_number(p, bytes, &at);
		long h = pgm_number(p, bytes, &at);
		long max = pgm_number(p, bytes, &at);
		if (w <= 0 || h <= 0 || max != 255)
			return LOAD_E_NO_PICTURE;
		int r = admit(pages, (uint64_t)w, (uint64_t)h);
		if (r)
			return r;
		size_t need = (size_t)w * (size_t)h;
		if (need > bytes - at)
			return LOAD_E_NO_PICTURE;
		add_page(pages, arena_memdup(a, p + at, need), (unsigned)w, (unsigned)h, 0);
		at += need;
	}
	return 0;
}

int
load_file(struct arena *a, const void *p, size_t bytes, struct load_pages *pages)
{
	setMsgSeverity(L_SEVERITY_NONE); /* its messages quote the file */
	switch (load_format_of(p, bytes)) {
	case LOAD_PNG:
	case LOAD_JPEG:
		return load_single(a, p, bytes, pages);
	case LOAD_TIFF:
		return load_tiff(a, p, bytes, pages);
	case LOAD_PGM:
		return load_pgm(a, p, bytes, pages);
	case LOAD_PDF:
	case LOAD_UNKNOWN:
		break;
	}
	return LOAD_E_NO_PICTURE;
}

static int
write_png(PIX *pix, struct buf *out, struct err *err)
{
	l_uint8 *png = NULL;
	size_t bytes = 0;
	int bad = pix == NULL || pixWriteMem(&png, &bytes, pix, IFF_PNG);
	if (!bad)
		buf_put(out, png, bytes);
	lept_free(png);
	if (bad || !buf_ok(out))
		return err_raise(err, FAULT_INTERNAL, "write PNG", 0);
	return 0;
}

int
load_front_png(const uint8_t *front, struct buf *out, struct err *err)
{
	PIX *pix = pixCreate(FRONT_W, FRONT_H, 1);
	for (unsigned y = 0; pix != NULL && y < FRONT_H; y++)
		for (unsigned x = 0; x < FRONT_W; x++)
			if (front_ink(front, x, y))
				pixSetPixel(pix, (l_int32)x, (l_int32)y, 1);
	if (pix != NULL)
		pixSetResolution(pix, 300, 300);
	int r = write_png(pix, out, err);
	pixDestroy(&pix);
	return r;
}

/* Of a 2 x 2 block: is any of it ink? */
static bool
block_ink(const uint8_t *page, unsigned x, unsigned y)
{
	return front_ink(page, x, y) || front_ink(page, x + 1, y) || front_ink(page, x, y + 1) ||
	    front_ink(page, x + 1, y + 1);
}

/* A scan's noise does not compress: to try hard takes a second and saves nothing. */
enum { GREYS = 16, GONE = GREYS, CAME, DIFFERENCE_ZLIB = 2 };

/* Black to white in GREYS steps, then the two colours. */
static PIXCMAP *
difference_colours(void)
{
	PIXCMAP *map = pixcmapCreate(8);
	int bad = map == NULL;
	for (int i = 0; !bad && i < GREYS; i++) {
		int v = i * 255 / (GREYS - 1);
		bad = pixcmapAddColor(map, v, v, v);
	}
	bad = bad || pixcmapAddColor(map, 0xD0, 0x00, 0x10);
	bad = bad || pixcmapAddColor(map, 0x00, 0x40, 0xD0);
	if (bad)
		pixcmapDestroy(&map);
	return map;
}

static unsigned
block_grey(const uint8_t *grey, unsigned x, unsigned y)
{
	const uint8_t *p = grey + (size_t)y * FRONT_W + x;
	unsigned mean = (2u + p[0] + p[1] + p[FRONT_W] + p[FRONT_W + 1]) / 4;
	return (mean * (GREYS - 1) + 127) / 255;
}

int
load_difference_png(const uint8_t *grey, const uint8_t *missing, const uint8_t *extra,
    struct buf *out, struct err *err)
{
	PIX *pix = pixCreate(FRONT_W / 2, FRONT_H / 2, 8);
	PIXCMAP *map = difference_colours();
	for (unsigned y = 0; pix != NULL && y + 1 < FRONT_H; y += 2)
		for (unsigned x = 0; x + 1 < FRONT_W; x += 2) {
			l_uint32 v = block_grey(grey, x, y);
			if (block_ink(missing, x, y))
				v = GONE;
			else if (block_ink(extra, x, y))
				v = CAME;
			pixSetPixel(pix, (l_int32)x / 2, (l_int32)y / 2, v);
		}
	if (pix != NULL)
		pixSetZlibCompression(pix, DIFFERENCE_ZLIB);
	if (pix == NULL || map == NULL || pixSetColormap(pix, map)) {
		pixDestroy(&pix);
		return err_raise(err, FAULT_INTERNAL, "difference picture", 0);
	}
	int r = write_png(pix, out, err);
	pixDestroy(&pix);
	return r;
}
