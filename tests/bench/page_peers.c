/* SPDX-License-Identifier: Apache-2.0 */
#include "page_peers.h"

#include "backside/code.h"
#include "base/attr.h"
#include "base/mem.h"

#include <dmtx.h>
#include <qrencode.h>
#include <string.h>
#include <zbar.h>

enum {
	QR_BYTES = 1273, /* version 40, level H */
	QR_VERSION = 40,
	DM_SIDE = 144,
	DM_BYTES = 1555, /* base 256, less its latch and length */
	DM_WAIT_MS = 4000,
	MAX_CODES = 64,
	AREA_DOTS_W = BACKSIDE_COLS * 6,
	AREA_DOTS_H = BACKSIDE_ROWS * 6,
};

static uint8_t *
qr_draw(const uint8_t *from, size_t bytes, unsigned *ret_side)
{
	QRcode *q = QRcode_encodeData((int)bytes, from, QR_VERSION, QR_ECLEVEL_H);
	if (q == NULL)
		return NULL;
	unsigned side = (unsigned)q->width;
	uint8_t *m = mem_zero_n(side, side);
	for (unsigned i = 0; i < side * side; i++)
		m[i] = q->data[i] & 1;
	QRcode_free(q);
	*ret_side = side;
	return m;
}

static void
qr_read(const struct scansim_scan *s, void (*got)(void *, const void *, size_t), void *context)
{
	zbar_image_scanner_t *scanner = zbar_image_scanner_create();
	zbar_image_t *image = zbar_image_create();
	zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
	zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
	zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_BINARY, 1);
	zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
	zbar_image_set_size(image, (unsigned)s->w, (unsigned)s->h);
	zbar_image_set_data(image, s->p, s->w * s->h, NULL);
	zbar_scan_image(scanner, image);
	for (const zbar_symbol_t *y = zbar_image_first_symbol(image); y != NULL;
	     y = zbar_symbol_next(y))
		got(context, zbar_symbol_get_data(y), zbar_symbol_get_data_length(y));
	zbar_image_destroy(image);
	zbar_image_scanner_destroy(scanner);
}

static uint8_t *
dm_draw(const uint8_t *from, size_t bytes, unsigned *ret_side)
{
	static unsigned char input[DM_BYTES];
	DmtxEncode *e = dmtxEncodeCreate();
	uint8_t *m = NULL;
	memcpy(input, from, bytes);
	dmtxEncodeSetProp(e, DmtxPropModuleSize, 1);
	dmtxEncodeSetProp(e, DmtxPropMarginSize, 0);
	dmtxEncodeSetProp(e, DmtxPropScheme, DmtxSchemeBase256);
	dmtxEncodeSetProp(e, DmtxPropSizeRequest, DmtxSymbol144x144);
	if (dmtxEncodeDataMatrix(e, (int)bytes, input) == DmtxPass) {
		m = mem_zero_n(DM_SIDE, DM_SIDE);
		for (size_t y = 0; y < DM_SIDE; y++)
			for (size_t x = 0; x < DM_SIDE; x++)
				m[y * DM_SIDE + x] =
				    e->image->pxl[y * (size_t)e->image->rowSizeBytes + 3 * x] < 128;
	}
	dmtxEncodeDestroy(&e);
	*ret_side = DM_SIDE;
	return m;
}

static void
dm_read(const struct scansim_scan *s, void (*got)(void *, const void *, size_t), void *context)
{
	DmtxImage *image = dmtxImageCreate(s->p, (int)s->w, (int)s->h, DmtxPack8bppK);
	DmtxDecode *d = dmtxDecodeCreate(image, 1);
	DmtxTime until = dmtxTimeAdd(dmtxTimeNow(), DM_WAIT_MS);
	DmtxRegion *r;
	dmtxDecodeSetProp(d, DmtxPropSymbolSize, DmtxSymbol144x144);
	while ((r = dmtxRegionFindNext(d, &until)) != NULL) {
		DmtxMessage *m = dmtxDecodeMatrixRegion(d, r, DmtxUndefined);
		if (m != NULL) {
			got(context, m->output, (size_t)m->outputIdx);
			dmtxMessageDestroy(&m);
		}
		dmtxRegionDestroy(&r);
	}
	dmtxDecodeDestroy(&d);
	dmtxImageDestroy(&image);
}

/* Data Matrix has one strength alone: it takes larger modules for about as many bytes. */
const struct page_peer page_peers[] = {
	{ "QR 40-H, ZBar", 4, 5, QR_BYTES, qr_draw, 6, 182, qr_read },
	{ "Data Matrix, libdmtx", 4, 5, DM_BYTES, dm_draw, 7, 152, dm_read },
};

bool
page_peer_paint(const struct page_peer *p, const uint8_t *payload, uint8_t *dots)
{
	size_t step = (size_t)p->pitch * p->module_dots;
	size_t x0 = (SCANSIM_W - p->across * step) / 2, y0 = (SCANSIM_H - p->down * step) / 2;
	memset(dots, 0, (size_t)SCANSIM_W * SCANSIM_H);
	if (p->across * step > AREA_DOTS_W || p->down * step > AREA_DOTS_H)
		return false;
	for (unsigned k = 0; k < p->across * p->down; k++) {
		unsigned side;
		uint8_t *m = p->draw(payload + k * p->bytes, p->bytes, &side);
		if (m == NULL)
			return false;
		for (size_t y = 0; y < side * p->module_dots; y++)
			for (size_t x = 0; x < side * p->module_dots; x++)
				dots[(y0 + k / p->across * step + y) * SCANSIM_W + x0 +
				    k % p->across * step + x] =
				    m[y / p->module_dots * side + x / p->module_dots];
		mem_free(m);
	}
	return true;
}

struct heard {
	const struct page_peer *peer;
	const uint8_t *payload;
	bool code[MAX_CODES];
};

static void
hear(void *context, const void *p, size_t bytes)
{
	struct heard *h = context;
	for (unsigned k = 0; k < h->peer->across * h->peer->down; k++)
		if (bytes == h->peer->bytes &&
		    memcmp(p, h->payload + k * h->peer->bytes, bytes) == 0)
			h->code[k] = true;
}

unsigned
page_peer_read(const struct page_peer *p, const struct scansim_scan *s, const uint8_t *payload)
{
	struct heard h = { .peer = p, .payload = payload };
	unsigned n = 0;
	p->read(s, hear, &h);
	for (size_t k = 0; k < N_ELEMENTS(h.code); k++)
		n += h.code[k];
	return n;
}
