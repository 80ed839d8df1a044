/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/qr.h"

#include <string.h>
#include <zbar.h>

enum { QR_SIDE = 1900, FRONT_CODE_CHARS = 16 };

/* Every n-th pixel by n-th row, averaged: the code's modules stay several pixels wide. */
static uint8_t *
thin(struct arena *a, const struct scan_image *s, unsigned n, unsigned *ret_w, unsigned *ret_h)
{
	unsigned w = s->w / n;
	unsigned h = s->h / n;
	uint8_t *out = arena_zero(a, (size_t)w * h);
	for (unsigned y = 0; y < h; y++)
		for (unsigned x = 0; x < w; x++) {
			unsigned sum = 0;
			for (unsigned k = 0; k < n * n; k++)
				sum += s->p[(size_t)(y * n + k / n) * s->stride + x * n + k % n];
			out[(size_t)y * w + x] = (uint8_t)(sum / n / n);
		}
	*ret_w = w;
	*ret_h = h;
	return out;
}

static const char *
find_thinned(struct arena *a, const struct scan_image *s, unsigned n)
{
	unsigned w = 0;
	unsigned h = 0;
	const char *found = NULL;
	uint8_t *grey = thin(a, s, n, &w, &h);
	zbar_image_scanner_t *scanner = zbar_image_scanner_create();
	zbar_image_t *image = zbar_image_create();
	(void)zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
	(void)zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
	zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
	zbar_image_set_size(image, w, h);
	zbar_image_set_data(image, grey, (unsigned long)w * h, NULL);
	if (zbar_scan_image(scanner, image) > 0) {
		const zbar_symbol_t *symbol = zbar_image_first_symbol(image);
		unsigned bytes = zbar_symbol_get_data_length(symbol);
		if (bytes <= QR_MAX_TEXT)
			found = arena_strndup(a, zbar_symbol_get_data(symbol), bytes);
	}
	zbar_image_destroy(image);
	zbar_image_scanner_destroy(scanner);
	return found;
}

/* Small first: that is fast and mostly enough. A skewed code needs its pixels. */
const char *
qr_find(struct arena *a, const struct scan_image *s)
{
	unsigned side = s->w > s->h ? s->w : s->h;
	unsigned n = side > QR_SIDE ? (side + QR_SIDE - 1) / QR_SIDE : 1;
	const char *found = find_thinned(a, s, n);
	return found == NULL && n > 1 ? find_thinned(a, s, n / 2) : found;
}

const char *
qr_front_code(const char *text)
{
	const char *dot = text ? strrchr(text, '.') : NULL;
	if (dot == NULL || strlen(dot + 1) != FRONT_CODE_CHARS ||
	    strspn(dot + 1, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") != FRONT_CODE_CHARS)
		return NULL;
	return dot + 1;
}
