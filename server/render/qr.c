/* SPDX-License-Identifier: Apache-2.0 */
#include "qr.h"

#include <qrencode.h>
#include <string.h>

static bool
is_unreserved(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    strchr("-._~", c) != NULL;
}

/* RFC 3986 2.1 */
static char *
percent_encoded(struct arena *a, const char *s)
{
	static const char hex[] = "0123456789ABCDEF";
	char *out = arena_zero(a, 3 * strlen(s) + 1);
	size_t n = 0;
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;
		if (is_unreserved(*s)) {
			out[n++] = *s;
			continue;
		}
		out[n++] = '%';
		out[n++] = hex[c >> 4];
		out[n++] = hex[c & 15];
	}
	return out;
}

char *
qr_content(struct arena *a, const char *url, const char *issue_number, const char *front_code)
{
	return arena_printf(a, "%s#%s.%s", url, percent_encoded(a, issue_number), front_code);
}

/* A row of modules as one rectangle a run of black ones. */
static void
qr_row(struct dlist *l, const unsigned char *row, int width, int32_t x, int32_t y, int32_t px)
{
	for (int i = 0; i < width; i++) {
		int from = i;
		while (i < width && (row[i] & 1) != 0)
			i++;
		if (i > from)
			dlist_rect_px(l, x + from * px, y, (i - from) * px, px);
	}
}

int
qr_draw(struct dlist *l, const char *content, const struct fit_box *box)
{
	QRcode *q = QRcode_encodeData(
	    (int)strlen(content), (const unsigned char *)content, 0, QR_ECLEVEL_M);
	if (q == NULL)
		return RENDER_E_OVERFLOW;
	int32_t side = box->w < box->h ? box->w : box->h;
	int32_t px = side / (q->width + 2 * QR_QUIET);
	int r = px < QR_MIN_MODULE_PX ? RENDER_E_OVERFLOW : 0;
	int32_t x = box->x + (box->w - px * q->width) / 2;
	int32_t y = box->y + (box->h - px * q->width) / 2;
	for (int i = 0; r == 0 && i < q->width; i++)
		qr_row(l, q->data + (size_t)i * (size_t)q->width, q->width, x, y + i * px, px);
	QRcode_free(q);
	return r;
}
